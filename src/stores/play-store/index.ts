import type { App } from '../../domain/project.ts'
import type { HttpClient } from '../../net/http.ts'
import type { Fetched, HistoryRequest, Store, StoreDeclaration } from '../store.ts'
import { acceptPush, decodedOf } from './accept.ts'
import { createPlayClient } from './client.ts'
import { PLAY_STORE_FIELDS, refuseApp, serviceAccountOf } from './fields.ts'
import { createGoogleKeys } from './google-keys.ts'
import { pubsubList } from './pubsub.ts'
import { pollPurchase, resolveToken } from './resolve.ts'
import { readShown } from './shown.ts'
import { PLAY_STORE_STEPS } from './steps.ts'
import { voidedList } from './voided.ts'

export const playStoreDeclaration: StoreDeclaration = {
  name: 'play_store',
  slug: 'play-store',
  title: 'Google Play',
  fields: PLAY_STORE_FIELDS,
  steps: PLAY_STORE_STEPS,
  refuse: refuseApp,
}

export interface PlayStoreDeps {
  readonly http: HttpClient
  readonly now: () => number
  /** Replace Google's addresses; null: the real ones. */
  readonly apiUrl: string | null
  readonly pubsubUrl: string | null
  readonly tokenUrl: string | null
  readonly jwksUrl: string | null
}

const HOUR = 3_600_000

/** Google Play at work. */
export function createPlayStore(deps: PlayStoreDeps): Store {
  const client = createPlayClient(deps)
  const keys = createGoogleKeys({ http: deps.http, now: deps.now, url: deps.jwksUrl })
  const hasAccount = (app: App): boolean => serviceAccountOf(app) !== null
  return {
    ...playStoreDeclaration,
    accept: (message, app) => acceptPush(message, app, keys, deps.now()),
    decode: (kept) => decodedOf(kept.body),
    // The charges that are missing are read with every message, so there is no history beside that.
    canAskHistory: () => false,
    history: askNoHistory,
    resolve: (request, app) => resolveToken(request, app, client.question()),
    poll: (request, app) => pollPurchase(request, app, client.question()),
    canPoll: hasAccount,
    receipt: (request, app) => readShown(request, app, client.question()),
    check: (_environment, app) =>
      client.voidedPurchases(app, { startTime: deps.now() - HOUR, endTime: deps.now(), pageToken: null }),
    lists: (app) =>
      hasAccount(app) && app.environments.length > 0
        ? [pubsubList(app, client, deps.now), voidedList(app, client, deps.now)].filter((list) => list !== null)
        : [],
  }
}

function askNoHistory({ transactionId }: HistoryRequest): Promise<Fetched<never>> {
  return Promise.resolve({ kind: 'absent', reason: `Google Play has no history beside its orders (${transactionId}).` })
}
