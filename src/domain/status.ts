import { accessAt } from './access.ts'
import type { SubscriptionStatus } from './event.ts'
import type { Purchase } from './purchase-state.ts'
import { currentPeriod, willRenew } from './term.ts'

/**
 * The status of a purchase at an instant: never stored, so it is right at every instant. Whether there is access decides
 * first, but for silence, which ends access and no subscription; which kind it is, the newest period tells, a renewal that
 * is dated ahead among them. `at` in milliseconds.
 */
export function statusAt(purchase: Purchase, at: number): SubscriptionStatus {
  const access = accessAt(purchase, at)
  const promotional = access?.charge.periodType === 'PROMOTIONAL'
  if (access === null || (!access.active && access.standing !== 'silent')) {
    if (promotional) return 'expired_promotional'
    return purchase.snapshot?.status === 'paused' ? 'paused' : 'expired'
  }
  if (promotional) return 'promotional'
  const period = currentPeriod(purchase)
  if (period === null) return 'active'
  const trial = period.periodType === 'TRIAL'
  if (purchase.snapshot?.status === 'grace') return trial ? 'grace_period_trial' : 'grace_period'
  const renews = willRenew(purchase) !== false
  if (trial) return renews ? 'trial' : 'cancelled_trial'
  if (!renews) return 'cancelled'
  return period.periodType === 'INTRO' ? 'intro' : 'active'
}
