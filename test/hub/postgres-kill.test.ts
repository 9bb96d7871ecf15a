import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { randomOf } from '../seed.ts'
import { collectRun, DESTINATIONS, keptNotifications, reading } from './evidence.ts'
import { claimsOf, type Fleet, type InFlight, onPostgres, openAsk, startFleet } from './fleet.ts'
import { startFollower } from './follower.ts'
import { startWorld, until } from './harness.ts'
import { problemsOf } from './journal.ts'
import { crowd } from './lives.ts'
import { drained, startProducer } from './producer.ts'
import { told } from './reference.ts'

const FULL = process.env.TRIBUTARY_TEST_FULL === '1'
const KILLS = FULL ? 50 : 8
const CRASHES = FULL ? 10 : 2
const NOTIFICATIONS = 2_000
/** What the issue of a dead process may wait for: the lease, and a round of whoever looks. */
const TAKEN_OVER_MS = 35_000

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster.stop())

/** `KILLS` times a process, `CRASHES` times the server, in a drawn order. */
function accidents(random: () => number): readonly ('process' | 'server')[] {
  const all = Array.from({ length: KILLS + CRASHES }, (_, n) =>
    n < KILLS ? ('process' as const) : ('server' as const),
  )
  return all
    .map((what) => ({ what, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ what }) => what)
}

/** Destination → event → how often it was in flight of a process that died: it may come once more for each. */
function startUncertainty() {
  const mayDouble = new Map<string, Map<string, number>>(DESTINATIONS.map((name) => [name, new Map()]))
  return {
    of: (name: string): ReadonlyMap<string, number> => mayDouble.get(name) ?? new Map(),
    died: (inFlight: readonly InFlight[]): void => {
      for (const { integrationId, eventId } of inFlight) {
        const of = mayDouble.get(integrationId)
        of?.set(eventId, (of.get(eventId) ?? 0) + 1)
      }
    },
  }
}

function shown(ms: readonly number[]): string {
  return ms.map((one) => String(Math.round(one))).join(', ')
}

describe('on PostgreSQL, four processes, of which some are killed and the server too', () => {
  it(`lose nothing, double only what a dead one had in flight and keep the order: ${KILLS} kills, ${CRASHES} crashes`, {
    timeout: FULL ? 1_200_000 : 300_000,
  }, async () => {
    const random = randomOf('postgres kills')
    const url = await cluster.createDatabase()
    const world = await startWorld({ latencyMs: 15, env: onPostgres(url) })
    const ask = openAsk(url)
    const notifications = crowd(world, { count: NOTIFICATIONS, until: Date.now() }, random)
    const fleet: Fleet = await startFleet(world, ask, ['all', 'all', 'web', 'worker'])
    const readyMs: number[] = []
    const takenOverMs: number[] = []
    const uncertain = startUncertainty()
    const producer = startProducer(fleet.doors, notifications)
    const followers = [startFollower(fleet.doors, 7), startFollower(fleet.doors, 100)]

    const keptAll = async (): Promise<void> => {
      const answered = [...producer.accepted]
      const kept = await reading(world, keptNotifications)
      expect(answered.filter((uuid) => !kept.has(uuid))).toEqual([])
    }
    const killOne = async (waitFirst: boolean): Promise<void> => {
      // The web process claims nothing: it is killed less often than the others.
      const index = [0, 0, 1, 1, 2, 3, 3][Math.floor(random() * 7)] ?? 0
      const { owner, inFlight } = await fleet.kill(index)
      const died = performance.now()
      uncertain.died(inFlight)
      if (waitFirst) {
        // Nobody comes back: the others must find what it had claimed.
        await until('its claims are free', async () => (await claimsOf(ask, owner)) === 0, TAKEN_OVER_MS)
        takenOverMs.push(performance.now() - died)
      }
      const { hub } = await fleet.revive(index)
      readyMs.push(hub.readyMs)
      await until('its claims are free', async () => (await claimsOf(ask, owner)) === 0, TAKEN_OVER_MS)
      if (!waitFirst) takenOverMs.push(performance.now() - died)
    }

    const planned = accidents(random)
    for (const [number, what] of planned.entries()) {
      const at = Math.floor(((number + random()) / planned.length) * NOTIFICATIONS)
      await until(`${at} notifications are accepted`, () => producer.accepted.size >= at, 120_000)
      await pause(random() * 60)
      if (what === 'process') await killOne(number % 4 === 0)
      else {
        await cluster.halt('immediate')
        await pause(random() * 500)
        await cluster.start()
      }
      await keptAll()
    }
    await producer.done
    const door = fleet.doors[0] ?? ''
    const accepted = performance.now()
    await until('everything is delivered', () => drained(door), 120_000)
    const drainedMs = performance.now() - accepted
    await until('every event is numbered', async () => (await ask('SELECT 1 FROM unnumbered LIMIT 1')).length === 0)
    await Promise.all(followers.map((one) => one.finish()))
    expect(fleet.members.map(({ hub }) => hub.errors())).toEqual(['', '', '', ''])
    expect(await fleet.stop()).toEqual([0, 0, 0, 0])

    const expected = told(notifications)
    const run = await collectRun(world, { accepted: [...producer.accepted], expected, mayDouble: uncertain.of })
    const doubled = run.destinations.map(({ name, receipts }) => {
      const most = [...uncertain.of(name).values()].reduce((sum, one) => sum + one, 0)
      return `${name} ${receipts.length - new Set(receipts.map(({ id }) => id)).size} of at most ${most}`
    })
    console.log(
      `${KILLS} kills and ${CRASHES} crashes of the server: ${expected.length} events, doubled ${doubled.join(', ')}; ` +
        `${producer.journal.length - NOTIFICATIONS} attempts of the store without a 200; ` +
        `claims of the dead free after ${shown(takenOverMs)} ms; ready after ${shown(readyMs)} ms; the rest after ${shown([drainedMs])} ms`,
    )
    expect(problemsOf(run).slice(0, 20)).toEqual([])
    expect(run.accepted).toHaveLength(NOTIFICATIONS)
    expect(expected.length).toBeGreaterThan(NOTIFICATIONS / 2)
    expect(run.ledger.size).toBeGreaterThanOrEqual(3)
    expect(takenOverMs).toHaveLength(KILLS)
    for (const { seen } of followers) {
      expect(seen).toHaveLength(expected.length)
      expect([...seen].sort()).toEqual(expected.map(({ id }) => id).sort())
    }
    expect(followers[0]?.seen).toEqual(followers[1]?.seen)
    // A bound that a busy machine keeps; the figures themselves are printed above.
    expect(readyMs.toSorted((a, b) => a - b)[readyMs.length >> 1]).toBeLessThan(10_000)
  })
})
