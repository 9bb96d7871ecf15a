import type { DatabaseSync } from 'node:sqlite'
import { type Addition, ofEntry, UNPRICED } from '../../domain/figures.ts'
import { purchaseId } from '../../domain/purchase.ts'
import { KEY_COLUMNS, type Values } from '../columns.ts'
import { LEDGER_COLUMNS, ledgerFrom } from '../ledger-columns.ts'

/** Figures of what the ledger holds already. Here and not in SQL, since its arithmetic takes integers of more than 64 bits. */
export function addLedger(db: DatabaseSync): void {
  const sums = new Map<string, number>()
  const unpriced = new Set<string>()
  const add = ({ projectId, environment, hour, figure, by }: Addition): void => {
    const key = `${projectId}\n${environment}\n${hour}\n${figure}`
    sums.set(key, (sums.get(key) ?? 0) + by)
  }
  // A movement comes before what was told of it later: its name is the beginning of theirs.
  const entries = db.prepare(`SELECT ${LEDGER_COLUMNS} FROM ledger ORDER BY ${KEY_COLUMNS}, entry`)
  entries.setReturnArrays(true)
  for (const values of entries.iterate()) {
    const row = ledgerFrom(values as unknown as Values)
    const movement = `${purchaseId(row.key)}\n${row.entry.replace(/:(told|c\d+[+-]?)$/, '')}`
    const priced = ofEntry(row).every(({ figure }) => figure !== UNPRICED)
    if (!priced) unpriced.add(movement)
    const firstPrice = priced && row.micros !== null && unpriced.delete(movement)
    for (const addition of ofEntry(firstPrice ? { ...row, firstPrice } : row)) add(addition)
  }
  const insert = db.prepare('INSERT INTO figures (project_id, environment, hour, figure, value) VALUES (?, ?, ?, ?, ?)')
  for (const [key, value] of sums) {
    const [projectId = '', environment = '', hour, figure = ''] = key.split('\n')
    if (value !== 0) insert.run(projectId, environment, Number(hour), figure, value)
  }
}
