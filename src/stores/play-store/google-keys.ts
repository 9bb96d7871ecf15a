import { createPublicKey, type KeyObject } from 'node:crypto'
import type { HttpClient } from '../../net/http.ts'
import { jsonOf, partsOf, textOf } from './json.ts'

const GOOGLE_JWKS = 'https://www.googleapis.com/oauth2/v3/certs'

const MINUTE = 60_000
/** Google's answer says for how long it holds (some hours); less than this would ask at every push. */
const LEAST_MS = 5 * MINUTE
const MOST_MS = 24 * 60 * MINUTE
/** A key that nobody knows is a reason to look again, but a stranger must not make us ask at will. */
const LOOK_AGAIN_MS = MINUTE
const AFTER_FAULT_MS = 5_000

export type FoundKey = KeyObject | 'unknown' | 'unavailable'

/** Google's public keys by their ids, fetched when first needed. Known ones stay good while Google cannot be reached. */
export interface GoogleKeys {
  find(kid: string): Promise<FoundKey>
}

export function createGoogleKeys(deps: {
  readonly http: HttpClient
  readonly now: () => number
  /** Replaces Google's address (TRIBUTARY_GOOGLE_JWKS_URL). */
  readonly url: string | null
}): GoogleKeys {
  let keys: ReadonlyMap<string, KeyObject> = new Map()
  let until = 0
  let fetchedAt = Number.NEGATIVE_INFINITY
  let failedAt = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | null = null

  const ask = async (): Promise<void> => {
    const answer = await deps.http.send({
      method: 'GET',
      url: deps.url ?? GOOGLE_JWKS,
      headersTimeoutMs: 4_000,
      totalTimeoutMs: 5_000,
    })
    const found = answer.kind === 'answer' && answer.status === 200 ? keysOf(answer.body) : null
    if (answer.kind === 'fault' || found === null) {
      failedAt = deps.now()
      return
    }
    keys = found
    fetchedAt = deps.now()
    failedAt = Number.NEGATIVE_INFINITY
    until = fetchedAt + lifeOf(answer.headers['cache-control'])
  }
  const refresh = async (): Promise<void> => {
    if (deps.now() < failedAt + AFTER_FAULT_MS) return
    asking ??= ask().finally(() => {
      asking = null
    })
    await asking
  }

  return {
    find: async (kid) => {
      const stale = deps.now() >= until
      const mayLookAgain = deps.now() >= fetchedAt + LOOK_AGAIN_MS
      if (stale || (!keys.has(kid) && mayLookAgain)) await refresh()
      const known = keys.get(kid)
      if (known !== undefined) return known
      return deps.now() < until && failedAt < fetchedAt ? 'unknown' : 'unavailable'
    },
  }
}

function lifeOf(cacheControl: string | undefined): number {
  const told = /max-age=(\d{1,9})/.exec(cacheControl ?? '')
  return Math.min(Math.max(Number(told?.[1] ?? 0) * 1_000, LEAST_MS), MOST_MS)
}

/** RSA keys of at least 2,048 bits that are meant for RS256; null when the text is no set with any of them. */
function keysOf(text: string): ReadonlyMap<string, KeyObject> | null {
  const keys = new Map<string, KeyObject>()
  for (const jwk of partsOf(jsonOf(text)?.keys)) {
    const kid = textOf(jwk.kid)
    if (kid === null || jwk.kty !== 'RSA' || (jwk.alg ?? 'RS256') !== 'RS256' || (jwk.use ?? 'sig') !== 'sig') continue
    const key = publicKeyOf(jwk)
    if (key !== null) keys.set(kid, key)
  }
  return keys.size === 0 ? null : keys
}

function publicKeyOf(jwk: Readonly<Record<string, unknown>>): KeyObject | null {
  const { n, e } = jwk
  if (typeof n !== 'string' || typeof e !== 'string') return null
  try {
    const key = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' })
    return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2_048 ? key : null
  } catch {
    return null
  }
}
