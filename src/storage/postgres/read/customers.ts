import { CUSTOMER_COLUMNS_C, customerFrom, keyValues, PURCHASE_COLUMNS, purchaseFrom } from '../../columns.ts'
import { LEDGER_COLUMNS, LEDGER_ORDER, ledgerFrom, ledgerPage, ledgerPlace } from '../../ledger-columns.ts'
import type { ReadStorage } from '../../reads.ts'
import type { Database } from '../database.ts'

const KEY = 'project_id = $1 AND store = $2 AND environment = $3 AND chain = $4 AND line = $5'
const CUSTOMER = `SELECT ${CUSTOMER_COLUMNS_C} FROM aliases a JOIN customers c ON c.project_id = a.project_id AND c.id = a.customer_id
WHERE a.project_id = $1 AND a.app_user_id = $2`
const LEDGER = `SELECT ${LEDGER_COLUMNS} FROM ledger WHERE ${KEY} ORDER BY at, recorded_at, entry`
const LEDGER_PAGE = `SELECT ${LEDGER_COLUMNS} FROM ledger WHERE project_id = $1 AND environment = $2 AND at < $3
AND (${LEDGER_ORDER}) > ($4, $5, $6, $7, $8) ORDER BY ${LEDGER_ORDER} LIMIT $9`
const PURCHASE = `SELECT ${PURCHASE_COLUMNS} FROM purchases WHERE ${KEY}`
const PURCHASES = `SELECT ${PURCHASE_COLUMNS} FROM purchases WHERE project_id = $1 AND customer_id = $2 ORDER BY n`

export function customerReads(
  db: Database,
): Pick<ReadStorage, 'getCustomer' | 'listLedger' | 'pageLedger' | 'getPurchase' | 'listPurchases'> {
  return {
    async getCustomer(projectId, appUserId) {
      const [row] = await db.read(CUSTOMER, [projectId, appUserId])
      return row === undefined ? null : customerFrom(row)
    },
    listLedger: async (projectId, key) =>
      (await db.read(LEDGER, keyValues({ ...key, projectId }))).map((row) => ledgerFrom(row)),
    async pageLedger(asked) {
      const { projectId, environment, to, limit } = asked
      const rows = await db.read(LEDGER_PAGE, [projectId, environment, to, ...ledgerPlace(asked), limit])
      return ledgerPage(
        rows.map((row) => ledgerFrom(row)),
        limit,
      )
    },
    async getPurchase(key) {
      const [row] = await db.read(PURCHASE, keyValues(key))
      return row === undefined ? null : purchaseFrom(row)
    },
    listPurchases: async (projectId, customerId) =>
      (await db.read(PURCHASES, [projectId, customerId])).map((row) => purchaseFrom(row)),
  }
}
