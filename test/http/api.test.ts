import { beforeEach, describe, expect, it } from 'vitest'
import { InvalidCursor, StorageUnavailable } from '../../src/storage/errors.ts'
import { ACME_KEY, deliveryOf, eventOf, memoryHub, NOW, OPERATOR_TOKEN, WRITE_KEY } from './in-memory-doors.ts'
import { type Started, started } from './started.ts'

let servers: Started
beforeEach(async () => {
  servers = await started()
})

const authorization = `Bearer ${ACME_KEY}`
const get = (path: string) => servers.public.inject({ url: `/api/projects/acme${path}`, headers: { authorization } })
const post = (path: string) =>
  servers.public.inject({ method: 'POST', url: `/api/projects/acme${path}`, headers: { authorization } })

describe('events', () => {
  it('are listed as {items, next}, each with the notification that caused it', async () => {
    servers.hub.rows.events.push({ event: eventOf('acme', { id: 'evt_2' }), position: 2, notificationId: null })
    const page = (await get('/events?limit=1')).json()
    expect(Object.keys(page).sort()).toEqual(['items', 'next'])
    expect(page).toMatchObject({
      items: [{ id: 'evt_1', type: 'RENEWAL', name: 'renewal', notification_id: 'ntf_1' }],
      next: 'more',
    })
  })

  it('takes a type in either vocabulary, repeated or with commas', async () => {
    servers.hub.rows.events.push({
      event: eventOf('acme', { id: 'evt_2', type: 'EXPIRATION', name: 'expiration' }),
      position: 2,
      notificationId: null,
    })
    const idsOf = async (query: string) =>
      (await get(`/events?${query}`)).json().items.map((event: { id: string }) => event.id)
    expect(await idsOf('type=EXPIRATION')).toEqual(['evt_2'])
    expect(await idsOf('type=expiration')).toEqual(['evt_2'])
    expect(await idsOf('type=expiration,RENEWAL')).toEqual(['evt_1', 'evt_2'])
    expect(await idsOf('type=expiration&type=renewal')).toEqual(['evt_1', 'evt_2'])
    expect(await idsOf('environment=SANDBOX')).toEqual([])
    expect(await idsOf('environment=production&customer=user-1')).toEqual(['evt_1', 'evt_2'])
  })

  it.each([
    'type=NOPE',
    'type=renewal,nope',
    'limit=0',
    'limit=201',
    'limit=x',
    'environment=test',
    'tpye=RENEWAL',
    'after=%00',
    'before=a%20b',
    'limit=1&limit=2',
  ])('refuses ?%s, naming what', async (query) => {
    const answer = await get(`/events?${query}`)
    expect(answer.statusCode).toBe(400)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.json()).toMatchObject({
      status: 400,
      title: 'Bad Request',
      errors: [{ at: expect.any(String), message: expect.any(String) }],
    })
  })

  it('have their deliveries and attempts with them', async () => {
    const event = (await get('/events/evt_1')).json()
    expect(event).toMatchObject({
      id: 'evt_1',
      deliveries: [{ id: 'dlv_1', event_id: 'evt_1', integration_id: 'segment', status: 'failed', attempts: 1 }],
      attempts: [{ id: 'att_1', delivery_id: 'dlv_1', status: 503 }],
    })
  })

  it('are 404 where there is none', async () => {
    expect((await get('/events/evt_9')).json()).toMatchObject({
      status: 404,
      title: 'Not Found',
      detail: expect.stringContaining('event'),
    })
  })
})

describe('a delivery', () => {
  it('has these keys', async () => {
    expect((await get('/deliveries/dlv_1')).json()).toEqual({
      id: 'dlv_1',
      event_id: 'evt_1',
      integration_id: 'segment',
      environment: 'production',
      status: 'failed',
      reason: 'outcome_unknown',
      advice: 'Say whether it arrived.',
      attempts: 1,
      due_at: null,
      created_at: '2026-11-22T10:00:00.000Z',
      settled_at: '2026-11-22T10:00:00.000Z',
      seq: 1,
      may_be_doubled: true,
      resend: 0,
      records_done: ['identify'],
      mends: [],
      notes: [],
      identity: { userId: 'user-1' },
      event: {
        name: 'renewal',
        type: 'RENEWAL',
        customer: 'user-of-acme',
        product_id: 'com.acme.monthly',
        occurred_at: '2026-11-22T10:00:00.000Z',
        store: 'app_store',
      },
      attempt_log: [
        {
          id: 'att_1',
          delivery_id: 'dlv_1',
          at: '2026-11-22T10:00:00.000Z',
          status: 503,
          duration_ms: 12,
          request: { method: 'POST', body: '…' },
          response: { status: 503, body: 'busy' },
          outcomes: [{ delivery: 'dlv_1', outcome: 'failed' }],
        },
      ],
    })
  })

  it('is sending while its lot is claimed, and due when its queue is', async () => {
    const waiting = { status: 'waiting', reason: null, settledAt: null } as const
    servers.hub.rows.deliveries = [
      deliveryOf('acme', { ...waiting, id: 'dlv_2' }, { sending: true, dueAt: NOW }),
      deliveryOf('acme', { ...waiting, id: 'dlv_3' }, { dueAt: NOW }),
      deliveryOf('acme', { ...waiting, id: 'dlv_4' }),
    ]
    const { items } = (await get('/integrations/segment/deliveries')).json()
    expect(items.map(({ status, due_at }: { status: string; due_at: string | null }) => [status, due_at])).toEqual([
      ['sending', '2026-11-22T10:00:00.000Z'],
      ['waiting', '2026-11-22T10:00:00.000Z'],
      ['waiting', null],
    ])
    expect((await get('/integrations/segment/deliveries?status=sending')).json().items).toHaveLength(1)
    expect((await get('/integrations/segment/deliveries?status=lost')).statusCode).toBe(400)
    expect((await get('/integrations/nope/deliveries')).statusCode).toBe(404)
  })

  it('keeps its page when an attempt was written as no JSON', async () => {
    const [attempt] = servers.hub.rows.attempts
    if (attempt === undefined) throw new Error('no attempt')
    servers.hub.rows.attempts = [{ ...attempt, request: 'not json', outcomes: '{' }]
    expect((await get('/deliveries/dlv_1')).json().attempt_log[0]).toMatchObject({ request: 'not json', outcomes: [] })
  })

  it('can be sent again, and can be said to have arrived', async () => {
    expect((await post('/deliveries/dlv_1/retry')).json()).toMatchObject({ id: 'dlv_1' })
    expect((await post('/deliveries/dlv_1/arrived')).statusCode).toBe(200)
    expect(servers.hub.acts).toEqual(['retry acme dlv_1', 'arrived acme dlv_1'])
    expect(
      servers.lines.filter(({ act, by }) => by === 'key backend' && (act === 'retry' || act === 'arrived')),
    ).toHaveLength(2)
  })

  it('answers 409 when there is nothing to send again, 404 when there is no delivery', async () => {
    servers.hub.rows.deliveries = [deliveryOf('acme', { status: 'delivered', reason: null })]
    for (const act of ['retry', 'arrived']) {
      expect((await post(`/deliveries/dlv_1/${act}`)).json()).toMatchObject({ status: 409, title: 'Conflict' })
      expect((await post(`/deliveries/dlv_9/${act}`)).statusCode).toBe(404)
    }
    expect(servers.hub.acts).toEqual([])
  })
})

describe('integrations', () => {
  it('show that secrets are set and how they end, and nothing that no field declares', async () => {
    const { items, next } = (await get('/integrations')).json()
    expect(next).toBeNull()
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({
      id: 'segment',
      destination: 'segment',
      live_from: '2026-11-22T10:00:00.000Z',
      event_names: { renewal: 'Renewed' },
      settings: { region: 'us', write_key: { set: true, last4: 'a1b2' } },
      channels: [
        {
          environment: 'production',
          state: 'paused',
          paused_by: 'credentials',
          next_try_at: '2026-11-22T10:05:00.000Z',
        },
      ],
    })
    expect(Object.keys(items[0].settings)).toEqual(['region', 'write_key'])
  })

  it('have the counts of their deliveries on their own page', async () => {
    expect((await get('/integrations/segment')).json().deliveries).toEqual({
      waiting: 1,
      delivered: 2,
      failed: 3,
      skipped: 4,
    })
    expect((await get('/integrations/nope')).statusCode).toBe(404)
  })

  it('pause and resume in the name of the key', async () => {
    expect((await post('/integrations/segment/pause')).statusCode).toBe(200)
    expect((await post('/integrations/segment/resume')).statusCode).toBe(200)
    expect((await post('/integrations/nope/pause')).statusCode).toBe(404)
    expect(servers.hub.acts).toEqual(['pause acme segment key backend', 'resume acme segment key backend'])
  })
})

describe('apps', () => {
  it('say where their store sends to, what came last and what was refused', async () => {
    const { items } = (await get('/apps')).json()
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({
      id: 'ios',
      settings: { bundle_id: 'com.acme.app' },
      notification_url: 'https://hub.example/notifications/app-store/acme/ios',
      last_notification: { at: '2026-11-22T10:00:00.000Z', type: 'DID_RENEW' },
      refused: { count: 2, last_claimed: 'com.else' },
    })
    expect((await get('/apps/ios')).json()).toEqual(items[0])
    expect((await get('/apps/nope')).statusCode).toBe(404)
  })
})

describe('notifications', () => {
  it('are listed without their bodies', async () => {
    const { items } = (await get('/notifications?status=understood&app=ios')).json()
    expect(items).toEqual([
      expect.objectContaining({ id: 'ntf_1', type: 'DID_RENEW', status: 'understood', due_at: null, events: 1 }),
    ])
    expect(items[0]).not.toHaveProperty('body')
    expect((await get('/notifications?status=parked')).json().items).toEqual([])
  })

  it('show their raw body on request only, and say so in the log', async () => {
    expect((await get('/notifications/ntf_1')).json()).not.toHaveProperty('body')
    const content = '{"signedPayload":"of acme"}'
    expect((await get('/notifications/ntf_1?body=text')).json().body).toEqual({
      encoding: 'text',
      raw: true,
      bytes: content.length,
      content,
    })
    expect((await get('/notifications/ntf_1?body=base64')).json().body.content).toBe(
      Buffer.from(content).toString('base64'),
    )
    expect(servers.lines.filter(({ act }) => String(act).includes('body'))).toHaveLength(2)
    expect((await get('/notifications/ntf_1?body=yes')).statusCode).toBe(400)
  })

  it('are reprocessed with a diff, dry or for good', async () => {
    servers.hub.reprocess = {
      kind: 'diff',
      wouldAdd: [eventOf('acme', { id: 'evt_7' })],
      wouldChange: ['evt_1'],
      note: null,
    }
    expect((await post('/notifications/ntf_1/reprocess?dry_run=true')).json()).toMatchObject({
      dry_run: true,
      would_add: [{ id: 'evt_7' }],
      would_change: ['evt_1'],
      note: null,
    })
    expect((await post('/notifications/ntf_1/reprocess')).json()).toMatchObject({ dry_run: false })
    expect(servers.hub.acts).toEqual(['reprocess acme ntf_1 dry', 'reprocess acme ntf_1 for good'])
    expect((await post('/notifications/ntf_9/reprocess')).statusCode).toBe(404)
    servers.hub.reprocess = { kind: 'refused', reason: 'The body was deleted after 90 days.' }
    expect((await post('/notifications/ntf_1/reprocess')).json()).toMatchObject({
      status: 409,
      detail: 'The body was deleted after 90 days.',
    })
  })
})

describe('a customer', () => {
  it('is found by any app user id, with attributes, purchases and events', async () => {
    expect((await get('/customers/user-1')).json()).toMatchObject({
      original_app_user_id: 'user-1',
      aliases: ['user-1'],
      attributes: { $email: { value: 'someone@acme.example', updated_at_ms: NOW } },
      purchases: [
        {
          store: 'app_store',
          chain: '1000000000000001',
          transactions: [{ reason: 'charge', micros: 7_990_000, currency: 'EUR', event_id: 'evt_1' }],
        },
      ],
      timeline: [{ id: 'evt_1' }],
    })
    expect((await get('/customers/nobody')).statusCode).toBe(404)
  })
})

describe('POST /api/apply', () => {
  const apply = (query: string, payload: string, headers: Record<string, string> = {}) =>
    servers.public.inject({
      method: 'POST',
      url: `/api/apply${query}`,
      headers: { authorization: `Operator ${OPERATOR_TOKEN}`, 'content-type': 'application/yaml', ...headers },
      payload,
    })

  it('hands the text on and gives the plan back', async () => {
    const answer = await apply('?dry_run=true&prune=1', 'version: 1\n')
    expect(answer.json()).toEqual({ applied: true, changes: ['+ app acme/ios'], notes: [] })
    expect(servers.hub.applied).toEqual([
      { text: 'version: 1\n', options: { dryRun: true, prune: true, adopt: false } },
    ])
  })

  it('names every fault of a file that it refuses', async () => {
    servers.hub.apply = { kind: 'refused', faults: ['a.yaml:3: x is not known here', 'a.yaml:9: y'] }
    expect((await apply('', 'version: 1')).json()).toMatchObject({
      status: 422,
      detail: expect.stringContaining('a.yaml:3'),
      faults: ['a.yaml:3: x is not known here', 'a.yaml:9: y'],
    })
  })

  it('takes YAML only, and not an empty file', async () => {
    expect((await apply('', '{}', { 'content-type': 'application/json' })).statusCode).toBe(415)
    expect((await apply('', '')).statusCode).toBe(400)
    expect((await apply('', 'a: "\xff"')).statusCode).toBe(200)
    expect((await apply('?dry=1', 'version: 1')).statusCode).toBe(400)
  })
})

describe('faults', () => {
  it('of a cursor are the caller’s, of storage are 503 with Retry-After, others are 500 without their text', async () => {
    const failing = async (error: Error) => {
      const hub = memoryHub()
      servers = await started({
        hub: Object.assign(hub, {
          doors: { ...hub.doors, reads: { ...hub.doors.reads, listEvents: () => Promise.reject(error) } },
        }),
      })
      return get('/events')
    }
    expect((await failing(new InvalidCursor('bad'))).statusCode).toBe(400)
    const unavailable = await failing(new StorageUnavailable('The disk is full; free some space.', 9))
    expect([unavailable.statusCode, unavailable.headers['retry-after']]).toEqual([503, '9'])
    const failed = await failing(new Error('secret detail'))
    expect(failed.statusCode).toBe(500)
    expect(failed.body).not.toContain('secret detail')
    expect(failed.json().request_id).toBe(failed.headers['x-request-id'])
    expect(JSON.stringify(servers.lines)).toContain('secret detail')
  })

  it('under unknown paths are problems under /api, the shape of the SDKs under /v1, never HTML', async () => {
    const paths = ['/api/nope', '/api/projects/acme/nope', '/notifications', '/%zz']
    // Whoever asks for a page there gets the dashboard's.
    const pages = ['/', '/index.html', '/api/../etc/passwd', '//', '/favicon.ico']
    for (const url of [...paths, ...pages]) {
      const accept = pages.includes(url) ? '*/*' : 'text/html'
      const answer = await servers.public.inject({ url, headers: { accept } })
      expect([400, 404], url).toContain(answer.statusCode)
      expect(answer.headers['content-type'], url).toContain('application/problem+json')
      expect(answer.json().detail).toMatch(/\.$/)
    }
    for (const url of [
      '/v1/subscribers/x/nothing',
      '/v1/receipts',
      '/v1',
      '/v1?x=1',
      '/rcbilling/v1/nothing',
      '/v1/subscribers/x/attributes',
      '/v1/%zz',
    ]) {
      const answer = await servers.public.inject({ url, headers: { accept: 'text/html' } })
      expect([400, 404], url).toContain(answer.statusCode)
      expect(answer.json(), url).toEqual({ code: 7226, message: expect.any(String) })
    }
  })
})

describe('the question why', () => {
  it('is asked of a customer, or of one event by its id', async () => {
    const one = await get('/why?event_id=evt_1')
    expect(one.statusCode).toBe(200)
    const { items } = one.json<{ items: readonly { event_id: string }[] }>()
    expect(items.length).toBeGreaterThan(0)
    expect(items.every(({ event_id }) => event_id === 'evt_1')).toBe(true)
    expect((await get('/why?event_id=evt_none')).statusCode).toBe(404)
    const neither = await get('/why?event=renewal')
    expect(neither.statusCode).toBe(400)
    expect(neither.json()).toMatchObject({ errors: [{ at: 'customer', message: expect.stringContaining('event_id') }] })
  })
})

describe('secrets', () => {
  it('are in no answer and no log line', async () => {
    const reads = servers.routes.filter(
      ({ method, policy, url, may }) =>
        method === 'GET' && policy === 'project' && may !== 'keys' && may !== 'members' && !url.endsWith('/stream'),
    )
    const ids: Record<string, string> = {
      integrations: 'segment',
      apps: 'ios',
      events: 'evt_1',
      deliveries: 'dlv_1',
      notifications: 'ntf_1',
      customers: 'user-1',
    }
    for (const { url } of reads) {
      const path = url
        .replace('/api/projects/:project', '')
        .replace(/\/(\w+)\/:id/, (_, kind: string) => `/${kind}/${ids[kind]}`)
      const answer = await get(path.endsWith('/why') ? `${path}?customer=user-1` : path)
      expect(answer.statusCode, path).toBe(200)
      expect(answer.body, path).not.toContain(WRITE_KEY)
      expect(answer.body, path).not.toContain('never shown')
      expect(answer.body, path).not.toContain(ACME_KEY)
    }
    expect(reads.length).toBeGreaterThanOrEqual(11)
    expect(JSON.stringify(servers.lines)).not.toMatch(new RegExp(`${WRITE_KEY}|${ACME_KEY}|user-1`))
  })
})
