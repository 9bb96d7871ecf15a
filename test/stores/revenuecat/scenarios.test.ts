import { describe, expect, it } from 'vitest'
import { compared, type Played, told } from '../../domain/scenarios/play.ts'
import { eventsOf, ordersOf, playEvents } from './play.ts'
import { FEED_SCENARIOS } from './scenarios.ts'

describe.each(FEED_SCENARIOS)('given $name', (scenario) => {
  const messages = eventsOf(scenario)
  const straight = playEvents(messages)
  const outcome = (played: Played): ReturnType<typeof compared> => {
    const all = compared(played)
    if (scenario.endMoves !== true) return all
    return { ...all, events: all.events.map((one) => one.replace(/"expiresAt":\d+/, '"expiresAt":0')) }
  }

  it('tells exactly this, in this order', () => {
    expect(told(straight)).toEqual(scenario.events)
  })

  it('tells the same in every order, with the same state and ledger', () => {
    const orders = ordersOf(scenario.name, messages.length)
    expect(orders.length).toBeGreaterThan(1)
    for (const order of orders) {
      const played = playEvents(order.map((at) => messages[at] as (typeof messages)[number]))
      expect(outcome(played), order.join()).toEqual(outcome(straight))
    }
  })

  it('tells nothing twice', () => {
    expect(compared(playEvents([...messages, ...messages]))).toEqual(compared(straight))
    expect(compared(playEvents(messages.flatMap((one) => [one, one])))).toEqual(compared(straight))
  })

  it('tells nothing false where one message is lost', () => {
    const whole = new Set(compared(straight).events)
    for (const lost of messages) {
      const played = playEvents(messages.filter((one) => one !== lost))
      const ids = played.happenings.map(({ what, period, n }) => `${what}|${period}|${n}`)
      for (const id of ids) expect(whole, `without ${lost.name}`).toContain(id)
      expect(new Set(ids).size).toBe(ids.length)
      const money = played.happenings.filter(({ what }) => what === 'purchase' || what.startsWith('refund'))
      for (const { grossMicros } of money) expect(grossMicros, `without ${lost.name}`).not.toBeNull()
    }
    expect(messages.length).toBeGreaterThan(1)
  })
})
