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

/** A transfer of somebody else's, which named the person who is erased. null: it names none of these ids. */
export function transferWithout<T extends { readonly from: readonly string[]; readonly to: readonly string[] }>(
  transfer: T,
  ids: ReadonlySet<string>,
  who: Pseudonym,
): T | null {
  const named = [...transfer.from, ...transfer.to].some((id) => ids.has(id))
  if (!named) return null
  const cleaned = (list: readonly string[]): readonly string[] => [
    ...new Set(list.map((id) => (ids.has(id) ? who.appUserId : id))),
  ]
  return { ...transfer, from: cleaned(transfer.from), to: cleaned(transfer.to) }
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
    provisionalUntil: null,
    ...(event.transferred === undefined ? {} : { transferred: { from: [], to: [who.appUserId] } }),
  }
}

/**
 * A purchase whose owner is nobody: whom a later message names is not taken over, since the first name stands. Its tokens
 * stay: the store is asked with them.
 */
export function ownedByNobody(purchase: Purchase, who: Pseudonym): Purchase {
  return { ...purchase, owner: who.appUserId }
}
