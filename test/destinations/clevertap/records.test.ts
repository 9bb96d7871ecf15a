import { describe, expect, it } from 'vitest'
import { clevertap } from '../../../src/destinations/clevertap/index.ts'
import { EVENT_NAMES, type EventName, type LifecycleEvent } from '../../../src/domain/event.ts'
import { eventNamed, SPECIAL_EVENTS } from '../events.ts'
import { customerOf, NOW } from '../render.ts'
import { attributes, dataOf, inputFor, kindOf, notesOf, propertiesOf, rendered, settingsWith } from './render.ts'

const CARRIED = EVENT_NAMES.filter((name) => clevertap.carries(name, 'play_store'))
const refund = SPECIAL_EVENTS.refund ?? eventNamed('cancellation')
const rateUnknown = SPECIAL_EVENTS.rate_unknown ?? eventNamed('renewal')

const money = (currency: string | null, grossMicros: number | null): LifecycleEvent['money'] => ({
  ...eventNamed('renewal').money,
  currency,
  grossMicros,
})

/**
 * The values of the reference's own samples, event by event: what they have must be there under the same key, in the
 * same unit. (Its amounts on non-subscription purchases and its app id are those of its own account.)
 */
const REFERENCE: Readonly<
  Partial<Record<EventName, { readonly event: Partial<LifecycleEvent>; readonly data: Record<string, unknown> }>>
> = {
  initial_purchase: {
    event: { occurredAt: 1_662_539_769_000, money: money('USD', 4_990_000), productId: 'monthly.sub.1' },
    data: { amount: 4.99, currency: 'USD', product_id: 'monthly.sub.1', app_id: '1234567890' },
  },
  trial_started: {
    event: { occurredAt: 1_663_045_139_000, money: money('EUR', 0) },
    data: { amount: 0, currency: 'EUR', app_id: '1234567890' },
  },
  trial_converted: {
    event: { occurredAt: 1_663_062_898_000, money: money('EUR', 14_990_000) },
    data: { amount: 14.99, currency: 'EUR', app_id: '1234567890' },
  },
  trial_cancelled: {
    event: { occurredAt: 1_663_060_098_000, money: money('EUR', 0), cancelReason: 'BILLING_ERROR' },
    data: { amount: 0, currency: 'EUR', cancel_reason: 'BILLING_ERROR' },
  },
  renewal: {
    event: { occurredAt: 1_659_935_913_000, money: money('INR', 139_990_000) },
    data: { amount: 139.99, currency: 'INR' },
  },
  cancellation: {
    event: { occurredAt: 1_659_936_775_000, money: money('INR', 0), cancelReason: 'UNSUBSCRIBE' },
    data: { amount: 0, currency: 'INR', cancel_reason: 'UNSUBSCRIBE' },
  },
  uncancellation: {
    event: { occurredAt: 1_632_188_342_000, money: money('USD', 0), appId: null },
    data: { amount: 0, currency: 'USD' },
  },
  non_subscription_purchase: {
    event: { occurredAt: 1_660_903_862_000, money: money('USD', 0), attributes: attributes({ age: '24' }) },
    data: { amount: 0, currency: 'USD', age: '24' },
  },
  expiration: {
    event: { occurredAt: 1_659_936_813_000, money: money('INR', 0), expirationReason: 'UNSUBSCRIBE' },
    data: { amount: 0, currency: 'INR', expiration_reason: 'UNSUBSCRIBE' },
  },
  billing_issue: {
    event: { occurredAt: 1_663_060_098_000, money: money('EUR', 0), gracePeriodExpiresAt: 1_663_146_497_433 },
    data: { amount: 0, currency: 'EUR', grace_period_expiration_at: 1_663_146_497_433 },
  },
  product_change: {
    event: {
      occurredAt: 1_626_283_709_000,
      money: money('USD', 0),
      productId: 'monthly.sub.1',
      newProductId: 'yearly.sub.2',
    },
    data: { amount: 0, currency: 'USD', product_id: 'monthly.sub.1', new_product_id: 'yearly.sub.2' },
  },
}

describe('the record of an event', () => {
  it.each(CARRIED)("carries %s under the reference's keys and units", (name) => {
    const sample = REFERENCE[name]
    if (sample === undefined) throw new Error(`No reference sample of ${name}`)
    const event = eventNamed(name, { appId: '1234567890', ...sample.event })
    const { body } = kindOf(rendered(event), 'event')
    expect(body).toMatchObject({ type: 'event', evtName: `rc_${name}_event`, ts: event.occurredAt / 1000 })
    expect(body.evtData).toMatchObject({ product_id: event.productId, ...sample.data })
  })

  it('has a specific key on its own event only', () => {
    const keys = ['cancel_reason', 'expiration_reason', 'grace_period_expiration_at', 'new_product_id']
    const everything: Partial<LifecycleEvent> = {
      cancelReason: 'UNSUBSCRIBE',
      expirationReason: 'UNSUBSCRIBE',
      gracePeriodExpiresAt: NOW,
      newProductId: 'other',
    }
    const own = CARRIED.map((name) => {
      const data = dataOf(eventNamed(name, everything))
      return [name, keys.filter((key) => key in data)] as const
    }).filter(([, found]) => found.length > 0)
    expect(Object.fromEntries(own)).toEqual({
      trial_cancelled: ['cancel_reason'],
      cancellation: ['cancel_reason'],
      expiration: ['expiration_reason'],
      billing_issue: ['grace_period_expiration_at'],
      product_change: ['new_product_id'],
    })
  })

  it('adds what the reference leaves out, and leaves out what is not there', () => {
    expect(dataOf(eventNamed('trial_started', { id: 'evt_1', attributes: {} }))).toEqual({
      amount: 0,
      currency: 'EUR',
      product_id: 'com.acme.monthly',
      app_id: 'ios',
      event_id: 'evt_1',
      store: 'APP_STORE',
      environment: 'PRODUCTION',
      period_type: 'TRIAL',
      expires_at: `$D_${Date.UTC(2026, 10, 8, 10) / 1000}`,
      country_code: 'DE',
      offer_code: 'welcome',
      renewal_number: 1,
      transaction_id: '1000000000000001',
      is_refund: false,
    })
    const bare = dataOf(
      eventNamed('non_subscription_purchase', { appId: null, countryCode: null, attributes: {}, offerCode: null }),
    )
    expect(Object.keys(bare)).toEqual([
      'amount',
      'currency',
      'product_id',
      'event_id',
      'store',
      'environment',
      'period_type',
      'transaction_id',
      'is_refund',
    ])
  })

  it('has the second in which it happened, or in which it is sent where that is wanted', () => {
    const event = eventNamed('renewal', { occurredAt: 1_700_000_000_999 })
    expect(rendered(event)[0]?.body.ts).toBe(1_700_000_000)
    expect(dataOf(event)).not.toHaveProperty('occurred_at')
    const [sent] = rendered(event, { event_time: 'sent' }, { nowMs: 1_700_000_123_456 })
    expect(sent?.body).toMatchObject({ ts: 1_700_000_123, evtData: { occurred_at: '$D_1700000000' } })
  })

  it('is refused without a name', () => {
    expect(notesOf(eventNamed('renewal'), {}, { eventName: ' ' })).toMatch(/^refused: .*no name/)
  })
})

describe('who a record is about', () => {
  const withId = (values: Readonly<Record<string, string>>) =>
    eventNamed('renewal', { attributes: attributes(values), aliases: ['user-1'] })
  const addressOf = (event: LifecycleEvent, changes = {}) => {
    const found = rendered(event, { charged: true, profile: true }, changes)
    expect(found.map(({ kind }) => kind)).toEqual(['profile', 'event', 'charged'])
    const addresses = found.map(({ body: { objectId, identity } }) => ({ objectId, identity }))
    expect(new Set(addresses.map((one) => JSON.stringify(one))).size).toBe(1)
    return addresses[0]
  }

  it.each(['$clevertapId', '$cleverTapId', '$CLEVERTAPID'])('is the objectId of %s, and nothing beside it', (key) => {
    expect(addressOf(withId({ [key]: '  abc123 ' }))).toEqual({ objectId: 'abc123', identity: undefined })
  })

  it("prefers the SDKs' spelling, and passes over blank values", () => {
    expect(addressOf(withId({ $cleverTapId: 'other', $clevertapId: 'sdk' }))).toMatchObject({ objectId: 'sdk' })
    expect(addressOf(withId({ $clevertapId: ' ', $cleverTapId: 'other' }))).toMatchObject({ objectId: 'other' })
  })

  it.each([{}, { $clevertapId: '' }, { $clevertapId: '  ' }])('is the app user id without one: %o', (values) => {
    expect(addressOf(withId(values))).toEqual({ objectId: undefined, identity: 'user-1' })
  })

  it('falls back to the app user id known at the first attempt when CleverTap does not know the objectId', () => {
    const event = withId({ $clevertapId: 'abc123' })
    const identified = clevertap.identify(customerOf(event, { appUserId: 'user-2' }), settingsWith())
    if (identified.kind !== 'identity') throw new Error(identified.kind)
    const { identity } = identified
    expect(addressOf(event, { identity })).toEqual({ objectId: 'abc123', identity: undefined })
    expect(addressOf(event, { identity, mends: ['identity'] })).toEqual({ objectId: undefined, identity: 'user-2' })
  })

  it('is kept from the first attempt on, whatever the event says of the customer', () => {
    const input = inputFor(eventNamed('renewal'), {}, { identity: { identity: 'later-known' } })
    const made = clevertap.records(input)
    expect(made).toMatchObject({ kind: 'records', records: [{ body: { identity: 'later-known' } }] })
  })

  it('lets an anonymous customer with a $clevertapId pass, since CleverTap knows who it is', () => {
    const customer = customerOf(withId({ $clevertapId: 'abc' }), { appUserId: '$RCAnonymousID:1', anonymous: true })
    for (const anonymous of ['hold_until_known', 'skip']) {
      expect(clevertap.identify(customer, settingsWith({ anonymous }))).toEqual({
        kind: 'identity',
        identity: { objectId: 'abc', identity: '$RCAnonymousID:1' },
      })
    }
  })
})

describe('the amount', () => {
  it('follows sales reporting and currency, in micros as a decimal number', () => {
    const of = (settings: Record<string, string>) => {
      const { amount, currency } = dataOf(eventNamed('renewal'), settings)
      return [amount, currency]
    }
    expect(of({})).toEqual([7.99, 'EUR'])
    expect(of({ sales_reporting: 'after_commission' })).toEqual([5.975713, 'EUR'])
    expect(of({ sales_reporting: 'after_commission_and_taxes' })).toEqual([4.699998, 'EUR'])
    expect(of({ currency: 'usd' })).toEqual([8.14, 'USD'])
  })

  it('of a refund is zero, or negative where that is wanted; both are marked as refunds', () => {
    expect(dataOf(refund)).toMatchObject({ amount: 0, currency: 'EUR', is_refund: true })
    expect(Object.is(dataOf(refund).amount, -0)).toBe(false)
    expect(dataOf(refund, { refunds: 'negative' })).toMatchObject({ amount: -7.99, currency: 'EUR', is_refund: true })
    expect(dataOf(eventNamed('cancellation'))).toMatchObject({ amount: 0, is_refund: false })
  })

  it('that is unknown has no number, but its reason and what is known', () => {
    const inDollars = dataOf(rateUnknown, { currency: 'usd' })
    expect(inDollars).not.toHaveProperty('amount')
    expect(inDollars).not.toHaveProperty('currency')
    expect(inDollars).toMatchObject({
      revenue_unavailable: 'rate_unknown',
      price_in_purchased_currency: 1990,
      purchased_currency: 'IRR',
    })
    expect(notesOf(rateUnknown, { currency: 'usd' })).toMatch(/no exchange rate for IRR/)
    const unpriced = dataOf(eventNamed('renewal', { money: money('EUR', null) }))
    expect(unpriced).toMatchObject({ revenue_unavailable: 'price_unknown', purchased_currency: 'EUR' })
    expect(unpriced).not.toHaveProperty('amount')
    expect(unpriced).not.toHaveProperty('price_in_purchased_currency')
    const nameless = dataOf(eventNamed('renewal', { money: money(null, 5_000_000) }))
    expect(nameless).toMatchObject({ revenue_unavailable: 'currency_unknown', price_in_purchased_currency: 5 })
    expect(nameless).not.toHaveProperty('amount')
  })

  it('of a grant without money and currency is zero dollars', () => {
    const grant = eventNamed('non_subscription_purchase', {
      store: 'promotional',
      appId: null,
      periodType: 'PROMOTIONAL',
      money: money(null, 0),
    })
    expect(dataOf(grant)).toMatchObject({ amount: 0, currency: 'USD', store: 'PROMOTIONAL' })
  })
})

describe('Charged', () => {
  it('goes with every event that brings revenue, and with no other', () => {
    const withCharged = CARRIED.filter((name) =>
      rendered(eventNamed(name), { charged: true }).some(({ kind }) => kind === 'charged'),
    )
    expect(withCharged).toEqual(['initial_purchase', 'trial_converted', 'renewal', 'non_subscription_purchase'])
    for (const refunds of ['zero', 'negative']) {
      expect(rendered(refund, { charged: true, refunds }).map(({ kind }) => kind)).toEqual(['event'])
    }
    expect(rendered(rateUnknown, { charged: true, currency: 'usd' }).map(({ kind }) => kind)).toEqual(['event'])
    expect(rendered(eventNamed('renewal')).map(({ kind }) => kind)).toEqual(['event'])
  })

  it("has the event's time and amount, and the transaction as its id", () => {
    const event = eventNamed('renewal', { id: 'evt_1' })
    const records = rendered(event, { charged: true, sales_reporting: 'after_commission' })
    const { body } = kindOf(records, 'charged')
    expect(body).toMatchObject({ type: 'event', evtName: 'Charged', ts: kindOf(records, 'event').body.ts })
    expect(body.evtData).toEqual({
      Amount: 5.975713,
      Currency: 'EUR',
      'Charged ID': '1000000000000002',
      product_id: 'com.acme.monthly',
      event_id: 'evt_1',
    })
  })
})

describe('the profile', () => {
  it('goes first, so that a campaign on the event finds it up to date', () => {
    const records = rendered(eventNamed('renewal'), { profile: true, charged: true })
    expect(records.map(({ kind }) => kind)).toEqual(['profile', 'event', 'charged'])
    expect(records[0]?.body).toMatchObject({ type: 'profile', ts: records[1]?.body.ts, identity: 'user-1' })
    expect(propertiesOf(kindOf(records, 'profile'))).toEqual({
      rc_subscription_status: 'active',
      rc_product_id: 'com.acme.monthly',
      rc_expires_at: `$D_${Date.UTC(2026, 11, 20, 10) / 1000}`,
      rc_store: 'APP_STORE',
      rc_will_renew: true,
    })
  })

  it('leaves out what is unknown, and is not touched by a one-time purchase', () => {
    const unknown = rendered(eventNamed('renewal', { willRenew: null }), { profile: true })
    expect(propertiesOf(kindOf(unknown, 'profile'))).not.toHaveProperty('rc_will_renew')
    const coins = rendered(eventNamed('non_subscription_purchase'), { profile: true })
    expect(coins.map(({ kind }) => kind)).toEqual(['event'])
  })
})
