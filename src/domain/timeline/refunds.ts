import type { Fact, PeriodFact, RefundFact } from '../facts.ts'
import type { Happening } from '../happening.ts'
import type { ChargeFact } from '../merge.ts'
import { type Money, shareOf } from '../money.ts'
import { about, type Candidate, nothingMoved, type Run, runsOf } from './candidate.ts'

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
    let latest: RefundFact | null = null
    for (const run of runsOf<Refunding>(labelled, 'kept')) {
      const refund = run.facts.find((fact): fact is RefundFact => fact.kind === 'refund')
      // A reversal whose refund was never seen has no amount to give back: it is not in the ledger either.
      latest = run.facts.findLast((fact): fact is RefundFact => fact.kind === 'refund') ?? latest
      const base = { n: refundId === '' ? null : refundId, run: run.facts }
      const happening =
        refund === undefined ? reversed(charge, run, latest, number) : refunded(charge, refund, periods, number)
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
    ...moved(charge, refund, -1),
  }
}

function isLatest(charge: ChargeFact, refund: RefundFact, periods: readonly PeriodFact[]): boolean {
  if (charge.kind === 'one_time') return true
  // What the message itself shows comes first: the period may have been replaced after the refund.
  if (refund.ofLatest !== null) return refund.ofLatest
  if (charge.replaced) return false
  return !periods.some((other) => other.at > charge.at && other.at <= refund.at)
}

function reversed(
  charge: ChargeFact,
  run: Run<Refunding>,
  refund: RefundFact | null,
  number: number | null,
): Omit<Happening, 'n'> {
  return {
    ...about(charge, number),
    what: 'refund_reversed',
    type: 'REFUND_REVERSED',
    occurredAt: (run.facts[0] as Fact).at,
    ...(refund === null ? nothingMoved(charge) : moved(charge, refund, 1)),
  }
}

/** The amount that the store tells; else the share of the price, which is unknown where the price is. */
function moved(charge: ChargeFact, refund: RefundFact, sign: 1 | -1): Pick<Happening, 'grossMicros' | 'currency'> {
  if (refund.amount !== null) return signed(refund.amount, sign)
  if (charge.price === null || charge.mentioned === true)
    return { grossMicros: null, currency: charge.price?.currency ?? null }
  return signed({ ...charge.price, micros: shareOf(charge.price.micros, refund.share) }, sign)
}

function signed({ micros, currency }: Money, sign: 1 | -1): Pick<Happening, 'grossMicros' | 'currency'> {
  return { grossMicros: micros === 0 ? 0 : sign * micros, currency }
}
