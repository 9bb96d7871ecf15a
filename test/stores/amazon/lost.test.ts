import { describe, expect, it } from 'vitest'
import type { SimulatedNotification } from '../../../src/stand-ins/amazon/simulator.ts'
import { eventsOf, play, playWithout, type Recorded, record } from './play.ts'
import { SCENARIOS } from './scenarios.ts'

/** A receipt that nothing else is about cannot be found: Amazon has no list of them. */
function isFound({ messages }: Recorded, lost: number): boolean {
  const idOf = (one: SimulatedNotification | undefined): unknown =>
    one === undefined ? null : (JSON.parse(one.message) as { receiptId: unknown }).receiptId
  return messages.some((one, index) => index !== lost && idOf(one) === idOf(messages[lost]))
}

describe('one message is lost', () => {
  it.each(SCENARIOS)('$name: the readings tell what it would have told', async (scenario) => {
    const recorded = record(scenario)
    const whole = eventsOf(
      await play(
        recorded,
        recorded.messages.map((_, index) => index),
      ),
    )
    let healed = 0
    for (const [lost, message] of recorded.messages.entries()) {
      if (!isFound(recorded, lost)) continue
      expect(eventsOf(await playWithout(recorded, lost)), `without ${message.name}`).toEqual(whole)
      healed += 1
    }
    expect(healed).toBeGreaterThan(0)
  })
})
