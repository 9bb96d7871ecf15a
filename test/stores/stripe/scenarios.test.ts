import { describe, expect, it } from 'vitest'
import { OLD_SHAPE } from '../../../src/stand-ins/stripe/event.ts'
import { permutations } from '../../domain/scenarios/play.ts'
import { randomOf } from '../../seed.ts'
import { SCENARIOS } from './scenarios.ts'
import { compared, type Message, play, record, told } from './world.ts'

/** All orders of up to five messages are tried, of more this many. */
const SAMPLED = process.env.TRIBUTARY_TEST_FULL === '1' ? 200 : 20

function ordersOf(messages: readonly Message[], name: string): readonly (readonly number[])[] {
  if (messages.length <= 5) return [...permutations(messages.length)]
  const random = randomOf(`stripe orders of ${name}`)
  return Array.from({ length: SAMPLED }, () => {
    const order = messages.map((_, index) => index)
    for (let i = order.length - 1; i > 0; i -= 1) {
      const j = Math.floor(random() * (i + 1))
      ;[order[i], order[j]] = [order[j] as number, order[i] as number]
    }
    return order
  })
}

/** What no later object of Stripe shows: docs/stores/stripe.md says so. */
const LOST_FOR_GOOD: Readonly<Record<string, readonly string[]>> = {
  'trial → cancelled → taken back → paid': ['TRIAL_CANCELLATION UNSUBSCRIBE', 'UNCANCELLATION'],
  'cancelled → taken back → renewed': ['CANCELLATION UNSUBSCRIBE', 'UNCANCELLATION'],
  'charge fails → unpaid → paid after all': ['EXPIRATION BILLING_ERROR'],
  'change of plan that the next invoice settles': ['PRODUCT_CHANGE prod_basic→prod_pro'],
  'upgrade in a trial': ['PRODUCT_CHANGE prod_basic→prod_pro'],
  'planned change, called off': ['PRODUCT_CHANGE prod_basic→prod_pro'],
  'dispute, lost': ['CANCELLATION CUSTOMER_SUPPORT'],
  'an add-on comes and goes': ['CANCELLATION UNSUBSCRIBE', 'EXPIRATION UNSUBSCRIBE'],
  'bought once by a bank debit, whose money comes later': ['NON_RENEWING_PURCHASE 5 USD'],
}

/** What one list has and the other lacks, each as often as it does. */
function difference(
  expected: readonly string[],
  heard: readonly string[],
): { readonly missing: readonly string[]; readonly extra: readonly string[] } {
  const without = (from: readonly string[], what: readonly string[]): readonly string[] => {
    const left = [...what]
    return from.filter((one) => {
      const found = left.indexOf(one)
      if (found !== -1) left.splice(found, 1)
      return found === -1
    })
  }
  return { missing: without(expected, heard), extra: without(heard, expected) }
}

const names = (messages: readonly Message[], order: readonly number[]): string =>
  order.map((index) => messages[index]?.event.type).join(', ')

describe.each(SCENARIOS)('$name', (scenario) => {
  const messages = record(scenario.write)
  const inOrder = messages.map((_, index) => index)

  it('tells exactly these events, in this order', async () => {
    const played = await play(messages, inOrder)
    expect(told(played)).toEqual(scenario.events)
    expect(played.waiting).toBe(0)
  })

  it('tells the same when the objects have the shapes of an older version', async () => {
    const old = record(scenario.write, { apiVersion: OLD_SHAPE })
    expect(told(await play(old, inOrder))).toEqual(scenario.events)
  })

  it('tells the same in every order of arrival, whatever the API shows by then', async () => {
    const expected = compared(await play(messages, inOrder))
    let seen = 0
    for (const order of ordersOf(messages, scenario.name)) {
      for (const api of ['arrived', 'end'] as const) {
        const played = await play(messages, order, { api })
        expect(compared(played), `${api}: ${names(messages, order)}`).toEqual(expected)
        seen += 1
      }
    }
    expect(seen).toBeGreaterThan(1)
  })

  it('tells nothing twice for duplicates', async () => {
    const expected = compared(await play(messages, inOrder))
    const doubled = [...inOrder, ...inOrder, ...inOrder.toReversed()]
    expect(compared(await play(messages, doubled))).toEqual(expected)
  })

  it('tells what one lost message said when the next poll or message shows it, and never what did not happen', async () => {
    const cannot = LOST_FOR_GOOD[scenario.name] ?? []
    let missed = 0
    for (const lost of inOrder) {
      const left = inOrder.filter((index) => index !== lost)
      const heard = told(await play(messages, left, { poll: true }))
      const { missing, extra } = difference(scenario.events, heard)
      expect(extra, `without ${messages[lost]?.event.type}`).toEqual([])
      expect(cannot, `without ${messages[lost]?.event.type}`).toEqual(expect.arrayContaining([...missing]))
      missed += missing.length
    }
    if (cannot.length > 0) expect(missed).toBeGreaterThan(0)
  })

  it('tells no event anew when it is polled', async () => {
    const expected = told(await play(messages, inOrder))
    expect(told(await play(messages, inOrder, { poll: true }))).toEqual(expected)
  })

  it('enters in the ledger what the events moved', async () => {
    const { entries, happenings } = await play(messages, inOrder)
    const sum = (amounts: readonly (number | null)[]): number =>
      amounts.reduce<number>((total, one) => total + (one ?? 0), 0)
    expect(sum(entries.map(({ micros }) => micros))).toBe(sum(happenings.map(({ grossMicros }) => grossMicros)))
  })
})
