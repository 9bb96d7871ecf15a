import type { OneTimeFact } from '../facts.ts'
import { about, type Candidate, charged, nothingMoved, type PeriodContext } from './candidate.ts'
import type { Predecessor } from './predecessor.ts'

export function purchaseOf({ period, number }: PeriodContext, before: Predecessor): Candidate[] {
  const out: Candidate[] = []
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
        occurredAt: period.at,
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
      occurredAt: period.at,
      isTrialConversion: begins ? null : before.wasTrial,
      ...(before.exists || period.returnsAfter === undefined ? {} : { returnsAfter: period.returnsAfter }),
      ...charged(period),
    },
  })
  return out
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
