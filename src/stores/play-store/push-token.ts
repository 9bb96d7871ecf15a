import { verify } from 'node:crypto'
import type { PushSetting } from './fields.ts'
import type { GoogleKeys } from './google-keys.ts'
import { type Json, jsonOf, textOf, wholeOf } from './json.ts'

export type TokenVerdict =
  | { readonly kind: 'good' }
  | { readonly kind: 'refused'; readonly reason: string; readonly claimed: string | null }
  | { readonly kind: 'unavailable' }

const ISSUERS: ReadonlySet<unknown> = new Set(['https://accounts.google.com', 'accounts.google.com'])
/** Clocks may differ by this much. */
const SKEW_S = 300
/** Google's own library takes no token that is made for longer. */
const MOST_LIFE_S = 86_400

/**
 * The token that Pub/Sub sends with a push: a JWT that Google signed for our audience and for the service account of our
 * subscription. The account is what makes it ours: anybody can have Google sign a push to any address.
 * docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions
 */
export async function judgePushToken(
  authorization: string | null,
  expected: PushSetting,
  keys: GoogleKeys,
  now: number,
): Promise<TokenVerdict> {
  const token = /^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined)
    return refused('It carries no token of Google: enable authentication in the push subscription.')
  const [head, body, signature] = token.split('.').map(bytesOf)
  if (head == null || body == null || signature == null) return refused('Its token is not a JWT.')
  const [header, claims] = [jsonOf(head.toString('utf8')), jsonOf(body.toString('utf8'))]
  const kid = textOf(header?.kid)
  if (header === null || claims === null || header.alg !== 'RS256' || kid === null || header.crit !== undefined)
    return refused('Its token is not a JWT that is signed with RS256 by a named key.')
  // What it claims comes first: a stranger's token must not make us fetch keys.
  const wrong = wrongClaim(claims, expected, now)
  if (wrong !== null) return wrong
  const key = await keys.find(kid)
  if (key === 'unavailable') return { kind: 'unavailable' }
  if (key === 'unknown') return refused('Its token is signed by a key that Google does not list.')
  const signed = Buffer.from(token.slice(0, token.lastIndexOf('.')))
  return verify('sha256', signed, key, signature)
    ? { kind: 'good' }
    : refused('The signature of its token is not Google’s.')
}

function wrongClaim(claims: Json, expected: PushSetting, now: number): TokenVerdict | null {
  const [issuedAt, expiresAt] = [wholeOf(claims.iat), wholeOf(claims.exp)]
  const at = now / 1_000
  if (!ISSUERS.has(claims.iss)) return refused('Its token is not issued by accounts.google.com.')
  if (claims.aud !== expected.audience)
    return refused(
      'Its token is for another audience: compare push.audience with the push subscription.',
      textOf(claims.aud),
    )
  if (claims.email !== expected.email || claims.email_verified !== true)
    return refused(
      'Its token is of another service account: compare push.service_account_email with the push subscription.',
      textOf(claims.email),
    )
  if (issuedAt === null || expiresAt === null || expiresAt - issuedAt > MOST_LIFE_S)
    return refused('Its token has no sound times of issue and expiry.')
  if (at < issuedAt - SKEW_S || at > expiresAt + SKEW_S)
    return refused('Its token is not valid at this time: check the clock of this machine.')
  return null
}

function refused(reason: string, claimed: string | null = null): TokenVerdict {
  return { kind: 'refused', reason, claimed: claimed?.slice(0, 200) ?? null }
}

/** Exactly one text stands for the same bytes, so that no second spelling of a token is taken. */
function bytesOf(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}
