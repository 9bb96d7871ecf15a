import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accessAt } from '../../src/domain/access.ts'
import { seed } from '../seed.ts'
import { judgeAccess, type Step } from './access-judge.ts'
import { type Act, type Draw, type Powers, wordsOf } from './reference/life.ts'
import { lifeOf } from './reference/lives.ts'
import { SIGNED_AFTER, type Told, tellByAppStore } from './reference/tell-app-store.ts'
import { tellByHand } from './reference/tell-by-hand.ts'
import { SCENARIOS } from './scenarios/app-store.ts'
import { DAY, play, record } from './scenarios/play.ts'

const FULL = process.env.TRIBUTARY_TEST_FULL === '1'
const LIVES = FULL ? 20_000 : 500

const draw: fc.Arbitrary<Draw> = fc.record({ which: fc.nat(1_000), when: fc.nat(999), how: fc.nat(1_000) })
const APP_STORE: Powers = {
  pauses: false,
  refundsInPieces: false,
  olderRefunds: true,
  earlyRenewals: true,
  offInGrace: true,
}

function firstOf(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function stepsOf(life: readonly Act[], { messages }: Told): readonly Step[] {
  return life.map((act, index) => {
    const played = play(messages, firstOf(index + 1))
    return { at: act.at + SIGNED_AFTER, purchases: [...played.purchases.values()], happenings: played.happenings }
  })
}

describe('access is what the events say, at every boundary and a millisecond on both sides', () => {
  it.each([
    ['at the App Store', tellByAppStore, APP_STORE],
    ['told by facts alone, pauses among them', tellByHand, { ...APP_STORE, pauses: true, refundsInPieces: true }],
  ] as const)(
    `of ${LIVES} lives %s`,
    (_, tell, powers) => {
      let [compared, active] = [0, 0]
      fc.assert(
        fc.property(fc.array(draw, { minLength: 1, maxLength: 10 }), (drawn) => {
          const life = lifeOf(drawn, powers)
          const judged = judgeAccess(stepsOf(life, tell(life)))
          expect(judged.wrong, `\n${wordsOf(life)}\n${judged.wrong.join('\n')}`).toEqual([])
          compared += judged.compared
          active += judged.active
        }),
        { seed, numRuns: LIVES },
      )
      expect(active).toBeGreaterThan(10 * LIVES)
      expect(compared - active).toBeGreaterThan(10 * LIVES)
    },
    FULL ? 1_800_000 : 60_000,
  )

  it.each(SCENARIOS)('$name', ({ write }) => {
    const times: number[] = []
    const messages = record((store, keep) =>
      write(store, (notification) => {
        times.push(notification.at)
        keep(notification)
      }),
    )
    const steps = times.map((at, index) => {
      const played = play(messages, firstOf(index + 1))
      return { at, purchases: [...played.purchases.values()], happenings: played.happenings }
    })
    const judged = judgeAccess(steps)
    expect(judged.wrong).toEqual([])
    expect(judged.compared).toBeGreaterThan(10)
  })
})

describe('access in the end', () => {
  it(`of ${LIVES} lives does not depend on the order in which their messages came`, () => {
    let [seen, compared] = [0, 0]
    const places = fc.array(fc.nat(999), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(fc.array(draw, { minLength: 2, maxLength: 8 }), places, (drawn, placed) => {
        const life = lifeOf(drawn, APP_STORE)
        const told = tellByAppStore(life)
        const order = firstOf(life.length).toSorted((a, b) => (placed[a % 8] ?? 0) - (placed[b % 8] ?? 0) || b - a)
        const answers = (arrived: readonly number[]) =>
          [...play(told.messages, arrived).purchases.values()].flatMap((purchase) =>
            later(life).map((at) => accessAt(purchase, at)?.active),
          )
        const expected = answers(firstOf(life.length))
        expect(answers(order), wordsOf(life)).toEqual(expected)
        seen += 1
        compared += expected.length
      }),
      { seed, numRuns: LIVES },
    )
    expect(seen).toBe(LIVES)
    expect(compared).toBeGreaterThan(10 * LIVES)
  })
})

/** The boundaries of a life that lie after its last message, and what is near them. */
function later(life: readonly Act[]): readonly number[] {
  const end = Math.max(...life.map(({ at }) => at)) + SIGNED_AFTER
  const ends = life.flatMap((act) => {
    if (act.do === 'begin') return [act.from, act.until]
    return act.do === 'fail' && act.graceEndsAt !== null ? [act.graceEndsAt] : []
  })
  return [end, end + DAY, ...ends, ...ends.map((at) => at + DAY)]
    .flatMap((at) => [at - 1, at, at + 1])
    .filter((at) => at >= end)
}
