import { describe, expect, it } from 'vitest'
import type { CancelReason, ExpirationReason } from '../../../src/domain/event.ts'
import type { Fact } from '../../../src/domain/facts.ts'
import { at, DAY, decodedOf, END, event, HOUR, observedIn, own, reportedIn } from './setting.ts'

describe('what each type reports', () => {
  const REPORTS: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly Partial<Fact>[]])[] = [
    ['INITIAL_PURCHASE', {}, []],
    ['RENEWAL', { is_trial_conversion: false }, []],
    ['NON_RENEWING_PURCHASE', { expiration_at_ms: null }, []],
    ['UNCANCELLATION', {}, [{ kind: 'renewal_switch', ...own, at, on: true }]],
    [
      'BILLING_ISSUE',
      { grace_period_expiration_at_ms: at + 16 * DAY },
      [{ kind: 'billing_failed', ...own, at, graceEndsAt: at + 16 * DAY }],
    ],
    ['BILLING_ISSUE', {}, [{ kind: 'billing_failed', ...own, at, graceEndsAt: null }]],
    ['PRODUCT_CHANGE', { new_product_id: 'yearly' }, [{ kind: 'change_requested', ...own, at, productId: 'yearly' }]],
    ['PRODUCT_CHANGE', {}, [{ kind: 'change_requested', ...own, at, productId: '' }]],
    [
      'SUBSCRIPTION_PAUSED',
      { auto_resume_at_ms: at + 60 * DAY },
      [{ kind: 'pause_scheduled', ...own, at, resumesAt: at + 60 * DAY }],
    ],
    [
      'SUBSCRIPTION_EXTENDED',
      { expiration_at_ms: END + DAY },
      [
        { kind: 'extended', ...own, at, expiresAt: END + DAY },
        { kind: 'restored', ...own, at },
      ],
    ],
    [
      'REFUND_REVERSED',
      { price: 5, price_in_purchased_currency: 5 },
      [
        { kind: 'refund_reversed', ...own, at, refundId: '' },
        { kind: 'restored', ...own, at },
      ],
    ],
    [
      'REFUND_REVERSED',
      { price: 5, price_in_purchased_currency: 5, expiration_at_ms: at - DAY },
      [{ kind: 'refund_reversed', ...own, at, refundId: '' }],
    ],
  ]

  it.each(REPORTS)('%s %o', (type, over, facts) => {
    expect(reportedIn(event(type, over))).toMatchObject(facts)
    expect(reportedIn(event(type, over))).toHaveLength(facts.length)
  })

  it.each([
    ['UNSUBSCRIBE', 'UNSUBSCRIBE'],
    ['DEVELOPER_INITIATED', 'DEVELOPER_INITIATED'],
    ['PRICE_INCREASE', 'PRICE_INCREASE'],
    ['UNKNOWN', 'UNKNOWN'],
    ['A_NEW_REASON', 'UNKNOWN'],
    [undefined, 'UNKNOWN'],
  ] as const)('CANCELLATION with %s: renewal goes off', (told, reason) => {
    const facts = reportedIn(event('CANCELLATION', { cancel_reason: told }))
    expect(facts).toEqual([{ kind: 'renewal_switch', ...own, at, on: false, reason: reason satisfies CancelReason }])
  })

  it('CANCELLATION with BILLING_ERROR: the charge failed, as its billing issue says too', () => {
    const facts = reportedIn(event('CANCELLATION', { cancel_reason: 'BILLING_ERROR' }))
    expect(facts).toEqual([{ kind: 'billing_failed', ...own, at, graceEndsAt: null }])
  })

  it('CANCELLATION with CUSTOMER_SUPPORT: the money of the latest period went back, at the moment to which its end was moved', () => {
    const refund = event('CANCELLATION', {
      cancel_reason: 'CUSTOMER_SUPPORT',
      price: -9.99,
      price_in_purchased_currency: -9.99,
      expiration_at_ms: at - 900_000,
    })
    expect(reportedIn(refund)).toEqual([
      {
        kind: 'refund',
        ...own,
        at: at - 900_000,
        refundId: '',
        share: 1_000_000,
        amount: { micros: 9_990_000, currency: 'USD' },
        ofLatest: true,
        keepsAccess: false,
      },
      {
        kind: 'ended',
        ...own,
        own: false,
        inferred: true,
        at: at - 900_000,
        reason: 'CUSTOMER_SUPPORT',
        implies: 'nothing',
      },
    ])
  })

  it('a refund that leaves the access as it is ends nothing by itself', () => {
    const refund = event('CANCELLATION', { cancel_reason: 'CUSTOMER_SUPPORT', price_in_purchased_currency: -9.99 })
    expect(reportedIn(refund)).toMatchObject([{ kind: 'refund', at }])
  })

  it('a negative price is a refund whatever its reason says', () => {
    const refund = event('CANCELLATION', { cancel_reason: 'UNSUBSCRIBE', price: -1, price_in_purchased_currency: -1 })
    expect(reportedIn(refund)).toMatchObject([{ kind: 'refund', amount: { micros: 1_000_000 } }])
  })

  it.each([
    ['UNSUBSCRIBE', 'cancelled'],
    ['PRICE_INCREASE', 'cancelled'],
    ['BILLING_ERROR', 'billing_failed'],
    ['DEVELOPER_INITIATED', 'nothing'],
    ['CUSTOMER_SUPPORT', 'nothing'],
    ['SUBSCRIPTION_PAUSED', 'nothing'],
    ['UNKNOWN', 'nothing'],
  ] as const)('EXPIRATION with %s implies: %s', (reason, implies) => {
    const told = { expiration_reason: reason satisfies ExpirationReason, event_timestamp_ms: END + HOUR }
    expect(reportedIn(event('EXPIRATION', told))).toEqual([{ kind: 'ended', ...own, at: END, reason, implies }])
  })

  it('EXPIRATION with a new reason is UNKNOWN, and never later than it was told', () => {
    expect(reportedIn(event('EXPIRATION', { expiration_reason: 'NEW' }))).toMatchObject([
      { kind: 'ended', at, reason: 'UNKNOWN', implies: 'nothing' },
    ])
  })

  it('a switch that is noticed when the period is over was made before', () => {
    const late = { event_timestamp_ms: END + 2 * HOUR }
    expect(reportedIn(event('CANCELLATION', { ...late, cancel_reason: 'UNSUBSCRIBE' }))).toMatchObject([
      { at: END - 1 },
    ])
    expect(reportedIn(event('UNCANCELLATION', late))).toMatchObject([{ at: END - 1 }])
  })
})

describe('what is about no purchase of ours', () => {
  it.each([
    'TEST',
    'TRANSFER',
    'SUBSCRIBER_ALIAS',
    'TEMPORARY_ENTITLEMENT_GRANT',
    'EXPERIMENT_ENROLLMENT',
    'INVOICE_ISSUANCE',
    'VIRTUAL_CURRENCY_TRANSACTION',
    'PURCHASE_REDEEMED',
    'PRICE_INCREASE_CONSENT_REQUIRED',
    'PRICE_INCREASE_CONSENT_APPROVED',
  ])('%s is kept and tells nothing', (type) => {
    expect(decodedOf(event(type))).toMatchObject({
      kind: 'nothing',
      unknownType: false,
      why: expect.stringMatching(/\.$/),
    })
  })

  it.each(['PAYWALL_IMPRESSION', 'constructor', '__proto__', 'toString'])('%s is a type that is not known', (type) => {
    expect(decodedOf(event(type))).toMatchObject({ kind: 'nothing', unknownType: true })
  })

  it.each(['ROKU', 'PADDLE', 'RC_BILLING', 'TEST_STORE'])('purchases of %s are not followed', (store) => {
    expect(decodedOf(event('RENEWAL', { store }))).toMatchObject({ kind: 'nothing', unknownType: false })
  })

  it('a new store counts as unknown', () => {
    expect(decodedOf(event('RENEWAL', { store: 'GALAXY_STORE' }))).toMatchObject({ kind: 'nothing', unknownType: true })
  })
})

describe('the state', () => {
  const stateIn = (type: string, over: Readonly<Record<string, unknown>> = {}) => observedIn(event(type, over)).snapshot

  it.each([
    ['INITIAL_PURCHASE', {}, 'active', true],
    ['RENEWAL', {}, 'active', true],
    ['RENEWAL', { period_type: 'PREPAID' }, 'active', null],
    ['UNCANCELLATION', {}, 'active', true],
    ['CANCELLATION', { cancel_reason: 'UNSUBSCRIBE' }, 'active', false],
    ['CANCELLATION', { cancel_reason: 'CUSTOMER_SUPPORT' }, 'active', null],
    ['CANCELLATION', { cancel_reason: 'CUSTOMER_SUPPORT', expiration_at_ms: at - 1 }, 'revoked', null],
    ['BILLING_ISSUE', { grace_period_expiration_at_ms: at + DAY }, 'grace', null],
    ['BILLING_ISSUE', { expiration_at_ms: at - HOUR }, 'retry', null],
    ['BILLING_ISSUE', {}, 'active', null],
    ['SUBSCRIPTION_PAUSED', {}, 'active', null],
    ['EXPIRATION', { expiration_reason: 'SUBSCRIPTION_PAUSED' }, 'paused', null],
    ['EXPIRATION', { expiration_reason: 'UNSUBSCRIBE' }, 'expired', false],
    ['REFUND_REVERSED', {}, 'active', null],
    ['PRODUCT_CHANGE', { new_product_id: 'yearly' }, 'active', true],
  ])('after %s %o is %s', (type, over, status, autoRenew) => {
    expect(stateIn(type, over)).toMatchObject({ status, autoRenew })
  })

  it.each([
    ['CANCELLATION', { cancel_reason: 'BILLING_ERROR' }],
    ['SUBSCRIPTION_EXTENDED', {}],
    ['REFUND_REVERSED', { expiration_at_ms: at - 1 }],
    ['NON_RENEWING_PURCHASE', {}],
    ['EXPIRATION', { expiration_at_ms: null }],
  ])('is left as it was by %s %o', (type, over) => {
    expect(stateIn(type, over)).toBeNull()
  })

  it('of one instant is the one that stands last in a life', () => {
    const [issue, end] = [stateIn('BILLING_ISSUE'), stateIn('EXPIRATION')]
    expect(end?.version).toBeGreaterThan(issue?.version ?? Number.NaN)
  })
})
