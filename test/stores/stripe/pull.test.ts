import { describe, expect, it } from 'vitest'
import type { HttpClient } from '../../../src/net/http.ts'
import { answerOfStripe } from '../../../src/stand-ins/stripe/server.ts'
import type { SimulatedStripe } from '../../../src/stand-ins/stripe/simulator.ts'
import type { PulledPage, Store, StoreList } from '../../../src/stores/store.ts'
import { appOf, DAY, HOUR, inbound, KEY, monthly, NOW, post, simulated, stripeStore, withSettings } from './setting.ts'

const app = appOf({ receive: 'pull', environments: ['production'] })

interface Pulling {
  readonly store: Store
  readonly list: StoreList
  readonly account: SimulatedStripe
  readonly clock: { now: number }
  readonly asked: URLSearchParams[]
}

function pulling(pageSize = 100): Pulling {
  const clock = { now: NOW }
  const account = simulated({ now: () => clock.now })
  const asked: URLSearchParams[] = []
  const http: HttpClient = {
    send: (request) => {
      const url = new URL(request.url)
      asked.push(url.searchParams)
      const reply = answerOfStripe(
        {
          method: 'GET',
          path: url.pathname,
          query: url.searchParams,
          headers: { ...request.headers },
          body: Buffer.alloc(0),
        },
        { accounts: [KEY, 'sk_wrong'].map((key) => ({ account, key })), pageSize },
        clock.now,
      )
      return Promise.resolve({
        kind: 'answer',
        ...reply,
        headers: { ...reply.headers },
        truncated: false,
        durationMs: 0,
      })
    },
    close: () => Promise.resolve(),
  }
  const store = stripeStore({ http, now: () => clock.now })
  const [list] = store.lists?.(app) ?? []
  if (list === undefined) throw new Error('An app that pulls has a list.')
  return { store, list, account, clock, asked }
}

async function page(list: StoreList, cursor: string | null): Promise<PulledPage> {
  const pulled = await list.pull(cursor)
  if (pulled.kind !== 'fetched') throw new Error(`The page was not fetched: ${pulled.reason}`)
  return pulled.value
}

async function all(
  list: StoreList,
  from: string | null,
): Promise<{ ids: readonly string[]; cursor: string; pages: number }> {
  const ids: string[] = []
  let cursor = from
  for (let pages = 1; ; pages += 1) {
    const one = await page(list, cursor)
    for (const message of one.messages)
      ids.push(message.kind === 'accepted' ? message.message.sourceKey : message.reason)
    cursor = one.cursor
    if (one.caughtUp) return { ids, cursor, pages }
  }
}

describe('receive: pull', () => {
  it('is a list per environment that has a key, and none for an app that is pushed to', () => {
    const { store } = pulling()
    expect(store.lists?.(appOf())).toEqual([])
    expect(store.lists?.(appOf({ receive: 'pull' })).map(({ name, environment }) => `${name} ${environment}`)).toEqual([
      'events production',
    ])
    const both = withSettings({ secret_key: KEY, sandbox_secret_key: 'rk_test_1234' }, { receive: 'pull' })
    expect(store.lists?.(both).map(({ environment }) => environment)).toEqual(['production', 'sandbox'])
    expect(store.lists?.(withSettings({}, { receive: 'pull' }))).toEqual([])
  })

  it('reads everything that Stripe lists, goes on at the page where it was cut off, and then only what is new', async () => {
    const { list, account, clock } = pulling(2)
    account.subscribe({ plan: monthly, at: NOW - 5 * DAY })
    account.subscribe({ plan: monthly, at: NOW - 2 * DAY })
    const first = await page(list, null)
    expect(first).toMatchObject({ caughtUp: false, againInMs: 0 })
    const rest = await all(list, first.cursor)
    const firstIds = first.messages.map((one) => (one.kind === 'accepted' ? one.message.sourceKey : ''))
    expect([...firstIds, ...rest.ids].sort()).toEqual(account.events.map(({ id }) => id).sort())
    clock.now += HOUR
    expect((await all(list, rest.cursor)).ids).toEqual([])
    const [event] = account.subscribe({ plan: monthly, at: clock.now }).opening
    clock.now += HOUR
    expect((await all(list, rest.cursor)).ids).toContain(event?.id)
  })

  it('overlaps, since an event may be listed late, and once a day by a day', async () => {
    const { list, clock, asked } = pulling()
    let { cursor } = await all(list, null)
    const spans: number[] = []
    for (let hour = 0; hour < 30; hour += 1) {
      clock.now += HOUR
      cursor = (await all(list, cursor)).cursor
      const query = asked.at(-1)
      spans.push((Number(query?.get('created[lte]')) - Number(query?.get('created[gte]'))) / 60)
    }
    expect(new Set(spans)).toEqual(new Set([70, 1_500]))
    expect(spans.filter((span) => span === 1_500)).toHaveLength(1)
  })

  it('a pulled event is the same message as the pushed one', async () => {
    const { store, list, account, clock } = pulling()
    const [event] = account.subscribe({ plan: monthly, at: NOW - DAY }).opening
    if (event === undefined) throw new Error('A subscription begins with an event.')
    const pushed = await post(store, inbound(event, clock.now), app)
    const pulled = (await page(list, null)).messages.at(-1)
    expect(pushed.kind === 'accepted' && pulled?.kind === 'accepted').toBe(true)
    if (pushed.kind !== 'accepted' || pulled?.kind !== 'accepted') return
    const { body: pushedBody, ...one } = pushed.message
    const { body: pulledBody, ...other } = pulled.message
    expect(other).toEqual(one)
    expect(JSON.parse(pulledBody.toString())).toEqual(JSON.parse(pushedBody.toString()))
  })

  it('begins a pass again when its place has left the list', async () => {
    const { list, account, clock } = pulling(1)
    account.subscribe({ plan: monthly, at: NOW - 29 * DAY })
    const first = await page(list, null)
    clock.now += 2 * DAY
    const again = await page(list, first.cursor)
    expect(again).toMatchObject({ messages: [], caughtUp: false })
    expect((await all(list, again.cursor)).ids).toEqual([])
  })

  it('reads again from a time on', async () => {
    const { list, account } = pulling()
    account.subscribe({ plan: monthly, at: NOW - 5 * DAY })
    const [newer] = account.subscribe({ plan: monthly, at: NOW - DAY }).opening
    const { ids } = await all(list, list.from(NOW - 2 * DAY))
    expect(ids).toHaveLength(3)
    expect(ids).toContain(newer?.id)
    expect((await all(list, 'a cursor of another version')).ids).toHaveLength(6)
  })

  it('events of another mode than the key’s place says are refused with the way out', async () => {
    const { store, account } = pulling()
    account.subscribe({ plan: monthly, at: NOW - DAY })
    const swapped = withSettings({ secret_key: KEY, sandbox_secret_key: 'sk_wrong' }, { receive: 'pull' })
    const sandbox = store.lists?.(swapped).find(({ environment }) => environment === 'sandbox')
    if (sandbox === undefined) throw new Error('There is a list for the sandbox.')
    const { messages } = await page(sandbox, null)
    expect(messages).toHaveLength(3)
    for (const one of messages)
      expect(one).toMatchObject({ kind: 'refused', reason: expect.stringContaining('sandbox_secret_key') })
  })
})
