-- Deletions that an older value must not undo (key → milliseconds); whether only stores have named the customer.
ALTER TABLE customers ADD COLUMN deleted_attributes TEXT NOT NULL DEFAULT '{}';
ALTER TABLE customers ADD COLUMN only_named INTEGER NOT NULL DEFAULT 0;

-- Google names a customer by the SHA-256 of its id: domain/ids.ts has the function, migrate.ts fills in what is there.
ALTER TABLE aliases ADD COLUMN hash TEXT NOT NULL DEFAULT '';
CREATE INDEX aliases_hash ON aliases (project_id, hash);

-- Events whose customer may still turn out to be another one, until their first claim.
CREATE TABLE provisional_events (
  project_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (project_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX provisional_events_customer ON provisional_events (project_id, customer_id);
CREATE INDEX provisional_events_until ON provisional_events (until);

-- What became of a customer beside its events: attributes, attribution, aliases, transfers. Append-only.
CREATE TABLE customer_history (
  n INTEGER PRIMARY KEY,
  project_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX customer_history_customer ON customer_history (project_id, customer_id, at);
