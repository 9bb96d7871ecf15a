import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Customer, newCustomer } from '../../src/customers/customer.ts'
import { type CustomerInfoJson, customerInfo } from '../../src/customers/customer-info.ts'
import { accessAt } from '../../src/domain/access.ts'
import type { Fact } from '../../src/domain/facts.ts'
import { grantObservation } from '../../src/domain/grant.ts'
import type { Observation, Snapshot } from '../../src/domain/observation.ts'
import type { Project } from '../../src/domain/project.ts'
import type { PurchaseKey } from '../../src/domain/purchase.ts'
import type { Purchase } from '../../src/domain/purchase-state.ts'
import { SCENARIOS } from '../domain/scenarios/app-store.ts'
import {
  ended,
  failed,
  fold,
  KEY,
  observed,
  oneTime,
  period,
  refunded,
  reversed,
  snapshot,
  switched,
} from '../domain/scenarios/by-hand.ts'
import { DAY, HOUR, play, record, START } from '../domain/scenarios/play.ts'

const END = START + 30 * DAY
const project: Project = {
  id: 'acme',
  name: 'Acme',
  transferBehavior: 'transfer',
  trackUnknownPurchases: true,
  identityHoldMs: 60_000,
  resubscribeAs: 'initial_purchase',
  entitlements: {
    premium: ['com.acme.monthly', 'com.acme.yearly', 'gold'],
    plus: ['gold:yearly'],
    hats: ['com.acme.hat'],
    nobody: ['com.acme.other'],
  },
}
const customer: Customer = {
  ...newCustomer('acme', '$RCAnonymousID:00000000000000000000000000000001', START - DAY, {
    $email: { value: 'ada@example.com', updatedAt: START },
    color: { value: 'green', updatedAt: START + 1 },
  }),
  lastSeenAppUserId: 'ada',
  lastSeenAt: START + 2 * DAY,
  aliases: ['$RCAnonymousID:00000000000000000000000000000001', 'ada'],
}

function bought(of: Partial<PurchaseKey>, ...observations: readonly Observation[]): Purchase {
  return fold(observations.map((one) => ({ ...one, key: { ...KEY, ...of } }))).purchase
}

function subscribed(of: Partial<PurchaseKey>, facts: readonly Fact[], state: Partial<Snapshot> = {}): Purchase {
  return bought(of, observed(facts, { snapshot: snapshot({ version: START, ...state }) }))
}

function granted(entitlement: string, lasts: 'monthly' | 'lifetime'): Purchase {
  const wish = { projectId: 'acme', appUserId: 'ada', entitlement, startsAt: START, lasts, wish: '1' }
  return fold([grantObservation(wish)]).purchase
}

function asked(purchases: readonly Purchase[], now = START + 2 * DAY, trusted = false) {
  return customerInfo({ customer, purchases, project, now, withAttributes: trusted }).subscriber
}

/** What the SDKs conclude: they compare whole seconds, and differ about an end at the very second of the answer. */
function activeTo(info: CustomerInfoJson): readonly string[] {
  const at = Date.parse(info.request_date)
  const by = (isActive: (end: number) => boolean): readonly string[] =>
    Object.entries(info.subscriber.entitlements)
      .filter(([, { expires_date: end }]) => end === null || isActive(Date.parse(end)))
      .map(([name]) => name)
  const ios = by((end) => end >= at)
  expect(by((end) => end > at)).toEqual(ios)
  return ios
}

const apple = { store: 'app_store' } as const
const gold = period({ productId: 'gold:monthly' })

describe('a customer as the SDKs read it', () => {
  const purchases: readonly Purchase[] = [
    subscribed(
      apple,
      [period({ price: { micros: 4_990_000, currency: 'EUR' } }), switched(false, { at: START + DAY })],
      {
        autoRenew: false,
        version: START + DAY,
      },
    ),
    subscribed({ chain: 'token-1' }, [gold, failed({ at: END, graceEndsAt: END + 6 * DAY })], {
      status: 'grace',
      graceEndsAt: END + 6 * DAY,
      version: END,
    }),
    subscribed({ store: 'stripe', environment: 'sandbox' }, [
      period({ productId: 'prod_1', price: null, isFamilyShare: true }),
    ]),
    bought({ ...apple, chain: 'c1' }, observed([oneTime({ productId: 'com.acme.hat' })])),
    bought({ ...apple, chain: 'c2' }, observed([oneTime({ period: 'o2', at: START + DAY, price: null })])),
    bought({ ...apple, chain: 'c3' }, observed([oneTime({ period: 'o3' })])),
    granted('vip', 'lifetime'),
  ]
  const now = END + 123

  it('is, whole, what the file says', () => {
    const info = customerInfo({ customer, purchases, project, now, withAttributes: true })
    const golden: unknown = JSON.parse(readFileSync(new URL('./golden/customer-info.json', import.meta.url), 'utf8'))
    expect(JSON.parse(JSON.stringify(info))).toEqual(golden)
  })

  it('does not depend on the order in which its purchases are listed', () => {
    const info = (of: readonly Purchase[]) =>
      JSON.stringify(customerInfo({ customer, purchases: of, project, now, withAttributes: true }))
    expect(info([...purchases].reverse())).toBe(info(purchases))
  })

  it('shows its attributes to a secret key alone', () => {
    expect(asked(purchases, now)).not.toHaveProperty('subscriber_attributes')
    expect(asked(purchases, now, true).subscriber_attributes).toEqual({
      $email: { value: 'ada@example.com', updated_at_ms: START },
      color: { value: 'green', updated_at_ms: START + 1 },
    })
  })

  it('who bought nothing has nothing', () => {
    expect(asked([])).toMatchObject({
      entitlements: {},
      subscriptions: {},
      non_subscriptions: {},
      other_purchases: {},
      management_url: null,
    })
  })
})

describe('entitlements', () => {
  it('are given by a product, or by one of its base plans alone', () => {
    const yearly = period({ productId: 'gold:yearly', expiresAt: START + 365 * DAY })
    expect(Object.keys(asked([subscribed({}, [gold])]).entitlements)).toEqual(['premium'])
    const both = asked([subscribed({}, [yearly])]).entitlements
    expect(Object.keys(both)).toEqual(['plus', 'premium'])
    expect(both.plus).toMatchObject({ product_identifier: 'gold', product_plan_identifier: 'yearly' })
  })

  it('of several purchases show the one that lasts longest, and one in force before all that are over', () => {
    const monthly = subscribed(apple, [period()])
    const yearly = subscribed({ ...apple, chain: 'y' }, [
      period({ productId: 'com.acme.yearly', expiresAt: START + 365 * DAY }),
    ])
    const over = subscribed({ ...apple, chain: 'z' }, [
      period({ productId: 'com.acme.yearly', expiresAt: START + 700 * DAY }),
      ended({ at: START + DAY }),
    ])
    expect(asked([monthly, yearly, over]).entitlements.premium?.product_identifier).toBe('com.acme.yearly')
    expect(asked([monthly, over]).entitlements.premium?.product_identifier).toBe('com.acme.monthly')
    const lifetime = granted('premium', 'lifetime')
    expect(asked([lifetime, yearly, over]).entitlements.premium).toMatchObject({
      product_identifier: 'rc_promo_premium_lifetime',
      expires_date: null,
    })
  })

  it('show a real purchase before one of the sandbox, which is shown and marked where there is no other', () => {
    const sandbox = subscribed({ ...apple, environment: 'sandbox' }, [period({ expiresAt: START + 900 * DAY })])
    const real = subscribed(apple, [period()])
    expect(asked([sandbox, real]).entitlements.premium?.expires_date).toBe('2026-10-31T09:00:00Z')
    expect(asked([sandbox, real]).subscriptions['com.acme.monthly']?.is_sandbox).toBe(false)
    expect(asked([sandbox]).subscriptions['com.acme.monthly']?.is_sandbox).toBe(true)
    expect(
      activeTo(customerInfo({ customer, purchases: [sandbox], project, now: START, withAttributes: false })),
    ).toEqual(['premium'])
  })

  it('that are over stay, with the day on which they ended', () => {
    const info = asked(
      [subscribed(apple, [period(), ended({ at: END })], { status: 'expired', autoRenew: false })],
      END + DAY,
    )
    expect(info.entitlements.premium?.expires_date).toBe('2026-10-31T09:00:00Z')
    expect(info.subscriptions['com.acme.monthly']?.unsubscribe_detected_at).toBe('2026-10-31T09:00:00Z')
    expect(info.management_url).toBeNull()
  })

  it('of what was bought for ever end with its refund, and come back when it is undone', () => {
    const hat = oneTime({ productId: 'com.acme.hat' })
    const back = refunded({ at: START + DAY, period: 'o1' })
    const refundedHat = bought(apple, observed([hat, back]))
    expect(asked([refundedHat])).toMatchObject({ entitlements: {}, non_subscriptions: {} })
    const undone = bought(apple, observed([hat, back, reversed({ at: START + DAY + HOUR, period: 'o1' })]))
    expect(Object.keys(asked([undone]).entitlements)).toEqual(['hats'])
  })
})

describe('subscriptions', () => {
  it('of one product show the purchase that is in force, then the one that lasts longest, then the newer', () => {
    const of = (chain: string, facts: readonly Fact[]) => subscribed({ ...apple, chain }, facts)
    const shown = (...purchases: readonly Purchase[]) =>
      asked(purchases).subscriptions['com.acme.monthly']?.store_transaction_id
    const lapsed = of('a', [
      period({ period: 'a', expiresAt: START + 90 * DAY }),
      ended({ at: START + DAY, period: 'a' }),
    ])
    const running = of('b', [period({ period: 'b' })])
    const longer = of('c', [period({ period: 'c', expiresAt: START + 60 * DAY })])
    const newer = of('d', [period({ period: 'd', at: START + DAY, expiresAt: END })])
    expect(shown(lapsed, running)).toBe('b')
    expect(shown(running, longer)).toBe('c')
    expect(shown(running, newer)).toBe('d')
  })

  it('that were changed keep the product that was left, with its end', () => {
    const info = asked(
      [
        subscribed(apple, [
          period({ replaced: true }),
          period({
            period: 'p2',
            at: START + DAY,
            productId: 'com.acme.yearly',
            expiresAt: START + 366 * DAY,
            byChange: true,
          }),
        ]),
      ],
      START + 2 * DAY,
    )
    expect(info.subscriptions['com.acme.monthly']?.expires_date).toBe('2026-10-02T09:00:00Z')
    expect(info.subscriptions['com.acme.yearly']).toMatchObject({
      purchase_date: '2026-10-02T09:00:00Z',
      original_purchase_date: '2026-10-01T09:00:00Z',
    })
  })

  it('remember when the chain began, though its first periods are forgotten', () => {
    const months = Array.from({ length: 24 }, (_, index) =>
      observed([period({ period: `p${index + 1}`, at: START + index * 30 * DAY })], {
        snapshot: snapshot({ version: START + index * 30 * DAY }),
      }),
    )
    const purchase = bought(apple, ...months)
    expect(purchase.summary).not.toBeNull()
    const info = asked([purchase], START + 23 * 30 * DAY + DAY)
    expect(info.subscriptions['com.acme.monthly']?.original_purchase_date).toBe('2026-10-01T09:00:00Z')
  })

  it('tell a failed charge until one succeeds, and a cancellation while auto-renew is off', () => {
    const failing = [period(), failed({ at: END, graceEndsAt: END + 6 * DAY })]
    const grace = { status: 'grace', graceEndsAt: END + 6 * DAY, version: END } as const
    const shown = (purchase: Purchase, now: number) => asked([purchase], now).subscriptions['com.acme.monthly']
    expect(shown(subscribed(apple, failing, grace), END + DAY)).toMatchObject({
      billing_issues_detected_at: '2026-10-31T09:00:00Z',
      grace_period_expires_date: '2026-11-06T09:00:00Z',
      expires_date: '2026-11-06T09:00:00Z',
      unsubscribe_detected_at: null,
    })
    const back = [...failing, ended({ at: END + DAY, reason: 'CUSTOMER_SUPPORT', implies: 'nothing' })]
    const over = { status: 'revoked', version: END + DAY } as const
    expect(shown(subscribed(apple, back, over), END + 2 * DAY)).toMatchObject({
      grace_period_expires_date: '2026-11-01T09:00:00Z',
      expires_date: '2026-11-01T09:00:00Z',
    })
    const paid = [...failing, period({ period: 'p2', at: END, version: END + DAY })]
    expect(shown(subscribed(apple, paid, { version: END + DAY }), END + DAY)).toMatchObject({
      billing_issues_detected_at: null,
      grace_period_expires_date: null,
    })
    const off = [period(), switched(false, { at: START + DAY })]
    expect(shown(subscribed(apple, off, { autoRenew: false }), START + 2 * DAY)?.unsubscribe_detected_at).toBe(
      '2026-10-02T09:00:00Z',
    )
    const on = [...off, switched(true, { at: START + DAY + HOUR })]
    expect(shown(subscribed(apple, on), START + 2 * DAY)?.unsubscribe_detected_at).toBeNull()
    const before = [...off, period({ period: 'p2', at: END, startsCancelled: true })]
    expect(shown(subscribed(apple, before, { autoRenew: false }), END + DAY)?.unsubscribe_detected_at).toBe(
      '2026-10-02T09:00:00Z',
    )
  })

  it('tell when a paused one goes on, and a refund', () => {
    const paused = subscribed({}, [gold, ended({ at: END, reason: 'SUBSCRIPTION_PAUSED', implies: 'nothing' })], {
      status: 'paused',
      resumesAt: END + 9 * DAY,
      version: END,
    })
    expect(asked([paused], END).subscriptions.gold?.auto_resume_date).toBe('2026-11-09T09:00:00Z')
    const back = [
      period(),
      refunded({ at: START + DAY }),
      ended({ at: START + DAY, reason: 'CUSTOMER_SUPPORT', implies: 'nothing' }),
    ]
    const info = asked([subscribed(apple, back, { status: 'revoked', autoRenew: false })])
    expect(info.subscriptions['com.acme.monthly']).toMatchObject({
      refunded_at: '2026-10-02T09:00:00Z',
      expires_date: '2026-10-02T09:00:00Z',
    })
  })

  it('of Amazon keep the receipt from whoever has no secret key', () => {
    const purchase = subscribed({ store: 'amazon', chain: 'receipt' }, [period({ period: 'receipt#1' })])
    expect(JSON.stringify(asked([purchase]))).not.toContain('receipt#1')
    expect(asked([purchase], START, true).subscriptions['com.acme.monthly']?.store_transaction_id).toBe('receipt#1')
  })

  it('that are active lead to the page of their store, the App Store’s before others', () => {
    const play = subscribed({}, [gold])
    const fire = subscribed({ store: 'amazon', chain: 'f' }, [period()])
    expect(asked([play]).management_url).toBe('https://play.google.com/store/account/subscriptions')
    expect(asked([play, subscribed(apple, [period()])]).management_url).toBe(
      'https://apps.apple.com/account/subscriptions',
    )
    expect(asked([fire]).management_url).toContain('https://www.amazon.com/')
    expect(
      asked([granted('premium', 'monthly'), subscribed({ store: 'stripe' }, [period()])]).management_url,
    ).toBeNull()
  })
})

describe('whole seconds say what milliseconds say', () => {
  it.each(SCENARIOS)('$name', ({ write }) => {
    const messages = record(write)
    let compared = 0
    for (let count = 1; count <= messages.length; count += 1) {
      const known = play(
        messages,
        Array.from({ length: count }, (_, index) => index),
      )
      const purchases = [...known.purchases.values()]
      const boundaries = purchases.flatMap(({ facts }) =>
        facts.flatMap((fact) =>
          'expiresAt' in fact && fact.expiresAt !== null ? [fact.at, fact.expiresAt] : [fact.at],
        ),
      )
      for (const at of boundaries.flatMap((one) => [-1_001, -1, 0, 1, 499, 999, 1_000].map((off) => one + off))) {
        const info = customerInfo({ customer, purchases, project, now: at, withAttributes: false })
        const lasting = purchases.filter(({ kind }) => kind === 'subscription')
        const active = lasting.some((purchase) => {
          const access = accessAt(purchase, at)
          return access?.active === true && project.entitlements.premium?.includes(access.charge.productId) === true
        })
        expect(activeTo(info).includes('premium'), new Date(at).toISOString()).toBe(active)
        compared += 1
      }
    }
    expect(compared).toBeGreaterThan(10)
  })
})
