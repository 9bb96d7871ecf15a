import type { CancelReason, ExpirationReason } from '../../domain/event.ts'
import type { Person } from '../../domain/observation.ts'
import { type Environment, PERIOD_TYPES, type PeriodType } from '../../domain/purchase.ts'
import { isJson, type Json, wholeOf } from '../json.ts'
import { numberOf, textOf, textsOf } from './json.ts'

/**
 * The event of a webhook as typed values. Times in milliseconds. Field names and values:
 * www.revenuecat.com/docs/integrations/webhooks/event-types-and-fields
 */
export interface FeedEvent {
  readonly type: string
  readonly id: string | null
  /** When the sender made the event, which is minutes to hours after what it tells. */
  readonly timestamp: number | null
  readonly store: string | null
  readonly environment: Environment | null
  readonly transactionId: string | null
  readonly originalTransactionId: string | null
  readonly productId: string | null
  readonly newProductId: string | null
  readonly periodType: PeriodType
  readonly purchasedAt: number | null
  readonly expirationAt: number | null
  readonly graceEndsAt: number | null
  readonly resumesAt: number | null
  readonly isTrialConversion: boolean | null
  readonly cancelReason: CancelReason
  readonly expirationReason: ExpirationReason
  /** Dollars; 0 in trials, negative where money went back, null where it is unknown. */
  readonly price: number | null
  readonly currency: string | null
  readonly priceInPurchasedCurrency: number | null
  readonly taxPercentage: number | null
  readonly commissionPercentage: number | null
  readonly takehomePercentage: number | null
  readonly isFamilyShare: boolean
  readonly countryCode: string | null
  readonly offerCode: string | null
  readonly appUserId: string | null
  readonly originalAppUserId: string | null
  readonly aliases: readonly string[]
  readonly attributes: Person['attributes']
  readonly presentedOfferingId: string | null
}

export function feedEventOf(json: Json): FeedEvent {
  return {
    type: textOf(json.type) ?? '',
    id: textOf(json.id),
    timestamp: wholeOf(json.event_timestamp_ms),
    store: textOf(json.store),
    environment: environmentNamed(json.environment),
    transactionId: textOf(json.transaction_id),
    originalTransactionId: textOf(json.original_transaction_id),
    productId: textOf(json.product_id),
    newProductId: textOf(json.new_product_id),
    periodType: PERIOD_TYPES.find((one) => one === json.period_type) ?? 'NORMAL',
    purchasedAt: wholeOf(json.purchased_at_ms),
    expirationAt: wholeOf(json.expiration_at_ms),
    graceEndsAt: wholeOf(json.grace_period_expiration_at_ms),
    resumesAt: wholeOf(json.auto_resume_at_ms),
    isTrialConversion: typeof json.is_trial_conversion === 'boolean' ? json.is_trial_conversion : null,
    cancelReason: CANCEL_REASONS.find((one) => one === json.cancel_reason) ?? 'UNKNOWN',
    expirationReason: EXPIRATION_REASONS.find((one) => one === json.expiration_reason) ?? 'UNKNOWN',
    price: numberOf(json.price),
    currency: currencyOf(json.currency),
    priceInPurchasedCurrency: numberOf(json.price_in_purchased_currency),
    taxPercentage: numberOf(json.tax_percentage),
    commissionPercentage: numberOf(json.commission_percentage),
    takehomePercentage: numberOf(json.takehome_percentage),
    isFamilyShare: json.is_family_share === true,
    countryCode: countryOf(json.country_code),
    offerCode: textOf(json.offer_code),
    appUserId: textOf(json.app_user_id),
    originalAppUserId: textOf(json.original_app_user_id),
    aliases: textsOf(json.aliases),
    attributes: attributesOf(json.subscriber_attributes),
    presentedOfferingId: textOf(json.presented_offering_id),
  }
}

/** Most that one event is believed; a customer has at most fifty of its own beside the reserved ones. */
const MOST_ATTRIBUTES = 200

function attributesOf(value: unknown): Person['attributes'] {
  if (!isJson(value)) return []
  return Object.entries(value)
    .slice(0, MOST_ATTRIBUTES)
    .flatMap(([key, one]) => {
      const text = isJson(one) ? textOf(one.value) : null
      return text === null || !isJson(one) ? [] : [{ key, value: text, updatedAt: wholeOf(one.updated_at_ms) }]
    })
}

export function environmentNamed(value: unknown): Environment | null {
  return value === 'PRODUCTION' ? 'production' : value === 'SANDBOX' ? 'sandbox' : null
}

const CANCEL_REASONS: readonly CancelReason[] = [
  'UNSUBSCRIBE',
  'BILLING_ERROR',
  'DEVELOPER_INITIATED',
  'PRICE_INCREASE',
  'CUSTOMER_SUPPORT',
  'UNKNOWN',
]
const EXPIRATION_REASONS: readonly ExpirationReason[] = [...CANCEL_REASONS, 'SUBSCRIPTION_PAUSED']

function currencyOf(value: unknown): string | null {
  const text = textOf(value)
  return text !== null && /^[A-Z]{3}$/.test(text) ? text : null
}

function countryOf(value: unknown): string | null {
  const text = textOf(value)
  return text !== null && /^[A-Z]{2}$/.test(text) ? text : null
}
