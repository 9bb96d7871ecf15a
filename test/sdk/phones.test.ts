import { describe, expect, it } from 'vitest'
import { DAY, type EventJson, eventsOf, MINUTE, post, until } from '../hub/harness.ts'
import {
  androidPath,
  androidReceipt,
  decodeAndroidCustomer,
  decodeAndroidMapping,
  decodeAndroidOfferings,
  phone,
} from './android.ts'
import { PRODUCT, type Running, startApple, startGoogle } from './hubs.ts'
import {
  type Answer,
  decodeIosCustomer,
  decodeIosEligibility,
  decodeIosOfferings,
  iosPath,
  iosReceipt,
  iphone,
} from './ios.ts'

/** The life of an app with the requests of its SDK, against a whole hub; each answer is read as that SDK reads it. */

const anonymous = (digit: string): string => `$RCAnonymousID:${digit.repeat(32)}`
const attribute = (value: string) => ({ value, updated_at_ms: Date.now() - 1_000 })

/** Once the events are there, and both destinations have what goes to them. */
async function told({ world, hub }: Running, names: readonly string[]): Promise<readonly EventJson[]> {
  const label = (event: EventJson): string => event.name ?? event.type
  await until(`the events ${names.join(', ')}`, async () => (await eventsOf(hub.address)).length >= names.length)
  const events = await eventsOf(hub.address)
  expect(events.map(label)).toEqual(names)
  const sent = events.filter(({ name }) => name !== null)
  await until('both destinations have them', () =>
    sent.every(({ id }) => world.clevertap.byEvent(id).length > 0 && world.segment.byEvent(id).length > 0),
  )
  return sent
}

interface Told {
  readonly clevertapId: string
  readonly appUserId: string
  readonly attributes: Readonly<Record<string, string>>
}

/** The event at both destinations: whose it is there, and the attributes that it carries. */
function expectTold({ world }: Running, event: EventJson | undefined, of: Told): void {
  if (event === undefined) throw new Error('there is no such event')
  const [record, ...again] = world.clevertap.byEvent(event.id)
  expect(again).toEqual([])
  expect(record).toMatchObject({ verdict: 'accepted', identifiedBy: 'objectId', customerId: of.clevertapId })
  const [track] = world.segment.byEvent(event.id)
  expect(track).toMatchObject({ verdict: 'accepted', customerId: of.appUserId })
  expect(event.app_user_id).toBe(of.appUserId)
  const seen = Object.entries(of.attributes)
  for (const [key, value] of seen) {
    expect(event.subscriber_attributes[key]?.value, key).toBe(value)
    expect(JSON.stringify(record?.body), key).toContain(value)
    expect(JSON.stringify(track?.body), key).toContain(value)
  }
  expect(seen.length).toBeGreaterThan(1)
}

/** Unchanged since: the SDKs take the answer that they kept, and the time of this one. */
function expectUnchanged(before: Answer, now: Answer): void {
  expect(now.status).toBe(304)
  expect(now.body).toBeNull()
  expect(now.headers.get('x-revenuecat-etag')).toBe(before.headers.get('x-revenuecat-etag'))
  expect(Math.abs(Number(now.headers.get('x-revenuecat-request-time')) - Date.now())).toBeLessThan(MINUTE)
}

describe('an iPhone', () => {
  it('lives through a purchase, a log-in, restores and a log-out', async () => {
    const running = await startApple()
    const { world, hub } = running
    const app = iphone(hub.address, 'appl_acme')
    const customer = async (id: string) => {
      const answer = await app.get(`/v1/subscribers/${iosPath(id)}`)
      return { answer, info: decodeIosCustomer(answer.body) }
    }
    const [first, second, third] = [anonymous('a'), anonymous('b'), anonymous('c')]

    // Configured without an id.
    const opened = await customer(first)
    expect(opened.answer.status).toBe(201)
    expect(opened.info).toMatchObject({ originalAppUserId: first, active: {}, subscriptions: {} })
    const again = await customer(first)
    expect(again.answer.status).toBe(200)
    const etag = again.answer.headers.get('x-revenuecat-etag') ?? ''
    const refreshed = String(Date.now())
    const conditional = { 'X-RevenueCat-ETag': etag, 'X-RC-Last-Refresh-Time': refreshed }
    expectUnchanged(again.answer, await app.get(`/v1/subscribers/${iosPath(first)}`, conditional))

    const offerings = await app.get(`/v1/subscribers/${iosPath(first)}/offerings`)
    expect(decodeIosOfferings(offerings.body)).toEqual({
      current: 'default',
      all: { default: { $rc_monthly: PRODUCT } },
    })
    const mapping = await app.get('/v1/product_entitlement_mapping')
    expect(decodeAndroidMapping(mapping.body)).toEqual({ [PRODUCT]: ['premium'] })
    const attributes = { $clevertapId: attribute('__ada-1'), $email: attribute('ada@example.com'), team: attribute('') }
    const set = await app.post(`/v1/subscribers/${iosPath(first)}/attributes`, { attributes })
    expect([set.status, set.body]).toEqual([200, {}])
    const adservices = { aad_attribution_token: 'c29tZSB0b2tlbg==' }
    const attributed = await app.post(`/v1/subscribers/${iosPath(first)}/adservices_attribution`, adservices)
    expect([attributed.status, attributed.body]).toEqual([200, {}])

    // Bought; the receipt brings an attribute along, and the App Store says the same a moment later.
    const bought = world.production.subscribe({ product: PRODUCT, price: 9.99, period: 'P1M', at: Date.now() - DAY })
    const { signer } = world.production
    const receipt = {
      jws: signer.jws(bought.opening.decoded.transaction ?? {}),
      appTransaction: signer.jws({ bundleId: 'com.acme.app', applicationVersion: '321' }),
      transactionId: bought.latest.id,
      productId: PRODUCT,
    }
    const purchased = await app.post(
      '/v1/receipts',
      iosReceipt({ ...receipt, appUserId: first, restore: false, attributes: { plan: attribute('gold') } }),
    )
    expect(purchased.status).toBe(200)
    const owned = decodeIosCustomer(purchased.body)
    expect(owned.originalAppUserId).toBe(first)
    expect(owned.active.premium?.getTime()).toBeGreaterThan(Date.now())
    expect(owned.subscriptions[PRODUCT]).toMatchObject({
      store: 'app_store',
      isSandbox: false,
      periodType: 'normal',
      price: { currency: 'USD', amount: 9.99 },
    })
    expect((await post(hub.address, bought.opening.body)).status).toBe(200)
    await hub.idle()
    const [initial] = await told(running, ['initial_purchase'])
    const hers = { clevertapId: '__ada-1', attributes: { $email: 'ada@example.com', plan: 'gold' } }
    expectTold(running, initial, { ...hers, appUserId: first })

    // Logged in: the anonymous customer becomes ada.
    const login = { app_user_id: first, new_app_user_id: 'ada' }
    const identified = await app.post('/v1/subscribers/identify', login)
    expect(identified.status).toBe(201)
    expect(decodeIosCustomer(identified.body)).toMatchObject({
      originalAppUserId: first,
      active: { premium: expect.any(Date) },
    })

    // Another phone restores before it logs in: the purchase goes there, and comes back with her restore. That phone's
    // customer had nobody else's name, so it becomes hers.
    expect((await customer(second)).info.active).toEqual({})
    const restore = (appUserId: string) =>
      app.post('/v1/receipts', iosReceipt({ ...receipt, appUserId, restore: true, attributes: {} }))
    const restored = await restore(second)
    expect(restored.status).toBe(200)
    expect(Object.keys(decodeIosCustomer(restored.body).active)).toEqual(['premium'])
    expect((await customer('ada')).info.active).toEqual({})
    const switched = await app.post('/v1/subscribers/identify', { app_user_id: second, new_app_user_id: 'ada' })
    expect(switched.status).toBe(200)
    expect(decodeIosCustomer(switched.body)).toMatchObject({ originalAppUserId: first, active: {} })
    const back = decodeIosCustomer((await restore('ada')).body)
    expect([back.originalAppUserId, Object.keys(back.active)]).toEqual([first, ['premium']])

    // Logged out: a new anonymous id, which knows nothing.
    const out = await customer(third)
    expect([out.answer.status, out.info.originalAppUserId, out.info.active]).toEqual([201, third, {}])
    const eligible = await app.post(`/v1/subscribers/${iosPath('ada')}/intro_eligibility`, {
      product_identifiers: [PRODUCT, 'com.acme.other'],
      fetch_token: receipt.jws,
    })
    expect(Object.keys(decodeIosEligibility(eligible.body)).sort()).toEqual([PRODUCT, 'com.acme.other'].sort())

    const renewed = bought.renew({ at: Date.now() })
    expect((await post(hub.address, renewed.body)).status).toBe(200)
    await hub.idle()
    const sent = await told(running, ['initial_purchase', 'TRANSFER', 'renewal'])
    expectTold(running, sent.at(-1), { ...hers, appUserId: 'ada' })
    expect(world.clevertap.duplicates()).toEqual([])
    expect(world.segment.duplicates()).toEqual([])
  })
})

describe('an Android phone', () => {
  it('lives through a purchase that Google tells first, a log-in, a restore and a log-out', async () => {
    const running = await startGoogle()
    const { world, hub, google, play } = running
    const app = phone(hub.address, 'goog_acme')
    const customer = async (id: string) => {
      const answer = await app.get(`/v1/subscribers/${androidPath(id)}`)
      return { answer, info: decodeAndroidCustomer(answer.body) }
    }
    const [first, second] = [anonymous('1'), anonymous('2')]

    const opened = await customer(first)
    expect(opened.answer.status).toBe(201)
    expect(opened.info).toMatchObject({ originalAppUserId: first, active: {}, subscriptions: [] })
    const again = await customer(first)
    const etag = again.answer.headers.get('x-revenuecat-etag') ?? ''
    expectUnchanged(again.answer, await app.get(`/v1/subscribers/${androidPath(first)}`, { 'X-RevenueCat-ETag': etag }))
    const offerings = await app.get(`/v1/subscribers/${androidPath(first)}/offerings`)
    const all = { default: { $rc_monthly: 'gold:monthly' } }
    expect(decodeAndroidOfferings(offerings.body)).toEqual({ current: 'default', all })
    const mapping = decodeAndroidMapping((await app.get('/v1/product_entitlement_mapping')).body)
    expect(Object.values(mapping)).toEqual([['premium']])
    const attributes = {
      $clevertapId: attribute('__anna-1'),
      $email: attribute('anna@example.com'),
      team: attribute(''),
    }
    const set = await app.post(`/v1/subscribers/${androidPath(first)}/attributes`, { attributes })
    expect([set.status, set.body]).toEqual([200, {}])

    // An app that has shown a receipt will show the next one: a purchase of nobody waits for it.
    const receipt = (token: string, appUserId: string, restore: boolean, attributes = {}) =>
      app.post(
        '/v1/receipts',
        androidReceipt({ token, appUserId, productId: 'gold', basePlanId: 'monthly', restore, attributes }),
      )
    const refused = await receipt('nobody-knows-it', second, true)
    expect([refused.status, refused.body]).toEqual([400, { code: 7103, message: expect.any(String) }])

    const bought = play.subscribe({
      product: 'gold',
      basePlan: 'monthly',
      price: 9.99,
      period: 'P1M',
      at: Date.now() - DAY,
    })
    expect(await google.send(bought.opening)).toBe(200)
    await until('it is understood', async () => (await hub.storage.inboxDepths()).understood === 1)
    const purchased = await receipt(bought.token, first, false, { plan: attribute('gold') })
    expect(purchased.status).toBe(200)
    const owned = decodeAndroidCustomer(purchased.body)
    expect(owned.originalAppUserId).toBe(first)
    expect(owned.active.premium).toMatchObject({
      product: 'gold',
      plan: 'monthly',
      store: 'play_store',
      willRenew: true,
    })
    expect(Object.keys(owned.expirations)).toEqual(['gold:monthly'])
    const [initial] = await told(running, ['initial_purchase'])
    const hers = { clevertapId: '__anna-1', attributes: { $email: 'anna@example.com', plan: 'gold' } }
    expectTold(running, initial, { ...hers, appUserId: first })

    const login = await app.post('/v1/subscribers/identify', { app_user_id: first, new_app_user_id: 'anna' })
    expect(login.status).toBe(201)
    expect(Object.keys(decodeAndroidCustomer(login.body).active)).toEqual(['premium'])

    // Another phone logs in first, then restores: what is anna's stays anna's.
    expect((await customer(second)).info.active).toEqual({})
    const switched = await app.post('/v1/subscribers/identify', { app_user_id: second, new_app_user_id: 'anna' })
    expect([switched.status, Object.keys(decodeAndroidCustomer(switched.body).active)]).toEqual([200, ['premium']])
    const restored = await receipt(bought.token, 'anna', true)
    expect(Object.keys(decodeAndroidCustomer(restored.body).active)).toEqual(['premium'])
    expect((await customer(anonymous('3'))).info.active).toEqual({})

    expect(await google.send(bought.renew({ at: Date.now() }))).toBe(200)
    const sent = await told(running, ['initial_purchase', 'renewal'])
    expectTold(running, sent.at(-1), { ...hers, appUserId: 'anna' })
    expect(world.clevertap.duplicates()).toEqual([])
    expect(world.segment.duplicates()).toEqual([])
  })
})
