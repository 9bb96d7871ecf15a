import { describe, expect, it } from 'vitest'
import { needsHistory } from '../../src/domain/timeline/predecessor.ts'
import {
  ended,
  failed,
  fold,
  lines,
  observed,
  period,
  refunded,
  reversed,
  SHOWN,
  switched,
  TOLD,
  usd,
} from './scenarios/by-hand.ts'
import { context, DAY, question, START } from './scenarios/play.ts'

const MONTH = 30 * DAY

function month(index: number, over: Parameters<typeof period>[0] = {}): ReturnType<typeof period> {
  return period({ period: `p${index + 1}`, at: START + index * MONTH, ...over })
}

function months(count: number, over: Parameters<typeof period>[0] = {}): ReturnType<typeof observed>[] {
  return Array.from({ length: count }, (_, index) => observed([month(index, over)]))
}

/** A year of months: the first five are beyond three periods and 200 days. */
const YEAR = months(12)

describe('what a purchase remembers', () => {
  it('is the last three periods and, beyond them, 200 days, with a summary of the rest', () => {
    const { purchase } = fold(YEAR)
    expect(purchase.facts.map((fact) => fact.period)).toEqual(['p6', 'p7', 'p8', 'p9', 'p10', 'p11', 'p12'])
    expect(purchase.summary).toEqual({
      firstPurchasedAt: START,
      periods: 5,
      lastWasTrial: false,
      lastProductId: 'com.acme.monthly',
      droppedBefore: START + 5 * MONTH,
      served: { ms: 5 * MONTH, until: START + 5 * MONTH },
    })
    expect(purchase.announced).toHaveLength(7)
    expect(purchase.ledgered).toHaveLength(7)
  })

  it('keeps three periods however old they are', () => {
    const years = [0, 1, 2].map((index) =>
      observed([
        period({
          period: `p${index + 1}`,
          at: START + index * 365 * DAY,
          expiresAt: START + (index + 1) * 365 * DAY,
        }),
      ]),
    )
    expect(fold(years).purchase.summary).toBeNull()
  })

  it('numbers the periods on, over what it forgot', () => {
    const { happenings } = fold(YEAR)
    expect(happenings.map((one) => one.renewalNumber)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  })

  it('numbers nothing when the beginning of the chain was never known', () => {
    const { happenings, purchase } = fold(months(14, { firstOfChain: false }))
    expect(purchase.summary).toMatchObject({ periods: null })
    expect(new Set(happenings.map((one) => one.renewalNumber))).toEqual(new Set([null]))
    expect(needsHistory(purchase)).toBe(false)
  })

  it('still knows that the last forgotten period was a trial, when the first that it kept is announced later', () => {
    const week = START + 7 * DAY
    const long = (index: number) => ({ at: week + index * 100 * DAY, expiresAt: week + (index + 1) * 100 * DAY })
    const silent = { ...context, eventsFrom: START + 1000 * DAY }
    const chain = [
      period({ ...TOLD, periodType: 'TRIAL', price: usd(0), expiresAt: week }),
      ...[0, 1, 2].map((index) => period({ ...TOLD, period: `p${index + 2}`, ...long(index) })),
    ]
    const before = fold([observed(chain, { history: 'complete' })], { context: silent })
    expect(before.happenings).toEqual([])
    expect(before.purchase.summary).toMatchObject({ periods: 1, lastWasTrial: true })
    const { happenings } = fold([observed(chain.slice(-1))], { from: before.purchase })
    expect(lines(happenings)).toEqual(['RENEWAL converted 9990000 #1', 'RENEWAL 9990000 #1', 'RENEWAL 9990000 #1'])
    expect(happenings.map((one) => one.renewalNumber)).toEqual([2, 3, 4])
  })

  it('takes a forgotten period that comes late as money alone', () => {
    const { purchase } = fold(YEAR)
    const late = fold([observed([month(2)])], { from: purchase })
    expect(late.happenings).toEqual([])
    expect(late.entries).toMatchObject([{ entry: 'charge:p3', micros: 9_990_000, announcedBy: null }])
    expect(late.purchase.facts).toEqual(purchase.facts)
    expect(late.purchase.summary).toEqual(purchase.summary)
  })

  it('enters a late refund of a forgotten period in the ledger, by the rule’s terms, and tells no event', () => {
    const { purchase } = fold(YEAR)
    const at = START + 11 * MONTH + DAY
    const late = fold([observed([month(2, TOLD), refunded({ at, period: 'p3', ofLatest: false, share: 500_000 })])], {
      from: purchase,
    })
    expect(late.happenings).toEqual([])
    expect(late.entries).toMatchObject([
      { entry: 'charge:p3', reason: 'history', micros: 9_990_000 },
      { entry: `refund:p3:${at}`, reason: 'history', micros: -4_995_000, at, announcedBy: null },
    ])
    expect(late.entries[1]?.terms).toEqual(context.terms(question()))
    expect(late.purchase.facts).toEqual(purchase.facts)
  })

  it('gives a late refund the entry that it would have had in time, so that the ledger holds it once', () => {
    const refund = refunded({
      at: START + 3 * MONTH,
      period: 'p3',
      refundId: 're_1',
      keepsAccess: true,
      share: 250_000,
    })
    const inTime = fold([...months(3), observed([month(2, TOLD), refund]), ...YEAR.slice(3)])
    const again = fold([observed([month(2, TOLD), refund])], { from: inTime.purchase })
    const entries = inTime.entries.map((one) => one.entry)
    expect(again.entries.map((one) => one.entry)).toEqual(['charge:p3', 'refund:p3:re_1'])
    for (const { entry } of again.entries) expect(entries).toContain(entry)
    expect(again.happenings).toEqual([])
  })

  it('gives back a late refund and its reversal together', () => {
    const { purchase } = fold(YEAR)
    const at = START + 11 * MONTH
    const facts = [
      month(1, TOLD),
      refunded({ at, period: 'p2', refundId: 'r' }),
      reversed({ at: at + DAY, period: 'p2', refundId: 'r' }),
    ]
    const { entries } = fold([observed(facts)], { from: purchase })
    expect(entries.map((one) => [one.entry, one.reason, one.micros])).toEqual([
      ['charge:p2', 'history', 9_990_000],
      ['refund:p2:r', 'history', -9_990_000],
      ['reversal:p2:r', 'history', 9_990_000],
    ])
  })

  it('loses no fact about a period that the same message shows for the first time, soon after a long lapse', () => {
    const lapsed = [...months(3), ...[12, 13, 14].map((index) => observed([month(index)]))]
    const before = fold(lapsed).purchase
    expect(before.summary).toMatchObject({ periods: 3, droppedBefore: START + 12 * MONTH })
    const at = START + 15 * MONTH
    const newest = month(15, { own: false })
    const byBilling = { period: 'p16', reason: 'BILLING_ERROR', implies: 'billing_failed' } as const
    const messages = [
      [newest, switched(false, { at: at + DAY, period: 'p16' })],
      [newest, failed({ at: at + MONTH, period: 'p16' }), ended({ at: at + MONTH, ...byBilling })],
    ]
    for (const facts of messages) {
      const inOrder = fold([observed([month(15)]), observed(facts)], { from: before })
      const swapped = fold([observed(facts), observed([month(15)])], { from: before })
      expect(lines(inOrder.happenings).length).toBeGreaterThan(1)
      expect([...lines(swapped.happenings)].sort()).toEqual([...lines(inOrder.happenings)].sort())
    }
  })

  it('holds a fact whose charge nobody has told yet until the charge comes, and not for ever', () => {
    const before = fold(YEAR).purchase
    const at = START + 12 * MONTH
    const early = fold([observed([switched(false, { at: at + DAY, period: 'p13' })])], { from: before })
    expect(early.happenings).toEqual([])
    expect(lines(fold([observed([month(12)])], { from: early.purchase }).happenings)).toEqual([
      'RENEWAL 9990000 #1',
      'CANCELLATION UNSUBSCRIBE #1',
    ])
    const years = fold(
      Array.from({ length: 20 }, (_, index) => observed([month(13 + index)])),
      { from: early.purchase },
    )
    expect(years.purchase.facts.filter((fact) => fact.kind === 'renewal_switch')).toEqual([])
  })

  it('tells a history that is read again as nothing new', () => {
    const { purchase } = fold(YEAR)
    const history = observed(
      Array.from({ length: 12 }, (_, index) => month(index, TOLD)),
      { history: 'complete' },
    )
    const again = fold([history], { from: purchase })
    expect(again.happenings).toEqual([])
    expect(again.entries.map((one) => one.entry)).toEqual([
      'charge:p1',
      'charge:p2',
      'charge:p3',
      'charge:p4',
      'charge:p5',
    ])
    expect(again.purchase.summary).toEqual(purchase.summary)
  })

  it('does not let an inferred fact of a forgotten period speak', () => {
    const { purchase } = fold(YEAR)
    const late = fold([observed([month(1, TOLD), ended({ at: START + 2 * MONTH, period: 'p2', ...SHOWN })])], {
      from: purchase,
    })
    expect(late.happenings).toEqual([])
    expect(late.entries).toHaveLength(1)
  })
})
