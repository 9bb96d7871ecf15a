import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { randomOf } from '../seed.ts'
import { collectRun } from './evidence.ts'
import { claimsOf, inFlightOf, onPostgres, openAsk, startFleet } from './fleet.ts'
import { startFollower } from './follower.ts'
import { DAY, postAll, startWorld, until } from './harness.ts'
import { problemsOf } from './journal.ts'
import { crowd } from './lives.ts'
import { drained } from './producer.ts'
import { told } from './reference.ts'

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster.stop())

describe('on PostgreSQL, a process that stands still and does not die', () => {
  it('is taken over within 35 s, and changes nothing when it goes on', { timeout: 150_000 }, async () => {
    const url = await cluster.createDatabase()
    const world = await startWorld({ env: onPostgres(url) })
    const ask = openAsk(url)
    const notifications = crowd(
      world,
      { count: 80, until: Date.now(), within: 180 * DAY, sandboxShare: 0 },
      randomOf('stopped'),
    )
    const [warm, first, rest] = [notifications.slice(0, 40), notifications.slice(40, 70), notifications.slice(70)]
    const alone = await startFleet(world, ask, ['all'])
    const [still] = alone.members
    if (still === undefined) throw new Error('it has started')
    const { address } = still.hub
    await postAll(address, warm)
    await until('its channels are open', () => drained(address), 60_000)
    // Answered late enough that it stands still in the middle of its requests.
    world.clevertap.always({ kind: 'delay', delayMs: 5_000 })
    await postAll(address, first)
    await until('it has much in flight', async () => (await inFlightOf(ask, still.owner)).length >= 3)
    still.hub.child.kill('SIGSTOP')
    const stopped = performance.now()
    const inFlight = await inFlightOf(ask, still.owner)
    world.clevertap.always(null)
    const others = await startFleet(world, ask, ['all'])
    const [door = ''] = others.doors
    const follower = startFollower([door], 10)
    await until('its claims are free', async () => (await claimsOf(ask, still.owner)) === 0, 35_000)
    const takenOverMs = performance.now() - stopped
    await until('all is delivered', () => drained(door), 60_000)
    const sent = world.clevertap.ledger.length

    still.hub.child.kill('SIGCONT')
    await postAll(address, rest)
    await until('both go on', () => drained(address), 60_000)
    await until('every event is numbered', async () => (await ask('SELECT 1 FROM unnumbered LIMIT 1')).length === 0)
    await follower.finish()
    expect([...(await alone.stop()), ...(await others.stop())]).toEqual([0, 0])
    expect(world.clevertap.ledger.length).toBeGreaterThan(sent)

    console.log(`${inFlight.length} in flight of one that stood still, taken over after ${Math.round(takenOverMs)} ms`)
    const expected = told(notifications)
    const mayDouble = (name: string) =>
      new Map(inFlight.filter(({ integrationId }) => integrationId === name).map(({ eventId }) => [eventId, 1]))
    const accepted = notifications.map(({ uuid }) => uuid)
    expect(problemsOf(await collectRun(world, { accepted, expected, mayDouble }))).toEqual([])
    expect([...follower.seen].sort()).toEqual(expected.map(({ id }) => id).sort())
  })
})
