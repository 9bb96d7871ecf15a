-- The people behind the dashboard. Accounts, sessions, links and tries belong to the hub as a whole.
CREATE TABLE accounts (
  id TEXT NOT NULL PRIMARY KEY,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  password TEXT,
  hub_owner INTEGER NOT NULL,
  subject TEXT,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER,
  disabled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX accounts_email ON accounts (email);

CREATE UNIQUE INDEX accounts_subject ON accounts (subject) WHERE subject IS NOT NULL;

CREATE INDEX accounts_hub_owner ON accounts (hub_owner) WHERE hub_owner = 1;

CREATE TABLE memberships (
  project_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  role TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX memberships_account ON memberships (account_id);

-- Found by the SHA-256 of the token, which is kept nowhere.
CREATE TABLE sessions (
  hash TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_account ON sessions (account_id);

CREATE INDEX sessions_end ON sessions (ends_at);

-- Set-up, invitation, sign-in: used at most once. project_id and email are '' where there is none.
CREATE TABLE one_time_links (
  project_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  email TEXT NOT NULL,
  hash TEXT NOT NULL,
  id TEXT NOT NULL,
  role TEXT,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, kind, email)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX one_time_links_hash ON one_time_links (hash);

CREATE INDEX one_time_links_email ON one_time_links (email, kind);

-- Tries to sign in, by a hash of what was tried.
CREATE TABLE sign_in_tries (
  name TEXT NOT NULL PRIMARY KEY,
  count INTEGER NOT NULL,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_tries_since ON sign_in_tries (since);

-- Who did what, append-only; an erasure alone changes it.
CREATE TABLE audit_log (
  n INTEGER PRIMARY KEY,
  project_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  act TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  changes TEXT NOT NULL
) STRICT;

CREATE INDEX audit_log_project ON audit_log (project_id);

CREATE INDEX audit_log_customer ON audit_log (project_id, subject) WHERE kind = 'customer';
