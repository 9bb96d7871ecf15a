import type { CancelReason } from '../event.ts'
import type { BillingFailedFact, Fact, OneTimeFact, PeriodFact } from '../facts.ts'
import { about, type Candidate, nothingMoved, type PeriodContext, type Run, runsOf } from './candidate.ts'

type Renewal = 'on' | 'off' | 'failing'

/**
 * Off and on again are a cancellation and its undoing. A failed charge is a billing issue and a cancellation at the same
 * instant, once per period: after it, switches change the state and announce nothing, until a charge succeeds.
 */
export function renewalTrack(context: PeriodContext): Candidate[] {
  const { period, facts } = context
  const end = accessEnd(period, facts)
  const labelled: { readonly label: Renewal; readonly fact: Fact }[] = []
  let failing = false
  for (const fact of facts) {
    const label = renewalLabel(fact, end)
    if (label === null) continue
    failing ||= label === 'failing'
    labelled.push({ label: failing ? 'failing' : label, fact })
  }
  const start: Renewal = period.startsCancelled === true ? 'off' : 'on'
  return runsOf(labelled, start)
    .filter(
      (run) => run.label !== 'off' || startKnown(period) || run.facts.some((fact) => fact.kind === 'renewal_switch'),
    )
    .flatMap((run) => renewalHappenings(context, run))
}

/**
 * What is bought once is not renewed, but it can be called off (a promotional grant by who gave it): where that ended
 * the access, the cancellation says so.
 */
export function oneTimeCancel(charge: OneTimeFact, facts: readonly Fact[]): Candidate[] {
  const steps = facts
    .filter((fact) => fact.kind === 'renewal_switch')
    .map((fact) => ({ label: fact.on ? 'on' : 'off', fact }) as const)
  return runsOf<'on' | 'off'>(steps, 'on')
    .filter((run) => run.label === 'off')
    .map((run) => ({
      n: null,
      run: run.facts,
      happening: {
        ...about(charge, null),
        expiresAt: facts.reduce(
          (end, fact) => (fact.kind === 'ended' ? Math.min(end ?? fact.at, fact.at) : end),
          charge.expiresAt,
        ),
        what: 'cancel',
        type: 'CANCELLATION',
        occurredAt: (run.facts[0] as Fact).at,
        cancelReason: switchReason(run.facts),
        ...nothingMoved(charge),
      },
    }))
}

/**
 * A cancellation that only the end of access shows is announced when the period is known to have begun with auto-renew
 * on: Apple charges people who cancel less than a day before the renewal, and their cancellation belongs to the period
 * before.
 */
function startKnown(period: PeriodFact): boolean {
  return period.startsCancelled !== null || period.firstOfChain
}

function renewalLabel(fact: Fact, accessEndsAt: number): Renewal | null {
  switch (fact.kind) {
    case 'renewal_switch':
      // After the end of access a switch belongs to the next purchase: noise beside a resubscription.
      if (fact.at >= accessEndsAt) return null
      return fact.on ? 'on' : 'off'
    case 'billing_failed':
      return 'failing'
    case 'ended':
      return fact.implies === 'cancelled' ? 'off' : fact.implies === 'billing_failed' ? 'failing' : null
    default:
      return null
  }
}

function renewalHappenings(context: PeriodContext, run: Run<Renewal>): Candidate[] {
  const { period, number } = context
  const first = run.facts[0] as Fact
  const common = { ...about(period, number), occurredAt: first.at, ...nothingMoved(period) }
  const cancelled = (cancelReason: CancelReason): Candidate => ({
    n: null,
    run: run.facts,
    happening: { ...common, what: 'cancel', type: 'CANCELLATION', cancelReason },
  })
  switch (run.label) {
    case 'on':
      return [{ n: null, run: run.facts, happening: { ...common, what: 'uncancel', type: 'UNCANCELLATION' } }]
    case 'off':
      return [cancelled(switchReason(run.facts))]
    case 'failing': {
      const graceEndsAt = graceEnd(run.facts)
      const issue = {
        ...common,
        what: 'billing_issue',
        type: 'BILLING_ISSUE',
        gracePeriodExpiresAt: graceEndsAt,
      } as const
      return [{ n: null, run: run.facts, happening: issue }, cancelled('BILLING_ERROR')]
    }
  }
}

function switchReason(facts: readonly Fact[]): CancelReason {
  for (const fact of facts) if (fact.kind === 'renewal_switch') return fact.reason
  for (const fact of facts)
    if (fact.kind === 'ended') return fact.reason === 'PRICE_INCREASE' ? 'PRICE_INCREASE' : 'UNSUBSCRIBE'
  return 'UNKNOWN'
}

function graceEnd(facts: readonly Fact[]): number | null {
  const ends = facts
    .filter((fact): fact is BillingFailedFact => fact.kind === 'billing_failed')
    .map((fact) => fact.graceEndsAt)
  return ends.reduce<number | null>((latest, end) => (end === null ? latest : Math.max(latest ?? end, end)), null)
}

/** The end of access in a period as far as its facts tell: its own end, a grace, an extension, or an earlier end. */
function accessEnd(period: PeriodFact, facts: readonly Fact[]): number {
  let end = Math.max(period.expiresAt, graceEnd(facts) ?? 0)
  for (const fact of facts) if (fact.kind === 'extended') end = Math.max(end, fact.expiresAt)
  for (const fact of facts) if (fact.kind === 'ended' && fact.at < end && !restoredAfter(facts, fact.at)) end = fact.at
  return end
}

function restoredAfter(facts: readonly Fact[], at: number): boolean {
  return facts.some((fact) => fact.kind === 'restored' && fact.at > at)
}
