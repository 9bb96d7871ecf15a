import { DELIVERY_COLUMNS_D, DELIVERY_WIDTH, deliveryFrom, type Values } from '../../columns.ts'
import { deliveryEventFrom } from '../../feed-columns.ts'
import type { ListedDelivery } from '../../reads.ts'
import { JOINED } from '../delivery/holds.ts'

/** More than a request ever holds. */
const MOST_CLAIMED = 1_000

/**
 * A delivery's columns, then its place in the list, the number waiting before it, its queue's due time, how many of the
 * queue are in flight, whether it is itself in flight in a joined queue, its event's body, and until when that is
 * provisional.
 */
export function listedAt(place: string): string {
  return `SELECT ${DELIVERY_COLUMNS_D}, ${place},
  CASE WHEN d.status = 'waiting' THEN (SELECT count(*) FROM (
    SELECT FROM deliveries w WHERE w.project_id = d.project_id AND w.channel_id = d.channel_id
      AND w.customer_id = d.customer_id AND w.status = 'waiting' AND (w.seq, w.event_id) < (d.seq, d.event_id)
    LIMIT ${MOST_CLAIMED}) b) END,
  q.due_at, CASE WHEN q.owner IS NOT NULL THEN q.claimed ELSE 0 END,
  CASE WHEN q.owner = '${JOINED}' AND EXISTS (SELECT FROM queue_holds h WHERE h.project_id = q.project_id
    AND h.channel_id = q.channel_id AND h.customer_id = q.customer_id AND h.deliveries::jsonb ? d.id) THEN 1 ELSE 0 END,
  b.body, v.until`
}
export const BESIDE = `LEFT JOIN queues q ON d.status = 'waiting' AND q.project_id = d.project_id AND q.channel_id = d.channel_id
  AND q.customer_id = d.customer_id
LEFT JOIN events b ON b.project_id = d.project_id AND b.id = d.event_id
LEFT JOIN provisional_events v ON v.project_id = d.project_id AND v.event_id = d.event_id`
export const PLACE = DELIVERY_WIDTH

export function listed(row: Values): ListedDelivery {
  const [before, dueAt, claimed, held] = row.slice(PLACE + 1) as unknown as readonly [
    number | null,
    number | null,
    number,
    number,
  ]
  const sending = held === 1 || (before !== null && before < claimed)
  const event = deliveryEventFrom(row.at(-2), row.at(-1))
  return { delivery: deliveryFrom(row), event, sending, dueAt: before === 0 ? dueAt : null }
}
