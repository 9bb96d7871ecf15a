import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import type { HttpClient, HttpResult } from '../../net/http.ts'
import { createAppBudget, type Rate } from '../budget.ts'
import { type Json, parsedJson, textOf } from '../json.ts'
import type { Fetched } from '../store.ts'
import { API_VERSION } from './event.ts'
import { keyOf } from './fields.ts'
import { listOf, partOf } from './json.ts'

/** Stripe's API, read only. https://docs.stripe.com/api */
export interface StripeClient {
  /** One object, with the moment that Stripe says it is (its `Date`, milliseconds), or null where it says none. */
  get(of: Ask): Promise<Fetched<Answer>>
  /** A whole list, page by page, at most `mostPages` of them. */
  list(of: Ask, mostPages?: number): Promise<Fetched<readonly Json[]>>
  /** Whether anything can be asked for this app. */
  hasKey(app: App, environment: Environment): boolean
}

export interface Ask {
  readonly app: App
  readonly environment: Environment
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** A further page of what has begun: the budget does not stop it halfway. */
  readonly continued?: boolean
}

export interface Answer {
  readonly json: Json
  readonly date: number | null
}

/** Stripe allows 100 requests a second in live mode and 25 in a sandbox: https://docs.stripe.com/rate-limits. We leave most to others. */
const RATES: Readonly<Record<Environment, Rate>> = {
  production: { perSecond: 20, burst: 40 },
  sandbox: { perSecond: 5, burst: 20 },
}

/** A hundred events of up to 80 KB each. */
const MAX_ANSWER_BYTES = 16_777_216
const MOST_PAGES = 50

export interface StripeClientDeps {
  readonly http: HttpClient
  readonly now: () => number
  /** Replaces https://api.stripe.com (TRIBUTARY_STRIPE_API_URL). */
  readonly apiUrl: string | null
}

export function createStripeClient(deps: StripeClientDeps): StripeClient {
  const budget = createAppBudget(deps.now)
  const base = (deps.apiUrl ?? 'https://api.stripe.com').replace(/\/+$/, '')

  const get = async (ask: Ask): Promise<Fetched<Answer>> => {
    const { app, environment, path, query, continued } = ask
    const key = keyOf(app, environment)
    if (key === null) return { kind: 'absent', reason: `${app.id} has no secret_key, so Stripe cannot be asked.` }
    const over = budget.refuse(app, environment, RATES[environment], continued)
    if (over !== null) return over
    const answer = await deps.http.send({
      method: 'GET',
      url: `${base}${path}${query === undefined ? '' : `?${new URLSearchParams(query)}`}`,
      headers: { authorization: `Bearer ${key}`, accept: 'application/json', 'stripe-version': API_VERSION },
      maxBytes: MAX_ANSWER_BYTES,
    })
    return answerOf(answer, app, deps.now())
  }

  const list = async (ask: Ask, mostPages = MOST_PAGES): Promise<Fetched<readonly Json[]>> => {
    const found: Json[] = []
    for (let page = 0; page < mostPages; page += 1) {
      const after = textOf(found.at(-1)?.id)
      const query = { limit: '100', ...ask.query, ...(page === 0 || after === null ? {} : { starting_after: after }) }
      const answer = await get({ ...ask, query, continued: page > 0 })
      if (answer.kind !== 'fetched') return answer
      const { items, hasMore } = listOf(answer.value.json)
      found.push(...items)
      if (!hasMore || items.length === 0) return { kind: 'fetched', value: found }
    }
    return { kind: 'absent', reason: `A list at Stripe (${ask.path}) is longer than ${mostPages} pages.` }
  }

  return { get, list, hasKey: (app, environment) => keyOf(app, environment) !== null }
}

function answerOf(answer: HttpResult, app: App, now: number): Fetched<Answer> {
  if (answer.kind === 'fault')
    return { kind: 'retry', reason: `Stripe could not be reached: ${answer.reason}.`, afterMs: null }
  const { status } = answer
  const json = answer.truncated ? null : parsedJson(answer.body)
  if (status >= 200 && status < 300) {
    if (json === null)
      return { kind: 'retry', reason: 'Stripe’s answer was not the JSON that it documents.', afterMs: null }
    const date = Date.parse(answer.headers.date ?? '')
    return { kind: 'fetched', value: { json, date: Number.isNaN(date) ? null : date } }
  }
  const error = partOf(json, 'error')
  const code = textOf(error?.code) ?? textOf(error?.type)
  const told = `HTTP ${status}${code === null ? '' : `, ${code}`}`
  // What Stripe says of a key holds a part of it: it is not repeated.
  if (status === 401)
    return {
      kind: 'credentials',
      reason: `Stripe refused the secret_key of ${app.id} (${told}): enter a key that is in force, from Developers → API keys.`,
    }
  if (status === 403)
    return {
      kind: 'credentials',
      reason: `The secret_key of ${app.id} may not read what is needed (${told}): give the restricted key read access to Subscriptions, Invoices, Charges, PaymentIntents, Checkout Sessions and Events.`,
    }
  if (status === 429 || status === 408 || status === 409 || status >= 500)
    return {
      kind: 'retry',
      reason: `Stripe asks to come back later (${told}).`,
      afterMs: retryAfterOf(answer.headers['retry-after'], now),
    }
  if (status === 404 || status === 400)
    return { kind: 'absent', reason: `Stripe knows nothing of what was asked for (${told}).` }
  return { kind: 'retry', reason: `Stripe answered in a way that it does not document (${told}).`, afterMs: null }
}

function retryAfterOf(header: string | undefined, now: number): number | null {
  if (header === undefined) return null
  const seconds = Number(header)
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), 3_600_000) : null
}
