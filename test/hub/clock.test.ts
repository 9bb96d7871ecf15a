import { describe, expect, it } from 'vitest'
import {
  DAY,
  type EventJson,
  eventsOf,
  HOUR,
  MINUTE,
  post,
  type RunningHub,
  startInProcess,
  startWorld,
  until,
  type World,
  type WorldOptions,
} from './harness.ts'

/** The end of access that nobody told: notices are lost, and the clock asks or concludes. */

const MONTHLY = { product: 'com.acme.monthly', price: 9.99, period: 'P1M' } as const

interface Setting {
  readonly world: World
  readonly hub: RunningHub
  /** Once the hub rests: a question that an hour passes over would come to its store with a token of an hour ago. */
  forward(ms: number): Promise<void>
}

async function set(options: WorldOptions = {}): Promise<Setting> {
  let offset = 0
  const now = (): number => Date.now() + offset
  const world = await startWorld({ ...options, now })
  const hub = await startInProcess(world, { now })
  return {
    world,
    hub,
    forward: async (ms) => {
      await hub.idle()
      offset += ms
    },
  }
}

function toldOf(events: readonly EventJson[]): readonly string[] {
  return events.map(({ name, cancel_reason, expiration_reason }) => {
    const reason = cancel_reason ?? expiration_reason
    return reason == null ? String(name) : `${name} ${reason}`
  })
}

async function untilTold(hub: RunningHub, events: readonly string[]): Promise<void> {
  await until(events.join(', '), async () => {
    expect(toldOf(await eventsOf(hub.address))).toEqual(events)
    return true
  })
}

describe('with an API key', () => {
  it('a lost cancellation and a lost expiration are told after the end of access', async () => {
    const { world, hub, forward } = await set()
    const s = world.production.subscribe({ ...MONTHLY, at: Date.now() - DAY })
    await post(hub.address, s.opening.body)
    await untilTold(hub, ['initial_purchase'])
    s.cancel()
    s.expire('voluntary')
    await forward(31 * DAY)
    await untilTold(hub, ['initial_purchase', 'cancellation UNSUBSCRIBE', 'expiration UNSUBSCRIBE'])
  })

  it('a lost renewal is told, and nothing ends; the class of what lies between is asked of the history', async () => {
    const { world, hub, forward } = await set()
    const s = world.production.subscribe({ ...MONTHLY, trial: 'P1W', at: Date.now() - DAY })
    await post(hub.address, s.opening.body)
    await untilTold(hub, ['trial_started'])
    s.renew()
    s.renew()
    await forward(38 * DAY)
    await untilTold(hub, ['trial_started', 'trial_converted', 'renewal'])
  })

  it('a store that still says "active" is asked again, and a store that is down ends nobody', async () => {
    const { world, hub, forward } = await set()
    const s = world.production.subscribe({ ...MONTHLY, at: Date.now() - DAY })
    await post(hub.address, s.opening.body)
    await untilTold(hub, ['initial_purchase'])
    world.apple.always({ kind: 'answer', status: 500 })
    const before = world.apple.requests
    await forward(31 * DAY)
    await until('the question', () => world.apple.requests > before)
    world.apple.always(null)
    const failed = world.apple.requests
    await forward(6 * MINUTE)
    await until('the next question', () => world.apple.requests > failed)
    expect(toldOf(await eventsOf(hub.address))).toEqual(['initial_purchase'])
    s.expire('billing_retry')
    await forward(11 * MINUTE)
    const cancelled = 'cancellation BILLING_ERROR'
    await untilTold(hub, ['initial_purchase', 'billing_issue', cancelled, 'expiration BILLING_ERROR'])
  })
})

describe('a store that is down when access should have ended', () => {
  it('ends nobody, is an alert after an hour, and what it tells then counts', async () => {
    const { world, hub, forward } = await set()
    const s = world.production.subscribe({ ...MONTHLY, at: Date.now() - DAY })
    await post(hub.address, s.opening.body)
    await untilTold(hub, ['initial_purchase'])
    world.apple.always({ kind: 'answer', status: 500 })
    const before = world.apple.requests
    await forward(31 * DAY)
    await until('the question', () => world.apple.requests > before)
    const alerts = () => hub.lines.filter(({ level, msg }) => level === 'error' && msg.includes('could not be asked'))
    expect(alerts()).toEqual([])
    // The mark is on disk, and dates from the first question.
    await until('the alert', async () => {
      await forward(HOUR)
      return alerts().length > 0
    })
    expect(alerts()).toEqual([expect.objectContaining({ project: 'acme', app: 'ios', environment: 'production' })])
    expect(toldOf(await eventsOf(hub.address))).toEqual(['initial_purchase'])
    world.apple.always(null)
    s.expire('voluntary')
    await forward(HOUR)
    await untilTold(hub, ['initial_purchase', 'cancellation UNSUBSCRIBE', 'expiration UNSUBSCRIBE'])
  })
})

describe('without an API key', () => {
  it('a cancelled period ends at its end; one that should have renewed an hour after', async () => {
    const { world, hub, forward } = await set({ withoutApiKey: true })
    const off = world.production.subscribe({ ...MONTHLY, period: 'P1W', at: Date.now() - DAY })
    await post(hub.address, off.opening.body)
    await post(hub.address, off.cancel().body)
    await untilTold(hub, ['initial_purchase', 'cancellation UNSUBSCRIBE'])
    const on = world.production.subscribe({ ...MONTHLY, period: 'P1W', at: Date.now() - DAY })
    await post(hub.address, on.opening.body)
    const begun = ['initial_purchase', 'cancellation UNSUBSCRIBE', 'initial_purchase']
    // Understood before the time moves: else the first one's end may be told before the second one's beginning.
    await untilTold(hub, begun)
    const ended = [...begun, 'expiration UNSUBSCRIBE']
    // Both end in six days: half an hour later only the cancelled one is over for certain.
    await forward(6 * DAY + HOUR / 2)
    await untilTold(hub, ended)
    await forward(HOUR)
    await untilTold(hub, [...ended, 'expiration UNKNOWN'])
  })
})
