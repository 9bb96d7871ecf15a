import type { CancelReason, ExpirationReason } from '../../domain/event.ts'
import type { EndedFact, Fact } from '../../domain/facts.ts'
import type { Snapshot } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { Place } from './in-force.ts'
import { productOf } from './periods.ts'
import { type Before, type Item, isFailing, type Subscription } from './subscription.ts'

/** A fact whose period is told by its place. */
export interface Pending {
  readonly place: Place
  readonly fact: (period: string) => Fact
}

/** One item of a subscription as an event or an answer of the API shows it. */
export interface Shown {
  readonly app: App
  readonly subscription: Subscription
  readonly item: Item
  /** What the event says of before; null when it is no update. */
  readonly before: Before | null
  /** The event is the subscription's own end. */
  readonly deleted: boolean
  /** The event's time, or the clock's when it was fetched. */
  readonly at: number
}

type Voice = Pick<Fact, 'own' | 'inferred'>
const OWN: Voice = { own: true, inferred: false }
const TOLD: Voice = { own: false, inferred: false }
const SHOWN: Voice = { own: false, inferred: true }

/** Everything dated that a subscription shows of one item, its charges aside. */
export function shownBy(shown: Shown): readonly Pending[] {
  return [...cancellation(shown), ...failure(shown), ...end(shown), ...change(shown), ...longerTrial(shown)]
}

/** Why somebody cancelled. https://docs.stripe.com/api/subscriptions/object#subscription_object-cancellation_details-reason */
function reasonOf({ cancelReason }: Subscription): CancelReason {
  switch (cancelReason) {
    case 'payment_disputed':
      return 'CUSTOMER_SUPPORT'
    case 'canceled_by_retention_policy':
      return 'DEVELOPER_INITIATED'
    case 'payment_failed':
      return 'BILLING_ERROR'
    default:
      return 'UNSUBSCRIBE'
  }
}

/**
 * Stripe keeps the moment of a cancellation (`canceled_at`), so that every later sight of it gives the fact of its own
 * message. One that takes effect at once is a moment before its end.
 */
function cancellation({ subscription, before, at }: Shown): readonly Pending[] {
  const { status, endedAt, cancels, canceledAt } = subscription
  const off = (when: number, voice: Voice): Pending => ({
    place: { rule: 'switch', at: when },
    fact: (period) => ({
      kind: 'renewal_switch',
      at: when,
      period,
      ...voice,
      on: false,
      reason: reasonOf(subscription),
    }),
  })
  if (status === 'canceled') {
    if (isFailing(subscription) || endedAt === null) return []
    return [off(Math.min(canceledAt ?? endedAt, endedAt - 1), TOLD)]
  }
  if (before?.cancels === false && cancels) return [off(canceledAt ?? at, OWN)]
  if (before?.cancels === true && !cancels)
    return [
      {
        place: { rule: 'switch', at },
        fact: (period) => ({ kind: 'renewal_switch', at, period, ...OWN, on: true, reason: 'UNKNOWN' }),
      },
    ]
  return cancels && canceledAt !== null ? [off(canceledAt, TOLD)] : []
}

/** `past_due` is Stripe's grace: access goes on while it retries, and nobody says for how long. */
function failure({ subscription, item, before, at }: Shown): readonly Pending[] {
  if (subscription.status !== 'past_due' && subscription.status !== 'unpaid') return []
  const own = before?.status != null && before.status !== 'past_due' && before.status !== 'unpaid'
  // The attempt was made with the cycle, or an hour later; only its own message has the time.
  const when = own ? at : (item.periodStart ?? at)
  return [
    {
      place: { rule: 'last', at },
      fact: (period) => ({ kind: 'billing_failed', at: when, period, ...(own ? OWN : SHOWN), graceEndsAt: null }),
    },
  ]
}

function end({ subscription, item, before, deleted, at }: Shown): readonly Pending[] {
  const { status, endedAt } = subscription
  const trialEnd = subscription.trial?.end ?? null
  const turned = before?.status != null && before.status !== status
  const ended = (when: number, own: boolean, why: Pick<EndedFact, 'reason' | 'implies'>): readonly Pending[] => [
    {
      place: { rule: 'last', at: when },
      fact: (period) => ({ kind: 'ended', at: when, period, ...(own ? OWN : SHOWN), ...why }),
    },
  ]
  switch (status) {
    case 'canceled':
      return ended(endedAt ?? at, deleted, whyEnded(subscription))
    case 'unpaid':
      return ended(turned ? at : (item.periodStart ?? at), turned, {
        reason: 'BILLING_ERROR',
        implies: 'billing_failed',
      })
    case 'paused': {
      // A trial without a payment method pauses at its end; who pauses otherwise does it now.
      const atTrialEnd =
        trialEnd !== null && trialEnd <= at && (item.periodEnd === trialEnd || item.periodStart === trialEnd)
      const when = atTrialEnd ? trialEnd : turned ? at : (item.periodStart ?? at)
      return ended(when, turned, { reason: 'SUBSCRIPTION_PAUSED', implies: 'nothing' })
    }
    default:
      return []
  }
}

function whyEnded(subscription: Subscription): Pick<EndedFact, 'reason' | 'implies'> {
  const reason: ExpirationReason = reasonOf(subscription)
  if (reason === 'BILLING_ERROR') return { reason, implies: 'billing_failed' }
  return { reason, implies: reason === 'UNSUBSCRIBE' ? 'cancelled' : 'nothing' }
}

function change({ app, item, before, at }: Shown): readonly Pending[] {
  const old = before?.items?.find(({ id }) => id === item.id)
  if (old === undefined) return []
  const [from, to] = [productOf(app, old), productOf(app, item)]
  return from === to ? [] : [chosen(to, from, at, OWN)]
}

function longerTrial({ subscription, before, at }: Shown): readonly Pending[] {
  const { status, trial } = subscription
  const moved = before?.trialEnd ?? null
  if (status !== 'trialing' || trial === null || moved === null || moved >= trial.end) return []
  return [extended(at, trial.end, OWN)]
}

/** The end of the period in force was moved. */
export function extended(at: number, expiresAt: number, voice: Voice): Pending {
  return {
    place: { rule: 'last', at },
    fact: (period) => ({ kind: 'extended', at, period, ...voice, expiresAt }),
  }
}

export function chosen(productId: string, from: string | null, at: number, voice: Voice): Pending {
  return {
    place: { rule: 'change', at, from },
    fact: (period) => ({ kind: 'change_requested', at, period, ...voice, productId }),
  }
}

/** An item that was taken off the subscription: its line ends. */
export function takenOff(at: number): readonly Pending[] {
  return [
    {
      place: { rule: 'switch', at: at - 1 },
      fact: (period) => ({ kind: 'renewal_switch', at: at - 1, period, ...OWN, on: false, reason: 'UNSUBSCRIBE' }),
    },
    {
      place: { rule: 'last', at },
      fact: (period) => ({ kind: 'ended', at, period, ...OWN, reason: 'UNSUBSCRIBE', implies: 'cancelled' }),
    },
  ]
}

/** Two events of one second: the one further on in a subscription's life is the newer. */
const PROGRESS: Readonly<Record<string, number>> = {
  trialing: 1,
  active: 2,
  past_due: 3,
  unpaid: 4,
  paused: 4,
  canceled: 6,
}

const STATUSES: Readonly<Record<string, Snapshot['status']>> = {
  trialing: 'active',
  active: 'active',
  past_due: 'grace',
  unpaid: 'retry',
  paused: 'paused',
  canceled: 'expired',
}

/** The state; null while the first payment is open, and for a status that is not known yet. */
export function snapshotOf(subscription: Subscription, version: number, fetched: boolean): Snapshot | null {
  const status = STATUSES[subscription.status]
  if (status === undefined) return null
  return {
    version: fetched ? version : version + (PROGRESS[subscription.status] ?? 0),
    status,
    autoRenew: status === 'expired' ? false : !subscription.cancels,
    pendingProductId: null,
    graceEndsAt: null,
    resumesAt: null,
  }
}
