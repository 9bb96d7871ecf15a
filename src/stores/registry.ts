import type { SourceName } from '../domain/purchase.ts'
import type { HttpClient } from '../net/http.ts'
import { amazonDeclaration, createAmazon } from './amazon/index.ts'
import { appStoreDeclaration, createAppStore } from './app-store/index.ts'
import { createPlayStore, playStoreDeclaration } from './play-store/index.ts'
import { promotional } from './promotional.ts'
import { createRevenuecat, revenuecatDeclaration } from './revenuecat/index.ts'
import type { Store, StoreDeclaration } from './store.ts'
import { createStripe, stripeDeclaration } from './stripe/index.ts'

/** Every store that the hub knows, one line each. */
export const storeDeclarations: readonly StoreDeclaration[] = [
  appStoreDeclaration,
  playStoreDeclaration,
  amazonDeclaration,
  stripeDeclaration,
  revenuecatDeclaration,
]

/** By the name of the config file (`app_store`) or of the notification route (`app-store`). */
export function declarationOf(nameOrSlug: string): StoreDeclaration | undefined {
  return storeDeclarations.find((declaration) => declaration.name === nameOrSlug || declaration.slug === nameOrSlug)
}

export interface StoreDeps {
  readonly http: HttpClient
  readonly now: () => number
  /** PEM or DER; replaces the built-in Apple roots (TRIBUTARY_APPLE_ROOT_CERTS). */
  readonly appleRoots: readonly (string | Buffer)[] | null
  /** Replaces both addresses of the App Store Server API (TRIBUTARY_APPLE_API_URL). */
  readonly appleApiUrl: string | null
  /** Replace Google's addresses; null: the real ones (TRIBUTARY_GOOGLE_…_URL). */
  readonly google?: {
    /** The Google Play Developer API. */
    readonly api: string | null
    readonly pubsub: string | null
    readonly token: string | null
    readonly jwks: string | null
  }
  /** Replaces the address of Amazon's Receipt Verification Service (TRIBUTARY_AMAZON_RVS_URL). */
  readonly amazonRvsUrl?: string | null
  /** Replaces https://sns.REGION.amazonaws.com (TRIBUTARY_AMAZON_SNS_ORIGIN). */
  readonly amazonSnsOrigin?: string | null
  /** Replaces the address of Stripe's API (TRIBUTARY_STRIPE_API_URL). */
  readonly stripeApiUrl?: string | null
  /** How many cores this process may use (os.availableParallelism(); default: several). */
  readonly cores?: number
}

/** The stores at work. @throws one sentence when a root certificate cannot be read. */
export function createStores(deps: StoreDeps): ReadonlyMap<SourceName, Store> {
  const { http, now } = deps
  const cores = deps.cores ?? 2
  const stores: readonly Store[] = [
    createAppStore({ http, now, roots: deps.appleRoots, apiUrl: deps.appleApiUrl, cores }),
    createPlayStore({
      http,
      now,
      apiUrl: deps.google?.api ?? null,
      pubsubUrl: deps.google?.pubsub ?? null,
      tokenUrl: deps.google?.token ?? null,
      jwksUrl: deps.google?.jwks ?? null,
    }),
    promotional,
    createAmazon({ http, now, rvsUrl: deps.amazonRvsUrl ?? null, snsOrigin: deps.amazonSnsOrigin ?? null }),
    createStripe({ http, now, apiUrl: deps.stripeApiUrl ?? null }),
    createRevenuecat({ now }),
  ]
  return new Map(stores.map((store) => [store.name, store]))
}
