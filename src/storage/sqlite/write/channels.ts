import { CHANNEL_COLUMNS, channelValues, type Values } from '../../columns.ts'
import type { ChannelRow } from '../../rows.ts'
import type { Connection } from '../database.ts'
import { change, query } from '../query.ts'

export interface ChannelName {
  readonly projectId: string
  readonly integrationId: string
  readonly environment: 'production' | 'sandbox'
}

export function readChannel(db: Connection): (projectId: string, channelId: string) => Values | undefined {
  const find = query(db, `SELECT ${CHANNEL_COLUMNS} FROM channels WHERE project_id = ? AND channel_id = ?`)
  return (projectId, channelId) => find.first(projectId, channelId)
}

/** The channels of these integrations; new ones are open with a clock that runs. */
export function ensureChannels(db: Connection) {
  const read = readChannel(db)
  const insert = change(
    db,
    `INSERT INTO channels (${CHANNEL_COLUMNS}) VALUES (?1, ?2 || ':' || ?3, ?2, ?3, 1, 'open', NULL, NULL, NULL, 0, 0, 0, 1, NULL, 0, ?4, 1)
     ON CONFLICT (project_id, channel_id) DO NOTHING`,
  )
  return (input: { readonly rows: readonly ChannelName[]; readonly now: number }): readonly Values[] =>
    input.rows.map((row) => {
      insert(row.projectId, row.integrationId, row.environment, input.now)
      const values = read(row.projectId, `${row.integrationId}:${row.environment}`)
      if (values === undefined) throw new Error(`channel ${row.integrationId}:${row.environment} was not made`)
      return values
    })
}

/** The row as stored, and whether it is the given one: only when its stored version was the given one's. */
export function saveChannel(db: Connection) {
  const read = readChannel(db)
  const update = change(
    db,
    `UPDATE channels SET version = ?5 + 1, state = ?6, paused_by = ?7, reason = ?8, advice = ?9, failures = ?10,
       culprits = ?11, next_at = ?12, width = ?13, avoid_customer = ?14, clock_reading = ?15, clock_at = ?16, clock_runs = ?17
     WHERE project_id = ?1 AND channel_id = ?2 AND integration_id = ?3 AND environment = ?4 AND version = ?5`,
  )
  return (row: ChannelRow): { readonly saved: boolean; readonly values: Values } => {
    const saved = update(...channelValues(row)) === 1
    const values = read(row.projectId, row.channelId)
    if (values === undefined) throw new Error(`there is no channel ${row.channelId} in project ${row.projectId}`)
    return { saved, values }
  }
}
