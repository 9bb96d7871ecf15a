import { afterEach } from 'vitest'
import type { App } from '../../../src/domain/project.ts'
import { createHttpClient, type HttpClient, type HttpRequest } from '../../../src/net/http.ts'
import {
  type PlayStandIn,
  type PlayStandInOptions,
  startPlayStandIn,
} from '../../../src/stand-ins/play-store/server.ts'
import type { SimulatedPlay } from '../../../src/stand-ins/play-store/simulator.ts'
import { createPlayStore } from '../../../src/stores/play-store/index.ts'
import type { Store, StoreList } from '../../../src/stores/store.ts'
import { account, appOf, NOW, PULL, SETTINGS, signer, simulated } from './setting.ts'

export interface Connection {
  /** A clock that stands still until it is moved. */
  readonly clock: { now: number }
  readonly play: SimulatedPlay
  readonly standIn: PlayStandIn
  readonly store: Store
  readonly app: App
  /** What the hub sent, in order. */
  readonly sent: readonly HttpRequest[]
  list(name: string): StoreList
}

const open: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()))
})

/** The Google Play connector, connected to a stand-in that lives until the end of the test. */
export async function connect(
  options: Partial<PlayStandInOptions> & { readonly app?: Partial<App> } = {},
): Promise<Connection> {
  const { app: over = {}, ...rest } = options
  const clock = { now: NOW }
  const now = (): number => clock.now
  const play = simulated(now)
  const standIn = await startPlayStandIn({ play, accounts: [account], signer, now, pullSubscription: PULL, ...rest })
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
  const { url } = standIn
  const store = createPlayStore({
    http,
    now,
    apiUrl: url,
    pubsubUrl: url,
    tokenUrl: `${url}/token`,
    jwksUrl: `${url}/oauth2/v3/certs`,
  })
  const app = appOf({ receive: 'pull', settings: { ...SETTINGS, pull: { subscription: PULL } }, ...over })
  const list = (name: string): StoreList => {
    const found = store.lists?.(app).find((one) => one.name === name)
    if (found === undefined) throw new Error(`There is no list ${name}.`)
    return found
  }
  return { clock, play, standIn, store, app, sent, list }
}
