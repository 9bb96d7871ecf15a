import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { KEY, onPostgres, openAsk } from './fleet.ts'
import { startWorld, type World } from './harness.ts'
import { ended, freePort, type HubProcess, spawnHub, startProcess } from './process.ts'

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster.stop())

async function world(): Promise<{ readonly world: World; readonly url: string }> {
  const url = await cluster.createDatabase()
  return { world: await startWorld({ env: onPostgres(url) }), url }
}

async function start(on: World): Promise<HubProcess> {
  return startProcess(on, await freePort())
}

describe('the start on PostgreSQL', () => {
  it('of three processes at once on an empty database brings up the schema and the settings once', async () => {
    const { world: on, url } = await world()
    const hubs = await Promise.all([start(on), start(on), start(on)])
    const ask = openAsk(url)
    const made = await ask<{ number: number; times: string }>(
      'SELECT number, count(*) AS times FROM migrations GROUP BY 1 ORDER BY 1',
    )
    expect(made.length).toBeGreaterThan(0)
    expect(made.map(({ number, times }) => [number, times])).toEqual(made.map((_, index) => [index + 1, '1']))
    expect((await ask('SELECT 1 FROM channels')).length).toBe(4)
    expect(hubs.map((hub) => hub.errors())).toEqual(['', '', ''])
    expect(await Promise.all(hubs.map((hub) => hub.stop()))).toEqual([0, 0, 0])
    console.log(`ready after ${hubs.map(({ readyMs }) => Math.round(readyMs)).join(', ')} ms, all at once`)
    const again = await start(on)
    console.log(`and one alone after ${Math.round(again.readyMs)} ms`)
    expect(await again.stop()).toBe(0)
  })

  it('is refused on the schema of a newer version, with one sentence', async () => {
    const { world: on, url } = await world()
    expect(await (await start(on)).stop()).toBe(0)
    await openAsk(url)(`INSERT INTO migrations (number, file) VALUES (9999, '9999-later.sql')`)
    const { code, said } = await ended(spawnHub(on))
    expect(code).toBe(1)
    expect(said.trim().split('\n')).toHaveLength(1)
    expect(said).toMatch(/was written by a newer Tributary \(schema 9999, .*restore a backup/)
  })

  it('is refused with --no-migrate on none and on an older schema, with one sentence, and changes nothing', async () => {
    const { world: on, url } = await world()
    const ask = openAsk(url)
    const none = await ended(spawnHub(on, {}, ['--no-migrate']))
    expect([none.code, none.said.trim().split('\n').length]).toEqual([1, 1])
    expect(none.said).toMatch(/no schema of this version: run "tributary migrate", or start without --no-migrate/)
    expect(await ask(`SELECT 1 FROM pg_tables WHERE schemaname = 'tributary'`)).toEqual([])
    expect(await (await start(on)).stop()).toBe(0)
    const count = async () => (await ask('SELECT 1 FROM migrations')).length
    const whole = await count()
    await ask('DELETE FROM migrations WHERE number = (SELECT max(number) FROM migrations)')
    const older = await ended(spawnHub(on, {}, ['--no-migrate']))
    expect([older.code, older.said]).toEqual([1, none.said])
    expect(await count()).toBe(whole - 1)
  })

  it('is refused with another key than the database was made with', async () => {
    const { world: on } = await world()
    expect(await (await start(on)).stop()).toBe(0)
    const other = Buffer.alloc(32, 8).toString('base64')
    expect(other).not.toBe(KEY)
    const { code, said } = await ended(spawnHub(on, { TRIBUTARY_SECRET_KEY: other }))
    expect([code, said.trim().split('\n').length]).toEqual([1, 1])
    expect(said).toMatch(/TRIBUTARY_SECRET_KEY/)
  })
})
