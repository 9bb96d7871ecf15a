import { ATTEMPT_COLUMNS, DELIVERY_COLUMNS_D, DELIVERY_WIDTH, type Values } from '../../columns.ts'
import type { Connection } from '../database.ts'
import { query } from '../query.ts'
import { JOINED } from '../write/holds.ts'

/** More than a request ever holds. */
const MOST_CLAIMED = 1_000

/**
 * A delivery's columns, then its place in the list, the number waiting before it, its queue's due time, how many of the
 * queue are in flight, whether it is itself in flight in a joined queue, and its event's body.
 */
export function listedAt(place: string): string {
  return `SELECT ${DELIVERY_COLUMNS_D}, ${place},
  CASE WHEN d.status = 'waiting' THEN (SELECT count(*) FROM (
    SELECT 1 FROM deliveries w WHERE w.project_id = d.project_id AND w.channel_id = d.channel_id
      AND w.customer_id = d.customer_id AND w.status = 'waiting' AND (w.seq, w.event_id) < (d.seq, d.event_id)
    LIMIT ${MOST_CLAIMED})) END,
  q.due_at, CASE WHEN q.owner IS NOT NULL THEN q.claimed ELSE 0 END,
  CASE WHEN q.owner = '${JOINED}' AND EXISTS (SELECT 1 FROM queue_holds h, json_each(h.deliveries) WHERE h.project_id = q.project_id
    AND h.channel_id = q.channel_id AND h.customer_id = q.customer_id AND json_each.value = d.id) THEN 1 ELSE 0 END,
  e.body, v.until`
}
export const QUEUE = `LEFT JOIN queues q ON d.status = 'waiting' AND q.project_id = d.project_id AND q.channel_id = d.channel_id
  AND q.customer_id = d.customer_id`
export const EVENT = 'LEFT JOIN events e ON e.project_id = d.project_id AND e.id = d.event_id'
export const PROVISIONAL = 'LEFT JOIN provisional_events v ON v.project_id = d.project_id AND v.event_id = d.event_id'

/** The place, then whether it is in flight (1 or 0), its queue's due time where it stands first, its event's body, until when that is provisional. */
export const LISTED_PLACE = DELIVERY_WIDTH
export const LISTED_SENDING = DELIVERY_WIDTH + 1
export const LISTED_DUE = DELIVERY_WIDTH + 2
export const LISTED_EVENT = DELIVERY_WIDTH + 3

export function listed(row: Values): Values {
  const [before, dueAt, claimed, held] = row.slice(DELIVERY_WIDTH + 1) as readonly (number | null)[]
  const sending = held === 1 || (before !== null && before !== undefined && before < (claimed ?? 0))
  const due = before === 0 ? (dueAt ?? null) : null
  return [...row.slice(0, DELIVERY_WIDTH + 1), sending ? 1 : 0, due, ...row.slice(-2)]
}

export function deliveriesOfEvent(db: Connection) {
  const find = query(
    db,
    `${listedAt('d.n')} FROM deliveries d INDEXED BY deliveries_event ${QUEUE} ${EVENT} ${PROVISIONAL}
     WHERE d.project_id = ? AND d.event_id = ? ORDER BY d.integration_id, d.n`,
  )
  return (input: { readonly projectId: string; readonly eventId: string }): readonly Values[] =>
    find.all(input.projectId, input.eventId).map(listed)
}

export function getDeliveries(db: Connection) {
  const find = query(
    db,
    `${listedAt('d.n')} FROM deliveries d ${QUEUE} ${EVENT} ${PROVISIONAL} WHERE d.project_id = ? AND d.id = ?`,
  )
  return (input: { readonly projectId: string; readonly ids: readonly string[] }): readonly Values[] =>
    input.ids
      .map((id) => find.first(input.projectId, id))
      .filter((row) => row !== undefined)
      .map(listed)
}

export function countDeliveries(db: Connection) {
  const sum = query(
    db,
    'SELECT status, sum(count) FROM delivery_counts WHERE project_id = ? AND integration_id = ? GROUP BY status',
  )
  return (input: { readonly projectId: string; readonly integrationId: string }): readonly Values[] =>
    sum.all(input.projectId, input.integrationId)
}

export function getAttempts(db: Connection) {
  const find = query(db, `SELECT ${ATTEMPT_COLUMNS} FROM attempts WHERE project_id = ? AND id = ?`)
  return (input: { readonly projectId: string; readonly ids: readonly string[] }): readonly Values[] =>
    input.ids.map((id) => find.first(input.projectId, id)).filter((row) => row !== undefined)
}

/** Waiting deliveries per channel, and the due time of its oldest free queue. */
export function queueDepths(db: Connection) {
  const channels = query(
    db,
    `SELECT h.project_id, h.channel_id, coalesce((SELECT count FROM delivery_counts n WHERE n.project_id = h.project_id
       AND n.integration_id = h.integration_id AND n.channel_id = h.channel_id AND n.status = 'waiting'), 0)
     FROM channels h ORDER BY h.project_id, h.channel_id`,
  )
  const due = nextQueueDue(db)
  return (_: null): readonly Values[] =>
    channels.all().map((row) => [...row, due([{ projectId: String(row[0]), channelId: String(row[1]) }])])
}

/** The earliest due time of a free queue of these channels: two seeks a channel. */
export function nextQueueDue(db: Connection) {
  const first = query(
    db,
    'SELECT min(due_at) FROM queues WHERE project_id = ? AND channel_id = ? AND owner IS NULL AND alone = ?',
  )
  return (channels: readonly { readonly projectId: string; readonly channelId: string }[]): number | null => {
    const times = channels.flatMap(({ projectId, channelId }) =>
      [0, 1].flatMap((alone) => first.first(projectId, channelId, alone)?.[0] ?? []),
    )
    return times.length === 0 ? null : Math.min(...times.map(Number))
  }
}
