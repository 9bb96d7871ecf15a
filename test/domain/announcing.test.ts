import { describe, expect, it } from 'vitest'
import type { Fact } from '../../src/domain/facts.ts'
import type { ObserveContext } from '../../src/domain/observe.ts'
import { ended, failed, fold, lines, observed, period, SHOWN, switched, TOLD } from './scenarios/by-hand.ts'
import { context, DAY, START } from './scenarios/play.ts'

const MONTH = 30 * DAY

function from(at: number): { readonly context: ObserveContext } {
  return { context: { ...context, eventsFrom: at } }
}

function month(index: number, over: Parameters<typeof period>[0] = {}): ReturnType<typeof period> {
  return period({ period: `p${index + 1}`, at: START + index * MONTH, ...over })
}

/** A year as a history tells it. */
const HISTORY = observed(
  Array.from({ length: 6 }, (_, index) => month(index, TOLD)),
  { history: 'complete' },
)

describe('what is announced', () => {
  it('a notification’s own fact, however old', () => {
    const old = observed([month(0)])
    expect(lines(fold([old], from(START + 400 * DAY)).happenings)).toEqual(['INITIAL_PURCHASE 9990000 #1'])
  })

  it('nothing of a history before events_from, and all of it from there on, the very instant included', () => {
    const { happenings } = fold([HISTORY], from(START + 3 * MONTH))
    expect(happenings.map((one) => [one.type, one.period])).toEqual([
      ['RENEWAL', 'p4'],
      ['RENEWAL', 'p5'],
      ['RENEWAL', 'p6'],
    ])
    expect(happenings.map((one) => one.renewalNumber)).toEqual([4, 5, 6])
  })

  it('is in the ledger announced or not', () => {
    const { entries, happenings } = fold([HISTORY], from(START + 400 * DAY))
    expect(happenings).toEqual([])
    expect(entries.map((one) => [one.entry, one.announcedBy])).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => [`charge:p${n}`, null]),
    )
  })

  it('exactly what is missing, when events_from is set back', () => {
    const later = fold([HISTORY], from(START + 4 * MONTH))
    expect(later.happenings).toHaveLength(2)
    const back = fold([HISTORY], { from: later.purchase, ...from(START + 2 * MONTH) })
    expect(back.happenings.map((one) => one.period)).toEqual(['p3', 'p4'])
    const all = fold([HISTORY], { from: back.purchase, ...from(START) })
    expect(all.happenings.map((one) => [one.type, one.period])).toEqual([
      ['INITIAL_PURCHASE', 'p1'],
      ['RENEWAL', 'p2'],
    ])
    expect(fold([HISTORY], { from: all.purchase, ...from(START) }).happenings).toEqual([])
  })

  it('takes nothing back when events_from is set forward', () => {
    const all = fold([HISTORY], from(START))
    const forward = fold([HISTORY], { from: all.purchase, ...from(START + 400 * DAY) })
    expect(forward.happenings).toEqual([])
    expect(forward.purchase.announced).toEqual(all.purchase.announced)
  })

  it('of a first contact in the middle of a chain, its own transition alone', () => {
    const now = START + 5 * MONTH + 10 * DAY
    const renewal = month(5)
    const cases: readonly (readonly [string, readonly Fact[], readonly string[]])[] = [
      ['renewed', [renewal], ['RENEWAL 9990000 #1']],
      ['switched off', [month(5, TOLD), switched(false, { at: now, period: 'p6' })], ['CANCELLATION UNSUBSCRIBE #1']],
      [
        'failed in grace',
        [month(5, TOLD), failed({ at: now, period: 'p6', graceEndsAt: now + 6 * DAY })],
        ['BILLING_ISSUE #1', 'CANCELLATION BILLING_ERROR #1'],
      ],
      [
        'ended by choice: its cancellation may have been told to whoever listened then',
        [month(5, TOLD), ended({ at: now, period: 'p6' })],
        ['EXPIRATION UNSUBSCRIBE #1'],
      ],
      [
        'switched off, in a state that shows a failed charge',
        [month(5, TOLD), failed({ at: now, period: 'p6', ...SHOWN }), switched(true, { at: now, period: 'p6' })],
        ['BILLING_ISSUE #1', 'CANCELLATION BILLING_ERROR #1'],
      ],
    ]
    for (const [name, facts, expected] of cases) {
      const { happenings } = fold([HISTORY, observed(facts)], from(now))
      expect([name, lines(happenings)]).toEqual([name, expected])
    }
    expect(cases).toHaveLength(5)
  })

  it('what is only concluded, when the whole period lies after events_from', () => {
    const shown = (own: boolean): ReturnType<typeof observed> =>
      observed([
        month(0, own ? {} : TOLD),
        failed({ at: START + MONTH, ...SHOWN }),
        ended({ at: START + MONTH, ...SHOWN, reason: 'BILLING_ERROR', implies: 'billing_failed' }),
      ])
    expect(lines(fold([shown(true)], from(START)).happenings)).toEqual([
      'INITIAL_PURCHASE 9990000 #1',
      'BILLING_ISSUE #1',
      'CANCELLATION BILLING_ERROR #1',
      'EXPIRATION BILLING_ERROR #1',
    ])
    expect(lines(fold([shown(false)], from(START + DAY)).happenings)).toEqual([])
    expect(lines(fold([shown(true)], from(START + DAY)).happenings)).toEqual(['INITIAL_PURCHASE 9990000 #1'])
  })

  it('a lost cancellation with its own end, only when the period began with auto-renew on', () => {
    const over = (startsCancelled: boolean | null): ReturnType<typeof observed> =>
      observed([
        month(1, { startsCancelled, ...(startsCancelled === null ? TOLD : {}) }),
        ended({ at: START + 2 * MONTH, period: 'p2' }),
      ])
    const first = observed([month(0)])
    expect(lines(fold([first, over(false)]).happenings)).toContain('CANCELLATION UNSUBSCRIBE #1')
    expect(lines(fold([first, over(true)]).happenings)).not.toContain('CANCELLATION UNSUBSCRIBE #1')
    expect(lines(fold([first, over(null)]).happenings)).not.toContain('CANCELLATION UNSUBSCRIBE #1')
  })

  it('once, though the message of its own comes after the state that showed it', () => {
    const end = ended({ at: START + MONTH })
    const late = switched(false, { at: START + 2 * DAY })
    const { happenings, purchase } = fold([observed([month(0), end]), observed([month(0), late])])
    expect(lines(happenings)).toEqual([
      'INITIAL_PURCHASE 9990000 #1',
      'CANCELLATION UNSUBSCRIBE #1',
      'EXPIRATION UNSUBSCRIBE #1',
    ])
    expect(purchase.announced.filter((one) => one.what === 'cancel')).toHaveLength(1)
  })
})

describe('numbers stick', () => {
  const off = (day: number): Fact => switched(false, { at: START + day * DAY })
  const on = (day: number): Fact => switched(true, { at: START + day * DAY })
  const tell = (...facts: readonly Fact[]): ReturnType<typeof observed> => observed([month(0), ...facts])

  it('a run that holds none takes the next free number', () => {
    const { happenings } = fold([tell(off(2)), tell(on(3)), tell(off(4))])
    expect(lines(happenings)).toEqual([
      'INITIAL_PURCHASE 9990000 #1',
      'CANCELLATION UNSUBSCRIBE #1',
      'UNCANCELLATION #1',
      'CANCELLATION UNSUBSCRIBE #2',
    ])
  })

  it('the later one keeps the number it was announced with, when an earlier one comes to light', () => {
    const { happenings } = fold([tell(off(4)), tell(on(3)), tell(off(2))])
    expect(happenings.map((one) => [one.what, one.n, (one.occurredAt - START) / DAY])).toEqual([
      ['purchase', '1', 0],
      ['cancel', '1', 4],
      ['cancel', '2', 2],
      ['uncancel', '1', 3],
    ])
  })

  it('two notices of one state are one, whichever comes first', () => {
    for (const [first, second] of [
      [off(2), off(5)],
      [off(5), off(2)],
    ] as const) {
      expect(lines(fold([tell(first), tell(second)]).happenings)).toEqual([
        'INITIAL_PURCHASE 9990000 #1',
        'CANCELLATION UNSUBSCRIBE #1',
      ])
    }
  })

  it('a cancellation that turns out to lie after an end stands for the one that the end implies', () => {
    const switchedLate = tell(off(20))
    const endedEarly = tell(ended({ at: START + 10 * DAY, reason: 'CUSTOMER_SUPPORT', implies: 'nothing' }))
    const endedByChoice = tell(ended({ at: START + MONTH }))
    const { happenings } = fold([switchedLate, endedByChoice, endedEarly])
    expect(lines(happenings).filter((line) => line.startsWith('CANCELLATION'))).toEqual(['CANCELLATION UNSUBSCRIBE #1'])
  })
})
