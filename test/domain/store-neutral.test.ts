import { describe, expect, it } from 'vitest'
import { nameOf } from '../../src/domain/event.ts'
import type { Observation } from '../../src/domain/observation.ts'
import { statusAt } from '../../src/domain/status.ts'
import {
  chosen,
  ended,
  extended,
  type Folded,
  failed,
  fold,
  KEY,
  lines,
  observed,
  oneTime,
  pausePlanned,
  period,
  refunded,
  restored,
  reversed,
  snapshot,
  switched,
  TOLD,
  usd,
} from './scenarios/by-hand.ts'
import { DAY, permutations, START } from './scenarios/play.ts'

const END = START + 30 * DAY
const RESUMED = END + 14 * DAY

/** The same lines and the same ledger in every order, with each message twice. */
function inEveryOrder(messages: readonly Observation[], expected: readonly string[]): Folded {
  const inOrder = fold(messages)
  expect(lines(inOrder.happenings)).toEqual(expected)
  const sorted = (folded: Folded): readonly unknown[] => [
    folded.happenings.map((one) => `${one.type}|${one.what}|${one.period}|${one.grossMicros}|${one.n}`).sort(),
    folded.entries.map((one) => `${one.entry}|${one.micros}`).sort(),
    folded.purchase.snapshot,
  ]
  let seen = 0
  for (const order of permutations(messages.length)) {
    const arrived = [...order, ...order].map((index) => messages[index] as Observation)
    expect(sorted(fold(arrived)), order.join()).toEqual(sorted(inOrder))
    seen += 1
  }
  expect(seen).toBeGreaterThan(1)
  return inOrder
}

describe('what the App Store does not tell', () => {
  it('a pause: planned once, begun with the end of the period, resumed with a renewal', () => {
    const paused = { reason: 'SUBSCRIPTION_PAUSED', implies: 'nothing' } as const
    const { happenings, purchase } = inEveryOrder(
      [
        observed([period(), pausePlanned(RESUMED, { at: START + DAY })]),
        observed([period({ ...TOLD }), pausePlanned(RESUMED + DAY, { at: START + 2 * DAY })]),
        observed([period({ ...TOLD }), ended({ at: END, ...paused })], {
          snapshot: snapshot({ version: END, status: 'paused', resumesAt: RESUMED }),
        }),
        observed([period({ period: 'p2', at: RESUMED })], {
          snapshot: snapshot({ version: RESUMED }),
          history: 'partial',
        }),
      ],
      [
        'INITIAL_PURCHASE 9990000 #1',
        'SUBSCRIPTION_PAUSED #1',
        'EXPIRATION SUBSCRIPTION_PAUSED #1',
        'RENEWAL 9990000 #1',
      ],
    )
    expect(happenings[1]).toMatchObject({ autoResumeAt: RESUMED, grossMicros: 0, expiresAt: END })
    expect(happenings[2]).toMatchObject({ occurredAt: END, expiresAt: END, cancelReason: null })
    expect(statusAt(purchase, RESUMED)).toBe('active')
  })

  it('a pause that begins without having been planned, and becomes a hold when the resuming charge fails', () => {
    const { happenings } = inEveryOrder(
      [
        observed([period()]),
        observed([period(TOLD), ended({ at: END, reason: 'SUBSCRIPTION_PAUSED', implies: 'nothing' })]),
        observed([
          period(TOLD),
          failed({ at: RESUMED }),
          ended({ at: END, reason: 'SUBSCRIPTION_PAUSED', implies: 'nothing' }),
        ]),
      ],
      [
        'INITIAL_PURCHASE 9990000 #1',
        'EXPIRATION SUBSCRIPTION_PAUSED #1',
        'BILLING_ISSUE #1',
        'CANCELLATION BILLING_ERROR #1',
      ],
    )
    expect(happenings[2]).toMatchObject({ occurredAt: RESUMED, gracePeriodExpiresAt: null })
  })

  it('a failed charge whose access ends later, without a grace that anybody named', () => {
    const hold = END + DAY
    inEveryOrder(
      [
        observed([period()]),
        observed([
          period(TOLD),
          failed({ at: hold }),
          ended({ at: hold, reason: 'BILLING_ERROR', implies: 'billing_failed' }),
        ]),
        observed([period({ period: 'p2', at: hold + 9 * DAY })]),
      ],
      [
        'INITIAL_PURCHASE 9990000 #1',
        'BILLING_ISSUE #1',
        'CANCELLATION BILLING_ERROR #1',
        'EXPIRATION BILLING_ERROR #1',
        'RENEWAL 9990000 #1',
      ],
    )
  })

  it('a prepaid period that is topped up', () => {
    const { happenings } = inEveryOrder(
      [
        observed([period({ periodType: 'PREPAID' })]),
        observed([period({ periodType: 'PREPAID', period: 'p2', at: START + 20 * DAY, expiresAt: END + 30 * DAY })]),
      ],
      ['INITIAL_PURCHASE 9990000 #1', 'RENEWAL 9990000 #1'],
    )
    expect(happenings.map((one) => one.periodType)).toEqual(['PREPAID', 'PREPAID'])
  })

  it('an immediate change that the store sells as a new purchase', () => {
    const changed = period({ period: 'p2', at: START + 10 * DAY, productId: 'com.acme.plus', byChange: true })
    const { happenings } = inEveryOrder(
      [
        observed([period()]),
        observed([period({ ...TOLD, replaced: true }), { ...changed, boughtAnew: true }]),
        observed([{ ...changed, ...TOLD, boughtAnew: true, version: changed.version + 1 }]),
      ],
      ['INITIAL_PURCHASE 9990000 #1', 'PRODUCT_CHANGE #1', 'INITIAL_PURCHASE 9990000 #1'],
    )
    expect(happenings[2]).toMatchObject({ productId: 'com.acme.plus', isTrialConversion: null })
  })

  it('a state that names what its store is asked by now: the newest one’s stands', () => {
    const states = [
      observed([period()], { snapshot: snapshot({ version: START, askWith: 'token-1' }) }),
      observed([period(TOLD)], { snapshot: snapshot({ version: START + DAY, askWith: 'token-2' }) }),
    ]
    expect(inEveryOrder(states, ['INITIAL_PURCHASE 9990000 #1']).purchase.snapshot?.askWith).toBe('token-2')
  })

  it('a developer who ends it', () => {
    const by = { reason: 'DEVELOPER_INITIATED' } as const
    inEveryOrder(
      [
        observed([period()]),
        observed([period(TOLD), switched(false, { at: START + DAY, ...by })]),
        observed([period(TOLD), ended({ at: END, ...by, implies: 'cancelled' })]),
      ],
      ['INITIAL_PURCHASE 9990000 #1', 'CANCELLATION DEVELOPER_INITIATED #1', 'EXPIRATION DEVELOPER_INITIATED #1'],
    )
  })

  it('two lines of one chain, which know nothing of each other', () => {
    const gold = fold([observed([period()], { key: { ...KEY, line: 'gold' } })])
    const extra = fold([observed([period()], { key: { ...KEY, line: 'extra' } })])
    expect(lines(gold.happenings)).toEqual(lines(extra.happenings))
    expect(gold.purchase.key).not.toEqual(extra.purchase.key)
  })

  it('a charge of an unknown price: unknown it stays, in the event, the ledger and its refund', () => {
    const { happenings, entries } = fold([observed([period({ price: null }), refunded({ at: START + DAY })])])
    expect(lines(happenings)).toEqual(['INITIAL_PURCHASE unknown #1', 'CANCELLATION CUSTOMER_SUPPORT unknown #1'])
    expect(entries.map((one) => [one.micros, one.currency])).toEqual([
      [null, null],
      [null, null],
    ])
  })
})

describe('promotional grants', () => {
  const grant = { periodType: 'PROMOTIONAL', price: usd(0), expiresAt: END, period: 'grant' } as const

  it('end in their time', () => {
    const end = ended({ at: END, period: 'grant', reason: 'UNKNOWN', implies: 'nothing' })
    const { happenings } = inEveryOrder(
      [observed([oneTime(grant)]), observed([oneTime(grant), end])],
      ['NON_RENEWING_PURCHASE #1', 'EXPIRATION UNKNOWN #1'],
    )
    expect(happenings.map((one) => nameOf(one.type, one.periodType, false))).toEqual([
      'non_subscription_purchase',
      'expiration',
    ])
  })

  it('for ever have no end', () => {
    expect(lines(fold([observed([oneTime({ ...grant, expiresAt: null })])]).happenings)).toEqual([
      'NON_RENEWING_PURCHASE #1',
    ])
  })

  it('are cancelled by the one who gave them, as canonical cancellation and end', () => {
    const at = START + DAY
    const revoked = [
      switched(false, { at, period: 'grant', reason: 'DEVELOPER_INITIATED' }),
      ended({ at, period: 'grant', reason: 'DEVELOPER_INITIATED', implies: 'nothing' }),
    ]
    for (const given of [grant, { ...grant, expiresAt: null }]) {
      inEveryOrder(
        [observed([oneTime(given)]), observed([oneTime(given), ...revoked])],
        ['NON_RENEWING_PURCHASE #1', 'CANCELLATION DEVELOPER_INITIATED #1', 'EXPIRATION DEVELOPER_INITIATED #1'],
      )
    }
  })
})

describe('refunds', () => {
  it('undone and given again are the second of their kind', () => {
    const back = (at: number) => [refunded({ at }), ended({ at, reason: 'CUSTOMER_SUPPORT', implies: 'nothing' })]
    const forth = (at: number) => [reversed({ at }), restored({ at })]
    const { entries } = inEveryOrder(
      [
        observed([period()]),
        observed([period(TOLD), ...back(START + DAY)]),
        observed([period(TOLD), ...forth(START + 2 * DAY)]),
        observed([period(TOLD), ...back(START + 3 * DAY)]),
      ].slice(0, 4),
      [
        'INITIAL_PURCHASE 9990000 #1',
        'CANCELLATION CUSTOMER_SUPPORT -9990000 #1',
        'EXPIRATION CUSTOMER_SUPPORT #1',
        'REFUND_REVERSED 9990000 #1',
        'CANCELLATION CUSTOMER_SUPPORT -9990000 #2',
        'EXPIRATION CUSTOMER_SUPPORT #2',
      ],
    )
    expect(entries.reduce((sum, one) => sum + (one.micros ?? 0), 0)).toBe(0)
  })

  it('in pieces carry the store’s ids and amounts, and add up to the charge to the micro', () => {
    const piece = (id: string, micros: number, day: number) =>
      refunded({
        at: START + day * DAY,
        refundId: id,
        share: 333_333,
        amount: usd(micros),
        keepsAccess: true,
        ofLatest: true,
      })
    const { entries, happenings } = inEveryOrder(
      [
        observed([period()]),
        observed([period(TOLD), piece('re_1', 3_330_000, 1)]),
        observed([period(TOLD), piece('re_2', 3_330_000, 2)]),
        observed([period(TOLD), piece('re_3', 3_330_000, 3)]),
      ],
      ['INITIAL_PURCHASE 9990000 #1', 'REFUND -3330000 #re_1', 'REFUND -3330000 #re_2', 'REFUND -3330000 #re_3'],
    )
    expect(entries.map((one) => one.entry)).toEqual(['charge:p1', 'refund:p1:re_1', 'refund:p1:re_2', 'refund:p1:re_3'])
    expect(entries.reduce((sum, one) => sum + (one.micros ?? 0), 0)).toBe(0)
    expect(happenings.slice(1).map((one) => nameOf(one.type, one.periodType, false))).toEqual([null, null, null])
  })

  it('that fail at the bank take back their own piece', () => {
    const facts = [
      refunded({ at: START + DAY, refundId: 're_1', amount: usd(2_000_000), keepsAccess: true }),
      refunded({ at: START + 2 * DAY, refundId: 're_2', amount: usd(3_000_000), keepsAccess: true }),
    ]
    const { entries } = inEveryOrder(
      [
        observed([period(), ...facts]),
        observed([period(TOLD), ...facts, reversed({ at: START + 5 * DAY, refundId: 're_1' })]),
      ],
      [
        'INITIAL_PURCHASE 9990000 #1',
        'REFUND -2000000 #re_1',
        'REFUND -3000000 #re_2',
        'REFUND_REVERSED 2000000 #re_1',
      ],
    )
    expect(entries.at(-1)).toMatchObject({ entry: 'reversal:p1:re_1', reason: 'reversal', micros: 2_000_000 })
  })

  it('of an older period are money alone; of the latest they cancel, by dates where the message cannot tell', () => {
    const second = period({ period: 'p2', at: END })
    const at = END + DAY
    inEveryOrder(
      [observed([period()]), observed([second]), observed([period(TOLD), second, refunded({ at })])],
      ['INITIAL_PURCHASE 9990000 #1', 'RENEWAL 9990000 #1', 'REFUND -9990000 #1'],
    )
    inEveryOrder(
      [observed([period()]), observed([second]), observed([period(TOLD), second, refunded({ at: END - DAY })])],
      ['INITIAL_PURCHASE 9990000 #1', 'RENEWAL 9990000 #1', 'CANCELLATION CUSTOMER_SUPPORT -9990000 #1'],
    )
  })

  it('of a period that was replaced later cancel, if it was the latest then; and its end that was taken back stands', () => {
    const at = START + DAY
    const refund = [refunded({ at, ofLatest: true }), ended({ at, reason: 'CUSTOMER_SUPPORT', implies: 'nothing' })]
    const undone = [reversed({ at: at + DAY }), restored({ at: at + DAY })]
    const upgraded = period({ period: 'p2', at: START + 5 * DAY, productId: 'com.acme.plus', byChange: true })
    inEveryOrder(
      [
        observed([period()]),
        observed([period(TOLD), ...refund]),
        observed([period(TOLD), ...undone]),
        observed([period({ ...TOLD, replaced: true }), upgraded]),
      ],
      [
        'INITIAL_PURCHASE 9990000 #1',
        'CANCELLATION CUSTOMER_SUPPORT -9990000 #1',
        'EXPIRATION CUSTOMER_SUPPORT #1',
        'REFUND_REVERSED 9990000 #1',
        'PRODUCT_CHANGE #1',
        'RENEWAL 9990000 #1',
      ],
    )
  })

  it('of a one-time purchase cancel it, and give access no end to tell', () => {
    const { purchase } = inEveryOrder(
      [observed([oneTime()]), observed([oneTime(), refunded({ at: START + DAY, period: 'o1' })])],
      ['NON_RENEWING_PURCHASE 1990000 #1', 'CANCELLATION CUSTOMER_SUPPORT -1990000 #1'],
    )
    expect(statusAt(purchase, START + 2 * DAY)).toBe('expired')
  })

  it('whose refund was never seen have nothing to give back', () => {
    const { entries, happenings } = fold([observed([period(), reversed({ at: START + DAY })])])
    expect(lines(happenings)).toEqual(['INITIAL_PURCHASE 9990000 #1'])
    expect(entries).toHaveLength(1)
  })

  it('of nothing are zero, and not minus zero', () => {
    const { happenings } = fold([observed([period({ price: usd(0) }), refunded({ at: START + DAY })])])
    expect(happenings.map((one) => Object.is(one.grossMicros, 0))).toEqual([true, true])
  })
})

describe('ends', () => {
  it('expired, extended, expired again: each is told, under its own number', () => {
    const again = END + 5 * DAY
    const { happenings } = inEveryOrder(
      [
        observed([period(), switched(false, { at: START + DAY })]),
        observed([period(TOLD), ended({ at: END })]),
        observed([period(TOLD), extended(again, { at: END + DAY }), restored({ at: END + DAY })]),
        observed([period(TOLD), ended({ at: again })]),
      ],
      [
        'INITIAL_PURCHASE 9990000 #1',
        'CANCELLATION UNSUBSCRIBE #1',
        'EXPIRATION UNSUBSCRIBE #1',
        'SUBSCRIPTION_EXTENDED #1',
        'EXPIRATION UNSUBSCRIBE #2',
      ],
    )
    expect(happenings.filter((one) => one.type === 'EXPIRATION').map((one) => one.occurredAt)).toEqual([END, again])
  })

  it('told by several notices are one, for the strongest reason of the first', () => {
    const { happenings } = inEveryOrder(
      [
        observed([period()]),
        observed([
          period(TOLD),
          ended({ at: END, reason: 'UNKNOWN', implies: 'nothing' }),
          ended({ at: END, reason: 'BILLING_ERROR', implies: 'billing_failed' }),
          ended({ at: END + 60 * DAY, reason: 'UNSUBSCRIBE', implies: 'nothing' }),
        ]),
      ],
      [
        'INITIAL_PURCHASE 9990000 #1',
        'BILLING_ISSUE #1',
        'CANCELLATION BILLING_ERROR #1',
        'EXPIRATION BILLING_ERROR #1',
      ],
    )
    expect(happenings.at(-1)?.occurredAt).toBe(END)
  })
})

describe('a product that is chosen for later', () => {
  it('is told once, called off without a word, and told again as the second', () => {
    inEveryOrder(
      [
        observed([period()]),
        observed([period(TOLD), chosen('com.acme.weekly', { at: START + DAY })]),
        observed([period(TOLD), chosen('com.acme.monthly', { at: START + 2 * DAY })]),
        observed([period(TOLD), chosen('com.acme.weekly', { at: START + 3 * DAY })]),
      ],
      ['INITIAL_PURCHASE 9990000 #1', 'PRODUCT_CHANGE #1', 'PRODUCT_CHANGE #2'],
    )
  })
})
