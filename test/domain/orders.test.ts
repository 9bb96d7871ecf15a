import { describe, expect, it } from 'vitest'
import { SCENARIOS } from './scenarios/app-store.ts'
import { compared, permutations, play, record, told } from './scenarios/play.ts'

/** 7! orders of a scenario are the most that is tried. */
const MOST = 5_040

describe.each(SCENARIOS)('$name', (scenario) => {
  const messages = record(scenario.write)
  const inOrder = messages.map((_, index) => index)

  it('tells exactly these events, in this order', () => {
    expect(told(play(messages, inOrder))).toEqual(scenario.events)
  })

  it('tells the same in every order of arrival, whatever the history shows', () => {
    const expected = compared(play(messages, inOrder))
    let seen = 0
    for (const order of permutations(messages.length)) {
      for (const historyAt of ['arrived', 'end'] as const) {
        expect(
          compared(play(messages, order, { historyAt })),
          `${historyAt}: ${order.map((i) => messages[i]?.name).join(', ')}`,
        ).toEqual(expected)
      }
      seen += 1
    }
    expect(seen).toBe(
      Math.min(
        MOST,
        inOrder.reduce((product, index) => product * (index + 1), 1),
      ),
    )
  })

  it('tells nothing twice for duplicates', () => {
    const expected = compared(play(messages, inOrder))
    let seen = 0
    for (const order of permutations(messages.length)) {
      const doubled = [...order, ...order, ...[...order].reverse()]
      expect(compared(play(messages, doubled))).toEqual(expected)
      seen += 1
    }
    expect(seen).toBeGreaterThan(1)
  })

  it('enters in the ledger what the events moved', () => {
    const { entries, happenings } = play(messages, inOrder)
    const sum = (items: readonly { readonly currency: string | null; readonly micros: number | null }[]): number =>
      items.reduce((total, { micros }) => total + (micros ?? 0), 0)
    expect(entries.length).toBeGreaterThan(0)
    expect(sum(entries)).toBe(sum(happenings.map(({ currency, grossMicros }) => ({ currency, micros: grossMicros }))))
  })
})
