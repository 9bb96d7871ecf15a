import type { Mend, RecordOutcome, RequestOutcome } from '../destinations/destination.ts'
import type { DeliveryRow } from '../storage/rows.ts'
import type { DeliveryChange } from '../storage/storage.ts'
import { jittered, RECORD_WAITS } from './schedule.ts'
import type { Rider } from './send.ts'

/** How a delivery goes on after a request: what is written of it, and what that means for its customer's queue. */
export interface Settled {
  readonly change: DeliveryChange
  /** When the queue may try again (milliseconds); null: its next delivery may go at once. */
  readonly waitUntil: number | null
  readonly step: number
  readonly alone: boolean
}

export interface SettleContext {
  readonly now: number
  readonly random: () => number
  /** Steps of the record schedule that this queue has taken already. */
  readonly step: number
  readonly identity: string
  readonly notes: readonly string[]
  readonly attemptIds: readonly string[]
  readonly whenUnknown: 'retry' | 'hold'
  /** Refused as a whole it waits: a paused channel's probe, which a person may still mend, or one refused in company. */
  readonly keepCulprit: boolean
}

/** A delivery as it is, for changes that are about one thing. */
export function unchanged(delivery: DeliveryRow): DeliveryChange {
  return {
    id: delivery.id,
    status: delivery.status,
    reason: delivery.reason,
    advice: delivery.advice,
    attempts: delivery.attempts,
    done: delivery.done,
    mends: delivery.mends,
    notes: delivery.notes,
    identity: delivery.identity,
    mayBeDoubled: delivery.mayBeDoubled,
    settledAt: delivery.settledAt,
    attemptIds: [],
  }
}

/** A delivery that ends without a request (expired, blanked, not renderable). */
export function ended(
  delivery: DeliveryRow,
  status: 'failed' | 'skipped',
  reason: string,
  advice: string | null,
  now: number,
): DeliveryChange {
  return { ...unchanged(delivery), status, reason, advice, settledAt: now }
}

/** What a request as a whole, when it did not get through, means for a delivery in it. */
export function settleByRequest(
  rider: Rider,
  outcome: Exclude<RequestOutcome, { kind: 'records' }>,
  context: SettleContext,
): Settled {
  const base = attempted(rider.delivery, context)
  switch (outcome.kind) {
    case 'failed':
      if (outcome.mayHaveArrived && context.whenUnknown === 'hold') return unknownHeld(base, outcome.reason, context)
      return waiting(
        { ...base, reason: outcome.reason, mayBeDoubled: base.mayBeDoubled || outcome.mayHaveArrived },
        context,
      )
    case 'refused':
      return waiting({ ...base, reason: outcome.reason, advice: outcome.advice }, context)
    case 'split':
      if (context.keepCulprit) return waiting({ ...base, reason: outcome.reason, advice: outcome.advice }, context)
      return final({
        ...base,
        status: 'failed',
        reason: outcome.reason,
        advice: outcome.advice,
        settledAt: context.now,
      })
  }
}

/** What the outcomes of its records mean for a delivery. */
export function settleByRecords(rider: Rider, outcomes: readonly RecordOutcome[], context: SettleContext): Settled {
  const base = attempted(rider.delivery, context)
  const done = [...base.done]
  outcomes.forEach((outcome, index) => {
    const record = rider.records[index]
    if (outcome.kind === 'delivered' && record !== undefined) done.push(record.kind)
  })
  const so: DeliveryChange = { ...base, done }
  const rest = outcomes.filter((outcome) => outcome.kind !== 'delivered')
  if (rest.length === 0)
    return final({ ...so, status: 'delivered', reason: null, advice: null, settledAt: context.now })
  const refused = rest.find(
    (outcome) => outcome.kind === 'refused' || (outcome.kind === 'mend' && base.mends.includes(outcome.mend)),
  )
  if (refused !== undefined && (refused.kind === 'refused' || refused.kind === 'mend')) {
    return final({ ...so, status: 'failed', reason: said(refused), advice: refused.advice, settledAt: context.now })
  }
  const unknown = rest.find((outcome) => outcome.kind === 'unknown')
  if (unknown?.kind === 'unknown') {
    // Each sending may be a double, so they do not follow each other without end or pause.
    const wait = context.whenUnknown === 'hold' ? undefined : RECORD_WAITS[context.step]
    if (wait === undefined) return unknownHeld(so, unknown.reason, context)
    return { ...later({ ...so, mayBeDoubled: true }, unknown.reason, wait, context), alone: true }
  }
  const transient = rest.find((outcome) => outcome.kind === 'transient')
  if (transient?.kind === 'transient') return again(so, said(transient), context)
  const mends = rest.flatMap((outcome): Mend[] => (outcome.kind === 'mend' ? [outcome.mend] : []))
  return waiting(
    { ...so, mends: [...new Set([...so.mends, ...mends])], notes: [...so.notes, ...rest.map(said)] },
    context,
  )
}

function attempted(delivery: DeliveryRow, context: SettleContext): DeliveryChange {
  return {
    ...unchanged(delivery),
    reason: null,
    advice: null,
    attempts: delivery.attempts + 1,
    identity: context.identity,
    notes: [...new Set([...delivery.notes, ...context.notes])],
    attemptIds: context.attemptIds,
  }
}

function final(change: DeliveryChange): Settled {
  return { change, waitUntil: null, step: 0, alone: false }
}

function waiting(change: DeliveryChange, context: SettleContext): Settled {
  return { change, waitUntil: context.now, step: context.step, alone: false }
}

/** The destination could not take the record for now: this customer waits, and fails after the last wait. */
function again(change: DeliveryChange, reason: string, context: SettleContext): Settled {
  const wait = RECORD_WAITS[context.step]
  if (wait !== undefined) return later(change, reason, wait, context)
  const advice = 'The destination could not take it for over an hour and a half; retry it when the destination is well.'
  return final({ ...change, status: 'failed', reason, advice, settledAt: context.now })
}

function later(change: DeliveryChange, reason: string, wait: number, context: SettleContext): Settled {
  return {
    change: { ...change, reason },
    waitUntil: context.now + jittered(wait, context.random),
    step: context.step + 1,
    alone: false,
  }
}

function unknownHeld(change: DeliveryChange, reason: string, context: SettleContext): Settled {
  const advice = `Look for it at the destination, then say "it arrived" or "send again" (${reason}).`
  return final({
    ...change,
    status: 'failed',
    reason: 'outcome_unknown',
    advice,
    mayBeDoubled: true,
    settledAt: context.now,
  })
}

function said(outcome: RecordOutcome): string {
  return outcome.kind === 'delivered' || outcome.kind === 'unknown' ? '' : `${outcome.code}: ${outcome.reason}`
}
