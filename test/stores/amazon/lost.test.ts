import { describe, expect, it } from 'vitest'
import type { SimulatedNotification } from '../../../src/stand-ins/amazon/simulator.ts'
import { createHub, type Hub } from './hub.ts'
import { compared, play, type Recorded, record } from './play.ts'
import { SCENARIOS } from './scenarios.ts'
import { HOUR, MINUTE } from './setting.ts'

/** All but one message come, and every purchase is read between two of them, as the clock and the daily sweep do. */
async function playWithout(recorded: Recorded, lost: number): Promise<Hub> {
  const { messages, world, end } = recorded
  const hub = createHub()
  for (const [index, message] of messages.entries()) {
    const next = messages[index + 1]
    if (index !== lost) await hub.hear([message], message.world, message.at + MINUTE)
    // Two hours later, or just before the next: what the receipt then shows has to do.
    const at = Math.min(message.at + 2 * HOUR, (next?.at ?? Number.POSITIVE_INFINITY) - MINUTE)
    if (at > message.at + MINUTE) await hub.poll(message.world, at)
  }
  await hub.poll(world, end + HOUR)
  return hub
}

/** A receipt that nothing else is about cannot be found: Amazon has no list of them. */
function isFound({ messages }: Recorded, lost: number): boolean {
  const idOf = (one: SimulatedNotification | undefined): unknown =>
    one === undefined ? null : (JSON.parse(one.message) as { receiptId: unknown }).receiptId
  return messages.some((one, index) => index !== lost && idOf(one) === idOf(messages[lost]))
}

/** Without what differs by the moment at which it was read. */
function outcome(hub: Hub): readonly string[] {
  return (compared(hub) as { readonly events: readonly string[] }).events
}

describe('one message is lost', () => {
  it.each(SCENARIOS)('$name: the readings tell what it would have told', async (scenario) => {
    const recorded = record(scenario)
    const whole = outcome(
      await play(
        recorded,
        recorded.messages.map((_, index) => index),
      ),
    )
    let healed = 0
    for (const [lost, message] of recorded.messages.entries()) {
      if (!isFound(recorded, lost)) continue
      expect(outcome(await playWithout(recorded, lost)), `without ${message.name}`).toEqual(whole)
      healed += 1
    }
    expect(healed).toBeGreaterThan(0)
  })
})
