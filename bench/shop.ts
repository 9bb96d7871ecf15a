import { type Program, startProgram } from './process.ts'

export const BUNDLE_ID = 'com.acme.app'
export const APP_APPLE_ID = 123_456_789

/** What a hub is told of its store: an app of the configuration, and what replaces the store's own addresses and roots. */
export interface BenchApp {
  readonly id: string
  readonly store: 'app_store' | 'stripe'
  /** The store's own settings. */
  readonly settings: Readonly<Record<string, string | number | readonly string[]>>
  readonly env: Readonly<Record<string, string>>
}

/** A store that is played: the process that makes and posts its messages, and what both contenders must know of it. */
export interface Shop {
  readonly sender: Program
  readonly app: BenchApp
  /** The relay's settings, and the path of its route. */
  readonly relayEnv: Readonly<Record<string, string>>
  readonly relayPath: string
}

export function appStoreApp(rootPem: string): BenchApp {
  return {
    id: 'ios',
    store: 'app_store',
    settings: { bundle_id: BUNDLE_ID, app_apple_id: APP_APPLE_ID },
    env: { TRIBUTARY_APPLE_ROOT_CERTS: rootPem },
  }
}

export async function openAppStore(): Promise<Shop> {
  const sender = startProgram('load/app-store.ts')
  const { root } = await sender.next<{ readonly root: string }>()
  return { sender, app: appStoreApp(root), relayEnv: { RELAY_ROOT: root }, relayPath: '/notifications' }
}

/** With the key that an operator would set, and Stripe's API behind it. */
export async function openStripe(): Promise<Shop> {
  const sender = startProgram('load/stripe.ts')
  const { api, key, secret } = await sender.next<{
    readonly api: string
    readonly key: string
    readonly secret: string
  }>()
  return {
    sender,
    app: {
      id: 'web',
      store: 'stripe',
      settings: { secret_key: key, webhook_secret: [secret] },
      env: { TRIBUTARY_STRIPE_API_URL: api },
    },
    relayEnv: { RELAY_STRIPE_KEY: key, RELAY_STRIPE_SECRET: secret },
    relayPath: '/stripe',
  }
}
