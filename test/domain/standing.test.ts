import { describe, expect, it } from 'vitest'
import { accessAt } from '../../src/domain/access.ts'
import type { Fact } from '../../src/domain/facts.ts'
import type { Observation, Snapshot } from '../../src/domain/observation.ts'
import type { PeriodType } from '../../src/domain/purchase.ts'
import type { Purchase } from '../../src/domain/purchase-state.ts'
import { standingAt } from '../../src/domain/standing.ts'
import { ended, extended, failed, fold, observed, oneTime, period, restored, snapshot } from './scenarios/by-hand.ts'
import { DAY, HOUR, START } from './scenarios/play.ts'

const END = START + 30 * DAY
const GRACE = END + 6 * DAY

function subscribed(periodType: PeriodType, state: Partial<Snapshot>, facts: readonly Fact[] = []): Observation[] {
  const charge = period({ periodType, version: START })
  return [observed([charge, ...facts], { snapshot: snapshot({ version: START + DAY, ...state }) })]
}

const LIVES: readonly (readonly [string, readonly Observation[], number?])[] = [
  ['a running period', subscribed('NORMAL', {})],
  ['a trial', subscribed('TRIAL', {})],
  ['an introductory period that was cancelled', subscribed('INTRO', { autoRenew: false })],
  ['a prepaid period', subscribed('PREPAID', { autoRenew: null })],
  ['a store that tells no state', [observed([period()])]],
  ['a store that spoke after the end', subscribed('NORMAL', { version: END + 20 * HOUR })],
  ['a grace with a date', subscribed('NORMAL', { status: 'grace', graceEndsAt: GRACE, version: END + HOUR })],
  ['a grace without one', subscribed('NORMAL', { status: 'grace', graceEndsAt: null, version: END + HOUR })],
  [
    'a retry',
    subscribed('NORMAL', { status: 'retry', version: END + HOUR }, [failed({ at: END, graceEndsAt: GRACE })]),
  ],
  ['an extension', subscribed('NORMAL', { autoRenew: false }, [extended(END + 5 * DAY, { at: START + DAY })])],
  ['an end', subscribed('NORMAL', { status: 'expired', version: START + 20 * DAY }, [ended({ at: START + 20 * DAY })])],
  [
    'an end that was undone',
    subscribed('NORMAL', {}, [ended({ at: START + 2 * DAY }), restored({ at: START + 3 * DAY })]),
  ],
  ['a store that could not be asked', subscribed('NORMAL', { autoRenew: false }), END + HOUR],
  [
    'a renewal that is known a day ahead',
    [
      ...subscribed('TRIAL', {}),
      observed([period({ period: 't2', at: END, expiresAt: END + 30 * DAY })], {
        snapshot: snapshot({ version: END - DAY }),
      }),
    ],
  ],
]

function lives(): readonly (readonly [string, Purchase])[] {
  return LIVES.map(([name, told, unverifiedSince]) => {
    const { purchase } = fold(told)
    return [name, unverifiedSince === undefined ? purchase : { ...purchase, unverifiedSince }] as const
  })
}

describe('what a purchase is counted as', () => {
  it('holds until the access that it was reckoned from ends, if nothing more is heard', () => {
    let active = 0
    for (const [name, purchase] of lives()) {
      for (let at = START + DAY; at < END + 10 * DAY; at += 7 * HOUR + 1) {
        const { standing, until } = standingAt(purchase, at)
        expect(standing !== null, name).toBe(accessAt(purchase, at)?.active === true)
        if (standing === null) continue
        active += 1
        for (const later of [at + HOUR, at + 9 * DAY, END - 1, END + HOUR, END + 23 * HOUR, GRACE, GRACE + 2 * DAY]) {
          if (later < at) continue
          const counted = until === null || later < until
          expect(counted, `${name}, reckoned at ${at - START}, asked at ${later - START}`).toBe(
            accessAt(purchase, later)?.active === true,
          )
        }
      }
    }
    expect(active).toBeGreaterThan(500)
  })

  it('is what its status says: a trial, a grace, or another subscription', () => {
    const kinds = new Map(lives().map(([name, purchase]) => [name, standingAt(purchase, END - HOUR).standing]))
    expect(kinds.get('a running period')).toBe('subscription')
    expect(kinds.get('a trial')).toBe('trial')
    expect(kinds.get('an introductory period that was cancelled')).toBe('subscription')
    expect(kinds.get('an end')).toBeNull()
    const late = new Map(lives().map(([name, purchase]) => [name, standingAt(purchase, END + 2 * HOUR).standing]))
    expect(late.get('a grace with a date')).toBe('grace')
    expect(late.get('a grace without one')).toBe('grace')
    expect(late.get('a renewal that is known a day ahead')).toBe('subscription')
  })

  it('is nothing for what is no subscription', () => {
    expect(standingAt(fold([observed([oneTime()])]).purchase, START + DAY).standing).toBeNull()
    const granted = fold([observed([period({ periodType: 'PROMOTIONAL' })])]).purchase
    expect(standingAt(granted, START + DAY).standing).toBeNull()
  })
})
