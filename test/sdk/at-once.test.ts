import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  DAY,
  type EventJson,
  eventsOf,
  post,
  type RunningHub,
  startInProcess,
  until,
  type World,
} from '../hub/harness.ts'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { randomOf } from '../seed.ts'
import { appleWorld, PRODUCT, startApple } from './hubs.ts'
import { type Answer, decodeIosCustomer, iosPath, iosReceipt, iphone } from './ios.ts'

/** An SDK waits for nobody: what it begins with, and what a purchase sets off, comes over several connections at once. */

const ROUNDS = process.env.TRIBUTARY_TEST_FULL === '1' ? 60 : 8

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

interface Round {
  readonly anonymous: string
  readonly account: string
  readonly clevertapId: string
  readonly transactionId: string
}

interface Many {
  readonly world: World
  readonly hubs: readonly RunningHub[]
}

/** One person installs, buys and logs in, in all the requests of it at once; gives what is to be found afterwards. */
async function live({ world, hubs }: Many, n: number, random: () => number): Promise<Round> {
  const addresses = hubs.map(({ address }) => address)
  const drawn = (): string => addresses[Math.floor(random() * addresses.length)] ?? ''
  const app = {
    get: (path: string) => iphone(drawn(), 'appl_acme').get(path),
    post: (path: string, body: Readonly<Record<string, unknown>>) => iphone(drawn(), 'appl_acme').post(path, body),
  }
  const anonymous = `$RCAnonymousID:${n.toString(16).padStart(32, '0')}`
  const account = `user-${n}`
  const clevertapId = `__ct-${n}`
  const at = Date.now() - DAY
  const bought = world.production.subscribe({ product: PRODUCT, price: 9.99, period: 'P1M', at })
  const receipt = iosReceipt({
    appUserId: anonymous,
    jws: world.production.signer.jws(bought.opening.decoded.transaction ?? {}),
    appTransaction: world.production.signer.jws({ bundleId: 'com.acme.app' }),
    transactionId: bought.latest.id,
    productId: PRODUCT,
    restore: false,
    attributes: { $clevertapId: { value: clevertapId, updated_at_ms: at } },
  })
  const attributes = { $email: { value: `${account}@example.com`, updated_at_ms: at } }
  const path = `/v1/subscribers/${iosPath(anonymous)}`
  const queue: readonly (() => Promise<Answer | { readonly status: number }>)[] = [
    () => app.get(path),
    () => app.get(path),
    () => app.get(`${path}/offerings`),
    () => app.post(`${path}/attributes`, { attributes }),
    () => app.post('/v1/receipts', receipt),
    () => app.post('/v1/receipts', { ...receipt, initiation_source: 'queue' }),
    () => app.post('/v1/subscribers/identify', { app_user_id: anonymous, new_app_user_id: account }),
    () => post(drawn(), bought.opening.body),
    () => post(drawn(), bought.opening.body),
  ]
  const answers = await Promise.all(shuffled(queue, random).map((send) => send()))
  expect(answers.map(({ status }) => status).filter((status) => ![200, 201].includes(status))).toEqual([])
  return { anonymous, account, clevertapId, transactionId: bought.latest.id }
}

async function checkRounds(many: Many): Promise<void> {
  const { world, hubs } = many
  const apps = hubs.map(({ address }) => iphone(address, 'appl_acme'))
  // Purchases of nobody wait for their owner once an app is known to post receipts.
  for (const app of apps) {
    const forged = await app.post('/v1/receipts', { app_user_id: 'first', fetch_token: 'a.b.c' })
    expect(forged.status).toBe(400)
  }
  const random = randomOf('sdk at once')
  const rounds: Round[] = []
  for (let n = 1; n <= ROUNDS; n += 1) rounds.push(await live(many, n, random))
  for (const hub of hubs) await hub.idle()
  const [hub] = hubs
  const address = hub?.address ?? ''
  await until('every event can be followed', async () => (await eventsOf(address)).length >= ROUNDS)
  const events = await eventsOf(address)
  expect(events).toHaveLength(ROUNDS)
  // The owner is known: nothing waits for the end of the hold.
  await until('both destinations have all of them', () => {
    const tracks = world.segment.accepted().filter(({ type }) => type === 'track')
    return tracks.length === ROUNDS && world.clevertap.accepted().length === ROUNDS
  })
  const byTransaction = Map.groupBy(events, (event) => event.transaction_id)
  for (const round of rounds) await checkRound(round, byTransaction.get(round.transactionId) ?? [], many)
  expect(world.clevertap.duplicates()).toEqual([])
  expect(world.segment.duplicates()).toEqual([])
}

async function checkRound(round: Round, events: readonly EventJson[], { world, hubs }: Many): Promise<void> {
  const { anonymous, account, clevertapId } = round
  const [event, ...more] = events
  expect([event?.name, more]).toEqual(['initial_purchase', []])
  // Whichever came first: it is one of the person's own ids, never one that nobody chose.
  expect([anonymous, account]).toContain(event?.app_user_id)
  // The receipt brought the attribute, so its event has it, also where Apple's message was faster.
  const [record] = world.clevertap.byEvent(event?.id ?? '')
  expect([record?.identifiedBy, record?.customerId]).toEqual(['objectId', clevertapId])
  const infos = await Promise.all(
    hubs.flatMap(({ address }) =>
      [anonymous, account].map((id) => iphone(address, 'appl_acme').get(`/v1/subscribers/${iosPath(id)}`)),
    ),
  )
  const told = infos.map(({ body }) => decodeIosCustomer(body))
  // In whatever order they came, both ids are one customer, who has the entitlement.
  expect(new Set(told.map(({ originalAppUserId }) => originalAppUserId)).size).toBe(1)
  expect(told.map(({ active }) => Object.keys(active))).toEqual(told.map(() => ['premium']))
  expect(told).toHaveLength(2 * hubs.length)
}

describe('everything at once gives one customer, one event and the entitlement', () => {
  it('in one process', { timeout: 120_000 }, async () => {
    const { world, hub } = await startApple()
    await checkRounds({ world, hubs: [hub] })
  })

  describe('on PostgreSQL', () => {
    let cluster: Cluster
    beforeAll(async () => {
      cluster = await startCluster()
    })
    afterAll(() => cluster.stop())

    it('in two processes, each request at either', { timeout: 120_000 }, async () => {
      const url = await cluster.createDatabase()
      const key = Buffer.alloc(32, 7).toString('base64')
      const world = await appleWorld({ TRIBUTARY_DATABASE_URL: url, TRIBUTARY_SECRET_KEY: key })
      await checkRounds({ world, hubs: [await startInProcess(world), await startInProcess(world)] })
    })
  })
})
