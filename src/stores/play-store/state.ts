import type { EndedFact, Fact, PeriodFact } from '../../domain/facts.ts'
import type { Snapshot } from '../../domain/observation.ts'
import { type LineView, slackOf } from './periods.ts'
import type { Item, Subscription } from './subscription.ts'

const SHOWN = { own: false, inferred: true } as const
const HOUR = 3_600_000

export type End = Pick<EndedFact, 'reason' | 'implies'>

export const END_OF_BILLING: End = { reason: 'BILLING_ERROR', implies: 'billing_failed' }
export const END_BY_PAUSE: End = { reason: 'SUBSCRIPTION_PAUSED', implies: 'nothing' }
export const END_BY_REFUND: End = { reason: 'CUSTOMER_SUPPORT', implies: 'nothing' }

/** What the state lets conclude, so that it stands in for a message that is lost or late. `at`: the clock. */
export function shownFacts(view: LineView, at: number): readonly Fact[] {
  const { item, head } = view
  const period = view.periods.at(-1)
  if (head === null || period === undefined) return view.shown
  if (item === null) return [...view.shown, ...removedFacts(view, period, at)]
  return [...view.shown, ...stateFacts(view, item, head.subscription, period, at)]
}

/** An add-on that the token does not list any more ended with its period. */
function isRemoved({ line }: LineView, period: PeriodFact, at: number): boolean {
  return line !== '' && period.expiresAt <= at
}

function removedFacts(view: LineView, period: PeriodFact, at: number): readonly Fact[] {
  if (!isRemoved(view, period, at)) return []
  const of = { at: period.expiresAt, period: period.period, ...SHOWN }
  return [{ kind: 'ended', ...of, reason: 'UNSUBSCRIBE', implies: 'cancelled' }]
}

function stateFacts(
  view: LineView,
  item: Item,
  subscription: Subscription,
  period: PeriodFact,
  at: number,
): readonly Fact[] {
  const end = item.expiresAt ?? period.expiresAt
  const of = { period: period.period, ...SHOWN }
  const failed = (failedAt: number, graceEndsAt: number | null): Fact => ({
    kind: 'billing_failed',
    at: failedAt,
    ...of,
    graceEndsAt,
  })
  const ended = (why: End): Fact => ({ kind: 'ended', at: end, ...of, ...why })
  switch (subscription.state) {
    case 'active':
      return chosenFacts(view, item, subscription, period)
    case 'grace':
      return [failed(Math.min(period.expiresAt, end), end)]
    case 'hold':
      return [failed(end, null), ended(END_OF_BILLING)]
    case 'paused':
      return [{ kind: 'pause_scheduled', at: end, ...of, resumesAt: subscription.resumesAt }, ended(END_BY_PAUSE)]
    case 'canceled':
      return [
        ...cancelFacts(view, item, subscription, period),
        ...(end <= at ? [ended(endOf(view, item, subscription))] : []),
      ]
    case 'expired':
      return [...cancelFacts(view, item, subscription, period), ended(endOf(view, item, subscription))]
    case 'pending':
    case 'pending_canceled':
    case 'unknown':
      return []
  }
}

/** A change that waits for the end of the period was chosen when its token was granted. */
function chosenFacts(
  { periods }: LineView,
  item: Item,
  { linkedToken, startTime, items }: Subscription,
  period: PeriodFact,
): readonly Fact[] {
  if (item.deferredTo === null || linkedToken === null || startTime === null) return []
  if (startTime < period.at || periods.at(-1) !== period) return []
  const productId = targetOf(item, items)
  return [{ kind: 'change_requested', at: startTime, period: period.period, ...SHOWN, productId }]
}

/** The product that a deferred replacement leads to, with its base plan where it is listed. */
export function targetOf({ deferredTo }: Item, items: readonly Item[]): string {
  return (
    items.find(({ productId, orderId }) => productId === deferredTo && orderId === null)?.product ?? deferredTo ?? ''
  )
}

/** Why renewal is off, dated where Google dates it, else just before the end. */
function cancelFacts(view: LineView, item: Item, subscription: Subscription, period: PeriodFact): readonly Fact[] {
  const { ending } = subscription
  const end = item.expiresAt ?? period.expiresAt
  if (ending === null || isRefunded(view, period, end)) return []
  if (ending.by === 'system' && !item.priceRefused)
    return [{ kind: 'billing_failed', at: end, period: period.period, ...SHOWN, graceEndsAt: null }]
  const told = ending.by === 'user' ? ending.at : null
  // A cancellation that waited for the end of a commitment belongs to the period in which it was made.
  const about = told === null ? period : (periodAt(view.periods, told) ?? period)
  const at = told ?? end - 1
  return [
    { kind: 'renewal_switch', at, period: about.period, ...SHOWN, on: false, reason: reasonOf(subscription, item) },
  ]
}

export function reasonOf(
  { ending }: Subscription,
  item: Item | null,
): 'UNSUBSCRIBE' | 'DEVELOPER_INITIATED' | 'PRICE_INCREASE' {
  if (ending?.by === 'developer') return 'DEVELOPER_INITIATED'
  return ending?.by === 'system' && item?.priceRefused === true ? 'PRICE_INCREASE' : 'UNSUBSCRIBE'
}

/** Why access ended. A prepaid plan that nobody tops up just runs out. */
export function endOf(view: LineView, item: Item, subscription: Subscription): End {
  const period = view.periods.at(-1)
  if (period !== undefined && isRefunded(view, period, item.expiresAt ?? period.expiresAt)) return END_BY_REFUND
  const { ending } = subscription
  if (ending === null) return { reason: 'UNKNOWN', implies: 'nothing' }
  if (ending.by === 'system' && !item.priceRefused) return END_OF_BILLING
  return { reason: reasonOf(subscription, item), implies: 'cancelled' }
}

/** The whole charge of the period went back, and the access with it. */
function isRefunded({ shown }: LineView, period: PeriodFact, end: number): boolean {
  return shown.some(
    (fact) => fact.kind === 'refund' && fact.period === period.period && !fact.keepsAccess && fact.at <= end + HOUR,
  )
}

/** The period that a time lies in: the newest that had begun by then; null for one that is forgotten or not known. */
export function periodAt(periods: readonly PeriodFact[], at: number): PeriodFact | null {
  return periods.findLast((period) => period.at <= at + Math.min(60_000, slackOf(period))) ?? null
}

const STATUSES: Readonly<Partial<Record<Subscription['state'], Snapshot['status']>>> = {
  active: 'active',
  canceled: 'active',
  grace: 'grace',
  hold: 'retry',
  paused: 'paused',
  expired: 'expired',
}

/** The state as Google tells it; null for a token that was replaced, and for a state that is new. */
export function snapshotOf(view: LineView, version: number, at: number): Snapshot | null {
  const { item, head, periods } = view
  const period = periods.at(-1)
  if (head === null || period === undefined) return null
  if (item === null) {
    const none = { pendingProductId: null, graceEndsAt: null, resumesAt: null, askWith: head.token }
    return isRemoved(view, period, at) ? { version, status: 'expired', autoRenew: false, ...none } : null
  }
  const { subscription } = head
  const status = STATUSES[subscription.state]
  if (status === undefined) return null
  const refunded = status === 'expired' && isRefunded(view, period, item.expiresAt ?? period.expiresAt)
  return {
    version,
    status: refunded ? 'revoked' : status,
    autoRenew: renewsOf(item, subscription),
    pendingProductId: item.deferredTo === null ? null : targetOf(item, subscription.items),
    graceEndsAt: status === 'grace' ? item.expiresAt : null,
    resumesAt: status === 'paused' ? subscription.resumesAt : null,
    askWith: head.token,
  }
}

/** A prepaid plan renews by nobody's promise: it is topped up or not. */
function renewsOf(item: Item, { state, endsAfterCommitment }: Subscription): boolean | null {
  if (item.plan === 'prepaid' || item.plan === 'unknown') return null
  if (state === 'canceled' || state === 'expired' || endsAfterCommitment || item.deferredRemoval) return false
  return item.autoRenews
}
