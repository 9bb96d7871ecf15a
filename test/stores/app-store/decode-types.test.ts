import { describe, expect, it } from 'vitest'
import type { SimulatedNotification } from '../../../src/stand-ins/app-store/subscription.ts'
import { decodedOf } from '../../../src/stores/app-store/decode.ts'
import type { Decoded } from '../../../src/stores/store.ts'
import { AT, app, observed, subscribed, told } from './observed.ts'
import { appStore, BUNDLE, DAY, NOW, simulated } from './setting.ts'

const TYPES = [
  'SUBSCRIBED',
  'DID_CHANGE_RENEWAL_PREF',
  'DID_CHANGE_RENEWAL_STATUS',
  'OFFER_REDEEMED',
  'DID_RENEW',
  'EXPIRED',
  'DID_FAIL_TO_RENEW',
  'GRACE_PERIOD_EXPIRED',
  'PRICE_INCREASE',
  'REFUND',
  'REFUND_DECLINED',
  'CONSUMPTION_REQUEST',
  'RENEWAL_EXTENDED',
  'REVOKE',
  'TEST',
  'RENEWAL_EXTENSION',
  'REFUND_REVERSED',
  'EXTERNAL_PURCHASE_TOKEN',
  'ONE_TIME_CHARGE',
  'RESCIND_CONSENT',
  'METADATA_UPDATE',
  'MIGRATION',
  'PRICE_CHANGE',
] as const
const SUBTYPES = [
  'INITIAL_BUY',
  'RESUBSCRIBE',
  'DOWNGRADE',
  'UPGRADE',
  'AUTO_RENEW_ENABLED',
  'AUTO_RENEW_DISABLED',
  'VOLUNTARY',
  'BILLING_RETRY',
  'PRICE_INCREASE',
  'GRACE_PERIOD',
  'PENDING',
  'ACCEPTED',
  'BILLING_RECOVERY',
  'PRODUCT_NOT_FOR_SALE',
  'SUMMARY',
  'FAILURE',
  'UNREPORTED',
  'CREATED',
  'ACTIVE_TOKEN_REMINDER',
] as const

/** What a type reports as its own about an active subscription, by subtype; `*` is every other subtype and none. */
const REPORTS: Readonly<Record<(typeof TYPES)[number], Readonly<Record<string, readonly string[]>>>> = {
  SUBSCRIBED: { '*': ['own period'] },
  DID_RENEW: { '*': ['own period'] },
  ONE_TIME_CHARGE: { '*': ['own period'] },
  DID_CHANGE_RENEWAL_PREF: {
    UPGRADE: ['own period'],
    DOWNGRADE: ['period', 'own change_requested'],
    '': ['period', 'own change_requested'],
    '*': ['period'],
  },
  OFFER_REDEEMED: { DOWNGRADE: ['period', 'own change_requested'], '': ['period'], '*': ['own period'] },
  DID_CHANGE_RENEWAL_STATUS: { '*': ['period', 'own renewal_switch'] },
  EXPIRED: { '*': ['period', 'own ended'] },
  DID_FAIL_TO_RENEW: {
    GRACE_PERIOD: ['period', 'own billing_failed'],
    '*': ['period', 'own billing_failed', 'own ended'],
  },
  GRACE_PERIOD_EXPIRED: { '*': ['period', 'own ended'] },
  REFUND: { '*': ['period', 'own refund', 'own ended'] },
  REFUND_REVERSED: { '*': ['period', 'own refund_reversed', 'own restored'] },
  RENEWAL_EXTENDED: { '*': ['period', 'own extended', 'own restored'] },
  REVOKE: { '*': ['period', 'own ended'] },
  PRICE_INCREASE: { '*': ['period'] },
  REFUND_DECLINED: { '*': ['period'] },
  CONSUMPTION_REQUEST: { '*': ['period'] },
  RENEWAL_EXTENSION: { '*': ['period'] },
  METADATA_UPDATE: { '*': ['period'] },
  MIGRATION: { '*': ['period'] },
  PRICE_CHANGE: { '*': ['period'] },
  TEST: { '*': ['period'] },
  EXTERNAL_PURCHASE_TOKEN: { '*': ['period'] },
  RESCIND_CONSENT: { '*': ['period'] },
}

describe('every type with every subtype', () => {
  it.each(TYPES)('%s', (type) => {
    let seen = 0
    for (const subtype of ['', ...SUBTYPES, 'BRAND_NEW']) {
      const expected = REPORTS[type][subtype] ?? REPORTS[type]['*']
      const notification = subscribed().tell(type, subtype === '' ? null : subtype, { at: AT + 10 * DAY })
      expect(told(notification), notification.name).toEqual(expected)
      expect(observed(notification).snapshot).toMatchObject({ status: 'active', autoRenew: true })
      seen += 1
    }
    expect(seen).toBe(SUBTYPES.length + 2)
  })

  it('there are 23 and 19', () => {
    expect([new Set(TYPES).size, new Set(SUBTYPES).size]).toEqual([23, 19])
  })
})

describe('what is about no purchase', () => {
  const apple = simulated()
  const nothing = (notification: SimulatedNotification): Decoded & { kind: 'nothing' } => {
    const decoded = decodedOf(notification.decoded, app)
    if (decoded.kind !== 'nothing') throw new Error('It was observed.')
    return decoded
  }

  it('is kept with a sentence', () => {
    const all = [
      apple.test(),
      apple.extensionSummary('monthly', { succeeded: 1, failed: 0 }),
      ...['METADATA_UPDATE', 'MIGRATION', 'MIGRATE', 'PRICE_CHANGE', 'CONSUMPTION_REQUEST', 'PRICE_INCREASE'].map(
        (type) => apple.tell(type),
      ),
    ]
    for (const one of all) expect(nothing(one)).toMatchObject({ unknownType: false, why: expect.stringMatching(/\.$/) })
    expect(all).toHaveLength(8)
  })

  it('asks for the operator where Apple does', () => {
    const all = [
      apple.externalPurchaseToken('CREATED'),
      apple.externalPurchaseToken('ACTIVE_TOKEN_REMINDER'),
      apple.externalPurchaseToken('UNREPORTED'),
      apple.rescindConsent(),
    ]
    const alerts = all.map((one) => nothing(one).alert)
    expect(new Set(alerts).size).toBe(4)
    for (const alert of alerts) expect(alert).toMatch(/\.$/)
  })

  it('of an unknown type is counted as such', () => {
    expect(nothing(apple.tell('BRAND_NEW', 'SUB'))).toMatchObject({
      unknownType: true,
      why: expect.stringContaining('BRAND_NEW'),
    })
    expect(decodedOf({ payload: {}, transaction: null, renewal: null }, app)).toMatchObject({
      kind: 'nothing',
      unknownType: true,
    })
  })
})

describe('an unknown type about a purchase', () => {
  it('still tells the period and the state', () => {
    const s = subscribed()
    s.failToRenew({ grace: 'P16D' })
    const told1 = s.tell('BRAND_NEW', 'SUB', { at: AT + 31 * DAY })
    expect(told(told1)).toEqual(['period', 'shown billing_failed'])
    expect(observed(told1).snapshot).toMatchObject({ status: 'grace' })
  })

  it('a status that nobody knows yet is no state', () => {
    const { payload, transaction, renewal } = subscribed().opening.decoded
    const opened = { payload: { ...payload, data: { ...(payload.data as object), status: 9 } }, transaction, renewal }
    expect(decodedOf(opened, app)).toMatchObject({ observation: { snapshot: null, facts: [{ kind: 'period' }] } })
  })
})

describe('what cannot be understood', () => {
  const { payload, transaction, renewal } = subscribed().renew().decoded
  const lacking: readonly (readonly [string, object, RegExp])[] = [
    ['no transaction', { transaction: null }, /carries no signedTransactionInfo/],
    ['no transaction id', { transaction: { ...transaction, transactionId: undefined } }, /no transactionId/],
    ['an empty transaction id', { transaction: { ...transaction, transactionId: '' } }, /no transactionId/],
    ['no chain', { transaction: { ...transaction, originalTransactionId: 12 } }, /no originalTransactionId/],
    ['no product', { transaction: { ...transaction, productId: undefined } }, /no productId/],
    ['no purchase date', { transaction: { ...transaction, purchaseDate: '2026' } }, /no purchaseDate/],
    ['no end', { transaction: { ...transaction, expiresDate: undefined } }, /no expiresDate/],
    ['no signature date', { payload: { ...payload, signedDate: undefined } }, /no signedDate/],
  ]

  it.each(lacking)('%s is parked with one sentence', (_name, change, sentence) => {
    expect(() => decodedOf({ payload, transaction, renewal, ...change }, app)).toThrow(sentence)
  })
})

describe('the kept bytes', () => {
  it('tell the same whether they were just verified or read again later', async () => {
    const store = appStore()
    const s = subscribed()
    const all = [
      s.opening,
      s.renew(),
      s.cancel({ at: NOW }),
      simulated('sandbox').buyConsumable({ product: 'c', price: 1, at: AT }).opening,
    ]
    for (const notification of all) {
      const { body } = notification
      const accepted = await store.accept({ headers: {}, body }, app)
      if (accepted.kind !== 'accepted') throw new Error(accepted.reason)
      const kept = { ...accepted.message, receivedAt: NOW }
      expect(store.decode(kept, app)).toEqual(decodedOf(notification.decoded, app))
      expect(store.decode({ ...kept, body: Buffer.from(body) }, app)).toEqual(decodedOf(notification.decoded, app))
    }
    expect(all).toHaveLength(4)
  })

  it('that are no notification are parked', () => {
    const store = appStore()
    const kept = { environment: 'production', type: 'X', receivedAt: NOW } as const
    for (const body of ['', '{}', '{"signedPayload":"a"}', `{"signedPayload":"a.${BUNDLE}.c"}`]) {
      expect(() => store.decode({ ...kept, body: Buffer.from(body) }, app)).toThrow(/not a notification/)
    }
  })
})
