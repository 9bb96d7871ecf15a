import { afterEach, describe, expect, it } from 'vitest'
import { createHttpClient, type HttpRequest } from '../../../src/net/http.ts'
import type { Fault } from '../../../src/stand-ins/server.ts'
import { type StripeStandIn, startStripeStandIn } from '../../../src/stand-ins/stripe/server.ts'
import { createStripeClient, type StripeClient } from '../../../src/stores/stripe/client.ts'
import { appOf, DAY, KEY, monthly, NOW, simulated, withSettings } from './setting.ts'

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()))
})

interface Connection {
  readonly client: StripeClient
  readonly standIn: StripeStandIn
  readonly sent: readonly HttpRequest[]
  readonly clock: { now: number }
  readonly subscription: string
}

async function connect(options: Partial<Parameters<typeof startStripeStandIn>[0]> = {}): Promise<Connection> {
  const account = simulated()
  const subscription = account.subscribe({ plan: monthly, at: NOW - DAY }).id
  const clock = { now: NOW }
  const standIn = await startStripeStandIn({ accounts: [{ account, key: KEY }], now: () => clock.now, ...options })
  const http = createHttpClient()
  const sent: HttpRequest[] = []
  const spied = {
    ...http,
    send: (request: HttpRequest) => {
      sent.push(request)
      return http.send(request)
    },
  }
  open.push(
    () => http.close(),
    () => standIn.close(),
  )
  const client = createStripeClient({ http: spied, now: () => clock.now, apiUrl: standIn.url })
  return { client, standIn, sent, clock, subscription }
}

const of = { app: appOf(), environment: 'production' } as const

describe('answers of the API', () => {
  it('an object comes with the moment that Stripe says it is', async () => {
    const { client, sent, subscription } = await connect()
    const answer = await client.get({ ...of, path: `/v1/subscriptions/${subscription}` })
    expect(answer).toMatchObject({ kind: 'fetched', value: { json: { id: subscription }, date: NOW } })
    expect(sent[0]?.headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'stripe-version': '2026-10-28.endive' })
  })

  it('what is not there is absent', async () => {
    const { client } = await connect()
    expect(await client.get({ ...of, path: '/v1/subscriptions/sub_none' })).toMatchObject({ kind: 'absent' })
    expect(await client.get({ ...of, path: '/v1/nothing' })).toMatchObject({ kind: 'absent' })
  })

  it('a key that Stripe does not take is for the operator, and is not repeated', async () => {
    const { client } = await connect()
    const app = withSettings({ secret_key: 'sk_live_ofsomebodyelse' })
    const answer = await client.get({ ...of, app, path: '/v1/events' })
    expect(answer).toMatchObject({ kind: 'credentials', reason: expect.stringMatching(/secret_key of web.*\.$/) })
    expect(JSON.stringify(answer)).not.toContain('sk_live')
  })

  it('a restricted key that may not read is for the operator, with what to grant', async () => {
    const { client } = await connect({ forbidden: ['/v1/charges'] })
    const answer = await client.get({ ...of, path: '/v1/charges/ch_1' })
    expect(answer).toMatchObject({ kind: 'credentials', reason: expect.stringContaining('read access') })
  })

  const LATER: readonly (readonly [string, Fault, number | null])[] = [
    ['429 with a time', { kind: 'answer', status: 429, headers: { 'retry-after': '7' } }, 7_000],
    ['429', { kind: 'answer', status: 429 }, null],
    ['409', { kind: 'answer', status: 409 }, null],
    ['500', { kind: 'answer', status: 500, body: '{"error":{"type":"api_error"}}' }, null],
    ['503 with a very long time', { kind: 'answer', status: 503, headers: { 'retry-after': '999999' } }, 3_600_000],
    ['a teapot', { kind: 'answer', status: 418 }, null],
    ['no JSON', { kind: 'body', body: '<html>' }, null],
    ['half of it', { kind: 'body', body: '{"id":' }, null],
    ['a cut connection', { kind: 'cut_before' }, null],
  ]
  it.each(LATER)('%s is tried again', async (_, fault, afterMs) => {
    const { client, standIn, subscription } = await connect()
    standIn.script([fault])
    const answer = await client.get({ ...of, path: `/v1/subscriptions/${subscription}` })
    expect(answer).toMatchObject({ kind: 'retry', afterMs, reason: expect.stringMatching(/\.$/) })
  })

  it('without a key nothing is asked', async () => {
    const { client, standIn } = await connect()
    const answer = await client.get({ ...of, app: withSettings({}), path: '/v1/events' })
    expect(answer).toMatchObject({ kind: 'absent', reason: expect.stringContaining('secret_key') })
    expect(standIn.requests).toBe(0)
  })

  it('a sandbox is asked with its own key, where there is one', async () => {
    const { client, sent } = await connect()
    const app = withSettings({ secret_key: KEY, sandbox_secret_key: 'sk_test_own' })
    await client.get({ app, environment: 'sandbox', path: '/v1/events' })
    await client.get({ app: appOf(), environment: 'sandbox', path: '/v1/events' })
    expect(sent.map(({ headers }) => headers?.authorization)).toEqual(['Bearer sk_test_own', `Bearer ${KEY}`])
  })
})

describe('lists', () => {
  it('are read to their end, page by page', async () => {
    const { client, standIn } = await connect({ pageSize: 1 })
    const listed = await client.list({ ...of, path: '/v1/events' })
    expect(listed.kind === 'fetched' && listed.value.map(({ type }) => type)).toEqual([
      'invoice.paid',
      'customer.subscription.updated',
      'customer.subscription.created',
    ])
    expect(standIn.requests).toBe(3)
  })

  it('that do not end are given up', async () => {
    const { client } = await connect({ pageSize: 1 })
    expect(await client.list({ ...of, path: '/v1/events' }, 2)).toMatchObject({ kind: 'absent' })
  })

  it('that break off on the way are read again from their beginning', async () => {
    const { client, standIn } = await connect({ pageSize: 1 })
    standIn.script([{ kind: 'none' }, { kind: 'answer', status: 500 }])
    expect(await client.list({ ...of, path: '/v1/events' })).toMatchObject({ kind: 'retry' })
  })
})

describe('the request budget', () => {
  it('is kept per account, and says how long to wait', async () => {
    const { client, standIn, clock } = await connect()
    const answers = await Promise.all(
      Array.from({ length: 41 }, () => client.get({ ...of, path: '/v1/events', query: { limit: '1' } })),
    )
    expect(answers.filter(({ kind }) => kind === 'fetched')).toHaveLength(40)
    expect(answers.find(({ kind }) => kind === 'retry')).toMatchObject({ afterMs: 50 })
    expect(standIn.requests).toBe(40)
    clock.now += 50
    expect((await client.get({ ...of, path: '/v1/events' })).kind).toBe('fetched')
  })
})
