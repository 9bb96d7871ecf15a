-- Sums by hour (UTC, milliseconds of its beginning), under the names of domain/figures.ts: only ever added to.
CREATE TABLE figures (
  project_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  hour INTEGER NOT NULL,
  figure TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (project_id, environment, hour, figure)
) STRICT, WITHOUT ROWID;

-- What is there already counts too; what the ledger holds is reckoned beside (migrate.ts).
INSERT INTO figures (project_id, environment, hour, figure, value)
SELECT project_id, environment, occurred_at - occurred_at % 3600000, 'event:' || type || ':' || coalesce(name, ''), count(*)
FROM events GROUP BY 1, 2, 3, 4;
INSERT INTO figures (project_id, environment, hour, figure, value)
SELECT project_id, environment, coalesce(settled_at, created_at) - coalesce(settled_at, created_at) % 3600000,
  'delivery:' || status || ':' || integration_id, count(*)
FROM deliveries WHERE status <> 'waiting' GROUP BY 1, 2, 3, 4;
INSERT INTO figures (project_id, environment, hour, figure, value)
SELECT d.project_id, d.environment, d.settled_at - d.settled_at % 3600000,
  'took:' || coalesce((SELECT min(value) FROM json_each('[50,100,200,350,500,750,1000,1500,2500,5000,10000,30000,60000,300000,900000,3600000,21600000,86400000]')
    WHERE value >= d.settled_at - d.created_at), 'more') || ':' || d.integration_id, count(*)
FROM deliveries d WHERE d.status = 'delivered' AND d.settled_at IS NOT NULL GROUP BY 1, 2, 3, 4;

-- As what a purchase is counted ('': as nothing) and until when; NULL: saved by an older version, housekeeping reckons it.
ALTER TABLE purchases ADD COLUMN standing TEXT;
ALTER TABLE purchases ADD COLUMN standing_until INTEGER;
CREATE INDEX purchases_standing ON purchases (project_id, environment, standing, standing_until) WHERE standing_until IS NOT NULL;
CREATE INDEX purchases_unreckoned ON purchases (n) WHERE standing IS NULL;
