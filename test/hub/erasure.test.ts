import { copyFileSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { inflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateKey } from '../../src/secrets/key-ring.ts'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { randomOf } from '../seed.ts'
import { api, DAY, eventsOf, post, type RunningHub, startInProcess, startWorld, type World } from './harness.ts'
import { crowd, tokenOf } from './lives.ts'

const MONTHLY = { product: 'com.acme.monthly', price: 9.99, period: 'P1M' } as const
const PRIVATE = {
  $email: 'planted.person@private.example',
  $ip: '203.0.113.77',
  $clevertapId: 'planted-clevertap-id',
  favourite: 'planted-favourite-animal',
}

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(async () => {
  await cluster.stop()
})

interface Person {
  readonly id: string
  readonly alias: string
}

/** Somebody with attributes, a subscription of some months, deliveries and attempts, as an app and Apple tell of them. */
async function live(world: World, hub: RunningHub, person: Person) {
  const attributes = Object.fromEntries(Object.entries(PRIVATE).map(([key, value]) => [key, { value }]))
  const init = { method: 'POST', headers: { 'content-type': 'application/json' } }
  await api(hub.address, `/api/projects/acme/customers/${person.id}/attributes`, {
    ...init,
    body: JSON.stringify({ attributes }),
  })
  const s = world.production.subscribe({ ...MONTHLY, at: Date.now() - 100 * DAY, appAccountToken: person.id })
  for (const message of [s.opening, s.renew(), s.renew()]) await told(hub, message.body)
  return s
}

async function told(hub: RunningHub, body: Buffer): Promise<void> {
  expect(await post(hub.address, body)).toMatchObject({ status: 200 })
  await hub.idle()
}

const erase = (hub: RunningHub, id: string) =>
  api(hub.address, `/api/projects/acme/customers/${encodeURIComponent(id)}`, { method: 'DELETE' })

/** Sums by currency, of the events and of the ledger. */
async function money(hub: RunningHub, customers: readonly string[]) {
  const sums: Record<string, number> = {}
  for (const { money: of } of await eventsOf(hub.address)) {
    if (of.currency !== null) sums[of.currency] = (sums[of.currency] ?? 0) + (of.gross_micros ?? 0)
  }
  const ledgers = await Promise.all(
    customers.map((id) =>
      hub.storage.getCustomer('acme', id).then((row) => hub.storage.listPurchases('acme', row?.id ?? '')),
    ),
  )
  const entries = await Promise.all(ledgers.flat().map(({ key }) => hub.storage.listLedger('acme', key)))
  const ledger: Record<string, number> = {}
  for (const { currency, micros } of entries.flat()) {
    if (currency !== null) ledger[currency] = (ledger[currency] ?? 0) + (micros ?? 0)
  }
  return { events: sums, ledger }
}

/** The one customer whose id begins so. */
async function erasedOne(hub: RunningHub): Promise<string> {
  const { items } = await hub.storage.searchCustomers({ projectId: 'acme', query: '$erased:', after: null, limit: 10 })
  expect(items).toHaveLength(1)
  return items[0]?.originalAppUserId ?? ''
}

/** Every value of every table, and what is packed in it. */
function textsIn(file: string): readonly string[] {
  const db = new DatabaseSync(file)
  const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all()
  const texts = tables.flatMap(({ name }) =>
    db
      .prepare(`SELECT * FROM ${String(name)}`)
      .all()
      .flatMap((row) => Object.values(row).map(textOf)),
  )
  db.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
  expect(texts.length).toBeGreaterThan(200)
  return texts
}

function textOf(value: unknown): string {
  if (!(value instanceof Uint8Array)) return String(value)
  try {
    return withTokens(inflateSync(value).toString('utf8'))
  } catch {
    return withTokens(Buffer.from(value).toString('utf8'))
  }
}

/** What Apple signed lies in base64url, several layers deep. */
function withTokens(text: string): string {
  const inner = [...text.matchAll(/[\w-]{40,}/g)].map(([part]) => Buffer.from(part, 'base64url').toString('utf8'))
  const readable = inner.filter((one) => one.startsWith('{'))
  return [text, ...readable.map(withTokens)].join('\n')
}

const planted = ({ id, alias }: Person): readonly string[] => [id, alias, ...Object.values(PRIVATE)]
const foundIn = (text: string, person: Person): readonly string[] => planted(person).filter((one) => text.includes(one))

describe('after an erasure', () => {
  const person: Person = { id: tokenOf(randomOf('erased person')), alias: 'planted-second-id' }

  it('no table, no byte of the file and no log line holds the person, and the money adds up', async () => {
    const world = await startWorld()
    const hub = await startInProcess(world, { env: { TRIBUTARY_LOG_LEVEL: 'debug' } })
    for (const { body } of crowd(world, { count: 20, until: Date.now() }, randomOf('others')))
      await post(hub.address, body)
    const s = await live(world, hub, person)
    await hub.idle()
    const before = await money(hub, [person.id])
    const file = join(world.env.TRIBUTARY_DATA_DIR ?? '', 'tributary.db')
    copyFileSync(file, `${world.folder}/before.db`)
    copyFileSync(`${file}-wal`, `${world.folder}/before.db-wal`)
    // The test sees what it looks for, where it is.
    expect(foundIn(textsIn(`${world.folder}/before.db`).join('\n'), person)).toHaveLength(5)

    expect(await erase(hub, person.id)).toEqual({ erased: true, finished: true })
    await expect(erase(hub, person.id)).rejects.toThrow('404')
    const who = await erasedOne(hub)
    expect(await money(hub, [who])).toEqual(before)
    // The store goes on to speak of it, and names the person.
    await told(hub, s.renew().body)
    const after = await money(hub, [who])
    expect(after.ledger.USD ?? 0).toBeGreaterThan(before.ledger.USD ?? 0)
    expect(await hub.storage.getCustomer('acme', person.id)).toBeNull()
    const { items } = await hub.storage.listDeliveries({
      projectId: 'acme',
      integrationId: 'segment',
      status: 'skipped',
      before: null,
      limit: 10,
    })
    expect(items.map(({ delivery }) => delivery.reason)).toEqual(['erased'])
    const again = api(hub.address, `/api/projects/acme/deliveries/${items[0]?.delivery.id}/retry`, { method: 'POST' })
    await expect(again).rejects.toThrow('was erased')
    await hub.close()
    expect(foundIn(textsIn(file).join('\n'), person)).toEqual([])
    expect(foundIn(readFileSync(file, 'latin1'), person)).toEqual([])
    expect(foundIn(readFileSync(join(world.env.TRIBUTARY_DATA_DIR ?? '', 'erased.jsonl'), 'utf8'), person)).toEqual([])
    expect(foundIn(JSON.stringify(hub.lines), person)).toEqual([])
    expect(hub.lines.length).toBeGreaterThan(1)
  })

  it('a database that is put back forgets the person again when it starts, and nobody who came later', async () => {
    const world = await startWorld()
    const hub = await startInProcess(world)
    await live(world, hub, person)
    await hub.close()
    const folder = world.env.TRIBUTARY_DATA_DIR ?? ''
    const file = join(folder, 'tributary.db')
    copyFileSync(file, `${world.folder}/backup.db`)
    const second = await startInProcess(world)
    await erase(second, person.id)
    await second.close()
    copyFileSync(`${world.folder}/backup.db`, file)
    for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true })
    const third = await startInProcess(world)
    expect(await third.storage.getCustomer('acme', person.id)).toBeNull()
    const events = await eventsOf(third.address)
    expect(events.length).toBeGreaterThanOrEqual(3)
    expect(foundIn(JSON.stringify(events), person)).toEqual([])
    // Somebody who comes back is new, and stays.
    const attributes = { attributes: { mood: { value: 'back' } } }
    const init = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(attributes) }
    await api(third.address, `/api/projects/acme/customers/${person.id}/attributes`, init)
    await third.close()
    const fourth = await startInProcess(world)
    const back = await fourth.storage.getCustomer('acme', person.id)
    expect(back?.attributes.mood?.value).toBe('back')
    expect(await fourth.storage.listPurchases('acme', back?.id ?? '')).toEqual([])
  })

  it('on PostgreSQL no table holds the person', async () => {
    const url = await cluster.createDatabase()
    const env = { TRIBUTARY_DATABASE_URL: url, TRIBUTARY_SECRET_KEY: generateKey().toString('base64') }
    const world = await startWorld({ env })
    const hub = await startInProcess(world)
    const s = await live(world, hub, person)
    await hub.idle()
    const before = await money(hub, [person.id])
    const dump = (): string => {
      const tables = cluster.sql(url, `SELECT tablename FROM pg_tables WHERE schemaname = 'tributary'`).split('\n')
      expect(tables.length).toBeGreaterThan(25)
      const rows = tables.map((name) => cluster.sql(url, `SELECT t::text FROM tributary.${name} t`))
      const bodies = cluster.sql(url, `SELECT encode(body, 'base64') FROM tributary.notification_bodies`)
      return [...rows, textOf(Buffer.from(bodies.replaceAll('\n', ''), 'base64'))].join('\n')
    }
    expect(foundIn(dump(), person)).toHaveLength(5)
    expect(await erase(hub, person.id)).toEqual({ erased: true, finished: true })
    expect(await money(hub, [await erasedOne(hub)])).toEqual(before)
    await told(hub, s.renew().body)
    expect(foundIn(dump(), person)).toEqual([])
    expect(cluster.sql(url, 'SELECT count(*) FROM tributary.notification_bodies')).toBe('0')
  })
})
