import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { StorageRefused, StorageUnavailable } from '../../src/storage/errors.ts'
import { storageFault } from '../../src/storage/postgres/faults.ts'
import { openPostgres } from '../../src/storage/postgres/open.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { PATIENT } from '../patience.ts'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { openSide } from './postgres-side.ts'
import { announce, channels, claimOne, notification, settlement } from './samples.ts'

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster({ fsync: true, tcp: true })
})
afterAll(async () => {
  await cluster.stop()
})

/** Waits until a call succeeds; gives what it said before. */
async function recovered(act: () => Promise<unknown>): Promise<readonly string[]> {
  const said: string[] = []
  await vi.waitFor(
    () =>
      act().catch((error: unknown) => {
        expect(error).toBeInstanceOf(StorageUnavailable)
        said.push((error as Error).message)
        throw error
      }),
    { timeout: 20_000, interval: 20 },
  )
  return said
}

describe('opening', () => {
  const refusal = (url: string, migrate = true): Promise<unknown> =>
    openPostgres({ url, migrate }).then(
      (storage) => storage.close(),
      (error: unknown) => error,
    )

  it('refuses a database without the schema when it may not migrate, and one of a newer program always', async () => {
    const url = await cluster.createDatabase()
    const empty = await refusal(url, false)
    expect(empty).toBeInstanceOf(StorageRefused)
    expect(String(empty)).toMatch(/no schema of this version: run "tributary migrate"/)
    expect(await refusal(url)).toBeUndefined()
    expect(await refusal(url, false)).toBeUndefined()
    cluster.sql(url, `INSERT INTO tributary.migrations (number, file) VALUES (9999, 'future.sql')`)
    const newer = await refusal(url)
    expect(newer).toBeInstanceOf(StorageRefused)
    expect(String(newer)).toMatch(/written by a newer Tributary \(schema 9999, this one knows \d+\)/)
  })

  it('of many at once migrates once', async () => {
    const url = await cluster.createDatabase()
    const storages = await Promise.all(Array.from({ length: 5 }, () => openPostgres({ url, migrate: true })))
    await Promise.all(storages.map((storage) => storage.close()))
    const count = Number(cluster.sql(url, 'SELECT count(*) FROM tributary.migrations'))
    expect(count).toBe(Number(cluster.sql(url, 'SELECT max(number) FROM tributary.migrations')))
  })

  it('says in one sentence what is in the way', async () => {
    const url = await cluster.createDatabase()
    const other = await cluster.createDatabase()
    cluster.sql(other, 'CREATE SCHEMA tributary; CREATE TABLE tributary.things (id int)')
    cluster.sql(url, 'CREATE ROLE guest LOGIN')
    cluster.sql(url, `CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0`)
    const cases: readonly (readonly [string, RegExp, typeof StorageRefused | typeof StorageUnavailable])[] = [
      [url.replace(/\/t\d+\?/, '/nowhere?'), /no such database .*createdb/, StorageRefused],
      [url.replace(/\/t\d+\?/, '/latin?'), /not in UTF8/, StorageRefused],
      [other, /belongs to another program/, StorageRefused],
      [url.replace('postgres@', 'guest@'), /refuses this user .*grant it CREATE/, StorageRefused],
      [url.replace('postgres@', 'nobody-here@'), /refuses the user or password/, StorageRefused],
      ['postgres://postgres@127.0.0.1:1/x', /does not answer \(ECONNREFUSED\)/, StorageUnavailable],
      ['postgres://postgres@/x?host=/nonexistent', /does not answer \(ENOENT\)/, StorageUnavailable],
    ]
    for (const [given, sentence, kind] of cases) {
      const error = await refusal(given)
      expect(error, given).toBeInstanceOf(kind)
      expect(String(error)).toMatch(sentence)
      expect(String(error)).not.toMatch(/\n/)
    }
  })

  it('asks for TLS where the address does, and says that the server has none', async () => {
    const url = cluster.overTcp(await cluster.createDatabase())
    expect(String(await refusal(`${url}?sslmode=verify-full`))).toMatch(/does not answer \(.*SSL/)
    expect(await refusal(url)).toBeUndefined()
  })
})

describe('a server that goes away', () => {
  let url = ''
  let storage: Storage
  beforeEach(async () => {
    url = cluster.overTcp(await cluster.createDatabase())
    storage = await openPostgres({ url, migrate: true })
  })
  afterEach(async () => {
    await storage.close()
  })

  it('loses nothing that was confirmed, is told in one sentence, and is found again by itself', async () => {
    const confirmed = new Set<string>()
    let stopped = false
    let n = 0
    const keepers = Array.from({ length: 4 }, async () => {
      while (!stopped) {
        n += 1
        const row = notification(`k${n}`)
        try {
          await storage.keepNotifications([row])
          confirmed.add(row.id)
        } catch (error) {
          expect(error).toBeInstanceOf(StorageUnavailable)
          // The pace of a sender who is told to come again: without it four of them spin. The test's end stops it.
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      }
    })
    for (const mode of ['immediate', 'fast', 'immediate'] as const) {
      const before = confirmed.size
      await vi.waitFor(() => expect(confirmed.size).toBeGreaterThan(before + 20), { timeout: 20_000 })
      await cluster.halt(mode)
      const error = await storage.ping().then(
        () => null,
        (failed: unknown) => failed,
      )
      expect(String(error)).toMatch(/PostgreSQL at 127\.0\.0\.1:\d+\/t\d+ .*Tributary goes on by itself\.$/)
      await cluster.start()
    }
    await recovered(() => storage.ping())
    const before = confirmed.size
    await vi.waitFor(() => expect(confirmed.size).toBeGreaterThan(before + 20), { timeout: 20_000 })
    stopped = true
    await Promise.all(keepers)
    const kept = new Set(cluster.sql(url, 'SELECT id FROM tributary.notifications').split('\n'))
    expect(confirmed.size).toBeGreaterThan(60)
    expect([...confirmed].filter((id) => !kept.has(id))).toEqual([])
  })

  it('claims, settles, numbers and hears words again when it is back', async () => {
    await channels(storage, 'segment')
    await cluster.restart('immediate')
    const words = new Set<string>()
    storage.onWork((what) => words.add(what))
    await recovered(() => announce(storage, 'ann', [1]))
    const said = await recovered(async () => {
      const lot = await claimOne(storage, { owner: storage.owner })
      if (lot === null) throw new StorageUnavailable('nothing yet', 1)
      await storage.settleLot(settlement(lot))
    })
    expect(said.every((sentence) => /goes on by itself|nothing yet/.test(sentence))).toBe(true)
    const side = await openSide(url)
    await side.numbered()
    await side.close()
    const other = await openPostgres({ url, migrate: false })
    await vi.waitFor(() => expect(words.size).toBeGreaterThan(0), { timeout: 10_000 })
    words.clear()
    await other.keepNotifications([notification('a')])
    await vi.waitFor(() => expect([...words]).toContain('inbox'), PATIENT)
    await other.close()
  })
})

describe('a server that is there and cannot', () => {
  it('is a standby for a while, as in a failover: said as what it is, and found again as the primary', async () => {
    const url = cluster.overTcp(await cluster.createDatabase())
    const storage = await openPostgres({ url, migrate: true })
    await storage.setMeta('before', '1')
    await cluster.demote()
    const error = await openPostgres({ url, migrate: false }).catch((failed: unknown) => failed)
    expect(String(error)).toMatch(/is a standby and takes no writes: point TRIBUTARY_DATABASE_URL to the primary/)
    await vi.waitFor(() => expect(storage.setMeta('meanwhile', '1')).rejects.toThrow(/takes no writes \(a standby/), {
      timeout: 10_000,
    })
    expect(await storage.getMeta('before')).toBe('1')
    cluster.promote()
    await recovered(() => storage.setMeta('after', '1'))
    await recovered(() => storage.claimNotifications({ now: 0, limit: 1, owner: storage.owner, leaseUntil: 1 }))
    await storage.close()
  })

  it('each fault has its sentence', () => {
    const said = (code: string) =>
      storageFault(Object.assign(new Error('why'), { code, severity: 'ERROR' }), 'db/x')?.message ?? null
    expect(said('53100')).toMatch(/disk of PostgreSQL at db\/x is full: free some space/)
    expect(said('53300')).toMatch(/no connection left: raise max_connections/)
    expect(said('57014')).toMatch(/longer than 5 s/)
    expect(said('57P01')).toMatch(/ended the connection/)
    expect(said('XX001')).toMatch(/damage/)
    expect(said('23505')).toBeNull()
    expect(storageFault(new RangeError('a bug of ours'), 'db/x')).toBeNull()
  })

  it('holds a lock too long: the call gives up within ten seconds, and goes through afterwards', async () => {
    const url = await cluster.createDatabase()
    const storage = await openPostgres({ url, migrate: true })
    await channels(storage, 'segment')
    await announce(storage, 'ann', [1])
    const side = await openSide(url)
    await side.query('BEGIN')
    await side.query('SELECT 1 FROM customers FOR UPDATE')
    const start = performance.now()
    const error = await announce(storage, 'ann', [2]).then(
      () => null,
      (failed: unknown) => failed,
    )
    expect(performance.now() - start).toBeLessThan(10_000)
    expect(error).toBeInstanceOf(StorageUnavailable)
    expect(String(error)).toMatch(/longer than 5 s/)
    await side.query('ROLLBACK')
    await announce(storage, 'ann', [2])
    expect((await storage.countDeliveries('acme', 'segment')).waiting).toBe(2)
    await side.close()
    await storage.close()
  })

  it('stands still: no caller hangs for more than ten seconds, and all goes on with it', async () => {
    const url = cluster.overTcp(await cluster.createDatabase())
    const storage = await openPostgres({ url, migrate: true })
    await Promise.all(Array.from({ length: 8 }, (_, n) => storage.setMeta(`m${n}`, '1')))
    cluster.pause()
    const start = performance.now()
    const calls = [
      ...Array.from({ length: 10 }, (_, n) => storage.setMeta(`m${n}`, '2')),
      storage.getMeta('m0'),
      storage.keepNotifications([notification('a')]),
    ]
    const ends = await Promise.allSettled(calls)
    const waited = performance.now() - start
    cluster.resume()
    expect(ends.map((end) => end.status === 'rejected' && end.reason instanceof StorageUnavailable)).toEqual(
      calls.map(() => true),
    )
    expect(waited).toBeLessThan(10_000)
    await recovered(() => storage.keepNotifications([notification('a')]))
    await storage.close()
  })

  it('a deadlock is computed again, and both ends arrive', async () => {
    const url = await cluster.createDatabase()
    const storage = await openPostgres({ url, migrate: true })
    await announce(storage, 'ann', [1], { integrations: [] })
    const side = await openSide(url)
    await side.query(`SET deadlock_timeout = '10s'`)
    await side.query('CREATE TABLE other (id int PRIMARY KEY)')
    await side.query(`INSERT INTO other VALUES (1)`)
    // The step's INSERT takes the other row after the customer; the session beside takes them the other way round.
    await side.query(`CREATE FUNCTION cross_over() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM 1 FROM other FOR UPDATE; RETURN NEW; END $$`)
    await side.query('CREATE TRIGGER cross_over BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION cross_over()')
    await side.query('BEGIN')
    await side.query('SELECT 1 FROM other FOR UPDATE')
    const step = announce(storage, 'ann', [2], { integrations: [] })
    await vi.waitFor(async () => {
      const waiting = cluster.sql(url, `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'`)
      expect(waiting).toBe('1')
    }, PATIENT)
    await side.query('SELECT 1 FROM customers FOR UPDATE')
    await side.query('COMMIT')
    await step
    expect(Number(cluster.sql(url, 'SELECT count(*) FROM tributary.events'))).toBe(2)
    await side.close()
    await storage.close()
  })
})
