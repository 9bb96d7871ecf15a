-- Customers that were joined into another: what is in flight for the old one finds its queue through it.
CREATE TABLE customer_moves (
  project_id text COLLATE "C" NOT NULL,
  from_id text COLLATE "C" NOT NULL,
  -- Always the present one: a later join moves the earlier ones along.
  into_id text COLLATE "C" NOT NULL,
  moved_at bigint NOT NULL,
  PRIMARY KEY (project_id, from_id)
);
CREATE INDEX customer_moves_into ON customer_moves (project_id, into_id);

-- What either customer had in flight when they were joined. Its queue has the owner '+' and is not claimed until none is
-- left. `deliveries`: their ids, JSON; after a join they are not the first of the queue any more.
CREATE TABLE queue_holds (
  project_id text COLLATE "C" NOT NULL,
  channel_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  -- The customer whose queue was claimed.
  claimed_as text COLLATE "C" NOT NULL,
  owner text COLLATE "C" NOT NULL,
  fence bigint NOT NULL,
  lease_until bigint NOT NULL,
  alone smallint NOT NULL,
  deliveries text NOT NULL,
  PRIMARY KEY (project_id, channel_id, customer_id, claimed_as, fence)
);
