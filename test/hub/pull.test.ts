import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { SimulatedNotification } from '../../src/stand-ins/app-store/notification.ts'
import { randomOf } from '../seed.ts'
import { standBetween, type Turn } from './between.ts'
import {
  api,
  compared,
  DAY,
  eventsOf,
  MINUTE,
  notificationsOf,
  postAll,
  type RunningHub,
  startInProcess,
  startWorld,
  until,
  type World,
  type WorldOptions,
} from './harness.ts'
import { crowd } from './lives.ts'
import { freePort, startProcess } from './process.ts'
import { told } from './reference.ts'

interface AppJson {
  readonly notifications: Readonly<Record<'waiting' | 'understood' | 'ignored' | 'parked', number>>
  readonly pulled: readonly { readonly environment: string; readonly up_to: string; readonly note: string | null }[]
}

const PULL: WorldOptions = { app: { receive: 'pull', environments: ['production'] } }
/** Inside the 180 days that Apple lists. */
const WITHIN = 170 * DAY

async function appOf(hub: RunningHub): Promise<AppJson> {
  return api<AppJson>(hub.address, '/api/projects/acme/apps/ios')
}

async function keptBy(hub: RunningHub): Promise<number> {
  const { waiting, understood, ignored, parked } = await hub.storage.inboxDepths()
  return waiting + understood + ignored + parked
}

/** Everything is kept and nothing of it waits, not even for a later try. */
async function caughtUp(hub: RunningHub, count: number): Promise<void> {
  await until(`${count} notifications are pulled`, async () => (await keptBy(hub)) === count, 30_000)
  await until('all are understood', async () => (await hub.storage.inboxDepths()).waiting === 0, 30_000)
  await hub.idle()
}

/** Another hub in the same world, on a folder and under settings of its own. */
async function startOther(world: World, options: WorldOptions): Promise<RunningHub> {
  const other = await startWorld({ ...options, key: world.key })
  const { TRIBUTARY_APPLE_ROOT_CERTS = '', TRIBUTARY_APPLE_API_URL = '' } = world.env
  return startInProcess(other, { env: { TRIBUTARY_APPLE_ROOT_CERTS, TRIBUTARY_APPLE_API_URL } })
}

function production(world: World, count: number, name: string): readonly SimulatedNotification[] {
  return crowd(world, { count, until: Date.now(), within: WITHIN, sandboxShare: 0 }, randomOf(name))
}

function isListing(path: string): boolean {
  return path.startsWith('/inApps/v1/notifications/history')
}

describe('pull mode', () => {
  it.each(['oldest first', 'newest first'] as const)(
    'tells the same events as push when Apple lists %s',
    async (listing) => {
      const world = await startWorld({ ...PULL, apple: { listing } })
      const notifications = production(world, 240, `pull ${listing}`)
      const pulling = await startInProcess(world)
      await caughtUp(pulling, notifications.length)
      const pulled = await eventsOf(pulling.address)
      await pulling.close()

      const pushing = await startOther(world, { app: { environments: ['production'] } })
      const answers = await postAll(pushing.address, notifications)
      expect(answers.every(({ status }) => status === 200)).toBe(true)
      await pushing.idle()
      const pushed = await eventsOf(pushing.address)
      expect(compared(pulled)).toEqual(compared(pushed))
      expect(pulled.map(({ id }) => id).sort()).toEqual(
        told(notifications)
          .map(({ id }) => id)
          .sort(),
      )
      expect(pulled.length).toBeGreaterThan(notifications.length / 2)
      const sent = new Set(pulled.filter(({ name }) => name !== null).map(({ id }) => id))
      expect(new Set(world.clevertap.accepted().map(({ eventId }) => eventId))).toEqual(sent)
      expect(world.clevertap.duplicates()).toEqual([])
      expect(world.segment.duplicates()).toEqual([])
    },
  )

  it('goes on at the page where it was stopped, whatever stopped it', async () => {
    let offset = 0
    const now = (): number => Date.now() + offset
    const world = await startWorld({ ...PULL, now })
    const notifications = production(world, 205, 'pages')
    const between = await standBetween(world.apple.url)
    const faults: readonly Turn[] = [
      { status: 500 },
      { status: 503, headers: { 'retry-after': '7' } },
      { status: 429, headers: { 'retry-after': String(Date.now() + 4_000) } },
      { status: 401, body: 'Unauthenticated' },
      { status: 200, body: '<html>maintenance</html>' },
      { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
      'cut',
    ]
    let pages = 0
    for (let kept = 0; kept < notifications.length; ) {
      // One page gets through, then a fault of another kind each time, and the hub is stopped.
      let through = 1
      const fault = faults[pages % faults.length] ?? null
      let struck = 0
      between.rule = (path) => {
        // Slow enough that the fault falls into them: what is refused to a listing closes the account for histories too.
        if (!isListing(path)) return { delayMs: 30 }
        if (through > 0) {
          through -= 1
          return pages % 3 === 0 ? { delayMs: 50 } : null
        }
        struck += 1
        return fault
      }
      // Once the token of the next page has expired meanwhile: the pass begins again.
      if (pages === 4) world.apple.expireTokens()
      const hub = await startInProcess(world, { now, env: { TRIBUTARY_APPLE_API_URL: between.url } })
      const before = kept
      await until('a page or the fault', async () => {
        kept = await keptBy(hub)
        return struck > 0 || kept === notifications.length
      })
      await hub.close()
      pages += 1
      expect(kept).toBeGreaterThanOrEqual(before)
      expect(pages).toBeLessThan(40)
    }
    expect(pages).toBeGreaterThan(10)
    between.rule = () => null
    // Beyond the five minutes that refused credentials put a history off.
    offset = 6 * MINUTE
    const hub = await startInProcess(world, { now, env: { TRIBUTARY_APPLE_API_URL: between.url } })
    await caughtUp(hub, notifications.length)
    const events = await eventsOf(hub.address)
    expect(events.map(({ id }) => id).sort()).toEqual(
      told(notifications)
        .map(({ id }) => id)
        .sort(),
    )
    expect(world.clevertap.duplicates()).toEqual([])
  }, 60_000)

  it('loses and repeats nothing when it is killed between and within pages', async () => {
    const random = randomOf('pull kills')
    const world = await startWorld(PULL)
    const notifications = production(world, 300, 'pull kills')
    const between = await standBetween(world.apple.url)
    const env = { TRIBUTARY_APPLE_API_URL: between.url }
    const port = await freePort()
    for (let kill = 0; kill < 5; kill += 1) {
      // One to three pages get through and the next one is never answered; every second time the last of them is killed
      // into while it is on its way or being kept.
      let pages = 1 + Math.floor(random() * 3)
      const { promise: atTheEnd, resolve: reached } = Promise.withResolvers<void>()
      const { promise: killed, resolve: release } = Promise.withResolvers<Turn>()
      between.rule = (path) => {
        if (!isListing(path)) return null
        pages -= 1
        if (pages === 0 && kill % 2 === 1) reached()
        if (pages >= 0) return { delayMs: 5 }
        reached()
        return killed
      }
      const hub = await startProcess(world, port, env)
      await atTheEnd
      await pause(random() * 30)
      await hub.kill()
      release('cut')
    }
    between.rule = () => null
    const hub = await startInProcess(world, { env })
    await caughtUp(hub, notifications.length)
    expect((await eventsOf(hub.address)).map(({ id }) => id).sort()).toEqual(
      told(notifications)
        .map(({ id }) => id)
        .sort(),
    )
    const sent = new Set((await eventsOf(hub.address)).filter(({ name }) => name !== null).map(({ id }) => id))
    expect(new Set(world.clevertap.accepted().map(({ eventId }) => eventId))).toEqual(sent)
  }, 90_000)

  it('adds nothing where passes overlap, and finds what is new', async () => {
    let offset = 0
    const now = (): number => Date.now() + offset
    const world = await startWorld({ ...PULL, now })
    const notifications = production(world, 60, 'overlap')
    const between = await standBetween(world.apple.url)
    const env = { TRIBUTARY_APPLE_API_URL: between.url }
    const listings = (): number => between.asked.filter(isListing).length
    const first = await startInProcess(world, { now, env })
    await caughtUp(first, 60)
    const before = compared(await eventsOf(first.address))
    await first.close()
    const fresh = world.production.buyConsumable({ product: 'com.acme.coins', price: 1.99, at: now() })
    // Two minutes on: the last ten minutes are asked again. A day on: the last day.
    for (const later of [2 * MINUTE, DAY + MINUTE]) {
      offset += later
      const asked = listings()
      const hub = await startInProcess(world, { now, env })
      await until('a pass', () => listings() > asked)
      await caughtUp(hub, 61)
      const events = await eventsOf(hub.address)
      expect(events.filter(({ transaction_id: id }) => id === fresh.id)).toHaveLength(1)
      expect(compared(events.filter(({ transaction_id: id }) => id !== fresh.id))).toEqual(before)
      await hub.close()
    }
    expect(notifications).toHaveLength(60)
    expect(world.segment.duplicates()).toEqual([])
    expect(world.clevertap.duplicates()).toEqual([])
  })

  it('knows a notification by its UUID, pulled or pushed, and keeps the times of the first copy', async () => {
    const world = await startWorld({ ...PULL, apple: { listing: 'newest first' } })
    const notifications = production(world, 100, 'mixed')
    const between = await standBetween(world.apple.url)
    between.rule = (path) => (isListing(path) ? { status: 503 } : null)
    const env = { TRIBUTARY_APPLE_API_URL: between.url }
    const first = await startInProcess(world, { env })
    const pushed = notifications.filter((_, index) => index % 2 === 0)
    await postAll(first.address, pushed)
    const firstCopies = new Map((await notificationsOf(first.address)).map((one) => [one.source_key, one]))
    expect(firstCopies.size).toBe(50)
    await first.close()
    between.rule = () => null
    const hub = await startInProcess(world, { env })
    await caughtUp(hub, 100)
    // And pushed again, all of them.
    const again = await postAll(hub.address, notifications)
    expect(again.every(({ status }) => status === 200)).toBe(true)
    await hub.idle()
    const kept = await notificationsOf(hub.address)
    expect(kept).toHaveLength(100)
    const ways = { push: 0, pull: 0 }
    for (const one of kept) {
      ways[one.via] += 1
      const before = firstCopies.get(one.source_key)
      expect(one.via).toBe(before === undefined ? 'pull' : 'push')
      if (before !== undefined) expect(one.received_at).toBe(before.received_at)
    }
    expect(ways).toEqual({ push: 50, pull: 50 })
    expect((await eventsOf(hub.address)).map(({ id }) => id).sort()).toEqual(
      told(notifications)
        .map(({ id }) => id)
        .sort(),
    )
    expect(world.clevertap.duplicates()).toEqual([])
  })

  it('says why the history is empty', async () => {
    const world = await startWorld({ ...PULL, apple: { notificationUrl: null } })
    production(world, 20, 'empty')
    const hub = await startInProcess(world)
    await until('the history was asked', async () => (await appOf(hub)).pulled.length === 1)
    const [pulled] = (await appOf(hub)).pulled
    expect(pulled?.environment).toBe('production')
    expect(pulled?.note).toMatch(/history is empty: Apple lists only version 2 notifications that it tried to send/)
    expect(pulled?.note).toMatch(/version 2 URL/)
    expect(await keptBy(hub)).toBe(0)
  })

  it('announces from the beginning of the history when nothing else is said, and pulls each environment', async () => {
    const world = await startWorld({ app: { receive: 'pull', events_from: undefined } })
    const sandboxed = crowd(
      world,
      { count: 30, until: Date.now(), within: 85 * DAY, sandboxShare: 0 },
      randomOf('live'),
    )
    const recent = Date.now() - 20 * DAY
    const tried = world.sandbox.subscribe({ product: 'com.acme.weekly', price: 2.99, period: 'PT1H', at: recent })
    tried.renew()
    const hub = await startInProcess(world)
    await caughtUp(hub, sandboxed.length + 2)
    const events = await eventsOf(hub.address)
    expect(new Set(events.map(({ environment }) => environment))).toEqual(new Set(['PRODUCTION', 'SANDBOX']))
    const both = [...sandboxed, ...world.sandbox.notifications]
    expect(events.map(({ id }) => id).sort()).toEqual(
      told(both)
        .map(({ id }) => id)
        .sort(),
    )
    expect((await appOf(hub)).pulled.map(({ environment }) => environment).sort()).toEqual(['production', 'sandbox'])
  })
})
