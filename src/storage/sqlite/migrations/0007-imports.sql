-- How far files were taken over (src/storage/imports.ts).
CREATE TABLE imports (
  project_id TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  source TEXT NOT NULL,
  done INTEGER NOT NULL,
  pieces INTEGER,
  counts TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  finished_at INTEGER,
  PRIMARY KEY (project_id, id)
) STRICT, WITHOUT ROWID;
