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

CREATE INDEX accounts_hub_owner ON accounts (hub_owner) WHERE hub_owner = 1;

CREATE UNIQUE INDEX accounts_subject ON accounts (subject) WHERE subject IS NOT NULL;

CREATE TABLE aliases (
  project_id TEXT NOT NULL,
  app_user_id TEXT NOT NULL,
  customer_id TEXT NOT NULL, hash TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (project_id, app_user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX aliases_hash ON aliases (project_id, hash);

CREATE TABLE app_calls (
  project_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  count INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, app_id, kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE app_inbox (
  project_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  last_at INTEGER,
  last_type TEXT,
  waiting INTEGER NOT NULL DEFAULT 0,
  understood INTEGER NOT NULL DEFAULT 0,
  ignored INTEGER NOT NULL DEFAULT 0,
  parked INTEGER NOT NULL DEFAULT 0,
  refused INTEGER NOT NULL DEFAULT 0,
  refused_at INTEGER,
  refused_reason TEXT,
  refused_claimed TEXT,
  PRIMARY KEY (project_id, app_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
  n INTEGER PRIMARY KEY,
  project_id TEXT NOT NULL,
  id TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  status INTEGER,
  request TEXT NOT NULL,
  response TEXT NOT NULL,
  outcomes TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX attempts_id ON attempts (project_id, id);

CREATE TABLE attribute_sets (
  n INTEGER PRIMARY KEY,
  project_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  attributes TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX attribute_sets_hash ON attribute_sets (project_id, hash);

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

CREATE INDEX audit_log_customer ON audit_log (project_id, subject) WHERE kind = 'customer';

CREATE INDEX audit_log_project ON audit_log (project_id);

CREATE TABLE channel_customers (
  project_id TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  last_status TEXT NOT NULL,
  PRIMARY KEY (project_id, channel_id, customer_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE channels (
  project_id TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  paused_by TEXT,
  reason TEXT,
  advice TEXT,
  failures INTEGER NOT NULL,
  culprits INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  width INTEGER NOT NULL,
  avoid_customer TEXT,
  clock_reading INTEGER NOT NULL,
  clock_at INTEGER NOT NULL,
  clock_runs INTEGER NOT NULL,
  PRIMARY KEY (project_id, channel_id)
) STRICT;

CREATE TABLE cursors (
  project_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, app_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE customer_history (
  n INTEGER PRIMARY KEY,
  project_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;

CREATE INDEX customer_history_customer ON customer_history (project_id, customer_id, at);

CREATE TABLE customer_moves (
  project_id TEXT NOT NULL,
  from_id TEXT NOT NULL,
  into_id TEXT NOT NULL,
  moved_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, from_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX customer_moves_into ON customer_moves (project_id, into_id);

CREATE TABLE customers (
  n INTEGER PRIMARY KEY,
  project_id TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  original_app_user_id TEXT NOT NULL,
  last_seen_app_user_id TEXT NOT NULL,
  last_seq INTEGER NOT NULL,
  first_seen_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  aliases TEXT NOT NULL,
  attributes TEXT NOT NULL
, deleted_attributes TEXT NOT NULL DEFAULT '{}', only_named INTEGER NOT NULL DEFAULT 0, email TEXT) STRICT;

CREATE INDEX customers_email ON customers (project_id, email, id) WHERE email IS NOT NULL;

CREATE UNIQUE INDEX customers_id ON customers (project_id, id);

CREATE INDEX customers_seen ON customers (project_id, last_seen_at, id);

CREATE TABLE deliveries (
  n INTEGER PRIMARY KEY,
  project_id TEXT NOT NULL,
  id TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  status TEXT NOT NULL,
  reason TEXT,
  advice TEXT,
  may_go_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  done TEXT NOT NULL DEFAULT '[]',
  mends TEXT NOT NULL DEFAULT '[]',
  notes TEXT NOT NULL DEFAULT '[]',
  identity TEXT,
  may_be_doubled INTEGER NOT NULL DEFAULT 0,
  resend INTEGER NOT NULL DEFAULT 0,
  settled_at INTEGER,
  -- Separated by blanks, newest last, bounded (settle.ts).
  attempt_ids TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX deliveries_event ON deliveries (project_id, event_id);

CREATE INDEX deliveries_expiry ON deliveries (project_id, channel_id, may_go_at) WHERE status = 'waiting';

CREATE UNIQUE INDEX deliveries_id ON deliveries (project_id, id);

CREATE INDEX deliveries_reason ON deliveries (project_id, integration_id, status, substr(reason, 1, 200), n, created_at)
  WHERE reason IS NOT NULL;

CREATE INDEX deliveries_skipped ON deliveries (created_at) WHERE status = 'skipped';

CREATE INDEX deliveries_status ON deliveries (project_id, integration_id, status);

CREATE INDEX deliveries_waiting ON deliveries (project_id, channel_id, customer_id, seq, event_id) WHERE status = 'waiting';

CREATE TABLE delivery_counts (
  project_id TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  status TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (project_id, integration_id, channel_id, status)
) STRICT, WITHOUT ROWID;

CREATE TABLE erased_ids (
  project_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  -- The app user id under which their purchases go on.
  erased_as TEXT NOT NULL,
  erased_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE erasures (
  project_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  -- The rest of the customer's rows behind this place: of events, then of notifications.
  part TEXT NOT NULL,
  place INTEGER NOT NULL,
  -- Something was in flight meanwhile: all of it is looked through once more.
  again INTEGER NOT NULL,
  PRIMARY KEY (project_id, customer_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  project_id TEXT NOT NULL,
  id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  type TEXT NOT NULL,
  name TEXT,
  environment TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  attribute_set TEXT NOT NULL,
  notification_id TEXT,
  body TEXT NOT NULL
) STRICT;

CREATE INDEX events_attribute_set ON events (project_id, attribute_set) WHERE attribute_set <> 'att_4oymiquy7qobjgx36tejs35zeq';

CREATE INDEX events_customer ON events (project_id, customer_id);

CREATE UNIQUE INDEX events_id ON events (project_id, id);

CREATE INDEX events_project ON events (project_id);

CREATE TABLE exchange_rates (
  day TEXT NOT NULL PRIMARY KEY,
  rates TEXT NOT NULL,
  fetched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE figures (
  project_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  hour INTEGER NOT NULL,
  figure TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (project_id, environment, hour, figure)
) STRICT, WITHOUT ROWID;

CREATE TABLE imports (
  project_id TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  source TEXT NOT NULL,
  done INTEGER NOT NULL,
  pieces INTEGER,
  counts TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  finished_at INTEGER,
  PRIMARY KEY (project_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger (
  project_id TEXT NOT NULL,
  store TEXT NOT NULL,
  environment TEXT NOT NULL,
  chain TEXT NOT NULL,
  line TEXT NOT NULL,
  entry TEXT NOT NULL,
  reason TEXT NOT NULL,
  transaction_id TEXT NOT NULL,
  product_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  micros INTEGER,
  currency TEXT,
  commission_ppm INTEGER NOT NULL,
  tax_ppm INTEGER NOT NULL,
  usd_rate TEXT,
  rate_date TEXT,
  event_id TEXT, country_code TEXT, commission_estimated INTEGER NOT NULL DEFAULT 1, tax_estimated INTEGER NOT NULL DEFAULT 1, actual_commission_micros INTEGER, actual_tax_micros INTEGER,
  PRIMARY KEY (project_id, store, environment, chain, line, entry)
) STRICT, WITHOUT ROWID;

CREATE INDEX ledger_at ON ledger (project_id, environment, at, store, chain, line, entry);

CREATE INDEX ledger_transaction ON ledger (project_id, transaction_id);

CREATE TABLE links (
  project_id TEXT NOT NULL,
  store TEXT NOT NULL,
  environment TEXT NOT NULL,
  name TEXT NOT NULL,
  chain TEXT NOT NULL,
  line TEXT NOT NULL,
  PRIMARY KEY (project_id, store, environment, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE memberships (
  project_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  role TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX memberships_account ON memberships (account_id);

CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE notification_bodies (
  n INTEGER PRIMARY KEY,
  packed INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;

CREATE TABLE notifications (
  n INTEGER PRIMARY KEY,
  project_id TEXT NOT NULL,
  id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  store TEXT NOT NULL,
  environment TEXT NOT NULL,
  source_key TEXT NOT NULL,
  type TEXT NOT NULL,
  via TEXT NOT NULL,
  sent_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  note TEXT,
  events INTEGER NOT NULL
, customer_id TEXT) STRICT;

CREATE INDEX notifications_app ON notifications (project_id, app_id);

CREATE INDEX notifications_customer ON notifications (project_id, customer_id) WHERE customer_id IS NOT NULL;

CREATE UNIQUE INDEX notifications_id ON notifications (project_id, id);

CREATE INDEX notifications_set_aside ON notifications (project_id, status) WHERE status IN ('parked', 'ignored');

CREATE INDEX notifications_waiting ON notifications (due_at) WHERE status = 'waiting';

CREATE INDEX notifications_waiting_project ON notifications (project_id, due_at) WHERE status = 'waiting';

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

CREATE INDEX one_time_links_email ON one_time_links (email, kind);

CREATE UNIQUE INDEX one_time_links_hash ON one_time_links (hash);

CREATE TABLE provisional_events (
  project_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (project_id, event_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX provisional_events_customer ON provisional_events (project_id, customer_id);

CREATE INDEX provisional_events_until ON provisional_events (until);

CREATE TABLE purchases (
  n INTEGER PRIMARY KEY,
  project_id TEXT NOT NULL,
  store TEXT NOT NULL,
  environment TEXT NOT NULL,
  chain TEXT NOT NULL,
  line TEXT NOT NULL,
  app_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  body TEXT NOT NULL,
  check_at INTEGER
, standing TEXT, standing_until INTEGER) STRICT;

CREATE INDEX purchases_check ON purchases (check_at) WHERE check_at IS NOT NULL;

CREATE INDEX purchases_customer ON purchases (project_id, customer_id);

CREATE UNIQUE INDEX purchases_key ON purchases (project_id, store, environment, chain, line);

CREATE INDEX purchases_standing ON purchases (project_id, environment, standing, standing_until) WHERE standing_until IS NOT NULL;

CREATE INDEX purchases_unreckoned ON purchases (n) WHERE standing IS NULL;

CREATE TABLE queue_holds (
  project_id TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  claimed_as TEXT NOT NULL,
  owner TEXT NOT NULL,
  fence INTEGER NOT NULL,
  lease_until INTEGER NOT NULL,
  alone INTEGER NOT NULL,
  deliveries TEXT NOT NULL,
  PRIMARY KEY (project_id, channel_id, customer_id, claimed_as, fence)
) STRICT, WITHOUT ROWID;

CREATE TABLE queues (
  project_id TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  owner TEXT,
  fence INTEGER NOT NULL,
  lease_until INTEGER,
  step INTEGER NOT NULL,
  alone INTEGER NOT NULL,
  died INTEGER NOT NULL,
  claimed INTEGER NOT NULL,
  PRIMARY KEY (project_id, channel_id, customer_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX queues_claimed ON queues (lease_until) WHERE owner IS NOT NULL;

CREATE INDEX queues_due ON queues (project_id, channel_id, alone, due_at) WHERE owner IS NULL;

CREATE TABLE secret_keys (
  hash TEXT PRIMARY KEY,
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  last4 TEXT NOT NULL,
  managed TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  hash TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_account ON sessions (account_id);

CREATE INDEX sessions_end ON sessions (ends_at);

CREATE TABLE settings (
  project_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  body TEXT NOT NULL,
  managed TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, kind, id)
) STRICT;

CREATE TABLE sign_in_tries (
  name TEXT NOT NULL PRIMARY KEY,
  count INTEGER NOT NULL,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_tries_since ON sign_in_tries (since);

CREATE TABLE slots (
  project_id TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  slot INTEGER NOT NULL,
  owner TEXT,
  fence INTEGER NOT NULL,
  lease_until INTEGER,
  PRIMARY KEY (project_id, channel_id, slot)
) STRICT, WITHOUT ROWID;
