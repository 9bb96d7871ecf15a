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
  const shown = byDates(purchase, periods, index)
  const told = periods[index]?.follows
  if (told === undefined) return shown
  // What lies between stays as unknown as it was; that something, or nothing, came before does not.
  if (told === 'nothing') return { exists: false, wasTrial: false, period: shown.period, certain: true }
  return { ...shown, exists: true, wasTrial: told === 'trial' }
}

function byDates(purchase: Purchase, periods: readonly PeriodFact[], index: number): Predecessor {
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
  const certain = isInHistory(purchase, period) || adjoins(before, period, purchase.facts)
  const plausible = certain || mayFollow(before, period, purchase.facts)
  return { exists: true, wasTrial: plausible && before.periodType === 'TRIAL', period: before, certain }
}

function isInHistory(purchase: Purchase, period: PeriodFact): boolean {
  return purchase.historyUpTo !== null && period.at <= purchase.historyUpTo
}

/** A year's eighth would hold a week's trial; no store's trial is shorter than three days. */
const CLOSE_MS = 2 * 86_400_000

/**
 * The second begins where the first ends, so closely that no other period lies between. Only its own message shows that
 * it did not begin by a change, and a change soon after the beginning of the first looks the same by its dates: so the
 * product must be the one that was to follow.
 */
function adjoins(before: PeriodFact, period: PeriodFact, facts: readonly Fact[]): boolean {
  if (!period.own || period.byChange || before.replaced) return false
  const close = gapShare(before, period) <= 1 / 8 && Math.abs(period.at - before.expiresAt) <= CLOSE_MS
  return close && wasToFollow(before, period, facts)
}

function wasToFollow(before: PeriodFact, period: PeriodFact, facts: readonly Fact[]): boolean {
  if (period.productId === before.productId) return true
  return facts.some(
    (fact) => fact.kind === 'change_requested' && fact.period === before.period && fact.productId === period.productId,
  )
}

/** What is assumed where the history cannot be asked: nothing was missed when the first is known to have stopped. */
function mayFollow(before: PeriodFact, period: PeriodFact, facts: readonly Fact[]): boolean {
  if (period.byChange || before.replaced || gapShare(before, period) <= 1 / 2) return true
  return facts.some(
    (fact) => fact.period === before.period && (fact.kind === 'ended' || fact.kind === 'billing_failed'),
  )
}

/** The distance between the end of one and the beginning of the other, as a share of the shorter. */
function gapShare(before: PeriodFact, period: PeriodFact): number {
  return Math.abs(period.at - before.expiresAt) / Math.min(before.expiresAt - before.at, period.expiresAt - period.at)
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
