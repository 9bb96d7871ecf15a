import { describe, expect, it } from 'vitest'
import type { Money } from '../../../src/domain/money.ts'
import type { SimulatedNotification } from '../../../src/stand-ins/play-store/world.ts'
import { feesOfLines, type LineMoney, type OrderMoney } from '../../../src/stores/play-store/fees.ts'
import { permutations } from '../../domain/scenarios/play.ts'
import { type Hub, type PlayOptions, play } from './played.ts'
import { monthly } from './scenarios.ts'
import { DAY, START, simulated } from './setting.ts'

const google = simulated(() => START)

/** 20 % of tax in the price, and 15 % of the rest, as the stand-in charges. */
const ACTUAL = { commissionPpm: 125_000, taxPpm: 166_667, estimated: false }

async function termsAfter(
  messages: readonly SimulatedNotification[],
  order: readonly number[] = messages.map((_, index) => index),
  options: PlayOptions = {},
): Promise<readonly (readonly [string, number | null, object])[]> {
  const hub: Hub = await play(messages, order, options)
  return hub.entries.map(({ reason, micros, terms: { commissionPpm, taxPpm, estimated } }) => [
    reason,
    micros,
    { commissionPpm, taxPpm, estimated },
  ])
}

const RULED = { commissionPpm: 300_000, taxPpm: 0, estimated: true }

describe('the actual commission and tax of an order', () => {
  it('are on its charge, on renewals, and on what went back of them', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const messages = [s.opening, s.renew(), s.refund({ at: START + 40 * DAY })]
    expect(await termsAfter(messages)).toEqual([
      ['charge', 9_990_000, ACTUAL],
      ['charge', 9_990_000, ACTUAL],
      ['refund', -9_990_000, ACTUAL],
    ])
  })

  it('are the same in every order of arrival, while nothing went back', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const messages = [s.opening, s.renew(), s.cancel({ at: START + 40 * DAY }), s.expire()]
    let seen = 0
    for (const order of permutations(messages.length)) {
      expect(await termsAfter(messages, order)).toEqual([
        ['charge', 9_990_000, ACTUAL],
        ['charge', 9_990_000, ACTUAL],
      ])
      seen += 1
    }
    expect(seen).toBe(24)
  })

  it('are on each product of an order, and on what is bought once', async () => {
    const s = google.subscribe({ ...monthly, addOns: [{ ...monthly, product: 'maps', price: 4.5 }], at: START })
    const coins = google.buy({ product: 'coins', price: 3, at: START })
    expect(await termsAfter([s.opening, coins.opening])).toEqual([
      ['charge', 9_990_000, ACTUAL],
      ['charge', 4_500_000, ACTUAL],
      ['charge', 3_000_000, ACTUAL],
    ])
  })

  it('are by rule for the commission alone while a payment is being processed, and stay so for this charge', async () => {
    const s = google.subscribe({ ...monthly, settlesLater: true, at: START })
    const later = await termsAfter([s.opening, s.renew()])
    expect(later).toEqual([
      ['charge', 9_990_000, { ...ACTUAL, commissionPpm: RULED.commissionPpm, estimated: true }],
      ['charge', 9_990_000, ACTUAL],
    ])
  })

  it('are by rule where nothing was paid', async () => {
    const s = google.subscribe({ ...monthly, trial: 'P1W', at: START })
    expect(await termsAfter([s.opening])).toEqual([['charge', 0, RULED]])
  })

  it.each([undefined, 4])('take no revenue that a refund has lessened (%s)', async (amount) => {
    const s = google.subscribe({ ...monthly, at: START })
    const back = s.refund({ at: START + DAY, ...(amount === undefined ? {} : { amount }) })
    const terms = await termsAfter([s.opening, back], [1, 0], { shows: 'end' })
    const ofRest = { ...ACTUAL, commissionPpm: RULED.commissionPpm, estimated: true }
    expect(terms.map(([reason, , of]) => [reason, of])).toEqual([
      ['charge', ofRest],
      ['refund', ofRest],
    ])
  })
})

const usd = (micros: number): Money => ({ micros, currency: 'USD' })
const order = (total: number, tax: number | null, revenue: number | null): OrderMoney => ({
  total: usd(total),
  tax: tax === null ? null : usd(tax),
  revenue: revenue === null ? null : usd(revenue),
})
const line = (total: number, tax: number | null): LineMoney => ({
  total: usd(total),
  tax: tax === null ? null : usd(tax),
})

describe('fractions of the lines of an order', () => {
  it.each<readonly [string, OrderMoney, readonly LineMoney[], ReturnType<typeof feesOfLines>]>([
    ['one line', order(9_990_000, 1_595_042, 7_135_714), [line(9_990_000, 1_595_042)], [fees(126_050, 159_664)]],
    ['half a millionth is rounded away from zero', order(2_000_000, 1, 1_999_998), [line(2_000_000, 1)], [fees(1, 1)]],
    ['less than half a millionth is nothing', order(3_000_000, 1, 2_999_998), [line(3_000_000, 1)], [fees(0, 0)]],
    ['no tax', order(1_000_000, 0, 850_000), [line(1_000_000, 0)], [fees(150_000, 0)]],
    [
      'the tax of the order for its only line',
      order(1_000_000, 200_000, 680_000),
      [line(1_000_000, null)],
      [fees(120_000, 200_000)],
    ],
    [
      'the tax of the line for the order',
      order(1_000_000, null, 680_000),
      [line(1_000_000, 200_000)],
      [fees(120_000, 200_000)],
    ],
    [
      'two lines, each with its own tax: the commission by what the tax leaves',
      order(3_000_000, 500_000, 2_000_000),
      [line(2_000_000, 500_000), line(1_000_000, 0)],
      [fees(150_000, 250_000), fees(200_000, 0)],
    ],
    [
      'two lines, neither with a tax: by their prices',
      order(3_000_000, 600_000, 1_800_000),
      [line(2_000_000, null), line(1_000_000, null)],
      [fees(200_000, 200_000), fees(200_000, 200_000)],
    ],
    [
      'two lines, one with a tax: the rest is of the other',
      order(3_000_000, 600_000, 1_800_000),
      [line(2_000_000, 500_000), line(1_000_000, null)],
      [fees(187_500, 250_000), fees(225_000, 100_000)],
    ],
    ['a line that was free', order(1_000_000, 0, 850_000), [line(0, 0), line(1_000_000, 0)], [null, fees(150_000, 0)]],
    ['nothing paid', order(0, 0, 0), [line(0, 0)], [null]],
    ['no total', { ...order(0, 0, 0), total: null }, [line(1_000_000, 0)], [null]],
    ['no tax told at all', order(1_000_000, null, 850_000), [line(1_000_000, null)], [null]],
    ['no revenue', order(1_000_000, 200_000, null), [line(1_000_000, 200_000)], [fees(null, 200_000)]],
    [
      'revenue in another currency',
      { ...order(1_000_000, 0, 0), revenue: { micros: 9, currency: 'EUR' } },
      [line(1_000_000, 0)],
      [fees(null, 0)],
    ],
    [
      'tax in another currency',
      { ...order(1_000_000, 0, 1), tax: { micros: 9, currency: 'EUR' } },
      [line(1_000_000, null)],
      [null],
    ],
    [
      'a line in another currency',
      order(1_000_000, 0, 850_000),
      [{ total: { micros: 9, currency: 'EUR' }, tax: null }],
      [null],
    ],
    [
      'more revenue than the tax leaves',
      order(1_000_000, 200_000, 900_000),
      [line(1_000_000, 200_000)],
      [fees(null, 200_000)],
    ],
    ['revenue below nothing', order(1_000_000, 0, -1), [line(1_000_000, 0)], [fees(null, 0)]],
    ['more tax than price', order(1_000_000, 2_000_000, 0), [line(1_000_000, 2_000_000)], [null]],
    ['nothing but tax', order(1_000_000, 1_000_000, 0), [line(1_000_000, 1_000_000)], [fees(null, 1_000_000)]],
    ['together never more than the price', order(2_000_000, 1, 0), [line(2_000_000, 1)], [fees(999_999, 1)]],
  ])('%s', (_, money, lines, expected) => {
    const given = feesOfLines(money, lines)
    expect(given.map((one) => one && fees(one.commissionPpm, one.taxPpm ?? 0))).toEqual(expected)
  })
})

describe('amounts of the lines of an order', () => {
  const amountsOf = (money: OrderMoney, lines: readonly LineMoney[]) =>
    feesOfLines(money, lines).map((one) => [one?.commissionMicros, one?.taxMicros])

  it('are told as Google tells them where the order has one line', () => {
    expect(amountsOf(order(9_990_000, 1_595_042, 7_135_714), [line(9_990_000, 1_595_042)])).toEqual([
      [1_259_244, 1_595_042],
    ])
  })

  it('of several lines are their own tax and nothing else: a share is no amount', () => {
    const lines = [line(6_000_000, 1_000_000), line(4_000_000, 500_000)]
    expect(amountsOf(order(10_000_000, 1_500_000, 7_225_000), lines)).toEqual([
      [undefined, 1_000_000],
      [undefined, 500_000],
    ])
  })
})

function fees(commissionPpm: number | null, taxPpm: number): { commissionPpm: number | null; taxPpm: number } {
  return { commissionPpm, taxPpm }
}
