CREATE TABLE accounts (
  id text COLLATE "C" NOT NULL,
  email text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  password text COLLATE "C",
  hub_owner bigint NOT NULL,
  subject text COLLATE "C",
  created_at bigint NOT NULL,
  last_seen_at bigint,
  disabled bigint NOT NULL
);
CREATE INDEX accounts_hub_owner ON accounts USING btree (hub_owner) WHERE (hub_owner = 1);
CREATE UNIQUE INDEX accounts_email ON accounts USING btree (email);
CREATE UNIQUE INDEX accounts_pkey ON accounts USING btree (id);
CREATE UNIQUE INDEX accounts_subject ON accounts USING btree (subject) WHERE (subject IS NOT NULL);

CREATE TABLE aliases (
  project_id text COLLATE "C" NOT NULL,
  app_user_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL DEFAULT ''::text
);
CREATE INDEX aliases_hash ON aliases USING btree (project_id, hash);
CREATE UNIQUE INDEX aliases_pkey ON aliases USING btree (project_id, app_user_id);

CREATE TABLE app_calls (
  project_id text COLLATE "C" NOT NULL,
  app_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  count bigint NOT NULL,
  last_at bigint NOT NULL
);
CREATE UNIQUE INDEX app_calls_pkey ON app_calls USING btree (project_id, app_id, kind, name);

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
  refused_claimed text
) WITH (fillfactor=50);
CREATE UNIQUE INDEX app_inbox_pkey ON app_inbox USING btree (project_id, app_id, shard);

CREATE TABLE attempts (
  project_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  channel_id text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  duration_ms bigint NOT NULL,
  status bigint,
  request text NOT NULL,
  response text NOT NULL,
  outcomes text NOT NULL
);
CREATE INDEX attempts_at ON attempts USING btree (project_id, at);
CREATE UNIQUE INDEX attempts_pkey ON attempts USING btree (project_id, id);

CREATE TABLE attribute_sets (
  project_id text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL,
  attributes text NOT NULL
);
CREATE UNIQUE INDEX attribute_sets_pkey ON attribute_sets USING btree (project_id, hash);

CREATE TABLE audit_log (
  n bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  project_id text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  actor_kind text COLLATE "C" NOT NULL,
  actor_name text COLLATE "C" NOT NULL,
  act text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  changes text NOT NULL
);
CREATE INDEX audit_log_customer ON audit_log USING btree (project_id, subject) WHERE (kind = 'customer'::text);
CREATE UNIQUE INDEX audit_log_pkey ON audit_log USING btree (project_id, n);

CREATE TABLE channel_customers (
  project_id text COLLATE "C" NOT NULL,
  channel_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  last_status text COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX channel_customers_pkey ON channel_customers USING btree (project_id, channel_id, customer_id);

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
  clock_runs smallint NOT NULL
) WITH (fillfactor=50);
CREATE UNIQUE INDEX channels_pkey ON channels USING btree (project_id, channel_id);

CREATE TABLE cursors (
  project_id text COLLATE "C" NOT NULL,
  app_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  value text NOT NULL,
  updated_at bigint NOT NULL
);
CREATE UNIQUE INDEX cursors_pkey ON cursors USING btree (project_id, app_id, name);

CREATE TABLE customer_history (
  n bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  project_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  body text NOT NULL
);
CREATE UNIQUE INDEX customer_history_pkey ON customer_history USING btree (project_id, customer_id, at, n);

CREATE TABLE customer_moves (
  project_id text COLLATE "C" NOT NULL,
  from_id text COLLATE "C" NOT NULL,
  into_id text COLLATE "C" NOT NULL,
  moved_at bigint NOT NULL
);
CREATE INDEX customer_moves_into ON customer_moves USING btree (project_id, into_id);
CREATE UNIQUE INDEX customer_moves_pkey ON customer_moves USING btree (project_id, from_id);

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
  deleted_attributes text NOT NULL DEFAULT '{}'::text,
  only_named smallint NOT NULL DEFAULT 0,
  email text COLLATE "C"
) WITH (fillfactor=70, toast_tuple_target=8160);
CREATE INDEX customers_email ON customers USING btree (project_id, email, id) WHERE (email IS NOT NULL);
CREATE INDEX customers_seen ON customers USING btree (project_id, last_seen_at, id);
CREATE UNIQUE INDEX customers_pkey ON customers USING btree (project_id, id);

CREATE TABLE deliveries (
  n bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
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
  done text NOT NULL DEFAULT '[]'::text,
  mends text NOT NULL DEFAULT '[]'::text,
  notes text NOT NULL DEFAULT '[]'::text,
  identity text,
  may_be_doubled smallint NOT NULL DEFAULT 0,
  resend bigint NOT NULL DEFAULT 0,
  settled_at bigint,
  attempt_ids text NOT NULL DEFAULT ''::text
);
CREATE INDEX deliveries_event ON deliveries USING btree (project_id, event_id);
CREATE INDEX deliveries_expiry ON deliveries USING btree (project_id, channel_id, may_go_at) WHERE ((status = 'waiting'::text) AND (may_go_at >= 0));
CREATE INDEX deliveries_reason ON deliveries USING btree (project_id, integration_id, status, "left"(reason, 200) COLLATE "C", n) WHERE (reason IS NOT NULL);
CREATE INDEX deliveries_skipped ON deliveries USING btree (project_id, created_at) WHERE (status = 'skipped'::text);
CREATE INDEX deliveries_status ON deliveries USING btree (project_id, integration_id, status, n);
CREATE INDEX deliveries_waiting ON deliveries USING btree (project_id, channel_id, customer_id, seq, event_id) WHERE (status = 'waiting'::text);
CREATE UNIQUE INDEX deliveries_pkey ON deliveries USING btree (project_id, id);

CREATE TABLE delivery_counts (
  project_id text COLLATE "C" NOT NULL,
  integration_id text COLLATE "C" NOT NULL,
  channel_id text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  shard smallint NOT NULL,
  count bigint NOT NULL
) WITH (fillfactor=50);
CREATE UNIQUE INDEX delivery_counts_pkey ON delivery_counts USING btree (project_id, integration_id, channel_id, status, shard);

CREATE TABLE erased_ids (
  project_id text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL,
  erased_as text COLLATE "C" NOT NULL,
  erased_at bigint NOT NULL
);
CREATE UNIQUE INDEX erased_ids_pkey ON erased_ids USING btree (project_id, hash);

CREATE TABLE erasures (
  project_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  part text COLLATE "C" NOT NULL,
  place bigint NOT NULL,
  again smallint NOT NULL
);
CREATE UNIQUE INDEX erasures_pkey ON erasures USING btree (project_id, customer_id);

CREATE TABLE event_places (
  position bigint NOT NULL,
  project_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  name text COLLATE "C",
  environment text COLLATE "C" NOT NULL
);
CREATE INDEX event_places_customer ON event_places USING btree (project_id, customer_id, "position");
CREATE INDEX event_places_event ON event_places USING btree (project_id, event_id);
CREATE UNIQUE INDEX event_places_pkey ON event_places USING btree (project_id, "position");

CREATE TABLE events (
  project_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  attribute_set text COLLATE "C" NOT NULL,
  notification_id text COLLATE "C",
  body text NOT NULL STORAGE e
) WITH (toast_tuple_target=8160);
CREATE INDEX events_attribute_set ON events USING btree (project_id, attribute_set) WHERE (attribute_set <> 'att_4oymiquy7qobjgx36tejs35zeq'::text);
CREATE UNIQUE INDEX events_pkey ON events USING btree (project_id, id);

CREATE TABLE exchange_rates (
  day text COLLATE "C" NOT NULL,
  rates text NOT NULL,
  fetched_at bigint NOT NULL
);
CREATE UNIQUE INDEX exchange_rates_pkey ON exchange_rates USING btree (day);

CREATE TABLE figures (
  project_id text COLLATE "C" NOT NULL,
  environment text COLLATE "C" NOT NULL,
  hour bigint NOT NULL,
  figure text COLLATE "C" NOT NULL,
  shard smallint NOT NULL,
  value bigint NOT NULL
) WITH (fillfactor=50);
CREATE INDEX figures_apart ON figures USING btree (hour) WHERE (shard > 0);
CREATE UNIQUE INDEX figures_pkey ON figures USING btree (project_id, environment, hour, figure, shard);

CREATE TABLE imports (
  project_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  source text NOT NULL,
  done bigint NOT NULL,
  pieces bigint,
  counts text NOT NULL,
  started_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  finished_at bigint
);
CREATE UNIQUE INDEX imports_pkey ON imports USING btree (project_id, id);

CREATE TABLE last_position (
  one boolean NOT NULL DEFAULT true,
  position bigint NOT NULL
) WITH (fillfactor=10);
CREATE UNIQUE INDEX last_position_pkey ON last_position USING btree (one);

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
  country_code text,
  commission_estimated bigint NOT NULL DEFAULT 1,
  tax_estimated bigint NOT NULL DEFAULT 1,
  actual_commission_micros bigint,
  actual_tax_micros bigint
);
CREATE INDEX ledger_at ON ledger USING btree (project_id, environment, at, store, chain, line, entry);
CREATE INDEX ledger_transaction ON ledger USING btree (project_id, transaction_id);
CREATE UNIQUE INDEX ledger_pkey ON ledger USING btree (project_id, store, environment, chain, line, entry);

CREATE TABLE links (
  project_id text COLLATE "C" NOT NULL,
  store text COLLATE "C" NOT NULL,
  environment text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  chain text COLLATE "C" NOT NULL,
  line text COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX links_pkey ON links USING btree (project_id, store, environment, name);

CREATE TABLE memberships (
  project_id text COLLATE "C" NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  role text COLLATE "C" NOT NULL,
  added_at bigint NOT NULL
);
CREATE INDEX memberships_account ON memberships USING btree (account_id);
CREATE UNIQUE INDEX memberships_pkey ON memberships USING btree (project_id, account_id);

CREATE TABLE meta (
  name text COLLATE "C" NOT NULL,
  value text NOT NULL
);
CREATE UNIQUE INDEX meta_pkey ON meta USING btree (name);

CREATE TABLE migrations (
  number integer NOT NULL,
  file text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX migrations_pkey ON migrations USING btree (number);

CREATE TABLE notification_bodies (
  project_id text COLLATE "C" NOT NULL,
  received_at bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  packed smallint NOT NULL DEFAULT 0,
  body bytea NOT NULL STORAGE e
);
CREATE UNIQUE INDEX notification_bodies_pkey ON notification_bodies USING btree (project_id, received_at, id);

CREATE TABLE notifications (
  n bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
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
  customer_id text COLLATE "C"
) WITH (fillfactor=80);
CREATE INDEX notifications_app ON notifications USING btree (project_id, app_id, n);
CREATE INDEX notifications_customer ON notifications USING btree (project_id, customer_id, n) WHERE (customer_id IS NOT NULL);
CREATE INDEX notifications_set_aside ON notifications USING btree (project_id, status, n) WHERE (status = ANY (ARRAY['parked'::text, 'ignored'::text]));
CREATE INDEX notifications_waiting_project ON notifications USING btree (project_id, due_at, n) WHERE (status = 'waiting'::text);
CREATE UNIQUE INDEX notifications_pkey ON notifications USING btree (project_id, id);

CREATE TABLE one_time_links (
  project_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  email text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  role text COLLATE "C",
  created_by text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL
);
CREATE INDEX one_time_links_email ON one_time_links USING btree (email, kind);
CREATE UNIQUE INDEX one_time_links_hash ON one_time_links USING btree (hash);
CREATE UNIQUE INDEX one_time_links_pkey ON one_time_links USING btree (project_id, kind, email);

CREATE TABLE packed_bodies (
  project_id text COLLATE "C" NOT NULL,
  through bigint NOT NULL
);
CREATE UNIQUE INDEX packed_bodies_pkey ON packed_bodies USING btree (project_id);

CREATE TABLE provisional_events (
  project_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  until bigint NOT NULL
);
CREATE INDEX provisional_events_customer ON provisional_events USING btree (project_id, customer_id);
CREATE INDEX provisional_events_until ON provisional_events USING btree (until);
CREATE UNIQUE INDEX provisional_events_pkey ON provisional_events USING btree (project_id, event_id);

CREATE TABLE purchases (
  n bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  project_id text COLLATE "C" NOT NULL,
  store text COLLATE "C" NOT NULL,
  environment text COLLATE "C" NOT NULL,
  chain text COLLATE "C" NOT NULL,
  line text COLLATE "C" NOT NULL,
  app_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  body text NOT NULL STORAGE e,
  check_at bigint,
  standing text COLLATE "C",
  standing_until bigint
) WITH (fillfactor=70, toast_tuple_target=8160);
CREATE INDEX purchases_check ON purchases USING btree (check_at) WHERE (check_at IS NOT NULL);
CREATE INDEX purchases_customer ON purchases USING btree (project_id, customer_id);
CREATE INDEX purchases_standing ON purchases USING btree (project_id, environment, standing, standing_until) WHERE (standing_until IS NOT NULL);
CREATE INDEX purchases_unreckoned ON purchases USING btree (n) WHERE (standing IS NULL);
CREATE UNIQUE INDEX purchases_pkey ON purchases USING btree (project_id, store, environment, chain, line);

CREATE TABLE queue_holds (
  project_id text COLLATE "C" NOT NULL,
  channel_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  claimed_as text COLLATE "C" NOT NULL,
  owner text COLLATE "C" NOT NULL,
  fence bigint NOT NULL,
  lease_until bigint NOT NULL,
  alone smallint NOT NULL,
  deliveries text NOT NULL
);
CREATE UNIQUE INDEX queue_holds_pkey ON queue_holds USING btree (project_id, channel_id, customer_id, claimed_as, fence);

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
  claimed bigint NOT NULL
) WITH (fillfactor=70, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=5000, autovacuum_vacuum_cost_delay=0);
CREATE INDEX queues_claimed ON queues USING btree (lease_until) WHERE (owner IS NOT NULL);
CREATE INDEX queues_due ON queues USING btree (project_id, channel_id, alone, due_at) WHERE (owner IS NULL);
CREATE UNIQUE INDEX queues_pkey ON queues USING btree (project_id, channel_id, customer_id);

CREATE TABLE secret_keys (
  hash text COLLATE "C" NOT NULL,
  project_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  last4 text NOT NULL,
  managed text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL
);
CREATE UNIQUE INDEX secret_keys_pkey ON secret_keys USING btree (hash);

CREATE TABLE sessions (
  hash text COLLATE "C" NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  last_seen_at bigint NOT NULL,
  ends_at bigint NOT NULL
);
CREATE INDEX sessions_account ON sessions USING btree (account_id);
CREATE INDEX sessions_end ON sessions USING btree (ends_at);
CREATE UNIQUE INDEX sessions_pkey ON sessions USING btree (hash);

CREATE TABLE settings (
  project_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  body text NOT NULL,
  managed text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);
CREATE UNIQUE INDEX settings_pkey ON settings USING btree (project_id, kind, id);

CREATE TABLE sign_in_tries (
  name text COLLATE "C" NOT NULL,
  count bigint NOT NULL,
  since bigint NOT NULL
);
CREATE INDEX sign_in_tries_since ON sign_in_tries USING btree (since);
CREATE UNIQUE INDEX sign_in_tries_pkey ON sign_in_tries USING btree (name);

CREATE TABLE slots (
  project_id text COLLATE "C" NOT NULL,
  channel_id text COLLATE "C" NOT NULL,
  slot smallint NOT NULL,
  owner text COLLATE "C",
  fence bigint NOT NULL,
  lease_until bigint
) WITH (fillfactor=50);
CREATE UNIQUE INDEX slots_pkey ON slots USING btree (project_id, channel_id, slot);

CREATE TABLE unnumbered (
  n bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  project_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  name text COLLATE "C",
  environment text COLLATE "C" NOT NULL
) WITH (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=5000, autovacuum_vacuum_cost_delay=0);
CREATE INDEX unnumbered_customer ON unnumbered USING btree (project_id, customer_id);
CREATE UNIQUE INDEX unnumbered_pkey ON unnumbered USING btree (n);

CREATE SEQUENCE fences;
