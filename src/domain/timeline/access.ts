import type { ExpirationReason } from '../event.ts'
import type { EndedFact, Fact, OneTimeFact } from '../facts.ts'
import type { ChargeFact } from '../merge.ts'
import { type About, about, type Candidate, nothingMoved, type PeriodContext, type Run, runsOf } from './candidate.ts'

type Access = 'open' | 'ended'

/**
 * Access ends once; it can end again only after something restored it. A replaced period has no end of its own: only one
 * that was taken back before the change stands.
 */
export function accessTrack({ period, number, facts }: PeriodContext): Candidate[] {
  const ends = endings(facts)
  const told = period.replaced ? ends.filter((run) => restoredAfter(facts, run)) : ends
  return told.map((run) => expiration(about(period, number), period, run))
}

function restoredAfter(facts: readonly Fact[], run: Run<Access>): boolean {
  const last = run.facts.at(-1)
  return last !== undefined && facts.slice(facts.indexOf(last)).some((fact) => fact.kind === 'restored')
}

export function oneTimeEnd(charge: OneTimeFact, facts: readonly Fact[]): Candidate[] {
  // A purchase for ever can be refunded, which is a cancellation; only what has a term, or was lent, expires.
  if (charge.expiresAt === null && charge.periodType !== 'PROMOTIONAL') return []
  return endings(facts).map((run) => expiration(about(charge, null), charge, run))
}

function endings(facts: readonly Fact[]): readonly Run<Access>[] {
  const labelled: { readonly label: Access; readonly fact: Fact }[] = []
  for (const fact of facts) {
    if (fact.kind === 'ended') labelled.push({ label: 'ended', fact })
    if (fact.kind === 'restored') labelled.push({ label: 'open', fact })
  }
  return runsOf<Access>(labelled, 'open').filter((run) => run.label === 'ended')
}

function expiration(base: About, charge: ChargeFact, run: Run<Access>): Candidate {
  const ends = run.facts.filter((fact): fact is EndedFact => fact.kind === 'ended')
  const first = ends[0] as EndedFact
  return {
    n: null,
    run: run.facts,
    happening: {
      ...base,
      what: 'expire',
      type: 'EXPIRATION',
      occurredAt: first.at,
      expiresAt: first.at,
      expirationReason: endReason(ends, first.at),
      ...nothingMoved(charge),
    },
  }
}

/** Of the reasons given for the same end, the strongest: a refund, then what the store names, then its guess. */
const REASON_STRENGTH: Readonly<Record<ExpirationReason, number>> = {
  CUSTOMER_SUPPORT: 6,
  SUBSCRIPTION_PAUSED: 5,
  PRICE_INCREASE: 4,
  DEVELOPER_INITIATED: 3,
  BILLING_ERROR: 2,
  UNSUBSCRIBE: 1,
  UNKNOWN: 0,
}

function endReason(ends: readonly EndedFact[], at: number): ExpirationReason {
  const reasons = ends.filter((end) => end.at === at).map((end) => end.reason)
  return reasons.reduce((best, reason) => (REASON_STRENGTH[reason] > REASON_STRENGTH[best] ? reason : best), 'UNKNOWN')
}
