import { ENVIRONMENTS, STORES } from '../../../domain/purchase.ts'
import { CUSTOMER_COLUMNS_C, customerFrom, KEY_COLUMNS, NOTIFICATION_COLUMNS_M, type Values } from '../../columns.ts'
import { historyPage, historyPlace } from '../../history.ts'
import { placeOf } from '../../places.ts'
import type { ReadStorage } from '../../reads.ts'
import { type Found, searchCustomers } from '../../search.ts'
import { texts } from '../arrays.ts'
import type { Database } from '../database.ts'
import { withBody } from '../inbox.ts'

const SEEN = `SELECT ${CUSTOMER_COLUMNS_C} FROM customers c WHERE c.project_id = $1 AND (c.last_seen_at, c.id) < ($2, $3)
ORDER BY c.last_seen_at DESC, c.id DESC LIMIT $4`
const ALIASES = `SELECT ${CUSTOMER_COLUMNS_C}, a.app_user_id FROM (
  SELECT a.project_id, a.app_user_id, a.customer_id FROM aliases a WHERE a.project_id = $1 AND a.app_user_id >= $2 AND a.app_user_id < $4
    AND (a.app_user_id, a.customer_id) > ($2, $3) ORDER BY a.app_user_id LIMIT $5) a
JOIN customers c ON c.project_id = a.project_id AND c.id = a.customer_id ORDER BY a.app_user_id`
const EMAILS = `SELECT ${CUSTOMER_COLUMNS_C}, c.email FROM customers c WHERE c.project_id = $1 AND c.email IS NOT NULL AND c.email < $4
AND (c.email, c.id) > ($2, $3) ORDER BY c.email, c.id LIMIT $5`

const ON_KEY = (table: string): string =>
  KEY_COLUMNS.split(', ')
    .map((column) => `p.${column} = ${table}.${column}`)
    .join(' AND ')
/** A transaction of the ledger, the chain itself, or a name that a store's messages use for it. */
const BY_TRANSACTION = `SELECT ${CUSTOMER_COLUMNS_C} FROM (
  SELECT p.customer_id FROM ledger l JOIN purchases p ON ${ON_KEY('l')} WHERE l.project_id = $1 AND l.transaction_id = $2
  UNION SELECT p.customer_id FROM unnest($3::text[], $4::text[]) s (store, environment)
    JOIN purchases p ON p.project_id = $1 AND p.store = s.store AND p.environment = s.environment AND p.chain = $2
  UNION SELECT p.customer_id FROM unnest($3::text[], $4::text[]) s (store, environment)
    JOIN links k ON k.project_id = $1 AND k.store = s.store AND k.environment = s.environment AND k.name = $2
    JOIN purchases p ON ${ON_KEY('k')}
  LIMIT $5) o
JOIN customers c ON c.project_id = $1 AND c.id = o.customer_id ORDER BY c.id`
const PLACES = STORES.flatMap((store) => ENVIRONMENTS.map((environment) => [store, environment] as const))

const HISTORY = `SELECT h.at, h.kind, h.body, h.n FROM customer_history h WHERE h.project_id = $1 AND h.customer_id = $2 AND (h.at, h.n) < ($3, $4)
ORDER BY h.at DESC, h.n DESC LIMIT $5`
const NOTIFICATIONS = `SELECT ${NOTIFICATION_COLUMNS_M}, b.packed, b.body, m.n FROM notifications m
LEFT JOIN notification_bodies b ON b.project_id = m.project_id AND b.received_at = m.received_at AND b.id = m.id
WHERE m.project_id = $1 AND m.customer_id = $2 AND m.n > $3 ORDER BY m.n LIMIT $4`

export function searchReads(
  db: Database,
): Pick<ReadStorage, 'searchCustomers' | 'notificationsOf' | 'customerHistory'> {
  const found = (row: Values): Found => ({ name: String(row.at(-1)), customer: customerFrom(row) })
  return {
    searchCustomers: (asked) => {
      const { projectId } = asked
      return searchCustomers(asked, {
        seen: async ({ at, id }, limit) =>
          (await db.read(SEEN, [projectId, at, id, limit])).map((row) => customerFrom(row)),
        aliases: async ({ name, id }, to, limit) =>
          (await db.read(ALIASES, [projectId, name, id, to, limit])).map(found),
        emails: async ({ name, id }, to, limit) => (await db.read(EMAILS, [projectId, name, id, to, limit])).map(found),
        byTransaction: async (name, limit) => {
          const places = [texts(PLACES.map(([store]) => store)), texts(PLACES.map(([, environment]) => environment))]
          const rows = await db.read(BY_TRANSACTION, [projectId, name, ...places, limit])
          return rows.map((row) => customerFrom(row))
        },
      })
    },
    async customerHistory({ projectId, customerId, before, limit }) {
      return historyPage(await db.read(HISTORY, [projectId, customerId, ...historyPlace(before), limit + 1]), limit)
    },
    async notificationsOf(projectId, customerId, after, limit) {
      const from = after === null ? 0 : placeOf(after)
      const rows = await db.read(NOTIFICATIONS, [projectId, customerId, from, limit + 1])
      const items = rows.slice(0, limit)
      return { items: items.map(withBody), next: rows.length > limit ? String(items.at(-1)?.at(-1)) : null }
    },
  }
}
