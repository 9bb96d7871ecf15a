import type * as Sdk from '@revenuecat/purchases-js'
import { describe, expect, it } from 'vitest'
import { type StripeStandIn, startStripeStandIn } from '../../src/stand-ins/stripe/server.ts'
import { createSimulatedStripe, type SimulatedStripe } from '../../src/stand-ins/stripe/simulator.ts'
import {
  ALWAYS,
  afterwards,
  eventsOf,
  type RunningHub,
  startInProcess,
  startWorld,
  until,
  type World,
} from '../hub/harness.ts'
import { openShop } from './shop.ts'

/**
 * `@revenuecat/purchases-js` from npm as it is, in Chromium, on a page of another origin, against a whole hub. What it
 * asks for and what it needs in the answers was read in dist/Purchases.es.js of 1.63.1.
 */

const STRIPE_KEY = 'sk_live_hub'
const PUBLIC_KEY = 'strp_acme'
const monthly = { price: 'price_monthly', product: 'prod_basic', amount: 999, period: 'P28D' }

interface Shopfront {
  readonly account: SimulatedStripe
  readonly standIn: StripeStandIn
  readonly world: World
  readonly hub: RunningHub
}

async function startHubOfTheShop(): Promise<Shopfront> {
  const account = createSimulatedStripe()
  const standIn = await startStripeStandIn({ accounts: [{ account, key: STRIPE_KEY }] })
  afterwards(() => standIn.close())
  const web = {
    id: 'web',
    store: 'stripe',
    public_key: PUBLIC_KEY,
    secret_key: STRIPE_KEY,
    webhook_secret: [account.secret],
    app_user_id_from: 'metadata:app_user_id',
    environments: ['production'],
    events_from: ALWAYS,
  }
  const world = await startWorld({
    project: {
      entitlements: { premium: ['prod_basic'] },
      offerings: {
        default: { description: 'Standard', current: true, packages: { $rc_monthly: 'prod_basic' } },
        sale: { description: 'Sale', packages: { $rc_annual: 'prod_yearly', hat: 'prod_hat' } },
      },
      apps: [web],
    },
    env: { TRIBUTARY_STRIPE_API_URL: standIn.url },
  })
  return { account, standIn, world, hub: await startInProcess(world) }
}

async function tell({ account, hub }: Shopfront): Promise<void> {
  for (const event of account.events) {
    const answer = await fetch(`${hub.address}/notifications/stripe/acme/web`, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': event.header(Date.now()) },
      body: event.body,
    })
    expect(answer.status).toBe(200)
  }
}

/** What the page's own functions see. They run in the browser and can use nothing of this file. */
type Page = typeof globalThis & {
  sdk: typeof Sdk
  purchases: Sdk.Purchases
  said: string[]
}

interface Setting {
  readonly hub: string
  readonly key: string
  readonly user: string | null
}

/** Configures as an app does; what the SDK logs at the levels of errors and warnings is kept in `said`. */
function configure({ hub, key, user }: Setting): string {
  const page = globalThis as Page
  const { Purchases, LogLevel } = page.sdk
  page.said = []
  Purchases.setLogLevel(LogLevel.Verbose)
  Purchases.setLogHandler((level, message) => {
    if (level === LogLevel.Error || level === LogLevel.Warn) page.said.push(message)
  })
  Purchases.setPlatformInfo({ flavor: 'capacitor', version: '12.0.0' })
  const appUserId = user ?? Purchases.generateRevenueCatAnonymousAppUserId()
  page.purchases = Purchases.configure({
    apiKey: key,
    appUserId,
    httpConfig: { proxyURL: hub },
    flags: { collectAnalyticsEvents: false },
  })
  return appUserId
}

describe('@revenuecat/purchases-js in Chromium', () => {
  it('does an app’s whole round without an error, and what it set is in the next event', async () => {
    const front = await startHubOfTheShop()
    const { hub, world } = front
    const shop = await openShop(hub.address)
    const { page } = shop

    const anonymous = await page.evaluate(configure, { hub: hub.address, key: PUBLIC_KEY, user: null })
    const first = await page.evaluate(async () => {
      const { purchases } = globalThis as Page
      const { originalAppUserId, entitlements, activeSubscriptions, firstSeenDate, requestDate } =
        await purchases.getCustomerInfo()
      return {
        originalAppUserId,
        active: Object.keys(entitlements.active),
        subscriptions: activeSubscriptions.size,
        seen: [firstSeenDate.getTime(), requestDate.getTime()],
      }
    })
    expect(anonymous).toMatch(/^\$RCAnonymousID:[0-9a-f]{32}$/)
    expect(first).toMatchObject({ originalAppUserId: anonymous, active: [], subscriptions: 0 })
    expect(first.seen.every((at) => Math.abs(at - Date.now()) < 60_000)).toBe(true)

    const identified = await page.evaluate(async () => {
      const { purchases } = globalThis as Page
      await purchases.setAttributes({ $clevertapId: '__ada-1', $displayName: 'Ada', plan: 'free' })
      const { customerInfo, wasCreated } = await purchases.identifyUser('ada')
      await purchases.setAttributes({ $email: 'ada@example.com', plan: 'gold' })
      return [purchases.getAppUserId(), wasCreated, customerInfo.originalAppUserId]
    })
    expect(identified).toEqual(['ada', true, anonymous])

    const offerings = await page.evaluate(async () => {
      const { purchases } = globalThis as Page
      const { all, current } = await purchases.getOfferings()
      return { all: Object.keys(all), current: current?.identifier ?? null }
    })
    // A Stripe app has no products for the SDK's own checkout, so it makes no offering of what the hub answers.
    expect(offerings).toEqual({ all: [], current: null })

    front.account.subscribe({ plan: monthly, at: Date.now() - 60_000, metadata: { app_user_id: 'ada' } })
    await tell(front)
    await until('both destinations have the event', () => {
      expect(world.clevertap.ledger.length).toBeGreaterThan(0)
      return world.segment.ledger.some(({ type }) => type === 'track')
    })
    const [event] = await eventsOf(hub.address)
    expect(event).toMatchObject({
      name: 'initial_purchase',
      app_user_id: 'ada',
      subscriber_attributes: {
        $clevertapId: { value: '__ada-1' },
        $displayName: { value: 'Ada' },
        $email: { value: 'ada@example.com' },
        plan: { value: 'gold' },
      },
    })
    expect(
      world.clevertap.ledger.map(({ verdict, identifiedBy, customerId }) => [verdict, identifiedBy, customerId]),
    ).toEqual([['accepted', 'objectId', '__ada-1']])
    const track = world.segment.ledger.find(({ type }) => type === 'track')
    expect(track).toMatchObject({ verdict: 'accepted', customerId: 'ada' })
    expect(JSON.stringify(track?.body)).toContain('ada@example.com')

    const after = await page.evaluate(async () => {
      const { purchases } = globalThis as Page
      await purchases.preload()
      const info = await purchases.getCustomerInfo()
      const premium = info.entitlements.active.premium
      const bought = info.subscriptionsByProductIdentifier.prod_basic
      const currencies = await purchases.getVirtualCurrencies()
      const bob = await purchases.changeUser('bob')
      return {
        premium: premium && [premium.productIdentifier, premium.store, premium.willRenew, premium.periodType],
        bought: bought && [bought.isActive, bought.isSandbox, bought.price?.currency, bought.ownershipType],
        currencies: Object.keys(currencies.all),
        bob: [bob.originalAppUserId, Object.keys(bob.entitlements.all)],
        entitled: await purchases.isEntitledTo('premium'),
        said: (globalThis as Page).said,
      }
    })
    expect(after).toEqual({
      premium: ['prod_basic', 'stripe', true, 'normal'],
      bought: [true, false, 'USD', 'PURCHASED'],
      currencies: [],
      bob: ['bob', []],
      entitled: false,
      said: [],
    })

    const { exchanges } = shop
    expect(
      exchanges.map(
        ({ method, path, status }) => `${method} ${path.replace(encodeURIComponent(anonymous), 'ANON')} ${status}`,
      ),
    ).toEqual([
      'GET /v1/subscribers/ANON 201',
      'GET /v1/subscribers/ANON 200',
      'POST /v1/subscribers/ANON/attributes 200',
      'POST /v1/subscribers/identify 201',
      'GET /v1/subscribers/ada 200',
      'POST /v1/subscribers/ada/attributes 200',
      'GET /v1/subscribers/ada/offerings 200',
      'GET /rcbilling/v1/subscribers/ada/products?id=prod_basic&id=prod_yearly&id=prod_hat 200',
      'GET /rcbilling/v1/branding 200',
      'GET /v1/subscribers/ada 200',
      'GET /v1/subscribers/ada/virtual_currencies 200',
      'GET /v1/subscribers/bob 201',
      'GET /v1/subscribers/bob 200',
    ])
    expect(exchanges.every(({ headers }) => headers['x-platform'] === 'web')).toBe(true)
    const answered = await exchanges.find(({ path }) => path.endsWith('/offerings'))?.answer()
    expect(answered).toMatchObject({
      current_offering_id: 'default',
      offerings: [
        { identifier: 'default', packages: [{ identifier: '$rc_monthly', platform_product_identifier: 'prod_basic' }] },
        { identifier: 'sale', packages: [{ identifier: '$rc_annual' }, { identifier: 'hat' }] },
      ],
    })
    expect(shop.complaints).toEqual([])
    // Nothing went anywhere but to the shop and the hub.
    expect([...shop.hosts].every((host) => host.startsWith('127.0.0.1:'))).toBe(true)
  })

  it('sets every attribute that the package knows', async () => {
    const { hub } = await startHubOfTheShop()
    const shop = await openShop(hub.address)
    await shop.page.evaluate(configure, { hub: hub.address, key: PUBLIC_KEY, user: 'ada' })
    const set = await shop.page.evaluate(async () => {
      const { purchases, sdk } = globalThis as Page
      const keys = Object.values(sdk.ReservedCustomerAttribute)
      await purchases.setAttributes(Object.fromEntries(keys.map((key) => [key, 'x'])))
      return keys.length
    })
    expect(set).toBeGreaterThan(40)
    expect(shop.complaints).toEqual([])
  })

  it('tells the SDK what is wrong in its own words', async () => {
    const { hub } = await startHubOfTheShop()
    const shop = await openShop(hub.address)
    const setting = { hub: hub.address, user: 'ada' }
    await shop.page.evaluate(configure, { ...setting, key: 'strp_nobody' })
    const stranger = await shop.page.evaluate(refusal, 'customer')
    await shop.page.evaluate(configure, { ...setting, key: PUBLIC_KEY })
    const attribute = await shop.page.evaluate(refusal, 'attributes')
    expect(stranger).toMatchObject({ name: 'InvalidCredentialsError', backend: 7225 })
    expect(attribute).toMatchObject({ name: 'InvalidSubscriberAttributesError', backend: 7263 })
    // The good key of the same request is stored all the same.
    const { status } = await fetch(`${hub.address}/v1/subscribers/ada`, {
      headers: { authorization: 'Bearer sk_acme_test', 'x-platform': 'stripe' },
    })
    expect(status).toBe(200)
  })

  it('takes its telemetry when an app sends it here', async () => {
    const { hub } = await startHubOfTheShop()
    const shop = await openShop(hub.address)
    await shop.page.evaluate((address) => {
      // `eventsURL` is in the program and not in its published types.
      const httpConfig = { proxyURL: address, eventsURL: address }
      ;(globalThis as Page).sdk.Purchases.configure({ apiKey: 'strp_acme', appUserId: 'ada', httpConfig })
    }, hub.address)
    await until('its first batch is answered', () => shop.exchanges.length > 0)
    expect(shop.exchanges.map(({ method, path, status }) => [method, path, status])).toEqual([
      ['POST', '/v1/events', 200],
    ])
    expect(shop.complaints).toEqual([])
  })
})

/** What the SDK throws, by the names that an app sees. */
async function refusal(what: string): Promise<{ readonly name: string; readonly backend: number | undefined }> {
  const { purchases, sdk } = globalThis as Page
  try {
    if (what === 'customer') await purchases.getCustomerInfo()
    else await purchases.setAttributes({ $nobodyKnows: 'x', plan: 'gold' })
  } catch (error) {
    if (error instanceof sdk.PurchasesError)
      return { name: sdk.ErrorCode[error.errorCode], backend: error.extra?.backendErrorCode }
    throw error
  }
  throw new Error('nothing was refused')
}
