import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fact, PeriodFact } from '../../src/domain/facts.ts'
import { mergeFacts } from '../../src/domain/merge.ts'
import type { ShownPrice } from '../../src/domain/shown-price.ts'
import { seed } from '../seed.ts'
import { DAY, START } from './scenarios/play.ts'

const RUNS = process.env.TRIBUTARY_TEST_FULL === '1' ? 50_000 : 2_000
const MONTH = 30 * DAY
const PRODUCTS = ['a', 'a', 'b', 'a', 'b'] as const

function period(month: number, version: number, shown: readonly ShownPrice[]): PeriodFact {
  const [first] = shown
  return {
    kind: 'period',
    at: START + month * MONTH,
    period: `p${month}`,
    own: false,
    inferred: false,
    version,
    productId: PRODUCTS[month] ?? 'a',
    periodType: month === 0 ? 'TRIAL' : 'NORMAL',
    expiresAt: START + (month + 1) * MONTH,
    price: month === 0 ? { micros: 0, currency: 'USD' } : null,
    isFamilyShare: false,
    countryCode: null,
    offerCode: null,
    firstOfChain: month === 0,
    replaced: false,
    byChange: false,
    startsCancelled: false,
    originalTransactionId: 'r',
    ...(first === undefined ? {} : { shown: { first, last: first } }),
  }
}

/** A charge as one reading tells it: with what a device was shown within it, or without. */
const tellings = fc
  .record({
    month: fc.nat(4),
    version: fc.nat(3),
    day: fc.nat(29),
    micros: fc.constantFrom(4_990_000, 5_990_000),
    shows: fc.boolean(),
  })
  .map(({ month, version, day, micros, shows }): Fact => {
    const at = START + month * MONTH + day * DAY
    const price: ShownPrice = { at, productId: PRODUCTS[month] ?? 'a', price: { micros, currency: 'USD' } }
    return period(month, version, shows ? [price] : [])
  })
const some = fc.array(tellings, { maxLength: 6 })

describe('prices that devices were shown', () => {
  it('are the same in whatever order they are told, and however often', () => {
    let priced = 0
    fc.assert(
      fc.property(some, some, some, (a, b, c) => {
        const merge = mergeFacts
        const [x, y, z] = [merge([], a), merge([], b), merge([], c)]
        expect(merge(x, y)).toEqual(merge(y, x))
        expect(merge(merge(x, y), z)).toEqual(merge(x, merge(y, z)))
        expect(merge(x, x)).toEqual(x)
        const all = merge(merge(x, y), z)
        if (all.some((fact) => fact.kind === 'period' && (fact.price?.micros ?? 0) > 0)) priced += 1
      }),
      { seed, numRuns: RUNS },
    )
    expect(priced).toBeGreaterThan(RUNS / 4)
  })

  it('are what was shown first within a charge, else last before it of the same product, else nothing', () => {
    fc.assert(
      fc.property(fc.array(some, { maxLength: 5 }), (batches) => {
        const facts = batches.reduce<readonly Fact[]>((left, right) => mergeFacts(left, right), [])
        const shown = batches
          .flat()
          .flatMap((fact) => (fact.kind === 'period' && fact.shown !== undefined ? [fact.shown.last] : []))
        for (const fact of facts) {
          if (fact.kind !== 'period' || fact.periodType === 'TRIAL') continue
          const of = shown.filter(({ productId }) => productId === fact.productId).toSorted((p, q) => p.at - q.at)
          const within = of.filter(({ at }) => at >= fact.at && at < fact.expiresAt)
          const before = of.filter(({ at }) => at < fact.at)
          const at = within[0]?.at ?? before.at(-1)?.at
          const fits = of.filter((one) => one.at === at).map(({ price }) => price.micros)
          if (at === undefined) expect(fact.price).toBeNull()
          else expect(fits).toContain(fact.price?.micros)
        }
      }),
      { seed, numRuns: RUNS / 2 },
    )
  })

  it('are kept when the charge that they were shown of is forgotten', () => {
    const price: ShownPrice = { at: START + MONTH, productId: 'a', price: { micros: 4_990_000, currency: 'USD' } }
    const facts = mergeFacts([], [period(1, 1, [price]), period(3, 1, [])])
    const kept = facts.filter((fact) => fact.period === 'p3')
    expect(mergeFacts(kept, [period(3, 9, [])])).toMatchObject([{ price: { micros: 4_990_000 }, version: 9 }])
  })

  it('leave a trial free, and what no device was shown unknown', () => {
    const price: ShownPrice = { at: START, productId: 'a', price: { micros: 4_990_000, currency: 'USD' } }
    const facts = mergeFacts([], [period(0, 1, [price]), period(1, 1, []), period(2, 1, [])])
    expect(facts.map((fact) => (fact.kind === 'period' ? fact.price : 0))).toEqual([
      { micros: 0, currency: 'USD' },
      { micros: 4_990_000, currency: 'USD' },
      null,
    ])
  })
})
