import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import type { HttpClient, HttpResult } from '../../net/http.ts'
import { createAppBudget, type Rate } from '../budget.ts'
import { type Json, parsedJson } from '../json.ts'
import type { Fetched } from '../store.ts'
import { settingsOf } from './fields.ts'

/** The Receipt Verification Service (developer.amazon.com/docs/in-app-purchasing/iap-rvs-for-android-apps.html). */
export interface ReceiptService {
  /** One receipt as it is now, from the environment's own service. */
  receipt(ask: AskFor): Promise<Fetched<Read>>
  /** Succeeds when the shared secret is good. */
  check(environment: Environment, app: App): Promise<Fetched<null>>
}

export interface AskFor {
  readonly environment: Environment
  readonly app: App
  readonly receiptId: string
  readonly appUserId: string
  /** The question has begun with another read: this one goes at any rate, and is paid back later. */
  readonly continued?: boolean
}

/** `gone`: the receipt was good once and is not valid any more (410); Amazon says no more of it. */
export type Read = { readonly kind: 'receipt'; readonly json: Json } | { readonly kind: 'gone' }

/** Receipts of App Tester are known under /sandbox alone (…/in-app-purchasing/rvs-cloud-sandbox.html). */
const BASES: Readonly<Record<Environment, string>> = { production: '', sandbox: '/sandbox' }
const HOST = 'https://appstore-sdk.amazon.com'

/** Amazon publishes no limit; 429 says when it is reached. */
const RATE: Rate = { perSecond: 10, burst: 20 }
/** A receipt is under 2 KB. */
const MAX_ANSWER_BYTES = 65_536

interface ReceiptServiceDeps {
  readonly http: HttpClient
  readonly now: () => number
  /** In place of Amazon's address (TRIBUTARY_AMAZON_RVS_URL). */
  readonly url: string | null
}

export function createReceiptService(deps: ReceiptServiceDeps): ReceiptService {
  const budget = createAppBudget(deps.now)
  const send = async (ask: AskFor): Promise<HttpResult | Fetched<never>> => {
    const { environment, app, receiptId, appUserId } = ask
    const over = budget.refuse(app, 'receipts', RATE, ask.continued)
    if (over !== null) return over
    const secret = settingsOf(app).sharedSecret
    if (secret === '')
      return {
        kind: 'credentials',
        reason: `shared_secret of ${app.id} is not set: copy it from the Developer Console → Settings → Shared Key.`,
      }
    // A part of dots alone would be read as a step in the path.
    if ([receiptId, appUserId].some((part) => /^\.*$/.test(part)))
      return { kind: 'absent', reason: 'That is no id of a receipt or of a user.' }
    const base = `${(deps.url ?? HOST).replace(/\/+$/, '')}${BASES[environment]}`
    // The secret is in the path: no address may get into a reason.
    const path = [secret, 'user', appUserId, 'receiptId', receiptId].map(encodeURIComponent).join('/')
    return deps.http.send({
      method: 'GET',
      url: `${base}/version/1.0/verifyReceiptId/developer/${path}`,
      headers: { accept: 'application/json' },
      maxBytes: MAX_ANSWER_BYTES,
    })
  }
  return {
    receipt: async (wanted) => {
      const answer = await send(wanted)
      return isAnswer(answer) ? answerOf(answer, wanted.app) : answer
    },
    check: async (environment, app) => {
      const answer = await send({ environment, app, receiptId: 'tributary-check', appUserId: 'tributary-check' })
      const fetched = isAnswer(answer) ? answerOf(answer, app) : answer
      // A secret that Amazon does not know is 496, before anything is said about the receipt.
      return fetched.kind === 'absent' || fetched.kind === 'fetched' ? { kind: 'fetched', value: null } : fetched
    },
  }
}

function isAnswer(answer: HttpResult | Fetched<never>): answer is HttpResult {
  return answer.kind === 'answer' || answer.kind === 'fault'
}

/** The codes of …/iap-rvs-for-android-apps.html. */
function answerOf(answer: HttpResult, app: App): Fetched<Read> {
  if (answer.kind === 'fault')
    return { kind: 'retry', reason: `Amazon could not be reached: ${answer.reason}.`, afterMs: null }
  switch (answer.status) {
    case 200: {
      const json = answer.truncated ? null : parsedJson(answer.body)
      return json === null
        ? { kind: 'retry', reason: 'Amazon’s answer was not the JSON that it documents.', afterMs: null }
        : { kind: 'fetched', value: { kind: 'receipt', json } }
    }
    case 410:
      return { kind: 'fetched', value: { kind: 'gone' } }
    case 400:
      return { kind: 'absent', reason: 'Amazon knows no such receipt.' }
    case 497:
      return { kind: 'absent', reason: 'Amazon knows no such user of the app.' }
    case 496:
      return {
        kind: 'credentials',
        reason: `Amazon refused the shared_secret of ${app.id}: copy it again from the Developer Console → Settings → Shared Key.`,
      }
    default:
      return {
        kind: 'retry',
        reason: `Amazon asks to come back later (HTTP ${answer.status}).`,
        afterMs: retryAfterOf(answer.headers['retry-after']),
      }
  }
}

/** Whole seconds; an hour at most. */
function retryAfterOf(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,9}$/.test(header) ? Math.min(Number(header), 3_600) * 1000 : null
}
