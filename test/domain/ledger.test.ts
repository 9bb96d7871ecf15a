import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fact } from '../../src/domain/facts.ts'
import type { Happening } from '../../src/domain/happening.ts'
import { isCharge } from '../../src/domain/merge.ts'
import { type Money, shareOf } from '../../src/domain/money.ts'
import { type Entry, type ObserveContext, observe } from '../../src/domain/observe.ts'
import type { Purchase } from '../../src/domain/purchase-state.ts'
import { seed } from '../seed.ts'
import type { Act, Draw, Powers } from './reference/life.ts'
import { lifeOf } from './reference/lives.ts'
import { simulate } from './reference/model.ts'
import { SIGNED_AFTER } from './reference/tell-app-store.ts'
import { tellByHand } from './reference/tell-by-hand.ts'
import { fold, observed, period, refunded, reversed, TOLD, usd } from './scenarios/by-hand.ts'
import { context, DAY, START } from './scenarios/play.ts'

const FULL = process.env.TRIBUTARY_TEST_FULL === '1'
const LIVES = FULL ? 100_000 : 1_500
const EVERYTHING: Powers = {
  pauses: true,
  refundsInPieces: true,
  olderRefunds: true,
  earlyRenewals: true,
  offInGrace: true,
}

/** What everybody agrees on in the end. */
const FEES = { commissionPpm: 150_000, taxPpm: 200_000 }

type Sums = Readonly<Record<string, number>>

function sums(of: readonly { readonly micros: number | null; readonly currency: string | null }[]): Sums {
  const all: Record<string, number> = {}
  for (const { micros, currency } of of) {
    if (micros !== null && micros !== 0) all[currency ?? ''] = (all[currency ?? ''] ?? 0) + micros
  }
  return Object.fromEntries(Object.entries(all).filter(([, sum]) => sum !== 0))
}

const MOVES: ReadonlySet<string> = new Set(['purchase', 'refund', 'refund_reversed'])

/** Every event that may move money has one entry, with its amount and its currency, and no other entry has an event. */
function entriesOfEvents(happenings: readonly Happening[], entries: readonly Entry[]): void {
  const moved = happenings.filter(({ what }) => MOVES.has(what))
  const named = moved.map((one) => [`${one.what}|${one.period}|${one.n}`, one.grossMicros, one.currency] as const)
  const entered = entries.flatMap((one) =>
    one.announcedBy === null ? [] : [[one.announcedBy, one.micros, one.currency] as const],
  )
  expect(entered.toSorted()).toEqual(named.toSorted())
  expect(new Set(entries.map((one) => one.entry)).size).toBe(entries.length)
}

/** What a message may say of a charge before everybody knows it: nothing, another price, another currency, other fees. */
interface Distortion {
  readonly price: Money | null | 'true'
  readonly fees: { readonly commissionPpm: number | null; readonly taxPpm: number | null } | null
}

const distortion: fc.Arbitrary<Distortion> = fc.record({
  price: fc.oneof(
    fc.constant('true' as const),
    fc.constant(null),
    fc.record({ micros: fc.integer({ min: 0, max: 50_000_000 }), currency: fc.constantFrom('USD', 'EUR', 'JPY') }),
  ),
  fees: fc.option(
    fc.record({
      commissionPpm: fc.option(fc.constantFrom(100_000, 300_000)),
      taxPpm: fc.option(fc.constantFrom(0, 160_000)),
    }),
  ),
})

function distorted(facts: readonly Fact[], { price, fees }: Distortion, version: number): readonly Fact[] {
  return facts.map((fact) => {
    if (!isCharge(fact)) return fact
    const told = { ...fact, version, price: price === 'true' ? fact.price : price }
    return fees === null ? told : { ...told, fees }
  })
}

function withinMemory(life: readonly Act[]): boolean {
  const times = life.flatMap((act) => (act.do === 'begin' ? [act.at, act.from, act.until] : [act.at]))
  return Math.max(...times) - Math.min(...times) < 200 * DAY
}

describe('the ledger', () => {
  const draw: fc.Arbitrary<Draw> = fc.record({ which: fc.nat(1_000), when: fc.nat(999), how: fc.nat(1_000) })
  const drawn = fc.record({
    life: fc.array(draw, { minLength: 1, maxLength: 10 }),
    distortions: fc.array(distortion, { minLength: 1, maxLength: 10 }),
    places: fc.array(fc.nat(999), { minLength: 8, maxLength: 8 }),
    eventsFrom: fc.integer({ min: -30, max: 120 }),
    own: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  })

  it(
    `of ${LIVES} lives, told late, wrong and in any order: with an event it is the events, with all it is what was moved`,
    () => {
      let corrections = 0
      let silent = 0
      let seen = 0
      fc.assert(
        fc.property(drawn, ({ life: draws, distortions, places, eventsFrom, own }) => {
          const life = lifeOf(draws, EVERYTHING)
          fc.pre(withinMemory(life))
          const told = tellByHand(life)
          const asked: ObserveContext = { ...context, eventsFrom: START + eventsFrom * DAY }
          const messages = told.messages
            .map(({ observation }, index) => ({
              place: places[index % places.length] ?? 0,
              observation: {
                ...observation,
                facts: distorted(
                  observation.facts.map((fact) => ({ ...fact, own: fact.own && (own[index % own.length] ?? true) })),
                  distortions[index % distortions.length] ?? { price: 'true', fees: null },
                  index,
                ),
              },
            }))
            .sort((a, b) => a.place - b.place)
            .map(({ observation }) => observation)
          const last = told.messages.at(-1)?.history
          if (last == null) throw new Error('a life has a history')
          const truth = distorted(last.facts, { price: 'true', fees: FEES }, 1_000)
          const entries: Entry[] = []
          const happenings: Happening[] = []
          let purchase: Purchase | null = null
          for (const observation of [...messages, observed(truth, { history: 'complete' }), ...messages]) {
            const step = observe(purchase, observation, asked)
            purchase = step.purchase
            entries.push(...step.entries)
            happenings.push(...step.happenings)
            entriesOfEvents(happenings, entries)
          }
          const moved = simulate(life, SIGNED_AFTER).ledger.map(({ micros }) => ({ micros, currency: 'USD' }))
          expect(sums(entries)).toEqual(sums(moved))
          for (const fraction of ['commissionPpm', 'taxPpm'] as const) {
            const share = (micros: number | null, ppm: number) => (micros === null ? null : shareOf(micros, ppm))
            const found = sums(entries.map((one) => ({ ...one, micros: share(one.micros, one.terms[fraction]) })))
            const wanted = sums(moved.map((one) => ({ ...one, micros: share(one.micros, FEES[fraction]) })))
            // A difference is rounded by itself: each may be one micro away.
            for (const currency of ['USD', 'EUR', 'JPY']) {
              const apart = Math.abs((found[currency] ?? 0) - (wanted[currency] ?? 0))
              expect(apart).toBeLessThanOrEqual(entries.filter(({ reason }) => reason === 'correction').length)
            }
          }
          corrections += entries.filter(({ reason }) => reason === 'correction').length
          silent += entries.filter(({ reason }) => reason === 'history').length
          seen += 1
        }),
        { seed, numRuns: LIVES },
      )
      expect(seen).toBeGreaterThanOrEqual(LIVES)
      expect(corrections).toBeGreaterThan(LIVES / 4)
      expect(silent).toBeGreaterThan(LIVES / 10)
    },
    FULL ? 1_800_000 : 60_000,
  )

  const late = { ...context, eventsFrom: START + 100 * DAY }

  it('says that history told a charge, and moves it to the events when its own message comes', () => {
    const history = observed([period(TOLD)], { history: 'complete' })
    const { entries, happenings } = fold([history, observed([period()]), observed([period()])], { context: late })
    expect(happenings).toHaveLength(1)
    expect(entries).toMatchObject([
      { entry: 'charge:p1', reason: 'history', micros: 9_990_000, announcedBy: null },
      { entry: 'charge:p1:told', reason: 'charge', micros: 9_990_000, announcedBy: 'purchase|p1|1' },
      { entry: 'charge:p1:untold', reason: 'history', micros: -9_990_000, announcedBy: null },
    ])
  })

  it('corrects a price by its difference, and leaves the event as it is', () => {
    const { entries, happenings } = fold([
      observed([period()]),
      observed([period({ version: START + 1, price: usd(7_990_000) })]),
      observed([period()]),
    ])
    expect(happenings.map(({ grossMicros }) => grossMicros)).toEqual([9_990_000])
    expect(entries.map(({ entry, reason, micros, announcedBy }) => [entry, reason, micros, announcedBy])).toEqual([
      ['charge:p1', 'charge', 9_990_000, 'purchase|p1|1'],
      ['charge:p1:c1', 'correction', -2_000_000, null],
    ])
  })

  it('takes an amount back and enters it anew where the store’s own figures come late, its refund too', () => {
    const actual = { commissionPpm: 150_000, taxPpm: 0, commissionMicros: 1_498_501, taxMicros: 0 }
    const { entries } = fold([
      observed([period()]),
      observed([period({ version: START + 1, fees: actual })]),
      observed([period({ version: START + 1, fees: actual }), refunded({ at: START + DAY })]),
      observed([period({ version: START + 1, fees: actual }), reversed({ at: START + 2 * DAY })]),
    ])
    expect(entries.map(({ entry, micros, terms }) => [entry, micros, terms.commissionPpm])).toEqual([
      ['charge:p1', 9_990_000, 300_000],
      ['charge:p1:c1-', -9_990_000, 300_000],
      ['charge:p1:c1+', 9_990_000, 150_000],
      [`refund:p1:${START + DAY}`, -9_990_000, 300_000],
      [`refund:p1:${START + DAY}:c1-`, 9_990_000, 300_000],
      [`refund:p1:${START + DAY}:c1+`, -9_990_000, 150_000],
      [`reversal:p1:${START + 2 * DAY}`, 9_990_000, 300_000],
      [`reversal:p1:${START + 2 * DAY}:c1-`, -9_990_000, 300_000],
      [`reversal:p1:${START + 2 * DAY}:c1+`, 9_990_000, 150_000],
    ])
    expect(entries[2]?.terms).toMatchObject({
      estimated: false,
      actual: { of: 9_990_000, commissionMicros: 1_498_501 },
    })
  })

  it('never makes a known amount unknown, and enters one that was unknown', () => {
    const { entries } = fold([
      observed([period({ price: null })]),
      observed([period({ version: START + 1, price: usd(5_000_000) })]),
      observed([period({ version: START + 2, price: null })]),
    ])
    expect(entries.map(({ reason, micros }) => [reason, micros])).toEqual([
      ['charge', null],
      ['correction', 5_000_000],
    ])
  })
})
