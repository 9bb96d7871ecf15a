import { ATTEMPT_COLUMNS, DELIVERY_COLUMNS_D, DELIVERY_WIDTH, type Values } from '../../columns.ts'
import { placeOf } from '../../places.ts'
import type { DeliveryQuery } from '../../reads.ts'
import type { DeliveryStatus } from '../../rows.ts'
import type { Connection } from '../database.ts'
import { query } from '../query.ts'
import { JOINED } from '../write/holds.ts'
import type { WirePage } from './events.ts'

const STATUSES: readonly DeliveryStatus[] = ['waiting', 'delivered', 'failed', 'skipped']

/** More than a request ever holds. */
const MOST_CLAIMED = 1_000

/**
 * A delivery's columns, then n, the number waiting before it, its queue's due time, how many of the queue are in flight,
 * and whether it is itself in flight in a joined queue.
 */
const LISTED = `SELECT ${DELIVERY_COLUMNS_D}, d.n,
  CASE WHEN d.status = 'waiting' THEN (SELECT count(*) FROM (
    SELECT 1 FROM deliveries w WHERE w.project_id = d.project_id AND w.channel_id = d.channel_id
      AND w.customer_id = d.customer_id AND w.status = 'waiting' AND (w.seq, w.event_id) < (d.seq, d.event_id)
    LIMIT ${MOST_CLAIMED})) END,
  q.due_at, CASE WHEN q.owner IS NOT NULL THEN q.claimed ELSE 0 END,
  CASE WHEN q.owner = '${JOINED}' AND EXISTS (SELECT 1 FROM queue_holds h, json_each(h.deliveries) WHERE h.project_id = q.project_id
    AND h.channel_id = q.channel_id AND h.customer_id = q.customer_id AND json_each.value = d.id) THEN 1 ELSE 0 END
  FROM deliveries d`
const QUEUE = `LEFT JOIN queues q ON d.status = 'waiting' AND q.project_id = d.project_id AND q.channel_id = d.channel_id
  AND q.customer_id = d.customer_id`

/** n, then whether it is in flight (1 or 0), then its queue's due time where it stands first. */
const LISTED_N = DELIVERY_WIDTH
export const LISTED_SENDING = DELIVERY_WIDTH + 1
export const LISTED_DUE = DELIVERY_WIDTH + 2

function listed(row: Values): Values {
  const [before, dueAt, claimed, held] = row.slice(DELIVERY_WIDTH + 1) as readonly (number | null)[]
  const sending = held === 1 || (before !== null && before !== undefined && before < (claimed ?? 0))
  return [...row.slice(0, DELIVERY_WIDTH + 1), sending ? 1 : 0, before === 0 ? (dueAt ?? null) : null]
}

export function deliveriesOfEvent(db: Connection) {
  const find = query(
    db,
    `${LISTED} INDEXED BY deliveries_event ${QUEUE} WHERE d.project_id = ? AND d.event_id = ? ORDER BY d.integration_id, d.n`,
  )
  return (input: { readonly projectId: string; readonly eventId: string }): readonly Values[] =>
    find.all(input.projectId, input.eventId).map(listed)
}

export function getDelivery(db: Connection) {
  const find = query(db, `${LISTED} ${QUEUE} WHERE d.project_id = ? AND d.id = ?`)
  return (input: { readonly projectId: string; readonly deliveryId: string }): Values | null => {
    const row = find.first(input.projectId, input.deliveryId)
    return row === undefined ? null : listed(row)
  }
}

/** Newest first, a page of one status or of all: each status is one range of the index, and they are merged here. */
export function listDeliveries(db: Connection) {
  const ofStatus = query(
    db,
    `${LISTED} INDEXED BY deliveries_status ${QUEUE}
     WHERE d.project_id = ? AND d.integration_id = ? AND d.status = ? AND d.n < ? ORDER BY d.n DESC LIMIT ? + 0`,
  )
  const claimed = query(
    db,
    `SELECT q.channel_id, q.customer_id, q.claimed FROM queues q INDEXED BY queues_claimed
     WHERE q.owner IS NOT NULL AND q.project_id = ?1 AND q.channel_id IN (?2 || ':production', ?2 || ':sandbox')`,
  )
  const ofQueue = query(
    db,
    `${LISTED} ${QUEUE} WHERE d.project_id = ? AND d.channel_id = ? AND d.customer_id = ? AND d.status = 'waiting'
     ORDER BY d.seq, d.event_id LIMIT ? + 0`,
  )
  const held = query(
    db,
    `${LISTED} ${QUEUE} WHERE d.project_id = ?1 AND d.status = 'waiting' AND d.id IN (
       SELECT json_each.value FROM queue_holds h, json_each(h.deliveries)
       WHERE h.project_id = ?1 AND h.channel_id IN (?2 || ':production', ?2 || ':sandbox'))`,
  )
  return (asked: DeliveryQuery): WirePage => {
    const from = asked.before === null ? Number.MAX_SAFE_INTEGER : placeOf(asked.before)
    const { projectId, integrationId, status, limit } = asked
    const read = (one: DeliveryStatus): readonly Values[] =>
      ofStatus.all(projectId, integrationId, one, from, limit + 1)
    const found =
      status === 'sending'
        ? claimed
            .all(projectId, integrationId)
            .flatMap(([channelId, customerId, count]) =>
              ofQueue.all(projectId, String(channelId), String(customerId), Number(count)),
            )
            .concat(held.all(projectId, integrationId))
            .filter((row) => Number(row[LISTED_N]) < from)
        : status === null
          ? STATUSES.flatMap(read)
          : read(status)
    const sorted = [...found].sort((a, b) => Number(b[LISTED_N]) - Number(a[LISTED_N]))
    const rows = sorted.slice(0, limit).map(listed)
    const next = sorted.length > limit ? String(rows.at(-1)?.[LISTED_N]) : null
    // What is in flight is not shown as waiting.
    return { rows: status === 'waiting' ? rows.filter((row) => row[LISTED_SENDING] === 0) : rows, next }
  }
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
