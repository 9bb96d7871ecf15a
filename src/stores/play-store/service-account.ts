import { createHash, type KeyObject, sign } from 'node:crypto'
import type { App } from '../../domain/project.ts'
import type { HttpClient } from '../../net/http.ts'
import type { Fetched } from '../store.ts'
import { type ServiceAccount, serviceAccountOf, signingKeyOf } from './fields.ts'
import { jsonOf, textOf, wholeOf } from './json.ts'

/** developers.google.com/identity/protocols/oauth2/service-account: also the audience of the assertion. */
const TOKEN_URL = 'https://oauth2.googleapis.com/token'
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const SCOPES = 'https://www.googleapis.com/auth/androidpublisher https://www.googleapis.com/auth/pubsub'

const ASSERTION_S = 3_600
/** Google's clock may be behind ours. */
const BACKDATED_S = 30
/** Renewed this long before the end, so that none runs out on its way. */
const MARGIN_MS = 5 * 60_000
const MOST_KEPT = 1_000

/** Bearer tokens of service accounts, kept until shortly before they end; each is asked for once at a time. */
export interface Bearers {
  bearer(app: App): Promise<Fetched<string>>
  /** Google refused it before its time. */
  forget(app: App): void
}

export function createBearers(deps: {
  readonly http: HttpClient
  readonly now: () => number
  /** Replaces Google's address (TRIBUTARY_GOOGLE_TOKEN_URL). */
  readonly url: string | null
}): Bearers {
  const kept = new Map<string, { readonly token: string; readonly until: number }>()
  const asking = new Map<string, Promise<Fetched<string>>>()

  const ask = async (app: App, account: ServiceAccount, key: KeyObject, name: string): Promise<Fetched<string>> => {
    const answer = await deps.http.send({
      method: 'POST',
      url: deps.url ?? TOKEN_URL,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({ grant_type: GRANT, assertion: assertion(account, key, deps.now()) }).toString(),
    })
    if (answer.kind === 'fault')
      return { kind: 'retry', reason: `Google’s token endpoint could not be reached: ${answer.reason}.`, afterMs: null }
    const body = jsonOf(answer.body)
    const token = textOf(body?.access_token)
    if (answer.status === 200 && token !== null) {
      const lifeMs = (wholeOf(body?.expires_in) ?? 300) * 1_000
      if (kept.size >= MOST_KEPT) kept.clear()
      kept.set(name, { token, until: deps.now() + Math.max(lifeMs - MARGIN_MS, lifeMs / 2) })
      return { kind: 'fetched', value: token }
    }
    if (answer.status === 400 || answer.status === 401 || answer.status === 403) {
      const told = /^[a-z_]{1,40}$/.exec(textOf(body?.error) ?? '')?.[0] ?? `HTTP ${answer.status}`
      return {
        kind: 'credentials',
        reason: `Google refused the service_account of ${app.id} (${told}): check that its key is not deleted, or make a new one.`,
      }
    }
    return { kind: 'retry', reason: `Google’s token endpoint answered HTTP ${answer.status}.`, afterMs: null }
  }

  return {
    bearer: async (app) => {
      const account = serviceAccountOf(app)
      const key = account === null ? null : signingKeyOf(account.privateKey)
      if (account === null || key === null) {
        return {
          kind: 'credentials',
          reason: `service_account of ${app.id} cannot be read: paste the JSON key file as Google Cloud gave it.`,
        }
      }
      const name = nameOf(account)
      const known = kept.get(name)
      if (known !== undefined && known.until > deps.now()) return { kind: 'fetched', value: known.token }
      const flight = asking.get(name) ?? ask(app, account, key, name).finally(() => asking.delete(name))
      asking.set(name, flight)
      return flight
    },
    forget: (app) => {
      const account = serviceAccountOf(app)
      if (account !== null) kept.delete(nameOf(account))
    },
  }
}

/** The key itself names the token: another key is another token at once. */
function nameOf(account: ServiceAccount): string {
  return createHash('sha256').update(`${account.email}\n${account.privateKey}`).digest('base64')
}

function assertion(account: ServiceAccount, key: KeyObject, now: number): string {
  const iat = Math.floor(now / 1_000) - BACKDATED_S
  const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = segment({ alg: 'RS256', typ: 'JWT', ...(account.keyId === null ? {} : { kid: account.keyId }) })
  const body = segment({ iss: account.email, scope: SCOPES, aud: TOKEN_URL, iat, exp: iat + ASSERTION_S })
  return `${head}.${body}.${sign('sha256', Buffer.from(`${head}.${body}`), key).toString('base64url')}`
}
