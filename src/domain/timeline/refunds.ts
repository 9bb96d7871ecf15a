import type { Fact, PeriodFact, RefundFact } from '../facts.ts'
import type { Happening } from '../happening.ts'
import type { ChargeFact } from '../merge.ts'
import { shareOf } from '../money.ts'
import { about, type Candidate, type Run, runsOf } from './candidate.ts'

type Refunding = 'kept' | 'refunded'

/** Refunds and their undoing, one track per refund of the store (or one for stores that give refunds no id). */
export function refundTracks(
  charge: ChargeFact,
  facts: readonly Fact[],
  periods: readonly PeriodFact[],
  number: number | null,
): Candidate[] {
  const moves = facts.filter((fact) => fact.kind === 'refund' || fact.kind === 'refund_reversed')
  const out: Candidate[] = []
  for (const [refundId, track] of Map.groupBy(moves, (fact) => fact.refundId)) {
    const labelled = track.map((fact) => ({ label: fact.kind === 'refund' ? 'refunded' : 'kept', fact }) as const)
    let share = 0
    for (const run of runsOf<Refunding>(labelled, 'kept')) {
      const refund = run.facts.find((fact): fact is RefundFact => fact.kind === 'refund')
      // A reversal whose refund was never seen has no amount to give back: it is not in the ledger either.
      if (refund !== undefined) share = refund.share
      const base = { n: refundId === '' ? null : refundId, run: run.facts }
      const happening =
        refund === undefined ? reversed(charge, run, share, number) : refunded(charge, refund, periods, number)
      out.push({ ...base, happening })
    }
  }
  return out
}

function refunded(
  charge: ChargeFact,
  refund: RefundFact,
  periods: readonly PeriodFact[],
  number: number | null,
): Omit<Happening, 'n'> {
  const cancels = !refund.keepsAccess && isLatest(charge, refund, periods)
  return {
    ...about(charge, number),
    what: 'refund',
    type: cancels ? 'CANCELLATION' : 'REFUND',
    occurredAt: refund.at,
    expiresAt: charge.expiresAt === null || !cancels ? charge.expiresAt : Math.min(charge.expiresAt, refund.at),
    cancelReason: cancels ? 'CUSTOMER_SUPPORT' : null,
    grossMicros: charge.price === null ? null : -shareOf(charge.price.micros, refund.share),
    currency: charge.price?.currency ?? null,
  }
}

function isLatest(charge: ChargeFact, refund: RefundFact, periods: readonly PeriodFact[]): boolean {
  if (charge.kind === 'one_time') return true
  if (charge.replaced) return false
  if (refund.ofLatest !== null) return refund.ofLatest
  return !periods.some((other) => other.at > charge.at && other.at <= refund.at)
}

function reversed(charge: ChargeFact, run: Run<Refunding>, share: number, number: number | null): Omit<Happening, 'n'> {
  return {
    ...about(charge, number),
    what: 'refund_reversed',
    type: 'REFUND_REVERSED',
    occurredAt: (run.facts[0] as Fact).at,
    grossMicros: charge.price === null ? null : shareOf(charge.price.micros, share),
    currency: charge.price?.currency ?? null,
  }
}
