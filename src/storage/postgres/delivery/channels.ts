import { CHANNEL_COLUMNS, channelFrom, channelValues, type Values } from '../../columns.ts'
import type { ChannelRow } from '../../rows.ts'
import type { DeliveryStorage } from '../../storage.ts'
import { given } from '../arrays.ts'
import type { Connection } from '../connection.ts'
import type { Database } from '../database.ts'
import type { Work } from '../work.ts'

export const CHANNEL_COLUMNS_H = CHANNEL_COLUMNS.split(', ')
  .map((column) => `h.${column}`)
  .join(', ')

const NAMES = given('project_id text, integration_id text, environment text')
const INSERT = `INSERT INTO channels (${CHANNEL_COLUMNS})
SELECT DISTINCT project_id, integration_id || ':' || environment, integration_id, environment, 1, 'open', NULL, NULL, NULL, 0, 0, 0, 1, NULL, 0, $${NAMES.next}::bigint, 1
FROM ${NAMES.sql} ORDER BY 1, 2 ON CONFLICT (project_id, channel_id) DO NOTHING`
const FIND = `SELECT ${CHANNEL_COLUMNS_H} FROM ${NAMES.sql}
JOIN channels h ON h.project_id = g.project_id AND h.channel_id = g.integration_id || ':' || g.environment ORDER BY g.ordinal`

const UPDATE = `UPDATE channels SET version = $5::bigint + 1, state = $6, paused_by = $7, reason = $8, advice = $9, failures = $10,
  culprits = $11, next_at = $12, width = $13, avoid_customer = $14, clock_reading = $15, clock_at = $16, clock_runs = $17
WHERE project_id = $1 AND channel_id = $2 AND integration_id = $3 AND environment = $4 AND version = $5::bigint`
const READ = `SELECT ${CHANNEL_COLUMNS} FROM channels WHERE project_id = $1 AND channel_id = $2`

const ALL = `SELECT ${CHANNEL_COLUMNS} FROM channels ORDER BY project_id, channel_id`

export interface SavedChannel {
  readonly saved: boolean
  readonly row: ChannelRow
}

/** Saves on the version that was read; gives the row as it is stored then. */
export async function saveChannel(session: Connection, row: ChannelRow): Promise<SavedChannel> {
  const params = channelValues(row).map((value) => (value instanceof Uint8Array ? null : value))
  if ((await session.change(UPDATE, params)) === 1) return { saved: true, row: { ...row, version: row.version + 1 } }
  const [stored] = await session.all(READ, [row.projectId, row.channelId])
  if (stored === undefined) throw new Error(`there is no channel ${row.channelId} in project ${row.projectId}`)
  return { saved: false, row: channelFrom(stored) }
}

export function channelStorage(
  db: Database,
  work: Work,
): Pick<DeliveryStorage, 'ensureChannels' | 'loadChannels' | 'saveChannel'> {
  return {
    async ensureChannels(rows, now) {
      if (rows.length === 0) return []
      const params = NAMES.params(rows.map((row): Values => [row.projectId, row.integrationId, row.environment]))
      const { made, found } = await db.write(async (session) => ({
        made: await session.change(INSERT, [...params, now]),
        found: await session.all(FIND, params),
      }))
      if (made > 0) work.tell('channels')
      return found.map((row) => channelFrom(row))
    },
    loadChannels: async () => (await db.read(ALL)).map((row) => channelFrom(row)),
    async saveChannel(row) {
      const { saved, row: stored } = await db.write((session) => saveChannel(session, row))
      if (saved) work.tell('channels')
      return saved ? { saved: true, row: stored } : { saved: false, row: stored }
    },
  }
}
