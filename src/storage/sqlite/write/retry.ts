import { ERASED } from '../../../domain/erased.ts'
import { BEHIND_LIVE } from '../../places.ts'
import type { DeliveryStorage } from '../../storage.ts'
import type { Connection } from '../database.ts'
import { change, query } from '../query.ts'
import type { CountDelivery } from './counts.ts'
import type { Memory } from './memory.ts'
import { createQueue } from './save.ts'

type RetryInput = Parameters<DeliveryStorage['retryDeliveries']>[0]

type Settled = readonly [
  n: number,
  channelId: string,
  customerId: string,
  integrationId: string,
  status: 'failed' | 'skipped',
  settledAt: number,
]

/** Failed and skipped deliveries wait again, behind what waits; what they have already done stays done. */
export function retryDeliveries(db: Connection, memory: Memory) {
  const find = query(
    db,
    `SELECT n, channel_id, customer_id, integration_id, status, coalesce(settled_at, created_at) FROM deliveries
     WHERE project_id = ? AND id = ? AND status IN ('failed', 'skipped') AND reason IS NOT '${ERASED}'`,
  )
  const again = change(
    db,
    `UPDATE deliveries SET status = 'waiting', reason = NULL, advice = NULL, settled_at = NULL, may_go_at = ?2,
       seq = seq % ${BEHIND_LIVE} + ${BEHIND_LIVE} WHERE n = ?1`,
  )
  const create = createQueue(db, memory)
  return (input: RetryInput, count: CountDelivery): number => {
    const queues = new Map<string, number>()
    let retried = 0
    for (const { id, mayGoAt, dueAt } of input.deliveries) {
      const found = find.first(input.projectId, id)
      if (found === undefined) continue
      const [n, channelId, customerId, integrationId, status, settledAt] = found as unknown as Settled
      again(n, mayGoAt)
      retried += 1
      count(input.projectId, integrationId, channelId, status, -1, settledAt)
      count(input.projectId, integrationId, channelId, 'waiting', 1, null)
      const queue = `${channelId}\n${customerId}`
      queues.set(queue, Math.min(queues.get(queue) ?? dueAt, dueAt))
    }
    for (const [queue, dueAt] of queues) {
      const [channelId = '', customerId = ''] = queue.split('\n')
      create(input.projectId, channelId, customerId, dueAt)
    }
    return retried
  }
}

/** "It arrived": a person settles a delivery that failed because nobody knew. */
export function acceptDelivery(db: Connection) {
  const find = query(
    db,
    `SELECT n, channel_id, customer_id, integration_id, status, coalesce(settled_at, created_at) FROM deliveries
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
    const [n, channelId, , integrationId, , settledAt] = found as unknown as Settled
    accept(n, input.now)
    count(input.projectId, integrationId, channelId, 'failed', -1, settledAt)
    count(input.projectId, integrationId, channelId, 'delivered', 1, input.now)
    return true
  }
}
