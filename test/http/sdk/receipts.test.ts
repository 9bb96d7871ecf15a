import { beforeEach, describe, expect, it } from 'vitest'
import type { PostedReceipt, ReceiptOutcome } from '../../../src/ingest/receipts.ts'
import type { Started } from '../started.ts'
import { ACME_KEY, ask, everywhere, NOW, PUBLIC_KEYS } from './ask.ts'
import { decodedByAndroid, decodedByIos, decodedError } from './decoders.ts'
import {
  AMAZON_RECEIPT,
  ANDROID_HEADERS,
  ANDROID_RECEIPT,
  IOS_HEADERS,
  IOS_RECEIPT,
  STRIPE_RECEIPT,
} from './requests.ts'

let servers: Started
beforeEach(async () => {
  servers = await everywhere()
})

function post(body: unknown, key: string = PUBLIC_KEYS.app_store, headers: Readonly<Record<string, string>> = {}) {
  return ask(servers, '/v1/receipts', { body, key, headers })
}

function only(): PostedReceipt {
  const [receipt, another] = servers.hub.receipts
  if (receipt === undefined || another !== undefined) throw new Error(`${servers.hub.receipts.length} receipts came`)
  return receipt
}

describe('a receipt as an SDK sends it', () => {
  it('of iOS is read whole, and the answer is one that iOS decodes', async () => {
    const answer = await post(IOS_RECEIPT, PUBLIC_KEYS.app_store, IOS_HEADERS)
    expect(answer.statusCode).toBe(200)
    expect(decodedByIos(answer.json()).originalAppUserId).toBe(IOS_RECEIPT.app_user_id)
    const { app, ...receipt } = only()
    expect(app.id).toBe('ios')
    expect(receipt).toEqual({
      appUserId: IOS_RECEIPT.app_user_id,
      shown: { kind: 'token', token: IOS_RECEIPT.fetch_token },
      productIds: ['com.acme.monthly'],
      storeUserId: null,
      sandbox: true,
      price: { micros: 9_990_000, currency: 'EUR' },
      countryCode: 'DE',
      restore: false,
      offeringId: 'default',
      attributes: [
        { key: '$clevertapId', value: '__c1', updatedAt: NOW - 1_000 },
        { key: 'plan', value: 'gold', updatedAt: NOW - 1_000 },
      ],
    })
  })

  it('of Android is read whole, and the answer is one that Android decodes', async () => {
    const answer = await post(ANDROID_RECEIPT, PUBLIC_KEYS.play_store, ANDROID_HEADERS)
    expect(answer.statusCode).toBe(200)
    expect(decodedByAndroid(answer.json()).originalAppUserId).toBe('user-7')
    const { app, ...receipt } = only()
    expect(app.id).toBe('android')
    expect(receipt).toMatchObject({
      shown: { kind: 'token', token: ANDROID_RECEIPT.fetch_token },
      productIds: ['gold'],
      sandbox: null,
      price: { micros: 9_990_000, currency: 'EUR' },
      countryCode: 'DE',
      attributes: [{ key: '$email', value: 'someone@example.com' }],
    })
  })

  it('of Amazon and of Stripe is read whole', async () => {
    await post(AMAZON_RECEIPT, PUBLIC_KEYS.amazon, { 'x-platform': 'amazon', marketplace: 'DE' })
    await post(STRIPE_RECEIPT, PUBLIC_KEYS.stripe, { 'x-platform': 'web' })
    expect(servers.hub.receipts).toMatchObject([
      { app: { id: 'fire' }, storeUserId: 'amzn1.account.USER', restore: true, productIds: ['com.acme.gold.month'] },
      { app: { id: 'web' }, shown: { token: 'cs_live_a1b2c3' }, productIds: ['prod_1'], price: null },
    ])
  })

  it('shows a running subscription to the SDKs of both', async () => {
    const answer = await post({ app_user_id: 'user-1', fetch_token: 'a.b.c' })
    const premium = { id: 'premium', product: 'com.acme.monthly', purchasedAt: NOW - 86_400_000 }
    expect(decodedByIos(answer.json()).entitlements).toMatchObject([premium])
    expect(decodedByAndroid(answer.json()).entitlements).toMatchObject([{ ...premium, active: true }])
  })

  it('without a receipt, before anything was bought, makes the customer and stores its attributes', async () => {
    const { fetch_token: _, ...body } = IOS_RECEIPT
    const answer = await post(body, PUBLIC_KEYS.app_store, IOS_HEADERS)
    expect([answer.statusCode, servers.hub.receipts]).toEqual([200, []])
    expect(decodedByIos(answer.json()).originalAppUserId).toBe(IOS_RECEIPT.app_user_id)
    expect(Object.keys(servers.hub.attributes.get(`acme\n${IOS_RECEIPT.app_user_id}`) ?? {})).toContain('plan')
  })

  it('says which attributes were not stored, and is taken all the same', async () => {
    servers.hub.receipt = () => ({
      kind: 'taken',
      customer: servers.hub.rows.customers[0] ?? expect.fail(),
      attributeErrors: [{ keyName: '$nope', message: 'Not known.' }],
      purchases: [],
    })
    const answer = await post({
      app_user_id: 'user-1',
      fetch_token: 'a.b.c',
      attributes: { $nope: { value: 'x' }, n: 5 },
    })
    expect(answer.statusCode).toBe(200)
    decodedByIos(answer.json())
    expect(answer.json().attributes_error_response).toMatchObject({
      code: 7263,
      attribute_errors: [{ key_name: 'n' }, { key_name: '$nope', message: 'Not known.' }],
    })
  })
})

describe('the price of a device', () => {
  it.each([
    ['9.99', 'EUR', 9_990_000],
    [9.99, 'eur', 9_990_000],
    ['0', 'USD', 0],
    [1200, 'JPY', 1_200_000_000],
    [4.989999771118164, 'USD', 4_990_000],
    [-1, 'USD', null],
    ['12,99', 'EUR', null],
    ['9.99', 'EURO', null],
    [9.99, undefined, null],
    [Number.MAX_VALUE, 'USD', null],
    ['1e3', 'USD', null],
    [null, 'USD', null],
    [true, 'USD', null],
    [{}, 'USD', null],
  ])('%j %s is %s micros', async (price, currency, micros) => {
    expect((await post({ app_user_id: 'user-1', fetch_token: 'a.b.c', price, currency })).statusCode).toBe(200)
    expect(only().price?.micros ?? null).toBe(micros)
  })
})

describe('a field of the wrong type', () => {
  const FIELDS = [
    ...new Set([IOS_RECEIPT, ANDROID_RECEIPT, AMAZON_RECEIPT, STRIPE_RECEIPT].flatMap((body) => Object.keys(body))),
  ]
  const REQUIRED = ['app_user_id', 'fetch_token']
  const WRONG: readonly unknown[] = [
    null,
    0,
    -1,
    1e300,
    true,
    '',
    '\u0000',
    '\ud800',
    'x'.repeat(100_000),
    [],
    [[[[]]]],
    [null, 1, {}, 'a', { product_id: 7 }],
    {},
    { toString: 'x', length: 1e9 },
    { __proto_: 1, constructor: { value: 'x' } },
  ]

  it('is as if it had not come, for every field of every platform', async () => {
    let seen = 0
    for (const field of FIELDS.filter((name) => !REQUIRED.includes(name))) {
      for (const value of WRONG) {
        const answer = await post({ ...IOS_RECEIPT, ...ANDROID_RECEIPT, app_user_id: 'user-1', [field]: value })
        expect(
          answer.statusCode,
          `${field} = ${JSON.stringify(value)?.slice(0, 50)}: ${answer.body.slice(0, 100)}`,
        ).toBe(200)
        seen += 1
      }
    }
    expect(seen).toBe((FIELDS.length - REQUIRED.length) * WRONG.length)
    expect(FIELDS.length).toBe(35)
    for (const receipt of servers.hub.receipts) {
      expect(receipt.productIds.every((id) => typeof id === 'string' && id !== '' && id.length <= 1_000)).toBe(true)
      expect([typeof receipt.restore, typeof receipt.appUserId]).toEqual(['boolean', 'string'])
    }
    expect(servers.hub.receipts).toHaveLength(seen)
  })

  it.each(WRONG)('is refused where it is the customer (%#) or the token', async (value) => {
    const noCustomer = await post({ fetch_token: 'a.b.c', app_user_id: value })
    expect([noCustomer.statusCode, [7220, 7256].includes(noCustomer.json().code)]).toEqual([400, true])
    if (typeof value === 'string' && value.trim() !== '' && value !== '\ud800') return
    const noToken = await post({ app_user_id: 'user-1', fetch_token: value })
    expect([400, 200]).toContain(noToken.statusCode)
    if (typeof value !== 'string') expect(noToken.json().code).toBe(7226)
  })

  it.each(['[]', '"x"', 'null', '5', '', '{', '{"app_user_id":"u","app_user_id":"v"}'])(
    'is refused as the body: %s',
    async (body) => {
      const answer = await post(body)
      expect([answer.statusCode, decodedError(answer.json())]).toEqual([400, 7226])
      expect(servers.hub.receipts).toEqual([])
    },
  )

  it('and a body of 10 MB is refused without being read; an app receipt of 3 MB is taken', async () => {
    const large = await post({ app_user_id: 'user-1', fetch_token: 'x'.repeat(10 * 1024 * 1024) })
    expect([large.statusCode, decodedError(large.json())]).toEqual([413, 7226])
    expect((await post({ app_user_id: 'user-1', fetch_token: `MI${'A'.repeat(3 * 1024 * 1024)}` })).statusCode).toBe(
      200,
    )
  })
})

describe('what a receipt may come to', () => {
  const refused = (why: Extract<ReceiptOutcome, { kind: 'refused' }>['why']): ReceiptOutcome => ({
    kind: 'refused',
    why,
    reason: 'It is none.',
  })
  it.each([
    ['app_store', refused('invalid_receipt'), 400, 7103],
    ['app_store', refused('product_missing'), 400, 7712],
    ['play_store', refused('product_missing'), 400, 7106],
    ['app_store', refused('cannot_transfer'), 409, 7102],
    ['stripe', refused('no_such_store'), 400, 7000],
    ['play_store', { kind: 'credentials', reason: 'Of secret@acme.example.' }, 503, 7107],
    ['app_store', { kind: 'credentials', reason: 'Of secret@acme.example.' }, 503, 7101],
    ['amazon', { kind: 'unavailable', reason: 'It is down.', retryAfterS: 7 }, 503, 7101],
  ] as const)('%s %j is %i with %i', async (store, outcome, status, code) => {
    servers.hub.receipt = () => outcome
    const answer = await post({ app_user_id: 'user-1', fetch_token: 'a.b.c' }, PUBLIC_KEYS[store])
    expect([answer.statusCode, decodedError(answer.json())]).toEqual([status, code])
    expect(answer.json().message).toMatch(/\.$/)
    expect(answer.body).not.toContain('secret@')
    if (status === 503) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  })
})

describe('the app of a receipt that comes with a secret key', () => {
  const app = async (body: Readonly<Record<string, unknown>>, headers: Readonly<Record<string, string>> = {}) => {
    servers.hub.receipts.length = 0
    const answer = await post({ app_user_id: 'user-1', ...body }, ACME_KEY, headers)
    return answer.statusCode === 200 ? only().app.id : [answer.statusCode, answer.json().code, answer.json().message]
  }
  it.each([
    ['iOS', 'ios'],
    ['macOS', 'ios'],
    ['android', 'android'],
    ['amazon', 'fire'],
    ['stripe', 'web'],
  ])('is told by X-Platform %s', async (platform, id) => {
    expect(await app({ fetch_token: 'opaque' }, { 'x-platform': platform })).toBe(id)
  })

  it.each([
    [{ fetch_token: IOS_RECEIPT.fetch_token }, 'ios'],
    [{ fetch_token: `MII${'A'.repeat(400)}` }, 'ios'],
    [{ fetch_token: Buffer.from('{"environment":"xcode"}').toString('base64') }, 'ios'],
    [{ fetch_token: 'sub_1AbC' }, 'web'],
    [{ fetch_token: 'cs_test_1' }, 'web'],
    [{ fetch_token: 'opaque', store_user_id: 'amzn1' }, 'fire'],
  ])('or by what it is: %j', async (body, id) => {
    expect(await app(body)).toBe(id)
  })

  it('or else it must be said', async () => {
    expect(await app({ fetch_token: 'opaque' })).toEqual([
      400,
      7000,
      expect.stringMatching(/several|Several.*X-Platform.*\.$/),
    ])
  })

  it('among several of one store is the one of the bundle that the transaction or the header names', async () => {
    const [ios] = servers.hub.apps
    if (ios === undefined) throw new Error('no app')
    const second = { ...ios, id: 'ios-2', publicKey: 'appl_second', settings: { bundle_id: 'com.acme.second' } }
    servers.hub.apps.push(second)
    const signed = (bundleId: string) => `e30.${Buffer.from(JSON.stringify({ bundleId })).toString('base64url')}.c2ln`
    expect(await app({ fetch_token: signed('com.acme.second') })).toBe('ios-2')
    expect(await app({ fetch_token: signed('com.acme.app') })).toBe('ios')
    expect(await app({ fetch_token: 'MI'.padEnd(300, 'A') }, { 'x-client-bundle-id': 'com.acme.second' })).toBe('ios-2')
    expect(await app({ fetch_token: signed('com.nobody') })).toEqual([400, 7000, expect.stringContaining('ios, ios-2')])
  })
})

describe('GET /v1/receipts/amazon/{user}/{receipt}', () => {
  const url = '/v1/receipts/amazon/amzn1.account%2FU/q1%2BYq'

  it('gives the term of what was bought', async () => {
    const answer = await ask(servers, url, { key: PUBLIC_KEYS.amazon })
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      { productId: 'com.acme.gold', termSku: 'com.acme.gold.month' },
    ])
    expect(servers.hub.acts).toEqual(['amazon receipt acme fire amzn1.account/U q1+Yq'])
  })

  it('says what is wrong by code: another store, no such receipt, a store that is down', async () => {
    const other = await ask(servers, url, { key: PUBLIC_KEYS.play_store })
    expect([other.statusCode, decodedError(other.json())]).toEqual([400, 7000])
    servers.hub.amazonReceipt = { kind: 'absent', reason: 'Amazon does not know it.' }
    const absent = await ask(servers, url, { key: ACME_KEY })
    expect([absent.statusCode, decodedError(absent.json())]).toEqual([404, 7259])
    servers.hub.amazonReceipt = { kind: 'unavailable', reason: 'Amazon is down.', retryAfterS: 3 }
    const down = await ask(servers, url, { key: PUBLIC_KEYS.amazon })
    expect([down.statusCode, decodedError(down.json()), down.headers['retry-after']]).toEqual([503, 7101, '3'])
  })
})
