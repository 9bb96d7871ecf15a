import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { randomOf } from '../seed.ts'
import {
  compared,
  DAY,
  eventsOf,
  postAll,
  type RunningHub,
  startInProcess,
  startWorld,
  until,
  type World,
} from './harness.ts'
import { crowd } from './lives.ts'
import { told } from './reference.ts'

/** The same hub on PostgreSQL, alone and in roles: what one process takes in, another understands and delivers. */

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster.stop())

const KEY = Buffer.alloc(32, 7).toString('base64')

async function onPostgres(world: World): Promise<(role: string) => Promise<RunningHub>> {
  const url = await cluster.createDatabase()
  return (role) =>
    startInProcess(world, {
      env: { TRIBUTARY_DATABASE_URL: url, TRIBUTARY_SECRET_KEY: KEY, TRIBUTARY_ROLE: role },
    })
}

function deliveredBy(world: World): readonly (string | null)[] {
  return [...new Set(world.clevertap.accepted().map(({ eventId }) => eventId))].sort()
}

describe('on PostgreSQL', () => {
  it('one process tells, delivers and follows as the embedded hub does', async () => {
    const world = await startWorld()
    const start = await onPostgres(world)
    const hub = await start('all')
    const notifications = crowd(
      world,
      { count: 120, until: Date.now(), within: 180 * DAY, sandboxShare: 0.2 },
      randomOf('postgres'),
    )
    const answers = await postAll(hub.address, notifications)
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    await hub.idle()
    const expected = told(notifications)
    await until('every event can be followed', async () => (await eventsOf(hub.address)).length === expected.length)
    const events = await eventsOf(hub.address)
    expect(events.map(({ id }) => id).sort()).toEqual(expected.map(({ id }) => id).sort())
    const named = events.filter(({ name }) => name !== null).map(({ id }) => id)
    expect(deliveredBy(world)).toEqual([...named].sort())
    expect([world.clevertap.duplicates(), world.segment.duplicates(), world.segment.dropped()]).toEqual([[], [], []])
  })

  it('a web process takes in, two workers understand and deliver; new settings reach all', async () => {
    const world = await startWorld()
    const start = await onPostgres(world)
    const web = await start('web')
    const workers = [await start('worker'), await start('worker')]
    const notifications = crowd(
      world,
      { count: 120, until: Date.now(), within: 180 * DAY, sandboxShare: 0 },
      randomOf('roles'),
    )
    const answers = await postAll(web.address, notifications)
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    const expected = told(notifications)
    await until('all is understood', async () => (await eventsOf(web.address)).length === expected.length)
    const named = (await eventsOf(web.address)).filter(({ name }) => name !== null).map(({ id }) => id)
    await until('all is delivered', () => {
      expect(deliveredBy(world)).toEqual([...named].sort())
      return true
    })
    expect(compared(await eventsOf(web.address)).ids.length).toBe(expected.length)
    expect([world.clevertap.duplicates(), world.segment.duplicates()]).toEqual([[], []])
    expect(workers.every(({ metricsAddress }) => metricsAddress !== null)).toBe(true)
  })
})
