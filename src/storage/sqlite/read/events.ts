import type { Values } from '../../columns.ts'
import { placeOf } from '../../places.ts'
import type { EventQuery } from '../../reads.ts'
import { endsWithin, isTimed, type Range, rangeOf, reachOf } from '../../seek.ts'
import type { Connection } from '../database.ts'
import { type Query, query } from '../query.ts'

export interface WirePage {
  readonly rows: readonly Values[]
  readonly next: string | null
}

const LISTED = 'SELECT e.body, s.attributes, e.position, e.notification_id, v.until FROM events e'
const BESIDE = `LEFT JOIN attribute_sets s ON s.project_id = e.project_id AND s.hash = e.attribute_set
  LEFT JOIN provisional_events v ON v.project_id = e.project_id AND v.event_id = e.id`

interface EventList {
  /** The last position that may be looked at. */
  readonly bound: Query
  readonly rows: Query
}

/** A list of a project's events or of one customer's, onwards from a position or backwards. */
function eventList(db: Connection, ofCustomer: boolean, order: 'ASC' | 'DESC'): EventList {
  const index = ofCustomer ? 'events_customer' : 'events_project'
  const beyond = order === 'ASC' ? '>' : '<'
  const within = order === 'ASC' ? '<=' : '>='
  const where = `e.project_id = ?1 ${ofCustomer ? 'AND e.customer_id = ?2' : 'AND ?2 IS NULL'} AND e.position ${beyond} ?3`
  return {
    bound: query(
      db,
      `SELECT e.position FROM events e INDEXED BY ${index} WHERE ${where} ORDER BY e.position ${order} LIMIT 1 OFFSET ?4`,
    ),
    rows: query(
      db,
      `${LISTED} INDEXED BY ${index} ${BESIDE} WHERE ${where} AND e.position ${within} ?4
         AND (?5 = '[]' OR e.type IN (SELECT value FROM json_each(?5)) OR e.name IN (SELECT value FROM json_each(?5)))
         AND (?6 IS NULL OR e.environment = ?6)
         AND (?8 IS NULL OR json_extract(e.body, '$.store') = ?8) AND (?9 IS NULL OR json_extract(e.body, '$.productId') = ?9)
         AND (?10 IS NULL OR json_extract(e.body, '$.recordedAt') >= ?10) AND (?11 IS NULL OR json_extract(e.body, '$.recordedAt') < ?11)
       ORDER BY e.position ${order} LIMIT ?7 + 0`,
    ),
  }
}

/** The places between which the times of a query lie; without any, all. */
function findRange(db: Connection): (asked: EventQuery, start: number) => Range {
  const newest = query(
    db,
    'SELECT position FROM events INDEXED BY events_project WHERE project_id = ? AND position <= ? ORDER BY position DESC LIMIT 1',
  )
  const probe = query(
    db,
    `SELECT position, json_extract(body, '$.recordedAt') FROM events INDEXED BY events_project
     WHERE project_id = ? AND position >= ? ORDER BY position LIMIT 1`,
  )
  return (asked, start) => {
    const last = isTimed(asked) ? Number(newest.first(asked.projectId, Number.MAX_SAFE_INTEGER)?.[0] ?? 0) : 0
    const steps = rangeOf(asked, start, last)
    for (let step = steps.next(); ; ) {
      if (step.done === true) return step.value
      const [position, recordedAt] = probe.first(asked.projectId, step.value) ?? []
      step = steps.next(position === undefined ? null : { position: Number(position), recordedAt: Number(recordedAt) })
    }
  }
}

/**
 * A page of events. In cursor order `next` is always a place: that of the last row looked at, and nothing that is
 * committed later can come before it, since positions are given in the commit.
 */
export function listEvents(db: Connection) {
  const customerOf = query(db, 'SELECT customer_id FROM aliases WHERE project_id = ? AND app_user_id = ?')
  const rangeIn = findRange(db)
  const lists = {
    onwards: { all: eventList(db, false, 'ASC'), customer: eventList(db, true, 'ASC') },
    backwards: { all: eventList(db, false, 'DESC'), customer: eventList(db, true, 'DESC') },
  }
  return (asked: EventQuery): WirePage => {
    const onwards = asked.after !== null
    const start = onwards
      ? placeOf(asked.after || '0')
      : asked.before === null
        ? Number.MAX_SAFE_INTEGER
        : placeOf(asked.before)
    const customerId = asked.customer === null ? null : (customerOf.first(asked.projectId, asked.customer)?.[0] ?? '')
    if (customerId === '') return { rows: [], next: onwards ? String(start) : null }
    const range = rangeIn(asked, start)
    const { from } = range
    const list = (onwards ? lists.onwards : lists.backwards)[customerId === null ? 'all' : 'customer']
    const examined = list.bound.first(asked.projectId, customerId, from, reachOf(asked))?.[0]
    const ends = endsWithin(range, examined === undefined ? undefined : Number(examined), onwards)
    const bound = ends ? range.last : Number(examined)
    const found = list.rows.all(
      asked.projectId,
      customerId,
      from,
      bound,
      JSON.stringify(asked.types),
      asked.environment,
      asked.limit + 1,
      asked.store ?? null,
      asked.product ?? null,
      asked.from ?? null,
      asked.to ?? null,
    )
    const rows = found.slice(0, asked.limit)
    if (found.length > asked.limit) return { rows, next: String(rows.at(-1)?.[2] ?? from) }
    if (!ends) return { rows, next: String(bound) }
    return { rows, next: onwards ? String(rows.at(-1)?.[2] ?? from) : null }
  }
}

export function getEvents(db: Connection) {
  const find = query(db, `${LISTED} ${BESIDE} WHERE e.project_id = ? AND e.id = ?`)
  return (input: { readonly projectId: string; readonly ids: readonly string[] }): readonly Values[] =>
    input.ids.map((id) => find.first(input.projectId, id)).filter((row) => row !== undefined)
}
