import type { EventName, LifecycleEvent } from '../domain/event.ts'
import type { ofEvent } from '../domain/figures.ts'
import { integer, integerOrNull, oneOf, text, textOrNull, type Value, type Values } from './columns.ts'
import type { ListedEvent } from './reads.ts'
import type { AttributeSetRow, HistoryRow, NewEvent } from './rows.ts'

/** Events, what they froze, and what became of their customers beside them, as both drivers handle them (columns.ts). */

/** An event and its attributes, as two documents. */
export function eventFrom(values: Values, at: number): LifecycleEvent {
  // A set that an erasure took while another customer's event came with the very same one: no event fails for it.
  const attributes = textOrNull(values, at + 1) ?? '{}'
  return { ...JSON.parse(text(values, at)), attributes: attributes === '{}' ? {} : JSON.parse(attributes) }
}

/** Body, attributes, position, notification, until when it is provisional. */
export function listedEventFrom(values: Values): ListedEvent {
  const event = eventFrom(values, 0)
  return {
    // Its own word is from when it was made: a claim or a join has ended it since.
    event: { ...event, provisionalUntil: integerOrNull(values, 4) },
    position: integerOrNull(values, 2),
    notificationId: textOrNull(values, 3),
  }
}

/** project_id, id, customer_id, type, name, environment, occurred_at, seq, attribute_set, notification_id, body, provisional until. */
export function newEventValues({ event, notificationId }: NewEvent): Value[] {
  return [
    event.projectId,
    event.id,
    event.customerId,
    event.type,
    event.name,
    event.environment,
    event.occurredAt,
    event.seq,
    event.attributeSet,
    notificationId,
    JSON.stringify(event),
    event.provisionalUntil,
  ]
}

/** What of new values is counted. */
export function countedEvent(values: Values): Parameters<typeof ofEvent>[0] {
  return {
    projectId: text(values, 0),
    type: oneOf(values, 3),
    name: textOrNull(values, 4) as EventName | null,
    environment: oneOf(values, 5),
    occurredAt: integer(values, 6),
  }
}

/** Body and notification of an event as it is kept. */
export function newEventFrom(values: Values): NewEvent {
  return { event: JSON.parse(text(values, 0)), notificationId: textOrNull(values, 1) }
}

export function attributeSetValues(row: AttributeSetRow): Value[] {
  return [row.projectId, row.hash, JSON.stringify(row.attributes)]
}

/** Of the customer's history. */
export const HISTORY_COLUMNS = 'project_id, customer_id, at, kind, body'
export function historyValues(row: HistoryRow): Value[] {
  return [row.projectId, row.customerId, row.at, row.kind, row.body]
}
