import { ERASED } from '../../../domain/erased.ts'
import type { Values } from '../../columns.ts'
import { reasonGroupFrom, sortedReasons } from '../../feed-columns.ts'
import { MOST_COUNTED, MOST_EXAMINED, MOST_GROUPS, placeOf, REASON_LENGTH } from '../../places.ts'
import {
  type DeliveryFilter,
  type DeliveryQuery,
  EVERY_DELIVERY,
  type ListedDelivery,
  type Matched,
  type MatchQuery,
  type Page,
  type ReadStorage,
} from '../../reads.ts'
import type { DeliveryStatus } from '../../rows.ts'
import { texts } from '../arrays.ts'
import type { Param } from '../connection.ts'
import type { Database } from '../database.ts'
import { BESIDE, listed, listedAt, PLACE } from './listed-delivery.ts'

const STATUSES: readonly DeliveryStatus[] = ['waiting', 'delivered', 'failed', 'skipped']

/** As the index has it. */
function reasonOf(text: string): string {
  return `left(${text}, ${REASON_LENGTH}) COLLATE "C"`
}
const REASON = reasonOf('d.reason')

/** What an index does not tell: types, environment, when it was made, what is left out; five parameters from `first` on. */
function letsThrough(first: number): string {
  const [types, environment, madeFrom, madeTo, without] = Array.from({ length: 5 }, (_, n) => `$${first + n}`)
  return `(cardinality(${types}::text[]) = 0 OR e.type = ANY(${types}::text[]) OR e.name = ANY(${types}::text[]))
  AND (${environment}::text IS NULL OR d.environment = ${environment}::text)
  AND (${madeFrom}::bigint IS NULL OR d.created_at >= ${madeFrom}::bigint) AND (${madeTo}::bigint IS NULL OR d.created_at < ${madeTo}::bigint)
  AND (${without}::text IS NULL OR d.reason IS DISTINCT FROM ${without}::text)`
}

function filterParams(filter: DeliveryFilter): readonly Param[] {
  const { types, environment, madeFrom, madeTo, retryable } = filter
  return [texts(types), environment, madeFrom, madeTo, retryable ? ERASED : null]
}

/** Whether an index alone decides. */
function isPlain({ types, environment, madeFrom, madeTo }: DeliveryFilter): boolean {
  return types.length === 0 && environment === null && madeFrom === null && madeTo === null
}

type Order = 'ASC' | 'DESC'

/** The ranges in which deliveries lie, $1 to $4: of statuses, or of statuses and a reason. */
const RANGES = {
  status: `d.project_id = $1 AND d.integration_id = $2 AND d.status = s.status AND $4::text IS NULL`,
  reason: `d.project_id = $1 AND d.integration_id = $2 AND d.status = s.status AND d.reason IS NOT NULL AND ${REASON} = ${reasonOf('$4::text')}`,
} as const
const EVENT = 'LEFT JOIN event_places e ON e.project_id = d.project_id AND e.event_id = d.event_id'

function rangeList(range: keyof typeof RANGES, order: Order) {
  const [beyond, within, nearest] = order === 'ASC' ? ['>', '<=', 'min'] : ['<', '>=', 'max']
  const where = RANGES[range]
  return {
    /** Of the last places that may be looked at, the one up to which all statuses were. */
    bound: `SELECT ${nearest}(b.n) FROM unnest($3::text[]) AS s (status) CROSS JOIN LATERAL (
  SELECT d.n FROM deliveries d WHERE ${where} AND d.n ${beyond} $5 ORDER BY d.n ${order} OFFSET $6 LIMIT 1) b`,
    rows: `${listedAt('d.n')} FROM unnest($3::text[]) AS s (status) CROSS JOIN LATERAL (
  SELECT d.* FROM deliveries d ${EVENT}
  WHERE ${where} AND ${letsThrough(5)} AND d.n ${beyond} $10 AND d.n ${within} $11 ORDER BY d.n ${order} LIMIT $12) d
${BESIDE} ORDER BY d.n ${order} LIMIT $12`,
  }
}

const OF_CUSTOMER = 'p.project_id = $1 AND p.customer_id = $2'

/** A customer's, found through its events: settled deliveries have no index by customer. */
function customerList(order: Order) {
  const [beyond, within] = order === 'ASC' ? ['>', '<='] : ['<', '>=']
  return {
    bound: `SELECT p.position FROM event_places p WHERE ${OF_CUSTOMER} AND p.position ${beyond} $3 ORDER BY p.position ${order} OFFSET $4 LIMIT 1`,
    rows: `${listedAt('e.position')} FROM (
  SELECT p.position, p.project_id, p.event_id, p.type, p.name FROM event_places p
  WHERE ${OF_CUSTOMER} AND p.position ${beyond} $10 AND p.position ${within} $11 ORDER BY p.position ${order}) e
JOIN deliveries d ON d.project_id = e.project_id AND d.event_id = e.event_id
${BESIDE} WHERE d.integration_id = $4 AND ($3::text IS NULL OR d.status = $3::text) AND ${letsThrough(5)}
  AND ($13::text IS NULL OR ${REASON} = ${reasonOf('$13::text')}) ORDER BY e.position ${order} LIMIT $12`,
  }
}

const LISTS = {
  ASC: { status: rangeList('status', 'ASC'), reason: rangeList('reason', 'ASC'), customer: customerList('ASC') },
  DESC: { status: rangeList('status', 'DESC'), reason: rangeList('reason', 'DESC'), customer: customerList('DESC') },
} as const

/** What is in flight: the first of each claimed queue, and what joined queues still hold. */
const IN_FLIGHT = `${listedAt('d.n')} FROM (
  SELECT w.id FROM queues q CROSS JOIN LATERAL (
    SELECT w.id FROM deliveries w WHERE w.project_id = q.project_id AND w.channel_id = q.channel_id
      AND w.customer_id = q.customer_id AND w.status = 'waiting' ORDER BY w.seq, w.event_id LIMIT q.claimed) w
  WHERE q.owner IS NOT NULL AND q.project_id = $1 AND q.channel_id IN ($2 || ':production', $2 || ':sandbox')
  UNION ALL
  SELECT i.id FROM queue_holds h CROSS JOIN LATERAL json_array_elements_text(h.deliveries::json) AS i (id)
  WHERE h.project_id = $1 AND h.channel_id IN ($2 || ':production', $2 || ':sandbox')
) f JOIN deliveries d ON d.project_id = $1 AND d.id = f.id ${EVENT} ${BESIDE}
WHERE d.status = 'waiting' AND d.n < $3 AND ($4::text IS NULL OR d.customer_id = $4::text) AND ${letsThrough(5)}
  AND ($11::text IS NULL OR ${REASON} = ${reasonOf('$11::text')}) ORDER BY d.n DESC LIMIT $10`

function countIn(range: keyof typeof RANGES) {
  const rows = `FROM unnest($3::text[]) AS s (status) CROSS JOIN LATERAL (SELECT * FROM deliveries d WHERE ${RANGES[range]}`
  return {
    plain: `SELECT count(*) ${rows.replace('SELECT *', 'SELECT')} ORDER BY d.n LIMIT $5) d`,
    filtered: `SELECT count(*), count(*) FILTER (WHERE ${letsThrough(5)}) ${rows} ORDER BY d.n LIMIT $10) d ${EVENT}`,
  }
}
const COUNTS = { status: countIn('status'), reason: countIn('reason') } as const

const COUNT_OF_CUSTOMER = `SELECT count(*), count(*) FILTER (WHERE d.integration_id = $4 AND d.status = $3 AND ${letsThrough(5)}
  AND ($11::text IS NULL OR ${REASON} = ${reasonOf('$11::text')})) FROM (
  SELECT p.project_id, p.event_id, p.type, p.name FROM event_places p WHERE ${OF_CUSTOMER} ORDER BY p.position LIMIT $10) e
JOIN deliveries d ON d.project_id = e.project_id AND d.event_id = e.event_id`

const OF_STATUS = 'd.project_id = $1 AND d.integration_id = $2 AND d.status = g.status AND d.reason IS NOT NULL'

/** Each reason by one seek, then its newest and how many there are. */
const REASONS = `WITH RECURSIVE groups (status, reason, n) AS (
  SELECT s.status, '' COLLATE "C", 0 FROM unnest($3::text[]) AS s (status)
  UNION ALL
  SELECT g.status, (SELECT ${REASON} FROM deliveries d WHERE ${OF_STATUS} AND ${REASON} > g.reason ORDER BY ${REASON} LIMIT 1), g.n + 1
  FROM groups g WHERE g.reason IS NOT NULL AND g.n < ${MOST_GROUPS}
)
SELECT g.status, e.reason, e.advice, e.id, e.at, c.count FROM groups g CROSS JOIN LATERAL (
  SELECT d.reason, d.advice, d.id, coalesce(d.settled_at, d.created_at) AS at FROM deliveries d
  WHERE ${OF_STATUS} AND ${REASON} = g.reason ORDER BY d.n DESC LIMIT 1) e CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE r.created_at >= $4) AS count FROM (
    SELECT d.created_at FROM deliveries d WHERE ${OF_STATUS} AND ${REASON} = g.reason ORDER BY d.n DESC LIMIT ${MOST_COUNTED}) r) c
WHERE g.n > 0 AND c.count > 0`

const CUSTOMER_OF = 'SELECT customer_id FROM aliases WHERE project_id = $1 AND app_user_id = $2'

export function deliveryLists(
  db: Database,
): Pick<ReadStorage, 'listDeliveries' | 'matchDeliveries' | 'deliveryReasons'> {
  return {
    listDeliveries: (asked) => listDeliveries(db, asked),
    matchDeliveries: (asked) => matchDeliveries(db, asked),
    async deliveryReasons({ projectId, integrationId, since }) {
      const statuses = texts(['failed', 'skipped', 'waiting'])
      return sortedReasons((await db.read(REASONS, [projectId, integrationId, statuses, since])).map(reasonGroupFrom))
    },
  }
}

/** A page of one integration's deliveries; a filter that no index holds looks at a bounded number of rows. */
async function listDeliveries(db: Database, asked: DeliveryQuery): Promise<Page<ListedDelivery>> {
  const { projectId, integrationId, status, limit, filter = EVERY_DELIVERY } = asked
  const order: Order = asked.order === 'oldest' ? 'ASC' : 'DESC'
  const end = order === 'ASC' ? Number.MAX_SAFE_INTEGER : 0
  const from = asked.before === null ? Number.MAX_SAFE_INTEGER - end : placeOf(asked.before)
  const customerId = filter.customer === null ? null : await customerOf(db, projectId, filter.customer)
  if (customerId === undefined) return { items: [], next: null }
  const params = filterParams(filter)
  if (status === 'sending') {
    const head = [projectId, integrationId, from, customerId]
    return pageOf(await db.read(IN_FLIGHT, [...head, ...params, limit + 1, filter.reason]), null, asked)
  }
  const reach = Math.max(MOST_EXAMINED, limit + 1) - 1
  if (customerId !== null) {
    const list = LISTS[order].customer
    const bound = boundOf(await db.read(list.bound, [projectId, customerId, from, reach]))
    const head = [projectId, customerId, status, integrationId]
    const rows = await db.read(list.rows, [...head, ...params, from, bound ?? end, limit + 1, filter.reason])
    return pageOf(rows, bound, asked)
  }
  const list = LISTS[order][filter.reason === null ? 'status' : 'reason']
  const head = [projectId, integrationId, texts(status === null ? STATUSES : [status]), filter.reason]
  // What no filter thins out ends at its limit.
  const bound = isPlain(filter) && !filter.retryable ? null : boundOf(await db.read(list.bound, [...head, from, reach]))
  return pageOf(await db.read(list.rows, [...head, ...params, from, bound ?? end, limit + 1]), bound, asked)
}

/** null: everything was looked at. */
function boundOf([row]: readonly Values[]): number | null {
  return typeof row?.[0] === 'number' ? row[0] : null
}

function pageOf(
  found: readonly Values[],
  bound: number | null,
  { limit, status }: DeliveryQuery,
): Page<ListedDelivery> {
  const rows = found.slice(0, limit)
  const rest = bound === null ? null : String(bound)
  const next = found.length > limit ? String(rows.at(-1)?.[PLACE]) : rest
  const items = rows.map(listed)
  // What is in flight is not shown as waiting.
  return { items: status === 'waiting' ? items.filter(({ sending }) => !sending) : items, next }
}

async function customerOf(db: Database, projectId: string, appUserId: string): Promise<string | undefined> {
  const [owner] = await db.read(CUSTOMER_OF, [projectId, appUserId])
  return owner === undefined ? undefined : String(owner[0])
}

async function matchDeliveries(db: Database, asked: MatchQuery): Promise<Matched> {
  const { projectId, integrationId, status, filter } = asked
  const params = filterParams(filter)
  if (filter.customer !== null) {
    const customerId = await customerOf(db, projectId, filter.customer)
    if (customerId === undefined) return { count: 0, more: false }
    const head = [projectId, customerId, status, integrationId]
    const [row] = await db.read(COUNT_OF_CUSTOMER, [...head, ...params, MOST_EXAMINED, filter.reason])
    return { count: Number(row?.[1]), more: Number(row?.[0]) >= MOST_EXAMINED }
  }
  const counts = COUNTS[filter.reason === null ? 'status' : 'reason']
  const head = [projectId, integrationId, texts([status]), filter.reason]
  if (isPlain(filter)) {
    const count = Number((await db.read(counts.plain, [...head, MOST_COUNTED]))[0]?.[0])
    const erased = filter.retryable && (filter.reason === null || filter.reason === ERASED)
    const gone = erased ? await db.read(COUNTS.reason.plain, [...head.slice(0, 3), ERASED, MOST_COUNTED]) : []
    return { count: Math.max(0, count - Number(gone[0]?.[0] ?? 0)), more: count >= MOST_COUNTED }
  }
  const [row] = await db.read(counts.filtered, [...head, ...params, MOST_EXAMINED])
  return { count: Number(row?.[1]), more: Number(row?.[0]) >= MOST_EXAMINED }
}
