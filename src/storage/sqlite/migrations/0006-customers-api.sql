-- Who is looked for: by who was seen last, by e-mail (folded by the driver, null where there is none), by transaction.
ALTER TABLE customers ADD COLUMN email TEXT;
UPDATE customers SET email = lower(json_extract(attributes, '$."$email".value')) WHERE attributes LIKE '%"$email"%';
CREATE INDEX customers_seen ON customers (project_id, last_seen_at, id);
CREATE INDEX customers_email ON customers (project_id, email, id) WHERE email IS NOT NULL;
CREATE INDEX ledger_transaction ON ledger (project_id, transaction_id);

-- Whose purchase a message was about when it was understood: so that an export and an erasure find it.
ALTER TABLE notifications ADD COLUMN customer_id TEXT;
UPDATE notifications SET customer_id = (SELECT e.customer_id FROM events e
  WHERE e.project_id = notifications.project_id AND e.notification_id = notifications.id LIMIT 1)
  WHERE events > 0;
CREATE INDEX notifications_customer ON notifications (project_id, customer_id) WHERE customer_id IS NOT NULL;

-- Whether any event still names a set of attributes. The set without attributes, which most events may have, stays.
CREATE INDEX events_attribute_set ON events (project_id, attribute_set) WHERE attribute_set <> 'att_4oymiquy7qobjgx36tejs35zeq';

-- Keyed hashes of the app user ids of people who were erased, so that a restored backup forgets them again.
CREATE TABLE erased_ids (
  project_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  -- The app user id under which their purchases go on.
  erased_as TEXT NOT NULL,
  erased_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, hash)
) STRICT, WITHOUT ROWID;

-- Erasures that have begun and have not ended. Their customer has its new id already.
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
