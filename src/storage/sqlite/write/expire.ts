import type { Connection } from '../database.ts'
import { change, query } from '../query.ts'
import type { CountDelivery } from './counts.ts'

export interface FailExpiredInput {
  readonly channel: { readonly projectId: string; readonly channelId: string }
  readonly clockReading: number
  readonly maxAgeMs: number
  readonly reason: string
  readonly advice: string
  readonly now: number
  readonly limit: number
}

/**
 * Fails what waited too long by its channel's clock, oldest first. What is in flight is left to its settle. A queue in
 * which nothing waits any more goes.
 */
export function failExpired(db: Connection) {
  const expired = query(
    db,
    `SELECT d.n, d.customer_id, d.integration_id FROM deliveries d INDEXED BY deliveries_expiry
     WHERE d.project_id = ?1 AND d.channel_id = ?2 AND d.status = 'waiting' AND d.may_go_at <= ?3
       AND NOT EXISTS (SELECT 1 FROM queues q WHERE q.project_id = d.project_id AND q.channel_id = d.channel_id
         AND q.customer_id = d.customer_id AND q.owner IS NOT NULL)
     ORDER BY d.may_go_at LIMIT ?4 + 0`,
  )
  const fail = change(
    db,
    `UPDATE deliveries SET status = 'failed', reason = ?2, advice = ?3, settled_at = ?4 WHERE n = ?1`,
  )
  const dropEmpty = removeEmptyQueue(db)
  return (input: FailExpiredInput, count: CountDelivery): number => {
    const { projectId, channelId } = input.channel
    const rows = expired.all(projectId, channelId, input.clockReading - input.maxAgeMs, input.limit)
    for (const [n, , integrationId] of rows) {
      fail(n ?? null, input.reason, input.advice, input.now)
      count(projectId, String(integrationId), channelId, 'waiting', -1, null)
      count(projectId, String(integrationId), channelId, 'failed', 1, input.now)
    }
    for (const customerId of new Set(rows.map((row) => String(row[1])))) dropEmpty(projectId, channelId, customerId)
    return rows.length
  }
}

function removeEmptyQueue(db: Connection): (projectId: string, channelId: string, customerId: string) => void {
  const remove = change(
    db,
    `DELETE FROM queues WHERE project_id = ?1 AND channel_id = ?2 AND customer_id = ?3 AND owner IS NULL
       AND NOT EXISTS (SELECT 1 FROM deliveries WHERE project_id = ?1 AND channel_id = ?2 AND customer_id = ?3 AND status = 'waiting')`,
  )
  return (projectId, channelId, customerId) => void remove(projectId, channelId, customerId)
}
