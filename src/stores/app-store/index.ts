import type { App } from '../../domain/project.ts'
import type { HttpClient } from '../../net/http.ts'
import { isJson } from '../json.ts'
import type { Accepted, Store, StoreDeclaration } from '../store.ts'
import { type AppTransactionRead, readAppTransaction } from './app-transaction.ts'
import { APPLE_RECEIPT_ROOTS, APPLE_ROOTS } from './apple-roots.ts'
import { createChainJudge, rootsOf } from './chain.ts'
import { type AppStoreClient, createAppStoreClient } from './client.ts'
import { decodedOf } from './decode.ts'
import { APP_STORE_FIELDS, apiKeyOf, refuseApp } from './fields.ts'
import { chainHistory } from './history.ts'
import { createJwsVerifier, payloadOf } from './jws.ts'
import type { Opened } from './notification.ts'
import { pollStatus } from './poll.ts'
import { lastMinute, listsOf } from './pull.ts'
import { readReceipt } from './receipt.ts'
import { APP_STORE_STEPS } from './steps.ts'
import { judgeNotification, signedPayloadOf } from './verify.ts'

export const appStoreDeclaration: StoreDeclaration = {
  name: 'app_store',
  slug: 'app-store',
  title: 'App Store',
  fields: APP_STORE_FIELDS,
  steps: APP_STORE_STEPS,
  refuse: refuseApp,
}

export interface AppStoreDeps {
  readonly http: HttpClient
  readonly now: () => number
  /** PEM or DER; replaces the built-in roots. */
  readonly roots: readonly (string | Buffer)[] | null
  readonly apiUrl: string | null
  /** How many cores this process may use (default: several); with one, signatures are checked on the main thread. */
  readonly cores?: number
}

/** The App Store at work, and the calls of its API that are made on a person's request. */
export interface AppStore extends Store {
  readonly client: AppStoreClient
  /** How a customer came to the app: the `app_transaction` that the SDK posts beside a receipt. */
  appTransaction(jws: string, app: App): Promise<AppTransactionRead>
}

/** @throws when a root is no certificate. */
export function createAppStore(deps: AppStoreDeps): AppStore {
  const verifier = createJwsVerifier(createChainJudge(deps.roots ?? APPLE_ROOTS, deps.now), deps.now, deps.cores ?? 2)
  const client = createAppStoreClient(deps)
  const receipts = { client, verifier, receiptRoots: rootsOf(deps.roots ?? APPLE_RECEIPT_ROOTS), now: deps.now }
  // What was opened to verify it need not be read again while the same bytes are still at hand (25 µs of 280).
  const opened = new WeakMap<Buffer, Opened>()
  const accept = async (body: Buffer, app: App): Promise<Accepted> => {
    const judged = await judgeNotification(body, app, verifier)
    if (judged.opened !== null) opened.set(body, judged.opened)
    return judged.accepted
  }
  return {
    ...appStoreDeclaration,
    client,
    appTransaction: (jws, app) => readAppTransaction(jws, app, verifier),
    accept: (message, app) => accept(message.body, app),
    decode: (kept, app) => decodedOf(opened.get(kept.body) ?? openKept(kept.body), app),
    canAskHistory: (app) => apiKeyOf(app) !== null,
    canPoll: (app) => apiKeyOf(app) !== null,
    poll: (request, app) => pollStatus(request, app, client, verifier),
    receipt: (request, app) => readReceipt(request, app, receipts),
    history: (request, app) => chainHistory(request, app, client, verifier),
    check: (environment, app) =>
      client.notificationHistory({
        environment,
        app,
        ...lastMinute(deps.now()),
        paginationToken: null,
        onlyFailures: false,
      }),
    testNotification: async (environment, app) => {
      const asked = await client.requestTest(environment, app)
      return asked.kind === 'fetched'
        ? {
            kind: 'fetched',
            value:
              'Apple was asked; its test notification comes within a minute to the URL that App Store Connect has.',
          }
        : asked
    },
    lists: (app) => listsOf(app, { client, now: deps.now, accept }),
  }
}

/**
 * The parts of a kept notification in the clear. Its signatures were verified when it came in, under the roots of that day.
 * @throws when the bytes are no notification.
 */
function openKept(body: Buffer): Opened {
  const jws = signedPayloadOf(body)
  const payload = jws === null ? null : payloadOf(jws)
  if (payload === null) throw new Error('The kept bytes are not a notification of the App Store.')
  const data = isJson(payload.data) ? payload.data : {}
  const part = (field: string): unknown => {
    const signed = data[field]
    return typeof signed === 'string' ? payloadOf(signed) : null
  }
  return { payload, transaction: part('signedTransactionInfo'), renewal: part('signedRenewalInfo') }
}
