import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import type { HttpClient, HttpResult } from '../../net/http.ts'
import { createAppBudget, type Rate } from '../budget.ts'
import { isJson, type Json, textOf, wholeOf } from '../json.ts'
import type { Fetched } from '../store.ts'
import { identityOf } from './fields.ts'
import { createBearers } from './token.ts'

/** The App Store Server API (developer.apple.com/documentation/appstoreserverapi): the calls that the hub makes. */
export interface AppStoreClient {
  /** Any transaction id of the chain → the state of the customer's subscriptions. */
  status(request: CallOf): Promise<Fetched<Json>>
  /** One transaction of any kind of product, by its id. */
  transaction(request: CallOf): Promise<Fetched<Json>>
  /** One page of up to 20 transactions, oldest first; `revision` is the answer's before it. */
  transactionHistory(request: CallOf & { readonly revision: string | null }): Promise<Fetched<Json>>
  /** One page of up to 20 notifications that Apple tried to send. */
  notificationHistory(request: NotificationHistoryCall): Promise<Fetched<Json>>
  /** Asks Apple to send a TEST notification; the answer holds its token. */
  requestTest(environment: Environment, app: App): Promise<Fetched<Json>>
  /** What became of that notification. */
  testStatus(environment: Environment, token: string, app: App): Promise<Fetched<Json>>
}

export interface CallOf {
  readonly environment: Environment
  readonly app: App
  readonly transactionId: string
  /** The continuation of something begun: it is let through and paid back (see Budget). */
  readonly continued?: boolean
}

export interface NotificationHistoryCall {
  readonly environment: Environment
  readonly app: App
  readonly startDate: number
  readonly endDate: number
  readonly paginationToken: string | null
  /** Only what Apple could not deliver. */
  readonly onlyFailures: boolean
}

const BASES: Readonly<Record<Environment, string>> = {
  production: 'https://api.storekit.apple.com',
  sandbox: 'https://api.storekit-sandbox.apple.com',
}

/**
 * Apple allows an app 50 requests a second for each of these calls, 5 in the sandbox, counted by the hour
 * (…/appstoreserverapi/identifying-rate-limits). We stay at two fifths, so that the team's other server has room.
 */
const RATES: Readonly<Record<Environment, Rate>> = {
  production: { perSecond: 20, burst: 40 },
  sandbox: { perSecond: 2, burst: 20 },
}
/** Test notifications: 1 a second, 0.1 in the sandbox. */
const TEST_RATES: Readonly<Record<Environment, Rate>> = {
  production: { perSecond: 0.5, burst: 2 },
  sandbox: { perSecond: 0.05, burst: 2 },
}

/** Twenty notifications of 19 KB are 380 KB; Apple bounds no single one. */
const MAX_ANSWER_BYTES = 8_388_608

export interface AppStoreClientDeps {
  readonly http: HttpClient
  readonly now: () => number
  /** Replaces both addresses of Apple. */
  readonly apiUrl: string | null
}

export function createAppStoreClient(deps: AppStoreClientDeps): AppStoreClient {
  const bearers = createBearers(deps.now)
  const budget = createAppBudget(deps.now)

  const call = async (ask: Ask): Promise<Fetched<Json>> => {
    const { environment, app, path, body, rates, continued } = ask
    const over = budget.refuse(app, `${environment}/${ask.budget}`, rates[environment], continued)
    if (over !== null) return over
    const bearer = bearers(app)
    if (!bearer.ok) return { kind: 'credentials', reason: bearer.reason }
    const base = (deps.apiUrl ?? BASES[environment]).replace(/\/+$/, '')
    const answer = await deps.http.send({
      method: body === undefined && ask.post !== true ? 'GET' : 'POST',
      url: `${base}${path}`,
      headers: {
        authorization: `Bearer ${bearer.token}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      maxBytes: MAX_ANSWER_BYTES,
    })
    return answerOf(answer, app, deps.now())
  }

  return {
    status: ({ transactionId, ...of }) =>
      call({
        ...of,
        budget: 'status',
        path: `/inApps/v1/subscriptions/${encodeURIComponent(transactionId)}`,
        rates: RATES,
      }),
    transaction: ({ transactionId, ...of }) =>
      call({
        ...of,
        budget: 'transaction',
        path: `/inApps/v1/transactions/${encodeURIComponent(transactionId)}`,
        rates: RATES,
      }),
    transactionHistory: ({ transactionId, revision, ...of }) => {
      const query = new URLSearchParams({ sort: 'ASCENDING', productType: 'AUTO_RENEWABLE' })
      if (revision !== null) query.set('revision', revision)
      return call({
        ...of,
        budget: 'history',
        path: `/inApps/v2/history/${encodeURIComponent(transactionId)}?${query}`,
        rates: RATES,
      })
    },
    notificationHistory: ({ environment, app, startDate, endDate, paginationToken, onlyFailures }) => {
      const query = paginationToken === null ? '' : `?${new URLSearchParams({ paginationToken })}`
      const path = `/inApps/v1/notifications/history${query}`
      return call({
        environment,
        app,
        budget: 'notifications',
        path,
        body: { startDate, endDate, ...(onlyFailures ? { onlyFailures } : {}) },
        rates: RATES,
      })
    },
    requestTest: (environment, app) =>
      call({ environment, app, budget: 'test', path: '/inApps/v1/notifications/test', post: true, rates: TEST_RATES }),
    testStatus: (environment, token, app) =>
      call({
        environment,
        app,
        budget: 'test-status',
        path: `/inApps/v1/notifications/test/${encodeURIComponent(token)}`,
        rates: TEST_RATES,
      }),
  }
}

interface Ask {
  readonly environment: Environment
  readonly app: App
  readonly path: string
  readonly budget: string
  readonly rates: Readonly<Record<Environment, Rate>>
  readonly body?: object
  readonly post?: boolean
  readonly continued?: boolean
}

/** An error of the API by its code (…/appstoreserverapi/error-codes), kept for callers that know what to do about one. */
export function errorCodeOf(reason: string): number | null {
  const match = /\(error (\d{7})\)/.exec(reason)
  return match === null ? null : Number(match[1])
}

/** These 404s say that the key and the app do not belong together, or that App Store Connect is not set up. */
const APP_UNKNOWN: ReadonlySet<number> = new Set([4000002, 4040003, 4040004])

function answerOf(answer: HttpResult, app: App, now: number): Fetched<Json> {
  if (answer.kind === 'fault')
    return { kind: 'retry', reason: `Apple could not be reached: ${answer.reason}.`, afterMs: null }
  const body = jsonOf(answer.body)
  if (answer.status >= 200 && answer.status < 300) {
    if (body !== null && !answer.truncated) return { kind: 'fetched', value: body }
    return { kind: 'retry', reason: 'Apple’s answer was not the JSON that it documents.', afterMs: null }
  }
  const code = body === null ? null : wholeOf(body.errorCode)
  const told = `${textOf(body?.errorMessage) ?? `HTTP ${answer.status}`}${code === null ? '' : ` (error ${code})`}`
  if (answer.status === 401) {
    return {
      kind: 'credentials',
      reason: `Apple refused the api_key of ${app.id}: check issuer_id, key_id, private_key and that the key is not revoked (${told}).`,
    }
  }
  if (code !== null && APP_UNKNOWN.has(code)) {
    return {
      kind: 'credentials',
      reason: `Apple knows no app ${identityOf(app).bundleId} for the api_key of ${app.id}: ${told}.`,
    }
  }
  if (answer.status === 429 || answer.status >= 500 || answer.status === 408) {
    return {
      kind: 'retry',
      reason: `Apple asks to come back later: ${told}.`,
      afterMs: retryAfterOf(answer.headers['retry-after'], now),
    }
  }
  if (answer.status === 404 || answer.status === 400) return { kind: 'absent', reason: `Apple answered: ${told}.` }
  return { kind: 'retry', reason: `Apple answered in a way that it does not document: ${told}.`, afterMs: null }
}

/** Apple writes a UNIX time in milliseconds; seconds and dates are what HTTP has for everyone else. */
function retryAfterOf(header: string | undefined, now: number): number | null {
  if (header === undefined) return null
  const number = Number(header)
  const wait = Number.isFinite(number) ? (number > 1e11 ? number - now : number * 1000) : Date.parse(header) - now
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), 3_600_000) : null
}

function jsonOf(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text)
    return isJson(value) ? value : null
  } catch {
    return null
  }
}
