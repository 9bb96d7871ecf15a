import { describe, expect, it } from 'vitest'
import { DAY, type EventJson, eventsOf, post, until } from '../hub/harness.ts'
import { randomOf } from '../seed.ts'
import { PRODUCT, type Running, startApple } from './hubs.ts'
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

/** One person installs, buys and logs in, in all the requests of it at once; gives what is to be found afterwards. */
async function live({ world, hub }: Running, n: number, random: () => number): Promise<Round> {
  const app = iphone(hub.address, 'appl_acme')
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
    () => post(hub.address, bought.opening.body),
    () => post(hub.address, bought.opening.body),
  ]
  const answers = await Promise.all(shuffled(queue, random).map((send) => send()))
  expect(answers.map(({ status }) => status).filter((status) => ![200, 201].includes(status))).toEqual([])
  return { anonymous, account, clevertapId, transactionId: bought.latest.id }
}

describe('everything at once', () => {
  it('gives one customer, one event and the entitlement', { timeout: 120_000 }, async () => {
    const running = await startApple()
    const { world, hub } = running
    const app = iphone(hub.address, 'appl_acme')
    // Purchases of nobody wait for their owner once an app is known to post receipts.
    const forged = await app.post('/v1/receipts', { app_user_id: 'first', fetch_token: 'a.b.c' })
    expect(forged.status).toBe(400)
    const random = randomOf('sdk at once')
    const rounds: Round[] = []
    for (let n = 1; n <= ROUNDS; n += 1) rounds.push(await live(running, n, random))
    await hub.idle()

    const events = await eventsOf(hub.address)
    const byTransaction = Map.groupBy(events, (event: EventJson) => event.transaction_id)
    // The owner is known: nothing waits for the end of the hold.
    await until('both destinations have all of them', () => {
      const tracks = world.segment.accepted().filter(({ type }) => type === 'track')
      return tracks.length === ROUNDS && world.clevertap.accepted().length === ROUNDS
    })
    for (const { anonymous, account, clevertapId, transactionId } of rounds) {
      const [event, ...more] = byTransaction.get(transactionId) ?? []
      expect([event?.name, more]).toEqual(['initial_purchase', []])
      // Whichever came first: it is one of the person's own ids, never one that nobody chose.
      expect([anonymous, account]).toContain(event?.app_user_id)
      // The receipt brought the attribute, so its event has it, also where Apple's message was faster.
      const [record] = world.clevertap.byEvent(event?.id ?? '')
      expect([record?.identifiedBy, record?.customerId]).toEqual(['objectId', clevertapId])
      const infos = await Promise.all([anonymous, account].map((id) => app.get(`/v1/subscribers/${iosPath(id)}`)))
      const told = infos.map(({ body }) => decodeIosCustomer(body))
      // In whatever order they came, both ids are one customer, who has the entitlement.
      expect(new Set(told.map(({ originalAppUserId }) => originalAppUserId)).size).toBe(1)
      expect(told.map(({ active }) => Object.keys(active))).toEqual([['premium'], ['premium']])
    }
    expect(events).toHaveLength(ROUNDS)
    expect(world.clevertap.duplicates()).toEqual([])
    expect(world.segment.duplicates()).toEqual([])
  })
})
