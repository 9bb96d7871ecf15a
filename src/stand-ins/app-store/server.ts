import { randomUUID } from 'node:crypto'
import { createActs } from '../acts.ts'
import { type StandIn, type StandInReply, type StandInRequest, startStandIn } from '../server.ts'
import {
  type ApiState,
  errorReply,
  jsonReply,
  notificationHistory,
  oneTransaction,
  subscriptionStatuses,
  transactionHistory,
} from './api.ts'
import { type ApiKey, checkBearer, registered } from './api-key.ts'
import type { SimulatedNotification } from './notification.ts'
import type { SimulatedPurchase } from './one-time.ts'
import type { SimulatedSubscription } from './renewing.ts'
import type { SimulatedAppStore } from './subscription.ts'

export interface AppStoreStandInOptions {
  /** One per app and environment. Apple has a host for each environment; here one address serves all that are given. */
  readonly stores: readonly SimulatedAppStore[]
  /** The keys of App Store Connect. */
  readonly keys: readonly ApiKey[]
  readonly port?: number
  readonly latencyMs?: number
  readonly now?: () => number
  /**
   * The version 2 URL in App Store Connect. Absent: somebody else's server, which has answered everything; the history
   * lists it all. null: none is set, so the history is empty. A URL: `send` posts to it, and what was sent is listed.
   */
  readonly notificationUrl?: string | null
  /** Apple does not say in which order it lists. */
  readonly listing?: 'oldest first' | 'newest first'
  /** Requests that are let through in each second of the clock; the next get 429. */
  readonly perSecond?: number
}

export interface AppStoreStandIn extends StandIn {
  /** Posts a notification as Apple does and keeps how it went. */
  send(notification: SimulatedNotification): Promise<number | null>
  /** Every page token handed out so far is expired from now on. */
  expireTokens(): void
  /** Why requests were answered 401, newest last: Apple itself would not say. */
  readonly refusals: readonly string[]
}

/** The App Store Server API over simulated stores, as strict as Apple's. */
export async function startAppStoreStandIn(options: AppStoreStandInOptions): Promise<AppStoreStandIn> {
  const now = options.now ?? Date.now
  const keys = options.keys.map(registered)
  const refusals: string[] = []
  const tests = new Map<string, SimulatedNotification>()
  let generation = 1
  const listedOf = (stores: readonly SimulatedAppStore[]): readonly SimulatedNotification[] => {
    if (options.notificationUrl === null) return []
    const all = stores.flatMap((store) => [...store.notifications])
    const sent = typeof options.notificationUrl === 'string' ? all.filter((one) => one.attempts.length > 0) : all
    return sent.toSorted((a, b) => (options.listing === 'newest first' ? b.at - a.at : a.at - b.at))
  }
  const send = (notification: SimulatedNotification): Promise<number | null> =>
    sendTo(options.notificationUrl, notification, now)
  const over = limiter(options.perSecond, now)
  const pages = ownPages(options, now)

  const handle = (request: StandInRequest): StandInReply | Promise<StandInReply> => {
    if (request.path.startsWith('/_')) return pages(request)
    const bearer = checkBearer(request.headers.authorization, keys, now())
    const stores = 'refused' in bearer ? [] : options.stores.filter((store) => store.bundleId === bearer.bundleId)
    if ('refused' in bearer || stores.length === 0) {
      refusals.push('refused' in bearer ? bearer.refused : `no app ${bearer.bundleId}`)
      return {
        status: 401,
        headers: { 'content-type': 'text/plain' },
        body: `Unauthenticated\n\nRequest ID: ${randomUUID()}\n`,
      }
    }
    const retryAt = over()
    if (retryAt !== null)
      return { ...errorReply(429, 4290000, 'Rate limit exceeded.'), headers: { 'retry-after': String(retryAt) } }
    const state: ApiState = { stores, now, listed: () => listedOf(stores), generation: () => generation }
    const test = { url: options.notificationUrl, store: stores[0], send, tests }
    return route(request, state) ?? testRoute(request, test) ?? { status: 404, body: '' }
  }
  const standIn = await startStandIn({
    handle,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.latencyMs === undefined ? {} : { latencyMs: options.latencyMs }),
  })
  const own = {
    send,
    refusals,
    expireTokens: () => {
      generation += 1
    },
  }
  return Object.assign(standIn, own)
}

/** GET /_root: the root certificate, PEM. GET /_device/{transaction}: what the device has of it. And the acts. */
function ownPages(
  { stores, notificationUrl }: AppStoreStandInOptions,
  now: () => number,
): (request: StandInRequest) => StandInReply | Promise<StandInReply> {
  const acts = createActs<SimulatedNotification>({
    stores,
    url: notificationUrl ?? null,
    send: (notification, url) => sendTo(url, notification, now),
    read: (result) => {
      if (!('opening' in result)) return { begun: null, messages: [result as SimulatedNotification] }
      const begun = result as SimulatedSubscription | SimulatedPurchase
      return { begun, messages: [begun.opening] }
    },
    show: ({ uuid, signedPayload }) => ({ uuid, signedPayload }),
  })
  return (request) => {
    const [store] = stores
    const shown = /^\/_device\/(\d+)$/.exec(request.path)?.[1]
    if (request.method === 'GET' && shown !== undefined) return onDevice(stores, shown)
    if (request.method !== 'GET' || request.path !== '/_root' || store === undefined) return acts(request)
    const headers = { 'content-type': 'application/x-pem-file' }
    return { status: 200, headers, body: store.signer.chain.rootPem }
  }
}

/** What an app would post of a transaction. */
function onDevice(stores: readonly SimulatedAppStore[], id: string): StandInReply {
  for (const { chains, device } of stores) {
    const bought = [...chains].find(([, { transactions }]) => transactions.some((one) => one.id === id))
    if (bought === undefined) continue
    return jsonReply({
      transaction: device.transactionJws(id),
      appReceipt: device.appReceipt([bought[0]]),
      appTransaction: device.appTransactionJws(),
    })
  }
  return { status: 404, body: '' }
}

function route(request: StandInRequest, state: ApiState): StandInReply | null {
  const { method, path } = request
  const status = /^\/inApps\/v1\/subscriptions\/([^/]+)$/.exec(path)?.[1]
  if (method === 'GET' && status !== undefined) return subscriptionStatuses(state, decodeURIComponent(status), request)
  const transaction = /^\/inApps\/v1\/transactions\/([^/]+)$/.exec(path)?.[1]
  if (method === 'GET' && transaction !== undefined) return oneTransaction(state, decodeURIComponent(transaction))
  const history = /^\/inApps\/v2\/history\/([^/]+)$/.exec(path)?.[1]
  if (method === 'GET' && history !== undefined) return transactionHistory(state, decodeURIComponent(history), request)
  return method === 'POST' && path === '/inApps/v1/notifications/history' ? notificationHistory(state, request) : null
}

interface TestDesk {
  readonly url: string | null | undefined
  readonly store: SimulatedAppStore | undefined
  readonly send: (notification: SimulatedNotification) => Promise<number | null>
  readonly tests: Map<string, SimulatedNotification>
}

function testRoute(request: StandInRequest, desk: TestDesk): StandInReply | null {
  if (request.method === 'POST' && request.path === '/inApps/v1/notifications/test') {
    if (desk.url == null || desk.store === undefined)
      return errorReply(404, 4040007, 'No App Store Server Notification URL found for provided app.')
    const notification = desk.store.test()
    const token = `${notification.uuid}_${notification.at}`
    desk.tests.set(token, notification)
    void desk.send(notification)
    return jsonReply({ testNotificationToken: token })
  }
  const token = /^\/inApps\/v1\/notifications\/test\/([^/]+)$/.exec(request.path)?.[1]
  if (request.method !== 'GET' || token === undefined) return null
  if (!/^[0-9a-f-]{36}_\d+$/.test(token))
    return errorReply(400, 4000020, 'Invalid request. The test notification token is invalid.')
  const sent = desk.tests.get(token)
  if (sent === undefined)
    return errorReply(
      404,
      4040008,
      'Either the test notification token is expired or the notification and status are not yet available.',
    )
  return jsonReply({ signedPayload: sent.signedPayload, sendAttempts: sent.attempts })
}

/** Apple gives up after a few seconds. */
const SEND_TIMEOUT_MS = 5_000

async function sendTo(
  url: string | null | undefined,
  notification: SimulatedNotification,
  now: () => number,
): Promise<number | null> {
  if (url == null) throw new Error('This stand-in has no notification URL: start it with one to send.')
  const attempted = (sendAttemptResult: string): void =>
    void notification.attempts.push({ attemptDate: now(), sendAttemptResult })
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'App Store Server Notifications' },
      body: notification.body,
      redirect: 'manual',
      signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
    })
    await answer.arrayBuffer()
    attempted(answer.status >= 200 && answer.status <= 206 ? 'SUCCESS' : 'UNSUCCESSFUL_HTTP_RESPONSE_CODE')
    return answer.status
  } catch (error) {
    attempted(error instanceof Error && error.name === 'TimeoutError' ? 'TIMED_OUT' : 'SOCKET_ISSUE')
    return null
  }
}

/** null while the second has room, else when the next one begins (Apple's Retry-After is a UNIX time in milliseconds). */
function limiter(perSecond: number | undefined, now: () => number): () => number | null {
  let second = 0
  let used = 0
  return () => {
    const current = Math.floor(now() / 1000)
    used = current === second ? used + 1 : 1
    second = current
    return perSecond !== undefined && used > perSecond ? (current + 1) * 1000 : null
  }
}
