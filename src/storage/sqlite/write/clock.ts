import { PURCHASE_COLUMNS, type Values } from '../../columns.ts'
import type { Connection } from '../database.ts'
import { change, query } from '../query.ts'

/** Takes due purchases through the index of those that have a time, and pushes them out. */
export function claimDueChecks(db: Connection) {
  const due = query(
    db,
    `SELECT n, ${PURCHASE_COLUMNS} FROM purchases INDEXED BY purchases_check
     WHERE check_at IS NOT NULL AND check_at <= ?1 ORDER BY check_at LIMIT ?2 + 0`,
  )
  const push = change(db, 'UPDATE purchases SET check_at = ?2 WHERE n = ?1')
  return ({ now, limit, again }: { readonly now: number; readonly limit: number; readonly again: number }): Values[] =>
    due.all(now, limit).map(([n, ...row]) => {
      push(n ?? null, again)
      return row
    })
}

export function nextCheckDue(db: Connection): () => number | null {
  const next = query(db, 'SELECT min(check_at) FROM purchases INDEXED BY purchases_check WHERE check_at IS NOT NULL')
  return () => {
    const at = next.first()?.[0]
    return typeof at === 'number' ? at : null
  }
}

/** Makes what is to be looked at later due now, through the index of those that have a time. */
export function hastenChecks(db: Connection) {
  const later = query(
    db,
    `SELECT n FROM purchases INDEXED BY purchases_check
     WHERE check_at IS NOT NULL AND check_at > ?1 ORDER BY check_at LIMIT ?2 + 0`,
  )
  const push = change(db, 'UPDATE purchases SET check_at = ?2 WHERE n = ?1')
  return ({ now, limit }: { readonly now: number; readonly limit: number }): number => {
    const rows = later.all(now, limit)
    for (const [n] of rows) push(n ?? null, now)
    return rows.length
  }
}

/** Each name that is linked, with its purchase. */
export function findLinks(db: Connection) {
  const linked = query(
    db,
    `SELECT ${PURCHASE_COLUMNS.split(', ')
      .map((column) => `p.${column}`)
      .join(', ')} FROM links l
     JOIN purchases p ON p.project_id = l.project_id AND p.store = l.store AND p.environment = l.environment
       AND p.chain = l.chain AND p.line = l.line
     WHERE l.project_id = ?1 AND l.store = ?2 AND l.environment = ?3 AND l.name = ?4`,
  )
  return (input: {
    readonly projectId: string
    readonly store: string
    readonly environment: string
    readonly names: readonly string[]
  }): (readonly [name: string, row: Values])[] =>
    input.names.flatMap((name) => {
      const row = linked.first(input.projectId, input.store, input.environment, name)
      return row === undefined ? [] : [[name, row] as const]
    })
}
