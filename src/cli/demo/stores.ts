import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startAmazonStandIn } from '../../stand-ins/amazon/server.ts'
import type { SimulatedNotification as AmazonNotification } from '../../stand-ins/amazon/simulator.ts'
import { createSimulatedAmazon, type SimulatedAmazon } from '../../stand-ins/amazon/store.ts'
import { mintApiKey } from '../../stand-ins/app-store/api-key.ts'
import type { SimulatedNotification as AppleNotification } from '../../stand-ins/app-store/notification.ts'
import { startAppStoreStandIn } from '../../stand-ins/app-store/server.ts'
import { createSigner } from '../../stand-ins/app-store/sign.ts'
import { createSimulatedAppStore, type SimulatedAppStore } from '../../stand-ins/app-store/subscription.ts'
import { mintGoogleSigner, mintServiceAccount, pushToken } from '../../stand-ins/play-store/google-keys.ts'
import { startPlayStandIn } from '../../stand-ins/play-store/server.ts'
import { createSimulatedPlay, type SimulatedPlay } from '../../stand-ins/play-store/simulator.ts'
import { type SimulatedNotification as PlayNotification, pushBody } from '../../stand-ins/play-store/world.ts'
import type { SimulatedEvent } from '../../stand-ins/stripe/event.ts'
import { startStripeStandIn } from '../../stand-ins/stripe/server.ts'
import { createSimulatedStripe, type SimulatedStripe } from '../../stand-ins/stripe/simulator.ts'
import type { Post } from './scene.ts'

/** Every store, played in this process. */
export interface PlayedStores {
  readonly production: SimulatedAppStore
  readonly sandbox: SimulatedAppStore
  readonly play: SimulatedPlay
  readonly amazon: SimulatedAmazon
  readonly stripe: SimulatedStripe
  /** What each store posts to the hub, signed as of now. */
  readonly post: {
    appStore(notification: AppleNotification): Post
    play(notification: PlayNotification): Post
    amazon(notification: AmazonNotification): Post
    stripe(event: SimulatedEvent): Post
  }
}

interface StartedStores extends PlayedStores {
  /** Their apps as the config file has them. */
  readonly apps: readonly object[]
  /** The settings that point a hub at them. */
  readonly env: Readonly<Record<string, string>>
  close(): Promise<void>
}

const JSON_BODY = { 'content-type': 'application/json; charset=utf-8' }

/** `folder`: where the credentials of the apps are written. */
export async function startStores(folder: string): Promise<StartedStores> {
  const apple = await startApple(folder)
  const google = await startGoogle(folder)
  const amazon = await startAmazon()
  const stripe = await startStripe()
  const all = [apple, google, amazon, stripe]
  return {
    production: apple.production,
    sandbox: apple.sandbox,
    play: google.play,
    amazon: amazon.store,
    stripe: stripe.account,
    post: { appStore: apple.post, play: google.post, amazon: amazon.post, stripe: stripe.post },
    apps: all.map(({ app }) => app),
    env: Object.assign({}, ...all.map(({ env }) => env)),
    close: async () => void (await Promise.all(all.map(({ standIn }) => standIn.close()))),
  }
}

async function startApple(folder: string) {
  const signer = createSigner()
  const identity = { bundleId: 'com.acme.app', appAppleId: 123_456_789, signer }
  const production = createSimulatedAppStore({ ...identity, environment: 'production' })
  const sandbox = createSimulatedAppStore({ ...identity, environment: 'sandbox' })
  const key = mintApiKey()
  const standIn = await startAppStoreStandIn({ stores: [production, sandbox], keys: [key] })
  writeFileSync(join(folder, 'AuthKey.p8'), key.privateKey, { mode: 0o600 })
  return {
    standIn,
    production,
    sandbox,
    app: {
      id: 'ios',
      store: 'app_store',
      bundle_id: identity.bundleId,
      app_apple_id: identity.appAppleId,
      environments: ['production', 'sandbox'],
      api_key: { issuer_id: key.issuerId, key_id: key.keyId, private_key: { file: 'AuthKey.p8' } },
    },
    env: { TRIBUTARY_APPLE_ROOT_CERTS: signer.chain.rootPem, TRIBUTARY_APPLE_API_URL: standIn.url },
    post: ({ name, body }: AppleNotification): Post => ({
      name,
      path: '/notifications/app-store/acme/ios',
      headers: JSON_BODY,
      body,
    }),
  }
}

async function startGoogle(folder: string) {
  const play = createSimulatedPlay({ packageName: 'com.acme.app' })
  const [account, signer] = [mintServiceAccount(), mintGoogleSigner()]
  const path = '/notifications/play-store/acme/android'
  const push = {
    audience: `https://hub.example${path}`,
    service_account_email: 'push@acme.iam.gserviceaccount.com',
    subscription: 'projects/acme/subscriptions/rtdn',
  }
  // What is simulated names the hub's own address, which is not known yet.
  const pushed = { ...push, url: push.audience, email: push.service_account_email }
  const standIn = await startPlayStandIn({ play, accounts: [account], signer, push: pushed })
  const token = (): string =>
    pushToken(signer, { audience: push.audience, email: push.service_account_email, at: Date.now() })
  writeFileSync(join(folder, 'play.json'), account.json, { mode: 0o600 })
  return {
    standIn,
    play,
    app: {
      id: 'android',
      store: 'play_store',
      package_name: play.packageName,
      service_account: { file: 'play.json' },
      push,
    },
    env: {
      TRIBUTARY_GOOGLE_API_URL: standIn.url,
      TRIBUTARY_GOOGLE_PUBSUB_URL: standIn.url,
      TRIBUTARY_GOOGLE_TOKEN_URL: `${standIn.url}/token`,
      TRIBUTARY_GOOGLE_JWKS_URL: `${standIn.url}/oauth2/v3/certs`,
    },
    post: (notification: PlayNotification): Post => ({
      name: notification.name,
      path,
      headers: { ...JSON_BODY, authorization: `Bearer ${token()}` },
      body: pushBody(notification, push.subscription),
    }),
  }
}

async function startAmazon() {
  const identity = { packageName: 'com.acme.app', sharedSecret: '2:demo' }
  const store = createSimulatedAmazon(identity)
  const standIn = await startAmazonStandIn({ stores: [store] })
  return {
    standIn,
    store,
    app: {
      id: 'fire',
      store: 'amazon',
      package_name: identity.packageName,
      shared_secret: identity.sharedSecret,
      topic_arn: store.topic.arn,
    },
    env: { TRIBUTARY_AMAZON_RVS_URL: standIn.url, TRIBUTARY_AMAZON_SNS_ORIGIN: standIn.url },
    post: (notification: AmazonNotification): Post => ({
      name: notification.name,
      path: '/notifications/amazon/acme/fire',
      // SNS sends its JSON as text.
      headers: { 'content-type': 'text/plain; charset=UTF-8', 'x-amz-sns-message-type': 'Notification' },
      body: notification.bodyAt(Date.now()),
    }),
  }
}

async function startStripe() {
  const key = 'sk_live_demo'
  const account = createSimulatedStripe({ livemode: true })
  const standIn = await startStripeStandIn({ accounts: [{ account, key }] })
  return {
    standIn,
    account,
    app: {
      id: 'web',
      store: 'stripe',
      environments: ['production'],
      secret_key: key,
      webhook_secret: account.secret,
      app_user_id_from: 'metadata:app_user_id',
    },
    env: { TRIBUTARY_STRIPE_API_URL: standIn.url },
    post: (event: SimulatedEvent): Post => ({
      name: event.type,
      path: '/notifications/stripe/acme/web',
      headers: { ...JSON_BODY, 'stripe-signature': event.header(Date.now()) },
      body: event.body,
    }),
  }
}
