import { describe, expect, it } from 'vitest'
import { type Access, accessAt, accessByProduct } from '../../src/domain/access.ts'
import type { Fact, PeriodFact } from '../../src/domain/facts.ts'
import type { Snapshot } from '../../src/domain/observation.ts'
import type { Purchase } from '../../src/domain/purchase-state.ts'
import {
  ended,
  extended,
  failed,
  fold,
  observed,
  oneTime,
  period,
  refunded,
  restored,
  reversed,
  snapshot,
} from './scenarios/by-hand.ts'
import { DAY, HOUR, START } from './scenarios/play.ts'

const END = START + 30 * DAY
const GRACE = END + 6 * DAY

type Known = Parameters<typeof fold>[0]

function subscribed(state: Partial<Snapshot>, facts: readonly Fact[] = [], of: Partial<PeriodFact> = {}): Known {
  const charge = period({ version: START, ...of })
  return [observed([charge, ...facts], { snapshot: snapshot({ version: START + DAY, ...state }) })]
}

interface Life {
  readonly name: string
  readonly known: Known
  readonly unverifiedSince?: number
  /** At each boundary: how access stands until a millisecond before, and from then on. */
  readonly at: readonly (readonly [number, Access['standing'], Access['standing']])[]
}

const LIVES_BY_HAND: readonly Life[] = [
  {
    name: 'a running period is awaited for a day',
    known: subscribed({}),
    at: [
      [END, 'in_force', 'awaited'],
      [END + DAY, 'awaited', 'silent'],
    ],
  },
  { name: 'so is a trial', known: subscribed({}, [], { periodType: 'TRIAL' }), at: [[END, 'in_force', 'awaited']] },
  {
    name: 'so is a prepaid period, which may be topped up',
    known: subscribed({ autoRenew: null }, [], { periodType: 'PREPAID' }),
    at: [[END, 'in_force', 'awaited']],
  },
  {
    name: 'so is a store that tells no state',
    known: [observed([period()])],
    at: [
      [END, 'in_force', 'awaited'],
      [END + DAY, 'awaited', 'silent'],
    ],
  },
  {
    name: 'the day is counted from the store’s last word',
    known: subscribed({ version: END + 20 * HOUR }),
    at: [
      [END + DAY, 'awaited', 'awaited'],
      [END + 44 * HOUR, 'awaited', 'silent'],
    ],
  },
  {
    name: 'a cancelled period ends at its date',
    known: subscribed({ autoRenew: false }),
    at: [[END, 'in_force', 'over']],
  },
  {
    name: 'an extension moves it',
    known: subscribed({ autoRenew: false }, [extended(END + 5 * DAY, { at: START + DAY })]),
    at: [
      [END, 'in_force', 'in_force'],
      [END + 5 * DAY, 'in_force', 'over'],
    ],
  },
  {
    name: 'a grace goes on to its own end',
    known: subscribed({ status: 'grace', graceEndsAt: GRACE }),
    at: [
      [END, 'in_force', 'grace'],
      [GRACE, 'grace', 'over'],
    ],
  },
  {
    name: 'a grace without a date lasts until its end is told',
    known: subscribed({ status: 'grace' }),
    at: [
      [END, 'in_force', 'grace'],
      [END + 20 * DAY, 'grace', 'grace'],
    ],
  },
  {
    name: 'a failed charge without grace: what was paid for, and no more',
    known: subscribed({ status: 'retry' }, [failed({ at: END - HOUR })]),
    at: [
      [END - HOUR, 'in_force', 'in_force'],
      [END, 'in_force', 'over'],
    ],
  },
  {
    name: 'a pause',
    known: subscribed({ status: 'paused', resumesAt: END + DAY, version: END }, [
      ended({ at: END, reason: 'SUBSCRIPTION_PAUSED', implies: 'nothing' }),
    ]),
    at: [
      [END, 'in_force', 'over'],
      [END + DAY, 'over', 'over'],
    ],
  },
  {
    name: 'a refund that took the access',
    known: subscribed({ status: 'revoked', autoRenew: false }, [
      refunded({ at: START + 3 * DAY }),
      ended({ at: START + 3 * DAY, reason: 'CUSTOMER_SUPPORT', implies: 'nothing' }),
    ]),
    at: [[START + 3 * DAY, 'in_force', 'over']],
  },
  {
    name: 'a refund that was undone',
    known: subscribed({ autoRenew: false, version: START + 6 * DAY }, [
      refunded({ at: START + 3 * DAY }),
      ended({ at: START + 3 * DAY, reason: 'CUSTOMER_SUPPORT', implies: 'nothing' }),
      reversed({ at: START + 5 * DAY }),
      restored({ at: START + 5 * DAY }),
    ]),
    at: [
      [START + 3 * DAY, 'in_force', 'over'],
      [START + 5 * DAY, 'over', 'in_force'],
      [END, 'in_force', 'over'],
    ],
  },
  {
    name: 'a part that went back and ends nothing',
    known: subscribed({ autoRenew: false }, [refunded({ at: START + 3 * DAY, share: 300_000, keepsAccess: true })]),
    at: [
      [START + 3 * DAY, 'in_force', 'in_force'],
      [END, 'in_force', 'over'],
    ],
  },
  {
    name: 'a revocation that nothing dates',
    known: subscribed({ status: 'revoked' }),
    at: [[START + DAY, 'over', 'over']],
  },
  {
    name: 'an upgrade: the new period decides',
    known: subscribed(
      { autoRenew: false },
      [
        period({
          period: 'p2',
          at: START + 10 * DAY,
          productId: 'com.acme.yearly',
          expiresAt: START + 375 * DAY,
          byChange: true,
        }),
      ],
      { replaced: true },
    ),
    at: [
      [START + 10 * DAY, 'in_force', 'in_force'],
      [START + 375 * DAY, 'in_force', 'over'],
    ],
  },
  {
    name: 'a renewal that is known before it begins',
    known: subscribed({ version: END - DAY, autoRenew: false }, [
      period({ period: 'p2', at: END, version: END - DAY }),
    ]),
    at: [
      [END - DAY, 'in_force', 'in_force'],
      [END, 'in_force', 'in_force'],
      [END + 30 * DAY, 'in_force', 'over'],
    ],
  },
  {
    name: 'one that is refunded before it begins: the store takes the whole chain back, at once',
    known: subscribed({ version: END - HOUR, status: 'revoked' }, [
      period({ period: 'p2', at: END, version: END - DAY }),
      ended({ at: END - HOUR, period: 'p2', reason: 'CUSTOMER_SUPPORT', implies: 'nothing' }),
    ]),
    at: [
      [END - HOUR, 'in_force', 'over'],
      [END, 'over', 'over'],
    ],
  },
  {
    name: 'a purchase by a clock that is ahead of ours counts at once',
    known: subscribed({}),
    at: [[START, 'in_force', 'in_force']],
  },
  {
    name: 'a lapse, and a new beginning by a clock that may be an hour ahead of ours',
    known: subscribed({ version: END + 5 * DAY }, [ended({ at: END }), period({ period: 'p2', at: END + 5 * DAY })]),
    at: [
      [END + 5 * DAY - HOUR + 1, 'over', 'in_force'],
      [END + 5 * DAY, 'in_force', 'in_force'],
    ],
  },
  {
    name: 'unverified: a running period',
    known: subscribed({}),
    unverifiedSince: END + HOUR,
    at: [
      [END + 2 * HOUR, 'unverified', 'unverified'],
      [END + 25 * HOUR, 'unverified', 'silent'],
    ],
  },
  {
    name: 'unverified: a cancelled one, whose end nobody could confirm',
    known: subscribed({ autoRenew: false }),
    unverifiedSince: END,
    at: [
      [END, 'in_force', 'unverified'],
      [END + DAY, 'unverified', 'over'],
    ],
  },
  {
    name: 'unverified: a grace',
    known: subscribed({ status: 'grace', graceEndsAt: GRACE }),
    unverifiedSince: GRACE + 1_000,
    at: [
      [GRACE, 'grace', 'unverified'],
      [GRACE + 1_000 + DAY, 'unverified', 'over'],
    ],
  },
  {
    name: 'unverified for the first time when there was no access any more',
    known: subscribed({}),
    unverifiedSince: END + 2 * DAY,
    at: [[END + 2 * DAY, 'silent', 'silent']],
  },
  {
    name: 'unverified in a billing retry, which gave no access',
    known: subscribed({ status: 'retry' }),
    unverifiedSince: END,
    at: [[END, 'in_force', 'over']],
  },
  {
    name: 'unverified at the end of an earlier period',
    known: subscribed({}),
    unverifiedSince: START + DAY,
    at: [[END, 'in_force', 'awaited']],
  },
  {
    name: 'a promotional grant, exactly',
    known: [observed([oneTime({ periodType: 'PROMOTIONAL', expiresAt: END })])],
    at: [[END, 'in_force', 'over']],
  },
  {
    name: 'a grant that was revoked',
    known: [
      observed([
        oneTime({ periodType: 'PROMOTIONAL' }),
        ended({ at: START + DAY, period: 'o1', reason: 'DEVELOPER_INITIATED', implies: 'nothing' }),
      ]),
    ],
    at: [[START + DAY, 'in_force', 'over']],
  },
  {
    name: 'what was bought for ever',
    known: [observed([oneTime()])],
    at: [[START + 9_999 * DAY, 'in_force', 'in_force']],
  },
  {
    name: 'what was bought for ever, refunded and given back',
    known: [
      observed([
        oneTime(),
        refunded({ at: START + DAY, period: 'o1' }),
        reversed({ at: START + 3 * DAY, period: 'o1' }),
      ]),
    ],
    at: [
      [START + DAY, 'in_force', 'over'],
      [START + 3 * DAY, 'over', 'in_force'],
    ],
  },
  {
    name: 'a non-renewing subscription',
    known: [observed([oneTime({ expiresAt: END })])],
    at: [[END, 'in_force', 'over']],
  },
]

describe('access at a boundary, and a millisecond before', () => {
  it.each(LIVES_BY_HAND)('$name', ({ known, unverifiedSince, at }) => {
    const { purchase } = fold(known)
    const asked = unverifiedSince === undefined ? purchase : { ...purchase, unverifiedSince }
    for (const [boundary, before, from] of at) {
      const [a, b, c] = [boundary - 1, boundary, boundary + 1].map((one) => accessAt(asked, one))
      expect([a?.standing, b?.standing, c?.standing], String((boundary - START) / DAY)).toEqual([before, from, from])
      for (const one of [a, b, c]) expect(one?.active).toBe(!['over', 'silent'].includes(one?.standing ?? ''))
    }
    expect(at.length).toBeGreaterThan(0)
  })

  it('says until when: the end that is known, or the hour after which to ask again', () => {
    const until = (known: Known, at: number) => accessAt(fold(known).purchase, at)?.until
    expect(until(subscribed({}), START)).toBe(END)
    expect(until(subscribed({}), END)).toBe(END + HOUR)
    expect(until(subscribed({}), END + HOUR - 1)).toBe(END + HOUR)
    expect(until(subscribed({}), END + HOUR)).toBe(END + 2 * HOUR)
    expect(until(subscribed({}), END + 3 * DAY)).toBe(END)
    expect(until(subscribed({ status: 'grace', graceEndsAt: GRACE }), END)).toBe(GRACE)
    expect(until(subscribed({ autoRenew: false }), END + DAY)).toBe(END)
    expect(until([observed([oneTime()])], END)).toBeNull()
  })

  it('of a renewal that is known before it begins runs to the end of that one; of another product, to its beginning', () => {
    const ahead = (productId: string) => [
      ...subscribed({}),
      observed([period({ period: 'p2', at: END, version: END - DAY, productId })]),
    ]
    const same = fold(ahead('com.acme.monthly')).purchase
    const other = fold(ahead('com.acme.yearly')).purchase
    expect(accessAt(same, END - 1)).toMatchObject({ until: END + 30 * DAY, charge: { period: 'p1' } })
    expect(accessAt(other, END - 1)).toMatchObject({ until: END, charge: { period: 'p1' } })
    expect(accessAt(other, END)).toMatchObject({ until: END + 30 * DAY, charge: { period: 'p2' } })
  })

  it('promises half a period at most in the sandbox', () => {
    const { purchase } = fold(subscribed({}, [], { expiresAt: START + 300_000 }))
    const sandbox: Purchase = { ...purchase, key: { ...purchase.key, environment: 'sandbox' } }
    expect(accessAt(sandbox, START + 300_000)?.until).toBe(START + 450_000)
  })

  it('is told for each product that a chain has had', () => {
    const yearly = { period: 'p2', at: START + 10 * DAY, productId: 'com.acme.yearly', expiresAt: START + 375 * DAY }
    const { purchase } = fold([
      ...subscribed({}, [], { replaced: true }),
      observed([period({ ...yearly, byChange: true })]),
    ])
    const byProduct = accessByProduct(purchase, START + 20 * DAY)
    expect(byProduct.map(({ charge, active, until }) => [charge.productId, active, until])).toEqual([
      ['com.acme.monthly', false, START + 10 * DAY],
      ['com.acme.yearly', true, START + 375 * DAY],
    ])
    expect(accessByProduct(purchase, START + 5 * DAY)).toHaveLength(1)
  })

  it('is not known while no charge is', () => {
    const { purchase } = fold([observed([ended({ at: START })])])
    expect(accessAt(purchase, START)).toBeNull()
    expect(accessByProduct(purchase, START)).toEqual([])
  })
})
