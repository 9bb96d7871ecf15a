import type { AppCallCount } from '../../app-calls.ts'
import type { Connection } from '../database.ts'
import { change } from '../query.ts'

export function countAppCalls(db: Connection): (rows: readonly AppCallCount[]) => void {
  const add = change(
    db,
    `INSERT INTO app_calls (project_id, app_id, kind, name, count, last_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (project_id, app_id, kind, name) DO UPDATE SET count = count + excluded.count,
       last_at = max(last_at, excluded.last_at)`,
  )
  return (rows) => {
    for (const { projectId, appId, kind, name, count, at } of rows) add(projectId, appId, kind, name, count, at)
  }
}
