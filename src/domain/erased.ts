import type { FrozenEvent } from './event.ts'
import { customerId } from './ids.ts'
import type { Purchase } from './purchase-state.ts'

/** The one app user id of a customer who was erased. No app can send one: ids that begin so are refused at the edge. */
const PREFIX = '$erased:'

/** The reason of deliveries that are not sent because their customer was erased. */
export const ERASED = 'erased'

/** Who a person is once their data are erased: an id that was drawn, and that nothing leads to. */
export interface Pseudonym {
  readonly customerId: string
  readonly appUserId: string
}

/** `drawn`: 32 hex digits from a source that nobody can guess. */
export function pseudonym(projectId: string, drawn: string): Pseudonym {
  const appUserId = `${PREFIX}${drawn}`
  return { customerId: customerId(projectId, appUserId), appUserId }
}

export function isErasedId(appUserId: string): boolean {
  return appUserId.startsWith(PREFIX)
}

/** An event with money, dates and products as they are, and nobody in it. Pure, and the same when it is done again. */
export function withoutPerson(event: FrozenEvent, who: Pseudonym, noAttributes: string): FrozenEvent {
  return {
    ...event,
    customerId: who.customerId,
    appUserId: who.appUserId,
    originalAppUserId: who.appUserId,
    aliases: [who.appUserId],
    attributeSet: noAttributes,
  }
}

/** A purchase that names no owner. Its tokens stay: the store is asked with them. */
export function withoutOwner(purchase: Purchase): Purchase {
  return purchase.owner === null ? purchase : { ...purchase, owner: null }
}
