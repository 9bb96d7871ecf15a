import type { Fact, PeriodFact } from '../facts.ts'
import type { Served } from '../purchase-state.ts'
import type { Tenure } from './rule.ts'

/**
 * How long a subscription has been paid for when a charge is made: after a year of paid service the stores keep less.
 * Lapses of at most 60 days do not begin it anew, and do not count. Trials do not count either (nobody confirmed that:
 * docs/verified.md). https://developer.apple.com/app-store/subscriptions/
 */

const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS
const LAPSE_MS = 60 * DAY_MS
/** A store may renew up to a day before the period ends, which is no day less of service. */
const EARLY_MS = DAY_MS

/** The store's own word (`serviceSince`) where it gives one, else what the periods that are known add up to. */
export function tenureAt(charge: PeriodFact, facts: readonly Fact[], forgotten: Served | null): Tenure {
  const before = facts
    .filter(
      (fact): fact is PeriodFact => fact.kind === 'period' && fact.at < charge.at && fact.period !== charge.period,
    )
    .sort((a, b) => a.at - b.at)
  const since = charge.serviceSince
  if (since === undefined) return tenureOf(servedBy(before, forgotten, charge.at).ms)
  const free = before.filter(({ periodType, at }) => periodType === 'TRIAL' && at >= since)
  const trials = free.reduce((sum, { at, expiresAt }) => sum + Math.max(0, expiresAt - at), 0)
  return tenureOf(charge.at - since - trials + EARLY_MS)
}

function tenureOf(ms: number): Tenure {
  return ms >= YEAR_MS ? '>=1y' : '<1y'
}

/** Paid service of periods in time order, on top of what was before them; a long lapse before `at` begins it anew. */
export function servedBy(periods: readonly PeriodFact[], before: Served | null, at: number | null): Served {
  let { ms, until } = before ?? { ms: 0, until: null }
  for (const [index, period] of periods.entries()) {
    if (until !== null && period.at - until > LAPSE_MS) ms = 0
    // A period that was replaced served until its successor began.
    const next = periods[index + 1]?.at ?? at ?? period.expiresAt
    const end = period.replaced ? Math.min(period.expiresAt, next) : period.expiresAt
    if (period.periodType !== 'TRIAL') ms += Math.max(0, end - period.at)
    until = Math.max(until ?? end, end)
  }
  return at !== null && until !== null && at - until > LAPSE_MS ? { ms: 0, until } : { ms, until }
}
