import type { ChangeRequestedFact, Fact, PauseScheduledFact } from '../facts.ts'
import { about, type Candidate, nothingMoved, type PeriodContext, runsOf } from './candidate.ts'

/** A product chosen for the next period is announced once; choosing the present one calls it off without a word. */
export function changeTrack({ period, number, facts }: PeriodContext): Candidate[] {
  const requests = facts.filter((fact): fact is ChangeRequestedFact => fact.kind === 'change_requested')
  const runs = runsOf(
    requests.map((fact) => ({ label: fact.productId, fact })),
    period.productId,
  )
  return runs
    .filter((run) => run.label !== period.productId)
    .map((run) => ({
      n: null,
      run: run.facts,
      happening: {
        ...about(period, number),
        what: 'change',
        type: 'PRODUCT_CHANGE',
        occurredAt: (run.facts[0] as Fact).at,
        newProductId: run.label === '' ? null : run.label,
        ...nothingMoved(period),
      },
    }))
}

/** Once a period: a store that cannot tell a second notice from a change of the first gets one announcement. */
export function pauses({ period, number, facts }: PeriodContext): Candidate[] {
  const notices = facts.filter((fact): fact is PauseScheduledFact => fact.kind === 'pause_scheduled')
  const first = notices[0]
  if (first === undefined) return []
  return [
    {
      n: null,
      run: notices,
      happening: {
        ...about(period, number),
        what: 'pause',
        type: 'SUBSCRIPTION_PAUSED',
        occurredAt: first.at,
        autoResumeAt: first.resumesAt,
        ...nothingMoved(period),
      },
    },
  ]
}

export function extensions({ period, number, facts }: PeriodContext): Candidate[] {
  return facts
    .filter((fact) => fact.kind === 'extended')
    .map((fact) => ({
      n: null,
      run: [fact],
      happening: {
        ...about(period, number),
        what: 'extend',
        type: 'SUBSCRIPTION_EXTENDED',
        occurredAt: fact.at,
        expiresAt: fact.expiresAt,
        ...nothingMoved(period),
      },
    }))
}
