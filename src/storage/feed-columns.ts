import { integer, oneOf, text, textOrNull, type Value, type Values } from './columns.ts'
import { MOST_COUNTED } from './places.ts'
import type { DeliveryEvent, ReasonGroup } from './reads.ts'

/** What the feed of deliveries shows beside them, as both drivers read it (columns.ts). */

/** Of an event, from its body and until when it is provisional; null where there is none. */
export function deliveryEventFrom(body: Value | undefined, provisionalUntil: Value | undefined): DeliveryEvent | null {
  if (typeof body !== 'string') return null
  const { name, type, appUserId, productId, occurredAt, store } = JSON.parse(body) as DeliveryEvent
  const until = typeof provisionalUntil === 'number' ? provisionalUntil : null
  return { name, type, appUserId, productId, occurredAt, store, provisionalUntil: until }
}

/** status, reason, advice, id and time of the newest, and how many were made since. */
export function reasonGroupFrom(values: Values): ReasonGroup {
  return {
    status: oneOf(values, 0),
    reason: text(values, 1),
    advice: textOrNull(values, 2),
    exampleId: text(values, 3),
    lastAt: integer(values, 4),
    count: integer(values, 5),
    more: integer(values, 5) >= MOST_COUNTED,
  }
}

const RANK: Readonly<Record<ReasonGroup['status'], number>> = { failed: 0, waiting: 1, skipped: 2 }

/** What needs somebody first, then the newest. */
export function sortedReasons(groups: readonly ReasonGroup[]): readonly ReasonGroup[] {
  return [...groups].sort((a, b) => RANK[a.status] - RANK[b.status] || b.lastAt - a.lastAt)
}
