import { describe, expect, it } from 'vitest'
import type { SimulatedNotification } from '../../src/stand-ins/app-store/notification.ts'
import type { SimulatedSubscription } from '../../src/stand-ins/app-store/subscription.ts'
import { randomOf } from '../seed.ts'
import { compared, DAY, HOUR, type Message, play, record, START } from './scenarios/play.ts'

const FULL = process.env.TRIBUTARY_TEST_FULL === '1'
const HISTORIES = FULL ? 100_000 : 2_000

const PLANS = [
  { product: 'com.acme.monthly', price: 9.99, period: 'P1M' },
  { product: 'com.acme.weekly', price: 2.99, period: 'P1W' },
  { product: 'com.acme.bimonthly', price: 17.99, period: 'P2M' },
]

/**
 * A random life of one subscription, as the App Store could have told it: only acts that its state allows, in time
 * order, inside the memory of a purchase.
 */
function randomHistory(random: () => number): readonly Message[] {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  return record((store, keep) => {
    const plan = PLANS[Math.floor(random() * 2)] as (typeof PLANS)[number]
    const s = store.subscribe({ ...plan, at: START, ...(random() < 0.5 ? { trial: 'P1W' } : {}) })
    keep(s.opening)
    let now = START
    let on = true
    let state: 'active' | 'grace' | 'retry' | 'ended' | 'refunded' = 'active'
    const end = (): number => s.latest.expiresDate ?? now
    const acts = 2 + Math.floor(random() * 5)
    for (let act = 0; act < acts; act += 1) {
      const step = next(s, { pick, state, on, now, end: end() })
      keep(step.notification)
      now = Math.max(now, step.notification.at)
      on = step.on
      state = step.state
    }
  })
}

/** Inside this bound every order tells the same; memory.test.ts says what happens beyond it. */
const MEMORY_MS = 200 * DAY

function span(messages: readonly Message[]): number {
  const times = messages.flatMap(({ observation }) => observation.facts.map((fact) => fact.at))
  return Math.max(...times) - Math.min(...times)
}

interface Moment {
  readonly pick: <T>(items: readonly T[]) => T
  readonly state: 'active' | 'grace' | 'retry' | 'ended' | 'refunded'
  readonly on: boolean
  readonly now: number
  readonly end: number
}

interface Step {
  readonly notification: SimulatedNotification
  readonly on: boolean
  readonly state: Moment['state']
}

function next(s: SimulatedSubscription, moment: Moment): Step {
  const { pick, state, on, now, end } = moment
  const soon = { at: Math.min(now + HOUR + Math.floor((end - now) / 4), Math.max(end - 1_000, now + 1)) }
  const active = (notification: SimulatedNotification): Step => ({ notification, on: true, state: 'active' })
  switch (state) {
    case 'active': {
      const choices = on
        ? ['renew', 'renew', 'cancel', 'upgrade', 'downgrade', 'grace', 'retry', 'refund']
        : ['uncancel', 'expire', 'expire', 'refund']
      switch (pick(choices)) {
        case 'renew':
          return active(s.renew())
        case 'cancel':
          return { notification: s.cancel(soon), on: false, state }
        case 'uncancel':
          return active(s.uncancel(soon))
        case 'upgrade':
          return active(s.upgrade({ ...pick(PLANS), product: `com.acme.plus${s.transactions.length}` }, soon))
        case 'downgrade':
          return { notification: s.downgrade(pick(PLANS), soon), on, state }
        case 'grace':
          return { notification: s.failToRenew({ grace: 'P6D' }), on, state: 'grace' }
        case 'retry':
          return { notification: s.failToRenew(), on, state: 'retry' }
        case 'refund':
          return { notification: s.refund(soon), on: false, state: 'refunded' }
        default:
          return { notification: s.expire('voluntary'), on: false, state: 'ended' }
      }
    }
    case 'grace':
      return pick([true, false]) ? active(s.recover()) : { notification: s.graceExpired(), on, state: 'retry' }
    case 'retry':
      return pick([true, false])
        ? active(s.recover({ at: now + 10 * DAY }))
        : { notification: s.expire('billing_retry', { at: now + 50 * DAY }), on: false, state: 'ended' }
    case 'ended':
    case 'refunded':
      return active(s.resubscribe(undefined, { at: Math.max(now, end) + 5 * DAY }))
  }
}

function shuffled(length: number, random: () => number): number[] {
  const order = Array.from({ length }, (_, index) => index)
  for (let at = length - 1; at > 0; at -= 1) {
    const swap = Math.floor(random() * (at + 1))
    const a = order[at] as number
    order[at] = order[swap] as number
    order[swap] = a
  }
  return order
}

describe('random lives of a subscription', () => {
  it(
    `${HISTORIES} of them tell the same events, state and money in any order, with duplicates`,
    () => {
      const random = randomOf('histories')
      let seen = 0
      for (let history = 0; seen < HISTORIES; history += 1) {
        const messages = randomHistory(random)
        if (span(messages) > MEMORY_MS) continue
        const expected = compared(
          play(
            messages,
            messages.map((_, index) => index),
          ),
        )
        for (let round = 0; round < 3; round += 1) {
          const order = shuffled(messages.length, random)
          const again = [...order, ...shuffled(messages.length, random).slice(0, 2)]
          const names = again.map((index) => `${index}:${messages[index]?.name}`).join(', ')
          expect(
            compared(play(messages, again)),
            `history ${history}: ${messages.map((one) => one.name).join(' → ')}\narrived as ${names}`,
          ).toEqual(expected)
        }
        seen += 1
      }
      expect(seen).toBe(HISTORIES)
    },
    FULL ? 1_800_000 : 120_000,
  )
})
