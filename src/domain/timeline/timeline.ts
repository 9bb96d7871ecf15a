import { isCharge } from '../merge.ts'
import type { Purchase } from '../purchase-state.ts'
import { accessTrack, oneTimeEnd } from './access.ts'
import type { Candidate, PeriodContext } from './candidate.ts'
import { oneTimePurchase, purchaseOf } from './charges.ts'
import { changeTrack, extensions, pauses } from './notices.ts'
import { periodsOf, predecessor } from './predecessor.ts'
import { refundTracks } from './refunds.ts'
import { renewalTrack } from './renewal.ts'

/**
 * The rules: merged facts in time order → what happened. A pure function of the facts; what of it is announced is
 * observe.ts's matter. Every store adds facts and none adds rules. The README of the room has the model.
 */
export function deriveTimeline(purchase: Purchase): readonly Candidate[] {
  const charges = purchase.facts.filter(isCharge)
  const periods = periodsOf(purchase)
  const byPeriod = Map.groupBy(purchase.facts, (fact) => fact.period)
  const out: Candidate[] = []
  let chainKnown = true
  periods.forEach((period, index) => {
    const before = predecessor(purchase, periods, index)
    chainKnown = chainKnown && before.certain
    const number = chainKnown ? (purchase.summary?.periods ?? 0) + index + 1 : null
    const context: PeriodContext = {
      period,
      number,
      facts: (byPeriod.get(period.period) ?? []).filter((fact) => !isCharge(fact)),
    }
    out.push(...purchaseOf(context, before), ...renewalTrack(context), ...accessTrack(context), ...changeTrack(context))
    out.push(...pauses(context), ...extensions(context), ...refundTracks(period, context.facts, periods, number))
  })
  for (const charge of charges) {
    if (charge.kind !== 'one_time') continue
    const facts = (byPeriod.get(charge.period) ?? []).filter((fact) => !isCharge(fact))
    out.push(oneTimePurchase(charge), ...oneTimeEnd(charge, facts), ...refundTracks(charge, facts, periods, null))
  }
  return out
}
