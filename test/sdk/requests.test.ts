import { describe, expect, it } from 'vitest'
import { DAY } from '../hub/harness.ts'
import { decodeAndroidCustomer, phone } from './android.ts'
import { PRODUCT, startApple, startGoogle } from './hubs.ts'
import {
  type Answer,
  decodeError,
  decodeIosOfferings,
  decodeIosOffers,
  decodeIosRestore,
  iosPath,
  iosReceipt,
  iphone,
} from './ios.ts'

/**
 * What the SDKs ask for beside a life (phones.test.ts): every other path of HTTPRequestPath.swift and Endpoint.kt, at a
 * whole hub.
 */

const ID = '$RCAnonymousID:0123456789abcdef0123456789abcdef'
const ANONYMOUS = `/v1/subscribers/${iosPath(ID)}`

/** [method, path, body, code]: features that a hub has not, which the SDKs do without when they are told so. */
const NOT_HERE: readonly (readonly ['GET' | 'POST', string, Readonly<Record<string, unknown>>])[] = [
  ['GET', `/v1/customercenter/${iosPath(ID)}`, {}],
  ['POST', '/v1/customercenter/support/create-ticket', { customer_email: 'a@example.com', issue_description: 'x' }],
  ['POST', '/v1/config/app', { domain: 'app', fetch_context: 'app_start', manifest: null, prefetched_blobs: [] }],
  ['GET', '/v1/config/app', {}],
  ['POST', '/v1/subscribers/redeem_purchase', { redemption_token: 'rdm', app_user_id: ID }],
  ['GET', `${ANONYMOUS}/health_report`, {}],
  ['GET', `${ANONYMOUS}/health_report_availability`, {}],
  ['GET', `${ANONYMOUS}/workflows?type=paywall`, {}],
  ['GET', `${ANONYMOUS}/ads/reward_verifications/t1`, {}],
  ['GET', `/rcbilling/v1/subscribers/${iosPath(ID)}/offering_products`, {}],
  ['POST', '/rcbilling/v1/checkout/prepare', { product_id: PRODUCT, price_id: 'p' }],
  ['POST', '/rcbilling/v1/checkout/start', { app_user_id: ID, product_id: PRODUCT }],
]

describe('the other requests of an iPhone', () => {
  it('are answered in the shapes that it reads', async () => {
    const { world, hub } = await startApple()
    const app = iphone(hub.address, 'appl_acme')
    const answered: Record<string, number> = {}
    const ok = (name: string, { status, body }: Answer): unknown => {
      answered[name] = status
      return body
    }

    ok('subscriber', await app.get(ANONYMOUS))
    const data = { rc_idfa: null, rc_attribution_network_id: '1' }
    expect(ok('attribution', await app.post(`${ANONYMOUS}/attribution`, { network: 1, data }))).toEqual({})
    expect(ok('virtual currencies', await app.get(`${ANONYMOUS}/virtual_currencies`))).toEqual({
      virtual_currencies: {},
    })
    expect(decodeIosOfferings(ok('offerings', await app.get('/v1/offerings'))).current).toBe('default')
    const products = `/rcbilling/v1/subscribers/${iosPath(ID)}/products?id=${PRODUCT}`
    expect(ok('web products', await app.get(products))).toEqual({ product_details: [] })
    expect(ok('health', await app.get('/v1/health'))).toEqual({})
    const event = { id: '1', version: 1, type: 'paywall_impression', timestamp: 1 }
    expect(ok('events', await app.post('/v1/events', { events: [event] }))).toEqual({})
    const entry = { version: 1, name: 'http_request_performed', properties: { response_code: 200 }, timestamp: 'x' }
    expect(ok('diagnostics', await app.post('/v1/diagnostics', { entries: [entry] }))).toEqual({})

    const bought = world.production.subscribe({ product: PRODUCT, price: 9.99, period: 'P1M', at: Date.now() - DAY })
    const jws = world.production.signer.jws(bought.opening.decoded.transaction ?? {})
    const offer = { offer_id: 'win_back', product_id: PRODUCT, subscription_group: '21000001' }
    const signing = { app_user_id: ID, fetch_token: jws, generate_offers: [offer] }
    expect(decodeIosOffers(ok('offers', await app.post('/v1/offers', signing)))).toEqual([['win_back', 7231]])
    const eligibility = await app.post(`${ANONYMOUS}/restore/eligibility`, { fetch_token: jws })
    expect(decodeIosRestore(ok('restore', eligibility))).toBe(true)
    // With StoreKit 2 and nothing bought yet, the app itself is all that it can show.
    const { fetch_token: _, ...empty } = iosReceipt({
      appUserId: ID,
      jws,
      appTransaction: world.production.signer.jws({ bundleId: 'com.acme.app' }),
      transactionId: '1',
      productId: PRODUCT,
      restore: true,
      attributes: {},
    })
    ok('nothing bought', await app.post('/v1/receipts', empty))
    expect(Object.values(answered).every((status) => status === 200 || status === 201)).toBe(true)
    expect(Object.keys(answered)).toHaveLength(11)
  })

  it('get 404 and a sentence where a hub has not what they are for', async () => {
    const { hub } = await startApple()
    const app = iphone(hub.address, 'appl_acme')
    for (const [method, path, body] of NOT_HERE) {
      const answer = await (method === 'GET' ? app.get(path) : app.post(path, body))
      expect([path, answer.status, decodeError(answer.body).code]).toEqual([path, 404, 7226])
    }
    expect(NOT_HERE).toHaveLength(12)
  })
})

describe('the other requests of an Android phone', () => {
  it('are answered in the shapes that it reads', async () => {
    const { hub } = await startGoogle()
    const app = phone(hub.address, 'goog_acme')
    await app.get(`/v1/subscribers/${encodeURIComponent(ID)}`)
    const alias = await app.post(`/v1/subscribers/${encodeURIComponent(ID)}/alias`, {
      app_user_id: ID,
      new_app_user_id: 'anna',
    })
    expect([alias.status, decodeAndroidCustomer(alias.body).originalAppUserId]).toEqual([200, ID])
    const wrong = await app.post('/v1/subscribers/anna/attributes', {
      attributes: {
        $nobodyKnows: { value: 'x', updated_at_ms: Date.now() },
        plan: { value: 'gold', updated_at_ms: 1 },
      },
    })
    expect([wrong.status, wrong.body]).toEqual([
      400,
      {
        code: 7263,
        message: expect.any(String),
        attribute_errors: [{ key_name: '$nobodyKnows', message: expect.any(String) }],
      },
    ])
    const amazon = await app.get('/v1/receipts/amazon/amzn1.account.A/q1YqVbJSyjH28DGPKChw9c0o8nd3=:3:11')
    expect([amazon.status, decodeError(amazon.body).code]).toEqual([400, 7000])
    const stranger = await phone(hub.address, 'goog_nobody').get('/v1/subscribers/anna')
    expect([stranger.status, decodeError(stranger.body).code]).toEqual([401, 7225])
    const blocked = await app.get(`/v1/subscribers/${encodeURIComponent('(null)')}`)
    expect([blocked.status, decodeError(blocked.body).code]).toEqual([400, 7256])
  })
})
