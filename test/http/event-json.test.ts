import { describe, expect, it } from 'vitest'
import { EVENT_TYPES } from '../../src/domain/event.ts'
import { EventSchema, toApiEvent } from '../../src/http/event-json.ts'
import { sampleEvent } from '../fixtures/event.ts'

/** On every event; https://www.revenuecat.com/docs/integrations/webhooks/event-types-and-fields, and our own. */
const EVERYWHERE = {
  id: 'evt_aaaabbbbccccddddeeeeffff00',
  type: 'RENEWAL',
  app_id: 'ios',
  event_timestamp_ms: Date.UTC(2026, 10, 20, 10, 0, 2),
  app_user_id: 'user-1',
  original_app_user_id: '$RCAnonymousID:87c6049c58069238dce29853916d624c',
  aliases: ['$RCAnonymousID:87c6049c58069238dce29853916d624c', 'user-1'],
  subscriber_attributes: {},
  product_id: 'com.acme.monthly',
  entitlement_ids: ['premium'],
  entitlement_id: 'premium',
  presented_offering_id: null,
  period_type: 'NORMAL',
  purchased_at_ms: Date.UTC(2026, 10, 20, 10, 0, 0),
  expiration_at_ms: Date.UTC(2026, 11, 20, 10, 0, 0),
  store: 'APP_STORE',
  environment: 'PRODUCTION',
  transaction_id: '1000000000000002',
  original_transaction_id: '1000000000000001',
  is_family_share: false,
  country_code: 'DE',
  offer_code: null,
  renewal_number: 2,
  metadata: null,
  price: 8.14,
  currency: 'EUR',
  price_in_purchased_currency: 7.99,
  tax_percentage: 0,
  commission_percentage: 0.3,
  takehome_percentage: 0.7,
  name: 'renewal',
  seq: 1_795_600_000_000_000,
  occurred_at_ms: Date.UTC(2026, 10, 20, 10, 0, 0),
  late: false,
  provisional: false,
  external_id: null,
  subscription_status: 'active',
  will_renew: true,
  money: {
    currency: 'EUR',
    gross_micros: 7_990_000,
    commission_ppm: 300_000,
    tax_ppm: 0,
    rate: '1.018773466834',
    rate_date: '2026-10-31',
    rate_estimated: false,
    estimated: true,
  },
} as const

const apiEvent = (event: Parameters<typeof toApiEvent>[0]) => toApiEvent(event, true)

describe('an event in the API', () => {
  it('has these keys and values', () => {
    const { price, ...rest } = apiEvent(sampleEvent())
    const { price: about, ...wanted } = EVERYWHERE
    expect(rest).toEqual({ ...wanted, is_trial_conversion: false })
    expect(price).toBeCloseTo(about, 3)
  })

  const ofItsType = {
    RENEWAL: ['is_trial_conversion'],
    CANCELLATION: ['cancel_reason'],
    EXPIRATION: ['expiration_reason'],
    BILLING_ISSUE: ['grace_period_expiration_at_ms'],
    SUBSCRIPTION_PAUSED: ['auto_resume_at_ms'],
    PRODUCT_CHANGE: ['new_product_id'],
    TRANSFER: ['transferred_from', 'transferred_to'],
  } as const

  it.each(EVENT_TYPES)('%s carries the keys of its type and no other', (type) => {
    const event = apiEvent(
      sampleEvent({
        type,
        isTrialConversion: true,
        cancelReason: 'BILLING_ERROR',
        expirationReason: 'UNKNOWN',
        gracePeriodExpiresAt: 5,
        autoResumeAt: 6,
        newProductId: 'com.acme.yearly',
      }),
    )
    const missing = type === 'TRANSFER' ? ['app_user_id', 'offer_code'] : []
    const own: readonly string[] = type in ofItsType ? ofItsType[type as keyof typeof ofItsType] : []
    const wanted = [...Object.keys(EVERYWHERE).filter((key) => !missing.includes(key)), ...own]
    expect(Object.keys(event).sort()).toEqual(wanted.sort())
    expect(EventSchema.strict().safeParse(event).error).toBeUndefined()
  })

  it('puts the value of the type under its key', () => {
    expect(apiEvent(sampleEvent({ isTrialConversion: true }))).toMatchObject({ is_trial_conversion: true })
    expect(apiEvent(sampleEvent({ type: 'CANCELLATION', cancelReason: 'BILLING_ERROR' }))).toMatchObject({
      cancel_reason: 'BILLING_ERROR',
    })
    expect(apiEvent(sampleEvent({ type: 'EXPIRATION', expirationReason: 'SUBSCRIPTION_PAUSED' }))).toMatchObject({
      expiration_reason: 'SUBSCRIPTION_PAUSED',
    })
    expect(apiEvent(sampleEvent({ type: 'BILLING_ISSUE', gracePeriodExpiresAt: 5 }))).toMatchObject({
      grace_period_expiration_at_ms: 5,
    })
    expect(apiEvent(sampleEvent({ type: 'SUBSCRIPTION_PAUSED', autoResumeAt: 6 }))).toMatchObject({
      auto_resume_at_ms: 6,
    })
    expect(apiEvent(sampleEvent({ type: 'PRODUCT_CHANGE', newProductId: 'x' }))).toMatchObject({
      new_product_id: 'x',
    })
  })

  it('gives attributes as {value, updated_at_ms}, whatever their keys', () => {
    const attributes = Object.assign(Object.create(null), {
      $email: { value: 'a@example.com', updatedAt: 7 },
      toString: { value: 'x', updatedAt: 8 },
    })
    expect(JSON.parse(JSON.stringify(apiEvent(sampleEvent({ attributes })).subscriber_attributes))).toEqual({
      $email: { value: 'a@example.com', updated_at_ms: 7 },
      toString: { value: 'x', updated_at_ms: 8 },
    })
  })

  it('leaves app_id out for a promotional grant, and has no entitlement where none is mapped', () => {
    const event = apiEvent(sampleEvent({ appId: null, store: 'promotional', entitlementIds: null }))
    expect('app_id' in event).toBe(false)
    expect(event).toMatchObject({ store: 'PROMOTIONAL', entitlement_ids: null, entitlement_id: null })
  })

  it('never says 0 for a price or a rate that is unknown', () => {
    const { money } = sampleEvent()
    const pricesOf = (changes: Partial<typeof money>) => {
      const {
        price,
        price_in_purchased_currency: purchased,
        currency,
      } = apiEvent(sampleEvent({ money: { ...money, ...changes } }))
      return [price, purchased, currency]
    }
    expect(pricesOf({ grossMicros: null })).toEqual([null, null, 'EUR'])
    expect(pricesOf({ usdRate: null })).toEqual([null, 7.99, 'EUR'])
    expect(pricesOf({ grossMicros: 0, usdRate: null })).toEqual([0, 0, 'EUR'])
    expect(pricesOf({ grossMicros: 0, currency: null, usdRate: null })).toEqual([0, 0, null])
    expect(pricesOf({ grossMicros: 1, currency: null })).toEqual([null, null, null])
    expect(pricesOf({ currency: 'USD', usdRate: null, grossMicros: -4_990_000 })).toEqual([-4.99, -4.99, 'USD'])
  })

  it.each([
    ['1000000000000', '1'],
    ['1018773466834', '1.018773466834'],
    ['6500000000', '0.0065'],
    ['1', '0.000000000001'],
    ['12000000000000', '12'],
  ])('writes the rate %s as %s', (usdRate, text) => {
    expect(apiEvent(sampleEvent({ money: { ...sampleEvent().money, usdRate } })).money.rate).toBe(text)
  })
})
