-- What apps call with their public keys: addresses that nothing answers, wishes for signed answers, SDKs by version.
CREATE TABLE app_calls (
  project_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  count INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, app_id, kind, name)
) STRICT, WITHOUT ROWID;
