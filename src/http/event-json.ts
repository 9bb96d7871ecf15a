import { z } from 'zod'
import { EVENT_NAMES, EVENT_TYPES, type LifecycleEvent, SUBSCRIPTION_STATUSES } from '../domain/event.ts'
import { decimalOf } from '../domain/money.ts'
import { PERIOD_TYPES } from '../domain/purchase.ts'
import { reportedAmount } from '../domain/revenue.ts'
import { MASKED } from './personal.ts'

const ms = z.int().describe('Milliseconds since 1970, UTC.')

export const AttributesSchema = z
  .record(z.string(), z.object({ value: z.string(), updated_at_ms: ms }))
  .meta({ id: 'Attributes' })

export const EventSchema = z
  .object({
    id: z.string(),
    type: z.enum(EVENT_TYPES),
    name: z
      .enum(EVENT_NAMES)
      .nullable()
      .describe('The key of its name at a destination; null for what is sent nowhere.'),
    app_id: z.string().optional().describe('Absent for promotional grants.'),
    event_timestamp_ms: ms.describe('When the hub derived it.'),
    occurred_at_ms: ms.describe('When it happened.'),
    seq: z.int().describe('Grows along the events of one customer, with gaps.'),
    late: z.boolean().describe('Learned more than an hour after it happened.'),
    provisional: z.boolean().describe('Its customer may still turn out to be another one; read it again under its id.'),
    external_id: z.string().nullable(),
    app_user_id: z.string().optional().describe('Absent on TRANSFER.'),
    original_app_user_id: z.string(),
    aliases: z.array(z.string()),
    subscriber_attributes: AttributesSchema,
    product_id: z.string(),
    new_product_id: z.string().nullable().optional().describe('PRODUCT_CHANGE only.'),
    entitlement_ids: z.array(z.string()).nullable(),
    entitlement_id: z.string().nullable(),
    presented_offering_id: z.string().nullable(),
    period_type: z.enum(PERIOD_TYPES),
    purchased_at_ms: ms,
    expiration_at_ms: ms.nullable(),
    grace_period_expiration_at_ms: ms.nullable().optional().describe('BILLING_ISSUE only.'),
    auto_resume_at_ms: ms.nullable().optional().describe('SUBSCRIPTION_PAUSED only.'),
    store: z.string(),
    environment: z.enum(['PRODUCTION', 'SANDBOX']),
    is_trial_conversion: z.boolean().optional().describe('RENEWAL only.'),
    cancel_reason: z.string().nullable().optional().describe('CANCELLATION only.'),
    expiration_reason: z.string().nullable().optional().describe('EXPIRATION only.'),
    transferred_from: z.array(z.string()).optional().describe('TRANSFER only: the ids of whom the purchase was.'),
    transferred_to: z.array(z.string()).optional().describe('TRANSFER only.'),
    transaction_id: z.string(),
    original_transaction_id: z.string(),
    is_family_share: z.boolean(),
    country_code: z.string().nullable(),
    offer_code: z.string().nullable().optional().describe('Absent on TRANSFER.'),
    renewal_number: z.int().nullable(),
    metadata: z.null(),
    price: z.number().nullable().describe('US dollars; negative for refunds, null when unknown.'),
    currency: z.string().nullable().describe('ISO 4217, of the purchase.'),
    price_in_purchased_currency: z.number().nullable(),
    tax_percentage: z.number().describe('Fraction of the price.'),
    commission_percentage: z.number().describe('Fraction of the price.'),
    takehome_percentage: z.number().describe('After commission, before taxes.'),
    subscription_status: z.enum(SUBSCRIPTION_STATUSES),
    will_renew: z.boolean().nullable(),
    money: z.object({
      currency: z.string().nullable(),
      gross_micros: z.int().nullable(),
      commission_ppm: z.int(),
      tax_ppm: z.int(),
      rate: z.string().nullable().describe('US dollars for one unit of the currency, as decimal text.'),
      rate_date: z.string().nullable(),
      rate_estimated: z.boolean().describe('The rate is older than the purchase.'),
      estimated: z.boolean().describe("Commission and tax are rules, not the store's own figures."),
    }),
  })
  .meta({ id: 'Event' })

export type ApiEvent = z.infer<typeof EventSchema>

/**
 * An event as the API gives it: the keys of RevenueCat's webhook event
 * (https://www.revenuecat.com/docs/integrations/webhooks/event-types-and-fields), with times in milliseconds and
 * decimal prices, and what the hub knows beyond them. Keys that belong to one type are on that type only.
 */
export function toApiEvent(event: LifecycleEvent, personal: boolean): ApiEvent {
  return {
    ...identityOf(event, personal),
    ...purchaseOf(event),
    ...pricesOf(event),
    ...ofItsType(event),
    name: event.name,
    seq: event.seq,
    occurred_at_ms: event.occurredAt,
    late: event.late,
    provisional: event.provisionalUntil !== null,
    external_id: event.externalId,
    subscription_status: event.subscriptionStatus,
    will_renew: event.willRenew,
    money: {
      currency: event.money.currency,
      gross_micros: event.money.grossMicros,
      commission_ppm: event.money.commissionPpm,
      tax_ppm: event.money.taxPpm,
      rate: event.money.usdRate === null ? null : decimalOfRate(event.money.usdRate),
      rate_date: event.money.rateDate,
      rate_estimated: event.money.rateEstimated,
      estimated: event.money.estimated,
    },
  }
}

function identityOf(event: LifecycleEvent, personal: boolean) {
  return {
    id: event.id,
    type: event.type,
    // A promotional grant belongs to no app.
    ...(event.appId === null ? {} : { app_id: event.appId }),
    event_timestamp_ms: event.recordedAt,
    // A transfer names the customers it moved between, not one.
    ...(event.type === 'TRANSFER' ? {} : { app_user_id: event.appUserId }),
    original_app_user_id: event.originalAppUserId,
    aliases: [...event.aliases],
    subscriber_attributes: toApiAttributes(event.attributes, personal),
  }
}

/** A map without a prototype: its keys come from strangers. `personal`: whoever reads it may see the values. */
export function toApiAttributes(
  attributes: LifecycleEvent['attributes'],
  personal: boolean,
): Record<string, { value: string; updated_at_ms: number }> {
  const given: Record<string, { value: string; updated_at_ms: number }> = Object.create(null)
  for (const [key, { value, updatedAt }] of Object.entries(attributes))
    given[key] = { value: personal ? value : MASKED, updated_at_ms: updatedAt }
  return given
}

function purchaseOf(event: LifecycleEvent) {
  return {
    product_id: event.productId,
    entitlement_ids: event.entitlementIds === null ? null : [...event.entitlementIds],
    entitlement_id: event.entitlementIds?.[0] ?? null,
    presented_offering_id: event.presentedOfferingId,
    period_type: event.periodType,
    purchased_at_ms: event.purchasedAt,
    expiration_at_ms: event.expiresAt,
    store: event.store.toUpperCase(),
    environment: event.environment === 'production' ? ('PRODUCTION' as const) : ('SANDBOX' as const),
    transaction_id: event.transactionId,
    original_transaction_id: event.originalTransactionId,
    is_family_share: event.isFamilyShare,
    country_code: event.countryCode,
    ...(event.type === 'TRANSFER' ? {} : { offer_code: event.offerCode }),
    renewal_number: event.renewalNumber,
    metadata: null,
  }
}

function pricesOf({ money }: LifecycleEvent) {
  const usd = reportedAmount(money, 'gross', 'usd')
  const purchased = reportedAmount(money, 'gross', 'purchased')
  return {
    // US dollars; null where the price or the rate is unknown, never 0 in its place.
    price: usd.kind === 'amount' ? decimalOf(usd.micros) : null,
    currency: money.currency,
    // Nothing is nothing in every currency.
    price_in_purchased_currency:
      purchased.kind === 'amount' ? decimalOf(purchased.micros) : money.grossMicros === 0 ? 0 : null,
    tax_percentage: decimalOf(money.taxPpm),
    commission_percentage: decimalOf(money.commissionPpm),
    // After commission, before taxes; RevenueCat keeps it for old receivers.
    takehome_percentage: decimalOf(1_000_000 - money.commissionPpm),
  }
}

function ofItsType(event: LifecycleEvent): Partial<ApiEvent> {
  switch (event.type) {
    case 'RENEWAL':
      return { is_trial_conversion: event.isTrialConversion ?? false }
    case 'CANCELLATION':
      return { cancel_reason: event.cancelReason }
    case 'EXPIRATION':
      return { expiration_reason: event.expirationReason }
    case 'BILLING_ISSUE':
      return { grace_period_expiration_at_ms: event.gracePeriodExpiresAt }
    case 'SUBSCRIPTION_PAUSED':
      return { auto_resume_at_ms: event.autoResumeAt }
    case 'PRODUCT_CHANGE':
      return { new_product_id: event.newProductId }
    case 'TRANSFER':
      return {
        transferred_from: [...(event.transferred?.from ?? [])],
        transferred_to: [...(event.transferred?.to ?? [])],
      }
    case 'INITIAL_PURCHASE':
    case 'UNCANCELLATION':
    case 'NON_RENEWING_PURCHASE':
    case 'SUBSCRIPTION_EXTENDED':
    case 'REFUND':
    case 'REFUND_REVERSED':
      return {}
  }
}

/** An integer of 10⁻¹² as decimal text: "1018773466834" → "1.018773466834". */
function decimalOfRate(rate: string): string {
  const digits = rate.padStart(13, '0')
  const fraction = digits.slice(-12).replace(/0+$/, '')
  return fraction === '' ? digits.slice(0, -12) : `${digits.slice(0, -12)}.${fraction}`
}
