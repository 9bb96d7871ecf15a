-- The people behind the dashboard. Accounts, sessions, links and tries belong to the hub as a whole.
CREATE TABLE accounts (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  email text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  password text COLLATE "C",
  hub_owner bigint NOT NULL,
  subject text COLLATE "C",
  created_at bigint NOT NULL,
  last_seen_at bigint,
  disabled bigint NOT NULL
);

CREATE UNIQUE INDEX accounts_email ON accounts (email);

CREATE UNIQUE INDEX accounts_subject ON accounts (subject) WHERE subject IS NOT NULL;

CREATE INDEX accounts_hub_owner ON accounts (hub_owner) WHERE hub_owner = 1;

CREATE TABLE memberships (
  project_id text COLLATE "C" NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  role text COLLATE "C" NOT NULL,
  added_at bigint NOT NULL,
  PRIMARY KEY (project_id, account_id)
);

CREATE INDEX memberships_account ON memberships (account_id);

-- Found by the SHA-256 of the token, which is kept nowhere.
CREATE TABLE sessions (
  hash text COLLATE "C" NOT NULL PRIMARY KEY,
  account_id text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  last_seen_at bigint NOT NULL,
  ends_at bigint NOT NULL
);

CREATE INDEX sessions_account ON sessions (account_id);

CREATE INDEX sessions_end ON sessions (ends_at);

-- Set-up, invitation, sign-in: used at most once. project_id and email are '' where there is none.
CREATE TABLE one_time_links (
  project_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  email text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  role text COLLATE "C",
  created_by text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  PRIMARY KEY (project_id, kind, email)
);

CREATE UNIQUE INDEX one_time_links_hash ON one_time_links (hash);

CREATE INDEX one_time_links_email ON one_time_links (email, kind);

-- Tries to sign in, by a hash of what was tried.
CREATE TABLE sign_in_tries (
  name text COLLATE "C" NOT NULL PRIMARY KEY,
  count bigint NOT NULL,
  since bigint NOT NULL
);

CREATE INDEX sign_in_tries_since ON sign_in_tries (since);

-- Who did what, append-only; an erasure alone changes it.
CREATE TABLE audit_log (
  n bigint GENERATED ALWAYS AS IDENTITY,
  project_id text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  actor_kind text COLLATE "C" NOT NULL,
  actor_name text COLLATE "C" NOT NULL,
  act text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  changes text NOT NULL,
  PRIMARY KEY (project_id, n)
);

CREATE INDEX audit_log_customer ON audit_log (project_id, subject) WHERE kind = 'customer';
