import type { Fact, OneTimeFact, PeriodFact } from '../facts.ts'
import { about, type Candidate, charged, nothingMoved, type PeriodContext } from './candidate.ts'
import type { Predecessor } from './predecessor.ts'

export function purchaseOf({ period, number, facts }: PeriodContext, before: Predecessor): Candidate[] {
  const out: Candidate[] = []
  const occurredAt = chargedBy(period, facts)
  const old = before.period
  if (old !== null && old.productId !== period.productId && (period.byChange || old.replaced)) {
    out.push({
      n: null,
      run: [period],
      happening: {
        ...about(old, number === null ? null : number - 1),
        what: 'change',
        period: period.period,
        type: 'PRODUCT_CHANGE',
        occurredAt,
        newProductId: period.productId,
        ...nothingMoved(old),
      },
    })
  }
  const begins = !before.exists || period.periodType === 'TRIAL' || period.boughtAnew === true
  out.push({
    n: '1',
    run: [period],
    happening: {
      ...about(period, number),
      what: 'purchase',
      type: begins ? 'INITIAL_PURCHASE' : 'RENEWAL',
      occurredAt,
      isTrialConversion: begins ? null : before.wasTrial,
      ...(before.exists || period.returnsAfter === undefined ? {} : { returnsAfter: period.returnsAfter }),
      ...charged(period),
    },
  })
  return out
}

/**
 * A renewal is dated when its period begins, and the App Store charges it up to a day before. What is taken back in those
 * hours was charged by then, so the renewal is dated no later. (A switch may lie before its charge: Stripe charges an hour
 * after the period began.)
 */
function chargedBy(period: PeriodFact, facts: readonly Fact[]): number {
  const taken = facts.find(({ kind }) => kind === 'ended' || kind === 'refund')
  return Math.min(period.at, taken?.at ?? period.at)
}

export function oneTimePurchase(charge: OneTimeFact): Candidate {
  return {
    n: '1',
    run: [charge],
    happening: {
      ...about(charge, null),
      what: 'purchase',
      type: 'NON_RENEWING_PURCHASE',
      occurredAt: charge.at,
      ...charged(charge),
    },
  }
}
