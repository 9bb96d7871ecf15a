import { describe, expect, it } from 'vitest'
import { decodedOf } from '../../../src/stores/app-store/decode.ts'
import { AT, app, factOf, observed, plan, subscribed, told } from './observed.ts'
import { DAY, simulated } from './setting.ts'

describe('a period', () => {
  it('carries what the transaction says', () => {
    const token = '7e3fb20b-4cdb-47cc-936d-99d65f608138'
    const s = simulated().subscribe({ ...plan, at: AT, appAccountToken: token, storefront: 'DEU', currency: 'EUR' })
    const observation = observed(s.opening)
    expect(observation).toEqual({
      key: { projectId: 'acme', store: 'app_store', environment: 'production', chain: s.id, line: '' },
      appId: 'ios',
      kind: 'subscription',
      snapshot: {
        version: AT + 1_000,
        status: 'active',
        autoRenew: true,
        pendingProductId: null,
        graceEndsAt: null,
        resumesAt: null,
      },
      owner: token,
      history: 'partial',
      facts: [
        {
          kind: 'period',
          at: AT,
          period: s.id,
          own: true,
          inferred: false,
          version: AT + 1_000,
          productId: 'monthly',
          periodType: 'NORMAL',
          expiresAt: Date.UTC(2026, 9, 1),
          price: { micros: 9_990_000, currency: 'EUR' },
          isFamilyShare: false,
          countryCode: 'DE',
          offerCode: null,
          firstOfChain: true,
          replaced: false,
          byChange: false,
          startsCancelled: false,
          originalTransactionId: s.id,
          serviceSince: AT,
        },
      ],
    })
  })

  it('names the owner by the renewal info when the transaction does not, letter by letter', () => {
    const { payload, transaction, renewal } = subscribed().opening.decoded
    const opened = { payload, transaction, renewal: { ...renewal, appAccountToken: 'ABC-def' } }
    expect(decodedOf(opened, app)).toMatchObject({ observation: { owner: 'ABC-def' } })
  })

  const offers: readonly (readonly [string, object, string, number | null])[] = [
    ['an introductory free trial', { offerType: 1, offerDiscountType: 'FREE_TRIAL', price: 0 }, 'TRIAL', 0],
    ['a free offer code', { offerType: 3, offerDiscountType: 'FREE_TRIAL', price: 0 }, 'TRIAL', 0],
    ['a trial that carries no price', { offerType: 1, offerDiscountType: 'FREE_TRIAL', price: undefined }, 'TRIAL', 0],
    ['a trial of before 2024', { offerType: 1, price: 0 }, 'TRIAL', 0],
    ['pay as you go', { offerType: 1, offerDiscountType: 'PAY_AS_YOU_GO', price: 1990 }, 'INTRO', 1_990_000],
    [
      'a promotional offer, paid up front',
      { offerType: 2, offerDiscountType: 'PAY_UP_FRONT', price: 4990 },
      'INTRO',
      4_990_000,
    ],
    ['a win-back offer', { offerType: 4, offerDiscountType: 'PAY_AS_YOU_GO', price: 990 }, 'INTRO', 990_000],
    ['a discount of a kind unknown', { offerType: 2, offerDiscountType: 'BRAND_NEW', price: 990 }, 'NORMAL', 990_000],
    ['a price of 0 without an offer', { price: 0 }, 'NORMAL', 0],
    ['no price', { price: undefined }, 'NORMAL', null],
    ['no currency anywhere', { currency: undefined }, 'NORMAL', null],
    ['a price below 0', { price: -1 }, 'NORMAL', null],
    ['a price beyond all integers', { price: 9_007_199_254_740_991 }, 'NORMAL', null],
  ]

  it.each(offers)('%s', (_name, fields, periodType, micros) => {
    const { payload, transaction, renewal } = subscribed().opening.decoded
    const changed = {
      payload,
      transaction: { ...transaction, ...fields },
      renewal: { ...renewal, currency: undefined },
    }
    const decoded = decodedOf(changed, app)
    const [fact] = decoded.kind === 'observed' ? decoded.observation.facts : []
    expect(fact).toMatchObject({ periodType, price: micros === null ? null : { micros, currency: 'USD' } })
  })

  it('of a family member costs nothing, in whatever currency', () => {
    const member = subscribed().familyShare({ at: AT + DAY })
    expect(told(member.opening)).toEqual(['own period'])
    expect(factOf(member.opening, 'period')).toMatchObject({
      isFamilyShare: true,
      price: { micros: 0, currency: 'USD' },
    })
    expect(member.id).not.toBe('')
  })

  it('knows no country for a storefront that no list has', () => {
    const { payload, transaction, renewal } = subscribed().opening.decoded
    const decoded = decodedOf({ payload, transaction: { ...transaction, storefront: 'QQQ' }, renewal }, app)
    expect(decoded).toMatchObject({ observation: { facts: [{ countryCode: null }] } })
  })

  it('begins cancelled only where its own message shows it', () => {
    const s = subscribed()
    const cancelled = s.cancel({ at: AT + DAY })
    expect(factOf(cancelled, 'period').startsCancelled).toBe(null)
    expect(factOf(s.renew(), 'period').startsCancelled).toBe(true)
    expect(factOf(s.uncancel({ at: AT + 40 * DAY }), 'period')).toMatchObject({ startsCancelled: null, own: false })
  })

  it('asks for the history where another came before it', () => {
    const s = subscribed()
    const first = decodedOf(s.opening.decoded, app)
    const second = decodedOf(s.renew().decoded, app)
    expect(first).toMatchObject({ historyOf: null })
    expect(second).toMatchObject({ historyOf: { key: { chain: s.id }, transactionId: s.latest.id } })
  })
})

describe('an immediate change', () => {
  it('is its period’s mark; the period before it is replaced', () => {
    const s = subscribed()
    const upgrade = s.upgrade({ product: 'yearly', price: 99, period: 'P1Y' }, { at: AT + 5 * DAY })
    expect(told(upgrade)).toEqual(['own period'])
    expect(factOf(upgrade, 'period')).toMatchObject({
      byChange: true,
      replaced: false,
      productId: 'yearly',
      firstOfChain: false,
    })
    const declined = s.refundDeclined({ at: AT + 6 * DAY, transactionId: s.id })
    expect(factOf(declined, 'period')).toMatchObject({ replaced: true, byChange: false, period: s.id })
    const redeemed = s.upgrade({ product: 'gold', price: 199, period: 'P1Y' }, { at: AT + 7 * DAY, redeemed: true })
    expect(factOf(redeemed, 'period')).toMatchObject({ byChange: true, own: true })
  })
})

describe('an extension', () => {
  it('moves the end of the period', () => {
    const s = subscribed()
    const extended = s.extend(14, { at: AT + DAY })
    expect(factOf(extended, 'extended')).toMatchObject({ expiresAt: Date.UTC(2026, 9, 15), at: AT + DAY + 1_000 })
    expect(factOf(extended, 'period').expiresAt).toBe(Date.UTC(2026, 9, 15))
  })
})

describe('an offer redeemed for the same product', () => {
  it('is a new period when it began with it, and nothing new when it waits for the renewal', () => {
    const offer = { mode: 'PAY_UP_FRONT', price: 4.99, period: 'P3M', identifier: 'autumn' } as const
    const s = subscribed()
    const now = s.redeemOffer(offer, { at: AT + 9 * DAY, now: true })
    expect(factOf(now, 'period')).toMatchObject({
      own: true,
      offerCode: 'autumn',
      periodType: 'INTRO',
      byChange: false,
    })
    const waits = subscribed()
    expect(factOf(waits.redeemOffer(offer, { at: AT + 9 * DAY }), 'period')).toMatchObject({
      own: false,
      offerCode: null,
    })
    expect(factOf(waits.renew(), 'period')).toMatchObject({ own: true, offerCode: 'autumn' })
  })
})

describe('a one-time purchase', () => {
  it.each(['consumable', 'non_consumable', 'non_renewing'] as const)('%s', (kind) => {
    const bought = simulated('sandbox').buy({ product: 'coins', price: 1.99, quantity: 3, kind, at: AT })
    const observation = observed(bought.opening)
    expect(observation).toMatchObject({
      kind: 'one_time',
      snapshot: null,
      key: { chain: bought.id, environment: 'sandbox' },
    })
    expect(told(bought.opening)).toEqual(['own one_time'])
    expect(factOf(bought.opening, 'one_time')).toMatchObject({
      at: AT,
      price: { micros: 5_970_000, currency: 'USD' },
      expiresAt: null,
      periodType: 'NORMAL',
    })
    expect(decodedOf(bought.opening.decoded, app)).toMatchObject({ historyOf: null })
    const refund = bought.refund({ at: AT + DAY })
    expect(told(refund)).toEqual(['one_time', 'own refund'])
    expect(factOf(refund, 'refund')).toMatchObject({ ofLatest: true, keepsAccess: false, share: 1_000_000 })
    expect(told(bought.reverseRefund({ at: AT + 2 * DAY }))).toEqual(['one_time', 'own refund_reversed'])
  })

  it('shared with the family costs nothing and can be taken back', () => {
    const bought = simulated().buy({ product: 'pro', price: 29, kind: 'non_consumable', familyShared: true, at: AT })
    expect(factOf(bought.opening, 'one_time')).toMatchObject({
      price: { micros: 0, currency: 'USD' },
      isFamilyShare: true,
    })
    expect(told(bought.revokeFamily({ at: AT + DAY }))).toEqual(['one_time', 'own ended'])
  })

  it('of a non-renewing subscription may have an end', () => {
    const bought = simulated().buy({ product: 'season', price: 9, kind: 'non_renewing', period: 'P3M', at: AT })
    expect(factOf(bought.opening, 'one_time').expiresAt).toBe(Date.UTC(2026, 11, 1))
  })
})
