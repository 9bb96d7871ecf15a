import { describe, expect, it } from 'vitest'
import { randomOf } from '../../seed.ts'
import { compared, permutations, play, told } from './played.ts'
import { SCENARIOS, written } from './scenarios.ts'
import { DAY, START } from './setting.ts'

const SAMPLES = 20
const ALL_UP_TO = 5

function ordersOf(length: number, name: string): readonly (readonly number[])[] {
  if (length <= ALL_UP_TO) return [...permutations(length)]
  const random = randomOf(`play orders of ${name}`)
  return Array.from({ length: SAMPLES }, () => {
    const order = Array.from({ length }, (_, index) => index)
    for (let at = length - 1; at > 0; at -= 1) {
      const other = Math.floor(random() * (at + 1))
      ;[order[at], order[other]] = [order[other] as number, order[at] as number]
    }
    return order
  })
}

describe.each(SCENARIOS)('$name', (scenario) => {
  const messages = written(scenario)
  const inOrder = messages.map((_, index) => index)

  it('tells exactly these events, in this order', async () => {
    expect(told(await play(messages, inOrder))).toEqual(scenario.events)
  })

  // The clock asks about every purchase when its access should have ended: so does each of these, last of all.
  const options = { pollAt: (messages.at(-1)?.at ?? START) + 2 * DAY }

  it('tells the same in every order of arrival, whatever a fetch shows', async () => {
    const expected = compared(await play(messages, inOrder, options))
    let seen = 0
    for (const order of ordersOf(messages.length, scenario.name)) {
      const names = order.map((index) => messages[index]?.name).join(', ')
      const found = compared(await play(messages, order, options))
      if (scenario.blind?.(order) === true)
        expect(expected.events, names).toEqual(expect.arrayContaining([...found.events]))
      else expect(found, names).toEqual(expected)
      seen += 1
    }
    expect(seen).toBeGreaterThan(1)
  })

  it('invents nothing when every fetch shows the end of it all', async () => {
    const expected = compared(await play(messages, inOrder, options))
    let seen = 0
    for (const order of ordersOf(messages.length, scenario.name).slice(0, SAMPLES)) {
      const found = compared(await play(messages, order, { ...options, shows: 'end' }))
      const names = order.map((index) => messages[index]?.name).join(', ')
      const shown = (events: readonly string[]): readonly string[] =>
        scenario.reasonFades === true ? events.map((one) => one.replace(/"expirationReason":"\w+"/, '')) : events
      expect(shown(expected.events), names).toEqual(expect.arrayContaining([...shown(found.events)]))
      expect(found.ledger, names).toEqual(expected.ledger)
      seen += 1
    }
    expect(seen).toBeGreaterThan(1)
  })

  it('tells nothing twice for duplicates', async () => {
    const expected = compared(await play(messages, inOrder, options))
    const sampled = ordersOf(messages.length, scenario.name).slice(0, SAMPLES)
    const orders = sampled.filter((order) => scenario.blind?.(order) !== true)
    for (const order of orders) {
      const doubled = [...order, ...order.toReversed(), ...order]
      expect(compared(await play(messages, doubled, options))).toEqual(expected)
    }
    expect(orders.length).toBeGreaterThan(1)
  })

  it('tells the same when all wait together, and nothing more when everything is asked about again', async () => {
    const expected = compared(await play(messages, inOrder, options))
    const hub = await play(messages, inOrder, { ...options, together: true })
    const found = compared(hub)
    if (scenario.untold === undefined) expect(found).toEqual(expected)
    else expect(expected.events).toEqual(expect.arrayContaining([...found.events]))
    const before = hub.happenings.length
    await hub.poll(options.pollAt + DAY)
    expect(hub.happenings.slice(before)).toEqual([])
  })

  it('makes a lost message good by asking, by its list, and but for what no reading shows', async () => {
    const expected = compared(await play(messages, inOrder, options))
    let healed = 0
    let untold = 0
    for (const lost of inOrder) {
      const rest = inOrder.filter((index) => index !== lost)
      const { name = '', token } = messages[lost] ?? {}
      // A token that no other message names, and that replaced nothing we know, is not known at all.
      const isNamed = rest.some((index) => messages[index]?.token === token) || lost === 0
      const found = compared(await play(messages, rest, options))
      if (scenario.untold?.includes(name) === true || !isNamed) {
        const types = (events: readonly string[]) => events.filter((event) => event.startsWith('{"what"'))
        expect(types(expected.events), name).toEqual(expect.arrayContaining(types(found.events)))
        untold += 1
      } else {
        expect(found, name).toEqual(expected)
        healed += 1
      }
    }
    expect(healed + untold).toBe(messages.length)
    if (scenario.untold === undefined) expect(healed).toBeGreaterThan(0)
  })
})
