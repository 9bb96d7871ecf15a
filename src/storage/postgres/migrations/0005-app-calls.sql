-- What apps call with their public keys: addresses that nothing answers, wishes for signed answers, SDKs by version.
CREATE TABLE app_calls (
  project_id text COLLATE "C" NOT NULL,
  app_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  count bigint NOT NULL,
  last_at bigint NOT NULL,
  PRIMARY KEY (project_id, app_id, kind, name)
);
