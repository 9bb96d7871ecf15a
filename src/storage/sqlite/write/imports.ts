import type { Values } from '../../columns.ts'
import { IMPORT_COLUMNS } from '../../import-columns.ts'
import type { Connection } from '../database.ts'
import { change } from '../query.ts'

export function saveImport(db: Connection): (row: Values) => void {
  const write = change(
    db,
    `INSERT INTO imports (${IMPORT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (project_id, id) DO UPDATE SET kind = excluded.kind, source = excluded.source, done = excluded.done,
       pieces = excluded.pieces, counts = excluded.counts, started_at = excluded.started_at,
       updated_at = excluded.updated_at, finished_at = excluded.finished_at`,
  )
  return (row) => void write(...row)
}
