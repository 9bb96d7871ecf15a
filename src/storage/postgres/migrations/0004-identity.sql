-- Deletions that an older value must not undo (key → milliseconds); whether only stores have named the customer.
ALTER TABLE customers ADD COLUMN deleted_attributes text NOT NULL DEFAULT '{}', ADD COLUMN only_named smallint NOT NULL DEFAULT 0;

-- Google names a customer by the SHA-256 of its id (domain/ids.ts has the function).
ALTER TABLE aliases ADD COLUMN hash text COLLATE "C" NOT NULL DEFAULT '';
UPDATE aliases SET hash = left(encode(sha256(convert_to(app_user_id, 'UTF8')), 'hex'), 32);
CREATE INDEX aliases_hash ON aliases (project_id, hash);

-- Events whose customer may still turn out to be another one, until their first claim.
CREATE TABLE provisional_events (
  project_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  until bigint NOT NULL,
  PRIMARY KEY (project_id, event_id)
);
CREATE INDEX provisional_events_customer ON provisional_events (project_id, customer_id);
CREATE INDEX provisional_events_until ON provisional_events (until);

-- What became of a customer beside its events: attributes, attribution, aliases, transfers. Append-only.
CREATE TABLE customer_history (
  n bigint GENERATED ALWAYS AS IDENTITY,
  project_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (project_id, customer_id, at, n)
);

-- Figures for the planner, as in the first migration.
INSERT INTO aliases (project_id, app_user_id, customer_id, hash) SELECT 'figures' || i % 3, 'u' || i, 'cus_' || i, 'h' || i FROM generate_series(1, 3000) i;
INSERT INTO provisional_events (project_id, event_id, customer_id, until) SELECT 'p' || i % 3, 'evt_' || i, 'cus_' || i / 2, i FROM generate_series(1, 3000) i;
INSERT INTO customer_history (project_id, customer_id, at, kind, body) SELECT 'p' || i % 3, 'cus_' || i / 3, i, 'attribute', '{}' FROM generate_series(1, 3000) i;
ANALYZE aliases, provisional_events, customer_history;
TRUNCATE provisional_events, customer_history RESTART IDENTITY;
DELETE FROM aliases WHERE project_id IN ('figures0', 'figures1', 'figures2');
