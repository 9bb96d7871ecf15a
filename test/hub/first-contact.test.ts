import { describe, expect, it } from 'vitest'
import type { Purchase } from '../../src/domain/purchase-state.ts'
import type { SimulatedAppStore, SimulatedSubscription } from '../../src/stand-ins/app-store/subscription.ts'
import { type Between, standBetween, type Turn } from './between.ts'
import {
  DAY,
  eventsOf,
  HOUR,
  MINUTE,
  notificationsOf,
  post,
  postAll,
  type RunningHub,
  startInProcess,
  startWorld,
  until,
  type World,
  type WorldOptions,
} from './harness.ts'

/** A clock that runs with the real one, and can be put forward. */
function movableClock(): { readonly now: () => number; forward(ms: number): void } {
  let offset = 0
  return {
    now: () => Date.now() + offset,
    forward: (ms) => {
      offset += ms
    },
  }
}

interface Setting {
  readonly world: World
  readonly between: Between
  readonly hub: RunningHub
  readonly clock: ReturnType<typeof movableClock>
}

async function set(options: WorldOptions = {}, rule: (path: string) => Turn = () => null): Promise<Setting> {
  const clock = movableClock()
  const { now } = clock
  const world = await startWorld({ ...options, now })
  const between = await standBetween(world.apple.url)
  between.rule = rule
  const hub = await startInProcess(world, { now, env: { TRIBUTARY_APPLE_API_URL: between.url } })
  return { world, between, hub, clock }
}

const MONTHLY = { product: 'com.acme.monthly', price: 9.99, period: 'P1M' } as const

/** A trial and `renewals` periods after it, the last of which began some days ago. */
function oldChain(store: SimulatedAppStore, renewals: number): SimulatedSubscription {
  const at = Date.now() - 10 * DAY - renewals * 31 * DAY
  const s = store.subscribe({ ...MONTHLY, at, trial: 'P1M' })
  for (let renewal = 0; renewal < renewals; renewal += 1) s.renew()
  return s
}

function histories({ asked }: Between): readonly string[] {
  return asked.filter((path) => path.startsWith('/inApps/v2/history/'))
}

async function purchaseOf(hub: RunningHub, chain: string): Promise<Purchase | null> {
  const key = { projectId: 'acme', store: 'app_store', environment: 'production', chain, line: '' } as const
  const row = await hub.storage.getPurchase(key)
  return row === null ? null : (JSON.parse(row.body) as Purchase)
}

async function statusOf(hub: RunningHub, uuid: string): Promise<string | undefined> {
  return (await notificationsOf(hub.address)).find((one) => one.source_key === uuid)?.status
}

describe('the first message of a chain that is older', () => {
  it('asks the history once and announces what events_from allows', async () => {
    const from = new Date(Date.now() - 50 * DAY).toISOString()
    const { world, between, hub } = await set({ app: { events_from: from } })
    const s = oldChain(world.production, 4)
    const renewed = world.production.notifications.at(-1)
    const cancelled = s.cancel({ at: Date.now() - DAY })
    if (renewed === undefined) throw new Error('nothing was told')
    expect(await post(hub.address, cancelled.body)).toMatchObject({ status: 200 })
    await hub.idle()
    const learned = s.transactions.filter(({ purchaseDate }) => purchaseDate >= Date.parse(from))
    const events = await eventsOf(hub.address)
    expect(learned.length).toBeGreaterThan(0)
    expect(learned.length).toBeLessThan(s.transactions.length)
    expect(events.map(({ name, renewal_number: n }) => [name, n])).toEqual([
      ...learned.map((one) => ['renewal', s.transactions.indexOf(one) + 1]),
      ['cancellation', 5],
    ])
    expect(histories(between)).toHaveLength(1)
    // The ledger has every charge, announced or not.
    const key = { projectId: 'acme', store: 'app_store', environment: 'production', chain: s.id, line: '' } as const
    const ledger = await hub.storage.listLedger('acme', key)
    expect(ledger.map(({ transactionId }) => transactionId).sort()).toEqual(s.transactions.map(({ id }) => id).sort())

    // From here on the chain is known: messages old and new ask nothing more. What an old one reports itself is announced.
    await post(hub.address, s.uncancel({ at: Date.now() - HOUR }).body)
    await post(hub.address, s.opening.body)
    await post(hub.address, renewed.body)
    await hub.idle()
    expect(histories(between)).toHaveLength(1)
    const names = (await eventsOf(hub.address)).map(({ name }) => name)
    expect(names.slice(events.length)).toEqual(['uncancellation', 'trial_started'])
  })

  it('asks once for everything that comes meanwhile, and holds up nobody else', async () => {
    const { world, between, hub } = await set({ withOther: true })
    let answerNow = (): void => undefined
    const held = new Promise<void>((resolve) => {
      answerNow = resolve
    })
    const slow = oldChain(world.production, 2)
    const messages = [slow.cancel({ at: Date.now() - 3 * HOUR }), slow.uncancel({ at: Date.now() - 2 * HOUR })]
    const late = slow.cancel({ at: Date.now() - HOUR })
    between.rule = (path) => (path.includes(slow.latest.id) ? held.then(() => null) : null)
    for (const message of messages) await post(hub.address, message.body)
    await until('the history is asked', () => histories(between).length === 1)
    await post(hub.address, late.body)

    // Another customer of the same app, and another app with a history of its own to ask.
    const fresh = world.production.subscribe({ ...MONTHLY, at: Date.now() - HOUR })
    const elsewhere = oldChain(world.other, 3)
    await post(hub.address, fresh.opening.body)
    await post(hub.address, elsewhere.cancel({ at: Date.now() - HOUR }).body, 'other')
    await until('the others are delivered', () => {
      const products = new Set(world.clevertap.accepted().map(({ customerId }) => customerId))
      return products.size === 2
    })
    expect(await statusOf(hub, late.uuid)).toBe('waiting')
    answerNow()
    await hub.idle()
    expect(histories(between).filter((path) => path.includes(slow.latest.id))).toHaveLength(1)
    const events = (await eventsOf(hub.address)).filter(({ transaction_id: id }) =>
      slow.transactions.some((one) => one.id === id),
    )
    expect(events.map(({ name }) => name).sort()).toEqual(
      ['trial_started', 'trial_converted', 'renewal', 'cancellation', 'uncancellation', 'cancellation'].sort(),
    )
    expect(await statusOf(hub, late.uuid)).toBe('understood')
  })

  it('asks at the pace that the store allows when a whole base of customers comes at once', async () => {
    const { world, between, hub } = await set()
    const chains = Array.from({ length: 110 }, () => oldChain(world.production, 1))
    const messages = chains.map((s) => s.cancel({ at: Date.now() - HOUR }))
    await postAll(hub.address, messages)
    await hub.idle()
    expect(histories(between)).toHaveLength(110)
    for (const s of chains) {
      const purchase = await purchaseOf(hub, s.id)
      expect(purchase?.historyUpTo).not.toBeNull()
      expect(purchase?.historyUnavailable).toBe(false)
    }
    expect((await eventsOf(hub.address)).filter(({ name }) => name === 'trial_converted')).toHaveLength(110)
    expect((await notificationsOf(hub.address)).every(({ tries }) => tries === 0)).toBe(true)
  })

  it('goes on without a history that could not be had for an hour, and says so', async () => {
    const { world, between, hub, clock } = await set({}, () => ({ status: 503 }))
    const s = oldChain(world.production, 3)
    const message = world.production.notifications.at(-1)
    if (message === undefined) throw new Error('nothing was told')
    await post(hub.address, message.body)
    const waits = [0, 6_000, 31_000, 2 * MINUTE, 10 * MINUTE]
    for (const [index, wait] of waits.entries()) {
      clock.forward(wait + 1_000)
      await until(`question ${index + 1}`, () => histories(between).length === index + 1)
      await until('its answer is written', async () => (await notificationsOf(hub.address))[0]?.tries === index + 1)
      const [kept] = await notificationsOf(hub.address)
      expect(kept).toMatchObject({ status: 'waiting', note: expect.stringMatching(/Apple asks to come back later/) })
      // A fetch that failed has changed nothing.
      expect(await purchaseOf(hub, s.id)).toBeNull()
      expect(await eventsOf(hub.address)).toEqual([])
    }
    clock.forward(HOUR - waits.reduce((sum, wait) => sum + wait + 1_000, 0) + 1_000)
    await until('the event', async () => (await eventsOf(hub.address)).length === 1)
    await hub.idle()
    expect(await eventsOf(hub.address)).toMatchObject([{ name: 'renewal', renewal_number: null }])
    expect(await purchaseOf(hub, s.id)).toMatchObject({ historyUnavailable: true, historyUpTo: null })
    expect((await notificationsOf(hub.address))[0]?.status).toBe('understood')
    expect(world.clevertap.accepted()).toHaveLength(1)
  })

  it('asks before it goes on without, however long the hub itself was away', async () => {
    const { world, between, hub, clock } = await set({}, () => ({ status: 503 }))
    const s = oldChain(world.production, 3)
    const message = world.production.notifications.at(-1)
    if (message === undefined) throw new Error('nothing was told')
    await post(hub.address, message.body)
    await until('the first question', async () => (await notificationsOf(hub.address))[0]?.tries === 1)
    await hub.close()
    clock.forward(9 * HOUR)
    between.rule = () => null
    const next = await startInProcess(world, { now: clock.now, env: { TRIBUTARY_APPLE_API_URL: between.url } })
    await until('it is understood', async () => (await statusOf(next, message.uuid)) === 'understood')
    expect(await purchaseOf(next, s.id)).toMatchObject({ historyUnavailable: false })
    expect((await eventsOf(next.address)).map(({ name }) => name)).toEqual([
      'trial_started',
      'trial_converted',
      'renewal',
      'renewal',
    ])
  })

  it('goes on at once where the store knows no such chain', async () => {
    const notFound = { errorCode: 4040010, errorMessage: 'Transaction id not found.' }
    const { world, between, hub } = await set({}, () => ({ status: 404, body: JSON.stringify(notFound) }))
    const s = oldChain(world.production, 2)
    await post(hub.address, s.cancel({ at: Date.now() - HOUR }).body)
    await hub.idle()
    expect(histories(between)).toHaveLength(1)
    expect(await purchaseOf(hub, s.id)).toMatchObject({ historyUnavailable: true })
    expect((await eventsOf(hub.address)).map(({ name }) => name)).toContain('cancellation')
  })

  it('leaves a known purchase as it is while the history of a gap cannot be asked', async () => {
    const { world, between, hub, clock } = await set({}, () => 'cut')
    const s = oldChain(world.production, 4)
    await post(hub.address, s.opening.body)
    await hub.idle()
    const before = await purchaseOf(hub, s.id)
    expect(before).not.toBeNull()
    const last = world.production.notifications.at(-1)
    if (last === undefined) throw new Error('nothing was told')
    await post(hub.address, last.body)
    await until('the question', async () => (await notificationsOf(hub.address)).some(({ tries }) => tries === 1))
    expect(await purchaseOf(hub, s.id)).toEqual(before)
    expect(await eventsOf(hub.address)).toHaveLength(1)
    between.rule = () => null
    clock.forward(6_000)
    await until('it is understood', async () => (await statusOf(hub, last.uuid)) === 'understood')
    expect((await eventsOf(hub.address)).map(({ name }) => name)).toEqual([
      'trial_started',
      'trial_converted',
      'renewal',
      'renewal',
      'renewal',
    ])
  })
})

describe('a store that refuses our credentials', () => {
  it('is asked once in five minutes, with one alert, while other apps go on', async () => {
    const { world, between, hub, clock } = await set({ withOther: true })
    const chains = Array.from({ length: 20 }, () => oldChain(world.production, 1))
    const refused = chains.map((s) => s.latest.id)
    const questions = (): number => histories(between).filter((path) => refused.some((id) => path.includes(id))).length
    between.rule = (path) => (refused.some((id) => path.includes(id)) ? { status: 401, body: 'Unauthenticated' } : null)
    const alerts = (): number =>
      hub.lines.filter(({ level, msg }) => level === 'error' && msg.includes('refused the credentials')).length
    await postAll(
      hub.address,
      chains.map((s) => s.cancel({ at: Date.now() - HOUR })),
    )
    const waitAll = async (): Promise<boolean> => {
      const all = await notificationsOf(hub.address)
      return all.filter(({ note }) => note?.includes('api_key of ios') === true).length === 20
    }
    await until('all of them wait for the credentials', waitAll)
    // What had been asked before the first answer came, and no more.
    const first = questions()
    expect(first).toBeLessThanOrEqual(8)
    expect(alerts()).toBe(1)

    const elsewhere = oldChain(world.other, 2)
    await post(hub.address, elsewhere.cancel({ at: Date.now() - HOUR }).body, 'other')
    await until('the other app is understood', async () => (await eventsOf(hub.address)).length > 0)
    const others = await eventsOf(hub.address)
    expect(others.every(({ product_id: product }) => product === MONTHLY.product)).toBe(true)
    expect(await purchaseOf(hub, elsewhere.id)).toMatchObject({ historyUnavailable: false })

    for (const probe of [1, 2]) {
      clock.forward(5 * MINUTE + 1_000)
      await until('the probe', () => questions() === first + probe)
      await until('the others wait on', async () => {
        const due = await hub.storage.nextNotificationDue()
        return due !== null && due > clock.now() + MINUTE
      })
      expect(questions()).toBe(first + probe)
    }
    expect(alerts()).toBe(1)
    for (const s of chains) expect(await purchaseOf(hub, s.id)).toBeNull()

    // The key is put right: at the next probe everything goes on.
    between.rule = () => null
    const understood = async (): Promise<boolean> =>
      (await notificationsOf(hub.address)).every(({ status }) => status === 'understood')
    for (let probe = 0; probe < 5 && !(await understood()); probe += 1) {
      clock.forward(5 * MINUTE + 1_000)
      await hub.idle()
    }
    for (const s of chains) expect(await purchaseOf(hub, s.id)).toMatchObject({ historyUnavailable: false })
    expect(alerts()).toBe(1)
  })
})
