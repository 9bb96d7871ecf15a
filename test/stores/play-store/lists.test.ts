import { describe, expect, it } from 'vitest'
import type { PulledPage, StoreList } from '../../../src/stores/store.ts'
import { connect } from './connected.ts'
import { appOf, DAY, NOW, PULL, SETTINGS } from './setting.ts'

const plan = { product: 'gold', basePlan: 'monthly', price: 9.99, period: 'P1M' } as const

async function page(list: StoreList, cursor: string | null): Promise<PulledPage> {
  const pulled = await list.pull(cursor)
  if (pulled.kind !== 'fetched') throw new Error(JSON.stringify(pulled))
  return pulled.value
}

const keysOf = ({ messages }: PulledPage): readonly string[] =>
  messages.map((one) => (one.kind === 'accepted' ? one.message.sourceKey : one.kind))

describe('the Pub/Sub subscription', () => {
  it('is read page by page, acknowledged after the commit, and empty then', async () => {
    const { play, standIn, list } = await connect()
    const s = play.subscribe({ ...plan, at: NOW - DAY })
    await standIn.send(s.opening)
    await standIn.send(s.cancel({ at: NOW }))
    const first = await page(list('pubsub'), null)
    expect(keysOf(first)).toEqual(play.notifications.map(({ messageId }) => messageId))
    expect(first).toMatchObject({ caughtUp: false, progress: { upTo: NOW, note: null } })
    expect(standIn.topic.waiting).toBe(2)
    await first.acknowledge?.()
    expect(standIn.topic.waiting).toBe(0)
    const second = await page(list('pubsub'), first.cursor)
    expect(second).toMatchObject({ messages: [], caughtUp: true })
    expect(second.againInMs).toBeGreaterThan(0)
  })

  it('gives again what was not committed, under the same id as its push', async () => {
    const { play, standIn, list } = await connect()
    await standIn.send(play.subscribe(plan).opening)
    const [first, second] = [await page(list('pubsub'), null), await page(list('pubsub'), null)]
    expect(keysOf(second)).toEqual(keysOf(first))
    expect(keysOf(first)).toEqual([play.notifications[0]?.messageId])
  })

  it('an acknowledgement that fails does no harm: it comes again', async () => {
    const { play, standIn, list } = await connect()
    await standIn.send(play.subscribe(plan).opening)
    const first = await page(list('pubsub'), null)
    standIn.always({ kind: 'answer', status: 503 })
    await first.acknowledge?.()
    standIn.always(null)
    expect(standIn.topic.waiting).toBe(1)
    expect(keysOf(await page(list('pubsub'), first.cursor))).toEqual(keysOf(first))
  })

  it('what was read is acknowledged by an empty budget too, and later pulls pay it back', async () => {
    const { play, standIn, list } = await connect()
    await standIn.send(play.subscribe(plan).opening)
    for (let n = 0; n < 19; n += 1) await page(list('pubsub'), null)
    const last = await page(list('pubsub'), null)
    await last.acknowledge?.()
    expect(standIn.topic.waiting).toBe(0)
    expect(await list('pubsub').pull(null)).toMatchObject({ kind: 'retry', afterMs: 100 })
  })

  it('takes no message of another app, and acknowledges it', async () => {
    const { play, standIn, list } = await connect()
    const foreign = play.test()
    await standIn.send({ ...foreign, data: { ...foreign.data, packageName: 'com.other.app' } })
    const pulled = await page(list('pubsub'), null)
    expect(pulled.messages).toMatchObject([{ kind: 'refused', claimed: 'com.other.app' }])
    await pulled.acknowledge?.()
    expect(standIn.topic.waiting).toBe(0)
  })

  it('that does not exist is asked for again, with a word about the setting', async () => {
    const { list } = await connect({ pullSubscription: 'projects/acme/subscriptions/other' })
    expect(await list('pubsub').pull(null)).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('pull.subscription'),
    })
  })

  it('is read only with receive: pull; the voided purchases always', async () => {
    const { store } = await connect()
    const names = (receive: 'push' | 'pull') =>
      store.lists?.(appOf({ receive, settings: { ...SETTINGS, pull: { subscription: PULL } } })).map(({ name }) => name)
    expect(names('pull')).toEqual(['pubsub', 'voided'])
    expect(names('push')).toEqual(['voided'])
  })
})

describe('the list of voided purchases', () => {
  it('is read 30 days back, then daily, overlapping', async () => {
    const { play, clock, list, sent } = await connect()
    const s = play.subscribe({ ...plan, at: NOW - 20 * DAY })
    s.refund({ at: NOW - 10 * DAY })
    const first = await page(list('voided'), null)
    expect(keysOf(first)).toEqual([`voided:${s.latestOrder}:${NOW - 10 * DAY}`])
    expect(first).toMatchObject({ caughtUp: true, againInMs: DAY, progress: { upTo: NOW } })
    clock.now += DAY
    const second = await page(list('voided'), first.cursor)
    expect(second.messages).toEqual([])
    const query = new URL(sent.at(-1)?.url ?? '').searchParams
    expect(Number(query.get('startTime'))).toBe(NOW - 2 * DAY)
    expect(query.get('type')).toBe('1')
  })

  it('goes on at the page where it was cut off', async () => {
    const { play, list, standIn } = await connect()
    const s = play.subscribe({ ...plan, at: NOW - 20 * DAY })
    s.refund({ at: NOW - 10 * DAY })
    const entry = play.view().voided[0]
    const body = { voidedPurchases: [entry], tokenPagination: { nextPageToken: '1' } }
    await page(list('voided'), null)
    standIn.script([{ kind: 'body', body: JSON.stringify(body) }])
    const first = await page(list('voided'), null)
    expect(first).toMatchObject({ caughtUp: false, messages: [{ kind: 'accepted' }] })
    expect(await page(list('voided'), first.cursor)).toMatchObject({ caughtUp: true, messages: [] })
  })

  it('begins again where its page has gone stale, and with a cursor that nobody can read', async () => {
    const { play, list, standIn, clock } = await connect()
    play.subscribe({ ...plan, at: NOW - 20 * DAY }).refund({ at: NOW - DAY })
    const stale = JSON.stringify({ v: 1, start: NOW - DAY, end: NOW, token: 'x', isDone: false })
    standIn.script([{ kind: 'none' }, { kind: 'answer', status: 400, body: '{}' }])
    const first = await page(list('voided'), stale)
    expect(first).toMatchObject({ caughtUp: false, messages: [] })
    clock.now += 60_000
    expect((await page(list('voided'), first.cursor)).messages).toHaveLength(1)
    for (const odd of ['', '{}', '{"v":2}', 'null']) expect((await page(list('voided'), odd)).messages).toHaveLength(1)
  })

  it('can be read again from a time on', async () => {
    const { list, sent } = await connect()
    await page(list('voided'), list('voided').from(NOW - 5 * DAY))
    expect(new URL(sent.at(-1)?.url ?? '').searchParams.get('startTime')).toBe(String(NOW - 5 * DAY))
    await page(list('voided'), list('voided').from(0))
    expect(Number(new URL(sent.at(-1)?.url ?? '').searchParams.get('startTime'))).toBeGreaterThanOrEqual(NOW - 30 * DAY)
  })
})
