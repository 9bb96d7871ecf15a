import type { Fact, PeriodFact } from '../facts.ts'
import { type ChargeFact, isCharge } from '../merge.ts'
import type { Purchase } from '../purchase-state.ts'
import { accessTrack, oneTimeEnd } from './access.ts'
import type { Candidate, PeriodContext } from './candidate.ts'
import { oneTimePurchase, purchaseOf } from './charges.ts'
import { changeTrack, extensions, pauses } from './notices.ts'
import { type Predecessor, periodsOf, predecessor } from './predecessor.ts'
import { refundTracks } from './refunds.ts'
import { oneTimeCancel, renewalTrack } from './renewal.ts'

/**
 * The rules: merged facts in time order → what happened. A pure function of the facts; what of it is announced is
 * observe.ts's matter. Every store adds facts and none adds rules. The README of the room has the model.
 */
export function deriveTimeline(purchase: Purchase): readonly Candidate[] {
  const charges = purchase.facts.filter(isCharge)
  const periods = periodsOf(purchase)
  const byPeriod = Map.groupBy(purchase.facts, (fact) => fact.period)
  const numbers = numbersOf(purchase, periods)
  const out: Candidate[] = []
  periods.forEach((period, index) => {
    const before = predecessor(purchase, periods, index)
    const number = numbers[index] ?? null
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
    out.push(oneTimePurchase(charge), ...oneTimeCancel(charge, facts), ...oneTimeEnd(charge, facts))
    out.push(...refundTracks(charge, facts, periods, null))
  }
  return out
}

/** The place of each period in its chain, from 1; null from the first on before which one may be missing. */
function numbersOf(purchase: Purchase, periods: readonly PeriodFact[]): readonly (number | null)[] {
  let known = purchase.summary?.periods !== null
  return periods.map((_, index) => {
    known = known && predecessor(purchase, periods, index).certain
    return known ? (purchase.summary?.periods ?? 0) + index + 1 : null
  })
}

/** Whether the places of the first so many periods are known. */
export function isNumbered(purchase: Purchase, periods: number): boolean {
  return numbersOf(purchase, periodsOf(purchase))
    .slice(0, periods)
    .every((number) => number !== null)
}

/** What one charge and the facts about it moved, whatever else is known of the purchase. */
export function moneyOf(charge: ChargeFact, facts: readonly Fact[]): readonly Candidate[] {
  const alone: Predecessor = { exists: false, wasTrial: false, period: null, certain: false }
  const bought =
    charge.kind === 'one_time'
      ? [oneTimePurchase(charge)]
      : purchaseOf({ period: charge, number: null, facts: [] }, alone)
  return [...bought, ...refundTracks(charge, facts, [], null)]
}
