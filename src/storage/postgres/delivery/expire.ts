import type { DeliveryStorage } from '../../storage.ts'
import { texts } from '../arrays.ts'
import type { Connection } from '../connection.ts'
import { openCounts } from '../counts.ts'

type FailExpired = Parameters<DeliveryStorage['failExpired']>[0]

const FREE = `NOT EXISTS (SELECT FROM queues q WHERE q.project_id = d.project_id AND q.channel_id = d.channel_id
  AND q.customer_id = d.customer_id AND q.owner IS NOT NULL)`
const FIND = `SELECT d.id, d.customer_id FROM deliveries d
WHERE d.project_id = $1 AND d.channel_id = $2 AND d.status = 'waiting' AND d.may_go_at >= 0 AND d.may_go_at <= $3 AND ${FREE}
ORDER BY d.may_go_at LIMIT $4`
/** Before their deliveries: a claim that comes now passes these queues over, and one that was faster keeps its own. */
const LOCK = `SELECT customer_id FROM queues WHERE project_id = $1 AND channel_id = $2 AND customer_id = ANY($3::text[])
ORDER BY customer_id FOR UPDATE SKIP LOCKED`
const EXISTING = `SELECT customer_id, (owner IS NOT NULL)::int FROM queues
WHERE project_id = $1 AND channel_id = $2 AND customer_id = ANY($3::text[])`
const FAIL = `UPDATE deliveries SET status = 'failed', reason = $4, advice = $5, settled_at = $6
WHERE project_id = $1 AND id = ANY($2::text[]) AND channel_id = $3 AND status = 'waiting' RETURNING integration_id, customer_id`
const DROP_EMPTY_QUEUES = `DELETE FROM queues q WHERE q.project_id = $1 AND q.channel_id = $2 AND q.customer_id = ANY($3::text[])
  AND q.owner IS NULL AND NOT EXISTS (SELECT FROM deliveries d WHERE d.project_id = q.project_id AND d.channel_id = q.channel_id
    AND d.customer_id = q.customer_id AND d.status = 'waiting')`

/** Fails what waited too long by its channel's clock, oldest first. What is in flight is left to its settle. */
export async function failExpired(session: Connection, input: FailExpired): Promise<number> {
  const { projectId, channelId } = input.channel
  const found = await session.all(FIND, [projectId, channelId, input.clockReading - input.maxAgeMs, input.limit])
  if (found.length === 0) return 0
  const customers = texts([...new Set(found.map(([, customerId]) => customerId))])
  const locked = new Set((await session.all(LOCK, [projectId, channelId, customers])).map(([id]) => id))
  const existing = await session.all(EXISTING, [projectId, channelId, customers])
  const others = new Set(existing.filter(([id, owned]) => owned === 1 || !locked.has(id ?? null)).map(([id]) => id))
  const ids = found.filter(([, customerId]) => !others.has(customerId)).map(([id]) => id)
  if (ids.length === 0) return 0
  const failed = await session.all(FAIL, [projectId, texts(ids), channelId, input.reason, input.advice, input.now])
  await session.change(DROP_EMPTY_QUEUES, [projectId, channelId, texts([...new Set(failed.map(([, id]) => id))])])
  const counts = openCounts()
  for (const [integrationId] of failed) {
    counts.delivery(projectId, String(integrationId), channelId, 'waiting', -1, null)
    counts.delivery(projectId, String(integrationId), channelId, 'failed', 1, input.now)
  }
  await counts.write(session)
  return failed.length
}
