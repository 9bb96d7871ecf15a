import { hashedAppUserId } from '../../domain/ids.ts'
import { purchaseId } from '../../domain/purchase.ts'
import {
  CUSTOMER_COLUMNS,
  customerFrom,
  isSha256,
  KEY_COLUMNS,
  keyValues,
  PURCHASE_COLUMNS,
  purchaseFrom,
} from '../columns.ts'
import { StepConflict } from '../errors.ts'
import type { CustomerRow, PurchaseRow } from '../rows.ts'
import type { Loaded, StepKeys } from '../storage.ts'
import { given, texts } from './arrays.ts'
import type { Connection } from './connection.ts'

const KEYS = given('project_id text, store text, environment text, chain text, line text', 1, 'k')
/** `hash` is '' where the id cannot be one. */
const IDS = given('project_id text, app_user_id text, hash text', KEYS.next, 'i')

const prefixed = (columns: string, table: string): string =>
  columns
    .split(', ')
    .map((column) => `${table}.${column}`)
    .join(', ')

/** Customers first, in ascending id: whoever wants more than one of them asks in the same order. */
const LOCK_CUSTOMERS = `WITH wanted AS (
  SELECT p.project_id, p.customer_id FROM ${KEYS.sql} JOIN purchases p USING (${KEY_COLUMNS})
  UNION
  SELECT a.project_id, a.customer_id FROM ${IDS.sql} JOIN aliases a USING (project_id, app_user_id)
  UNION
  SELECT a.project_id, a.customer_id FROM ${IDS.sql} JOIN aliases a ON i.hash <> '' AND a.project_id = i.project_id AND a.hash = i.hash
)
SELECT ${prefixed(CUSTOMER_COLUMNS, 'c')} FROM wanted w JOIN customers c ON c.project_id = w.project_id AND c.id = w.customer_id
ORDER BY c.project_id, c.id FOR NO KEY UPDATE OF c`

/** A statement of its own: it sees what was committed while the customers were waited for. */
const LOCK_PURCHASES = `SELECT ${prefixed(PURCHASE_COLUMNS, 'p')} FROM ${KEYS.sql} JOIN purchases p USING (${KEY_COLUMNS})
ORDER BY p.project_id, p.store, p.environment, p.chain, p.line FOR NO KEY UPDATE OF p`

const OWNERS = given('project_id text, app_user_id text, hash text', 1, 'i')
/** Those found by their name come last: a name stands before a hash. */
const FIND_OWNERS = `SELECT i.project_id, i.app_user_id, a.customer_id, 0 AS named FROM ${OWNERS.sql} JOIN aliases a ON i.hash <> '' AND a.project_id = i.project_id AND a.hash = i.hash
UNION ALL SELECT i.project_id, i.app_user_id, a.customer_id, 1 FROM ${OWNERS.sql} JOIN aliases a USING (project_id, app_user_id)
ORDER BY named`

const EXISTING = `SELECT 1 FROM customers c JOIN unnest($1::text[], $2::text[]) AS g (project_id, id) USING (project_id, id) LIMIT 1`

/** Loads and locks what a step is computed from; StepConflict when another transaction moved it meanwhile. */
export async function loadStep(session: Connection, keys: StepKeys): Promise<Loaded> {
  const purchases = new Map<string, PurchaseRow>()
  const customers = new Map<string, CustomerRow>()
  const customerOf = new Map<string, string>()
  if (keys.purchases.length === 0 && keys.appUserIds.length === 0) return { purchases, customers, customerOf }
  const keyParams = KEYS.params(keys.purchases.map(keyValues))
  const ids = keys.appUserIds.map(({ projectId, appUserId }) => [
    projectId,
    appUserId,
    isSha256(appUserId) ? hashedAppUserId(appUserId) : '',
  ])
  const locked = await session.all(LOCK_CUSTOMERS, [...keyParams, ...IDS.params(ids)])
  for (const values of locked) {
    const row = customerFrom(values)
    customers.set(`${row.projectId}\n${row.id}`, row)
  }
  if (keys.purchases.length > 0) {
    for (const values of await session.all(LOCK_PURCHASES, keyParams)) {
      const row = purchaseFrom(values)
      purchases.set(purchaseId(row.key), row)
    }
  }
  if (ids.length > 0) {
    for (const [projectId, appUserId, id] of await session.all(FIND_OWNERS, OWNERS.params(ids))) {
      customerOf.set(`${projectId}\n${appUserId}`, String(id))
    }
  }
  await requireOwners(session, { purchases, customers, customerOf })
  return { purchases, customers, customerOf }
}

/** Between finding a customer and locking it a join may have taken its purchases or ids to another. */
async function requireOwners(session: Connection, { purchases, customers, customerOf }: Loaded): Promise<void> {
  const named = [
    ...[...purchases.values()].map(({ key, customerId }) => `${key.projectId}\n${customerId}`),
    ...[...customerOf].map(([key, id]) => `${key.slice(0, key.indexOf('\n'))}\n${id}`),
  ]
  const missing = [...new Set(named)].filter((at) => !customers.has(at)).map((at) => at.split('\n'))
  if (missing.length === 0) return
  const found = await session.all(EXISTING, [texts(missing.map(([p]) => p)), texts(missing.map(([, id]) => id))])
  if (found.length > 0) throw new StepConflict('a customer of the step was joined into another meanwhile')
}
