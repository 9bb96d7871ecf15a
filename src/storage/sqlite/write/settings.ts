import type { ExchangeRatesRow } from '../../rates.ts'

import type { SettingsChange } from '../../storage.ts'
import type { Connection } from '../database.ts'
import { change } from '../query.ts'

/** Removes first: a key that is replaced keeps its name. */
export function saveSettings(db: Connection): (input: SettingsChange) => void {
  const remove = change(db, 'DELETE FROM settings WHERE project_id = ? AND kind = ? AND id = ?')
  const put = change(
    db,
    `INSERT INTO settings (project_id, kind, id, body, managed, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (project_id, kind, id) DO UPDATE SET body = excluded.body, managed = excluded.managed,
       created_at = excluded.created_at, updated_at = excluded.updated_at`,
  )
  const removeKey = change(db, 'DELETE FROM secret_keys WHERE hash = ?')
  const putKey = change(
    db,
    `INSERT INTO secret_keys (hash, project_id, name, last4, managed, created_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (hash) DO UPDATE SET project_id = excluded.project_id, name = excluded.name, last4 = excluded.last4,
       managed = excluded.managed, created_at = excluded.created_at`,
  )
  return (input) => {
    for (const row of input.remove) remove(row.projectId, row.kind, row.id)
    for (const hash of input.removeKeys) removeKey(hash)
    for (const row of input.put) {
      put(row.projectId, row.kind, row.id, row.body, row.managed, row.createdAt, row.updatedAt)
    }
    for (const key of input.putKeys) putKey(key.hash, key.projectId, key.name, key.last4, key.managed, key.createdAt)
  }
}

export function setMeta(db: Connection): (input: { readonly name: string; readonly value: string }) => void {
  const write = change(
    db,
    'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  )
  return ({ name, value }) => void write(name, value)
}

export function saveExchangeRates(
  db: Connection,
): (input: { readonly row: ExchangeRatesRow; readonly keepFrom: string }) => void {
  const write = change(
    db,
    `INSERT INTO exchange_rates (day, rates, fetched_at) VALUES (?, ?, ?)
     ON CONFLICT (day) DO UPDATE SET fetched_at = excluded.fetched_at`,
  )
  const drop = change(db, 'DELETE FROM exchange_rates WHERE day < ?')
  return ({ row, keepFrom }) => {
    write(row.day, row.rates, row.fetchedAt)
    drop(keepFrom)
  }
}

/** A write that says whether the disk still takes one. */
export function ping(db: Connection): (input: null) => void {
  const write = change(
    db,
    `INSERT INTO meta (name, value) VALUES ('ping', '1') ON CONFLICT (name) DO UPDATE SET value = value + 1`,
  )
  return () => void write()
}
