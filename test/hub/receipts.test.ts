import { describe, expect, it } from 'vitest'
import { startAmazonStandIn } from '../../src/stand-ins/amazon/server.ts'
import { createSimulatedAmazon } from '../../src/stand-ins/amazon/store.ts'
import { mintGoogleSigner, mintServiceAccount } from '../../src/stand-ins/play-store/google-keys.ts'
import { startPlayStandIn } from '../../src/stand-ins/play-store/server.ts'
import { createSimulatedPlay } from '../../src/stand-ins/play-store/simulator.ts'
import {
  type PostedBody,
  type PostedBy,
  postedFromAmazon,
  postedFromPlay,
  postedFromStripe,
} from '../../src/stand-ins/posted-receipts.ts'
import { startStripeStandIn } from '../../src/stand-ins/stripe/server.ts'
import { createSimulatedStripe } from '../../src/stand-ins/stripe/simulator.ts'
import {
  ALWAYS,
  afterwards,
  type EventJson,
  eventsOf,
  notificationsOf,
  type RunningHub,
  startInProcess,
  startWorld,
  until,
} from './harness.ts'

/** One purchase at a store: what the store tells of it, and what the SDK of the customer posts. */
interface Bought {
  readonly hub: RunningHub
  readonly publicKey: string
  notify(): Promise<unknown>
  receipt(by: PostedBy): PostedBody
  /** Of another purchase: from the first receipt on an app is known to post them, and what is nobody's yet is held. */
  earlier(by: PostedBy): PostedBody
}

const at = (): number => Date.now() - 60_000

async function atPlay(): Promise<Bought> {
  const play = createSimulatedPlay({ packageName: 'com.acme.app' })
  const account = mintServiceAccount()
  const push = {
    url: '',
    audience: 'https://hub.example/notifications/play-store/acme/android',
    email: 'push@acme.iam.gserviceaccount.com',
    subscription: 'projects/acme/subscriptions/rtdn',
  }
  const google = await startPlayStandIn({ play, accounts: [account], signer: mintGoogleSigner(), push })
  afterwards(() => google.close())
  const app = {
    id: 'android',
    store: 'play_store',
    public_key: 'goog_acme',
    package_name: 'com.acme.app',
    service_account: account.json,
    push: { audience: push.audience, service_account_email: push.email, subscription: push.subscription },
  }
  const env = {
    TRIBUTARY_GOOGLE_API_URL: google.url,
    TRIBUTARY_GOOGLE_TOKEN_URL: `${google.url}/token`,
    TRIBUTARY_GOOGLE_JWKS_URL: `${google.url}/oauth2/v3/certs`,
  }
  const hub = await startInProcess(await startWorld({ project: { apps: [appFrom(app)] }, env }))
  push.url = `${hub.address}/notifications/play-store/acme/android`
  const plan = { product: 'gold', basePlan: 'monthly', price: 9.99, period: 'P1M' }
  const [other, s] = [play.subscribe({ ...plan, at: at() }), play.subscribe({ ...plan, at: at() })]
  return {
    hub,
    publicKey: 'goog_acme',
    notify: () => google.send(s.opening),
    receipt: (by) => postedFromPlay({ token: s.token, product: 'gold', basePlan: 'monthly' }, by),
    earlier: (by) => postedFromPlay({ token: other.token, product: 'gold', basePlan: 'monthly' }, by),
  }
}

async function atAmazon(): Promise<Bought> {
  const amazon = createSimulatedAmazon({ packageName: 'com.acme.app', sharedSecret: '2:secret' })
  const standIn = await startAmazonStandIn({ stores: [amazon] })
  afterwards(() => standIn.close())
  const app = {
    id: 'fire',
    store: 'amazon',
    public_key: 'amzn_acme',
    package_name: 'com.acme.app',
    shared_secret: '2:secret',
    topic_arn: amazon.topic.arn,
  }
  const env = { TRIBUTARY_AMAZON_RVS_URL: standIn.url, TRIBUTARY_AMAZON_SNS_ORIGIN: standIn.url }
  const hub = await startInProcess(await startWorld({ project: { apps: [appFrom(app)] }, env }))
  const plan = { product: 'gold', termSku: 'gold.month' }
  const [other, s] = [amazon.subscribe({ ...plan, at: at() }), amazon.subscribe({ ...plan, at: at() })]
  return {
    hub,
    publicKey: 'amzn_acme',
    notify: () => posted(`${hub.address}/notifications/amazon/acme/fire`, 'text/plain', s.opening.bodyAt(Date.now())),
    receipt: (by) => postedFromAmazon({ receiptId: s.id, user: s.user, sku: 'gold.month' }, by),
    earlier: (by) => postedFromAmazon({ receiptId: other.id, user: other.user, sku: 'gold.month' }, by),
  }
}

async function atStripe(): Promise<Bought> {
  const account = createSimulatedStripe()
  const standIn = await startStripeStandIn({ accounts: [{ account, key: 'sk_live_hub' }] })
  afterwards(() => standIn.close())
  const app = {
    id: 'web',
    store: 'stripe',
    public_key: 'strp_acme',
    secret_key: 'sk_live_hub',
    webhook_secret: [account.secret],
  }
  const env = { TRIBUTARY_STRIPE_API_URL: standIn.url }
  const hub = await startInProcess(await startWorld({ project: { apps: [appFrom(app)] }, env }))
  const plan = { price: 'price_monthly', product: 'prod_gold', amount: 999, period: 'P1M' }
  const [other, s] = [account.subscribe({ plan, at: at() }), account.subscribe({ plan, at: at() })]
  return {
    hub,
    publicKey: 'strp_acme',
    notify: () =>
      Promise.all(
        s.opening.map((event) =>
          posted(`${hub.address}/notifications/stripe/acme/web`, 'application/json', event.body, {
            'stripe-signature': event.header(Date.now()),
          }),
        ),
      ),
    receipt: (by) => postedFromStripe({ id: s.id }, by),
    earlier: (by) => postedFromStripe({ id: other.id }, by),
  }
}

function appFrom(app: object): object {
  return { ...app, events_from: ALWAYS }
}

async function posted(url: string, type: string, body: Buffer | string, more: object = {}): Promise<string> {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type, ...more }, body })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`)
  return text
}

interface Info {
  readonly subscriber: { readonly subscriptions: Readonly<Record<string, { readonly expires_date: string }>> }
}

async function show({ hub, publicKey }: Bought, body: PostedBody): Promise<Info> {
  const headers = { authorization: `Bearer ${publicKey}` }
  const text = await posted(`${hub.address}/v1/receipts`, 'application/json', JSON.stringify(body), headers)
  return JSON.parse(text) as Info
}

const ANNA: PostedBy = { appUserId: 'anna', price: 9.99, currency: 'USD' }

describe.each([
  ['Google Play', atPlay],
  ['Amazon', atAmazon],
  ['Stripe', atStripe],
])('a purchase of %s that is told and shown', (_name, buy) => {
  it.each(['told first', 'shown first', 'at once', 'shown alone'] as const)(
    '%s: one customer, one event, the right id',
    async (way) => {
      const bought = await buy()
      const { hub, receipt } = bought
      const events = async (): Promise<readonly EventJson[]> =>
        (await eventsOf(hub.address)).filter(({ app_user_id }) => app_user_id !== 'bob')
      await show(bought, bought.earlier({ appUserId: 'bob' }))
      if (way === 'told first') {
        await bought.notify()
        await until('the event', async () => (await events()).length > 0)
      }
      const [info] = await Promise.all([show(bought, receipt(ANNA)), way === 'at once' ? bought.notify() : null])
      expect(Object.keys(info.subscriber.subscriptions)).toHaveLength(1)
      if (way === 'shown first') await bought.notify()
      await show(bought, receipt({ ...ANNA, restore: true }))
      await until('nothing waits', async () =>
        (await notificationsOf(hub.address)).every(({ status }) => status !== 'waiting'),
      )
      const told = await events()
      expect(told.map(({ name, app_user_id }) => [name, app_user_id])).toEqual([['initial_purchase', 'anna']])
      if (way.startsWith('shown')) expect(told[0]?.money).toMatchObject({ currency: 'USD', gross_micros: 9_990_000 })
    },
  )
})
