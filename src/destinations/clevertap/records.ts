import type { LifecycleEvent } from '../../domain/event.ts'
import { decimalOf } from '../../domain/money.ts'
import { type Reported, reportedAmount } from '../../domain/revenue.ts'
import type { DestinationRecord, Rendered, RenderInput } from '../destination.ts'
import { recordOf } from '../outcome.ts'
import { cutNote, spreadAttributes } from './attributes.ts'
import { type RenderOptions, renderOptionsOf } from './fields.ts'
import { cutToBytes, MAX_VALUE_BYTES, PROPERTIES_AFTER_TRIM } from './limits.ts'

type Scalar = string | number | boolean
type Address = { readonly identity: string } | { readonly objectId: string }

/** CleverTap's own event of revenue; its revenue view watches it by default. */
const CHARGED = 'Charged'

/**
 * One event → its profile (when kept), the event, and `Charged` (when wanted and revenue came in).
 * The profile stands first because CleverTap asks for profiles before events, and because a campaign that the event
 * triggers then already finds the new status on the profile.
 */
export function records(input: RenderInput): Rendered {
  const { event, eventName } = input
  const options = renderOptionsOf(input.settings)
  const address = addressOf(input)
  if (eventName.trim() === '') {
    return { kind: 'refused', reason: 'The event has no name at CleverTap; give it one in the event names.' }
  }
  const ts = secondsOf(options.eventTime === 'sent' ? input.nowMs : event.occurredAt)
  const amount = amountOf(event, options)
  const own = ownProperties(event, amount, options)
  const trimmed = input.mends.includes('trim')
  const limit = trimmed ? Math.min(PROPERTIES_AFTER_TRIM, options.maxProperties) : options.maxProperties
  const attributes = spreadAttributes(event.attributes, options, limit - own.count, trimmed)

  const rendered: DestinationRecord[] = []
  if (options.profile && hasStanding(event)) {
    rendered.push(recordOf('profile', { ...address, ts, type: 'profile', profileData: profileProperties(event) }))
  }
  const evtData = { ...own.properties, ...attributes.properties }
  rendered.push(recordOf('event', { ...address, ts, type: 'event', evtName: eventName, evtData }))
  if (options.charged && amount.kind === 'amount' && amount.micros > 0) {
    rendered.push(
      recordOf('charged', {
        ...address,
        ts,
        type: 'event',
        evtName: CHARGED,
        evtData: chargedProperties(event, amount),
      }),
    )
  }
  return {
    kind: 'records',
    records: rendered,
    notes: [...own.notes, ...attributes.notes, ...ageNotes(ts, input.nowMs)],
  }
}

/** Live campaigns see only events of the last two hours. https://developer.clevertap.com/docs/events-object */
const LIVE_CAMPAIGNS_S = 7_200

function ageNotes(ts: number, nowMs: number): readonly string[] {
  if (secondsOf(nowMs) - ts <= LIVE_CAMPAIGNS_S) return []
  return ['Too old for live campaigns: CleverTap triggers them only on events of the last two hours.']
}

/** `objectId` or `identity`, never both: CleverTap takes exactly one. */
function addressOf(input: RenderInput): Address {
  const { objectId, identity } = input.identity
  if (objectId !== undefined && objectId !== '' && !input.mends.includes('identity')) return { objectId }
  return { identity: identity !== undefined && identity !== '' ? identity : input.event.appUserId }
}

function secondsOf(ms: number): number {
  return Math.floor(ms / 1000)
}

/** A date as a property value, by the notation of CleverTap's FAQ on the Upload API. */
function dateOf(ms: number): string {
  return `$D_${secondsOf(ms)}`
}

function isRefund(event: LifecycleEvent): boolean {
  return (
    (event.money.grossMicros ?? 0) < 0 || (event.type === 'CANCELLATION' && event.cancelReason === 'CUSTOMER_SUPPORT')
  )
}

/** The reported amount under the integration's options. */
function amountOf(event: LifecycleEvent, options: RenderOptions): Reported {
  const { money } = event
  // No money moved and no currency is known (a promotional grant): zero is zero in dollars too, and the reference
  // sends an amount with every event.
  const currency = money.currency === null && money.grossMicros === 0 ? 'usd' : options.currency
  const reported = reportedAmount(money, options.salesReporting, currency)
  if (reported.kind === 'amount' && options.refunds === 'zero' && isRefund(event)) return { ...reported, micros: 0 }
  return reported
}

interface OwnProperties {
  readonly properties: Readonly<Record<string, Scalar>>
  readonly count: number
  readonly notes: readonly string[]
}

/** Our own keys; absent ones are left out, as CleverTap has no null. The first group is the reference's. */
function ownProperties(event: LifecycleEvent, amount: Reported, options: RenderOptions): OwnProperties {
  const properties: Record<string, Scalar> = {}
  const notes: string[] = []
  let count = 0
  const put = (key: string, value: Scalar | null): void => {
    if (value === null) return
    count += 1
    if (typeof value !== 'string') {
      properties[key] = value
      return
    }
    const cut = cutToBytes(value, MAX_VALUE_BYTES)
    if (cut.length < value.length) notes.push(cutNote(key))
    properties[key] = cut
  }

  if (amount.kind === 'amount') {
    put('amount', decimalOf(amount.micros))
    put('currency', amount.currency)
  }
  put('product_id', event.productId)
  put('app_id', event.appId)
  putSpecifics(event, put)

  put('event_id', event.id)
  put('store', event.store.toUpperCase())
  put('environment', event.environment.toUpperCase())
  put('period_type', event.periodType)
  put('expires_at', event.expiresAt === null ? null : dateOf(event.expiresAt))
  put('country_code', event.countryCode)
  put('offer_code', event.offerCode)
  put('renewal_number', event.renewalNumber)
  put('transaction_id', event.transactionId)
  put('is_refund', isRefund(event))
  // With the time of sending in `ts` the event's own time would be lost.
  put('occurred_at', options.eventTime === 'sent' ? dateOf(event.occurredAt) : null)
  if (amount.kind === 'unavailable') {
    const { currency, grossMicros } = event.money
    put('revenue_unavailable', amount.reason)
    put('price_in_purchased_currency', grossMicros === null ? null : decimalOf(grossMicros))
    put('purchased_currency', currency)
    notes.push(unavailableNote(amount.reason, currency))
  }
  return { properties, count, notes }
}

/** What only some events carry, under the reference's names: the grace period's end is in milliseconds, unlike `ts`. */
function putSpecifics(event: LifecycleEvent, put: (key: string, value: Scalar | null) => void): void {
  switch (event.type) {
    case 'CANCELLATION':
      put('cancel_reason', event.cancelReason)
      return
    case 'EXPIRATION':
      put('expiration_reason', event.expirationReason)
      return
    case 'BILLING_ISSUE':
      put('grace_period_expiration_at', event.gracePeriodExpiresAt)
      return
    case 'PRODUCT_CHANGE':
      put('new_product_id', event.newProductId)
      return
    case 'INITIAL_PURCHASE':
    case 'RENEWAL':
    case 'UNCANCELLATION':
    case 'NON_RENEWING_PURCHASE':
    case 'SUBSCRIPTION_PAUSED':
    case 'TRANSFER':
    case 'SUBSCRIPTION_EXTENDED':
    case 'REFUND':
    case 'REFUND_REVERSED':
      return
  }
}

function unavailableNote(
  reason: 'price_unknown' | 'currency_unknown' | 'rate_unknown',
  currency: string | null,
): string {
  switch (reason) {
    case 'price_unknown':
      return 'Sent without an amount: the store told no price.'
    case 'currency_unknown':
      return 'Sent without an amount: the store told no currency.'
    case 'rate_unknown':
      return `Sent without an amount: no exchange rate for ${currency ?? 'the currency'}; add one and send it again.`
  }
}

function chargedProperties(
  event: LifecycleEvent,
  amount: { readonly micros: number; readonly currency: string },
): Readonly<Record<string, Scalar>> {
  return {
    Amount: decimalOf(amount.micros),
    Currency: amount.currency,
    'Charged ID': cutToBytes(event.transactionId, MAX_VALUE_BYTES),
    product_id: cutToBytes(event.productId, MAX_VALUE_BYTES),
    event_id: event.id,
  }
}

/** A pack of coins must not stand on the profile in the place of the subscription. */
function hasStanding(event: LifecycleEvent): boolean {
  return event.expiresAt !== null || event.periodType === 'PROMOTIONAL'
}

function profileProperties(event: LifecycleEvent): Readonly<Record<string, Scalar>> {
  return {
    rc_subscription_status: event.subscriptionStatus,
    rc_product_id: cutToBytes(event.productId, MAX_VALUE_BYTES),
    ...(event.expiresAt === null ? {} : { rc_expires_at: dateOf(event.expiresAt) }),
    rc_store: event.store.toUpperCase(),
    ...(event.willRenew === null ? {} : { rc_will_renew: event.willRenew }),
  }
}
