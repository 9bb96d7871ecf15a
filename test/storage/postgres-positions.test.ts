import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openPostgres } from '../../src/storage/postgres/open.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { PATIENT } from '../patience.ts'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { openSide, type Side } from './postgres-side.ts'
import { announce, event } from './samples.ts'

let cluster: Cluster
let url = ''
let side: Side
beforeAll(async () => {
  cluster = await startCluster()
  url = await cluster.createDatabase()
  await (await openPostgres({ url, migrate: true })).close()
  side = await openSide(url)
})
afterAll(async () => {
  await side.close()
  await cluster.stop()
})

const WRITERS = 8
const EACH = 20

/**
 * Commits come in another order than their rows were written: a deferred trigger keeps each transaction waiting in its
 * COMMIT, the first ones longest. In the same transaction a row goes into `naive`, whose position is a serial.
 */
async function delayCommits(): Promise<void> {
  await side.query('CREATE TABLE naive (position bigserial PRIMARY KEY, event_id text NOT NULL)')
  await side.query(`CREATE FUNCTION number_naively() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO naive (event_id) VALUES (NEW.id); RETURN NEW; END $$`)
  await side.query(`CREATE FUNCTION commit_late() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_sleep(CASE WHEN random() < 0.3 THEN 0.15 ELSE 0 END); RETURN NULL; END $$`)
  await side.query('CREATE TRIGGER naive BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION number_naively()')
  await side.query(`CREATE CONSTRAINT TRIGGER late AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION commit_late()`)
}

interface Seen {
  readonly ids: readonly string[]
  readonly positions: readonly number[]
}

/** Reads behind the last place it was given, page after page, until `ended` and nothing is left. */
async function follow(
  read: (after: number) => Promise<readonly (readonly [id: string, position: number])[]>,
  ended: () => boolean,
): Promise<Seen> {
  const ids: string[] = []
  const positions: number[] = []
  for (;;) {
    const last = ended()
    const page = await read(positions.at(-1) ?? 0)
    for (const [id, position] of page) {
      ids.push(id)
      positions.push(position)
    }
    if (last && page.length === 0) return { ids, positions }
  }
}

function list(storage: Storage, after: string) {
  return storage.listEvents({
    projectId: 'acme',
    after,
    before: null,
    types: [],
    customer: null,
    environment: null,
    limit: 7,
  })
}

describe('cursor positions under commits in nasty orders', () => {
  it('a follower sees every event once, in order, also while the numbering process goes; a serial misses some', async () => {
    await delayCommits()
    const numbering = await openPostgres({ url, migrate: false })
    const holds = async () =>
      Number((await side.query(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 2`))[0]?.[0])
    await vi.waitFor(async () => expect(await holds()).toBe(1), PATIENT)
    const [first, second] = await Promise.all([
      openPostgres({ url, migrate: false }),
      openPostgres({ url, migrate: false }),
    ])
    let written = 0
    let finished = false
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      for (let n = 0; n < EACH; n += 1) {
        await announce(writer % 2 === 0 ? first : second, `w${writer}`, [n], { integrations: [] })
        written += 1
        // Its successor is one of the others.
        if (written === (WRITERS * EACH) / 2) await numbering.close()
      }
    })
    const ended = Promise.all(writers).then(async () => {
      await side.numbered()
      finished = true
    })
    const [ours, naive] = await Promise.all([
      follow(
        async (after) =>
          (await list(first, String(after))).items.map(({ event: one, position }) => [one.id, position ?? Number.NaN]),
        () => finished,
      ),
      follow(
        async (after) => {
          const rows = await side.query(
            'SELECT event_id, position FROM naive WHERE position > $1 ORDER BY position LIMIT 7',
            [after],
          )
          return rows.map(([id, position]) => [String(id), Number(position)])
        },
        () => finished,
      ),
    ])
    await ended
    await Promise.all([first.close(), second.close()])
    const all = Array.from({ length: WRITERS * EACH }, (_, n) => event(`w${n % WRITERS}`, Math.floor(n / WRITERS)).id)
    expect([...ours.ids].sort()).toEqual([...all].sort())
    expect(ours.positions).toEqual(Array.from({ length: WRITERS * EACH }, (_, n) => n + 1))
    // The same transactions, the same following, numbered by a serial: it does not hold what ours promises.
    expect(new Set(naive.ids).size).toBe(naive.ids.length)
    expect(naive.ids.length).toBeLessThan(WRITERS * EACH)
  })

  it('an event has its position soon after its commit, in this process and in another', async () => {
    await side.query('DROP TRIGGER late ON events')
    const storages = await Promise.all([1, 2].map(() => openPostgres({ url, migrate: false })))
    const waits: number[] = []
    for (let n = 0; n < 10; n += 1) {
      for (const storage of storages) {
        const [one] = await announce(storage, `soon${storages.indexOf(storage)}`, [n], { integrations: [] })
        const start = performance.now()
        await vi.waitFor(
          async () => expect((await storage.getEvent('acme', one?.id ?? ''))?.position).toBeGreaterThan(0),
          { timeout: 2_000, interval: 2 },
        )
        waits.push(performance.now() - start)
      }
    }
    await Promise.all(storages.map((storage) => storage.close()))
    waits.sort((a, b) => a - b)
    // By word and not by the poll of half a second.
    expect(waits[waits.length >> 1]).toBeLessThan(250)
    expect(waits).toHaveLength(20)
  })

  it('positions go on behind the last one given, whatever is left of it', async () => {
    const before = Number((await side.query('SELECT position FROM last_position'))[0]?.[0])
    await side.query('DELETE FROM event_places')
    const storage = await openPostgres({ url, migrate: false })
    const [one] = await announce(storage, 'later', [1], { integrations: [] })
    await side.numbered()
    expect((await storage.getEvent('acme', one?.id ?? ''))?.position).toBe(before + 1)
    await storage.close()
  })
})
