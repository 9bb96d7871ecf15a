import { beforeEach, describe, expect, it } from 'vitest'
import { randomOf } from '../seed.ts'
import { ACME_KEY, EMPTY_PURCHASE, eventOf, NOW } from './in-memory-doors.ts'
import { type Started, started } from './started.ts'

const PATH = '/api/projects/acme/customers'

let servers: Started
beforeEach(async () => {
  servers = await started()
})

function ask(method: 'GET' | 'DELETE' | 'PUT' | 'POST', url: string, payload?: unknown) {
  const headers = { authorization: `Bearer ${ACME_KEY}` }
  return servers.public.inject(
    payload === undefined ? { method, url, headers } : { method, url, headers, payload: payload as object },
  )
}

interface TimelineJson {
  readonly items: readonly { readonly at: string; readonly event?: { readonly id: string }; readonly kind?: string }[]
  readonly next: string | null
}

describe('a search for customers', () => {
  it('gives summaries, and a place to go on from', async () => {
    const page = (await ask('GET', `${PATH}?query=user`)).json()
    expect(page).toEqual({
      items: [
        {
          original_app_user_id: 'user-1',
          last_seen_app_user_id: 'user-1',
          aliases: ['user-1'],
          first_seen_at: '2026-11-22T10:00:00.000Z',
          last_seen_at: '2026-11-22T10:00:00.000Z',
          attributes: { $email: { value: 'someone@acme.example', updated_at_ms: NOW } },
        },
      ],
      next: null,
    })
  })

  it('refuses what is no query, and what is no place', async () => {
    const long = 'x'.repeat(10_000)
    for (const query of [
      `query=${long}`,
      'query=%00',
      'query=a%0Ab',
      'after=%2e%2e',
      `after=${long}`,
      'limit=0',
      'q=x',
    ]) {
      expect((await ask('GET', `${PATH}?${query}`)).statusCode, query.slice(0, 20)).toBe(400)
    }
    for (const query of ['%25', '_', '%5C', '*', '%F0%9F%A6%8A', "'--"]) {
      expect((await ask('GET', `${PATH}?query=${query}`)).json(), query).toEqual({ items: [], next: null })
    }
  })
})

describe('a customer', () => {
  it('has entitlements, purchases with their money, and why one is not verified', async () => {
    const { rows } = servers.hub
    rows.purchases = rows.purchases.map((row) => ({ ...row, body: JSON.stringify(EMPTY_PURCHASE) }))
    const { entitlements, purchases } = (await ask('GET', `${PATH}/user-1`)).json()
    expect(entitlements).toEqual([])
    expect(purchases).toEqual([
      expect.objectContaining({
        chain: '1000000000000001',
        kind: 'subscription',
        unverified: expect.stringContaining('has not been read'),
        transactions: [expect.objectContaining({ micros: 7_990_000, transaction_id: '1000000000000002' })],
      }),
    ])
  })
})

describe('a timeline', () => {
  it('interleaves events and changes, each in its own order, and gives each once, whatever the page', async () => {
    const random = randomOf('timelines')
    const { rows } = servers.hub
    const times = (count: number) =>
      Array.from({ length: count }, () => NOW - Math.floor(random() * 40) * 1_000).sort((a, b) => b - a)
    rows.events = times(23).map((at, n) => ({
      event: eventOf('acme', { id: `evt_${n}`, recordedAt: at, aliases: ['user-1'] }),
      position: 1_000 - n,
      notificationId: null,
    }))
    const { listEvents } = servers.hub.doors.reads
    const paged: typeof listEvents = async (query) => {
      const all = rows.events.filter(({ position }) => query.before === null || (position ?? 0) < Number(query.before))
      const items = all.slice(0, query.limit)
      return { items, next: all.length > query.limit ? String(items.at(-1)?.position) : null }
    }
    Object.assign(servers.hub.doors.reads, { listEvents: paged })
    rows.history = times(17).map((at, n) => ({
      projectId: 'acme',
      customerId: 'cus_1',
      at,
      kind: 'attribute',
      body: `{"n":${n}}`,
      place: `${at}-${100 - n}`,
    }))
    const before = (place: string | null) => (_: unknown, index: number) =>
      place === null || index > rows.history.findIndex((row) => row.place === place)
    Object.assign(servers.hub.doors.reads, {
      customerHistory: async (asked: { readonly before: string | null; readonly limit: number }) => {
        const all = rows.history.filter(before(asked.before))
        const items = all.slice(0, asked.limit)
        return { items, next: all.length > asked.limit ? (items.at(-1)?.place ?? null) : null }
      },
    })
    for (const limit of [1, 2, 3, 7, 40, 50]) {
      const seen: TimelineJson['items'][number][] = []
      let next: string | null = null
      do {
        const place: string = next === null ? '' : `&before=${encodeURIComponent(next)}`
        const page = (await ask('GET', `${PATH}/user-1/timeline?limit=${limit}${place}`)).json<TimelineJson>()
        seen.push(...page.items)
        next = page.next
      } while (next !== null)
      const events = seen.flatMap(({ event }) => event?.id ?? [])
      expect(events, `limit ${limit}`).toEqual(rows.events.map(({ event }) => event.id))
      expect(
        seen.filter(({ kind }) => kind === 'attribute'),
        `limit ${limit}`,
      ).toHaveLength(17)
      const at = seen.map((moment) => Date.parse(moment.at))
      expect(at, `limit ${limit}`).toEqual([...at].sort((a, b) => b - a))
    }
  })

  it('refuses a place that it did not give', async () => {
    for (const before of ['x', '1', '~.~', '1.2', '-1.', '..']) {
      expect((await ask('GET', `${PATH}/user-1/timeline?before=${before}`)).statusCode, before).toBe(400)
    }
  })
})

describe('an export', () => {
  it('is one document with everything about the person, and of a request only their part', async () => {
    servers.hub.rows.attempts = [
      {
        id: 'att_1',
        projectId: 'acme',
        channelId: 'segment:production',
        at: NOW,
        durationMs: 1,
        status: 200,
        request: '{"body":"somebody else too"}',
        response: '{}',
        outcomes: '[{"delivery":"dlv_1","outcome":"delivered"},{"delivery":"dlv_of_another","outcome":"delivered"}]',
      },
    ]
    servers.hub.rows.events = servers.hub.rows.events.map((row) => ({
      ...row,
      event: { ...row.event, aliases: ['user-1'] },
    }))
    const answer = await ask('GET', `${PATH}/user-1/export`)
    expect(answer.headers['content-type']).toContain('application/json')
    const document = answer.json()
    expect(Object.keys(document)).toEqual([
      'version',
      'project',
      'exported_at',
      'customer',
      'purchases',
      'events',
      'changes',
      'notifications',
    ])
    expect(document.customer.attributes).toEqual({ $email: { value: 'someone@acme.example', updated_at_ms: NOW } })
    expect(document.purchases).toEqual([
      expect.objectContaining({
        known: expect.objectContaining({ kind: 'subscription' }),
        transactions: [expect.objectContaining({ micros: 7_990_000 })],
      }),
    ])
    expect(document.events).toHaveLength(1)
    expect(document.events[0].deliveries[0].attempt_log).toEqual([
      expect.objectContaining({ id: 'att_1', outcomes: [{ delivery: 'dlv_1', outcome: 'delivered' }] }),
    ])
    expect(document.changes).toEqual([expect.objectContaining({ kind: 'attribute' })])
    expect(document.notifications[0].body).toEqual({ text: '{"signedPayload":"of acme"}' })
    expect(answer.body).not.toMatch(/somebody else|dlv_of_another/)
    expect((await ask('GET', `${PATH}/nobody/export`)).statusCode).toBe(404)
  })
})

describe('attributes by the API', () => {
  it('are set, deleted and refused key by key', async () => {
    const attributes = { mood: { value: 'good' }, 'no such key': { value: 'x' }, gone: { value: null } }
    for (const method of ['PUT', 'POST'] as const) {
      const answer = await ask(method, `${PATH}/user-1/attributes`, { attributes })
      expect(answer.statusCode).toBe(200)
      expect(answer.json().errors).toEqual([{ key: 'no such key', message: expect.stringContaining('rename it') }])
    }
    expect(servers.hub.attributes.get('acme\nuser-1')?.mood?.value).toBe('good')
    for (const id of ['null', '%24erased:0123', 'a%0Ab']) {
      expect((await ask('PUT', `${PATH}/${id}/attributes`, { attributes: {} })).statusCode, id).toBe(400)
    }
    expect((await ask('PUT', `${PATH}/user-1/attributes`, { attributes: { mood: 'good' } })).statusCode).toBe(400)
  })
})

describe('an erasure', () => {
  it('is done once through the API, and says who asked, not whom', async () => {
    expect((await ask('DELETE', `${PATH}/user-1`)).json()).toEqual({ erased: true, finished: true })
    expect(servers.hub.acts).toEqual(['erase acme user-1'])
    expect((await ask('DELETE', `${PATH}/user-1`)).statusCode).toBe(404)
    expect((await ask('DELETE', `${PATH}/%24erased:00`)).statusCode).toBe(404)
    const line = servers.lines.find(({ act }) => act === 'erase')
    expect(line).toMatchObject({ by: 'key backend', project: 'acme' })
    expect(servers.hub.audit).toMatchObject([{ act: 'erase', kind: 'customer', id: 'erased', projectId: 'acme' }])
    expect(JSON.stringify(servers.lines)).not.toContain('user-1')
  })

  it('by the older route answers alike every time, and refuses what is no id', async () => {
    for (let times = 0; times < 2; times += 1) {
      const answer = await ask('DELETE', '/v1/subscribers/user-1')
      expect([answer.statusCode, answer.json()]).toEqual([200, { app_user_id: 'user-1' }])
    }
    expect(servers.hub.acts).toEqual(['erase acme user-1'])
    expect((await ask('DELETE', '/v1/subscribers/null')).json()).toMatchObject({ code: 7256 })
    const other = await servers.public.inject({
      method: 'DELETE',
      url: '/v1/subscribers/user-1',
      headers: { authorization: 'Bearer appl_acme' },
    })
    expect(other.statusCode).toBe(403)
  })
})
