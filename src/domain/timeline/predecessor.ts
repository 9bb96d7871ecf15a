import type { Fact, PeriodFact } from '../facts.ts'
import { compareText } from '../merge.ts'
import type { Purchase } from '../purchase-state.ts'

export interface Predecessor {
  readonly exists: boolean
  readonly wasTrial: boolean
  readonly period: PeriodFact | null
  /** False when another period, not known yet, may lie between. */
  readonly certain: boolean
}

export function predecessor(purchase: Purchase, periods: readonly PeriodFact[], index: number): Predecessor {
  const period = periods[index] as PeriodFact
  const before = periods[index - 1] ?? null
  if (before === null) {
    const { summary } = purchase
    if (summary !== null) return { exists: true, wasTrial: summary.lastWasTrial, period: null, certain: true }
    if (period.firstOfChain || isInHistory(purchase, period))
      return { exists: false, wasTrial: false, period: null, certain: true }
    // The store shows that the chain is older, and what came before is not known.
    return { exists: true, wasTrial: false, period: null, certain: false }
  }
  const certain = isInHistory(purchase, period) || follows(before, period, purchase.facts)
  return { exists: true, wasTrial: certain && before.periodType === 'TRIAL', period: before, certain }
}

function isInHistory(purchase: Purchase, period: PeriodFact): boolean {
  return purchase.historyUpTo !== null && period.at <= purchase.historyUpTo
}

/**
 * Whether nothing can lie between two periods: the second begins where the first ends (give or take half of the shorter
 * one: no third fits), or the first is known to have stopped, or the second replaced it.
 */
function follows(before: PeriodFact, period: PeriodFact, facts: readonly Fact[]): boolean {
  if (period.byChange || before.replaced) return true
  const gap = Math.abs(period.at - before.expiresAt)
  if (gap <= Math.min(before.expiresAt - before.at, period.expiresAt - period.at) / 2) return true
  return facts.some(
    (fact) => fact.period === before.period && (fact.kind === 'ended' || fact.kind === 'billing_failed'),
  )
}

/** Whether the class of a period cannot be told without the store's history. */
export function needsHistory(purchase: Purchase): boolean {
  const periods = periodsOf(purchase)
  return periods.some((_, index) => !predecessor(purchase, periods, index).certain)
}

/** The periods of a subscription in time order. */
export function periodsOf(purchase: Purchase): readonly PeriodFact[] {
  return purchase.facts
    .filter((fact) => fact.kind === 'period')
    .sort((a, b) => a.at - b.at || compareText(a.period, b.period))
}
