import { describe, expect, it } from 'vitest'
import type { SimulatedSubscription } from '../../../src/stand-ins/play-store/subscription-acts.ts'
import type { SimulatedNotification } from '../../../src/stand-ins/play-store/world.ts'
import { randomOf } from '../../seed.ts'
import { compared, play } from './played.ts'
import { basic, monthly, yearly } from './scenarios.ts'
import { DAY, HOUR, START, simulated } from './setting.ts'

const LIVES = process.env.TRIBUTARY_TEST_FULL === '1' ? 2_000 : 150
const ORDERS = 4

const random = randomOf('play lives')
const below = (count: number): number => Math.floor(random() * count)

type Now = 'active' | 'cancelled' | 'grace' | 'hold' | 'paused' | 'over'

/** What may happen next in a life, and what it is then. */
function step(s: SimulatedSubscription, now: Now, last: number): readonly [Now, readonly SimulatedNotification[]] {
  const soon = Math.min(last + (1 + below(48)) * HOUR, s.expiresAt - HOUR)
  const pick = below(8)
  switch (now) {
    case 'active': {
      if (pick <= 1) return ['active', [s.renew()]]
      if (pick === 2) return ['cancelled', [s.cancel({ at: soon })]]
      if (pick === 3) return ['grace', [s.grace({ days: 1 + below(14) })]]
      if (pick === 4) return ['hold', [s.hold()]]
      if (pick === 5) return ['paused', [s.pause({ until: s.expiresAt + (5 + below(60)) * DAY })]]
      if (pick === 6) return ['active', [s.refund({ at: soon, amount: 1 })]]
      const deferred = below(3) === 0
      const { opening, farewell } = s.change(below(2) === 0 ? yearly : basic, { at: soon, deferred })
      return ['active', [opening, ...farewell, ...(deferred ? [s.renew()] : [])]]
    }
    case 'cancelled':
      if (pick >= 6) {
        const { opening, farewell } = s.signUpAgain({ at: soon })
        return ['active', [opening, ...farewell]]
      }
      return pick < 4 ? ['active', [s.restart({ at: soon })]] : ['over', [s.expire()]]
    case 'grace':
      return pick < 4 ? ['active', [s.recover()]] : ['hold', [s.hold()]]
    case 'hold':
      return ['active', [s.recover({ at: last + (2 + below(50)) * DAY })]]
    case 'paused':
      return ['active', [s.recover()]]
    case 'over':
      return ['over', []]
  }
}

function life(): readonly SimulatedNotification[] {
  const google = simulated(() => START)
  const trial = below(2) === 0 ? { trial: 'P1W' } : {}
  const s = google.subscribe({ ...monthly, ...trial, at: START })
  const messages: SimulatedNotification[] = [s.opening]
  let now: Now = 'active'
  while (messages.length < 8 && now !== 'over') {
    const [next, told] = step(s, now, messages.at(-1)?.at ?? START)
    messages.push(...told)
    now = next
  }
  return messages
}

function shuffled(length: number): readonly number[] {
  const order = Array.from({ length }, (_, index) => index)
  for (let at = length - 1; at > 0; at -= 1) {
    const other = below(at + 1)
    ;[order[at], order[other]] = [order[other] as number, order[at] as number]
  }
  return order
}

describe('lives at random', () => {
  it('a cancellation that is taken back, then a change that waits: the order of 0 stays no period however often it is read', async () => {
    const google = simulated(() => START)
    const s = google.subscribe({ ...monthly, at: START })
    const messages = [s.opening, s.cancel({ at: START + 20 * HOUR })]
    for (const { opening, farewell } of [
      s.signUpAgain({ at: START + 40 * HOUR }),
      s.change(yearly, { at: START + 60 * HOUR, deferred: true }),
    ])
      messages.push(opening, ...farewell)
    messages.push(s.renew())
    const inOrder = messages.map((_, index) => index)
    const expected = compared(await play(messages, inOrder))
    for (const again of inOrder) {
      const order = [again, again, ...inOrder]
      const found = compared(await play(messages, order))
      expect(found.ledger, `twice ${again} first`).toEqual(expected.ledger)
      expect(found.states, `twice ${again} first`).toEqual(expected.states)
      expect(expected.events, `twice ${again} first`).toEqual(expect.arrayContaining([...found.events]))
    }
    expect(inOrder).toHaveLength(9)
  })

  it(`${LIVES} of them: every order tells the same money, and no event that the order of sending does not tell`, {
    timeout: 600_000,
  }, async () => {
    let seen = 0
    for (let n = 0; n < LIVES; n += 1) {
      const messages = life()
      const inOrder = messages.map((_, index) => index)
      const options = { pollAt: (messages.at(-1)?.at ?? START) + 2 * DAY }
      const after = Math.max(START + 400 * DAY, options.pollAt)
      const expected = compared(await play(messages, inOrder, options), after)
      const ids = expected.events.filter((event) => !event.startsWith('{'))
      expect(new Set(ids).size).toBe(ids.length)
      for (let order = 0; order < ORDERS; order += 1) {
        const arrival = shuffled(messages.length)
        // Of the token in force a receipt is shown too, somewhere among them, in every second order.
        const receipts = order % 2 === 0 ? [] : [below(messages.length + 1)]
        const heard = [...arrival, ...arrival.slice(0, 2)]
        const found = compared(await play(messages, heard, { ...options, receipts }), after)
        const names = `${n}: ${messages.map(({ name }) => name).join(', ')} as ${arrival.join()}; receipts at ${receipts.join()}`
        // Charges of forgotten periods are entered again and again: the ledger's own uniqueness decides.
        expect([...new Set(found.ledger)], names).toEqual([...new Set(expected.ledger)])
        expect(found.states, names).toEqual(expected.states)
        expect(expected.events, names).toEqual(expect.arrayContaining([...found.events]))
        seen += 1
      }
    }
    expect(seen).toBe(LIVES * ORDERS)
  })
})
