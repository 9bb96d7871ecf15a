import { ERASED } from '../../../domain/erased.ts'
import { StepConflict } from '../../errors.ts'
import { BEHIND_LIVE } from '../../places.ts'
import type { DeliveryStatus } from '../../rows.ts'
import type { DeliveryStorage, QueueWake } from '../../storage.ts'
import { given, texts } from '../arrays.ts'
import type { Connection } from '../connection.ts'
import { openCounts } from '../counts.ts'
import { createQueues } from '../save/queues.ts'

/** Customers first, as everywhere: a join must not move a delivery while its queue is made. */
const LOCK_CUSTOMERS = `SELECT c.id FROM customers c WHERE c.project_id = $1 AND c.id IN (
  SELECT d.customer_id FROM unnest($2::text[]) AS g (id) JOIN deliveries d ON d.project_id = $1 AND d.id = g.id)
ORDER BY c.id FOR NO KEY UPDATE OF c`
const RETRIED = given('id text, may_go_at bigint, due_at bigint', 2)
const LOCK_SETTLED = `SELECT d.id, d.channel_id, d.customer_id, d.integration_id, d.status, g.may_go_at, g.due_at, coalesce(d.settled_at, d.created_at)
FROM ${RETRIED.sql} JOIN deliveries d ON d.project_id = $1 AND d.id = g.id
WHERE d.status IN ('failed', 'skipped') AND d.reason IS DISTINCT FROM '${ERASED}' ORDER BY d.id FOR UPDATE OF d`
const AGAIN = `UPDATE deliveries d SET status = 'waiting', reason = NULL, advice = NULL, settled_at = NULL, may_go_at = g.may_go_at,
  seq = d.seq % ${BEHIND_LIVE} + ${BEHIND_LIVE}
FROM ${RETRIED.sql} WHERE d.project_id = $1 AND d.id = g.id`

type Settled = readonly [
  id: string,
  channelId: string,
  customerId: string,
  integrationId: string,
  status: DeliveryStatus,
  mayGoAt: number,
  dueAt: number,
  settledAt: number,
]

/** Failed and skipped deliveries wait again, behind what waits; what they have already done stays done. */
export async function retryDeliveries(
  session: Connection,
  { projectId, deliveries }: Parameters<DeliveryStorage['retryDeliveries']>[0],
): Promise<number> {
  const ids = [...new Set(deliveries.map(({ id }) => id))]
  const customers = new Set((await session.all(LOCK_CUSTOMERS, [projectId, texts(ids)])).map(([id]) => id))
  const asked = RETRIED.params(deliveries.map(({ id, mayGoAt, dueAt }) => [id, mayGoAt, dueAt]))
  const found = (await session.all(LOCK_SETTLED, [projectId, ...asked])) as unknown as readonly Settled[]
  const rows = [...new Map(found.map((row) => [row[0], row])).values()]
  if (rows.length === 0) return 0
  const moved = rows.find(([, , customerId]) => !customers.has(customerId))
  if (moved !== undefined) throw new StepConflict(`the customer of delivery ${moved[0]} was joined meanwhile`)
  await session.change(AGAIN, [projectId, ...RETRIED.params(rows.map(([id, , , , , mayGoAt]) => [id, mayGoAt, 0]))])
  const queues = new Map<string, Omit<QueueWake, 'hasten'>>()
  const counts = openCounts()
  for (const [, channelId, customerId, integrationId, status, , dueAt, settledAt] of rows) {
    const key = `${channelId}\n${customerId}`
    const known = queues.get(key)
    if (known === undefined || dueAt < known.dueAt) queues.set(key, { projectId, channelId, customerId, dueAt })
    counts.delivery(projectId, integrationId, channelId, status, -1, settledAt)
    counts.delivery(projectId, integrationId, channelId, 'waiting', 1, null)
  }
  await createQueues(session, [...queues.values()])
  await counts.write(session)
  return rows.length
}

const ACCEPT = `UPDATE deliveries d SET status = 'delivered', reason = NULL, advice = NULL, settled_at = $3
FROM (SELECT o.project_id, o.id, coalesce(o.settled_at, o.created_at) AS at FROM deliveries o
  WHERE o.project_id = $1 AND o.id = $2 AND o.status = 'failed' AND o.reason = 'outcome_unknown' FOR UPDATE) o
WHERE d.project_id = o.project_id AND d.id = o.id RETURNING d.channel_id, d.integration_id, o.at`

/** "It arrived": a person settles a delivery that failed because nobody knew. */
export async function acceptDelivery(
  session: Connection,
  { projectId, deliveryId, now }: Parameters<DeliveryStorage['acceptDelivery']>[0],
): Promise<boolean> {
  const [found] = await session.all(ACCEPT, [projectId, deliveryId, now])
  if (found === undefined) return false
  const [channelId, integrationId, at] = found as [string, string, number]
  const counts = openCounts()
  counts.delivery(projectId, integrationId, channelId, 'failed', -1, at)
  counts.delivery(projectId, integrationId, channelId, 'delivered', 1, now)
  await counts.write(session)
  return true
}
