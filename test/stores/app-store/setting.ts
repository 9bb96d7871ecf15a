import type { App } from '../../../src/domain/project.ts'
import type { HttpClient } from '../../../src/net/http.ts'
import { mintChain } from '../../../src/stand-ins/app-store/certificates.ts'
import { createSigner, type Signer } from '../../../src/stand-ins/app-store/sign.ts'
import { createSimulatedAppStore, type SimulatedAppStore } from '../../../src/stand-ins/app-store/subscription.ts'
import { type AppStore, createAppStore } from '../../../src/stores/app-store/index.ts'
import type { Accepted } from '../../../src/stores/store.ts'

export const NOW = Date.UTC(2026, 10, 20, 12)
export const DAY = 86_400_000
export const BUNDLE = 'com.acme.app'
export const APPLE_ID = 123_456_789

export function appOf(overrides: Partial<App> = {}): App {
  return {
    projectId: 'acme',
    id: 'ios',
    store: 'app_store',
    publicKey: null,
    environments: ['production', 'sandbox'],
    receive: 'push',
    eventsFrom: 0,
    createdAt: 0,
    commissionRatePpm: 300_000,
    taxRatePpm: 0,
    settings: { bundle_id: BUNDLE, app_apple_id: APPLE_ID },
    ...overrides,
  }
}

/** No test of verification or decoding may open a connection. */
export const noHttp: HttpClient = {
  send: () => Promise.reject(new Error('A request was made where none is needed.')),
  close: () => Promise.resolve(),
}

/** The chain that stands in for Apple's in these tests; minted once. */
export const signer: Signer = createSigner(mintChain({}, NOW))

export function simulated(
  environment: 'production' | 'sandbox' = 'production',
  using: Signer = signer,
): SimulatedAppStore {
  return createSimulatedAppStore({ bundleId: BUNDLE, appAppleId: APPLE_ID, environment, now: () => NOW, signer: using })
}

export function appStore(overrides: Partial<Parameters<typeof createAppStore>[0]> = {}): AppStore {
  return createAppStore({ http: noHttp, now: () => NOW, roots: [signer.chain.rootPem], apiUrl: null, ...overrides })
}

export function post(store: AppStore, body: Buffer | string, app: App = appOf()): Promise<Accepted> {
  return store.accept({ headers: {}, body: typeof body === 'string' ? Buffer.from(body) : body }, app)
}

export function envelope(signedPayload: unknown): Buffer {
  return Buffer.from(JSON.stringify({ signedPayload }))
}
