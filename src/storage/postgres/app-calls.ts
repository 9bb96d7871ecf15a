import type { AppCallStorage } from '../app-calls.ts'
import type { ReadStorage } from '../reads.ts'
import { appCallFrom } from '../setting-columns.ts'
import { given } from './arrays.ts'
import type { Database } from './database.ts'

const CALLS = given('project_id text, app_id text, kind text, name text, count bigint, at bigint')
/** In the order of their keys: two processes that count the same names do not lock each other out. */
const COUNT = `INSERT INTO app_calls AS a (project_id, app_id, kind, name, count, last_at)
SELECT project_id, app_id, kind, name, count, at FROM ${CALLS.sql} ORDER BY project_id, app_id, kind, name
ON CONFLICT (project_id, app_id, kind, name) DO UPDATE SET count = a.count + excluded.count,
  last_at = greatest(a.last_at, excluded.last_at)`
const LIST = `SELECT kind, name, count, last_at FROM app_calls WHERE project_id = $1 AND app_id = $2
ORDER BY count DESC, kind, name LIMIT 200`

export function appCallStorage(db: Database): AppCallStorage & Pick<ReadStorage, 'appCalls'> {
  return {
    async countAppCalls(rows) {
      if (rows.length === 0) return
      const values = rows.map(({ projectId, appId, kind, name, count, at }) => [
        projectId,
        appId,
        kind,
        name,
        count,
        at,
      ])
      await db.write((session) => session.change(COUNT, CALLS.params(values)))
    },
    appCalls: async (projectId, appId) => (await db.read(LIST, [projectId, appId])).map(appCallFrom),
  }
}
