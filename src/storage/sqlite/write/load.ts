import { hashedAppUserId } from '../../../domain/ids.ts'
import { CUSTOMER_COLUMNS, isSha256, KEY_COLUMNS, PURCHASE_COLUMNS, type Values } from '../../columns.ts'
import type { Connection } from '../database.ts'
import { query } from '../query.ts'

/** Purchase keys as values, and (project, app user id) pairs. */
export interface LoadInput {
  readonly purchases: readonly Values[]
  readonly appUserIds: readonly (readonly [projectId: string, appUserId: string])[]
}

export interface LoadOutput {
  readonly purchases: readonly Values[]
  readonly customers: readonly Values[]
  /** Project, app user id, customer id; for those that exist. */
  readonly owners: readonly (readonly [string, string, string])[]
}

const WHERE_KEY = KEY_COLUMNS.split(', ')
  .map((column) => `${column} = ?`)
  .join(' AND ')

/** What a step is computed from: purchases, their customers, the customers of app user ids. */
export function loadStep(db: Connection): (input: LoadInput) => LoadOutput {
  const purchase = query(db, `SELECT ${PURCHASE_COLUMNS} FROM purchases WHERE ${WHERE_KEY}`)
  const customer = query(db, `SELECT ${CUSTOMER_COLUMNS} FROM customers WHERE project_id = ? AND id = ?`)
  const owner = query(db, 'SELECT customer_id FROM aliases WHERE project_id = ? AND app_user_id = ?')
  const hashed = query(db, 'SELECT customer_id FROM aliases WHERE project_id = ? AND hash = ?')
  return (input) => {
    const purchases: Values[] = []
    const owners: (readonly [string, string, string])[] = []
    const wanted = new Map<string, readonly [string, string]>()
    for (const key of input.purchases) {
      const row = purchase.first(...key)
      if (row === undefined) continue
      purchases.push(row)
      wanted.set(`${row[0]}\n${row[6]}`, [String(row[0]), String(row[6])])
    }
    for (const [projectId, appUserId] of input.appUserIds) {
      const named = owner.first(projectId, appUserId)?.[0]
      const found =
        named ?? (isSha256(appUserId) ? hashed.first(projectId, hashedAppUserId(appUserId))?.[0] : undefined)
      if (typeof found !== 'string') continue
      owners.push([projectId, appUserId, found])
      wanted.set(`${projectId}\n${found}`, [projectId, found])
    }
    const customers: Values[] = []
    for (const place of wanted.values()) {
      const row = customer.first(...place)
      if (row !== undefined) customers.push(row)
    }
    return { purchases, customers, owners }
  }
}
