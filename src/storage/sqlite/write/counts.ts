import type { DeliveryStatus } from '../../rows.ts'
import type { Connection } from '../database.ts'
import { change } from '../query.ts'

/** Adds to the moves of deliveries between statuses, written as one change per channel and status when the verb ends. */
export type CountDelivery = (
  projectId: string,
  integrationId: string,
  channelId: string,
  status: DeliveryStatus,
  by: number,
) => void

/** Makes verbs whose moves are written with them; those of a verb that fails are forgotten. */
export function countingDeliveries(db: Connection) {
  const write = change(
    db,
    `INSERT INTO delivery_counts (project_id, integration_id, channel_id, status, count) VALUES (?1, ?2, ?3, ?4, ?5)
     ON CONFLICT (project_id, integration_id, channel_id, status) DO UPDATE SET count = count + excluded.count`,
  )
  return <I, O>(verb: (input: I, count: CountDelivery) => O): ((input: I) => O) =>
    (input) => {
      const moves = new Map<string, number>()
      const output = verb(input, (projectId, integrationId, channelId, status, by) => {
        const key = `${projectId}\n${integrationId}\n${channelId}\n${status}`
        moves.set(key, (moves.get(key) ?? 0) + by)
      })
      for (const [key, by] of moves) if (by !== 0) write(...key.split('\n'), by)
      return output
    }
}
