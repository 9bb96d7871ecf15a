import {
  ATTEMPT_COLUMNS,
  attemptFrom,
  DELIVERY_COLUMNS_D,
  DELIVERY_WIDTH,
  deliveryFrom,
  type Values,
} from '../../columns.ts'
import { placeOf } from '../../places.ts'
import type { DeliveryQuery, ListedDelivery, Page, ReadStorage } from '../../reads.ts'
import type { DeliveryStatus } from '../../rows.ts'
import { texts } from '../arrays.ts'
import type { Database } from '../database.ts'
import { JOINED } from '../delivery/holds.ts'

const STATUSES: readonly DeliveryStatus[] = ['waiting', 'delivered', 'failed', 'skipped']

/** More than a request ever holds. */
const MOST_CLAIMED = 1_000

/**
 * A delivery's columns, then n, the number waiting before it, its queue's due time, how many of the queue are in flight,
 * and whether it is itself in flight in a joined queue.
 */
const LISTED = `SELECT ${DELIVERY_COLUMNS_D}, d.n,
  CASE WHEN d.status = 'waiting' THEN (SELECT count(*) FROM (
    SELECT FROM deliveries w WHERE w.project_id = d.project_id AND w.channel_id = d.channel_id
      AND w.customer_id = d.customer_id AND w.status = 'waiting' AND (w.seq, w.event_id) < (d.seq, d.event_id)
    LIMIT ${MOST_CLAIMED}) b) END,
  q.due_at, CASE WHEN q.owner IS NOT NULL THEN q.claimed ELSE 0 END,
  CASE WHEN q.owner = '${JOINED}' AND EXISTS (SELECT FROM queue_holds h WHERE h.project_id = q.project_id
    AND h.channel_id = q.channel_id AND h.customer_id = q.customer_id AND h.deliveries::jsonb ? d.id) THEN 1 ELSE 0 END`
const QUEUE = `LEFT JOIN queues q ON d.status = 'waiting' AND q.project_id = d.project_id AND q.channel_id = d.channel_id
  AND q.customer_id = d.customer_id`
const N = DELIVERY_WIDTH

const OF_EVENT = `${LISTED} FROM deliveries d ${QUEUE} WHERE d.project_id = $1 AND d.event_id = $2 ORDER BY d.integration_id, d.n`
const GET = `${LISTED} FROM deliveries d ${QUEUE} WHERE d.project_id = $1 AND d.id = $2`

/** Newest first: each status is one range of the index. */
const OF_STATUS = `${LISTED} FROM unnest($3::text[]) AS s (status) CROSS JOIN LATERAL (
  SELECT * FROM deliveries d WHERE d.project_id = $1 AND d.integration_id = $2 AND d.status = s.status AND d.n < $4
  ORDER BY d.n DESC LIMIT $5) d ${QUEUE} ORDER BY d.n DESC LIMIT $5`

/** What is in flight: the first of each claimed queue, and what joined queues still hold. */
const IN_FLIGHT = `${LISTED} FROM (
  SELECT w.id FROM queues q CROSS JOIN LATERAL (
    SELECT w.id FROM deliveries w WHERE w.project_id = q.project_id AND w.channel_id = q.channel_id
      AND w.customer_id = q.customer_id AND w.status = 'waiting' ORDER BY w.seq, w.event_id LIMIT q.claimed) w
  WHERE q.owner IS NOT NULL AND q.project_id = $1 AND q.channel_id IN ($2 || ':production', $2 || ':sandbox')
  UNION ALL
  SELECT i.id FROM queue_holds h CROSS JOIN LATERAL json_array_elements_text(h.deliveries::json) AS i (id)
  WHERE h.project_id = $1 AND h.channel_id IN ($2 || ':production', $2 || ':sandbox')
) f JOIN deliveries d ON d.project_id = $1 AND d.id = f.id ${QUEUE}
WHERE d.status = 'waiting' AND d.n < $3 ORDER BY d.n DESC LIMIT $4`

const COUNT = `SELECT status, sum(count)::bigint FROM delivery_counts WHERE project_id = $1 AND integration_id = $2 GROUP BY status`

const ATTEMPTS = `SELECT ${ATTEMPT_COLUMNS.split(', ')
  .map((column) => `a.${column}`)
  .join(', ')} FROM unnest($2::text[]) WITH ORDINALITY AS g (id, ordinal)
JOIN attempts a ON a.project_id = $1 AND a.id = g.id ORDER BY g.ordinal`

const DEPTHS = `SELECT h.project_id, h.channel_id, coalesce((SELECT sum(c.count) FROM delivery_counts c WHERE c.project_id = h.project_id
    AND c.integration_id = h.integration_id AND c.channel_id = h.channel_id AND c.status = 'waiting'), 0)::bigint,
  (SELECT min(q.due_at) FROM (VALUES (0::smallint), (1::smallint)) a (alone) CROSS JOIN LATERAL (
    SELECT due_at FROM queues q WHERE q.project_id = h.project_id AND q.channel_id = h.channel_id AND q.owner IS NULL
      AND q.alone = a.alone ORDER BY due_at LIMIT 1) q)
FROM channels h ORDER BY h.project_id, h.channel_id`

function listed(row: Values): ListedDelivery {
  const [before, dueAt, claimed, held] = row.slice(N + 1) as unknown as readonly [
    number | null,
    number | null,
    number,
    number,
  ]
  const sending = held === 1 || (before !== null && before < claimed)
  return { delivery: deliveryFrom(row), sending, dueAt: before === 0 ? dueAt : null }
}

export function deliveryReads(
  db: Database,
): Pick<
  ReadStorage,
  'deliveriesOfEvent' | 'listDeliveries' | 'getDelivery' | 'getAttempts' | 'countDeliveries' | 'queueDepths'
> {
  return {
    deliveriesOfEvent: async (projectId, eventId) => (await db.read(OF_EVENT, [projectId, eventId])).map(listed),
    listDeliveries: (asked) => listDeliveries(db, asked),
    async getDelivery(projectId, deliveryId) {
      const [row] = await db.read(GET, [projectId, deliveryId])
      return row === undefined ? null : listed(row)
    },
    getAttempts: async (projectId, ids) =>
      (await db.read(ATTEMPTS, [projectId, texts(ids)])).map((row) => attemptFrom(row)),
    async countDeliveries(projectId, integrationId) {
      const counts = new Map(
        (await db.read(COUNT, [projectId, integrationId])) as readonly (readonly [string, number])[],
      )
      const of = (status: DeliveryStatus): number => counts.get(status) ?? 0
      return { waiting: of('waiting'), delivered: of('delivered'), failed: of('failed'), skipped: of('skipped') }
    },
    async queueDepths(now) {
      return (await db.read(DEPTHS)).map((row) => {
        const [projectId, channelId, waiting, dueAt] = row as readonly [string, string, number, number | null]
        return { projectId, channelId, waiting, oldestDueMs: dueAt === null || dueAt > now ? null : now - dueAt }
      })
    },
  }
}

async function listDeliveries(db: Database, asked: DeliveryQuery): Promise<Page<ListedDelivery>> {
  const from = asked.before === null ? Number.MAX_SAFE_INTEGER : placeOf(asked.before)
  const { projectId, integrationId, status, limit } = asked
  const statuses = texts(status === null || status === 'sending' ? STATUSES : [status])
  const found =
    status === 'sending'
      ? await db.read(IN_FLIGHT, [projectId, integrationId, from, limit + 1])
      : await db.read(OF_STATUS, [projectId, integrationId, statuses, from, limit + 1])
  const rows = found.slice(0, limit)
  const next = found.length > limit ? String(rows.at(-1)?.[N]) : null
  const items = rows.map(listed)
  // What is in flight is not shown as waiting.
  return { items: status === 'waiting' ? items.filter(({ sending }) => !sending) : items, next }
}
