import { type Money, microsOfDecimal, PPM, type Ppm } from '../../domain/money.ts'
import type { FeedEvent } from './event.ts'

/** What the event moved, signed: in the currency of the purchase, else in dollars; null where it is unknown. */
export function movedBy(event: FeedEvent): Money | null {
  const { priceInPurchasedCurrency: price, currency } = event
  if (price !== null && currency !== null) return moneyOf(price, currency)
  return event.price === null ? null : moneyOf(event.price, 'USD')
}

/** Nothing, in the currency of the purchase: what an event that only mentions a charge knows of its price. */
export function nothingOf(event: FeedEvent): Money | null {
  const currency = priceOf(event)?.currency ?? movedBy(event)?.currency ?? event.currency
  return currency === null ? null : { micros: 0, currency }
}

/** What a charge cost. A trial and a family member's share cost nothing, whatever the event says or leaves out. */
export function priceOf(event: FeedEvent): Money | null {
  if (event.isFamilyShare || event.periodType === 'TRIAL' || event.periodType === 'PROMOTIONAL')
    return { micros: 0, currency: event.currency ?? 'USD' }
  const moved = movedBy(event)
  return moved === null || moved.micros < 0 ? null : moved
}

/**
 * The actual fractions, as parts of the whole price. `takehome_percentage` is the older form of the commission: what is
 * left of the price after it.
 */
export function feesOf(event: FeedEvent): { readonly commissionPpm: Ppm | null; readonly taxPpm: Ppm | null } | null {
  const takehome = ppmOf(event.takehomePercentage)
  const commissionPpm = ppmOf(event.commissionPercentage) ?? (takehome === null ? null : PPM - takehome)
  const taxPpm = ppmOf(event.taxPercentage)
  return commissionPpm === null && taxPpm === null ? null : { commissionPpm, taxPpm }
}

function ppmOf(fraction: number | null): number | null {
  const ppm = fraction === null ? null : microsOf(fraction)
  return ppm === null || ppm < 0 || ppm > PPM ? null : ppm
}

function moneyOf(price: number, currency: string): Money | null {
  const micros = microsOf(price)
  return micros === null ? null : { micros, currency }
}

/** The sender converts with floating numbers (8.139999999): rounded once, in decimals, to the sixth place. */
function microsOf(value: number): number | null {
  return microsOfDecimal(value.toFixed(6))
}
