import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { customerId } from '../../src/domain/ids.ts'
import { openPostgres } from '../../src/storage/postgres/open.ts'
import type { CustomerRow } from '../../src/storage/rows.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { stepOf } from '../delivery/events.ts'
import { openStandIns, type StandIns } from '../delivery/ground.ts'
import { clevertapIntegration, segmentIntegration } from '../delivery/harness.ts'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { randomOf } from '../seed.ts'
import { openAsk } from './fleet.ts'
import { until } from './harness.ts'
import { type Happened, joinProblems } from './joins.ts'
import { openRoom, type Room } from './room.ts'

const FULL = process.env.TRIBUTARY_TEST_FULL === '1'
const CUSTOMERS = 200
const LEFT = 25
const STEPS = FULL ? 6_000 : 1_200
const WORKERS = 8
const WIDTH = 10

let cluster: Cluster
let standIns: StandIns
beforeAll(async () => {
  cluster = await startCluster()
  standIns = await openStandIns(25)
})
afterAll(async () => {
  await standIns.close()
  await cluster.stop()
})

type Random = () => number
function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)] as T
}

/** Attributes and first sight of the one who goes are lost on purpose: what must not be is kept by storage. */
const merged = (customer: CustomerRow) => ({ customer })

describe('on PostgreSQL, 200 customers who merge and receive events while eight workers send', () => {
  it('nothing is refused, lost or sent twice, and from a merge on all goes in one order', {
    timeout: FULL ? 600_000 : 180_000,
  }, async () => {
    const random = randomOf('joins')
    const url = await cluster.createDatabase()
    await (await openPostgres({ url, migrate: true })).close()
    const ask = openAsk(url)
    standIns.use(Date.now)
    const integrations = [
      segmentIntegration('acme', { settings: { max_in_flight: WIDTH } }),
      clevertapIntegration('acme', { settings: { max_in_flight: WIDTH } }),
    ]
    let ticks = 0
    const happened: Happened[] = []
    const rooms: Room[] = []
    for (let n = 0; n < WORKERS; n += 1) {
      const claiming = () => {
        ticks += 1
        const tick = ticks
        return (
          lots: readonly Parameters<ReturnType<NonNullable<Parameters<typeof openRoom>[0]['claiming']>>>[0][number][],
        ) => {
          for (const { ref, queues } of lots) {
            for (const { deliveries } of queues) {
              happened.push({
                kind: 'claimed',
                tick,
                channel: ref.channelId,
                events: deliveries.map(({ event }) => event.id),
              })
            }
          }
        }
      }
      rooms.push(await openRoom({ url, standIns, integrations, random, claiming }))
    }
    const anyStorage = (): Storage => pick(random, rooms).storage
    const people = Array.from({ length: CUSTOMERS }, (_, n) => `u${n}`)

    let drawn = 0
    let written = 0
    let steps = 0
    const announce = async (names: readonly string[]): Promise<void> => {
      const specs = names.map((customer) => ({ customer, n: drawn++ }))
      const keys = { purchases: [], appUserIds: names.map((appUserId) => ({ projectId: 'acme', appUserId })) }
      const { delivery, storage } = pick(random, rooms)
      const events = await storage.step(keys, (loaded) => {
        // Several of these names may be one customer by now.
        const presentId = (name: string): string => loaded.customerOf.get(`acme\n${name}`) ?? name
        const ids = specs.map(({ customer }) => presentId(customer))
        const each = specs.filter((_, index) => ids.indexOf(ids[index] ?? '') === index)
        return stepOf('acme', each, loaded, Date.now(), delivery)
      })
      ticks += 1
      written += events.length
      happened.push(
        ...events.map(({ id, customerId, seq }) => ({ kind: 'written' as const, tick: ticks, id, customerId, seq })),
      )
    }
    for (let n = 0; n < CUSTOMERS; n += 10) await announce(people.slice(n, n + 10))
    const writing = Array.from({ length: 6 }, async () => {
      while (steps < STEPS) {
        steps += 1
        await announce(Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random, people)))
      }
    })

    const living = new Set(people.map((name) => customerId('acme', name)))
    const answers = { joined: 0, already: 0, absent: 0 }
    const join = async (into: string, from: string): Promise<void> => {
      const { kind } = await anyStorage().joinCustomers({ projectId: 'acme', into, from, now: Date.now() }, merged)
      answers[kind] += 1
      if (kind !== 'joined') return
      ticks += 1
      happened.push({ kind: 'joined', tick: ticks, into, from })
      living.delete(from)
    }
    const joining = Array.from({ length: 6 }, async () => {
      while (living.size > LEFT) {
        // Spread over the steps in which events come: this is the pace of the joins, nothing is waited for.
        const share = (CUSTOMERS - living.size) / (CUSTOMERS - LEFT)
        if (steps < STEPS * share) {
          await new Promise((resolve) => setTimeout(resolve, 1))
          continue
        }
        const all = [...living]
        const [a, b] = [pick(random, all), pick(random, all)]
        if (a === b) continue
        // Sometimes each into the other at once, or one into two.
        const others = random() < 0.3 ? [join(b, a)] : random() < 0.3 ? [join(pick(random, all), b)] : []
        await Promise.all([join(a, b), ...others])
      }
    })
    await Promise.all([...writing, ...joining])
    await until('all is delivered', async () => (await ask('SELECT 1 FROM queues LIMIT 1')).length === 0, 90_000)
    const storage = anyStorage()
    const customers = await Promise.all(people.map((name) => storage.getCustomer('acme', name)))
    const counts = await Promise.all(integrations.map(({ id }) => storage.countDeliveries('acme', id)))
    await Promise.all(rooms.map((room) => room.stop()))

    const [figures] = await ask<{ deadlocks: string; holds: string }>(
      `SELECT d.deadlocks, t.n_tup_ins AS holds FROM pg_stat_database d, pg_stat_user_tables t
       WHERE d.datname = current_database() AND t.relname = 'queue_holds'`,
    )
    const claims = happened.filter(({ kind }) => kind === 'claimed').length
    console.log(
      `${answers.joined} joins (${answers.already + answers.absent} came late), ${written} events, ${claims} claims of ` +
        `queues, ${standIns.segment.requests + standIns.clevertap.requests} requests; ` +
        `${figures?.holds} lots in flight at a join; ${figures?.deadlocks} deadlocks, all tried again`,
    )
    const arrived = {
      'segment:production': standIns.segment.ledger.flatMap(({ type, eventId }) =>
        type === 'track' && eventId !== null ? [eventId] : [],
      ),
      'clevertap:production': standIns.clevertap.ledger.flatMap(({ type, eventId }) =>
        type === 'event' && eventId !== null ? [eventId] : [],
      ),
    }
    expect(joinProblems(happened, arrived).slice(0, 10)).toEqual([])
    expect(rooms.flatMap(({ errors }) => errors)).toEqual([])
    expect(counts).toEqual([0, 0].map(() => ({ waiting: 0, delivered: written, failed: 0, skipped: 0 })))
    expect(await ask('SELECT 1 FROM queue_holds UNION ALL SELECT 1 FROM slots WHERE owner IS NOT NULL')).toEqual([])
    expect(Number(figures?.holds)).toBeGreaterThan(CUSTOMERS / 10)
    expect(answers.joined).toBe(CUSTOMERS - living.size)
    expect(living.size).toBeLessThanOrEqual(LEFT)
    expect(new Set(customers.map((row) => row?.id))).toEqual(living)
    const last = await ask<{ id: string; seq: string }>(
      `SELECT d.customer_id AS id, max(d.seq) AS seq FROM deliveries d GROUP BY 1`,
    )
    const lastSeq = new Map(customers.flatMap((row) => (row === null ? [] : [[row.id, row.lastSeq] as const])))
    expect(new Map(last.map(({ id, seq }) => [id, Number(seq)]))).toEqual(lastSeq)
    for (const { mostInFlight } of [standIns.segment, standIns.clevertap]) {
      expect(mostInFlight).toBeLessThanOrEqual(WIDTH)
      expect(mostInFlight).toBeGreaterThan(1)
    }
  })
})
