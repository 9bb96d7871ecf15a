import { listedEventFrom } from '../../event-columns.ts'
import { placeOf } from '../../places.ts'
import type { EventQuery, ListedEvent, Page, ReadStorage } from '../../reads.ts'
import { endsWithin, isTimed, type Range, rangeOf, reachOf } from '../../seek.ts'
import { texts } from '../arrays.ts'
import type { Param } from '../connection.ts'
import type { Database } from '../database.ts'

const CUSTOMER_OF = 'SELECT customer_id FROM aliases WHERE project_id = $1 AND app_user_id = $2'

/** A project's events or one customer's, onwards from a position or backwards; lists hold what has a position. */
function eventList(ofCustomer: boolean, order: 'ASC' | 'DESC') {
  const beyond = order === 'ASC' ? '>' : '<'
  const within = order === 'ASC' ? '<=' : '>='
  const where = `p.project_id = $1 AND p.position ${beyond} $2 ${ofCustomer ? 'AND p.customer_id = $4' : ''}`
  const next = ofCustomer ? 5 : 4
  /** What only the event's own text tells. */
  const told = `($${next + 3}::text IS NULL OR e.body::json ->> 'store' = $${next + 3}::text)
    AND ($${next + 4}::text IS NULL OR e.body::json ->> 'productId' = $${next + 4}::text)
    AND ($${next + 5}::bigint IS NULL OR (e.body::json ->> 'recordedAt')::bigint >= $${next + 5}::bigint)
    AND ($${next + 6}::bigint IS NULL OR (e.body::json ->> 'recordedAt')::bigint < $${next + 6}::bigint)`
  const beside = `LEFT JOIN attribute_sets s ON s.project_id = e.project_id AND s.hash = e.attribute_set
LEFT JOIN provisional_events v ON v.project_id = e.project_id AND v.event_id = e.id`
  const places = `SELECT p.position, p.project_id, p.event_id FROM event_places p WHERE ${where} AND p.position ${within} $${next}
    AND (cardinality($${next + 1}::text[]) = 0 OR p.type = ANY($${next + 1}::text[]) OR p.name = ANY($${next + 1}::text[]))
    AND ($${next + 2}::text IS NULL OR p.environment = $${next + 2}::text)
  ORDER BY p.position ${order}`
  return {
    /** The same, thinned out by what the events themselves tell. */
    opened: `SELECT e.body, s.attributes, e.position, e.notification_id, v.until FROM (
  SELECT p.position, e.* FROM (${places}) p JOIN events e ON e.project_id = p.project_id AND e.id = p.event_id
  WHERE ${told} ORDER BY p.position ${order} LIMIT $3) e
${beside} ORDER BY e.position ${order}`,
    /** The last position that may be looked at. */
    bound: `SELECT p.position FROM event_places p WHERE ${where} ORDER BY p.position ${order} OFFSET $3 LIMIT 1`,
    rows: `SELECT e.body, s.attributes, p.position, e.notification_id, v.until FROM (
  ${places} LIMIT $3) p
JOIN events e ON e.project_id = p.project_id AND e.id = p.event_id
${beside} ORDER BY p.position ${order}`,
  }
}

const LISTS = {
  ASC: { all: eventList(false, 'ASC'), customer: eventList(true, 'ASC') },
  DESC: { all: eventList(false, 'DESC'), customer: eventList(true, 'DESC') },
} as const

const GET = `SELECT e.body, s.attributes, p.position, e.notification_id, v.until
FROM unnest($2::text[]) WITH ORDINALITY AS g (id, ordinal) JOIN events e ON e.project_id = $1 AND e.id = g.id
LEFT JOIN provisional_events v ON v.project_id = e.project_id AND v.event_id = e.id
LEFT JOIN attribute_sets s ON s.project_id = e.project_id AND s.hash = e.attribute_set
LEFT JOIN event_places p ON p.project_id = e.project_id AND p.event_id = e.id
ORDER BY g.ordinal`

export function eventReads(db: Database): Pick<ReadStorage, 'listEvents' | 'getEvent' | 'getEvents'> {
  const getEvents = async (projectId: string, ids: readonly string[]) =>
    (await db.read(GET, [projectId, texts(ids)])).map((row) => listedEventFrom(row))
  return {
    listEvents: (asked) => listEvents(db, asked),
    getEvents,
    getEvent: async (projectId, id) => (await getEvents(projectId, [id]))[0] ?? null,
  }
}

function startOf({ after, before }: EventQuery): number {
  if (after !== null) return placeOf(after || '0')
  return before === null ? Number.MAX_SAFE_INTEGER : placeOf(before)
}

const NEWEST =
  'SELECT p.position FROM event_places p WHERE p.project_id = $1 AND p.position <= $2 ORDER BY p.position DESC LIMIT 1'
const PROBE = `SELECT p.position, (e.body::json ->> 'recordedAt')::bigint FROM event_places p
JOIN events e ON e.project_id = p.project_id AND e.id = p.event_id WHERE p.project_id = $1 AND p.position >= $2 ORDER BY p.position LIMIT 1`

/** The places between which the times of a query lie; without any, all. */
async function findRange(db: Database, asked: EventQuery, start: number): Promise<Range> {
  const newest = isTimed(asked)
    ? Number((await db.read(NEWEST, [asked.projectId, Number.MAX_SAFE_INTEGER]))[0]?.[0] ?? 0)
    : 0
  const steps = rangeOf(asked, start, newest)
  for (let step = steps.next(); ; ) {
    if (step.done === true) return step.value
    const [found] = await db.read(PROBE, [asked.projectId, step.value])
    step = steps.next(found === undefined ? null : { position: Number(found[0]), recordedAt: Number(found[1]) })
  }
}

/**
 * A page of events. In cursor order `next` is always a place: that of the last row looked at, and nothing that gets its
 * position later can come before it (positions.ts).
 */
async function listEvents(db: Database, asked: EventQuery): Promise<Page<ListedEvent>> {
  const onwards = asked.after !== null
  const start = startOf(asked)
  let customer: readonly Param[] = []
  if (asked.customer !== null) {
    const [owner] = await db.read(CUSTOMER_OF, [asked.projectId, asked.customer])
    if (owner === undefined) return { items: [], next: onwards ? String(start) : null }
    customer = [String(owner[0])]
  }
  const list = LISTS[onwards ? 'ASC' : 'DESC'][asked.customer === null ? 'all' : 'customer']
  const range = await findRange(db, asked, start)
  const { from } = range
  const opened = [asked.store, asked.product, asked.from, asked.to].map((value) => value ?? null)
  const opens = opened.some((value) => value !== null)
  // What no filter thins out ends at its limit.
  const filtered = asked.types.length > 0 || asked.environment !== null || opens
  const [examined] = filtered ? await db.read(list.bound, [asked.projectId, from, reachOf(asked), ...customer]) : []
  const place = examined === undefined ? undefined : Number(examined[0])
  const ends = endsWithin(range, place, onwards)
  const bound = ends ? range.last : Number(place)
  const params = [asked.projectId, from, asked.limit + 1, ...customer, bound, texts(asked.types), asked.environment]
  const found = opens ? await db.read(list.opened, [...params, ...opened]) : await db.read(list.rows, params)
  const items = found.slice(0, asked.limit).map(listedEventFrom)
  const last = String(items.at(-1)?.position ?? from)
  if (found.length > asked.limit) return { items, next: last }
  if (!ends) return { items, next: String(bound) }
  return { items, next: onwards ? last : null }
}
