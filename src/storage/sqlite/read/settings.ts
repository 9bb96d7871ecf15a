import { CHANNEL_COLUMNS, type Values } from '../../columns.ts'
import type { Connection } from '../database.ts'
import { query } from '../query.ts'

export interface WireSettings {
  /** kind, project_id, id, body, managed, created_at, updated_at. */
  readonly rows: readonly Values[]
  /** project_id, name, hash, last4, managed, created_at. */
  readonly keys: readonly Values[]
}

/** All of it: settings are small and read whole. */
export function loadSettings(db: Connection) {
  const rows = query(
    db,
    'SELECT kind, project_id, id, body, managed, created_at, updated_at FROM settings ORDER BY project_id, kind, id',
  )
  const keys = query(
    db,
    'SELECT project_id, name, hash, last4, managed, created_at FROM secret_keys ORDER BY project_id, name, hash',
  )
  return (_: null): WireSettings => ({ rows: rows.all(), keys: keys.all() })
}

export function getMeta(db: Connection) {
  const find = query(db, 'SELECT value FROM meta WHERE name = ?')
  return (name: string): string | null => (find.first(name)?.[0] as string | undefined) ?? null
}

/** project_id, app_id, name, value, updated_at. */
export function loadCursor(db: Connection) {
  const find = query(
    db,
    'SELECT project_id, app_id, name, value, updated_at FROM cursors WHERE project_id = ? AND app_id = ? AND name = ?',
  )
  return (input: { readonly projectId: string; readonly appId: string; readonly name: string }): Values | null =>
    find.first(input.projectId, input.appId, input.name) ?? null
}

/** day, rates, fetched_at: the newest days, oldest first. */
export function loadExchangeRates(db: Connection) {
  const newest = query(
    db,
    'SELECT day, rates, fetched_at FROM exchange_rates WHERE day > ?1 ORDER BY day DESC LIMIT ?2 + 0',
  )
  return (limit: number): readonly Values[] => newest.all('', limit).toReversed()
}

export function loadChannels(db: Connection) {
  const all = query(db, `SELECT ${CHANNEL_COLUMNS} FROM channels ORDER BY project_id, channel_id`)
  return (_: null): readonly Values[] => all.all()
}
