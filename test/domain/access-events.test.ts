import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seed } from '../seed.ts'
import { judgeAccess, type Step } from './access-judge.ts'
import { type Act, type Draw, type Powers, wordsOf } from './reference/life.ts'
import { lifeOf } from './reference/lives.ts'
import { SIGNED_AFTER, type Told, tellByAppStore } from './reference/tell-app-store.ts'
import { tellByHand } from './reference/tell-by-hand.ts'
import { SCENARIOS } from './scenarios/app-store.ts'
import { play, record } from './scenarios/play.ts'

const FULL = process.env.TRIBUTARY_TEST_FULL === '1'
const LIVES = FULL ? 50_000 : 500

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
