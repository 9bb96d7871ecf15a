import { CUSTOMER_COLUMNS, type Values } from '../../columns.ts'
import { IMPORT_COLUMNS, OWNED_PURCHASE_COLUMNS } from '../../import-columns.ts'
import type { Connection } from '../database.ts'
import { query } from '../query.ts'

export interface PageInput {
  readonly projectId: string
  /** The key behind which the page begins. */
  readonly after: readonly string[]
  readonly limit: number
}

export function loadImport(db: Connection) {
  const find = query(db, `SELECT ${IMPORT_COLUMNS} FROM imports WHERE project_id = ? AND id = ?`)
  return (input: { readonly projectId: string; readonly id: string }): Values | null =>
    find.first(input.projectId, input.id) ?? null
}

export function pageCustomers(db: Connection) {
  const page = query(
    db,
    `SELECT ${CUSTOMER_COLUMNS} FROM customers WHERE project_id = ? AND id > ? ORDER BY id LIMIT ? + 0`,
  )
  return ({ projectId, after, limit }: PageInput): readonly Values[] => page.all(projectId, ...after, limit)
}

export function pagePurchases(db: Connection) {
  const page = query(
    db,
    `SELECT ${OWNED_PURCHASE_COLUMNS} FROM purchases p JOIN customers c ON c.project_id = p.project_id AND c.id = p.customer_id
     WHERE p.project_id = ? AND (p.store, p.environment, p.chain, p.line) > (?, ?, ?, ?)
     ORDER BY p.store, p.environment, p.chain, p.line LIMIT ? + 0`,
  )
  return ({ projectId, after, limit }: PageInput): readonly Values[] => page.all(projectId, ...after, limit)
}
