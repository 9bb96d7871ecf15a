import { describe, expect, it } from 'vitest'
import { SUBSCRIPTION_STATUSES, type SubscriptionStatus } from '../../src/domain/event.ts'
import type { Fact } from '../../src/domain/facts.ts'
import type { Observation, Snapshot } from '../../src/domain/observation.ts'
import type { PeriodType } from '../../src/domain/purchase.ts'
import { statusAt } from '../../src/domain/status.ts'
import { willRenew } from '../../src/domain/term.ts'
import {
  ended,
  extended,
  fold,
  observed,
  oneTime,
  period,
  refunded,
  restored,
  reversed,
  snapshot,
} from './scenarios/by-hand.ts'
import { DAY, START } from './scenarios/play.ts'

const END = START + 30 * DAY
const GRACE = END + 6 * DAY

interface Case {
  readonly name: string
  readonly observations: readonly Observation[]
  /** What it is at an instant, and a millisecond before. */
  readonly at: readonly (readonly [number, SubscriptionStatus])[]
}

function subscribed(periodType: PeriodType, state: Partial<Snapshot>, facts: readonly Fact[] = []): Observation[] {
  const charge = period({ periodType, version: START })
  return [observed([charge, ...facts], { snapshot: snapshot({ version: START + DAY, ...state }) })]
}

const CASES: readonly Case[] = [
  {
    name: 'a running period, which waits for its renewal past its date',
    observations: subscribed('NORMAL', {}),
    at: [
      [START + 2 * DAY, 'active'],
      [END - 1, 'active'],
      [END, 'active'],
      [END + 40 * DAY, 'active'],
    ],
  },
  { name: 'an introductory period', observations: subscribed('INTRO', {}), at: [[END - 1, 'intro']] },
  { name: 'a trial', observations: subscribed('TRIAL', {}), at: [[END - 1, 'trial']] },
  {
    name: 'a cancelled period, to its date',
    observations: subscribed('NORMAL', { autoRenew: false }),
    at: [
      [END - 1, 'cancelled'],
      [END, 'expired'],
    ],
  },
  {
    name: 'a cancelled trial, to its date',
    observations: subscribed('TRIAL', { autoRenew: false }),
    at: [
      [END - 1, 'cancelled_trial'],
      [END, 'expired'],
    ],
  },
  {
    name: 'a cancelled introductory period is a cancelled one',
    observations: subscribed('INTRO', { autoRenew: false }),
    at: [[END - 1, 'cancelled']],
  },
  {
    name: 'a cancelled period that was extended, to its new date',
    observations: subscribed('NORMAL', { autoRenew: false }, [extended(END + 5 * DAY, { at: START + DAY })]),
    at: [
      [END, 'cancelled'],
      [END + 5 * DAY - 1, 'cancelled'],
      [END + 5 * DAY, 'expired'],
    ],
  },
  {
    name: 'a grace, to its end, cancelled or not',
    observations: subscribed('NORMAL', { status: 'grace', graceEndsAt: GRACE, autoRenew: false }),
    at: [
      [END, 'grace_period'],
      [GRACE - 1, 'grace_period'],
      [GRACE, 'expired'],
    ],
  },
  {
    name: 'a grace after a trial',
    observations: subscribed('TRIAL', { status: 'grace', graceEndsAt: GRACE }),
    at: [
      [GRACE - 1, 'grace_period_trial'],
      [GRACE, 'expired'],
    ],
  },
  {
    name: 'a grace without a date lasts until its end is told',
    observations: subscribed('NORMAL', { status: 'grace', graceEndsAt: null }),
    at: [[GRACE + DAY, 'grace_period']],
  },
  {
    name: 'a failed charge without grace',
    observations: subscribed('NORMAL', { status: 'retry' }),
    at: [[END, 'expired']],
  },
  { name: 'an end', observations: subscribed('TRIAL', { status: 'expired' }), at: [[START, 'expired']] },
  { name: 'a revocation', observations: subscribed('NORMAL', { status: 'revoked' }), at: [[START + DAY, 'expired']] },
  {
    name: 'a pause',
    observations: subscribed('NORMAL', { status: 'paused', resumesAt: END + DAY }),
    at: [[END, 'paused']],
  },
  {
    name: 'a store that tells no state',
    observations: [observed([period()])],
    at: [[END + DAY, 'active']],
  },
  {
    name: 'a promotional grant, to its end',
    observations: [observed([oneTime({ periodType: 'PROMOTIONAL', expiresAt: END })])],
    at: [
      [END - 1, 'promotional'],
      [END, 'expired_promotional'],
    ],
  },
  {
    name: 'a promotional grant for ever, revoked',
    observations: [
      observed([
        oneTime({ periodType: 'PROMOTIONAL' }),
        ended({ at: START + DAY, period: 'o1', reason: 'DEVELOPER_INITIATED', implies: 'nothing' }),
      ]),
    ],
    at: [
      [START + DAY - 1, 'promotional'],
      [START + DAY, 'expired_promotional'],
    ],
  },
  {
    name: 'a promotional period of a chain, revoked before its end',
    observations: subscribed('PROMOTIONAL', {}, [
      ended({ at: START + DAY, reason: 'DEVELOPER_INITIATED', implies: 'nothing' }),
    ]),
    at: [
      [START + DAY - 1, 'promotional'],
      [START + DAY, 'expired_promotional'],
    ],
  },
  {
    name: 'a purchase for ever, refunded and given back',
    observations: [
      observed([
        oneTime(),
        refunded({ at: START + DAY, period: 'o1' }),
        reversed({ at: START + 3 * DAY, period: 'o1' }),
      ]),
    ],
    at: [
      [START + DAY - 1, 'active'],
      [START + DAY, 'expired'],
      [START + 3 * DAY - 1, 'expired'],
      [START + 3 * DAY, 'active'],
    ],
  },
  {
    name: 'a purchase of which a part went back and which stays',
    observations: [
      observed([oneTime(), refunded({ at: START + DAY, period: 'o1', share: 300_000, keepsAccess: true })]),
    ],
    at: [[START + 2 * DAY, 'active']],
  },
  {
    name: 'a purchase with two refunds, one of which was undone',
    observations: [
      observed([
        oneTime(),
        refunded({ at: START + DAY, period: 'o1', refundId: 'a', share: 500_000 }),
        refunded({ at: START + 2 * DAY, period: 'o1', refundId: 'b', share: 500_000 }),
        reversed({ at: START + 3 * DAY, period: 'o1', refundId: 'b' }),
      ]),
    ],
    at: [[START + 4 * DAY, 'expired']],
  },
  {
    name: 'a non-renewing subscription, to its end',
    observations: [observed([oneTime({ expiresAt: END })])],
    at: [
      [END - 1, 'active'],
      [END, 'expired'],
    ],
  },
]

describe('the status of a purchase at an instant', () => {
  it.each(CASES)('of $name', ({ observations, at }) => {
    const { purchase } = fold(observations)
    for (const [instant, status] of at) expect([instant, statusAt(purchase, instant)]).toEqual([instant, status])
    expect(at.length).toBeGreaterThan(0)
  })

  it('takes each of the eleven values', () => {
    const seen = new Set(CASES.flatMap(({ at }) => at.map(([, status]) => status)))
    expect([...seen].sort()).toEqual([...SUBSCRIPTION_STATUSES].sort())
  })

  it('changes nothing, and is the same however often it is asked', () => {
    for (const { observations, at } of CASES) {
      const { purchase } = fold(observations)
      const before = JSON.stringify(purchase)
      const instants = at.map(([instant]) => instant)
      const asked = instants.map((instant) => statusAt(purchase, instant))
      const backwards = [...instants].reverse().map((instant) => statusAt(purchase, instant))
      expect(backwards.reverse()).toEqual(asked)
      expect(JSON.stringify(purchase)).toBe(before)
    }
  })

  it('is told by the newest snapshot, in whatever order they come', () => {
    const older = subscribed('NORMAL', { version: START + DAY, status: 'grace', graceEndsAt: GRACE })
    const newer = subscribed('NORMAL', { version: START + 2 * DAY })
    expect(statusAt(fold([...older, ...newer]).purchase, END)).toBe('active')
    expect(statusAt(fold([...newer, ...older]).purchase, END)).toBe('active')
  })

  it('is of the newest period, a renewal that is dated ahead among them', () => {
    const ahead = period({ period: 'p2', at: END, version: END - DAY })
    const { purchase } = fold([...subscribed('TRIAL', {}), observed([ahead])])
    expect(statusAt(purchase, END - DAY)).toBe('active')
  })

  it('does not take an end for standing that was taken back', () => {
    const grant = oneTime({ periodType: 'PROMOTIONAL', expiresAt: END })
    const end = { at: START + DAY, period: 'o1', reason: 'UNKNOWN', implies: 'nothing' } as const
    const { purchase } = fold([observed([grant, ended(end), restored({ at: START + 2 * DAY, period: 'o1' })])])
    expect(statusAt(purchase, START + DAY)).toBe('expired_promotional')
    expect(statusAt(purchase, START + 2 * DAY)).toBe('promotional')
  })
})

describe('whether it will renew', () => {
  it.each([
    [true, { autoRenew: true }],
    [false, { autoRenew: false }],
    [null, { autoRenew: null }],
  ])('is %s where the store says %j', (will, state) => {
    expect(willRenew(fold(subscribed('NORMAL', state)).purchase)).toBe(will)
  })

  it('is null without a state, and false for what is bought once', () => {
    expect(willRenew(fold([observed([period()])]).purchase)).toBeNull()
    expect(willRenew(fold([observed([oneTime()])]).purchase)).toBe(false)
  })
})
