import { CUSTOMER_COLUMNS } from '../columns.ts'
import {
  customerPage,
  IMPORT_COLUMNS,
  importFrom,
  importValues,
  OWNED_PURCHASE_COLUMNS,
  partsOfPlace,
  purchasePage,
} from '../import-columns.ts'
import type { ImportStorage } from '../imports.ts'
import type { Database } from './database.ts'

const LOAD = `SELECT ${IMPORT_COLUMNS} FROM imports WHERE project_id = $1 AND id = $2`
const SAVE = `INSERT INTO imports (${IMPORT_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (project_id, id) DO UPDATE SET kind = excluded.kind, source = excluded.source, done = excluded.done,
  pieces = excluded.pieces, counts = excluded.counts, started_at = excluded.started_at,
  updated_at = excluded.updated_at, finished_at = excluded.finished_at`
const CUSTOMERS = `SELECT ${CUSTOMER_COLUMNS} FROM customers WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT $3`
const PURCHASES = `SELECT ${OWNED_PURCHASE_COLUMNS} FROM purchases p JOIN customers c ON c.project_id = p.project_id AND c.id = p.customer_id
WHERE p.project_id = $1 AND (p.store, p.environment, p.chain, p.line) > ($2, $3, $4, $5)
ORDER BY p.store, p.environment, p.chain, p.line LIMIT $6`

export function importStorage(db: Database): ImportStorage {
  return {
    async loadImport(projectId, id) {
      const [row] = await db.read(LOAD, [projectId, id])
      return row === undefined ? null : importFrom(row)
    },
    async saveImport(row) {
      await db.write((session) => session.change(SAVE, [...importValues(row)]))
    },
    pageCustomers: async ({ projectId, after, limit }) =>
      customerPage(await db.read(CUSTOMERS, [projectId, ...partsOfPlace(after, 1), limit]), limit),
    pagePurchases: async ({ projectId, after, limit }) =>
      purchasePage(await db.read(PURCHASES, [projectId, ...partsOfPlace(after, 4), limit]), limit),
  }
}
