import { ERASED } from '../../../domain/erased.ts'
import type { Connection } from '../database.ts'
import { change, query } from '../query.ts'
import type { CountDelivery } from './counts.ts'
import type { Memory } from './memory.ts'
import { createQueue } from './save.ts'

type Settled = readonly [
  n: number,
  channelId: string,
  customerId: string,
  integrationId: string,
  status: 'failed' | 'skipped',
]

/** A failed or skipped delivery waits again and its queue is due; what it has already done stays done. */
export function retryDelivery(db: Connection, memory: Memory) {
  const find = query(
    db,
    `SELECT n, channel_id, customer_id, integration_id, status FROM deliveries
     WHERE project_id = ? AND id = ? AND status IN ('failed', 'skipped') AND reason IS NOT '${ERASED}'`,
  )
  const again = change(
    db,
    `UPDATE deliveries SET status = 'waiting', reason = NULL, advice = NULL, settled_at = NULL, may_go_at = ?2 WHERE n = ?1`,
  )
  const hasten = change(
    db,
    `UPDATE queues SET due_at = min(due_at, ?4) WHERE project_id = ?1 AND channel_id = ?2 AND customer_id = ?3 AND owner IS NULL`,
  )
  const create = createQueue(db, memory)
  return (
    input: { readonly projectId: string; readonly deliveryId: string; readonly mayGoAt: number; readonly now: number },
    count: CountDelivery,
  ): boolean => {
    const found = find.first(input.projectId, input.deliveryId)
    if (found === undefined) return false
    const [n, channelId, customerId, integrationId, status] = found as unknown as Settled
    again(n, input.mayGoAt)
    if (hasten(input.projectId, channelId, customerId, input.now) === 0) {
      create(input.projectId, channelId, customerId, input.now)
    }
    count(input.projectId, integrationId, channelId, status, -1)
    count(input.projectId, integrationId, channelId, 'waiting', 1)
    return true
  }
}

/** "It arrived": a person settles a delivery that failed because nobody knew. */
export function acceptDelivery(db: Connection) {
  const find = query(
    db,
    `SELECT n, channel_id, customer_id, integration_id, status FROM deliveries
     WHERE project_id = ? AND id = ? AND status = 'failed' AND reason = 'outcome_unknown'`,
  )
  const accept = change(
    db,
    `UPDATE deliveries SET status = 'delivered', reason = NULL, advice = NULL, settled_at = ?2 WHERE n = ?1`,
  )
  return (
    input: { readonly projectId: string; readonly deliveryId: string; readonly now: number },
    count: CountDelivery,
  ): boolean => {
    const found = find.first(input.projectId, input.deliveryId)
    if (found === undefined) return false
    const [n, channelId, , integrationId] = found as unknown as Settled
    accept(n, input.now)
    count(input.projectId, integrationId, channelId, 'failed', -1)
    count(input.projectId, integrationId, channelId, 'delivered', 1)
    return true
  }
}
