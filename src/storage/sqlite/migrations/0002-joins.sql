-- Customers that were joined into another; `into_id` is always the present one: a later join moves the earlier ones along.
CREATE TABLE customer_moves (
  project_id TEXT NOT NULL,
  from_id TEXT NOT NULL,
  into_id TEXT NOT NULL,
  moved_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, from_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX customer_moves_into ON customer_moves (project_id, into_id);

-- What either customer had in flight when they were joined. Its queue has the owner '+' and is not claimed until none is
-- left. `claimed_as`: the customer whose queue was claimed. `deliveries`: their ids, JSON; after a join they are not the
-- first of the queue any more.
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
