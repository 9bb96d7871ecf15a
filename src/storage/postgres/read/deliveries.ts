import { ATTEMPT_COLUMNS, attemptFrom } from '../../columns.ts'
import type { ReadStorage } from '../../reads.ts'
import type { DeliveryStatus } from '../../rows.ts'
import { texts } from '../arrays.ts'
import type { Database } from '../database.ts'
import { deliveryLists } from './delivery-lists.ts'
import { BESIDE, listed, listedAt } from './listed-delivery.ts'

const OF_EVENT = `${listedAt('d.n')} FROM deliveries d ${BESIDE} WHERE d.project_id = $1 AND d.event_id = $2 ORDER BY d.integration_id, d.n`
const GET = `${listedAt('d.n')} FROM unnest($2::text[]) WITH ORDINALITY AS g (id, ordinal)
JOIN deliveries d ON d.project_id = $1 AND d.id = g.id ${BESIDE} ORDER BY g.ordinal`

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

export function deliveryReads(
  db: Database,
): Pick<
  ReadStorage,
  | 'deliveriesOfEvent'
  | 'listDeliveries'
  | 'matchDeliveries'
  | 'deliveryReasons'
  | 'getDelivery'
  | 'getDeliveries'
  | 'getAttempts'
  | 'countDeliveries'
  | 'queueDepths'
> {
  const getDeliveries = async (projectId: string, ids: readonly string[]) =>
    (await db.read(GET, [projectId, texts(ids)])).map(listed)
  return {
    deliveriesOfEvent: async (projectId, eventId) => (await db.read(OF_EVENT, [projectId, eventId])).map(listed),
    ...deliveryLists(db),
    getDeliveries,
    getDelivery: async (projectId, id) => (await getDeliveries(projectId, [id]))[0] ?? null,
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
