import { afterEach } from 'vitest'
import type { App } from '../../../src/domain/project.ts'
import { createHttpClient, type HttpClient, type HttpRequest } from '../../../src/net/http.ts'
import { mintApiKey } from '../../../src/stand-ins/app-store/api-key.ts'
import {
  type AppStoreStandIn,
  type AppStoreStandInOptions,
  startAppStoreStandIn,
} from '../../../src/stand-ins/app-store/server.ts'
import { createSimulatedAppStore, type SimulatedAppStore } from '../../../src/stand-ins/app-store/subscription.ts'
import { type AppStore, createAppStore } from '../../../src/stores/app-store/index.ts'
import { APPLE_ID, appOf, BUNDLE, NOW, signer } from './setting.ts'

/** A clock that stands still until it is moved. */
export interface Clock {
  now: number
}

export interface Connection {
  readonly clock: Clock
  readonly apple: SimulatedAppStore
  readonly standIn: AppStoreStandIn
  readonly store: AppStore
  readonly app: App
  /** What the hub sent, in order. */
  readonly sent: readonly HttpRequest[]
}

const open: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()))
})

const apiKey = mintApiKey()
export const API_KEY = { issuer_id: apiKey.issuerId, key_id: apiKey.keyId, private_key: apiKey.privateKey }

/** The App Store connector, connected to a stand-in that lives until the end of the test. */
export async function connect(
  options: Partial<AppStoreStandInOptions> & {
    readonly environment?: 'production' | 'sandbox'
    readonly app?: Partial<App>
  } = {},
): Promise<Connection> {
  const { environment = 'production', app = {}, ...rest } = options
  const clock: Clock = { now: NOW }
  const now = (): number => clock.now
  const apple = createSimulatedAppStore({ bundleId: BUNDLE, appAppleId: APPLE_ID, environment, now, signer })
  const standIn = await startAppStoreStandIn({ stores: [apple], keys: [apiKey], now, ...rest })
  const client = createHttpClient()
  const sent: HttpRequest[] = []
  const http: HttpClient = {
    send: (request) => {
      sent.push(request)
      return client.send(request)
    },
    close: () => client.close(),
  }
  open.push(
    () => client.close(),
    () => standIn.close(),
  )
  const store = createAppStore({ http, now, roots: [signer.chain.rootPem], apiUrl: standIn.url })
  const settings = { bundle_id: BUNDLE, app_apple_id: APPLE_ID, api_key: API_KEY }
  return { clock, apple, standIn, store, app: appOf({ receive: 'pull', settings, ...app }), sent }
}
