import type { Socket } from 'node:net'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { customerId } from '../../src/domain/ids.ts'
import { purchaseId } from '../../src/domain/purchase.ts'
import { connect } from '../../src/storage/postgres/connection.ts'
import { openPostgres } from '../../src/storage/postgres/open.ts'
import { endStuck } from '../../src/storage/postgres/stuck.ts'
import type { Storage, WorkKind } from '../../src/storage/storage.ts'
import { PATIENT } from '../patience.ts'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { openSide, type Side } from './postgres-side.ts'
import { replayTwice } from './replay.ts'
import {
  announce,
  channels,
  claimOne,
  customer,
  LEASE,
  NOW,
  notification,
  purchase,
  purchaseKey,
  save,
  settlement,
  wish,
} from './samples.ts'

let cluster: Cluster
let url = ''
let side: Side
let one: Storage
let two: Storage
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
beforeEach(async () => {
  await side.reset()
  const opened = await Promise.all([1, 2].map(() => openPostgres({ url, migrate: false })))
  ;[one, two] = opened as [Storage, Storage]
})
afterEach(async () => {
  await Promise.all([one.close(), two.close()])
})

/** Ends a session, once there is one, as if its process had died; `name` as pg_stat_activity shows it. */
async function kill(name: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const ended = await side.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()`,
        [name],
      )
      expect(ended.length).toBeGreaterThan(0)
    },
    { timeout: 15_000 },
  )
}

describe('two processes on one database', () => {
  it('have names of their own', () => {
    expect(one.owner).toMatch(/^pg-\d+$/)
    expect(two.owner).not.toBe(one.owner)
  })

  it('a purchase and a customer that both find new end as one', async () => {
    const increment = (storage: Storage, n: number) => {
      const key = purchaseKey(`chain${n % 5}`)
      const appUserId = `user${n % 5}`
      return storage.step({ purchases: [key], appUserIds: [{ projectId: 'acme', appUserId }] }, (loaded) => {
        const owner = loaded.customers.get(`acme\n${customerId('acme', appUserId)}`) ?? customer(appUserId)
        const row = loaded.purchases.get(purchaseId(key)) ?? purchase(key.chain, { customerId: owner.id })
        const body = JSON.stringify({ n: Number(JSON.parse(row.body).n) + 1 })
        return {
          save: { purchases: [{ ...row, body }], customers: [{ ...owner, lastSeq: owner.lastSeq + 1 }] },
          result: null,
        }
      })
    }
    await Promise.all(Array.from({ length: 60 }, (_, n) => increment(n % 2 === 0 ? one : two, n)))
    for (let n = 0; n < 5; n += 1) {
      expect(await one.getPurchase(purchaseKey(`chain${n}`))).toMatchObject({ version: 12, body: '{"n":12}' })
      expect(await two.getCustomer('acme', `user${n}`)).toMatchObject({ version: 12, lastSeq: 12 })
    }
  })

  it('the same new alias claimed by two customers at once goes to one of them', async () => {
    const take = (storage: Storage, name: string) =>
      save(storage, { customers: [customer(name, { aliases: [name, 'shared'] })] })
    const results = await Promise.allSettled([take(one, 'ann'), take(two, 'bob')])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const owners = await Promise.all(['ann', 'bob', 'shared'].map((id) => one.getCustomer('acme', id)))
    expect(owners.filter((row) => row !== null)).toHaveLength(2)
  })

  it('3,000 failed deliveries that both replay at once wait again once each, in order, and add up', async () => {
    await replayTwice(one, two)
  }, 60_000)

  it('no notification and no queue is in the hands of both', async () => {
    await channels(one, 'segment')
    await one.keepNotifications(Array.from({ length: 60 }, (_, n) => notification(String(n))))
    const claims = await Promise.all(
      [one, two, one, two].map((storage) =>
        storage.claimNotifications({ now: NOW, limit: 20, owner: storage.owner, leaseUntil: NOW + LEASE }),
      ),
    )
    expect(new Set(claims.flat().map(({ id }) => id)).size).toBe(claims.flat().length)
    await Promise.all(Array.from({ length: 40 }, (_, n) => announce(n % 2 === 0 ? one : two, `c${n}`, [1])))
    const lots = await Promise.all(
      Array.from({ length: 12 }, (_, n) => {
        const storage = n % 2 === 0 ? one : two
        return claimOne(storage, { owner: storage.owner, deliveries: 5, slots: 4 })
      }),
    )
    const taken = lots.flatMap((lot) => lot?.queues.map(({ queue }) => queue.customerId) ?? [])
    expect(new Set(taken).size).toBe(taken.length)
    expect(taken.length).toBeGreaterThan(0)
    // Four requests in flight over both, however many ask.
    expect(lots.filter((lot) => lot !== null).length).toBeLessThanOrEqual(4)
  })

  it('what is written for a queue while it is settled is never left without one', async () => {
    await channels(one, 'segment')
    let delivered = 0
    const writing = (async () => {
      for (let n = 0; n < 60; n += 1) await announce(one, 'ann', [n])
    })()
    let written = false
    const ended = writing.then(() => {
      written = true
    })
    for (let last = false; !last; ) {
      last = written
      const lot = await claimOne(two, { owner: two.owner, perQueue: 3 })
      if (lot === null) continue
      delivered += lot.queues.reduce((sum, { deliveries }) => sum + deliveries.length, 0)
      await two.settleLot(settlement(lot, {}, { dueAt: NOW }))
      last = false
    }
    await ended
    expect(delivered).toBe(60)
    expect(await one.countDeliveries('acme', 'segment')).toMatchObject({ waiting: 0, delivered: 60 })
  })

  it('joins race with steps, claims and settles: nothing is lost and all order is kept', async () => {
    await channels(one, 'segment')
    const people = Array.from({ length: 10 }, (_, n) => `u${n}`)
    await Promise.all(people.map((name) => announce(one, name, [1])))
    /** What went out of each person's own events, whoever they were by then. */
    const sent = new Map<string, { id: string; seq: number }[]>()
    let finished = false
    const senders = [one, two, one, two].map(async (storage) => {
      for (let last = false; !last; ) {
        last = finished
        const lot = await claimOne(storage, { owner: storage.owner, perQueue: 2, deliveries: 4, slots: 10 })
        if (lot === null) continue
        for (const { delivery, event } of lot.queues.flatMap(({ deliveries }) => deliveries)) {
          const own = sent.get(event.appUserId) ?? []
          sent.set(event.appUserId, [...own, { id: delivery.id, seq: delivery.seq }])
        }
        expect(await storage.settleLot(settlement(lot, {}, { dueAt: NOW }))).toEqual({ kind: 'settled', fenced: [] })
        last = false
      }
    })
    // Everybody becomes u0 in the end, whoever they are by then.
    const joins = people.slice(1).map(async (name, index) => {
      const storage = index % 2 === 0 ? one : two
      for (let n = 2; n < 6; n += 1) await announceTo(storage, name, index * 10 + n)
      const input = { projectId: 'acme', into: customerId('acme', 'u0'), from: customerId('acme', name), now: NOW }
      expect(await storage.joinCustomers(input, (customer) => ({ customer }))).toMatchObject({ kind: 'joined' })
      for (let n = 6; n < 9; n += 1) await announceTo(storage, name, index * 10 + n)
    })
    await Promise.all(joins)
    finished = true
    await Promise.all(senders)
    expect(await one.countDeliveries('acme', 'segment')).toEqual({
      waiting: 0,
      delivered: 10 + 9 * 7,
      failed: 0,
      skipped: 0,
    })
    expect((await one.getCustomer('acme', 'u5'))?.id).toBe(customerId('acme', 'u0'))
    const all = [...sent.values()].flat().map(({ id }) => id)
    expect(all).toHaveLength(10 + 9 * 7)
    expect(new Set(all).size).toBe(all.length)
    for (const own of sent.values()) expect(own.map(({ seq }) => seq)).toEqual(own.map(({ seq }) => seq).sort())
    expect(sent.size).toBe(10)
  })
})

/** An event for whoever has this app user id now, with the next seq of that customer. */
async function announceTo(storage: Storage, appUserId: string, n: number): Promise<void> {
  const { event, delivery, EMPTY_SET } = await import('./samples.ts')
  await storage.step({ purchases: [], appUserIds: [{ projectId: 'acme', appUserId }] }, (loaded) => {
    const id = loaded.customerOf.get(`acme\n${appUserId}`)
    const row = loaded.customers.get(`acme\n${id}`)
    if (row === undefined) throw new Error(`${appUserId} is not known`)
    const seq = Math.max(row.lastSeq + 1, NOW * 1000 + 1_000)
    const one = event(appUserId, 1_000 + n, { customerId: row.id, seq })
    return {
      save: {
        customers: [{ ...row, lastSeq: seq }],
        attributeSets: [EMPTY_SET],
        events: [{ event: one, notificationId: null }],
        deliveries: [delivery(one, 'segment')],
        queues: [{ projectId: 'acme', channelId: 'segment:production', customerId: row.id, dueAt: NOW, hasten: false }],
      },
      result: null,
    }
  })
}

describe('a process that dies', () => {
  it('leaves claims that another frees at once, and one that lives keeps its own', async () => {
    await channels(one, 'segment')
    await announce(one, 'ann', [1])
    await one.keepNotifications([notification('a')])
    const third = await openPostgres({ url, migrate: false })
    expect(await claimOne(third, { owner: third.owner, slots: 1 })).not.toBeNull()
    const claim = { now: NOW, limit: 1, owner: third.owner, leaseUntil: NOW + LEASE }
    expect(await third.claimNotifications(claim)).toHaveLength(1)
    expect(await one.freeDeadClaims(one.owner, NOW)).toBe(0)
    expect(await claimOne(two, { owner: two.owner, slots: 1 })).toBeNull()
    await third.close()
    await vi.waitFor(async () => expect(await one.freeDeadClaims(one.owner, NOW)).toBe(1), { timeout: 15_000 })
    const lot = await claimOne(two, { owner: two.owner, slots: 1 })
    expect(lot?.queues[0]?.queue.alone).toBe(true)
    expect(await two.claimNotifications({ ...claim, owner: two.owner })).toHaveLength(1)
  })

  it('one whose session broke is taken for living as soon as it is back', async () => {
    await channels(one, 'segment')
    await kill(`tributary ${one.owner}`)
    const word = vi.fn()
    one.onWork(word)
    await vi.waitFor(() => expect(word).toHaveBeenCalledWith('inbox'), PATIENT)
    await announce(one, 'ann', [1])
    const lot = await claimOne(one, { owner: one.owner })
    if (lot === null) throw new Error('no lot')
    expect(await two.freeDeadClaims(two.owner, NOW)).toBe(0)
    expect(await one.settleLot(settlement(lot))).toEqual({ kind: 'settled', fenced: [] })
  })

  it('hands the numbering of events over', async () => {
    await kill('tributary positions')
    await Promise.all([
      announce(one, 'ann', [1], { integrations: [] }),
      announce(two, 'bob', [1], { integrations: [] }),
    ])
    await side.numbered()
    expect(await side.query('SELECT position FROM event_places ORDER BY 1')).toHaveLength(2)
  })
})

describe('a process that stands still while it is answered', () => {
  it('holds its locks until its session is ended, and no longer; who reads is left alone', async () => {
    await one.keepNotifications([notification('held')])
    const still = new pg.Client({ connectionString: url, application_name: 'tributary writer' })
    still.on('error', () => {})
    await still.connect()
    await still.query('SET search_path = tributary; BEGIN')
    const stream = (still as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream
    // Its locks would hold up the tests behind this one.
    onTestFinished(() => void stream.destroy())
    // More than any buffer between the two takes.
    const answer = still
      .query(`UPDATE notifications SET tries = tries RETURNING repeat('x', 50000000)`)
      .catch(() => null)
    await vi.waitFor(async () => {
      stream.pause()
      const rows = await side.query(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'tributary writer' AND wait_event = 'ClientWrite'`,
      )
      expect(rows).toHaveLength(1)
    }, PATIENT)
    const claim = { now: NOW, limit: 1, owner: one.owner, leaseUntil: NOW + LEASE }
    expect(await one.claimNotifications(claim)).toEqual([])
    const session = await connect({ url, name: 'test', readOnly: false })
    expect(await endStuck(session, 60_000)).toBe(0)
    expect(await endStuck(session, 0)).toBe(1)
    await vi.waitFor(async () => expect(await one.claimNotifications(claim)).toHaveLength(1), { timeout: 15_000 })
    expect(await endStuck(session, 0)).toBe(0)
    stream.resume()
    await answer
    session.destroy()
    await still.end().catch(() => undefined)
  })
})

describe('words between processes', () => {
  const heard = (storage: Storage): { readonly words: Set<WorkKind>; readonly end: () => void } => {
    const words = new Set<WorkKind>()
    return { words, end: storage.onWork((what) => words.add(what)) }
  }

  it('reach the others, for each kind of work', async () => {
    const { words } = heard(two)
    const saying: readonly (readonly [WorkKind, () => Promise<unknown>])[] = [
      ['inbox', () => one.keepNotifications([notification('a')])],
      ['channels', () => channels(one, 'segment')],
      ['queues', () => announce(one, 'ann', [1])],
      ['settings', () => one.saveSettings({ put: [], remove: [], putKeys: [], removeKeys: ['none'] })],
      ['positions', () => announce(one, 'ann', [2], { integrations: [] })],
    ]
    for (const [word, act] of saying) {
      words.clear()
      await act()
      await vi.waitFor(() => expect([...words]).toContain(word), { ...PATIENT, interval: 5 })
    }
  })

  it('end when they are no longer wanted', async () => {
    const [first, second] = [heard(two), heard(two)]
    first.end()
    await one.keepNotifications([notification('a')])
    await vi.waitFor(() => expect([...second.words]).toContain('inbox'), { ...PATIENT, interval: 5 })
    expect(first.words.size).toBe(0)
  })

  it('are polled for where they fail: what is due is seen without a word', async () => {
    await channels(one, 'segment')
    await announce(one, 'ann', [1])
    expect(await two.nextQueueDue([wish('segment')])).toBe(NOW)
  })
})
