import type { Period } from './periods.ts'
import { type Item, isFailing, type Subscription } from './subscription.ts'

/** Where one item of a subscription stands: by this a period that is known is told from one that may be missing. */
export interface Cycle {
  readonly start: number | null
  readonly end: number | null
  readonly latestInvoice: string | null
  /** Nobody has paid for this cycle: what was paid last is the one before. */
  readonly failing: boolean
  /** Nothing more will be paid. */
  readonly over: boolean
}

export function cycleOf(subscription: Subscription, item: Item): Cycle {
  return {
    start: item.periodStart,
    end: item.periodEnd,
    latestInvoice: subscription.latestInvoice,
    failing: isFailing(subscription),
    over: subscription.endedAt !== null,
  }
}

/** What a fact of a subscription is about: the period that it belongs to is told by time. */
export type Place =
  /** Auto-renew was switched. */
  | { readonly rule: 'switch'; readonly at: number }
  /** Access ended, a charge failed, another product was planned: of the period that was paid last. */
  | { readonly rule: 'last'; readonly at: number }
  /** The product changed, so that the period before had the other one. */
  | { readonly rule: 'change'; readonly at: number; readonly from: string | null }

export interface Placed {
  readonly period: string
  /** No period that we do not know yet could be the one. */
  readonly certain: boolean
}

/** The invoice of a change may be paid in the same second, before the change itself is dated. */
const SAME_MOMENT_MS = 60_000

/**
 * The period that a fact belongs to; null when none is known. Subscriptions name cycles, facts are about what was paid:
 * for about an hour a new cycle's invoice is a draft, and when charging fails it stays open, while the period paid before
 * is the one that is in force. https://docs.stripe.com/billing/invoices/subscription#update-lifecycle
 */
export function placed(place: Place, cycle: Cycle | null, periods: readonly Period[]): Placed | null {
  const last = periods.findLast(({ at }) => at <= place.at) ?? null
  const named = (period: Period | null): Placed | null =>
    period === null ? null : { period: period.name, certain: isCertain(place, period, cycle) }
  switch (place.rule) {
    case 'last':
      return named(last)
    case 'change': {
      const { from } = place
      const before = periods.filter(({ at }) => at <= place.at + SAME_MOMENT_MS)
      return named((from === null ? null : before.findLast(({ productId }) => productId === from)) ?? last)
    }
    case 'switch': {
      if (last !== null && place.at < last.expiresAt) return named(last)
      // In the hour of the draft: the switch is about the cycle that begins, paid or not yet.
      const next = periods.find(({ at }) => at > place.at) ?? null
      if (next !== null) return named(next)
      const draft = cycle === null || cycle.failing || cycle.over ? null : cycle.latestInvoice
      return draft === null || draft === last?.name ? named(last) : { period: draft, certain: false }
    }
  }
}

function isCertain(place: Place, period: Period, cycle: Cycle | null): boolean {
  if (place.rule === 'change' && period.productId === place.from && place.at < period.expiresAt) return true
  if (cycle === null) return false
  if (period.name === cycle.latestInvoice) return true
  if (cycle.failing && cycle.start === period.expiresAt) return true
  if (!period.trial) return false
  // A trial is over early only by a change of its end, which the same subscription shows.
  return place.at < period.expiresAt || cycle.end === period.expiresAt
}
