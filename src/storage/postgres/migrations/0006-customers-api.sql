-- Who is looked for: by who was seen last, by e-mail (folded by the driver, null where there is none), by transaction.
ALTER TABLE customers ADD COLUMN email text COLLATE "C";
UPDATE customers SET email = lower(attributes::json -> '$email' ->> 'value') WHERE attributes LIKE '%"$email"%';
CREATE INDEX customers_seen ON customers (project_id, last_seen_at, id);
CREATE INDEX customers_email ON customers (project_id, email, id) WHERE email IS NOT NULL;
CREATE INDEX ledger_transaction ON ledger (project_id, transaction_id);

-- Whose purchase a message was about when it was understood: so that an export and an erasure find it.
ALTER TABLE notifications ADD COLUMN customer_id text COLLATE "C";
UPDATE notifications m SET customer_id = p.customer_id FROM events e JOIN event_places p ON p.project_id = e.project_id AND p.event_id = e.id
  WHERE e.project_id = m.project_id AND e.notification_id = m.id;
CREATE INDEX notifications_customer ON notifications (project_id, customer_id, n) WHERE customer_id IS NOT NULL;

-- Whether any event still names a set of attributes. The set without attributes, which most events may have, stays.
CREATE INDEX events_attribute_set ON events (project_id, attribute_set) WHERE attribute_set <> 'att_4oymiquy7qobjgx36tejs35zeq';

-- Keyed hashes of the app user ids of people who were erased, so that a restored backup forgets them again.
CREATE TABLE erased_ids (
  project_id text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL,
  -- The app user id under which their purchases go on.
  erased_as text COLLATE "C" NOT NULL,
  erased_at bigint NOT NULL,
  PRIMARY KEY (project_id, hash)
);

-- Erasures that have begun and have not ended. Their customer has its new id already.
CREATE TABLE erasures (
  project_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  -- The rest of the customer's rows behind this place: of events, then of notifications.
  part text COLLATE "C" NOT NULL,
  place bigint NOT NULL,
  -- Something was in flight meanwhile: all of it is looked through once more.
  again smallint NOT NULL,
  PRIMARY KEY (project_id, customer_id)
);
