import type { Environment, PeriodType, PurchaseKey, StoreName } from './purchase.ts'

/** The twelve names that a destination knows (the keys of an integration's event-name table). */
export const EVENT_NAMES = [
  'initial_purchase',
  'trial_started',
  'trial_converted',
  'trial_cancelled',
  'renewal',
  'cancellation',
  'uncancellation',
  'non_subscription_purchase',
  'subscription_paused',
  'expiration',
  'billing_issue',
  'product_change',
] as const
export type EventName = (typeof EVENT_NAMES)[number]

/** The canonical types. Those that `nameOf` gives no name for are stored and shown, and sent nowhere. */
export const EVENT_TYPES = [
  'INITIAL_PURCHASE',
  'RENEWAL',
  'CANCELLATION',
  'UNCANCELLATION',
  'NON_RENEWING_PURCHASE',
  'SUBSCRIPTION_PAUSED',
  'EXPIRATION',
  'BILLING_ISSUE',
  'PRODUCT_CHANGE',
  'TRANSFER',
  'SUBSCRIPTION_EXTENDED',
  'REFUND',
  'REFUND_REVERSED',
] as const
export type EventType = (typeof EVENT_TYPES)[number]

export type CancelReason =
  | 'UNSUBSCRIBE'
  | 'BILLING_ERROR'
  | 'DEVELOPER_INITIATED'
  | 'PRICE_INCREASE'
  | 'CUSTOMER_SUPPORT'
  | 'UNKNOWN'
export type ExpirationReason = CancelReason | 'SUBSCRIPTION_PAUSED'

/** The eleven values of the trait `rc_subscription_status`. */
export const SUBSCRIPTION_STATUSES = [
  'active',
  'intro',
  'cancelled',
  'grace_period',
  'trial',
  'cancelled_trial',
  'grace_period_trial',
  'expired',
  'promotional',
  'expired_promotional',
  'paused',
] as const
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number]

/** What an event moved, frozen. Every amount derives from these integers (see revenue.ts). */
export interface EventMoney {
  /** ISO 4217 code of the purchase; null when the store told none. */
  readonly currency: string | null
  /** Signed gross in the purchase's currency, micros; 0 where no money moved; null where the price is unknown. */
  readonly grossMicros: number | null
  /** Fractions of the gross, frozen on the charge's ledger entry. */
  readonly commissionPpm: number
  readonly taxPpm: number
  /** USD for one unit of `currency`, in 10⁻¹² (a decimal string of digits, so that JSON keeps it); null when unknown. */
  readonly usdRate: string | null
  /** The day whose rate was taken, YYYY-MM-DD. */
  readonly rateDate: string | null
  /** True when the rate is older than the purchase. */
  readonly rateEstimated: boolean
  /** True when commission and tax are rules, not the store's actual figures. */
  readonly estimated: boolean
}

/** An attribute of a customer as an event froze it. `updatedAt` in milliseconds. */
export interface AttributeValue {
  readonly value: string
  readonly updatedAt: number
}
export type Attributes = Readonly<Record<string, AttributeValue>>

/**
 * A lifecycle event in its canonical form, as storage keeps it. Times are integer milliseconds UTC.
 * The attributes are kept once per distinct set and named by hash.
 */
export interface FrozenEvent {
  readonly id: string
  readonly projectId: string
  /** null for promotional grants. */
  readonly appId: string | null
  readonly type: EventType
  readonly name: EventName | null
  readonly purchase: PurchaseKey
  /** Grows along a customer's events; gaps are allowed. */
  readonly seq: number
  /** The fact's own time, never later than `recordedAt`. */
  readonly occurredAt: number
  /** When the hub derived it. */
  readonly recordedAt: number
  /** Learned more than an hour after it happened. */
  readonly late: boolean
  /** Until then its customer may turn out to be another one, and its identity with it; null: it stands. */
  readonly provisionalUntil: number | null
  /** Its id at the system that it was taken over from; null where a store told it. */
  readonly externalId: string | null

  readonly customerId: string
  readonly appUserId: string
  readonly originalAppUserId: string
  readonly aliases: readonly string[]
  readonly attributeSet: string

  readonly productId: string
  readonly newProductId: string | null
  readonly entitlementIds: readonly string[] | null
  readonly presentedOfferingId: string | null
  readonly store: StoreName
  readonly environment: Environment
  readonly periodType: PeriodType
  readonly purchasedAt: number
  readonly expiresAt: number | null
  readonly gracePeriodExpiresAt: number | null
  readonly autoResumeAt: number | null
  readonly isTrialConversion: boolean | null
  readonly cancelReason: CancelReason | null
  readonly expirationReason: ExpirationReason | null
  readonly transactionId: string
  readonly originalTransactionId: string
  readonly isFamilyShare: boolean
  /** ISO 3166-1 alpha-2. */
  readonly countryCode: string | null
  readonly offerCode: string | null
  /** Position of the period in its chain, from 1; null when the chain's beginning is unknown. */
  readonly renewalNumber: number | null
  /** Status of this purchase when the event was announced. */
  readonly subscriptionStatus: SubscriptionStatus
  readonly willRenew: boolean | null
  /** On TRANSFER alone: the ids of whom the purchase was, and of whose it is. */
  readonly transferred?: { readonly from: readonly string[]; readonly to: readonly string[] }
  readonly money: EventMoney
}

/** An event with its attributes: what a destination renders. */
export interface LifecycleEvent extends FrozenEvent {
  readonly attributes: Attributes
}

/** True for the ids that the SDKs draw and that we derive for purchases without a known owner. */
export function isAnonymousId(appUserId: string): boolean {
  return /^\$RCAnonymousID:[0-9a-f]{32}$/.test(appUserId)
}

/** The name that the integrations give to a canonical event, or null for those they do not carry. */
export function nameOf(type: EventType, periodType: PeriodType, isTrialConversion: boolean): EventName | null {
  switch (type) {
    case 'INITIAL_PURCHASE':
      return periodType === 'TRIAL' ? 'trial_started' : 'initial_purchase'
    case 'RENEWAL':
      return isTrialConversion ? 'trial_converted' : 'renewal'
    case 'CANCELLATION':
      return periodType === 'TRIAL' ? 'trial_cancelled' : 'cancellation'
    case 'UNCANCELLATION':
      return 'uncancellation'
    case 'NON_RENEWING_PURCHASE':
      return 'non_subscription_purchase'
    case 'SUBSCRIPTION_PAUSED':
      return 'subscription_paused'
    case 'EXPIRATION':
      return 'expiration'
    case 'BILLING_ISSUE':
      return 'billing_issue'
    case 'PRODUCT_CHANGE':
      return 'product_change'
    case 'TRANSFER':
    case 'SUBSCRIPTION_EXTENDED':
    case 'REFUND':
    case 'REFUND_REVERSED':
      return null
  }
}
