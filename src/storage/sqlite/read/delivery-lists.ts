import { ERASED } from '../../../domain/erased.ts'
import type { Values } from '../../columns.ts'
import { MOST_COUNTED, MOST_EXAMINED, MOST_GROUPS, placeOf, REASON_LENGTH } from '../../places.ts'
import { type DeliveryFilter, type DeliveryQuery, EVERY_DELIVERY, type Matched, type MatchQuery } from '../../reads.ts'
import type { DeliveryStatus } from '../../rows.ts'
import type { Connection } from '../database.ts'
import { query } from '../query.ts'
import { EVENT, LISTED_PLACE, LISTED_SENDING, listed, listedAt, PROVISIONAL, QUEUE } from './deliveries.ts'
import type { WirePage } from './events.ts'

const STATUSES: readonly DeliveryStatus[] = ['waiting', 'delivered', 'failed', 'skipped']
const REASON = `substr(d.reason, 1, ${REASON_LENGTH})`
const REASON_IS = `d.reason IS NOT NULL AND ${REASON}`

/** What an index does not tell. ?5: types as JSON, ?6: environment, ?7 and ?8: when it was made, ?9: what is left out. */
const LETS_THROUGH = `(?5 = '[]' OR e.type IN (SELECT value FROM json_each(?5)) OR e.name IN (SELECT value FROM json_each(?5)))
  AND (?6 IS NULL OR d.environment = ?6) AND (?7 IS NULL OR d.created_at >= ?7) AND (?8 IS NULL OR d.created_at < ?8)
  AND (?9 IS NULL OR d.reason IS NOT ?9)`

function letsThrough(filter: DeliveryFilter): readonly (string | number | null)[] {
  const { types, environment, madeFrom, madeTo, retryable } = filter
  return [JSON.stringify(types), environment, madeFrom, madeTo, retryable ? ERASED : null]
}

/** Whether an index alone decides. */
function isPlain({ types, environment, madeFrom, madeTo }: DeliveryFilter): boolean {
  return types.length === 0 && environment === null && madeFrom === null && madeTo === null
}

/** The ranges in which deliveries lie: of a status, of a status and a reason, and of a customer, by its events. */
const RANGES = {
  status: {
    from: 'deliveries d INDEXED BY deliveries_status',
    place: 'd.n',
    where: 'd.project_id = ?1 AND d.integration_id = ?2 AND d.status = ?3 AND ?4 IS NULL',
  },
  reason: {
    from: 'deliveries d INDEXED BY deliveries_reason',
    place: 'd.n',
    where: `d.project_id = ?1 AND d.integration_id = ?2 AND d.status = ?3 AND ${REASON_IS} = substr(?4, 1, ${REASON_LENGTH})`,
  },
} as const

function rangeList(db: Connection, range: keyof typeof RANGES, order: 'ASC' | 'DESC') {
  const { from, place, where } = RANGES[range]
  const [beyond, within] = order === 'ASC' ? ['>', '<='] : ['<', '>=']
  return {
    bound: query(
      db,
      `SELECT ${place} FROM ${from} WHERE ${where} AND ${place} ${beyond} ?5 ORDER BY ${place} ${order} LIMIT 1 OFFSET ?6`,
    ),
    rows: query(
      db,
      `${listedAt(place)} FROM ${from} ${QUEUE} ${EVENT} ${PROVISIONAL}
       WHERE ${where} AND ${LETS_THROUGH} AND ${place} ${beyond} ?10 AND ${place} ${within} ?11
       ORDER BY ${place} ${order} LIMIT ?12 + 0`,
    ),
  }
}

/** A customer's, found through its events: settled deliveries have no index by customer. */
function customerList(db: Connection, order: 'ASC' | 'DESC') {
  const [beyond, within] = order === 'ASC' ? ['>', '<='] : ['<', '>=']
  const where = `e.project_id = ?1 AND e.customer_id = ?2 AND e.position ${beyond}`
  return {
    bound: query(
      db,
      `SELECT e.position FROM events e INDEXED BY events_customer WHERE ${where} ?3 ORDER BY e.position ${order} LIMIT 1 OFFSET ?4`,
    ),
    rows: query(
      db,
      `${listedAt('e.position')} FROM events e INDEXED BY events_customer
       CROSS JOIN deliveries d INDEXED BY deliveries_event ON d.project_id = e.project_id AND d.event_id = e.id
       ${QUEUE} ${PROVISIONAL}
       WHERE ${where} ?10 AND e.position ${within} ?11 AND d.integration_id = ?4 AND ${LETS_THROUGH}
         AND (?3 IS NULL OR d.status = ?3) AND (?13 IS NULL OR ${REASON} = substr(?13, 1, ${REASON_LENGTH}))
       ORDER BY e.position ${order} LIMIT ?12 + 0`,
    ),
  }
}

/** What is in flight: the first of each claimed queue, and what joined queues still hold. */
function inFlight(db: Connection) {
  const claimed = query(
    db,
    `SELECT q.channel_id, q.customer_id, q.claimed FROM queues q INDEXED BY queues_claimed
     WHERE q.owner IS NOT NULL AND q.project_id = ?1 AND q.channel_id IN (?2 || ':production', ?2 || ':sandbox')`,
  )
  const ofQueue = query(
    db,
    `${listedAt('d.n')} FROM deliveries d ${QUEUE} ${EVENT} ${PROVISIONAL}
     WHERE d.project_id = ?1 AND d.channel_id = ?2 AND d.customer_id = ?3 AND d.status = 'waiting'
     ORDER BY d.seq, d.event_id LIMIT ?4 + 0`,
  )
  const held = query(
    db,
    `${listedAt('d.n')} FROM deliveries d ${QUEUE} ${EVENT} ${PROVISIONAL}
     WHERE d.project_id = ?1 AND d.status = 'waiting' AND d.id IN (
       SELECT json_each.value FROM queue_holds h, json_each(h.deliveries)
       WHERE h.project_id = ?1 AND h.channel_id IN (?2 || ':production', ?2 || ':sandbox'))`,
  )
  return (projectId: string, integrationId: string): readonly Values[] =>
    claimed
      .all(projectId, integrationId)
      .flatMap(([channelId, customerId, count]) =>
        ofQueue.all(projectId, String(channelId), String(customerId), Number(count)),
      )
      .concat(held.all(projectId, integrationId))
}

/** A page of one integration's deliveries; a filter that no index holds looks at a bounded number of rows. */
export function listDeliveries(db: Connection) {
  const customerOf = query(db, 'SELECT customer_id FROM aliases WHERE project_id = ? AND app_user_id = ?')
  const flights = inFlight(db)
  const lists = {
    DESC: {
      status: rangeList(db, 'status', 'DESC'),
      reason: rangeList(db, 'reason', 'DESC'),
      customer: customerList(db, 'DESC'),
    },
    ASC: {
      status: rangeList(db, 'status', 'ASC'),
      reason: rangeList(db, 'reason', 'ASC'),
      customer: customerList(db, 'ASC'),
    },
  } as const
  return (asked: DeliveryQuery): WirePage => {
    const filter = asked.filter ?? EVERY_DELIVERY
    const customerId = filter.customer === null ? null : (customerOf.first(asked.projectId, filter.customer)?.[0] ?? '')
    if (customerId === '') return { rows: [], next: null }
    const order = asked.order === 'oldest' ? 'ASC' : 'DESC'
    const start = order === 'ASC' ? 0 : Number.MAX_SAFE_INTEGER
    const from = asked.before === null ? start : placeOf(asked.before)
    const walk: Walk = { ...asked, filter, from, order, most: Math.max(MOST_EXAMINED, asked.limit + 1) - 1 }
    if (asked.status === 'sending') {
      const rows = flights(asked.projectId, asked.integrationId).filter((row) => passes(row, walk, customerId))
      return pageOf(rows, null, walk)
    }
    const ways = lists[order]
    if (customerId !== null) return ofCustomer(ways.customer, String(customerId), walk)
    const { projectId, integrationId, status } = asked
    const list = ways[filter.reason === null ? 'status' : 'reason']
    const statuses = status === null ? STATUSES : [status]
    const bounds =
      isPlain(filter) && !filter.retryable
        ? []
        : statuses.flatMap(
            (one) => list.bound.first(projectId, integrationId, one, filter.reason, from, walk.most)?.[0] ?? [],
          )
    const bound = nearest(bounds.map(Number), order)
    const rows = statuses.flatMap((one) =>
      list.rows.all(
        projectId,
        integrationId,
        one,
        filter.reason,
        ...letsThrough(filter),
        from,
        bound ?? end(order),
        asked.limit + 1,
      ),
    )
    return pageOf(rows, bound, walk)
  }
}

interface Walk extends Omit<DeliveryQuery, 'order'> {
  readonly filter: DeliveryFilter
  readonly from: number
  readonly order: 'ASC' | 'DESC'
  /** Rows that may be looked at before the last one. */
  readonly most: number
}

function ofCustomer(list: ReturnType<typeof customerList>, customerId: string, walk: Walk): WirePage {
  const { projectId, integrationId, status, filter, from, order, limit } = walk
  const examined = list.bound.first(projectId, customerId, from, walk.most)?.[0]
  const bound = examined === undefined ? null : Number(examined)
  const rows = list.rows.all(
    projectId,
    customerId,
    status,
    integrationId,
    ...letsThrough(filter),
    from,
    bound ?? end(order),
    limit + 1,
    filter.reason,
  )
  return pageOf(rows, bound, walk)
}

function end(order: 'ASC' | 'DESC'): number {
  return order === 'ASC' ? Number.MAX_SAFE_INTEGER : 0
}

/** Of the ends of several ranges, the one up to which all of them were looked at. */
function nearest(bounds: readonly number[], order: 'ASC' | 'DESC'): number | null {
  if (bounds.length === 0) return null
  return order === 'ASC' ? Math.min(...bounds) : Math.max(...bounds)
}

function pageOf(found: readonly Values[], bound: number | null, { order, limit, status }: Walk): WirePage {
  const sign = order === 'ASC' ? 1 : -1
  const sorted = [...found].sort((a, b) => sign * (Number(a[LISTED_PLACE]) - Number(b[LISTED_PLACE])))
  const rows = sorted.slice(0, limit).map(listed)
  const rest = bound === null ? null : String(bound)
  const next = sorted.length > limit ? String(rows.at(-1)?.[LISTED_PLACE]) : rest
  // What is in flight is not shown as waiting.
  return { rows: status === 'waiting' ? rows.filter((row) => row[LISTED_SENDING] === 0) : rows, next }
}

/** What is in flight is so little that it is looked through here. */
function passes(row: Values, { filter, from, order }: Walk, customerId: unknown): boolean {
  const place = Number(row[LISTED_PLACE])
  if (order === 'ASC' ? place <= from : place >= from) return false
  const [environment, owner, reason, madeAt] = [row[3], row[4], row[8], Number(row[11])]
  const event = JSON.parse(String(row.at(-2) ?? '{}')) as { readonly type?: string; readonly name?: string | null }
  const { types, madeFrom, madeTo } = filter
  return (
    (filter.environment === null || environment === filter.environment) &&
    (customerId === null || owner === customerId) &&
    (filter.reason === null || reason === filter.reason) &&
    (types.length === 0 || types.includes(event.type ?? '') || types.includes(event.name ?? '')) &&
    (madeFrom === null || madeAt >= madeFrom) &&
    (madeTo === null || madeAt < madeTo)
  )
}

/** How many of one status a filter lets through. */
export function matchDeliveries(db: Connection) {
  const customerOf = query(db, 'SELECT customer_id FROM aliases WHERE project_id = ? AND app_user_id = ?')
  const plain = (range: keyof typeof RANGES) =>
    query(db, `SELECT count(*) FROM (SELECT 1 FROM ${RANGES[range].from} WHERE ${RANGES[range].where} LIMIT ?5 + 0)`)
  const filtered = (range: keyof typeof RANGES) =>
    query(
      db,
      `SELECT count(*), sum(through) FROM (SELECT CASE WHEN ${LETS_THROUGH} THEN 1 ELSE 0 END AS through
       FROM ${RANGES[range].from} ${EVENT} WHERE ${RANGES[range].where} LIMIT ?10 + 0)`,
    )
  const ways = {
    status: { plain: plain('status'), filtered: filtered('status') },
    reason: { plain: plain('reason'), filtered: filtered('reason') },
  }
  const ofCustomer = query(
    db,
    `SELECT count(*), sum(through) FROM (SELECT CASE WHEN d.integration_id = ?4 AND d.status = ?3 AND ${LETS_THROUGH}
         AND (?11 IS NULL OR ${REASON} = substr(?11, 1, ${REASON_LENGTH})) THEN 1 ELSE 0 END AS through
       FROM events e INDEXED BY events_customer
       CROSS JOIN deliveries d INDEXED BY deliveries_event ON d.project_id = e.project_id AND d.event_id = e.id
       WHERE e.project_id = ?1 AND e.customer_id = ?2 LIMIT ?10 + 0)`,
  )
  const erased = ([projectId, integrationId, status]: readonly string[], reason: string | null): number =>
    reason !== null && reason !== ERASED
      ? 0
      : Number(ways.reason.plain.first(projectId ?? '', integrationId ?? '', status ?? '', ERASED, MOST_COUNTED)?.[0])
  return (asked: MatchQuery): Matched => {
    const { projectId, integrationId, status, filter } = asked
    const through = letsThrough(filter)
    if (filter.customer !== null) {
      const customerId = customerOf.first(projectId, filter.customer)?.[0]
      if (customerId === undefined) return { count: 0, more: false }
      const row = ofCustomer.first(
        projectId,
        customerId,
        status,
        integrationId,
        ...through,
        MOST_EXAMINED,
        filter.reason,
      )
      return { count: Number(row?.[1] ?? 0), more: Number(row?.[0]) >= MOST_EXAMINED }
    }
    const way = ways[filter.reason === null ? 'status' : 'reason']
    const range = [projectId, integrationId, status, filter.reason] as const
    if (isPlain(filter)) {
      const count = Number(way.plain.first(...range, MOST_COUNTED)?.[0])
      const gone = filter.retryable ? erased([projectId, integrationId, status], filter.reason) : 0
      return { count: Math.max(0, count - gone), more: count >= MOST_COUNTED }
    }
    const row = way.filtered.first(...range, ...through, MOST_EXAMINED)
    return { count: Number(row?.[1] ?? 0), more: Number(row?.[0]) >= MOST_EXAMINED }
  }
}

/** Each reason by one seek: status, reason, advice, id and time of the newest, and how many were made since. */
export function deliveryReasons(db: Connection) {
  const of = 'd.project_id = ?1 AND d.integration_id = ?2 AND d.status = ?3'
  const from = 'FROM deliveries d INDEXED BY deliveries_reason'
  const first = query(db, `SELECT ${REASON} ${from} WHERE ${of} AND ${REASON_IS} > ?4 ORDER BY ${REASON} LIMIT 1`)
  const newest = query(
    db,
    `SELECT d.status, d.reason, d.advice, d.id, coalesce(d.settled_at, d.created_at) ${from}
     WHERE ${of} AND ${REASON_IS} = ?4 ORDER BY d.n DESC LIMIT 1`,
  )
  const count = query(
    db,
    `SELECT count(CASE WHEN created_at >= ?5 THEN 1 END) FROM (
       SELECT d.created_at ${from} WHERE ${of} AND ${REASON_IS} = ?4 ORDER BY d.n DESC LIMIT ${MOST_COUNTED})`,
  )
  return (asked: {
    readonly projectId: string
    readonly integrationId: string
    readonly since: number
  }): readonly Values[] => {
    const { projectId, integrationId, since } = asked
    const groups: Values[] = []
    for (const status of ['failed', 'skipped', 'waiting']) {
      let reason = ''
      for (let seen = 0; seen < MOST_GROUPS; seen += 1) {
        const next = first.first(projectId, integrationId, status, reason)?.[0]
        if (next === undefined) break
        reason = String(next)
        const counted = count.first(projectId, integrationId, status, reason, since) ?? [0]
        const example = newest.first(projectId, integrationId, status, reason)
        if (example !== undefined && Number(counted[0]) > 0) groups.push([...example, ...counted])
      }
    }
    return groups
  }
}
