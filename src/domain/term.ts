import type { Fact, PeriodFact } from './facts.ts'
import { isCharge } from './merge.ts'
import type { Purchase } from './purchase-state.ts'

/** How long a purchase lasts by its facts: what access, status and the clock have in common. Milliseconds. */

/** The newest period of a subscription (a renewal may be dated up to a day ahead), or null for one-time purchases. */
export function currentPeriod(purchase: Purchase): PeriodFact | null {
  return newestPeriod(purchase, () => true)
}

/** The newest of the periods that `counts`. */
export function newestPeriod(purchase: Purchase, counts: (period: PeriodFact) => boolean): PeriodFact | null {
  let newest: PeriodFact | null = null
  for (const fact of purchase.facts) {
    if (fact.kind !== 'period' || !counts(fact)) continue
    if (newest === null || fact.at > newest.at || (fact.at === newest.at && fact.period > newest.period)) newest = fact
  }
  return newest
}

/** Whether the store says that the next period will be charged; null where it does not tell. */
export function willRenew(purchase: Purchase): boolean | null {
  if (purchase.kind === 'one_time') return false
  return purchase.snapshot?.autoRenew ?? null
}

/** The end of what was paid for, an extension counted in. */
export function paidUntil(period: PeriodFact, facts: readonly Fact[]): number {
  return facts.reduce(
    (end, fact) => (fact.kind === 'extended' && fact.period === period.period ? Math.max(end, fact.expiresAt) : end),
    period.expiresAt,
  )
}

/**
 * Since when access to a charge is over, as it stands at `at`; null when it is not, or goes on again. A refund of a period
 * ends nothing by itself: where access went with it, its store says that too, and Stripe's subscriptions outlive theirs.
 * Facts are in time order.
 */
export function endedAt(facts: readonly Fact[], period: string, at: number): number | null {
  let since: number | null = null
  for (const fact of facts) {
    if (fact.period !== period || fact.at > at) continue
    if (fact.kind === 'ended') since ??= fact.at
    if (fact.kind === 'restored') since = null
  }
  return since
}

/** Since when a refund stands that took the charge back; null when there is none, or it was undone. */
export function refundedAt(facts: readonly Fact[], period: string, at: number): number | null {
  const standing = new Map<string, number>()
  for (const fact of facts) {
    if (fact.period !== period || fact.at > at) continue
    if (fact.kind === 'refund' && !fact.keepsAccess) standing.set(fact.refundId, fact.at)
    if (fact.kind === 'refund_reversed') standing.delete(fact.refundId)
  }
  return standing.size === 0 ? null : Math.min(...standing.values())
}

/** When the first period of the chain was bought, forgotten ones included; null while no charge is known. */
export function firstPurchasedAt(purchase: Purchase): number | null {
  if (purchase.summary !== null) return purchase.summary.firstPurchasedAt
  const times = purchase.facts.filter(isCharge).map(({ at }) => at)
  return times.length === 0 ? null : Math.min(...times)
}

/** In the sandbox periods last minutes: every wait is half a period at most, and this at least. */
const SHORTEST = 15_000

/** A wait as it is for this purchase. `lasts`: how long its period lasts. */
export function scaled(wait: number, lasts: number, purchase: Purchase): number {
  if (purchase.key.environment === 'production') return wait
  return Math.max(Math.min(wait, Math.floor(lasts / 2)), SHORTEST)
}
