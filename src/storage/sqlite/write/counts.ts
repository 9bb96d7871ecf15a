import { ofDelivery, partsOfChannel } from '../../../domain/figures.ts'
import type { DeliveryStatus } from '../../rows.ts'
import type { Connection } from '../database.ts'
import { change } from '../query.ts'
import { addFigures, type Memory } from './memory.ts'

/** Adds to the moves of deliveries between statuses, written as one change per channel and status when the verb ends. */
export type CountDelivery = (
  projectId: string,
  integrationId: string,
  channelId: string,
  status: DeliveryStatus,
  by: number,
  /** When it was settled; null: it waits, or it leaves the database and what became of it stays counted. */
  settledAt: number | null,
  tookMs?: number | null,
) => void

/** Makes verbs whose moves are written with them; those of a verb that fails are forgotten. */
export function countingDeliveries(db: Connection, memory: Memory) {
  const write = change(
    db,
    `INSERT INTO delivery_counts (project_id, integration_id, channel_id, status, count) VALUES (?1, ?2, ?3, ?4, ?5)
     ON CONFLICT (project_id, integration_id, channel_id, status) DO UPDATE SET count = count + excluded.count`,
  )
  return <I, O>(verb: (input: I, count: CountDelivery) => O): ((input: I) => O) =>
    (input) => {
      const moves = new Map<string, number>()
      const output = verb(input, (projectId, integrationId, channelId, status, by, settledAt, tookMs = null) => {
        const key = `${projectId}\n${integrationId}\n${channelId}\n${status}`
        moves.set(key, (moves.get(key) ?? 0) + by)
        if (settledAt === null || status === 'waiting') return
        const channel = { projectId, integrationId, environment: partsOfChannel(channelId).environment }
        addFigures(memory, ofDelivery(channel, status, settledAt, by, tookMs))
      })
      for (const [key, by] of moves) if (by !== 0) write(...key.split('\n'), by)
      return output
    }
}
