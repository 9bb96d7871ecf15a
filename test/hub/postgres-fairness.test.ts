import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPostgres } from '../../src/storage/postgres/open.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { openStandIns } from '../delivery/ground.ts'
import { clevertapIntegration, segmentIntegration } from '../delivery/harness.ts'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { randomOf } from '../seed.ts'
import { onPostgres, openAsk, startFleet } from './fleet.ts'
import { ALWAYS, afterwards, startWorld, until, type World } from './harness.ts'
import { openRoom } from './room.ts'
import { putWaiting } from './waiting.ts'

const FULL = process.env.TRIBUTARY_TEST_FULL === '1'
const HOG = FULL ? 100_000 : 10_000
const FLOOD = FULL ? 20_000 : 1_000
const OTHERS = 200
const EACH = 5
/** Of a channel, unless an integration says otherwise. */
const WIDTH = 4
const BOTH = ['segment', 'clevertap'] as const

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster.stop())

interface Arrival {
  readonly request: number
  readonly eventId: string
}

function arrivals(world: World, name: (typeof BOTH)[number]): readonly Arrival[] {
  const entries =
    name === 'segment'
      ? world.segment.ledger.filter(({ type }) => type === 'track')
      : world.clevertap.ledger.filter(({ type }) => type === 'event')
  return entries.map(({ arrival, eventId }) => ({ request: arrival, eventId: eventId ?? '' }))
}

/** A world whose settings and channels are in the database, and nobody who sends yet. */
async function prepared(project?: Readonly<Record<string, unknown>>) {
  const url = await cluster.createDatabase()
  const world = await startWorld({
    env: onPostgres(url),
    latencyMs: 40,
    ...(project === undefined ? {} : { more: [project] }),
  })
  const ask = openAsk(url)
  await startFleet(world, ask, ['web'])
  const storage = await openPostgres({ url, migrate: false })
  afterwards(() => storage.close())
  return { url, world, ask, storage }
}

async function putOthers(storage: Storage, dueAt: number): Promise<ReadonlySet<string>> {
  const ids = new Set<string>()
  for (let n = 0; n < OTHERS; n += 1) {
    const own = { project: 'acme', customer: `other-${n}`, events: EACH, integrations: BOTH, dueAt }
    for (const id of await putWaiting(storage, own)) ids.add(id)
  }
  return ids
}

/** At which request the last of these had arrived, and what of the rest had gone by then; null: not yet. */
function doneAt(all: readonly Arrival[], ids: ReadonlySet<string>) {
  const own = all.filter(({ eventId }) => ids.has(eventId))
  if (new Set(own.map(({ eventId }) => eventId)).size < ids.size) return null
  const request = Math.max(...own.map((one) => one.request))
  return { request, rest: all.filter((one) => one.request <= request && !ids.has(one.eventId)).length }
}

describe('on PostgreSQL, with four workers', () => {
  it(`a customer with ${HOG} waiting lets the others go first, and goes in order`, {
    timeout: FULL ? 900_000 : 150_000,
  }, async () => {
    const { world, ask, storage } = await prepared()
    const dueAt = Date.now() - 60_000
    const hog = await putWaiting(storage, { project: 'acme', customer: 'hog', events: HOG, integrations: BOTH, dueAt })
    const others = await putOthers(storage, dueAt + 1_000)
    const fleet = await startFleet(world, ask, ['worker', 'worker', 'worker', 'worker'])
    for (const name of BOTH) {
      await until(`${name} has what is the others'`, () => doneAt(arrivals(world, name), others) !== null, 90_000)
    }
    const done = BOTH.map((name) => ({ name, ...doneAt(arrivals(world, name), others) }))
    console.log(
      done.map(({ name, request, rest }) => `${name}: after ${request} requests, ${rest} of the one`).join('; '),
    )
    for (const { request, rest = 0 } of done) {
      // 1,000 deliveries of the others make ten full requests; every round may carry one of the customer who floods.
      expect(request).toBeLessThan(100)
      expect(rest).toBeLessThan(HOG / 4)
    }
    // The one with many is a run a request where a request is answered as a whole: that end is waited for.
    await until(
      'segment has all',
      () => world.segment.counts().accepted >= HOG + OTHERS * EACH,
      FULL ? 600_000 : 60_000,
    )
    expect((await fleet.stop()).every((code) => code === 0)).toBe(true)
    for (const name of BOTH) {
      const gone = arrivals(world, name).flatMap(({ eventId }) => (others.has(eventId) ? [] : [eventId]))
      expect(gone.length).toBeGreaterThan(0)
      expect(gone).toEqual(hog.slice(0, gone.length))
    }
    expect([world.segment.duplicates(), world.clevertap.duplicates()]).toEqual([[], []])
    for (const { mostInFlight } of [world.segment, world.clevertap]) {
      expect(mostInFlight).toBeLessThanOrEqual(WIDTH)
    }
  })

  it('a project that floods does not hold up another', { timeout: FULL ? 600_000 : 150_000 }, async () => {
    const settings = { write_key: 'wk_live' }
    const { world, ask, storage } = await prepared({
      id: 'flood',
      integrations: [{ id: 'segment', destination: 'segment', live_from: ALWAYS, settings }],
    })
    const dueAt = Date.now() - 60_000
    for (let n = 0; n < FLOOD; n += 50) {
      const some = Array.from({ length: 50 }, (_, m) => ({ customer: `flood-${n + m}`, events: 4 }))
      const each = { project: 'flood', integrations: ['segment'], dueAt }
      await Promise.all(some.map((one) => putWaiting(storage, { ...each, ...one })))
    }
    const others = await putOthers(storage, dueAt + 1_000)
    const fleet = await startFleet(world, ask, ['worker', 'worker', 'worker', 'worker'])
    await until('the others are done', () => doneAt(arrivals(world, 'segment'), others) !== null, 90_000)
    const done = doneAt(arrivals(world, 'segment'), others)
    console.log(`after ${done?.request} requests, ${done?.rest} of ${FLOOD * 4} of the flood`)
    // Channel by channel in turn: of two that are busy each has about half of the requests.
    expect(done?.rest).toBeLessThan(FLOOD * 2)
    expect(done?.request).toBeLessThan(100)
    expect((await fleet.stop()).every((code) => code === 0)).toBe(true)
    // Four processes together have no more in flight than two channels may.
    expect(world.segment.mostInFlight).toBeGreaterThan(2)
    expect(world.segment.mostInFlight).toBeLessThanOrEqual(2 * WIDTH)
  })
})

describe('a destination that hangs', () => {
  it('keeps no other from its requests, however many channels it has', { timeout: 60_000 }, async () => {
    const url = await cluster.createDatabase()
    await (await openPostgres({ url, migrate: true })).close()
    const standIns = await openStandIns()
    afterwards(() => standIns.close())
    standIns.use(Date.now)
    const projects = Array.from({ length: 80 }, (_, n) => `p${n}`)
    const integrations = [segmentIntegration('acme'), ...projects.map((project) => clevertapIntegration(project))]
    const { storage } = await openRoom({ url, standIns, integrations, random: randomOf('hangs') })
    standIns.clevertap.always({ kind: 'delay', delayMs: 8_000 })
    const dueAt = Date.now()
    for (const project of projects) {
      await putWaiting(storage, { project, customer: 'ann', events: 1, integrations: ['clevertap'], dueAt })
    }
    await until('all that may hang does', () => standIns.clevertap.inFlight >= 64)
    const hanging = standIns.clevertap.requests
    for (let n = 0; n < 20; n += 1) {
      await putWaiting(storage, { project: 'acme', customer: `c${n}`, events: 2, integrations: ['segment'], dueAt })
    }
    await until('the other has all', () => new Set(standIns.segment.ledger.map(({ eventId }) => eventId)).size >= 40)
    // Not one of them had been answered by then.
    expect(standIns.clevertap.inFlight).toBe(hanging)
    standIns.clevertap.always(null)
  })
})
