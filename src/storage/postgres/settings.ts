import type { Values } from '../columns.ts'
import type { CursorStorage } from '../cursors.ts'
import type { RateStorage } from '../rates.ts'
import { cursorFrom, exchangeRatesFrom, keyFrom, settingsFrom } from '../setting-columns.ts'
import type { SettingsChange, SettingsStorage } from '../storage.ts'
import { given, texts } from './arrays.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { saveCursors } from './inbox.ts'
import type { Work } from './work.ts'

const ROWS =
  'SELECT kind, project_id, id, body, managed, created_at, updated_at FROM settings ORDER BY project_id, kind, id'
const KEYS =
  'SELECT project_id, name, hash, last4, managed, created_at FROM secret_keys ORDER BY project_id, name, hash'

const PLACES = given('project_id text, kind text, id text')
const REMOVE = `DELETE FROM settings s USING ${PLACES.sql} WHERE s.project_id = g.project_id AND s.kind = g.kind AND s.id = g.id`
const PUT_ROWS = given(
  'project_id text, kind text, id text, body text, managed text, created_at bigint, updated_at bigint',
)
const PUT = `INSERT INTO settings (project_id, kind, id, body, managed, created_at, updated_at)
SELECT project_id, kind, id, body, managed, created_at, updated_at FROM ${PUT_ROWS.sql} ORDER BY project_id, kind, id
ON CONFLICT (project_id, kind, id) DO UPDATE SET body = excluded.body, managed = excluded.managed,
  created_at = excluded.created_at, updated_at = excluded.updated_at`
const REMOVE_KEYS = 'DELETE FROM secret_keys WHERE hash = ANY($1::text[])'
const KEY_ROWS = given('hash text, project_id text, name text, last4 text, managed text, created_at bigint')
const PUT_KEYS = `INSERT INTO secret_keys (hash, project_id, name, last4, managed, created_at)
SELECT hash, project_id, name, last4, managed, created_at FROM ${KEY_ROWS.sql} ORDER BY hash
ON CONFLICT (hash) DO UPDATE SET project_id = excluded.project_id, name = excluded.name, last4 = excluded.last4,
  managed = excluded.managed, created_at = excluded.created_at`

const GET_META = 'SELECT value FROM meta WHERE name = $1'
const SET_META =
  'INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value'
const RATES = `SELECT day, rates, fetched_at FROM (SELECT day, rates, fetched_at FROM exchange_rates ORDER BY day DESC LIMIT $1) newest ORDER BY day`
const SAVE_RATES = `INSERT INTO exchange_rates (day, rates, fetched_at) VALUES ($1, $2, $3)
ON CONFLICT (day) DO UPDATE SET fetched_at = excluded.fetched_at`
const DROP_RATES = 'DELETE FROM exchange_rates WHERE day < $1'
const LOAD_CURSOR = `SELECT project_id, app_id, name, value, updated_at FROM cursors WHERE project_id = $1 AND app_id = $2 AND name = $3`

/** Removes first: a key that is replaced keeps its name. */
async function saveSettings(session: Connection, change: SettingsChange): Promise<void> {
  const { put, remove, putKeys, removeKeys } = change
  const gone = remove.map((row): Values => [row.projectId, row.kind, row.id])
  if (gone.length > 0) await session.change(REMOVE, PLACES.params(gone))
  if (removeKeys.length > 0) await session.change(REMOVE_KEYS, [texts(removeKeys)])
  const rows = put.map(
    (row): Values => [row.projectId, row.kind, row.id, row.body, row.managed, row.createdAt, row.updatedAt],
  )
  if (rows.length > 0) await session.change(PUT, PUT_ROWS.params(rows))
  const keys = putKeys.map((key): Values => [key.hash, key.projectId, key.name, key.last4, key.managed, key.createdAt])
  if (keys.length > 0) await session.change(PUT_KEYS, KEY_ROWS.params(keys))
}

export function settingsStorage(db: Database, work: Work): SettingsStorage & CursorStorage & RateStorage {
  return {
    loadExchangeRates: async (limit) => (await db.read(RATES, [limit])).map(exchangeRatesFrom),
    saveExchangeRates: (row, keepFrom) =>
      db.write(async (session) => {
        await session.change(SAVE_RATES, [row.day, row.rates, row.fetchedAt])
        await session.change(DROP_RATES, [keepFrom])
      }),
    async loadSettings() {
      const [rows, keys] = await Promise.all([db.read(ROWS), db.read(KEYS)])
      return { rows: rows.map(settingsFrom), keys: keys.map(keyFrom) }
    },
    async saveSettings(change) {
      await db.write((session) => saveSettings(session, change))
      work.tell('settings')
    },
    async getMeta(name) {
      return ((await db.read(GET_META, [name]))[0]?.[0] as string | undefined) ?? null
    },
    async setMeta(name, value) {
      await db.write((session) => session.change(SET_META, [name, value]))
    },
    async loadCursor(projectId, appId, name) {
      const [row] = await db.read(LOAD_CURSOR, [projectId, appId, name])
      return row === undefined ? null : cursorFrom(row)
    },
    saveCursor: (row) => db.write((session) => saveCursors(session, [row])),
  }
}
