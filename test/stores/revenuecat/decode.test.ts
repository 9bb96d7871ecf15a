import { describe, expect, it } from 'vitest'
import type { Fact } from '../../../src/domain/facts.ts'
import { PERIOD_TYPES } from '../../../src/domain/purchase.ts'
import { at, DAY, decodedOf, END, event, feedApp, observedIn, opening, own, START } from './setting.ts'

describe('the charge', () => {
  const chargeIn = (type: string, over: Readonly<Record<string, unknown>> = {}, app = feedApp()): Fact | undefined =>
    observedIn(event(type, over), app).facts[0]

  it('is told whole by its own event, with everything that the event says of it', () => {
    expect(chargeIn('INITIAL_PURCHASE', { offer_code: 'SPRING', country_code: 'DE', is_family_share: false })).toEqual({
      kind: 'period',
      at: START,
      ...own,
      version: at,
      endAsOf: at,
      productId: 'monthly',
      periodType: 'NORMAL',
      expiresAt: END,
      price: { micros: 9_990_000, currency: 'USD' },
      isFamilyShare: false,
      countryCode: 'DE',
      offerCode: 'SPRING',
      firstOfChain: true,
      replaced: false,
      byChange: false,
      startsCancelled: false,
      follows: 'nothing',
      fees: { commissionPpm: 300_000, taxPpm: 0 },
      originalTransactionId: opening.event.original_transaction_id,
    })
  })

  it('is only mentioned by all others, whose price of 0 is not what it had cost', () => {
    const others = ['CANCELLATION', 'UNCANCELLATION', 'BILLING_ISSUE', 'EXPIRATION', 'PRODUCT_CHANGE'] as const
    for (const type of others) {
      expect(chargeIn(type), type).toMatchObject({ own: false, mentioned: true, price: { micros: 0, currency: 'USD' } })
    }
    expect(others).toHaveLength(5)
  })

  it('that was bought before the hub listened is told by its refund', () => {
    const refund = { cancel_reason: 'CUSTOMER_SUPPORT', price: -9.99, price_in_purchased_currency: -9.99 }
    const app = feedApp({ eventsFrom: START + DAY })
    expect(chargeIn('CANCELLATION', refund, app)).toMatchObject({ own: false, price: { micros: 9_990_000 } })
    expect(chargeIn('CANCELLATION', refund, app)).not.toHaveProperty('mentioned')
    expect(chargeIn('CANCELLATION', refund)).toHaveProperty('mentioned')
  })

  it('says what came before it', () => {
    const renewed = (is_trial_conversion: unknown): unknown => chargeIn('RENEWAL', { is_trial_conversion })
    expect(renewed(true)).toMatchObject({ follows: 'trial', startsCancelled: null })
    expect(renewed(false)).toMatchObject({ follows: 'paid' })
    expect(renewed(undefined)).not.toHaveProperty('follows')
    expect(chargeIn('INITIAL_PURCHASE', { period_type: 'PREPAID' })).not.toHaveProperty('follows')
    expect(chargeIn('CANCELLATION')).not.toHaveProperty('follows')
  })

  it('has the period type that is told, and NORMAL for one that is new', () => {
    for (const period_type of PERIOD_TYPES)
      expect(chargeIn('RENEWAL', { period_type })).toMatchObject({ periodType: period_type })
    expect(PERIOD_TYPES).toHaveLength(5)
    expect(chargeIn('RENEWAL', { period_type: 'WEEKLY_PASS' })).toMatchObject({ periodType: 'NORMAL' })
  })

  it('of a subscription needs its end', () => {
    expect(() => decodedOf(event('RENEWAL', { expiration_at_ms: null }))).toThrow(
      'This RENEWAL of a subscription carries no expiration_at_ms.',
    )
  })
})

describe('money', () => {
  const priceIn = (over: Readonly<Record<string, unknown>>): unknown => {
    const [charge] = observedIn(event('RENEWAL', over)).facts
    return charge?.kind === 'period' ? charge.price : undefined
  }

  it.each([
    [
      'of the purchase before dollars',
      { price: 8.14, currency: 'EUR', price_in_purchased_currency: 7.99 },
      7_990_000,
      'EUR',
    ],
    [
      'in dollars where nothing else is told',
      { price: 25.487, currency: null, price_in_purchased_currency: null },
      25_487_000,
      'USD',
    ],
    [
      'in dollars where the currency is none',
      { price: 1.5, currency: 'euro', price_in_purchased_currency: 1.4 },
      1_500_000,
      'USD',
    ],
    ['without a minor unit', { currency: 'JPY', price_in_purchased_currency: 1_500 }, 1_500_000_000, 'JPY'],
    ['as floating numbers leave it', { currency: 'EUR', price_in_purchased_currency: 0.1 + 0.2 }, 300_000, 'EUR'],
    ['rounded to micros', { currency: 'EUR', price_in_purchased_currency: 8.1399999999 }, 8_140_000, 'EUR'],
    ['of a trial: nothing', { period_type: 'TRIAL', currency: 'PHP', price_in_purchased_currency: 99 }, 0, 'PHP'],
    [
      'of a family share: nothing',
      { is_family_share: true, currency: null, price: null, price_in_purchased_currency: null },
      0,
      'USD',
    ],
    ['of nothing', { currency: 'EUR', price: 0, price_in_purchased_currency: 0 }, 0, 'EUR'],
  ])('%s', (_, over, micros, currency) => {
    expect(priceIn(over)).toEqual({ micros, currency })
  })

  it.each([
    ['null', { price: null, price_in_purchased_currency: null }],
    ['text', { price: '9.99', price_in_purchased_currency: '9.99' }],
    ['negative for a charge', { price: -1, price_in_purchased_currency: -1 }],
    ['beyond any amount', { price_in_purchased_currency: 1e30 }],
  ])('that is %s is unknown, never 0', (_, over) => {
    expect(priceIn(over)).toBeNull()
  })

  it.each([
    [
      { commission_percentage: 0.15, tax_percentage: 0.1109 },
      { commissionPpm: 150_000, taxPpm: 110_900 },
    ],
    [
      { commission_percentage: null, takehome_percentage: 0.7, tax_percentage: 0 },
      { commissionPpm: 300_000, taxPpm: 0 },
    ],
    [
      { commission_percentage: null, takehome_percentage: null, tax_percentage: 0.16667 },
      { commissionPpm: null, taxPpm: 166_670 },
    ],
    [{ commission_percentage: 1.5, takehome_percentage: -1, tax_percentage: 'x' }, undefined],
  ])('keeps %o of it', (over, fees) => {
    const [charge] = observedIn(event('RENEWAL', over)).facts
    expect(charge?.kind === 'period' ? charge.fees : null).toEqual(fees)
  })
})

describe('whose and which purchase', () => {
  const keyIn = (over: Readonly<Record<string, unknown>>) => observedIn(event('RENEWAL', over))

  it.each([
    ['APP_STORE', 'app_store', 'tx-2'],
    ['MAC_APP_STORE', 'app_store', 'tx-2'],
    ['PLAY_STORE', 'play_store', 'tx-2'],
    ['STRIPE', 'stripe', 'tx-2'],
    ['AMAZON', 'amazon', `chain-1#${START}`],
    ['PROMOTIONAL', 'promotional', 'tx-2'],
  ])('of %s is one of %s, its period %s', (store, name, period) => {
    const over = { store, transaction_id: 'tx-2', original_transaction_id: 'chain-1' }
    const { key, facts } = keyIn(over)
    expect(key).toEqual({ projectId: 'acme', store: name, environment: 'production', chain: 'chain-1', line: '' })
    expect(facts.map((fact) => fact.period)).toEqual([period])
  })

  it('is of the environment that the event names', () => {
    expect(keyIn({ environment: 'SANDBOX' }).key.environment).toBe('sandbox')
  })

  it.each([
    [{ app_user_id: 'bea', original_app_user_id: 'anna', aliases: ['anna', 'bea'] }, 'bea'],
    [{ app_user_id: null, original_app_user_id: 'anna', aliases: ['carl'] }, 'anna'],
    [{ app_user_id: '', original_app_user_id: null, aliases: ['anna', 7, 'carl'] }, 'carl'],
    [{ app_user_id: 'a\u0000b', original_app_user_id: null, aliases: null }, null],
  ])('belongs, by %o, to %s', (over, owner) => {
    expect(keyIn(over).owner).toBe(owner)
  })

  it.each([
    ['event_timestamp_ms', /its place in time/],
    ['transaction_id', /its charge/],
    ['original_transaction_id', /its purchase/],
    ['product_id', /product_id/],
    ['purchased_at_ms', /purchased_at_ms/],
    ['store', /store/],
  ])('cannot be told without %s', (field, sentence) => {
    expect(() => decodedOf(event('RENEWAL', { [field]: null }))).toThrow(sentence)
  })

  it('of a grant is its one charge', () => {
    const { key, kind } = observedIn(
      event('NON_RENEWING_PURCHASE', { store: 'PROMOTIONAL', original_transaction_id: null, transaction_id: 'g-1' }),
    )
    expect({ chain: key.chain, kind }).toEqual({ chain: 'g-1', kind: 'one_time' })
  })

  it('carries the event’s own id, with its type and its place in time', () => {
    expect(keyIn({ id: 'E-1' }).external).toEqual({ id: 'E-1', type: 'RENEWAL', at: at + 1 })
    expect(keyIn({ id: null })).not.toHaveProperty('external')
  })
})
