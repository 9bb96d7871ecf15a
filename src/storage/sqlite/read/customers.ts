import type { PurchaseKey } from '../../../domain/purchase.ts'
import { CUSTOMER_COLUMNS_C, KEY_COLUMNS, keyValues, PURCHASE_COLUMNS, type Values } from '../../columns.ts'
import { LEDGER_COLUMNS, LEDGER_ORDER, ledgerPlace } from '../../ledger-columns.ts'
import type { LedgerQuery } from '../../reads.ts'
import type { Connection } from '../database.ts'
import { query } from '../query.ts'

const WHERE_KEY = KEY_COLUMNS.split(', ')
  .map((column) => `${column} = ?`)
  .join(' AND ')

export function getCustomer(db: Connection) {
  const find = query(
    db,
    `SELECT ${CUSTOMER_COLUMNS_C} FROM aliases a JOIN customers c ON c.project_id = a.project_id AND c.id = a.customer_id
     WHERE a.project_id = ? AND a.app_user_id = ?`,
  )
  return (input: { readonly projectId: string; readonly appUserId: string }): Values | null =>
    find.first(input.projectId, input.appUserId) ?? null
}

export function listLedger(db: Connection) {
  const find = query(db, `SELECT ${LEDGER_COLUMNS} FROM ledger WHERE ${WHERE_KEY} ORDER BY at, recorded_at, entry`)
  return (key: PurchaseKey): readonly Values[] => find.all(...keyValues(key))
}

export function pageLedger(db: Connection) {
  const find = query(
    db,
    `SELECT ${LEDGER_COLUMNS} FROM ledger WHERE project_id = ?1 AND environment = ?2 AND at < ?3
       AND (${LEDGER_ORDER}) > (?4, ?5, ?6, ?7, ?8) ORDER BY ${LEDGER_ORDER} LIMIT ?9 + 0`,
  )
  return (asked: LedgerQuery): readonly Values[] =>
    find.all(asked.projectId, asked.environment, asked.to, ...ledgerPlace(asked), asked.limit)
}

export function getPurchase(db: Connection) {
  const find = query(db, `SELECT ${PURCHASE_COLUMNS} FROM purchases WHERE ${WHERE_KEY}`)
  return (key: PurchaseKey): Values | null => find.first(...keyValues(key)) ?? null
}

export function listPurchases(db: Connection) {
  const find = query(
    db,
    `SELECT ${PURCHASE_COLUMNS} FROM purchases WHERE project_id = ? AND customer_id = ? ORDER BY n`,
  )
  return (input: { readonly projectId: string; readonly customerId: string }): readonly Values[] =>
    find.all(input.projectId, input.customerId)
}
