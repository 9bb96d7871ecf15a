-- Times are integer milliseconds UTC, money integer micros, documents JSON text (text, not jsonb: nothing asks inside
-- them, and it is written in less than half the time, decision 0041). Every key leads with project_id, except where a comment says
-- why. Keys compare by byte, whatever the locale of the server: a new libc never breaks an index.
-- Wide columns are EXTERNAL: what is worth compressing is compressed by housekeeping, not while a store waits.

CREATE TABLE meta (
  name text COLLATE "C" PRIMARY KEY,
  value text NOT NULL
);

CREATE TABLE settings (
  project_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  body text NOT NULL,
  managed text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (project_id, kind, id)
);

-- Found by hash before the project is known.
CREATE TABLE secret_keys (
  hash text COLLATE "C" PRIMARY KEY,
  project_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  last4 text NOT NULL,
  managed text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL
);

CREATE TABLE cursors (
  project_id text COLLATE "C" NOT NULL,
  app_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  value text NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (project_id, app_id, name)
);

-- What an app's page shows, kept up to date in the transactions that change it. In shards by connection, which are
-- added up when read: a counter of one row would make every commit wait for the one before it.
CREATE TABLE app_inbox (
  project_id text COLLATE "C" NOT NULL,
  app_id text COLLATE "C" NOT NULL,
  shard smallint NOT NULL,
  last_at bigint,
  last_type text,
  waiting bigint NOT NULL DEFAULT 0,
  understood bigint NOT NULL DEFAULT 0,
  ignored bigint NOT NULL DEFAULT 0,
  parked bigint NOT NULL DEFAULT 0,
  refused bigint NOT NULL DEFAULT 0,
  refused_at bigint,
  refused_reason text,
  refused_claimed text,
  PRIMARY KEY (project_id, app_id, shard)
) WITH (fillfactor = 50);

-- `n` counts insertions: lists page by it.
CREATE TABLE notifications (
  n bigint GENERATED ALWAYS AS IDENTITY,
  project_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  app_id text COLLATE "C" NOT NULL,
  store text COLLATE "C" NOT NULL,
  environment text COLLATE "C" NOT NULL,
  source_key text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  via text COLLATE "C" NOT NULL,
  sent_at bigint NOT NULL,
  received_at bigint NOT NULL,
  status text COLLATE "C" NOT NULL,
  due_at bigint NOT NULL,
  tries bigint NOT NULL,
  note text,
  events bigint NOT NULL,
  owner text COLLATE "C",
  lease_until bigint,
  PRIMARY KEY (project_id, id)
) WITH (fillfactor = 80);
-- The inbox of all projects is taken up by whoever is free: no project in front.
CREATE INDEX notifications_waiting ON notifications (due_at, n) WHERE status = 'waiting';
CREATE INDEX notifications_app ON notifications (project_id, app_id, n);
CREATE INDEX notifications_set_aside ON notifications (project_id, status, n) WHERE status IN ('parked', 'ignored');

-- Apart from their rows: a change of status must not touch 12 KB. `packed` 1: zlib deflate.
CREATE TABLE notification_bodies (
  project_id text COLLATE "C" NOT NULL,
  received_at bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  packed smallint NOT NULL DEFAULT 0,
  body bytea NOT NULL,
  PRIMARY KEY (project_id, received_at, id)
);
ALTER TABLE notification_bodies ALTER COLUMN body SET STORAGE EXTERNAL;

-- How far the bodies of a project were looked at by compression.
CREATE TABLE packed_bodies (
  project_id text COLLATE "C" PRIMARY KEY,
  through bigint NOT NULL
);

CREATE TABLE purchases (
  n bigint GENERATED ALWAYS AS IDENTITY,
  project_id text COLLATE "C" NOT NULL,
  store text COLLATE "C" NOT NULL,
  environment text COLLATE "C" NOT NULL,
  chain text COLLATE "C" NOT NULL,
  line text COLLATE "C" NOT NULL,
  app_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  body text NOT NULL,
  check_at bigint,
  PRIMARY KEY (project_id, store, environment, chain, line)
) WITH (fillfactor = 70, toast_tuple_target = 8160);
ALTER TABLE purchases ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX purchases_customer ON purchases (project_id, customer_id);
-- The clock looks at the purchases of all projects: no project in front.
CREATE INDEX purchases_check ON purchases (check_at) WHERE check_at IS NOT NULL;

-- The names by which a store's messages speak of a purchase.
CREATE TABLE links (
  project_id text COLLATE "C" NOT NULL,
  store text COLLATE "C" NOT NULL,
  environment text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  chain text COLLATE "C" NOT NULL,
  line text COLLATE "C" NOT NULL,
  PRIMARY KEY (project_id, store, environment, name)
);

-- `aliases` and `attributes` are whole documents; the table of aliases below finds the customer.
CREATE TABLE customers (
  project_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  original_app_user_id text NOT NULL,
  last_seen_app_user_id text NOT NULL,
  last_seq bigint NOT NULL,
  first_seen_at bigint NOT NULL,
  last_seen_at bigint NOT NULL,
  aliases text NOT NULL,
  attributes text NOT NULL,
  PRIMARY KEY (project_id, id)
) WITH (fillfactor = 70, toast_tuple_target = 8160);

CREATE TABLE aliases (
  project_id text COLLATE "C" NOT NULL,
  app_user_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (project_id, app_user_id)
);

-- Append-only.
CREATE TABLE ledger (
  project_id text COLLATE "C" NOT NULL,
  store text COLLATE "C" NOT NULL,
  environment text COLLATE "C" NOT NULL,
  chain text COLLATE "C" NOT NULL,
  line text COLLATE "C" NOT NULL,
  entry text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL,
  transaction_id text NOT NULL,
  product_id text NOT NULL,
  at bigint NOT NULL,
  recorded_at bigint NOT NULL,
  micros bigint,
  currency text,
  commission_ppm bigint NOT NULL,
  tax_ppm bigint NOT NULL,
  usd_rate text,
  rate_date text,
  event_id text COLLATE "C",
  PRIMARY KEY (project_id, store, environment, chain, line, entry)
);

CREATE TABLE attribute_sets (
  project_id text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL,
  attributes text NOT NULL,
  PRIMARY KEY (project_id, hash)
);

-- Written once and never touched: what is looked for in lists, and what may change, stands in event_places.
CREATE TABLE events (
  project_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  attribute_set text COLLATE "C" NOT NULL,
  notification_id text COLLATE "C",
  body text NOT NULL,
  PRIMARY KEY (project_id, id)
) WITH (toast_tuple_target = 8160);
ALTER TABLE events ALTER COLUMN body SET STORAGE EXTERNAL;

-- Committed events without a cursor position, in the order of their insertion; numbered within milliseconds (positions.ts).
-- One sequence over all projects, hence no project in front.
CREATE TABLE unnumbered (
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  name text COLLATE "C",
  environment text COLLATE "C" NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX unnumbered_customer ON unnumbered (project_id, customer_id);

CREATE TABLE event_places (
  position bigint NOT NULL,
  project_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  name text COLLATE "C",
  environment text COLLATE "C" NOT NULL,
  PRIMARY KEY (project_id, position)
);
CREATE INDEX event_places_event ON event_places (project_id, event_id);
CREATE INDEX event_places_customer ON event_places (project_id, customer_id, position);

-- One row: the last position given.
CREATE TABLE last_position (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  position bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO last_position (position) VALUES (0);

CREATE TABLE deliveries (
  n bigint GENERATED ALWAYS AS IDENTITY,
  project_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  integration_id text COLLATE "C" NOT NULL,
  environment text COLLATE "C" NOT NULL,
  channel_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  status text COLLATE "C" NOT NULL,
  reason text,
  advice text,
  may_go_at bigint NOT NULL,
  created_at bigint NOT NULL,
  attempts bigint NOT NULL DEFAULT 0,
  done text NOT NULL DEFAULT '[]',
  mends text NOT NULL DEFAULT '[]',
  notes text NOT NULL DEFAULT '[]',
  identity text,
  may_be_doubled smallint NOT NULL DEFAULT 0,
  resend bigint NOT NULL DEFAULT 0,
  settled_at bigint,
  -- Separated by blanks, newest last, bounded (settle.ts).
  attempt_ids text NOT NULL DEFAULT '',
  PRIMARY KEY (project_id, id)
);
CREATE INDEX deliveries_event ON deliveries (project_id, event_id);
CREATE INDEX deliveries_waiting ON deliveries (project_id, channel_id, customer_id, seq, event_id) WHERE status = 'waiting';
-- `>= 0` is always so: it keeps this index out of every statement that does not say it. Both being partial, the planner
-- takes it for as good as the one above where it has no figures, and reads a whole channel for one customer.
CREATE INDEX deliveries_expiry ON deliveries (project_id, channel_id, may_go_at) WHERE status = 'waiting' AND may_go_at >= 0;
CREATE INDEX deliveries_status ON deliveries (project_id, integration_id, status, n);
CREATE INDEX deliveries_skipped ON deliveries (project_id, created_at) WHERE status = 'skipped';

-- Deliveries by status, in shards as above: counting ten million rows for a page is no answer.
CREATE TABLE delivery_counts (
  project_id text COLLATE "C" NOT NULL,
  integration_id text COLLATE "C" NOT NULL,
  channel_id text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  shard smallint NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (project_id, integration_id, channel_id, status, shard)
) WITH (fillfactor = 50);

CREATE TABLE channels (
  project_id text COLLATE "C" NOT NULL,
  channel_id text COLLATE "C" NOT NULL,
  integration_id text COLLATE "C" NOT NULL,
  environment text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  state text COLLATE "C" NOT NULL,
  paused_by text COLLATE "C",
  reason text,
  advice text,
  failures bigint NOT NULL,
  culprits bigint NOT NULL,
  next_at bigint NOT NULL,
  width bigint NOT NULL,
  avoid_customer text COLLATE "C",
  clock_reading bigint NOT NULL,
  clock_at bigint NOT NULL,
  clock_runs smallint NOT NULL,
  PRIMARY KEY (project_id, channel_id)
) WITH (fillfactor = 50);

-- The requests that may be in flight, over all processes.
CREATE TABLE slots (
  project_id text COLLATE "C" NOT NULL,
  channel_id text COLLATE "C" NOT NULL,
  slot smallint NOT NULL,
  owner text COLLATE "C",
  fence bigint NOT NULL,
  lease_until bigint,
  PRIMARY KEY (project_id, channel_id, slot)
) WITH (fillfactor = 50);

-- Every lot gets its own number, and none is given twice.
CREATE SEQUENCE fences;

-- One row per customer with something waiting in a channel. `claimed`: how many of its first deliveries are in flight.
CREATE TABLE queues (
  project_id text COLLATE "C" NOT NULL,
  channel_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  due_at bigint NOT NULL,
  owner text COLLATE "C",
  fence bigint NOT NULL,
  lease_until bigint,
  step bigint NOT NULL,
  alone smallint NOT NULL,
  died bigint NOT NULL,
  claimed bigint NOT NULL,
  PRIMARY KEY (project_id, channel_id, customer_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX queues_due ON queues (project_id, channel_id, alone, due_at) WHERE owner IS NULL;
-- Leases end for whoever looks: no project in front.
CREATE INDEX queues_claimed ON queues (lease_until) WHERE owner IS NOT NULL;

-- What a channel remembers of a customer after its queue is gone.
CREATE TABLE channel_customers (
  project_id text COLLATE "C" NOT NULL,
  channel_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  last_status text COLLATE "C" NOT NULL,
  PRIMARY KEY (project_id, channel_id, customer_id)
);

CREATE TABLE attempts (
  project_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  channel_id text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  duration_ms bigint NOT NULL,
  status bigint,
  request text NOT NULL,
  response text NOT NULL,
  outcomes text NOT NULL,
  PRIMARY KEY (project_id, id)
);
CREATE INDEX attempts_at ON attempts (project_id, at);

-- Figures for the planner from the first second on. Without any it takes every condition for as good as every other, and
-- an index that leads to a whole channel for one that leads to a customer. What is written here is what our data look
-- like: few projects and channels, many customers. ANALYZE leaves the figures alone while a table is empty, and replaces
-- them once it is not.
INSERT INTO notifications (project_id, id, app_id, store, environment, source_key, type, via, sent_at, received_at, status, due_at, tries, events)
  SELECT 'p' || i % 3, 'ntf_' || i, 'a' || i % 2, 's', 'e', 'k' || i, 't' || i % 10, 'push', i, i, (ARRAY['understood', 'understood', 'understood', 'waiting', 'parked'])[1 + i % 5], i, 0, 1 FROM generate_series(1, 3000) i;
INSERT INTO notification_bodies (project_id, received_at, id, body) SELECT 'p' || i % 3, i, 'ntf_' || i, '' FROM generate_series(1, 3000) i;
INSERT INTO purchases (project_id, store, environment, chain, line, app_id, customer_id, version, body, check_at)
  SELECT 'p' || i % 3, 's' || i % 2, 'e' || i % 2, 'c' || i, '', 'a' || i % 2, 'cus_' || i / 2, 1, '', nullif(i % 2, 0) * i FROM generate_series(1, 3000) i;
INSERT INTO links (project_id, store, environment, name, chain, line) SELECT 'p' || i % 3, 's' || i % 2, 'e' || i % 2, 'n' || i, 'c' || i, '' FROM generate_series(1, 3000) i;
INSERT INTO customers (project_id, id, version, original_app_user_id, last_seen_app_user_id, last_seq, first_seen_at, last_seen_at, aliases, attributes)
  SELECT 'p' || i % 3, 'cus_' || i, 1, 'u' || i, 'u' || i, i, i, i, '[]', '{}' FROM generate_series(1, 3000) i;
INSERT INTO aliases (project_id, app_user_id, customer_id) SELECT 'p' || i % 3, 'u' || i, 'cus_' || i FROM generate_series(1, 3000) i;
INSERT INTO ledger (project_id, store, environment, chain, line, entry, reason, transaction_id, product_id, at, recorded_at, commission_ppm, tax_ppm)
  SELECT 'p' || i % 3, 's' || i % 2, 'e' || i % 2, 'c' || i / 3, '', 'charge:' || i, 'charge', 't' || i, 'r', i, i, 0, 0 FROM generate_series(1, 3000) i;
INSERT INTO attribute_sets (project_id, hash, attributes) SELECT 'p' || i % 3, 'att_' || i, '{}' FROM generate_series(1, 3000) i;
INSERT INTO events (project_id, id, attribute_set, body) SELECT 'p' || i % 3, 'evt_' || i, 'att_' || i, '' FROM generate_series(1, 3000) i;
INSERT INTO unnumbered (project_id, event_id, customer_id, type, environment) SELECT 'p' || i % 3, 'evt_' || i, 'cus_' || i / 2, 't' || i % 9, 'e' || i % 2 FROM generate_series(1, 3000) i;
INSERT INTO event_places (position, project_id, event_id, customer_id, type, environment) SELECT i, 'p' || i % 3, 'evt_' || i, 'cus_' || i / 3, 't' || i % 9, 'e' || i % 2 FROM generate_series(1, 3000) i;
INSERT INTO deliveries (project_id, id, integration_id, environment, channel_id, customer_id, event_id, seq, status, may_go_at, created_at)
  SELECT 'p' || i % 3, 'dlv_' || i, 'i' || i % 2, 'e', 'i' || i % 2 || ':e', 'cus_' || i / 3, 'evt_' || i / 2, i, (ARRAY['waiting', 'waiting', 'delivered', 'failed', 'skipped'])[1 + i % 5], i, i FROM generate_series(1, 6000) i;
INSERT INTO queues (project_id, channel_id, customer_id, due_at, owner, fence, lease_until, step, alone, died, claimed)
  SELECT 'p' || i % 3, 'i' || i % 2 || ':e', 'cus_' || i, i, CASE WHEN i % 10 = 0 THEN 'o' END, i, CASE WHEN i % 10 = 0 THEN i END, 0, i / 2980, 0, 0 FROM generate_series(1, 3000) i;
INSERT INTO channel_customers (project_id, channel_id, customer_id, last_status) SELECT 'p' || i % 3, 'i' || i % 2 || ':e', 'cus_' || i, 'active' FROM generate_series(1, 3000) i;
INSERT INTO attempts (project_id, id, channel_id, at, duration_ms, request, response, outcomes) SELECT 'p' || i % 3, 'att_' || i, 'i' || i % 2 || ':e', i, 1, '', '', '' FROM generate_series(1, 3000) i;
ANALYZE notifications, notification_bodies, purchases, links, customers, aliases, ledger, attribute_sets, events, unnumbered, event_places, deliveries, queues, channel_customers, attempts;
TRUNCATE notifications, notification_bodies, purchases, links, customers, aliases, ledger, attribute_sets, events, unnumbered, event_places, deliveries, queues, channel_customers, attempts RESTART IDENTITY;
