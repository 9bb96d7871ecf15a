import { ERASED } from '../../../domain/erased.ts'
import { StepConflict } from '../../errors.ts'
import type { DeliveryStatus } from '../../rows.ts'
import type { DeliveryStorage } from '../../storage.ts'
import type { Connection } from '../connection.ts'
import { openCounts } from '../counts.ts'
import { createQueue } from '../save/queues.ts'

/** The customer first, as everywhere: a join must not move the delivery while its queue is made. */
const LOCK_CUSTOMER = `SELECT c.id FROM deliveries d JOIN customers c ON c.project_id = d.project_id AND c.id = d.customer_id
WHERE d.project_id = $1 AND d.id = $2 FOR NO KEY UPDATE OF c`
const LOCK_SETTLED = `SELECT channel_id, customer_id, integration_id, status FROM deliveries
WHERE project_id = $1 AND id = $2 AND status IN ('failed', 'skipped') AND reason IS DISTINCT FROM '${ERASED}' FOR UPDATE`
const AGAIN = `UPDATE deliveries SET status = 'waiting', reason = NULL, advice = NULL, settled_at = NULL, may_go_at = $3
WHERE project_id = $1 AND id = $2`
const HASTEN = `UPDATE queues SET due_at = least(due_at, $4)
WHERE project_id = $1 AND channel_id = $2 AND customer_id = $3 AND owner IS NULL`

/** A failed or skipped delivery waits again and its queue is due; what it has already done stays done. */
export async function retryDelivery(
  session: Connection,
  { projectId, deliveryId, mayGoAt, now }: Parameters<DeliveryStorage['retryDelivery']>[0],
): Promise<boolean> {
  const [customer] = await session.all(LOCK_CUSTOMER, [projectId, deliveryId])
  const [found] = await session.all(LOCK_SETTLED, [projectId, deliveryId])
  if (found === undefined) return false
  if (customer?.[0] !== found[1]) throw new StepConflict(`the customer of delivery ${deliveryId} was joined meanwhile`)
  const [channelId, customerId, integrationId, status] = found as [string, string, string, DeliveryStatus]
  await session.change(AGAIN, [projectId, deliveryId, mayGoAt])
  await createQueue(session, { projectId, channelId, customerId, dueAt: now })
  await session.change(HASTEN, [projectId, channelId, customerId, now])
  const counts = openCounts()
  counts.delivery(projectId, integrationId, channelId, status, -1)
  counts.delivery(projectId, integrationId, channelId, 'waiting', 1)
  await counts.write(session)
  return true
}

const ACCEPT = `UPDATE deliveries SET status = 'delivered', reason = NULL, advice = NULL, settled_at = $3
WHERE project_id = $1 AND id = $2 AND status = 'failed' AND reason = 'outcome_unknown' RETURNING channel_id, integration_id`

/** "It arrived": a person settles a delivery that failed because nobody knew. */
export async function acceptDelivery(
  session: Connection,
  { projectId, deliveryId, now }: Parameters<DeliveryStorage['acceptDelivery']>[0],
): Promise<boolean> {
  const [found] = await session.all(ACCEPT, [projectId, deliveryId, now])
  if (found === undefined) return false
  const [channelId, integrationId] = found as [string, string]
  const counts = openCounts()
  counts.delivery(projectId, integrationId, channelId, 'failed', -1)
  counts.delivery(projectId, integrationId, channelId, 'delivered', 1)
  await counts.write(session)
  return true
}
