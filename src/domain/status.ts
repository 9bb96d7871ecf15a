import type { SubscriptionStatus } from './event.ts'
import type { PeriodFact } from './facts.ts'
import { isCharge } from './merge.ts'
import type { Purchase } from './purchase-state.ts'

/**
 * The status of a purchase at an instant: never stored, so it is right at every instant. The newest snapshot tells the
 * state, the newest period what it is a state of. `at` in milliseconds.
 */
export function statusAt(purchase: Purchase, at: number): SubscriptionStatus {
  const period = currentPeriod(purchase)
  if (period === null) return oneTimeStatus(purchase, at)
  if (period.periodType === 'PROMOTIONAL') {
    return at < period.expiresAt && !hasEnded(purchase, period.period, at) ? 'promotional' : 'expired_promotional'
  }
  const { snapshot } = purchase
  const trial = period.periodType === 'TRIAL'
  const status = snapshot?.status ?? 'active'
  if (status === 'paused') return 'paused'
  if (status === 'expired' || status === 'revoked' || status === 'retry') return 'expired'
  if (status === 'grace') {
    if (snapshot?.graceEndsAt != null && at >= snapshot.graceEndsAt) return 'expired'
    return trial ? 'grace_period_trial' : 'grace_period'
  }
  const renews = willRenew(purchase) !== false
  // A store that is about to renew is a few moments late as a rule; only a period that will not be renewed ends by the clock.
  if (!renews && at >= endOfAccess(purchase, period)) return 'expired'
  if (trial) return renews ? 'trial' : 'cancelled_trial'
  if (!renews) return 'cancelled'
  return period.periodType === 'INTRO' ? 'intro' : 'active'
}

/** Whether the store says that the next period will be charged; null where it does not tell. */
export function willRenew(purchase: Purchase): boolean | null {
  if (purchase.kind === 'one_time') return false
  return purchase.snapshot?.autoRenew ?? null
}

/** The newest period of a subscription (a renewal may be dated up to a day ahead), or null for one-time purchases. */
export function currentPeriod(purchase: Purchase): PeriodFact | null {
  let newest: PeriodFact | null = null
  for (const fact of purchase.facts) {
    if (
      fact.kind === 'period' &&
      (newest === null || fact.at > newest.at || (fact.at === newest.at && fact.period > newest.period))
    ) {
      newest = fact
    }
  }
  return newest
}

function endOfAccess(purchase: Purchase, period: PeriodFact): number {
  let end = period.expiresAt
  for (const fact of purchase.facts) {
    if (fact.kind === 'extended' && fact.period === period.period) end = Math.max(end, fact.expiresAt)
  }
  return end
}

function oneTimeStatus(purchase: Purchase, at: number): SubscriptionStatus {
  const charge = purchase.facts.find(isCharge)
  const promotional = charge?.periodType === 'PROMOTIONAL'
  const ended =
    charge === undefined ||
    (charge.expiresAt !== null && at >= charge.expiresAt) ||
    hasEnded(purchase, charge.period, at)
  if (promotional) return ended ? 'expired_promotional' : 'promotional'
  return ended ? 'expired' : 'active'
}

/** Whether an end stands, or a refund that took the access with it: one that was undone does not. */
function hasEnded(purchase: Purchase, period: string, at: number): boolean {
  const standing = new Set<string>()
  for (const fact of purchase.facts) {
    if (fact.period !== period || fact.at > at) continue
    if (fact.kind === 'ended') standing.add('end')
    if (fact.kind === 'restored') standing.delete('end')
    if (fact.kind === 'refund' && !fact.keepsAccess) standing.add(`refund ${fact.refundId}`)
    if (fact.kind === 'refund_reversed') standing.delete(`refund ${fact.refundId}`)
  }
  return standing.size > 0
}
