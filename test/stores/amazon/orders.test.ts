import { describe, expect, it } from 'vitest'
import type { SimulatedNotification } from '../../../src/stand-ins/amazon/simulator.ts'
import { compared, ordersOf, play, record, type Shown, told } from './play.ts'
import { SCENARIOS } from './scenarios.ts'
import { HOUR } from './setting.ts'

describe.each(SCENARIOS)('$name', (scenario) => {
  const recorded = record(scenario)
  const inOrder = recorded.messages.map((_, index) => index)
  const views: readonly Shown[] =
    scenario.unshown === 'in any other order' ? [] : scenario.unshown === undefined ? ['arrived', 'end'] : ['arrived']

  it('tells exactly these events, in this order', async () => {
    expect(told(await play(recorded, inOrder))).toEqual(scenario.events)
  })

  it('tells the same in every order of arrival, whatever the receipt has come to show meanwhile', async () => {
    const expected = compared(await play(recorded, inOrder))
    let seen = 0
    for (const shown of views) {
      for (const order of ordersOf(scenario.name, inOrder.length)) {
        const names = order.map((index) => (recorded.messages[index] as SimulatedNotification).name)
        expect(compared(await play(recorded, order, shown)), `${shown}: ${names.join(', ')}`).toEqual(expected)
        seen += 1
      }
    }
    expect(seen).toBeGreaterThanOrEqual(views.length * 2)
  })

  it('tells nothing twice for duplicates', async () => {
    const expected = compared(await play(recorded, inOrder))
    expect(compared(await play(recorded, [...inOrder, ...inOrder, ...inOrder.toReversed()]))).toEqual(expected)
  })

  it('tells nothing again when it is polled after everything', async () => {
    const hub = await play(recorded, inOrder)
    const before = compared(hub)
    await hub.poll(recorded.world, recorded.end + HOUR)
    await hub.poll(recorded.world, recorded.end + 2 * HOUR)
    expect(compared(hub)).toEqual(before)
  })

  it('moves in the ledger what its events moved', async () => {
    const { entries, happenings } = await play(recorded, inOrder)
    const moved = happenings.filter(({ what }) => what === 'purchase' || what === 'refund')
    expect(entries.length).toBeGreaterThan(0)
    expect(entries.map(({ micros }) => micros)).toEqual(moved.map(({ grossMicros }) => grossMicros))
  })
})
