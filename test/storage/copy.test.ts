import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { copyAll } from '../../src/cli/db-copy/copy.ts'
import { openDigest } from '../../src/cli/db-copy/digest.ts'
import type { Values } from '../../src/storage/columns.ts'
import { COPY_TABLES, type CopyTable, columnNames } from '../../src/storage/copy.ts'
import { openPostgresSource, openPostgresTarget } from '../../src/storage/postgres/copy/copying.ts'
import { openPostgres } from '../../src/storage/postgres/open.ts'
import { openFolderSource, openFolderTarget } from '../../src/storage/sqlite/copy/copying.ts'
import { databaseFile, openForWriting } from '../../src/storage/sqlite/database.ts'
import { openEmbedded } from '../../src/storage/sqlite/open.ts'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { fill, seen } from './filled.ts'
import { announce, claimOne, NOW, SECOND } from './samples.ts'

let cluster: Cluster
let root: string
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster.stop())
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tributary-copy-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const folder = (name: string): string => join(root, name)
const nobodyMoves = (): void => undefined

async function filledFolder(name: string): Promise<string> {
  const storage = await openEmbedded({ folder: folder(name) })
  await fill(storage)
  await storage.close()
  return folder(name)
}

async function toPostgres(from: string, url: string) {
  const source = openFolderSource(from, NOW + SECOND)
  const target = await openPostgresTarget(url)
  try {
    const result = await copyAll(source, target, nobodyMoves)
    await target.finish()
    return result
  } finally {
    await target.close()
    await source.close()
  }
}

async function toFolder(url: string, to: string) {
  const source = await openPostgresSource(url, () => NOW + SECOND)
  const target = openFolderTarget(to)
  try {
    const result = await copyAll(source, target, nobodyMoves)
    await target.finish()
    return result
  } finally {
    await target.close()
    await source.close()
  }
}

/** Of the schema, not of the contents: claims, the driver's own numbers, what another table of the copy holds too. */
const LEFT_OUT: Readonly<Record<'embedded' | 'postgres', readonly string[]>> = {
  embedded: [
    'one_time_links',
    'sessions',
    'sign_in_tries',
    'events.occurred_at',
    'events.seq',
    'notification_bodies.n',
    'slots',
    'queue_holds',
    'queues.claimed',
    'queues.lease_until',
    'queues.owner',
  ],
  postgres: [
    'one_time_links',
    'sessions',
    'sign_in_tries',
    'app_inbox.shard',
    'delivery_counts.shard',
    'figures.shard',
    'event_places',
    'fences',
    'last_position',
    'migrations',
    'notifications.lease_until',
    'notifications.owner',
    'packed_bodies',
    'queue_holds',
    'queues.claimed',
    'queues.lease_until',
    'queues.owner',
    'slots',
    'unnumbered',
  ],
}

/** What of a schema does not travel. */
function notCopied(columns: readonly (readonly [table: string, column: string])[]): readonly string[] {
  const copied = new Map(COPY_TABLES.map((table) => [table.name, columnNames(table)]))
  const missing = columns.flatMap(([table, column]) => {
    const names = copied.get(table)
    if (names === undefined) return [table]
    return names.includes(column) || (column === 'n' && table !== 'notification_bodies') ? [] : [`${table}.${column}`]
  })
  return [...new Set(missing)].sort()
}

describe('what is copied', () => {
  it('is every table and column of the embedded schema, with the exceptions that are named', () => {
    const db = openForWriting(root, null)
    const columns = db
      .prepare(
        `SELECT t.name AS tab, c.name AS col FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'`,
      )
      .all()
      .map(({ tab, col }) => [String(tab), String(col)] as const)
    db.close()
    expect(columns.length).toBeGreaterThan(100)
    expect(notCopied(columns)).toEqual([...LEFT_OUT.embedded].sort())
  })

  it('is every table and column of the PostgreSQL schema, with the exceptions that are named', async () => {
    const url = await cluster.createDatabase()
    await (await openPostgres({ url, migrate: true })).close()
    const text = cluster.sql(
      url,
      `SELECT table_name || ' ' || column_name FROM information_schema.columns WHERE table_schema = 'tributary'`,
    )
    const columns = text.split('\n').map((line) => line.split(' ') as [string, string])
    expect(columns.length).toBeGreaterThan(100)
    const left = notCopied(columns).filter((name) => !['events.occurred_at', 'events.seq'].includes(name))
    expect([...left, 'fences'].sort()).toEqual([...LEFT_OUT.postgres].sort())
  })
})

describe('copying to PostgreSQL and back', () => {
  it('brings everything along: positions, order, seq, ids, bodies, counts', async () => {
    const first = await filledFolder('first')
    const url = await cluster.createDatabase()
    const there = await toPostgres(first, url)
    expect(there.differences).toEqual([])
    const back = await toFolder(url, folder('second'))
    expect(back.differences).toEqual([])
    expect(back.tables).toEqual(there.tables)
    const empty = there.tables.filter(({ rows }) => rows === 0).map(({ name }) => name)
    expect(empty).toEqual([])

    const [a, b] = [await openEmbedded({ folder: first }), await openEmbedded({ folder: folder('second') })]
    const p = await openPostgres({ url, migrate: false })
    const [one, two, three] = [await seen(a), await seen(b), await seen(p)]
    await Promise.all([a.close(), b.close(), p.close()])
    expect(JSON.stringify(one)).toContain('odd')
    // Places in lists are a driver's own; contents and order are not.
    expect(contents(two)).toEqual(contents(one))
    expect(contents(three)).toEqual(contents(one))
  })

  it('leaves claims behind: what was in flight is due, alone, and may be doubled', async () => {
    const first = await filledFolder('first')
    const url = await cluster.createDatabase()
    await toPostgres(first, url)
    const storage = await openPostgres({ url, migrate: false })
    const again = await storage.claimNotifications({
      now: NOW + SECOND,
      limit: 9,
      owner: 'new',
      leaseUntil: NOW + 2 * SECOND,
    })
    expect(again.length).toBe(2)
    const lots = []
    for (let lot = await claimOne(storage, { integration: 'clevertap', now: NOW + SECOND, slots: 9 }); lot !== null; ) {
      lots.push(
        lot.queues.map(({ queue, deliveries }) => [
          queue.alone,
          deliveries.map(({ delivery }) => delivery.mayBeDoubled),
        ]),
      )
      lot = await claimOne(storage, { integration: 'clevertap', now: NOW + SECOND, slots: 9 })
    }
    await storage.close()
    expect(lots.flat().filter(([alone]) => alone)).toEqual([
      [true, [true]],
      [true, [true]],
    ])
    expect(lots.flat()).toHaveLength(4)
  })

  it('goes on numbering behind the greatest position that was ever given', async () => {
    const first = await filledFolder('first')
    const db = new DatabaseSync(databaseFile(first))
    db.exec(`INSERT INTO meta (name, value) VALUES ('position_floor', '5000')`)
    db.close()
    const url = await cluster.createDatabase()
    await toPostgres(first, url)
    await toFolder(url, folder('second'))
    const p = await openPostgres({ url, migrate: false })
    const [event] = await announce(p, 'eve', [9])
    await expect.poll(async () => (await p.getEvent('acme', event?.id ?? ''))?.position, { timeout: 10_000 }).toBe(5001)
    await p.close()
    const s = await openEmbedded({ folder: folder('second') })
    await announce(s, 'eve', [9])
    expect((await s.getEvent('acme', event?.id ?? ''))?.position).toBe(5001)
    await s.close()
  })

  it('gives positions to events that no process has numbered yet', async () => {
    const url = await cluster.createDatabase()
    const p = await openPostgres({ url, migrate: true })
    const [event] = await announce(p, 'ann', [1])
    await p.close()
    cluster.sql(
      url,
      `SET search_path = tributary; INSERT INTO unnumbered (project_id, event_id, customer_id, type, name, environment)
       SELECT project_id, event_id, customer_id, type, name, environment FROM event_places;
       DELETE FROM event_places; UPDATE last_position SET position = 7`,
    )
    await toFolder(url, folder('second'))
    const s = await openEmbedded({ folder: folder('second') })
    const found = await s.getEvent('acme', event?.id ?? '')
    await s.close()
    expect(found?.position).toBe(8)
  })

  it('keeps nothing when it is broken off', async () => {
    const first = await filledFolder('first')
    const url = await cluster.createDatabase()
    const source = openFolderSource(first, NOW)
    const target = await openPostgresTarget(url)
    await copyAll(source, target, nobodyMoves)
    await target.close()
    await source.close()
    expect(cluster.sql(url, 'SELECT count(*) FROM tributary.events')).toBe('0')

    await toPostgres(first, url)
    const back = await openPostgresSource(url, () => NOW)
    const half = openFolderTarget(folder('second'))
    await copyAll(back, half, nobodyMoves)
    await half.close()
    await back.close()
    await expect(openEmbedded({ folder: folder('second'), readOnly: true })).rejects.toThrow(/There is no database/)
  })

  it('finds a row that is changed, lost, doubled or in another place', async () => {
    const ordered: CopyTable = { name: 't', columns: 'a text, b bigint', ordered: true }
    const loose: CopyTable = { ...ordered, ordered: false }
    const rows: readonly Values[] = [
      ['x', 1],
      ['y', null],
      ['z', 3],
    ]
    const of = (table: CopyTable, given: readonly Values[]): string => {
      const digest = openDigest(table)
      digest.add(given)
      return `${digest.rows} ${digest.hex()}`
    }
    const turned = rows.toReversed()
    const changed = [
      ['x', 1],
      ['y', 0],
      ['z', 3],
    ]
    const bytes = [
      ['x', 1],
      ['y', null],
      [Buffer.from('z'), 3],
    ]
    for (const table of [ordered, loose]) {
      const right = of(table, rows)
      for (const wrong of [changed, bytes, rows.slice(1), [...rows, ...rows.slice(0, 1)]])
        expect(of(table, wrong)).not.toBe(right)
      expect(of(table, turned) === right).toBe(!table.ordered)
    }
  })
})

/** Without the places in lists and the times at which a queue became due. */
function contents(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, inner) =>
      ['next', 'oldestDueMs', 'dueAt'].includes(key) ? undefined : inner,
    ).replaceAll('\\u0000word', '\uFFFDword'),
  )
}
