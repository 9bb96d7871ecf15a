import type { Fact, PeriodFact } from '../../domain/facts.ts'
import { PPM } from '../../domain/money.ts'
import type { Notification } from './notification.ts'
import { type LineView, slackOf } from './periods.ts'
import { END_BY_PAUSE, END_BY_REFUND, END_OF_BILLING, endOf, periodAt, reasonOf, targetOf } from './state.ts'

const REPORTED = { own: true, inferred: false } as const
const DAY = 86_400_000
const MINUTE = 60_000

/**
 * What a notification attests by its type and time, unless the purchase as it was read excludes it: that a charge was its
 * own, a switch, a failure, an end. developer.android.com/google/play/billing/rtdn-reference
 */
export function attestedFacts(notification: Notification, view: LineView): readonly Fact[] {
  if (notification.kind === 'voided') return voidedFacts(notification, view)
  if (notification.kind !== 'subscription') return []
  const at = notification.about.at
  const period = periodAt(view.periods, at)
  if (period === null) return []
  const of = { at, period: period.period, ...REPORTED }
  switch (notification.type) {
    case 1:
    case 2:
      return chargeFacts(period, at)
    case 3:
      return canceledFacts(view, period, at)
    case 4:
      return [...chargeFacts(period, at), ...restartFacts(view, at), ...chosenFacts(view, period, at)]
    case 5:
      return holdFacts(view, period, at)
    case 6:
      return [{ kind: 'billing_failed', ...of, graceEndsAt: graceEndOf(view, period) }]
    case 7:
      return [{ kind: 'renewal_switch', ...of, on: true, reason: 'UNKNOWN' }]
    case 9:
      return deferredFacts(view, period, at)
    case 10:
      return [
        {
          kind: 'pause_scheduled',
          at,
          period: period.period,
          own: false,
          inferred: true,
          resumesAt: resumesAtOf(view),
        },
        { kind: 'ended', ...of, ...END_BY_PAUSE },
      ]
    case 11:
      return [{ kind: 'pause_scheduled', ...of, resumesAt: resumesAtOf(view) }]
    case 12:
      return revokedFacts(view, period, at)
    case 13:
      return expiredFacts(view, period)
    case 17:
      return changedFacts(view, period, at)
    case 18:
      return [{ kind: 'renewal_switch', ...of, on: false, reason: 'UNSUBSCRIBE' }]
    default:
      return []
  }
}

/** A charge is the message's own when it was made about then: a second notice of an older one says nothing new. */
function chargeFacts(period: PeriodFact, at: number): readonly Fact[] {
  return Math.abs(at - period.at) <= DAY ? [{ ...period, own: true }] : []
}

/** A cancellation that a new token took back is told by that token's own message. */
function restartFacts(view: LineView, at: number): readonly Fact[] {
  return view.shown
    .filter((fact) => fact.kind === 'renewal_switch' && fact.on && Math.abs(at - fact.at) <= DAY)
    .map((fact) => ({ ...fact, ...REPORTED }))
}

/** A token that begins without a charge of its own: the change waits for the end of the period. */
function chosenFacts({ item, head, periods }: LineView, period: PeriodFact, at: number): readonly Fact[] {
  if (head?.subscription.linkedToken == null) return []
  const of = { kind: 'change_requested', at, period: period.period, ...REPORTED } as const
  if (item !== null && item.deferredTo !== null) return [{ ...of, productId: targetOf(item, head.subscription.items) }]
  // Read after the change took effect: the plan that followed is the one that was chosen.
  const next = periods.find((one) => one.at > at + MINUTE && one.productId !== period.productId && !one.byChange)
  const followed = next !== undefined && next.at >= period.expiresAt - slackOf(period) && at - period.at > MINUTE
  return followed ? [{ ...of, productId: next.productId }] : []
}

function canceledFacts(view: LineView, period: PeriodFact, at: number): readonly Fact[] {
  const off = { kind: 'renewal_switch', at, period: period.period, ...REPORTED, on: false } as const
  const { item, head } = view
  // A token that was replaced says so with this type too: that is no cancellation, its successor speaks.
  if (head === null) return wasReplacedBy(view, at) ? [] : [{ ...off, reason: 'UNSUBSCRIBE' }]
  const { subscription } = head
  const { ending } = subscription
  if (ending?.by === 'system' && item?.priceRefused !== true) {
    const failedAt = Math.min(at, item?.expiresAt ?? at)
    return [
      { kind: 'billing_failed', at: failedAt, period: period.period, own: true, inferred: false, graceEndsAt: null },
    ]
  }
  // After a commitment Google tells the end of it, and dates the cancellation when the customer asked for it.
  const waited = ending?.by === 'user' && ending.at !== null && at - ending.at > DAY && item?.plan === 'installments'
  if (waited && ending.at !== null) {
    const about = periodAt(view.periods, ending.at) ?? period
    return [{ ...off, at: ending.at, period: about.period, reason: 'UNSUBSCRIBE' }]
  }
  return [{ ...off, reason: reasonOf(subscription, item) }]
}

/**
 * Whether the token had been replaced by then: by the first successor that began after it. As long as none is known, the
 * message is taken for its echo: no false churn.
 */
function wasReplacedBy({ periods, shown, known, grantedAt }: LineView, at: number): boolean {
  const changes = periods.filter((period, index) => period.byChange || periods[index - 1]?.replaced === true)
  const chosen = [...shown, ...known].filter(
    (fact) => fact.kind === 'change_requested' || (fact.kind === 'renewal_switch' && fact.on),
  )
  const successors = [...changes, ...chosen].map((fact) => fact.at).filter((time) => time > (grantedAt ?? 0) + MINUTE)
  return successors.length === 0 || at >= Math.min(...successors) - MINUTE
}

/**
 * Account hold begins when grace is over. Where access had ended long before, it ended by a pause, and it is the resuming
 * charge that failed (UNVERIFIED: that `expiryTime` then still shows the beginning of the pause).
 */
function holdFacts({ item, head }: LineView, period: PeriodFact, at: number): readonly Fact[] {
  const of = { period: period.period, ...REPORTED }
  const failed: Fact = { kind: 'billing_failed', at, ...of, graceEndsAt: null }
  const end = head?.subscription.state === 'hold' ? (item?.expiresAt ?? at) : at
  const byPause = at - end > 2 * Math.min(DAY, Math.max(period.expiresAt - period.at, 0) / 4)
  if (byPause) return [failed, { kind: 'ended', at: end, ...of, own: false, ...END_BY_PAUSE }]
  return [failed, { kind: 'ended', at, ...of, ...END_OF_BILLING }]
}

function graceEndOf({ item, head, periods }: LineView, period: PeriodFact): number | null {
  return head?.subscription.state === 'grace' && periods.at(-1) === period ? (item?.expiresAt ?? null) : null
}

function resumesAtOf({ head }: LineView): number | null {
  return head?.subscription.state === 'paused' ? head.subscription.resumesAt : null
}

/** Where a newer period is in force by now, its end is no news of this one. */
function deferredFacts({ item, periods }: LineView, period: PeriodFact, at: number): readonly Fact[] {
  if (item?.expiresAt == null || periods.at(-1) !== period) return []
  return [{ kind: 'extended', at, period: period.period, ...REPORTED, expiresAt: item.expiresAt }]
}

function revokedFacts(view: LineView, period: PeriodFact, at: number): readonly Fact[] {
  const ended: Fact = { kind: 'ended', at, period: period.period, ...REPORTED, ...END_BY_REFUND }
  return [...refundsAs(view, period.period, REPORTED), ended]
}

function expiredFacts(view: LineView, period: PeriodFact): readonly Fact[] {
  const { item, head } = view
  if (head === null || item === null) return []
  const { subscription } = head
  const past = subscription.state === 'expired' || subscription.state === 'canceled'
  if (!past || view.periods.at(-1) !== period) return []
  return [
    {
      kind: 'ended',
      at: item.expiresAt ?? period.expiresAt,
      period: period.period,
      ...REPORTED,
      ...endOf(view, item, subscription),
    },
  ]
}

/** The items of a token changed: what was added speaks by its charge, what will go or be replaced by its mark. */
function changedFacts({ item, head }: LineView, period: PeriodFact, at: number): readonly Fact[] {
  const of = { at, period: period.period, ...REPORTED }
  const facts: Fact[] = [...chargeFacts(period, at)]
  if (item?.deferredRemoval === true) facts.push({ kind: 'renewal_switch', ...of, on: false, reason: 'UNSUBSCRIBE' })
  if (item !== null && head !== null && item.deferredTo !== null)
    facts.push({ kind: 'change_requested', ...of, productId: targetOf(item, head.subscription.items) })
  return facts
}

/** The refund of an order as the order itself dates it; where the order does not show it yet, as the message does. */
function voidedFacts(voided: Extract<Notification, { kind: 'voided' }>, view: LineView): readonly Fact[] {
  const period = view.periods.find((one) => one.period === voided.orderId)
  if (period === undefined) return []
  const voice = { own: !voided.isListed, inferred: false }
  const shown = refundsAs(view, voided.orderId, voice)
  if (shown.length > 0) return shown
  const at = voided.about.at
  const ofLatest = !view.periods.some((other) => other.at > period.at && other.at <= at)
  const of = { at, period: period.period, ...voice }
  return [{ kind: 'refund', ...of, refundId: '', share: PPM, amount: null, ofLatest, keepsAccess: false }]
}

function refundsAs(
  { shown }: LineView,
  period: string,
  voice: { readonly own: boolean; readonly inferred: boolean },
): readonly Fact[] {
  return shown.flatMap((fact) => (fact.kind === 'refund' && fact.period === period ? [{ ...fact, ...voice }] : []))
}
