import type { EventType, ExpirationReason } from '../../domain/event.ts'
import type { EndedFact, Fact, OneTimeFact, PeriodFact, RefundFact } from '../../domain/facts.ts'
import { type Money, PPM } from '../../domain/money.ts'
import type { App } from '../../domain/project.ts'
import type { StoreName } from '../../domain/purchase.ts'
import { feesOf, movedBy, nothingOf, priceOf } from './price.ts'
import { kindOf, periodOf, type SoundEvent } from './purchase.ts'

/** The types that are about a purchase, each with what the hub calls it. */
export const LIFECYCLE = {
  INITIAL_PURCHASE: 'INITIAL_PURCHASE',
  RENEWAL: 'RENEWAL',
  NON_RENEWING_PURCHASE: 'NON_RENEWING_PURCHASE',
  CANCELLATION: 'CANCELLATION',
  UNCANCELLATION: 'UNCANCELLATION',
  SUBSCRIPTION_PAUSED: 'SUBSCRIPTION_PAUSED',
  EXPIRATION: 'EXPIRATION',
  BILLING_ISSUE: 'BILLING_ISSUE',
  PRODUCT_CHANGE: 'PRODUCT_CHANGE',
  SUBSCRIPTION_EXTENDED: 'SUBSCRIPTION_EXTENDED',
  REFUND_REVERSED: 'REFUND_REVERSED',
} as const satisfies Partial<Record<EventType, EventType>>

export type LifecycleType = keyof typeof LIFECYCLE

export function isLifecycle(type: string): type is LifecycleType {
  return Object.hasOwn(LIFECYCLE, type)
}

const REPORTED = { own: true, inferred: false } as const
const SHOWN = { own: false, inferred: true } as const

/** An event with the names under which the hub knows what it is about. */
export interface View {
  readonly event: SoundEvent
  readonly type: LifecycleType
  readonly store: StoreName
  readonly period: string
  readonly kind: 'subscription' | 'one_time'
  readonly app: App
}

export function viewOf(event: SoundEvent, type: LifecycleType, store: StoreName, app: App): View {
  return { event, type, store, period: periodOf(event, store), kind: kindOf(event), app }
}

/** Everything that an event attests: the charge that it is about, and what it reports about it. */
export function factsOf(view: View): readonly Fact[] {
  return [chargeFact(view), ...reportedFacts(view)]
}

// ── the charge ──────────────────────────────────────────────────────────────────────────────────────────────────────

const CHARGES: ReadonlySet<LifecycleType> = new Set(['INITIAL_PURCHASE', 'RENEWAL', 'NON_RENEWING_PURCHASE'])

/**
 * The three events of a charge tell it whole. All others carry its dates and a price of 0 ("nothing moved"), so they only
 * mention it. What was refunded, and bought before the hub listens, has no event of its own to wait for: its refund tells
 * what it had cost.
 */
function chargeFact(view: View): PeriodFact | OneTimeFact {
  const { event, type } = view
  if (CHARGES.has(type)) return charge(view, { own: true, version: event.timestamp, price: priceOf(event) })
  const paid = refundedPrice(view)
  const told = paid !== null && event.purchasedAt < view.app.eventsFrom
  if (told) return charge(view, { own: false, version: 0, price: paid })
  return { ...charge(view, { own: false, version: event.timestamp, price: nothingOf(event) }), mentioned: true }
}

function charge(
  view: View,
  told: { readonly own: boolean; readonly version: number; readonly price: Money | null },
): PeriodFact | OneTimeFact {
  const { event, type, kind, period } = view
  const fees = feesOf(event)
  const common = {
    ...told,
    at: event.purchasedAt,
    period,
    inferred: false,
    productId: event.productId,
    periodType: event.store === 'PROMOTIONAL' ? ('PROMOTIONAL' as const) : event.periodType,
    isFamilyShare: event.isFamilyShare,
    countryCode: event.countryCode,
    offerCode: event.offerCode,
    originalTransactionId: event.originalTransactionId,
    endAsOf: endAsOf(view),
    ...(fees === null ? {} : { fees }),
  }
  if (kind === 'one_time') return { kind: 'one_time', ...common, expiresAt: event.expirationAt }
  if (event.expirationAt === null) throw new Error(`This ${type} of a subscription carries no expiration_at_ms.`)
  const follows = followsOf(view)
  return {
    kind: 'period',
    ...common,
    expiresAt: event.expirationAt,
    firstOfChain: event.transactionId === event.originalTransactionId,
    replaced: false,
    byChange: false,
    // Who subscribes has auto-renew on; a renewal's event does not tell whether it was off by then.
    startsCancelled: type === 'INITIAL_PURCHASE' ? false : null,
    ...(follows === null ? {} : { follows }),
  }
}

/** A refund, a revoked grant and an end carry the moment at which access ended, not the end that was paid for. */
function endAsOf({ event, type, store }: View): number {
  const taken = type === 'CANCELLATION' && (store === 'promotional' || isRefund(event))
  return type === 'EXPIRATION' || taken ? 0 : event.timestamp
}

/** A prepaid top-up is sent as an initial purchase too: there the dates decide. */
function followsOf({ event, type }: View): 'nothing' | 'trial' | 'paid' | null {
  if (type === 'INITIAL_PURCHASE') return event.periodType === 'PREPAID' ? null : 'nothing'
  if (type !== 'RENEWAL' || event.isTrialConversion === null) return null
  return event.isTrialConversion ? 'trial' : 'paid'
}

// ── what is reported ────────────────────────────────────────────────────────────────────────────────────────────────

function reportedFacts(view: View): readonly Fact[] {
  const { event, type, period } = view
  const base = { at: event.timestamp, period, ...REPORTED }
  switch (type) {
    case 'INITIAL_PURCHASE':
    case 'RENEWAL':
    case 'NON_RENEWING_PURCHASE':
      return []
    case 'CANCELLATION':
      return cancelled(view)
    case 'UNCANCELLATION':
      return [{ kind: 'renewal_switch', ...base, at: beforeTheEnd(event), on: true, reason: 'UNKNOWN' }]
    case 'BILLING_ISSUE':
      return [{ kind: 'billing_failed', ...base, graceEndsAt: event.graceEndsAt }]
    case 'EXPIRATION':
      return [{ kind: 'ended', ...base, at: endOf(event), ...endBy(event.expirationReason) }]
    case 'PRODUCT_CHANGE':
      return [{ kind: 'change_requested', ...base, productId: event.newProductId ?? '' }]
    case 'SUBSCRIPTION_PAUSED':
      return [{ kind: 'pause_scheduled', ...base, resumesAt: event.resumesAt }]
    case 'SUBSCRIPTION_EXTENDED':
      if (event.expirationAt === null) return []
      return [
        { kind: 'extended', ...base, expiresAt: event.expirationAt },
        { kind: 'restored', ...base },
      ]
    case 'REFUND_REVERSED':
      return reversed(view)
  }
}

/** Refund, failed charge or opt-out: one type at the sender, three facts here. */
function cancelled(view: View): readonly Fact[] {
  const { event, period, kind, store } = view
  if (isRefund(event)) return refunded(view)
  if (event.cancelReason === 'BILLING_ERROR' && kind === 'subscription')
    return [{ kind: 'billing_failed', at: event.timestamp, period, ...REPORTED, graceEndsAt: null }]
  const off: Fact = {
    kind: 'renewal_switch',
    at: beforeTheEnd(event),
    period,
    ...REPORTED,
    on: false,
    reason: event.cancelReason,
  }
  if (store !== 'promotional' || !isOver(event)) return [off]
  return [off, { kind: 'ended', at: endOf(event), period, ...SHOWN, reason: event.cancelReason, implies: 'nothing' }]
}

/** The sender may notice a switch after the period was over; it was made before. */
function beforeTheEnd({ timestamp, expirationAt, purchasedAt }: SoundEvent): number {
  return expirationAt === null || expirationAt <= purchasedAt ? timestamp : Math.min(timestamp, expirationAt - 1)
}

export function isRefund(event: SoundEvent): boolean {
  return event.cancelReason === 'CUSTOMER_SUPPORT' || (movedBy(event)?.micros ?? 0) < 0
}

/** Only a refund of the latest period is sent at all, and its end is moved to the moment of the refund. */
function refunded(view: View): readonly Fact[] {
  const { event, period, kind } = view
  const ends = kind === 'subscription' && isOver(event)
  const at = ends ? endOf(event) : event.timestamp
  const refund: RefundFact = {
    kind: 'refund',
    at,
    period,
    ...REPORTED,
    refundId: '',
    share: PPM,
    amount: amountOf(event),
    ofLatest: true,
    keepsAccess: false,
  }
  return ends
    ? [refund, { kind: 'ended', at, period, ...SHOWN, reason: 'CUSTOMER_SUPPORT', implies: 'nothing' }]
    : [refund]
}

function reversed({ event, period, kind }: View): readonly Fact[] {
  const base = { at: event.timestamp, period, ...REPORTED }
  const back: Fact = { kind: 'refund_reversed', ...base, refundId: '' }
  return kind === 'subscription' && !isOver(event) ? [back, { kind: 'restored', ...base }] : [back]
}

function amountOf(event: SoundEvent): Money | null {
  const moved = movedBy(event)
  return moved === null ? null : { ...moved, micros: Math.abs(moved.micros) }
}

/** What a charge had cost, as what went back of it, or came again, shows; null where nothing moved. */
function refundedPrice({ event, type }: View): Money | null {
  const moves = (type === 'CANCELLATION' && isRefund(event)) || type === 'REFUND_REVERSED'
  const amount = moves ? amountOf(event) : null
  return amount === null || amount.micros === 0 ? null : amount
}

/** Access is over, by the sender's own clock. */
export function isOver({ expirationAt, timestamp }: SoundEvent): boolean {
  return expirationAt !== null && expirationAt <= timestamp
}

/** When access ended: never later than it was told. */
function endOf({ expirationAt, timestamp }: SoundEvent): number {
  return Math.min(expirationAt ?? timestamp, timestamp)
}

/** What an end shows of the time before it, should its cancellation or billing issue be lost. */
function endBy(reason: ExpirationReason): Pick<EndedFact, 'reason' | 'implies'> {
  switch (reason) {
    case 'UNSUBSCRIBE':
    case 'PRICE_INCREASE':
      return { reason, implies: 'cancelled' }
    case 'BILLING_ERROR':
      return { reason, implies: 'billing_failed' }
    case 'DEVELOPER_INITIATED':
    case 'CUSTOMER_SUPPORT':
    case 'SUBSCRIPTION_PAUSED':
    case 'UNKNOWN':
      return { reason, implies: 'nothing' }
  }
}
