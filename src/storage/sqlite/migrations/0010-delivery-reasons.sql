-- Deliveries that have a reason, by its beginning: a reason may be long, and the entry of an index may not.
CREATE INDEX deliveries_reason ON deliveries (project_id, integration_id, status, substr(reason, 1, 200), n, created_at)
  WHERE reason IS NOT NULL;
