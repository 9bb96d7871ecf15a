import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { randomOf } from '../seed.ts'
import {
  api,
  DAY,
  type EventJson,
  eventsOf,
  HOUR,
  type NotificationJson,
  notificationsOf,
  post,
  postAll,
  startInProcess,
  startWorld,
  until,
  type World,
} from './harness.ts'
import { crowd, tokenOf } from './lives.ts'
import { told } from './reference.ts'

const MONTHLY = { product: 'com.acme.monthly', price: 9.99, period: 'P1M' } as const

/** The database beside the running hub, as somebody with a tool might open it. */
function openBeside(world: World): DatabaseSync {
  const db = new DatabaseSync(join(world.env.TRIBUTARY_DATA_DIR ?? '', 'tributary.db'))
  db.exec('PRAGMA busy_timeout = 5000')
  return db
}

async function everyStatus(address: string): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (const { status } of await notificationsOf(address)) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

describe('what is answered', () => {
  it('is 503 with Retry-After while the database cannot be written, and the next copy is taken', async () => {
    const world = await startWorld()
    const hub = await startInProcess(world)
    const before = world.production.subscribe({ ...MONTHLY, at: Date.now() - 2 * DAY })
    expect(await post(hub.address, before.opening.body)).toMatchObject({ status: 200 })
    await hub.idle()
    const blocked = openBeside(world)
    blocked.exec('BEGIN EXCLUSIVE')
    const messages = Array.from({ length: 2 }, () =>
      world.production.subscribe({ ...MONTHLY, at: Date.now() - DAY }),
    ).map((s) => s.opening)
    const answers = await postAll(hub.address, messages)
    expect(answers).toHaveLength(2)
    for (const answer of answers) {
      expect(answer.status).toBe(503)
      expect(Number(answer.retryAfter)).toBeGreaterThan(0)
    }
    blocked.exec('ROLLBACK')
    blocked.close()
    expect(await notificationsOf(hub.address)).toHaveLength(1)
    expect((await postAll(hub.address, messages)).map(({ status }) => status)).toEqual([200, 200])
    await hub.idle()
    expect(await everyStatus(hub.address)).toEqual({ understood: 3 })
    expect(world.clevertap.counts()).toMatchObject({ unique: 3, duplicates: 0 })
  })

  it('is 200 for exactly what is on disk while the disk fills up, and all goes on when there is room', async () => {
    // Without destinations: what they have in flight would hold up the end of a hub that can write nothing.
    const world = await startWorld({ project: { integrations: [] } })
    const small = await startInProcess(world)
    await small.close()
    const db = openBeside(world)
    const pages = Number(db.prepare('PRAGMA page_count').get()?.page_count)
    db.close()
    const notifications = crowd(world, { count: 150, until: Date.now() }, randomOf('full'))
    const hub = await startInProcess(world, { maxPages: pages + 150 })
    const taken = new Set<string>()
    let refused = 0
    for (const notification of notifications) {
      const answer = await post(hub.address, notification.body)
      if (answer.status === 200) taken.add(notification.uuid)
      else {
        refused += 1
        expect(answer.status).toBe(503)
        expect(Number(answer.retryAfter)).toBeGreaterThan(0)
      }
    }
    expect(refused).toBeGreaterThan(0)
    expect(taken.size).toBeGreaterThan(0)
    const kept = new Set((await notificationsOf(hub.address)).map((one) => one.source_key))
    expect([...taken].filter((uuid) => !kept.has(uuid))).toEqual([])
    await hub.close()
    const roomy = await startInProcess(world)
    const answers = await postAll(
      roomy.address,
      notifications.filter(({ uuid }) => !taken.has(uuid)),
    )
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    await roomy.idle()
    expect((await eventsOf(roomy.address)).map(({ id }) => id).sort()).toEqual(
      told(notifications)
        .map(({ id }) => id)
        .sort(),
    )
  })

  it('is 200 for each of fifty copies at once, which are one notification and one event', async () => {
    const world = await startWorld()
    const hub = await startInProcess(world)
    const { opening } = world.production.subscribe({ ...MONTHLY, at: Date.now() - DAY })
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(hub.address, opening.body)))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
    await hub.idle()
    expect(await notificationsOf(hub.address)).toHaveLength(1)
    expect(await eventsOf(hub.address)).toHaveLength(1)
    expect(world.segment.counts()).toMatchObject({ calls: 2, accepted: 2 })
    expect(world.clevertap.counts()).toMatchObject({ records: 1, accepted: 1 })
  })

  it('is 200 for what nobody knows yet: it is kept, and tells nothing', async () => {
    const world = await startWorld()
    const hub = await startInProcess(world)
    const s = world.production.subscribe({ ...MONTHLY, at: Date.now() - DAY })
    const unknown = [
      world.production.tell('SUBSCRIPTION_TELEPORTED'),
      world.sandbox.tell('SUBSCRIPTION_TELEPORTED', 'SIDEWAYS'),
      s.tell('SUBSCRIPTION_TELEPORTED', 'WITH_A_PURCHASE'),
      s.tell('DID_RENEW', 'A_NEW_SUBTYPE'),
      world.production.test(),
    ]
    const answers = await postAll(hub.address, [s.opening, ...unknown], 1)
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
    await hub.idle()
    const kept = await notificationsOf(hub.address)
    expect(kept).toHaveLength(6)
    expect(kept.filter(({ status }) => status === 'waiting' || status === 'parked')).toEqual([])
    const noted = kept.filter(({ type, note }) => type.startsWith('SUBSCRIPTION_TELEPORTED') && note !== null)
    expect(noted.map(({ note }) => note)).toEqual(
      Array.from({ length: 2 }, () => expect.stringMatching(/does not know/)),
    )
    expect((await eventsOf(hub.address)).map(({ name }) => name)).toEqual(['initial_purchase'])
  })

  it('stays the same, and nothing is added, when everything comes three times more in any order', async () => {
    const world = await startWorld()
    const hub = await startInProcess(world)
    const random = randomOf('replay')
    const notifications = crowd(world, { count: 150, until: Date.now() }, random)
    await postAll(hub.address, notifications)
    await hub.idle()
    const before = await eventsOf(hub.address)
    expect(before.length).toBeGreaterThan(75)
    const delivered = [world.segment.counts(), world.clevertap.counts()]
    const again = Array.from({ length: 3 }, () => notifications)
      .flat()
      .map((notification) => ({ notification, place: random() }))
      .sort((a, b) => a.place - b.place)
      .map(({ notification }) => notification)
    const answers = await postAll(hub.address, again)
    expect(answers).toHaveLength(450)
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    await hub.idle()
    expect(await eventsOf(hub.address)).toEqual(before)
    expect(await notificationsOf(hub.address)).toHaveLength(150)
    expect([world.segment.counts(), world.clevertap.counts()]).toEqual(delivered)
  })
})

interface Reprocessed {
  readonly would_add: readonly EventJson[]
  readonly note: string | null
}

async function reprocess(address: string, one: NotificationJson, dryRun: boolean): Promise<Reprocessed> {
  return api<Reprocessed>(
    address,
    `/api/projects/acme/notifications/${encodeURIComponent(one.id)}/reprocess?dry_run=${dryRun}`,
    { method: 'POST' },
  )
}

describe('a message that cannot be understood', () => {
  it('is parked alone with its reason; its neighbours go through', async () => {
    const world = await startWorld()
    const hub = await startInProcess(world)
    const poison = [world.production.tell('DID_RENEW'), world.production.tell('EXPIRED', 'VOLUNTARY')]
    const healthy = crowd(world, { count: 60, until: Date.now() }, randomOf('poison'))
    const mixed = [...healthy.slice(0, 30), ...poison, ...healthy.slice(30)]
    expect((await postAll(hub.address, mixed, 62)).every(({ status }) => status === 200)).toBe(true)
    await hub.idle()
    expect(await everyStatus(hub.address)).toEqual({ understood: 60, parked: 2 })
    for (const one of await notificationsOf(hub.address)) {
      if (one.status === 'parked') expect(one.note).toMatch(/carries no signedTransactionInfo/)
    }
    expect((await eventsOf(hub.address)).map(({ id }) => id).sort()).toEqual(
      told(healthy)
        .map(({ id }) => id)
        .sort(),
    )
    // As it is, reprocessing says why again and changes nothing.
    const [parked] = (await notificationsOf(hub.address)).filter(({ status }) => status === 'parked')
    if (parked === undefined) throw new Error('nothing is parked')
    for (const dryRun of [true, false]) {
      expect(await reprocess(hub.address, parked, dryRun)).toMatchObject({
        would_add: [],
        note: expect.stringMatching(/carries no signedTransactionInfo/),
      })
    }
    expect(await everyStatus(hub.address)).toEqual({ understood: 60, parked: 2 })
  })

  it('can be reprocessed after the fix: a dry run shows the events and changes nothing, then they are added', async () => {
    const world = await startWorld()
    const hub = await startInProcess(world)
    const at = Date.now() - 10 * DAY
    const broken = world.production.subscribe({ ...MONTHLY, at })
    const neighbours = Array.from({ length: 10 }, () => world.production.subscribe({ ...MONTHLY, at }))
    await postAll(
      hub.address,
      [broken, ...neighbours].map((s) => s.opening),
    )
    await hub.idle()
    // A purchase that our own code cannot read: what a bug of an earlier version might have left.
    const db = openBeside(world)
    const body = db.prepare('SELECT body FROM purchases WHERE chain = ?').get(broken.id)?.body
    const spoil = db.prepare('UPDATE purchases SET body = ? WHERE chain = ?')
    expect(spoil.run('{', broken.id).changes).toBe(1)
    const cancelled = [broken, ...neighbours].map((s, index) => s.cancel({ at: at + DAY + index * HOUR }))
    await postAll(hub.address, cancelled, 11)
    await hub.idle()
    expect(await everyStatus(hub.address)).toEqual({ understood: 21, parked: 1 })
    expect((await eventsOf(hub.address)).filter(({ name }) => name === 'cancellation')).toHaveLength(10)
    const [parked] = (await notificationsOf(hub.address)).filter(({ status }) => status === 'parked')
    if (parked === undefined || typeof body !== 'string') throw new Error('nothing is parked')
    expect(parked.source_key).toBe(cancelled[0]?.uuid)

    // Still broken: the reason, and it stays parked.
    expect(await reprocess(hub.address, parked, false)).toMatchObject({ would_add: [] })
    expect(await everyStatus(hub.address)).toEqual({ understood: 21, parked: 1 })

    spoil.run(body, broken.id)
    db.close()
    const sent = world.clevertap.counts().accepted
    const dry = await reprocess(hub.address, parked, true)
    expect(dry.would_add).toMatchObject([{ name: 'cancellation', transaction_id: broken.latest.id }])
    expect(await everyStatus(hub.address)).toEqual({ understood: 21, parked: 1 })
    expect(await eventsOf(hub.address)).toHaveLength(21)
    await hub.idle()
    expect(world.clevertap.counts().accepted).toBe(sent)

    const real = await reprocess(hub.address, parked, false)
    expect(real.would_add.map(({ id }) => id)).toEqual(dry.would_add.map(({ id }) => id))
    await hub.idle()
    expect(await everyStatus(hub.address)).toEqual({ understood: 22 })
    expect(await eventsOf(hub.address)).toHaveLength(22)
    expect(world.clevertap.counts()).toMatchObject({ accepted: sent + 1, duplicates: 0 })
    const [done] = (await notificationsOf(hub.address)).filter((one) => one.id === parked.id)
    expect(done).toMatchObject({ status: 'understood', events: 1, note: null })
    // Once more: nothing is left to add, and it keeps the event that it caused.
    expect(await reprocess(hub.address, parked, false)).toMatchObject({ would_add: [] })
    expect((await notificationsOf(hub.address)).find((one) => one.id === parked.id)).toMatchObject({ events: 1 })
    expect(await eventsOf(hub.address)).toHaveLength(22)
  })
})

describe('who it is about', () => {
  it('is the token that the app gave at the purchase, else an anonymous id of our own', async () => {
    const world = await startWorld()
    const hub = await startInProcess(world)
    const token = tokenOf(randomOf('identity'))
    const at = Date.now() - 10 * DAY
    const known = world.production.subscribe({ ...MONTHLY, at, appAccountToken: token })
    const coins = world.production.buyConsumable({
      product: 'com.acme.coins',
      price: 1.99,
      at: at + HOUR,
      appAccountToken: token,
    })
    const unknown = world.production.subscribe({ ...MONTHLY, at })
    await postAll(hub.address, [known.opening, coins.opening, unknown.opening], 1)
    await post(hub.address, unknown.cancel({ at: at + DAY }).body)
    await hub.idle()
    const events = await eventsOf(hub.address)
    const userOf = (id: string): ReadonlySet<string> =>
      new Set(events.filter(({ transaction_id: of }) => of === id).map((event) => event.app_user_id))
    expect(userOf(known.id)).toEqual(new Set([token]))
    expect(userOf(coins.id)).toEqual(new Set([token]))
    const [anonymous = '', ...more] = userOf(unknown.id)
    expect(more).toEqual([])
    expect(anonymous).toMatch(/^\$RCAnonymousID:[0-9a-f]{32}$/)
    expect(events).toHaveLength(4)
    expect(world.segment.byCustomer(token).filter(({ type }) => type === 'track')).toHaveLength(2)
    expect(world.segment.byCustomer(anonymous).filter(({ type }) => type === 'track')).toHaveLength(2)
    expect(world.clevertap.byCustomer(token)).toHaveLength(2)
    expect(world.clevertap.byCustomer(anonymous)).toHaveLength(2)
  })

  it('takes the attributes that a backend has set to both destinations with the next event', async () => {
    const world = await startWorld()
    const hub = await startInProcess(world)
    const token = tokenOf(randomOf('attributes'))
    const at = Date.now() - 10 * DAY
    const s = world.production.subscribe({ ...MONTHLY, at, appAccountToken: token })
    await post(hub.address, s.opening.body)
    await hub.idle()
    await api(hub.address, `/v1/subscribers/${token}/attributes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        attributes: {
          $clevertapId: { value: 'ct_4711' },
          $email: { value: 'ana@example.com' },
          tier: { value: 'gold' },
        },
      }),
    })
    await post(hub.address, s.cancel({ at: at + DAY }).body)
    await hub.idle()
    const [before, after] = await eventsOf(hub.address)
    expect(before?.subscriber_attributes).toEqual({})
    expect(after?.subscriber_attributes).toMatchObject({
      $clevertapId: { value: 'ct_4711' },
      $email: { value: 'ana@example.com' },
      tier: { value: 'gold' },
    })
    const tracks = world.segment.accepted().filter(({ type }) => type === 'track')
    const attributes = tracks.map(({ body }) => {
      const { properties } = body as { readonly properties: Readonly<Record<string, unknown>> }
      return properties.subscriber_attributes
    })
    expect(attributes).toEqual([{}, expect.objectContaining({ $clevertapId: 'ct_4711', tier: 'gold' })])
    expect(
      world.clevertap.accepted().map(({ event, identifiedBy, customerId }) => [event, identifiedBy, customerId]),
    ).toEqual([
      ['rc_initial_purchase_event', 'identity', token],
      ['rc_cancellation_event', 'objectId', 'ct_4711'],
    ])
    const record = world.clevertap.accepted().at(-1)?.body as { readonly evtData: Readonly<Record<string, unknown>> }
    expect(record.evtData).toMatchObject({ $email: 'ana@example.com', tier: 'gold' })
    await until('nothing is left', async () => (await everyStatus(hub.address)).understood === 2)
  })
})
