import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seed } from '../seed.ts'
import { judge } from './reference/compare.ts'
import { type Act, DAY, type Draw, type Powers, wordsOf } from './reference/life.ts'
import { lifeOf } from './reference/lives.ts'
import { simulate } from './reference/model.ts'
import { SIGNED_AFTER, type Told, tellByAppStore } from './reference/tell-app-store.ts'
import { tellByHand } from './reference/tell-by-hand.ts'
import { play } from './scenarios/play.ts'

const FULL = process.env.TRIBUTARY_TEST_FULL === '1'
/** Three kinds of lives: a million in all, in the full run. */
const LIVES = FULL ? 350_000 : 2_000
const TIMEOUT = FULL ? 1_800_000 : 60_000

const draw: fc.Arbitrary<Draw> = fc.record({ which: fc.nat(1_000), when: fc.nat(999), how: fc.nat(1_000) })
const draws = (most: number): fc.Arbitrary<Draw[]> => fc.array(draw, { minLength: 1, maxLength: most })

const APP_STORE: Powers = {
  pauses: false,
  refundsInPieces: false,
  olderRefunds: true,
  earlyRenewals: true,
  offInGrace: true,
}
const EVERYTHING: Powers = { ...APP_STORE, pauses: true, refundsInPieces: true }

function says(life: readonly Act[], told: Told, order: readonly number[], arrival: 'in order' | 'any'): void {
  const wrong = judge(simulate(life, SIGNED_AFTER), play(told.messages, order), told.periods, arrival)
  const arrived = order.map((index) => `${index} ${told.messages[index]?.name}`).join(', ')
  expect(wrong, `\n${wordsOf(life)}\narrived as ${arrived}\n${wrong.join('\n')}\n`).toEqual([])
}

function inOrder({ messages }: Told): readonly number[] {
  return messages.map((_, index) => index)
}

/** Any order, and then some of them again. */
function arrivalOf(told: Told, places: readonly number[]): readonly number[] {
  const order = inOrder(told)
    .map((index) => ({ index, place: places[index % places.length] ?? 0 }))
    .sort((a, b) => a.place - b.place || b.index - a.index)
    .map(({ index }) => index)
  return [...order, ...order.filter((_, at) => (places[at % places.length] ?? 0) % 4 === 0)]
}

/** The order of arrival is free within what a purchase remembers; memory.test.ts says what happens beyond. */
function withinMemory(life: readonly Act[]): boolean {
  const times = life.flatMap((act) => (act.do === 'begin' ? [act.at, act.from] : [act.at]))
  return Math.max(...times) - Math.min(...times) < 200 * DAY && !refundedDifferently(life) && !hidesAPeriod(life)
}

/**
 * Two refunds of one charge, of different shares and without the store's id: a reversal that arrives between them cannot
 * know which of them it undoes.
 */
function refundedDifferently(life: readonly Act[]): boolean {
  const shares = new Map<number, number>()
  return life.some((act) => {
    if (act.do !== 'refund') return false
    const before = shares.get(act.period)
    shares.set(act.period, act.percent)
    return before !== undefined && before !== act.percent
  })
}

/**
 * A period that begins and ends with the one it replaced, and whose successor has the product of that one again: while its
 * own message is still on its way, the third adjoins the first (decision 32).
 */
function hidesAPeriod(life: readonly Act[]): boolean {
  const periods = life.filter((act) => act.do === 'begin')
  return periods.some((hidden, index) => {
    const [before, after] = [periods[index - 1], periods[index + 1]]
    if (before === undefined || after === undefined || hidden.how !== 'upgrade') return false
    const apart = Math.abs(after.from - before.until)
    return after.plan.product === before.plan.product && apart <= Math.min(2 * DAY, (before.until - before.from) / 8)
  })
}

describe('a reference model, written from the rules alone, says what the hub says', () => {
  it(
    `of ${LIVES} lives at the App Store, long ones among them`,
    () => {
      let seen = 0
      fc.assert(
        fc.property(draws(16), (drawn) => {
          const life = lifeOf(drawn, APP_STORE)
          const told = tellByAppStore(life)
          says(life, told, inOrder(told), 'in order')
          seen += 1
        }),
        { seed, numRuns: LIVES },
      )
      expect(seen).toBe(LIVES)
    },
    TIMEOUT,
  )

  it(
    `of ${LIVES} lives at the App Store that arrive in any order, with duplicates`,
    () => {
      let seen = 0
      const places = fc.array(fc.nat(999), { minLength: 8, maxLength: 8 })
      fc.assert(
        fc.property(draws(8), places, (drawn, placed) => {
          const life = lifeOf(drawn, APP_STORE)
          fc.pre(withinMemory(life))
          const told = tellByAppStore(life)
          says(life, told, arrivalOf(told, placed), 'any')
          seen += 1
        }),
        { seed, numRuns: LIVES },
      )
      expect(seen).toBeGreaterThanOrEqual(LIVES)
    },
    TIMEOUT,
  )

  it(
    `of ${LIVES} lives with pauses and refunds in pieces, told by facts alone, at once and in any order`,
    () => {
      let seen = 0
      const places = fc.array(fc.nat(999), { minLength: 8, maxLength: 8 })
      fc.assert(
        fc.property(draws(10), places, (drawn, placed) => {
          const life = lifeOf(drawn, EVERYTHING)
          const told = tellByHand(life)
          says(life, told, inOrder(told), 'in order')
          if (withinMemory(life)) says(life, told, arrivalOf(told, placed), 'any')
          seen += 1
        }),
        { seed, numRuns: LIVES },
      )
      expect(seen).toBe(LIVES)
    },
    TIMEOUT,
  )

  it(
    'of long lives in which neighbours change places: the newest of many periods loses nothing',
    () => {
      let seen = 0
      fc.assert(
        fc.property(fc.array(draw, { minLength: 14, maxLength: 30 }), fc.nat(2), (drawn, from) => {
          const life = lifeOf(drawn, { ...APP_STORE, olderRefunds: false })
          fc.pre(!refundedDifferently(life))
          const told = tellByAppStore(life)
          const order = [...inOrder(told)]
          for (let at = from; at + 1 < order.length; at += 3) order.splice(at, 2, order[at + 1] ?? 0, order[at] ?? 0)
          says(life, told, order, 'any')
          seen += 1
        }),
        { seed, numRuns: LIVES / 4 },
      )
      expect(seen).toBeGreaterThanOrEqual(LIVES / 4)
    },
    TIMEOUT,
  )
})
