import type { LifecycleEvent } from '../../domain/event.ts'
import type { Settings } from '../../domain/field.ts'
import { derivedId } from '../../domain/ids.ts'
import { decimalOf, PPM } from '../../domain/money.ts'
import { reportedAmount } from '../../domain/revenue.ts'
import type { CustomerIdentity, DestinationRecord, Identified, Rendered, RenderInput } from '../destination.ts'
import { recordOf } from '../outcome.ts'
import { type RenderOptions, renderOptionsOf } from './fields.ts'
import { MAX_RECORD_BYTES } from './limits.ts'

/** The shape of what is sent, not the version of the program: an upgrade alone must not change a record's bytes. */
const LIBRARY = { name: 'Tributary', version: '1.0' } as const

type Json = Readonly<Record<string, unknown>>

/** `userId` is the app user id, an anonymous one too unless the option says otherwise. */
export function identify(customer: CustomerIdentity, settings: Settings): Identified {
  if (customer.anonymous) {
    if (settings.anonymous === 'hold_until_known') return { kind: 'hold' }
    if (settings.anonymous === 'skip') return { kind: 'skip' }
    if (settings.anonymous === 'as_anonymous_id') {
      return { kind: 'identity', identity: { anonymousId: customer.appUserId } }
    }
  }
  return { kind: 'identity', identity: { userId: customer.appUserId } }
}

/** One event → identify (as the option says), then track: a profile is current before its event arrives. */
export function records(input: RenderInput): Rendered {
  const { event } = input
  const options = renderOptionsOf(input.settings)
  const whoAndWhere = {
    ...idsOf(input),
    context: { environment: event.environment, library: LIBRARY },
    // Left out, Segment takes the time of arrival: unlike a time of ours it stays true when the call is sent again.
    ...(options.eventTime === 'happened' ? { timestamp: new Date(event.occurredAt).toISOString() } : {}),
    ...(Object.keys(options.integrations).length > 0 ? { integrations: options.integrations } : {}),
  }
  const common = (kind: 'identify' | 'track'): Json => ({
    messageId: messageIdOf(input, kind),
    ...whoAndWhere,
  })
  const calls: Call[] = []
  if (wantsIdentify(options, input)) {
    const head = { type: 'identify', ...common('identify') }
    calls.push({ kind: 'identify', body: (aliases) => ({ ...head, traits: traitsOf(event, aliases) }) })
  }
  const properties = propertiesOf(event, options)
  const head = { type: 'track', event: input.eventName, ...common('track') }
  calls.push({ kind: 'track', body: (aliases) => ({ ...head, properties: { ...properties, aliases } }) })
  return fitted(calls, event)
}

/**
 * The id by which Segment drops a repeated call, for at least 24 hours and, by one of its pages, over all sources of
 * all workspaces: so the integration is part of it, or the second of two would get nothing. The same on every retry;
 * a deliberate resend has its own. https://segment.com/docs/guides/duplicate-data/
 */
function messageIdOf({ integrationId, event, resend }: RenderInput, kind: string): string {
  return derivedId('trb', [integrationId, event.id, kind, String(resend)])
}

function idsOf(input: RenderInput): Json {
  const { userId, anonymousId } = input.identity
  if (userId !== undefined) return { userId }
  return { anonymousId: anonymousId ?? input.event.appUserId }
}

function wantsIdentify(options: RenderOptions, input: RenderInput): boolean {
  switch (options.identify) {
    case 'always':
      return true
    case 'never':
      return false
    case 'on_change':
      return input.lastStatus !== input.event.subscriptionStatus
  }
}

function traitsOf(event: LifecycleEvent, aliases: readonly string[]): Json {
  return {
    last_seen_app_user_id: event.appUserId,
    aliases,
    rc_subscription_status: event.subscriptionStatus,
  }
}

/** All but `aliases`. The reference's keys on every event, then its keys of single events, then what we add. */
function propertiesOf(event: LifecycleEvent, options: RenderOptions): Json {
  return {
    ...revenueOf(event, options),
    store: event.store.toUpperCase(),
    expires_at: secondsOf(reportedExpiry(event)),
    entitlement: event.entitlementIds?.[0] ?? null,
    product_id: event.productId,
    app_user_id: event.appUserId,
    original_app_user_id: event.originalAppUserId,
    purchased_at: secondsOf(event.purchasedAt),
    entitlements: event.entitlementIds,
    subscriber_attributes: attributesOf(event, options),
    period_type: event.periodType,
    environment: event.environment.toUpperCase(),
    presented_offering_id: event.presentedOfferingId,
    transaction_id: event.transactionId,
    original_transaction_id: event.originalTransactionId,
    app_id: event.appId,
    ...ownKeysOf(event),
    event_id: event.id,
    seq: event.seq,
    renewal_number: event.renewalNumber,
    country_code: event.countryCode,
    offer_code: event.offerCode,
    ...priceOf(event),
    is_family_share: event.isFamilyShare,
    ...(event.isTrialConversion === null ? {} : { is_trial_conversion: event.isTrialConversion }),
    // Where Segment stamps the time of arrival, the time of the fact would be lost.
    ...(options.eventTime === 'sent' ? { occurred_at: secondsOf(event.occurredAt) } : {}),
  }
}

/** A number only where the amount is known: no key is better than a number that is wrong in every sum. */
function revenueOf(event: LifecycleEvent, options: RenderOptions): Json {
  const reported = reportedAmount(event.money, options.salesReporting, options.currency)
  return reported.kind === 'amount'
    ? { revenue: decimalOf(reported.micros), currency: reported.currency }
    : { revenue_unavailable: reported.reason }
}

/** The gross price as it was paid, and the fractions of it that revenue may leave out. */
function priceOf({ money }: LifecycleEvent): Json {
  return {
    price_in_purchased_currency: money.grossMicros === null ? null : decimalOf(money.grossMicros),
    purchased_currency: money.currency,
    tax_percentage: money.taxPpm / PPM,
    commission_percentage: money.commissionPpm / PPM,
  }
}

/** While a store keeps trying to charge, access ends with the grace period; that is what the reference reports. */
function reportedExpiry(event: LifecycleEvent): number | null {
  return event.type === 'BILLING_ISSUE' ? (event.gracePeriodExpiresAt ?? event.expiresAt) : event.expiresAt
}

/** Keys that only one kind of event has. */
function ownKeysOf(event: LifecycleEvent): Json {
  switch (event.type) {
    case 'CANCELLATION':
      return { cancellation_reason: event.cancelReason }
    case 'EXPIRATION':
      return { expiration_reason: event.expirationReason }
    case 'SUBSCRIPTION_PAUSED':
      return { auto_resumes_at: secondsOf(event.autoResumeAt) }
    case 'BILLING_ISSUE':
      return { grace_period_expires_at: secondsOf(event.gracePeriodExpiresAt) }
    case 'PRODUCT_CHANGE':
      return { new_product_id: event.newProductId }
    default:
      return {}
  }
}

function attributesOf(event: LifecycleEvent, options: RenderOptions): Readonly<Record<string, string>> {
  const kept = Object.entries(event.attributes).filter(
    ([key]) => (options.include.length === 0 || options.include.includes(key)) && !options.exclude.includes(key),
  )
  return Object.fromEntries(kept.map(([key, { value }]) => [key, value]))
}

function secondsOf(ms: number | null): number | null {
  return ms === null ? null : Math.floor(ms / 1000)
}

/** A call whose list of aliases is still open. */
interface Call {
  readonly kind: 'identify' | 'track'
  readonly body: (aliases: readonly string[]) => Json
}

/**
 * The calls as records within Segment's limit. Aliases are the one part that grows without bound and that no setting
 * can shorten, so they give way, with a note; what is still too large fails alone, unsent.
 */
function fitted(calls: readonly Call[], event: LifecycleEvent): Rendered {
  const made: DestinationRecord[] = []
  const notes: string[] = []
  for (const { kind, body } of calls) {
    let record = recordOf(kind, body(event.aliases))
    if (record.bytes > MAX_RECORD_BYTES) {
      const kept = aliasesWithout(event, record.bytes - MAX_RECORD_BYTES)
      record = recordOf(kind, body(kept))
      if (record.bytes > MAX_RECORD_BYTES) return { kind: 'refused', reason: tooLarge(kind, record.bytes, event) }
      const missing = event.aliases.length - kept.length
      notes.push(
        `${missing} of ${event.aliases.length} aliases left out of the ${kind} call, to stay within ${MAX_RECORD_BYTES} bytes.`,
      )
    }
    made.push(record)
  }
  return { kind: 'records', records: made, notes }
}

/** The aliases without as many of the last ones as take `excess` bytes; the two ids that the event names stay. */
function aliasesWithout(event: LifecycleEvent, excess: number): readonly string[] {
  const dropped = new Set<number>()
  let freed = 0
  for (let i = event.aliases.length - 1; i >= 0 && freed < excess; i -= 1) {
    const alias = event.aliases[i]
    if (alias === undefined || alias === event.appUserId || alias === event.originalAppUserId) continue
    dropped.add(i)
    freed += Buffer.byteLength(JSON.stringify(alias)) + 1
  }
  return event.aliases.filter((_, i) => !dropped.has(i))
}

function tooLarge(kind: string, bytes: number, event: LifecycleEvent): string {
  const attributes = Buffer.byteLength(JSON.stringify(event.attributes))
  const advice =
    attributes > MAX_RECORD_BYTES / 2
      ? `leave some of its ${Object.keys(event.attributes).length} attributes out in the integration's settings and retry`
      : 'nothing of it can be left out, see its record'
  return `The ${kind} call takes ${bytes} bytes and Segment at most ${MAX_RECORD_BYTES}: ${advice}.`
}
