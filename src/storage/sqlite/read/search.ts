import { ENVIRONMENTS, STORES } from '../../../domain/purchase.ts'
import { CUSTOMER_COLUMNS_C, KEY_COLUMNS, NOTIFICATION_COLUMNS_M, type Values } from '../../columns.ts'
import { historyPlace } from '../../history.ts'
import { placeOf } from '../../places.ts'
import type { Connection } from '../database.ts'
import { query } from '../query.ts'
import type { WirePage } from './events.ts'

/** Where one read of a search begins: behind (name, id), below `to`. */
export interface NameRange {
  readonly projectId: string
  readonly name: string
  readonly id: string
  readonly to: string
  readonly limit: number
}

export function customersSeen(db: Connection) {
  const find = query(
    db,
    `SELECT ${CUSTOMER_COLUMNS_C} FROM customers c INDEXED BY customers_seen
     WHERE c.project_id = ?1 AND c.last_seen_at <= ?2 AND (c.last_seen_at, c.id) < (?2, ?3)
     ORDER BY c.last_seen_at DESC, c.id DESC LIMIT ?4 + 0`,
  )
  return (asked: {
    readonly projectId: string
    readonly at: number
    readonly id: string
    readonly limit: number
  }): readonly Values[] => find.all(asked.projectId, asked.at, asked.id, asked.limit)
}

/** The columns of a customer, then the alias. */
export function customersByAlias(db: Connection) {
  const find = query(
    db,
    `SELECT ${CUSTOMER_COLUMNS_C}, a.app_user_id FROM aliases a CROSS JOIN customers c ON c.project_id = a.project_id AND c.id = a.customer_id
     WHERE a.project_id = ?1 AND a.app_user_id >= ?2 AND a.app_user_id < ?4 AND (a.app_user_id, a.customer_id) > (?2, ?3)
     ORDER BY a.app_user_id LIMIT ?5 + 0`,
  )
  return ({ projectId, name, id, to, limit }: NameRange): readonly Values[] => find.all(projectId, name, id, to, limit)
}

/** The columns of a customer, then the address. */
export function customersByEmail(db: Connection) {
  const find = query(
    db,
    `SELECT ${CUSTOMER_COLUMNS_C}, c.email FROM customers c INDEXED BY customers_email
     WHERE c.project_id = ?1 AND c.email IS NOT NULL AND c.email >= ?2 AND c.email < ?4 AND (c.email, c.id) > (?2, ?3)
     ORDER BY c.email, c.id LIMIT ?5 + 0`,
  )
  return ({ projectId, name, id, to, limit }: NameRange): readonly Values[] => find.all(projectId, name, id, to, limit)
}

const ON_KEY = (table: string): string =>
  KEY_COLUMNS.split(', ')
    .map((column) => `p.${column} = ${table}.${column}`)
    .join(' AND ')

/** A transaction of the ledger, the chain itself, or a name that a store's messages use for it. */
export function customersByTransaction(db: Connection) {
  const charged = query(
    db,
    `SELECT DISTINCT p.customer_id FROM ledger l INDEXED BY ledger_transaction CROSS JOIN purchases p ON ${ON_KEY('l')}
     WHERE l.project_id = ?1 AND l.transaction_id = ?2 LIMIT ?3 + 0`,
  )
  const chain = query(
    db,
    'SELECT customer_id FROM purchases WHERE project_id = ? AND store = ? AND environment = ? AND chain = ? LIMIT ? + 0',
  )
  const linked = query(
    db,
    `SELECT p.customer_id FROM links k CROSS JOIN purchases p ON ${ON_KEY('k')}
     WHERE k.project_id = ? AND k.store = ? AND k.environment = ? AND k.name = ?`,
  )
  const customer = query(db, `SELECT ${CUSTOMER_COLUMNS_C} FROM customers c WHERE c.project_id = ? AND c.id = ?`)
  return (asked: { readonly projectId: string; readonly name: string; readonly limit: number }): readonly Values[] => {
    const { projectId, name, limit } = asked
    const places = STORES.flatMap((store) => ENVIRONMENTS.map((environment) => [store, environment] as const))
    const ids = [
      ...charged.all(projectId, name, limit),
      ...places.flatMap((place) => chain.all(projectId, ...place, name, limit)),
      ...places.flatMap((place) => linked.all(projectId, ...place, name)),
    ].map(([id]) => String(id))
    return [...new Set(ids)].slice(0, limit).flatMap((id) => {
      const row = customer.first(projectId, id)
      return row === undefined ? [] : [row]
    })
  }
}

/** at, kind, body, n; newest first. */
export function customerHistory(db: Connection) {
  const find = query(
    db,
    `SELECT h.at, h.kind, h.body, h.n FROM customer_history h INDEXED BY customer_history_customer
     WHERE h.project_id = ?1 AND h.customer_id = ?2 AND h.at <= ?3 AND (h.at, h.n) < (?3, ?4)
     ORDER BY h.at DESC, h.n DESC LIMIT ?5 + 0`,
  )
  return (asked: {
    readonly projectId: string
    readonly customerId: string
    readonly before: string | null
    readonly limit: number
  }): readonly Values[] => {
    const [at, n] = historyPlace(asked.before)
    return find.all(asked.projectId, asked.customerId, at, n, asked.limit + 1)
  }
}

/** The columns, packed, the body, n; oldest first. */
export function notificationsOf(db: Connection) {
  const find = query(
    db,
    `SELECT ${NOTIFICATION_COLUMNS_M}, b.packed, b.body, m.n FROM notifications m INDEXED BY notifications_customer
     LEFT JOIN notification_bodies b ON b.n = m.n
     WHERE m.project_id = ?1 AND m.customer_id = ?2 AND m.n > ?3 ORDER BY m.n LIMIT ?4 + 0`,
  )
  return (asked: {
    readonly projectId: string
    readonly customerId: string
    readonly after: string | null
    readonly limit: number
  }): WirePage => {
    const from = asked.after === null ? 0 : placeOf(asked.after)
    const found = find.all(asked.projectId, asked.customerId, from, asked.limit + 1)
    const rows = found.slice(0, asked.limit)
    return {
      rows: rows.map((row) => row.slice(0, -1)),
      next: found.length > asked.limit ? String(rows.at(-1)?.at(-1)) : null,
    }
  }
}
