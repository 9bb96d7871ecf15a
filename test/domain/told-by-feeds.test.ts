import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fact, PeriodFact } from '../../src/domain/facts.ts'
import { type FreezeContext, freeze } from '../../src/domain/freeze.ts'
import { mergeFacts } from '../../src/domain/merge.ts'
import type { Observation } from '../../src/domain/observation.ts'
import { needsHistory } from '../../src/domain/timeline/predecessor.ts'
import { seed } from '../seed.ts'
import {
  chosen,
  ended,
  fold,
  lines,
  observed,
  oneTime,
  period,
  refunded,
  switched,
  TOLD,
  usd,
} from './scenarios/by-hand.ts'
import { app, context, DAY, permutations, question, START } from './scenarios/play.ts'

/** What a feed of finished events tells and a store does not: facts whose charge another message tells whole. */

const mention = (over: Partial<PeriodFact> = {}): PeriodFact =>
  period({ ...TOLD, version: START, price: null, startsCancelled: null, mentioned: true, ...over })

const inEveryOrder = (observations: readonly Observation[]): readonly ReturnType<typeof fold>[] =>
  [...permutations(observations.length)].map((order) => fold(order.map((at) => observations[at] as Observation)))

describe('a charge that is only mentioned', () => {
  const messages = [
    observed([period()]),
    observed([mention(), switched(false, { at: START + DAY })]),
    observed([mention(), ended({ at: START + 30 * DAY })]),
  ]

  it('lets what is said about it be told, and waits itself for its own message', () => {
    const [, cancelled] = messages
    const { happenings, entries } = fold([cancelled as Observation])
    expect(lines(happenings)).toEqual(['CANCELLATION UNSUBSCRIBE #1'])
    expect(entries).toEqual([])
  })

  it('gives the same events, money and facts in every order', () => {
    const runs = inEveryOrder(messages)
    expect(runs).toHaveLength(6)
    for (const { happenings, entries, purchase } of runs) {
      expect(lines(happenings).toSorted()).toEqual([
        'CANCELLATION UNSUBSCRIBE #1',
        'EXPIRATION UNSUBSCRIBE #1',
        'INITIAL_PURCHASE 9990000 #1',
      ])
      expect(entries.map(({ entry, micros }) => [entry, micros])).toEqual([['charge:p1', 9_990_000]])
      expect(purchase.facts).toEqual(runs[0]?.purchase.facts)
    }
  })

  it('holds for one-time purchases too', () => {
    const whole = observed([oneTime()])
    const refund = observed([
      oneTime({ ...TOLD, price: null, mentioned: true }),
      refunded({ period: 'o1', at: START + DAY, amount: usd(1_990_000) }),
    ])
    const runs = inEveryOrder([whole, refund])
    expect(runs).toHaveLength(2)
    for (const { happenings, entries } of runs) {
      expect(lines(happenings).toSorted()).toEqual([
        'CANCELLATION CUSTOMER_SUPPORT -1990000 #1',
        'NON_RENEWING_PURCHASE 1990000 #1',
      ])
      expect(entries.reduce((sum, { micros }) => sum + (micros ?? Number.NaN), 0)).toBe(0)
    }
  })

  it('merges in any order, whatever the versions: who tells the charge whole outweighs every mention', () => {
    const charge = fc
      .record({
        version: fc.nat(3),
        whole: fc.boolean(),
        price: fc.constantFrom(usd(1), usd(2), null),
        follows: fc.constantFrom('trial', 'paid'),
        endAsOf: fc.nat(2),
        expiresAt: fc.constantFrom(START + 30 * DAY, START + 40 * DAY),
      })
      .map(({ whole, ...over }): Fact => (whole ? period(over) : mention(over)))
    let wholes = 0
    fc.assert(
      fc.property(charge, charge, charge, (a, b, c) => {
        const left = mergeFacts(mergeFacts([a], [b]), [c])
        expect(mergeFacts([a], mergeFacts([b], [c]))).toEqual(left)
        expect(mergeFacts(mergeFacts([c], [b]), [a])).toEqual(left)
        expect(mergeFacts(left, [a])).toEqual(left)
        const whole = [a, b, c].some((one) => one.kind === 'period' && one.mentioned !== true)
        wholes += whole ? 1 : 0
        expect(left[0]?.kind === 'period' && left[0].mentioned === true).toBe(!whole)
      }),
      { seed, numRuns: 500 },
    )
    expect(wholes).toBeGreaterThan(100)
  })
})

describe('the end of a charge', () => {
  const whole = observed([period({ endAsOf: START })])
  const extended = observed([mention({ endAsOf: START + 5 * DAY, expiresAt: START + 40 * DAY })])
  const taken = observed([mention({ endAsOf: 0, expiresAt: START + 10 * DAY })])

  it('is the one that was known last, whoever tells the rest', () => {
    const runs = inEveryOrder([whole, extended, taken])
    expect(runs).toHaveLength(6)
    for (const { purchase } of runs) {
      expect(purchase.facts).toMatchObject([{ expiresAt: START + 40 * DAY, price: usd(9_990_000) }])
    }
  })

  it('of a grant that is revoked is the moment of it, on the cancellation too', () => {
    const grant = oneTime({ periodType: 'PROMOTIONAL', expiresAt: START + 30 * DAY, price: usd(0) })
    const revoked = [
      switched(false, { period: 'o1', at: START + DAY, reason: 'DEVELOPER_INITIATED' }),
      ended({ period: 'o1', at: START + DAY, reason: 'UNKNOWN', implies: 'nothing' }),
    ]
    const { happenings } = fold([observed([grant, ...revoked])])
    expect(happenings.map(({ type, expiresAt }) => [type, expiresAt])).toEqual([
      ['NON_RENEWING_PURCHASE', START + 30 * DAY],
      ['CANCELLATION', START + DAY],
      ['EXPIRATION', START + DAY],
    ])
  })
})

describe('a refund whose amount is not told', () => {
  it('of a charge that is only mentioned is unknown, not nothing', () => {
    const { happenings } = fold([observed([mention({ price: usd(0) }), refunded({ at: START + DAY })])])
    expect(happenings).toMatchObject([{ type: 'CANCELLATION', grossMicros: null, currency: 'USD' }])
  })
})

describe('what a message says came before a period', () => {
  const renewal = (follows: 'nothing' | 'trial' | 'paid') =>
    period({ period: 'p2', at: START + 30 * DAY, firstOfChain: false, follows })

  it.each([
    ['trial', ['RENEWAL converted 9990000 #1']],
    ['paid', ['RENEWAL 9990000 #1']],
    ['nothing', ['INITIAL_PURCHASE 9990000 #1']],
  ] as const)('counts where the period before is not known: %s', (follows, events) => {
    expect(lines(fold([observed([renewal(follows)])]).happenings)).toEqual(events)
  })

  it('counts before the dates', () => {
    const unconverted = observed([period({ periodType: 'TRIAL', price: usd(0) })])
    const { happenings } = fold([unconverted, observed([renewal('paid')])])
    expect(lines(happenings)).toEqual(['INITIAL_PURCHASE #1', 'RENEWAL 9990000 #1'])
  })

  it('asks no history for a beginning, and leaves what lies between as unknown as it was', () => {
    expect(needsHistory(fold([observed([renewal('nothing')])]).purchase)).toBe(false)
    expect(needsHistory(fold([observed([renewal('paid')])]).purchase)).toBe(true)
  })
})

describe('fractions that the teller of a charge names', () => {
  const termsOf = (fees: PeriodFact['fees']) =>
    fold([observed([period(fees === undefined ? {} : { fees })])]).entries[0]?.terms

  it('stand in place of the rules, and are no estimate where both are named', () => {
    expect(termsOf({ commissionPpm: 150_000, taxPpm: 167_000 })).toMatchObject({
      commissionPpm: 150_000,
      taxPpm: 167_000,
      estimated: false,
    })
    expect(termsOf({ commissionPpm: 150_000, taxPpm: null })).toMatchObject({
      commissionPpm: 150_000,
      taxPpm: 0,
      estimated: true,
    })
    expect(termsOf(undefined)).toMatchObject({ commissionPpm: 300_000, taxPpm: 0, estimated: true })
  })
})

describe('a change whose product is not named', () => {
  it('is told without a new product', () => {
    const { happenings } = fold([observed([period(), chosen('', { at: START + DAY })])])
    expect(happenings.at(-1)).toMatchObject({ type: 'PRODUCT_CHANGE', newProductId: null })
  })
})

describe('the id of an event at another system', () => {
  const { purchase, happenings } = fold([observed([period()])])
  const frozen: FreezeContext = {
    project: {
      id: 'acme',
      name: 'Acme',
      trackUnknownPurchases: true,
      identityHoldMs: 60_000,
      transferBehavior: 'transfer',
      resubscribeAs: 'initial_purchase',
      entitlements: {},
    },
    app,
    customer: {
      id: 'cus_1',
      originalAppUserId: 'anna',
      aliases: ['anna'],
      lastSeenAppUserId: 'anna',
      attributeSet: 'att_1',
    },
    seq: 1,
    now: START + DAY,
    provisionalUntil: null,
    fallbackTerms: () => context.terms(question()),
  }

  it('is on the event where there is one, and changes nothing else', () => {
    const [bought] = happenings
    if (bought === undefined) throw new Error('Nothing happened.')
    const plain = freeze(bought, purchase, frozen)
    expect(plain.externalId).toBeNull()
    expect(freeze(bought, purchase, { ...frozen, externalId: 'rc-1' })).toEqual({ ...plain, externalId: 'rc-1' })
  })
})
