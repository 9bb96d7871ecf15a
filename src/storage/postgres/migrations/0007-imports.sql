-- How far files were taken over (src/storage/imports.ts).
CREATE TABLE imports (
  project_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  source text NOT NULL,
  done bigint NOT NULL,
  pieces bigint,
  counts text NOT NULL,
  started_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  finished_at bigint,
  PRIMARY KEY (project_id, id)
);
