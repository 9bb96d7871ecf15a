import type { App } from '../../domain/project.ts'
import type { HttpClient, HttpResult } from '../../net/http.ts'
import { createAppBudget, type Rate } from '../budget.ts'
import type { Fetched } from '../store.ts'
import { packageOf } from './fields.ts'
import { type Json, jsonOf, partOf, partsOf, textOf } from './json.ts'
import { createBearers } from './service-account.ts'

/** What the hub reads of the Google Play Developer API (developers.google.com/android-publisher) about one purchase. */
export interface PlayReads {
  /** purchases.subscriptionsv2.get */
  subscription(app: App, token: string): Promise<Fetched<Json>>
  /** purchases.productsv2.getproductpurchasev2 */
  product(app: App, token: string): Promise<Fetched<Json>>
  /** orders.get */
  order(app: App, orderId: string): Promise<Fetched<Json>>
  /** orders.batchGet: at most 1,000, and the whole call fails if one is unknown. */
  orders(app: App, orderIds: readonly string[]): Promise<Fetched<Json>>
}

/** The calls of the Google Play Developer API and of Pub/Sub that the hub makes. */
export interface PlayClient {
  /** The reads that answer one question together: the budget may stop the first of them alone (see ../budget.ts). */
  question(): PlayReads
  /** One page of purchases.voidedpurchases.list, subscriptions included. */
  voidedPurchases(app: App, page: VoidedPage): Promise<Fetched<Json>>
  /** projects.subscriptions.pull */
  pull(app: App, subscription: string): Promise<Fetched<Json>>
  /** projects.subscriptions.acknowledge */
  acknowledge(app: App, subscription: string, ackIds: readonly string[]): Promise<Fetched<Json>>
}

export interface VoidedPage {
  readonly startTime: number
  readonly endTime: number
  readonly pageToken: string | null
}

const API = 'https://androidpublisher.googleapis.com'
const PUBSUB = 'https://pubsub.googleapis.com'

/** Google allows 3,000 queries a minute and bucket (…/android-publisher/quotas); we stay at two fifths of it. */
const READS: Rate = { perSecond: 20, burst: 40 }
/** Voided purchases: 30 requests in 30 seconds, 6,000 a day (…/android-publisher/voided-purchases). */
const LISTS: Rate = { perSecond: 0.4, burst: 10 }
const PULLS: Rate = { perSecond: 20, burst: 20 }

/** A thousand voided purchases of 400 bytes; a thousand messages of 2 KB. */
const MAX_ANSWER_BYTES = 8_388_608
const MOST_MESSAGES = 500

export interface PlayClientDeps {
  readonly http: HttpClient
  readonly now: () => number
  readonly apiUrl: string | null
  readonly pubsubUrl: string | null
  readonly tokenUrl: string | null
}

interface Ask {
  readonly bucket: string
  readonly rate: Rate
  readonly url: string
  readonly body?: object
  readonly continued?: boolean
}

export function createPlayClient(deps: PlayClientDeps): PlayClient {
  const bearers = createBearers({ http: deps.http, now: deps.now, url: deps.tokenUrl })
  const budget = createAppBudget(deps.now)

  const once = async (app: App, ask: Ask): Promise<HttpResult | Exclude<Fetched<never>, { kind: 'fetched' }>> => {
    const bearer = await bearers.bearer(app)
    if (bearer.kind !== 'fetched') return bearer
    return deps.http.send({
      method: ask.body === undefined ? 'GET' : 'POST',
      url: ask.url,
      headers: {
        authorization: `Bearer ${bearer.value}`,
        accept: 'application/json',
        ...(ask.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
      maxBytes: MAX_ANSWER_BYTES,
    })
  }
  const call = async (app: App, ask: Ask): Promise<Fetched<Json>> => {
    const over = budget.refuse(app, ask.bucket, ask.rate, ask.continued)
    if (over !== null) return over
    let answer = await once(app, ask)
    if (answer.kind === 'answer' && answer.status === 401) {
      // A bearer may be withdrawn before its time; a second one that is refused too is no accident.
      bearers.forget(app)
      answer = await once(app, ask)
    }
    return answer.kind === 'answer' || answer.kind === 'fault' ? answerOf(answer, app, deps.now()) : answer
  }

  const root = (app: App): string =>
    `${(deps.apiUrl ?? API).replace(/\/+$/, '')}/androidpublisher/v3/applications/${encodeURIComponent(packageOf(app))}`
  const pubsub = (subscription: string, verb: string): string =>
    `${(deps.pubsubUrl ?? PUBSUB).replace(/\/+$/, '')}/v1/${subscription.split('/').map(encodeURIComponent).join('/')}:${verb}`
  return {
    question: () =>
      questionOf((app, path, continued) =>
        call(app, { bucket: 'reads', rate: READS, url: `${root(app)}/${path}`, continued }),
      ),
    voidedPurchases: (app, page) => {
      const query = new URLSearchParams({
        type: '1',
        startTime: String(page.startTime),
        endTime: String(page.endTime),
        maxResults: '1000',
        includeQuantityBasedPartialRefund: 'true',
      })
      if (page.pageToken !== null) query.set('token', page.pageToken)
      return call(app, { bucket: 'lists', rate: LISTS, url: `${root(app)}/purchases/voidedpurchases?${query}` })
    },
    pull: (app, subscription) =>
      call(app, {
        bucket: 'pulls',
        rate: PULLS,
        url: pubsub(subscription, 'pull'),
        body: { maxMessages: MOST_MESSAGES },
      }),
    acknowledge: (app, subscription, ackIds) =>
      call(app, {
        bucket: 'pulls',
        rate: PULLS,
        url: pubsub(subscription, 'acknowledge'),
        body: { ackIds },
        continued: true,
      }),
  }
}

function questionOf(call: (app: App, path: string, continued: boolean) => Promise<Fetched<Json>>): PlayReads {
  let continued = false
  const read = async (app: App, path: string): Promise<Fetched<Json>> => {
    const answer = await call(app, path, continued)
    continued ||= answer.kind === 'fetched' || answer.kind === 'absent'
    return answer
  }
  return {
    subscription: (app, token) => read(app, `purchases/subscriptionsv2/tokens/${encodeURIComponent(token)}`),
    product: (app, token) => read(app, `purchases/productsv2/tokens/${encodeURIComponent(token)}`),
    order: (app, orderId) => read(app, `orders/${encodeURIComponent(orderId)}`),
    orders: (app, orderIds) =>
      read(app, `orders:batchGet?${orderIds.map((id) => `orderIds=${encodeURIComponent(id)}`).join('&')}`),
  }
}

const QUOTA: ReadonlySet<string> = new Set([
  'rateLimitExceeded',
  'userRateLimitExceeded',
  'quotaExceeded',
  'dailyLimitExceeded',
])

/** Of Google's words only the machine's: its sentences may repeat the address, and a purchase token stands in that. */
function answerOf(answer: HttpResult, app: App, now: number): Fetched<Json> {
  if (answer.kind === 'fault')
    return { kind: 'retry', reason: `Google could not be reached: ${answer.reason}.`, afterMs: null }
  const body = answer.body === '' ? {} : jsonOf(answer.body)
  if (answer.status >= 200 && answer.status < 300) {
    if (body !== null && !answer.truncated) return { kind: 'fetched', value: body }
    return { kind: 'retry', reason: 'Google’s answer was not the JSON that it documents.', afterMs: null }
  }
  const word = reasonOf(body)
  const told = `HTTP ${answer.status}${word === null ? '' : `, ${word}`}`
  if (answer.status === 401 || (answer.status === 403 && (word === null || !QUOTA.has(word)))) {
    return {
      kind: 'credentials',
      reason: `Google does not let the service_account of ${app.id} read this (${told}): in Play Console → Users and permissions grant it the app with "View financial data, orders, and cancellation survey responses", and for receive: pull the role Pub/Sub Subscriber.`,
    }
  }
  if (answer.status === 404 || answer.status === 410 || answer.status === 400)
    return { kind: 'absent', reason: `Google knows nothing of it (${told}).` }
  const later = answer.status === 403 || answer.status === 408 || answer.status === 409 || answer.status === 429
  return {
    kind: 'retry',
    reason:
      later || answer.status >= 500
        ? `Google asks to come back later (${told}).`
        : `Google answered in a way that it does not document (${told}).`,
    afterMs: retryAfterOf(answer.headers['retry-after'], now),
  }
}

/** Two shapes of errors: `error.errors[].reason` of the older APIs, `error.status` of the newer. */
function reasonOf(body: Json | null): string | null {
  const error = partOf(body?.error)
  const word = textOf(partsOf(error?.errors)[0]?.reason) ?? textOf(error?.status)
  return word !== null && /^[A-Za-z_]{1,60}$/.test(word) ? word : null
}

function retryAfterOf(header: string | undefined, now: number): number | null {
  if (header === undefined) return null
  const number = Number(header)
  const wait = Number.isFinite(number) ? number * 1_000 : Date.parse(header) - now
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), 3_600_000) : null
}
