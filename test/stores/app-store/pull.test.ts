import { describe, expect, it } from 'vitest'
import type { App } from '../../../src/domain/project.ts'
import type { Fetched, PulledPage, StoreList } from '../../../src/stores/store.ts'
import { API_KEY, type Connection, connect } from './connected.ts'
import { APPLE_ID, BUNDLE, DAY, NOW } from './setting.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
const plan = { product: 'monthly', price: 9.99, period: 'P1M' }

function listOf({ store, app, apple }: Connection, receive: App['receive']): StoreList {
  const [list] = store.lists?.({ ...app, receive, environments: [apple.environment] }) ?? []
  if (list === undefined) throw new Error('The App Store has no list.')
  return list
}

async function pull(connection: Connection, cursor: string | null): Promise<Fetched<PulledPage>> {
  return listOf(connection, 'pull').pull(cursor)
}

async function page(connection: Connection, cursor: string | null): Promise<PulledPage> {
  const answer = await pull(connection, cursor)
  if (answer.kind !== 'fetched') throw new Error(answer.reason)
  return answer.value
}

/** Pages until caught up. */
async function pass(
  connection: Connection,
  cursor: string | null,
): Promise<{ readonly ids: readonly string[]; readonly last: PulledPage; readonly pages: number }> {
  const ids: string[] = []
  for (let pages = 1, at = cursor; pages < 100; pages += 1) {
    const one = await page(connection, at)
    ids.push(...idsOf(one))
    if (one.caughtUp) return { ids, last: one, pages }
    at = one.cursor
  }
  throw new Error('The pull never caught up.')
}

function idsOf(one: PulledPage): readonly string[] {
  return one.messages.map((message) => {
    if (message.kind !== 'accepted') throw new Error(message.reason)
    return message.message.sourceKey
  })
}

/** The start and end that the last request asked for. */
function askedFor(connection: Connection): { readonly startDate: number; readonly endDate: number } {
  return JSON.parse(String(connection.sent.at(-1)?.body))
}

/** `count` notifications, one every two days up to now. */
function live(connection: Connection, count: number): readonly string[] {
  const s = connection.apple.subscribe({ ...plan, at: NOW - 2 * count * DAY })
  for (let n = 1; n < count; n += 1) s.priceIncrease('accepted', { at: NOW - 2 * (count - n) * DAY })
  return connection.apple.notifications.map((one) => one.uuid)
}

describe('the first pass', () => {
  it('reads the whole history once, page by page', async () => {
    const connection = await connect()
    const all = live(connection, 65)
    const { ids, last, pages } = await pass(connection, null)
    expect(ids).toEqual(all)
    expect(pages).toBe(4)
    expect(last).toMatchObject({ againInMs: 60_000, progress: { upTo: NOW, note: null } })
    expect(askedFor(connection)).toEqual({ startDate: NOW - 180 * DAY + HOUR, endDate: NOW })
  })

  it('is 30 days in the sandbox', async () => {
    const connection = await connect({ environment: 'sandbox' })
    const old = connection.apple.subscribe({ ...plan, at: NOW - 31 * DAY }).opening
    const young = connection.apple.subscribe({ ...plan, at: NOW - 29 * DAY }).opening
    const { ids } = await pass(connection, null)
    expect(ids).toEqual([young.uuid])
    expect(ids).not.toContain(old.uuid)
    expect(askedFor(connection).startDate).toBe(NOW - 30 * DAY + HOUR)
  })

  it.each(['oldest first', 'newest first'] as const)(
    'gives the same when it is interrupted at any page (%s)',
    async (listing) => {
      const connection = await connect({ listing })
      const all = live(connection, 65)
      let interrupted = 0
      for (let cutAt = 0; cutAt < 4; cutAt += 1) {
        const ids: string[] = []
        let cursor: string | null = null
        for (let n = 0; ; n += 1) {
          if (n === cutAt) {
            // The page is lost on the way, the process ends, minutes pass: what was kept is the cursor alone.
            connection.standIn.script([{ kind: 'cut_after' }])
            expect((await pull(connection, cursor)).kind).toBe('retry')
            connection.clock.now += 7 * MINUTE
            interrupted += 1
          }
          const one: PulledPage = await page(connection, cursor)
          ids.push(...idsOf(one))
          cursor = one.cursor
          if (one.caughtUp) break
        }
        expect([...ids].sort()).toEqual([...all].sort())
      }
      expect(interrupted).toBe(4)
    },
  )

  it('that was away until Apple refuses its start begins again, and misses nothing that is still listed', async () => {
    const connection = await connect()
    const all = live(connection, 65)
    const first = await page(connection, null)
    connection.clock.now += 3 * HOUR
    const broken = await page(connection, first.cursor)
    expect(broken).toMatchObject({ messages: [], caughtUp: false })
    const { ids } = await pass(connection, broken.cursor)
    expect(ids).toEqual(all)
    expect(askedFor(connection).startDate).toBe(NOW + 3 * HOUR - 180 * DAY + HOUR)
  })

  it('tells how far it is', async () => {
    const connection = await connect()
    live(connection, 65)
    const first = await page(connection, null)
    expect(first).toMatchObject({ caughtUp: false, againInMs: 0 })
    expect(first.progress.from).toBe(NOW - 180 * DAY + HOUR)
    expect(first.progress.upTo).toBe(connection.apple.notifications[19]?.at)
  })

  it('that outlives its page token begins again', async () => {
    const connection = await connect()
    const all = live(connection, 45)
    const first = await page(connection, null)
    connection.clock.now += MINUTE
    connection.standIn.expireTokens()
    const broken = await page(connection, first.cursor)
    expect(broken).toMatchObject({ messages: [], caughtUp: false, againInMs: 0 })
    const { ids } = await pass(connection, broken.cursor)
    expect(ids).toEqual(all)
  })

  it('begins later where Apple refuses the full depth', async () => {
    const connection = await connect()
    const s = connection.apple.subscribe({ ...plan, at: NOW - 178 * DAY })
    const kept = s.cancel({ at: NOW - 160 * DAY }).uuid
    const refusal = {
      kind: 'answer',
      status: 400,
      body: '{"errorCode":4000012,"errorMessage":"Invalid request."}',
    } as const
    connection.standIn.script([refusal, refusal, refusal])
    const { ids, pages } = await pass(connection, null)
    expect(ids).toEqual([kept])
    expect(pages).toBe(4)
    expect(askedFor(connection).startDate).toBe(NOW - 165 * DAY + HOUR)
  })
})

describe('every pass after it', () => {
  it('asks for what is new, ten minutes back, and once a day a day back', async () => {
    const connection = await connect()
    let { cursor } = (await pass(connection, null)).last
    const starts: number[] = []
    for (let minute = 1; minute <= 1_445; minute += 1) {
      connection.clock.now = NOW + minute * MINUTE
      const { last } = await pass(connection, cursor)
      cursor = last.cursor
      const asked = askedFor(connection)
      expect(asked.endDate).toBe(connection.clock.now)
      starts.push((asked.endDate - asked.startDate) / MINUTE)
    }
    const daily = starts.filter((minutes) => minutes === 1 + 1_440)
    expect(daily).toHaveLength(1)
    expect(starts.indexOf(1_441)).toBe(1_439)
    expect(starts.filter((minutes) => minutes === 11)).toHaveLength(1_444)
  })

  it('brings what Apple lists late, once more what overlaps, and nothing is missed while we are away', async () => {
    const connection = await connect()
    const { apple, clock } = connection
    const s = apple.subscribe({ ...plan, at: NOW - DAY })
    const first = (await pass(connection, null)).last
    const late = s.cancel({ at: NOW - 8 * MINUTE }).uuid
    clock.now = NOW + MINUTE
    const second = await pass(connection, first.cursor)
    expect(second.ids).toEqual([late])
    const away = [s.uncancel({ at: NOW + 3 * DAY }).uuid, s.cancel({ at: NOW + 9 * DAY }).uuid]
    clock.now = NOW + 10 * DAY
    const third = await pass(connection, second.last.cursor)
    expect(third.ids).toEqual([late, ...away])
  })

  it('after half a year away asks for no more than Apple lists', async () => {
    const connection = await connect()
    const { cursor } = (await pass(connection, null)).last
    connection.clock.now = NOW + 300 * DAY
    await pass(connection, cursor)
    expect(askedFor(connection).startDate).toBe(NOW + 120 * DAY + HOUR)
  })

  it('one notification has one id, pulled or pushed', async () => {
    const connection = await connect()
    const { opening } = connection.apple.subscribe({ ...plan, at: NOW - DAY })
    const pushed = await connection.store.accept({ headers: {}, body: opening.body }, connection.app)
    const { messages } = await page(connection, null)
    expect(messages).toEqual([pushed])
  })
})

describe('an empty history', () => {
  it('says why, until something comes', async () => {
    const connection = await connect({ notificationUrl: null })
    const first = await page(connection, null)
    expect(first).toMatchObject({
      messages: [],
      caughtUp: true,
      progress: { note: expect.stringContaining('version 2 notifications') },
    })
    const second = await page(connection, first.cursor)
    expect(second.progress.note).toContain('App Store Connect')
  })

  it('says nothing once there was one', async () => {
    const connection = await connect()
    live(connection, 2)
    const first = await page(connection, null)
    connection.clock.now = NOW + 9 * DAY
    expect((await page(connection, first.cursor)).progress.note).toBeNull()
  })
})

describe('what is in the way', () => {
  it('a message that is not authentic is among the page, refused', async () => {
    const settings = { bundle_id: BUNDLE, app_apple_id: APPLE_ID + 1, api_key: API_KEY }
    const connection = await connect({ app: { settings } })
    live(connection, 2)
    const one = await page(connection, null)
    expect(one.messages.map(({ kind }) => kind)).toEqual(['refused', 'refused'])
  })

  it('is read again from a time on, as after a restore', async () => {
    const connection = await connect()
    live(connection, 8)
    const all = connection.apple.notifications
    const since = all[5]?.at ?? 0
    const { ids } = await pass(connection, listOf(connection, 'pull').from(since))
    expect([...ids].sort()).toEqual(
      all
        .slice(5)
        .map(({ uuid }) => uuid)
        .sort(),
    )
  })

  it('of an app that is pushed to is only what Apple could not deliver, once an hour; without a key nothing', async () => {
    const connection = await connect({ notificationUrl: 'http://127.0.0.1:1/nobody' })
    live(connection, 4)
    const sent = connection.apple.notifications
    for (const one of sent.slice(2)) await connection.standIn.send(one)
    sent[2]?.attempts.push({ attemptDate: NOW, sendAttemptResult: 'SUCCESS' })
    const list = listOf(connection, 'push')
    const answer = await list.pull(null)
    if (answer.kind !== 'fetched') throw new Error(answer.reason)
    expect(list.name).toBe('failures')
    expect(idsOf(answer.value)).toEqual([sent[3]?.uuid])
    expect(answer.value).toMatchObject({ caughtUp: true, againInMs: HOUR, progress: { note: null } })
    expect(JSON.parse(String(connection.sent.at(-1)?.body))).toMatchObject({
      onlyFailures: true,
      startDate: NOW - 7 * DAY,
    })
    const again = await list.pull(list.from(NOW - 100 * DAY))
    if (again.kind !== 'fetched') throw new Error(again.reason)
    expect(idsOf(again.value)).toEqual(sent.filter(({ attempts }) => attempts.length > 0).map(({ uuid }) => uuid))
    await list.pull(again.value.cursor)
    expect(JSON.parse(String(connection.sent.at(-1)?.body))).toMatchObject({ onlyFailures: true })
    const { api_key: _, ...withoutKey } = connection.app.settings
    expect(connection.store.lists?.({ ...connection.app, receive: 'push', settings: withoutKey })).toEqual([])
  })

  it('credentials, limits and faults are told as what they are', async () => {
    const connection = await connect()
    connection.standIn.script([
      { kind: 'answer', status: 401 },
      { kind: 'answer', status: 429, headers: { 'retry-after': String(NOW + 3_000) } },
      { kind: 'answer', status: 404, body: '{"errorCode":4040003,"errorMessage":"App not found."}' },
      { kind: 'answer', status: 404 },
      { kind: 'answer', status: 400, body: '{"errorCode":4000000,"errorMessage":"Bad request."}' },
    ])
    const kinds: string[] = []
    for (let n = 0; n < 5; n += 1) kinds.push((await pull(connection, null)).kind)
    expect(kinds).toEqual(['credentials', 'retry', 'credentials', 'retry', 'retry'])
  })

  it('a cursor that cannot be read begins again', async () => {
    const connection = await connect()
    const all = live(connection, 3)
    for (const cursor of ['', 'x', '{}', '{"v":2}', 'null']) expect((await pass(connection, cursor)).ids).toEqual(all)
  })
})
