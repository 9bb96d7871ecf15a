import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { mintApiKey } from '../../../src/stand-ins/app-store/api-key.ts'
import { createBudget } from '../../../src/stores/budget.ts'
import { API_KEY, connect } from './connected.ts'
import { APPLE_ID, appOf, BUNDLE, DAY, NOW } from './setting.ts'

const plan = { product: 'monthly', price: 9.99, period: 'P1M' }
const MINUTE = 60_000

describe('the status of a subscription', () => {
  it('comes by any of its transactions', async () => {
    const { apple, store, app } = await connect()
    const s = apple.subscribe({ ...plan, at: NOW - 40 * DAY })
    s.renew()
    const answer = await store.client.status({ environment: 'production', app, transactionId: s.latest.id })
    expect(answer).toMatchObject({
      kind: 'fetched',
      value: {
        bundleId: BUNDLE,
        appAppleId: APPLE_ID,
        data: [{ lastTransactions: [{ status: 1, originalTransactionId: s.id }] }],
      },
    })
  })

  it('of an unknown transaction is absent', async () => {
    const { store, app } = await connect()
    const answer = await store.client.status({ environment: 'production', app, transactionId: '99' })
    expect(answer).toEqual({ kind: 'absent', reason: 'Apple answered: Transaction id not found. (error 4040010).' })
  })
})

describe('a test notification', () => {
  it('is asked for, and what became of it is told', async () => {
    const { store, app, standIn } = await connect({ notificationUrl: 'http://127.0.0.1:1/nobody' })
    const asked = await store.client.requestTest('production', app)
    if (asked.kind !== 'fetched') throw new Error(asked.reason)
    const token = String(asked.value.testNotificationToken)
    const told = await store.client.testStatus('production', token, app)
    expect(told).toMatchObject({ kind: 'fetched', value: { signedPayload: expect.stringContaining('.') } })
    expect(standIn.requests).toBe(2)
  })

  it('without an address in App Store Connect is refused by Apple in words', async () => {
    const { store, app } = await connect({ notificationUrl: null })
    expect(await store.client.requestTest('production', app)).toMatchObject({
      kind: 'absent',
      reason: expect.stringContaining('4040007'),
    })
  })
})

describe('the token', () => {
  it('is kept, and renewed before its end', async () => {
    const { store, app, clock, sent, standIn } = await connect()
    const ask = async (): Promise<string> => {
      await store.client.status({ environment: 'production', app, transactionId: '99' })
      return sent.at(-1)?.headers?.authorization ?? ''
    }
    const first = await ask()
    clock.now += 17 * MINUTE
    expect(await ask()).toBe(first)
    clock.now += 2 * MINUTE
    const second = await ask()
    expect(second).not.toBe(first)
    for (let n = 0; n < 20; n += 1) {
      clock.now += 7 * MINUTE
      await ask()
    }
    expect(standIn.refusals).toEqual([])
    expect(standIn.requests).toBe(23)
  })

  it('is another one for another key or bundle id at once', async () => {
    const { store, app, sent } = await connect()
    const other = { ...app, settings: { ...app.settings, bundle_id: 'com.other.app' } }
    await store.client.status({ environment: 'production', app, transactionId: '99' })
    await store.client.status({ environment: 'production', app: other, transactionId: '99' })
    const [first, second] = sent.map((request) => request.headers?.authorization)
    expect(second).not.toBe(first)
  })

  it('carries nothing but what Apple asks for', async () => {
    const { store, app, sent, clock } = await connect()
    await store.client.status({ environment: 'production', app, transactionId: '99' })
    const [head, body] = (sent[0]?.headers?.authorization ?? '').slice(7).split('.')
    const json = (segment: string | undefined): unknown =>
      JSON.parse(Buffer.from(segment ?? '', 'base64url').toString())
    expect(json(head)).toEqual({ alg: 'ES256', kid: API_KEY.key_id, typ: 'JWT' })
    const iat = clock.now / 1000 - 30
    expect(json(body)).toEqual({
      iss: API_KEY.issuer_id,
      iat,
      exp: clock.now / 1000 + 1200,
      aud: 'appstoreconnect-v1',
      bid: BUNDLE,
    })
  })
})

describe('credentials', () => {
  const settings = { bundle_id: BUNDLE, app_apple_id: APPLE_ID }
  const wrong = mintApiKey()
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()

  it.each([
    ['of an unknown issuer', { ...API_KEY, issuer_id: wrong.issuerId }],
    ['of an unknown key', { ...API_KEY, key_id: wrong.keyId }],
    ['with another private key', { ...API_KEY, private_key: wrong.privateKey }],
  ])('%s are refused by Apple, with the fix', async (_name, api_key) => {
    const { store, standIn } = await connect()
    const app = appOf({ settings: { ...settings, api_key } })
    const answer = await store.history({ key: keyOf('1'), transactionId: '1' }, app)
    expect(answer).toMatchObject({ kind: 'credentials', reason: expect.stringContaining('check issuer_id') })
    expect(standIn.refusals).toHaveLength(1)
  })

  it('for an app that Apple does not know under this key are refused', async () => {
    const { store } = await connect()
    const app = appOf({ settings: { ...settings, bundle_id: 'com.other.app', api_key: API_KEY } })
    expect(await store.client.requestTest('production', app)).toMatchObject({ kind: 'credentials' })
  })

  it.each([
    ['no key at all', undefined],
    ['a key that is no key', { ...API_KEY, private_key: 'x' }],
    ['a key on another curve', { ...API_KEY, private_key: p384 }],
  ])('%s: nothing is asked', async (_name, api_key) => {
    const { store, standIn } = await connect()
    const app = appOf({ settings: api_key === undefined ? settings : { ...settings, api_key } })
    expect(await store.history({ key: keyOf('1'), transactionId: '1' }, app)).toMatchObject({ kind: 'credentials' })
    expect(store.canAskHistory(app)).toBe(api_key !== undefined)
    expect(standIn.requests).toBe(0)
  })
})

function keyOf(chain: string) {
  return { projectId: 'acme', store: 'app_store', environment: 'production', chain, line: '' } as const
}

describe('the request budget', () => {
  it('of an app is its own, by environment, and comes back with time', async () => {
    const { store, app, clock, standIn } = await connect()
    const ask = (of = app, environment: 'production' | 'sandbox' = 'production') =>
      store.client.status({ environment, app: of, transactionId: '99' })
    for (let n = 0; n < 40; n += 1) expect((await ask()).kind).toBe('absent')
    expect(await ask()).toEqual({
      kind: 'retry',
      reason: 'The request budget of ios is used up for the moment.',
      afterMs: 50,
    })
    expect((await ask({ ...app, id: 'other' })).kind).toBe('absent')
    expect((await ask(app, 'sandbox')).kind).toBe('absent')
    clock.now += 50
    expect((await ask()).kind).toBe('absent')
    expect((await ask()).kind).toBe('retry')
    expect(standIn.requests).toBe(43)
  })

  it('lets what was begun go on and is paid back', () => {
    let now = 0
    const budget = createBudget(() => now)
    const rate = { perSecond: 1, burst: 1 }
    expect(budget.take('a', rate)).toBe(0)
    expect(budget.take('a', rate, true)).toBe(0)
    expect(budget.take('a', rate, true)).toBe(0)
    expect(budget.take('a', rate)).toBe(3_000)
    now += 3_000
    expect(budget.take('a', rate)).toBe(0)
    expect(budget.take('b', rate)).toBe(0)
  })
})

describe('faults', () => {
  const ask = async (connection: Awaited<ReturnType<typeof connect>>) =>
    connection.store.client.status({ environment: 'production', app: connection.app, transactionId: '99' })

  it('of the line, of Apple and of its answers are worth another try', async () => {
    const connection = await connect()
    connection.standIn.script([
      { kind: 'cut_before' },
      {
        kind: 'answer',
        status: 500,
        body: '{"errorCode":5000001,"errorMessage":"An unknown error occurred. Please try again."}',
      },
      { kind: 'answer', status: 503 },
      { kind: 'answer', status: 200, body: 'not json' },
      { kind: 'answer', status: 200, body: '[]' },
      { kind: 'answer', status: 418 },
    ])
    const kinds = []
    for (let n = 0; n < 6; n += 1) kinds.push(await ask(connection))
    expect(kinds.map((answer) => answer.kind)).toEqual(Array.from({ length: 6 }, () => 'retry'))
    for (const answer of kinds) expect(answer).toMatchObject({ reason: expect.stringMatching(/\.$/), afterMs: null })
    expect((await ask(connection)).kind).toBe('absent')
  })

  it('Retry-After is read as Apple writes it, and as everybody else does', async () => {
    const connection = await connect()
    const busy = (value: string) =>
      ({ kind: 'answer', status: 429, headers: { 'retry-after': value }, body: '' }) as const
    connection.standIn.script([
      busy(String(NOW + 5_000)),
      busy('7'),
      busy(new Date(NOW + 9_000).toUTCString()),
      busy('soon'),
      busy(String(NOW + 10 * DAY)),
      busy('-5'),
    ])
    const waits = []
    for (let n = 0; n < 6; n += 1) waits.push((await ask(connection)) as { afterMs: number | null })
    expect(waits.map(({ afterMs }) => afterMs)).toEqual([5_000, 7_000, 9_000, null, 3_600_000, 0])
  })

  it('a 429 of Apple’s own limit tells when to come back', async () => {
    const connection = await connect({ perSecond: 1 })
    expect((await ask(connection)).kind).toBe('absent')
    expect(await ask(connection)).toMatchObject({
      kind: 'retry',
      afterMs: 1_000,
      reason: expect.stringContaining('4290000'),
    })
  })
})
