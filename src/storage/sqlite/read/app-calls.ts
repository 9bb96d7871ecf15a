import type { Values } from '../../columns.ts'
import type { Connection } from '../database.ts'
import { query } from '../query.ts'

export function appCalls(db: Connection) {
  const find = query(
    db,
    `SELECT kind, name, count, last_at FROM app_calls WHERE project_id = ? AND app_id = ?
     ORDER BY count DESC, kind, name LIMIT 200`,
  )
  return (input: { readonly projectId: string; readonly appId: string }): readonly Values[] =>
    find.all(input.projectId, input.appId)
}
