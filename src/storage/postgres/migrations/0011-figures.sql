-- Sums by hour (UTC, milliseconds of its beginning), under the names of domain/figures.ts: only ever added to. In shards
-- by connection like other counters, which housekeeping puts together in shard 0 once the hour is over.
CREATE TABLE figures (
  project_id text COLLATE "C" NOT NULL,
  environment text COLLATE "C" NOT NULL,
  hour bigint NOT NULL,
  figure text COLLATE "C" NOT NULL,
  shard smallint NOT NULL,
  value bigint NOT NULL,
  PRIMARY KEY (project_id, environment, hour, figure, shard)
) WITH (fillfactor=50);
CREATE INDEX figures_apart ON figures (hour) WHERE shard > 0;

-- What is there already counts too.
INSERT INTO figures (project_id, environment, hour, figure, shard, value)
SELECT project_id, environment, at - at % 3600000, 'event:' || type || ':' || name, 0, count(*) FROM (
  SELECT e.project_id, b.environment, b."occurredAt" AS at, b.type, coalesce(b.name, '') AS name
  FROM events e CROSS JOIN LATERAL json_to_record(e.body::json) AS b (environment text, "occurredAt" bigint, type text, name text)) e
GROUP BY 1, 2, 3, 4;
INSERT INTO figures (project_id, environment, hour, figure, shard, value)
SELECT project_id, environment, coalesce(settled_at, created_at) - coalesce(settled_at, created_at) % 3600000,
  'delivery:' || status || ':' || integration_id, 0, count(*)
FROM deliveries WHERE status <> 'waiting' GROUP BY 1, 2, 3, 4;
INSERT INTO figures (project_id, environment, hour, figure, shard, value)
SELECT d.project_id, d.environment, d.settled_at - d.settled_at % 3600000, 'took:' || coalesce(
    (SELECT min(b)::text FROM unnest('{50,100,200,350,500,750,1000,1500,2500,5000,10000,30000,60000,300000,900000,3600000,21600000,86400000}'::bigint[]) b
     WHERE b >= d.settled_at - d.created_at), 'more') || ':' || d.integration_id, 0, count(*)
FROM deliveries d WHERE d.status = 'delivered' AND d.settled_at IS NOT NULL GROUP BY 1, 2, 3, 4;
-- Money: USD for one unit in 10⁻¹², fractions in parts per million, rounded half away from zero as domain/revenue.ts does.
INSERT INTO figures (project_id, environment, hour, figure, shard, value)
SELECT project_id, environment, hour, figure, 0, sum(value) FROM (
  SELECT l.project_id, l.environment, l.at - l.at % 3600000 AS hour, v.figure, v.value
  FROM (SELECT l.*, CASE WHEN l.currency = 'USD' THEN 1000000000000 WHEN l.currency IS NOT NULL THEN l.usd_rate::numeric END AS rate FROM ledger l) l
  CROSS JOIN LATERAL (VALUES
    ('money:gross', round(l.micros * l.rate / 1000000000000)::bigint),
    ('money:after_commission', round(l.micros * l.rate * (1000000 - l.commission_ppm) / 1000000000000000000)::bigint),
    ('money:after_commission_and_taxes', round(l.micros * l.rate * (1000000 - l.commission_ppm - l.tax_ppm) / 1000000000000000000)::bigint),
    ('money:unpriced', CASE WHEN (l.micros IS NULL OR (l.rate IS NULL AND l.micros <> 0)) AND l.reason <> 'correction'
      AND l.entry NOT LIKE '%:told' AND l.entry NOT LIKE '%:untold' AND NOT EXISTS (
        SELECT FROM ledger p WHERE p.project_id = l.project_id AND p.store = l.store AND p.environment = l.environment
          AND p.chain = l.chain AND p.line = l.line AND starts_with(p.entry, l.entry || ':') AND p.micros IS NOT NULL
          AND (p.currency = 'USD' OR (p.currency IS NOT NULL AND p.usd_rate IS NOT NULL))) THEN 1 END)
  ) AS v (figure, value)
) m WHERE value <> 0 GROUP BY 1, 2, 3, 4;

-- As what a purchase is counted ('': as nothing) and until when; NULL: saved by an older version, housekeeping reckons it.
ALTER TABLE purchases ADD COLUMN standing text COLLATE "C", ADD COLUMN standing_until bigint;
CREATE INDEX purchases_standing ON purchases (project_id, environment, standing, standing_until) WHERE standing_until IS NOT NULL;
CREATE INDEX purchases_unreckoned ON purchases (n) WHERE standing IS NULL;

-- Figures for the planner, as in the first migration; a table that holds some has its own.
INSERT INTO figures (project_id, environment, hour, figure, shard, value)
SELECT 'planner' || i % 3, 'e' || i % 2, i, 'f' || i % 30, i % 3, 1 FROM generate_series(1, 6000) i;
ANALYZE figures;
DELETE FROM figures WHERE project_id IN ('planner0', 'planner1', 'planner2');
