import type { Config } from '../config.ts'
import type { HttpClient } from '../net/http.ts'
import { createStores } from '../stores/registry.ts'

/** Every store at work, at the addresses and under the roots that the operator's settings name. */
export function storesOf(
  config: Config,
  { http, now, cores }: { readonly http: HttpClient; readonly now: () => number; readonly cores?: number },
): ReturnType<typeof createStores> {
  return createStores({
    http,
    now,
    appleRoots: config.appleRootCerts === null ? null : [config.appleRootCerts],
    appleApiUrl: config.remotes.apple_api,
    google: {
      api: config.remotes.google_api,
      pubsub: config.remotes.google_pubsub,
      token: config.remotes.google_token,
      jwks: config.remotes.google_jwks,
    },
    amazonRvsUrl: config.remotes.amazon_rvs,
    amazonSnsOrigin: config.remotes.amazon_sns,
    stripeApiUrl: config.remotes.stripe_api,
    ...(cores === undefined ? {} : { cores }),
  })
}
