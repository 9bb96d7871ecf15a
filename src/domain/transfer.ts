import type { FrozenEvent } from './event.ts'
import { eventAppUserId, type FrozenCustomer } from './freeze.ts'
import type { Happening } from './happening.ts'
import { isCharge } from './merge.ts'
import type { Announced, Purchase } from './purchase-state.ts'
import { about, nothingMoved } from './timeline/candidate.ts'

/**
 * A purchase goes over to another customer at `at`: what happens, and the purchase that remembers it, so that the next
 * transfer has another number. null when nothing of it is known that could be told.
 */
export function transferOf(
  purchase: Purchase,
  at: number,
): { readonly purchase: Purchase; readonly happening: Happening } | null {
  const charge = purchase.facts.filter(isCharge).at(-1)
  if (charge === undefined) return null
  const before = purchase.announced.filter((one) => one.what === 'transfer' && one.period === charge.period)
  const n = String(before.length + 1)
  const said: Announced = { what: 'transfer', period: charge.period, n, fact: `transfer|${charge.period}|${n}` }
  return {
    purchase: { ...purchase, announced: [...purchase.announced, said] },
    happening: {
      ...about(charge, null),
      what: 'transfer',
      type: 'TRANSFER',
      n,
      occurredAt: at,
      ...nothingMoved(charge),
    },
  }
}

/** A provisional event as it is now that its customer is known: identity and attributes anew, all else as it was. */
export function refreeze(
  event: FrozenEvent,
  customer: FrozenCustomer,
  presentedOfferingId: string | null,
): FrozenEvent {
  return {
    ...event,
    customerId: customer.id,
    appUserId: eventAppUserId(customer),
    originalAppUserId: customer.originalAppUserId,
    aliases: customer.aliases,
    attributeSet: customer.attributeSet,
    presentedOfferingId: event.presentedOfferingId ?? presentedOfferingId,
    provisionalUntil: null,
  }
}
