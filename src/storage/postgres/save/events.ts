import type { FrozenEvent } from '../../../domain/event.ts'
import { ofEvent } from '../../../domain/figures.ts'
import { newDeliveryValues, type Values } from '../../columns.ts'
import type { DeliveryStatus, NewDelivery, NewEvent } from '../../rows.ts'
import { given } from '../arrays.ts'
import type { Connection } from '../connection.ts'
import type { Counts } from '../counts.ts'

const EVENTS = given('project_id text, id text, attribute_set text, notification_id text, body text')
const INSERT_EVENTS = `INSERT INTO events (project_id, id, attribute_set, notification_id, body)
SELECT project_id, id, attribute_set, notification_id, body FROM ${EVENTS.sql} ORDER BY project_id, id
ON CONFLICT (project_id, id) DO NOTHING RETURNING project_id, id`

/** A new event waits for its position in the order in which the step gave it. */
const UNNUMBERED = given('project_id text, event_id text, customer_id text, type text, name text, environment text')
const INSERT_UNNUMBERED = `INSERT INTO unnumbered (project_id, event_id, customer_id, type, name, environment)
SELECT project_id, event_id, customer_id, type, name, environment FROM ${UNNUMBERED.sql} ORDER BY ordinal`

function placeValues(event: FrozenEvent): Values {
  return [event.projectId, event.id, event.customerId, event.type, event.name, event.environment]
}

function eventValues({ event, notificationId }: NewEvent): Values {
  return [event.projectId, event.id, event.attributeSet, notificationId, JSON.stringify(event)]
}

const HELD = given('project_id text, event_id text, customer_id text, until bigint')
const INSERT_HELD = `INSERT INTO provisional_events (project_id, event_id, customer_id, until)
SELECT project_id, event_id, customer_id, until FROM ${HELD.sql} ORDER BY project_id, event_id`

/** `known`: existed before. Both as `project\nid`. */
export interface SavedEvents {
  readonly fresh: ReadonlySet<string>
  readonly known: ReadonlySet<string>
}

export async function saveEvents(session: Connection, rows: readonly NewEvent[], counts: Counts): Promise<SavedEvents> {
  const first = new Map<string, NewEvent>()
  for (const row of rows) {
    const at = `${row.event.projectId}\n${row.event.id}`
    if (!first.has(at)) first.set(at, row)
  }
  if (first.size === 0) return { fresh: new Set(), known: new Set() }
  const made = await session.all(INSERT_EVENTS, EVENTS.params([...first.values()].map(eventValues)))
  const fresh = new Set(made.map(([projectId, id]) => `${projectId}\n${id}`))
  const rest = [...first].flatMap(([at, { event }]): readonly Values[] => (fresh.has(at) ? [placeValues(event)] : []))
  if (rest.length > 0) await session.change(INSERT_UNNUMBERED, UNNUMBERED.params(rest))
  counts.figures([...first].flatMap(([at, { event }]) => (fresh.has(at) ? [ofEvent(event)] : [])))
  const held = [...first].flatMap(([at, { event }]): readonly Values[] =>
    fresh.has(at) && event.provisionalUntil !== null
      ? [[event.projectId, event.id, event.customerId, event.provisionalUntil]]
      : [],
  )
  if (held.length > 0) await session.change(INSERT_HELD, HELD.params(held))
  return { fresh, known: new Set([...first.keys()].filter((at) => !fresh.has(at))) }
}

const REWRITTEN = given('project_id text, event_id text, attribute_set text, body text')
const REWRITE = `UPDATE events e SET attribute_set = g.attribute_set, body = g.body FROM ${REWRITTEN.sql}
WHERE e.project_id = g.project_id AND e.id = g.event_id`
const LOSE_PLACE = `DELETE FROM event_places p USING ${REWRITTEN.sql} WHERE p.project_id = g.project_id AND p.event_id = g.event_id`
const LOSE_TURN = `DELETE FROM unnumbered u USING ${REWRITTEN.sql} WHERE u.project_id = g.project_id AND u.customer_id = $${REWRITTEN.next} AND u.event_id = g.event_id`

/** Events of one customer as they are from now on: each waits for a new position, so that followers read it again. */
export async function rewriteEvents(session: Connection, events: readonly FrozenEvent[]): Promise<void> {
  const [first] = events
  if (first === undefined) return
  const params = REWRITTEN.params(
    events.map((event) => [event.projectId, event.id, event.attributeSet, JSON.stringify(event)]),
  )
  await session.change(REWRITE, params)
  await session.change(LOSE_TURN, [...params, first.customerId])
  await session.change(LOSE_PLACE, params)
  await session.change(INSERT_UNNUMBERED, UNNUMBERED.params(events.map(placeValues)))
}

const DELIVERIES = given(
  'project_id text, id text, integration_id text, environment text, customer_id text, event_id text, seq bigint, status text, reason text, may_go_at bigint, created_at bigint',
)
const INSERT_DELIVERIES = `INSERT INTO deliveries (project_id, id, integration_id, environment, channel_id, customer_id, event_id, seq, status, reason, may_go_at, created_at)
SELECT project_id, id, integration_id, environment, integration_id || ':' || environment, customer_id, event_id, seq, status, reason, may_go_at, created_at
FROM ${DELIVERIES.sql} ORDER BY ordinal ON CONFLICT (project_id, id) DO NOTHING
RETURNING project_id, integration_id, channel_id, customer_id, status, created_at`

const NAMED = given('project_id text, id text')
const FIND_EVENTS = `SELECT e.project_id, e.id FROM ${NAMED.sql} JOIN events e USING (project_id, id)`

/**
 * Deliveries of new events, and of events that the step does not bring (they must exist). Gives the queues
 * (`project\nchannel\ncustomer`) for which something new waits.
 */
export async function saveDeliveries(
  session: Connection,
  rows: readonly NewDelivery[],
  { fresh, known }: SavedEvents,
  counts: Counts,
): Promise<ReadonlySet<string>> {
  const waiting = new Set<string>()
  const wanted = rows.filter((row) => !known.has(`${row.projectId}\n${row.eventId}`))
  if (wanted.length === 0) return waiting
  await requireEvents(
    session,
    wanted.filter((row) => !fresh.has(`${row.projectId}\n${row.eventId}`)),
  )
  const made = await session.all(INSERT_DELIVERIES, DELIVERIES.params(wanted.map(newDeliveryValues)))
  for (const row of made) {
    const [projectId, integrationId, channelId, customerId, status, createdAt] = row as [
      string,
      string,
      string,
      string,
      DeliveryStatus,
      number,
    ]
    counts.delivery(projectId, integrationId, channelId, status, 1, status === 'waiting' ? null : createdAt)
    if (status === 'waiting') waiting.add(`${projectId}\n${channelId}\n${customerId}`)
  }
  return waiting
}

async function requireEvents(session: Connection, rows: readonly NewDelivery[]): Promise<void> {
  if (rows.length === 0) return
  const values = rows.map((row): Values => [row.projectId, row.eventId])
  const found = new Set((await session.all(FIND_EVENTS, NAMED.params(values))).map(([p, id]) => `${p}\n${id}`))
  for (const { projectId, id, eventId } of rows) {
    if (!found.has(`${projectId}\n${eventId}`)) {
      throw new Error(`delivery ${id} is of an event that does not exist: ${eventId}`)
    }
  }
}
