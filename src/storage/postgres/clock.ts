import { KEY_COLUMNS, PURCHASE_COLUMNS, purchaseFrom } from '../columns.ts'
import type { ClockStorage } from '../storage.ts'
import { texts } from './arrays.ts'
import type { Database } from './database.ts'

const COLUMNS_P = PURCHASE_COLUMNS.split(', ')
  .map((column) => `p.${column}`)
  .join(', ')

/** The rows with the times at which they were due. What a step holds is left for the next time: the step writes when it is to be looked at. */
const CLAIM = `WITH due AS (
  SELECT ${KEY_COLUMNS}, check_at FROM purchases WHERE check_at IS NOT NULL AND check_at <= $1
  ORDER BY check_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
), pushed AS (
  UPDATE purchases p SET check_at = $3 FROM due d WHERE p.project_id = d.project_id AND p.store = d.store
    AND p.environment = d.environment AND p.chain = d.chain AND p.line = d.line
  RETURNING ${COLUMNS_P.replace('p.check_at', 'd.check_at')}
)
SELECT ${PURCHASE_COLUMNS} FROM pushed ORDER BY check_at`
const NEXT = 'SELECT check_at FROM purchases WHERE check_at IS NOT NULL ORDER BY check_at LIMIT 1'
const HASTEN = `WITH later AS (
  SELECT ${KEY_COLUMNS} FROM purchases WHERE check_at IS NOT NULL AND check_at > $1
  ORDER BY check_at LIMIT $2 FOR NO KEY UPDATE
)
UPDATE purchases p SET check_at = $1 FROM later l WHERE p.project_id = l.project_id AND p.store = l.store
  AND p.environment = l.environment AND p.chain = l.chain AND p.line = l.line
RETURNING 1`
const LINKS = `SELECT ${COLUMNS_P}, l.name FROM unnest($4::text[]) WITH ORDINALITY AS g (name, ordinal)
JOIN links l ON l.project_id = $1 AND l.store = $2 AND l.environment = $3 AND l.name = g.name
JOIN purchases p ON p.project_id = l.project_id AND p.store = l.store AND p.environment = l.environment AND p.chain = l.chain AND p.line = l.line
ORDER BY g.ordinal`
const LINK_NAME = PURCHASE_COLUMNS.split(', ').length

export function clockStorage(db: Database): ClockStorage {
  return {
    async claimDueChecks({ now, limit, again }) {
      const rows = await db.write((session) => session.all(CLAIM, [now, limit, again]))
      return rows.map((row) => purchaseFrom(row))
    },
    async nextCheckDue() {
      const at = (await db.read(NEXT))[0]?.[0]
      return typeof at === 'number' ? at : null
    },
    async hastenChecks({ now, limit }) {
      return (await db.write((session) => session.all(HASTEN, [now, limit]))).length
    },
    async findLinks({ projectId, store, environment, names }) {
      if (names.length === 0) return new Map()
      const rows = await db.read(LINKS, [projectId, store, environment, texts(names)])
      return new Map(rows.map((row) => [String(row[LINK_NAME]), purchaseFrom(row)]))
    },
  }
}
