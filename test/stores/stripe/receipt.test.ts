import { describe, expect, it } from 'vitest'
import { randomOf } from '../../seed.ts'
import { SCENARIOS } from './scenarios.ts'
import { compared, play, record, told } from './world.ts'

const SAMPLES = process.env.TRIBUTARY_TEST_FULL === '1' ? 60 : 6

function shuffled(length: number, random: () => number): readonly number[] {
  const keyed = Array.from({ length }, (_, index) => ({ index, key: random() }))
  return keyed.sort((a, b) => a.key - b.key).map(({ index }) => index)
}

describe.each(SCENARIOS)('a receipt beside the messages of: $name', (scenario) => {
  const messages = record(scenario.write)
  const inOrder = messages.map((_, index) => index)
  const random = randomOf(`stripe receipts of ${scenario.name}`)

  it('tells the same wherever it comes, once or twice', async () => {
    const expected = compared(await play(messages, inOrder))
    let seen = 0
    for (let place = 0; place <= messages.length; place += 1) {
      const names = `at ${place}: ${messages.map(({ event }) => event.type).join(', ')}`
      expect(compared(await play(messages, inOrder, { receipts: [place] })), names).toEqual(expected)
      const twice = [place, place, messages.length]
      expect(compared(await play(messages, inOrder, { receipts: twice })), `twice ${names}`).toEqual(expected)
      seen += 1
    }
    expect(seen).toBe(messages.length + 1)
  })

  it('tells the same in other orders, whatever the API shows by then', async () => {
    const expected = compared(await play(messages, inOrder))
    let seen = 0
    for (let n = 0; n < SAMPLES; n += 1) {
      const order = n === 0 ? inOrder : shuffled(messages.length, random)
      const place = Math.floor(random() * (messages.length + 1))
      const names = order.map((index) => messages[index]?.event.type).join(', ')
      for (const api of ['arrived', 'end'] as const) {
        const played = await play(messages, order, { api, receipts: [place] })
        expect(compared(played), `${api}, receipt at ${place}: ${names}`).toEqual(expected)
        seen += 1
      }
    }
    expect(seen).toBe(SAMPLES * 2)
  })

  it('tells alone nothing but what the messages tell', async () => {
    const heard = told(await play(messages, [], { receipts: [0], api: 'end' }))
    expect(scenario.events).toEqual(expect.arrayContaining([...heard]))
  })
})
