import * as client from 'openid-client'
import type { HttpClient } from '../net/http.ts'

/**
 * Signing in through an identity provider: OpenID Connect, authorization code with PKCE, state and nonce
 * (https://openid.net/specs/openid-connect-core-1_0.html, https://www.rfc-editor.org/rfc/rfc9700). The ID token's
 * signature is verified although it comes over TLS from the provider itself.
 */
export interface OidcSettings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: () => string
  /** What the button says. */
  readonly name: string
}

/** What the browser keeps between going to the provider and coming back. */
export interface OidcFlow {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

export interface Vouched {
  /** Issuer and subject: who it is, whatever becomes of the address. */
  readonly subject: string
  readonly email: string
  readonly name: string
}

/** `unverified`: the provider vouches for no address of this person. */
export type OidcOutcome =
  | { readonly kind: 'vouched'; readonly who: Vouched }
  | { readonly kind: 'unverified' }
  | { readonly kind: 'failed'; readonly reason: string }

export interface Oidc {
  readonly name: string
  /** Where to send the browser. Throws when the provider cannot be asked. */
  start(redirectUri: string): Promise<{ readonly url: string; readonly flow: OidcFlow }>
  /** `url`: the address at which the browser came back, whole. */
  finish(url: string, flow: OidcFlow): Promise<OidcOutcome>
}

/** Each request to the provider; a person waits meanwhile. */
const PATIENCE_S = 8
/** A provider that moves its endpoints or is set up anew is noticed within the hour. */
const KNOWN_MS = 3_600_000
const MAX_ANSWER_BYTES = 262_144

export function createOidc(
  settings: OidcSettings,
  { http, now }: { readonly http: Pick<HttpClient, 'send'>; readonly now: () => number },
): Oidc {
  let known: { readonly config: client.Configuration; readonly at: number } | null = null
  const provider = async (): Promise<client.Configuration> => {
    if (known !== null && now() - known.at < KNOWN_MS) return known.config
    const config = await discover(settings, http)
    known = { config, at: now() }
    return config
  }
  return {
    name: settings.name,
    async start(redirectUri) {
      const config = await provider()
      const flow = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      }
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        state: flow.state,
        nonce: flow.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(flow.verifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, flow }
    },
    async finish(url, flow) {
      try {
        const config = await provider()
        const tokens = await client.authorizationCodeGrant(config, new URL(url), {
          expectedState: flow.state,
          expectedNonce: flow.nonce,
          pkceCodeVerifier: flow.verifier,
          idTokenExpected: true,
        })
        const claims = tokens.claims()
        if (claims === undefined) return { kind: 'failed', reason: 'no ID token came' }
        const told =
          claims.email === undefined ? await client.fetchUserInfo(config, tokens.access_token, claims.sub) : claims
        return vouchedOf(claims.iss, claims.sub, told)
      } catch (error) {
        return { kind: 'failed', reason: reasonOf(error) }
      }
    },
  }
}

function vouchedOf(issuer: string, sub: string, told: Readonly<Record<string, unknown>>): OidcOutcome {
  const { email, email_verified: verified, name } = told
  if (typeof email !== 'string' || email === '' || verified !== true) return { kind: 'unverified' }
  const shown = typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, 100) : email
  return { kind: 'vouched', who: { subject: `${issuer} ${sub}`, email, name: shown } }
}

async function discover(settings: OidcSettings, http: Pick<HttpClient, 'send'>): Promise<client.Configuration> {
  const issuer = new URL(settings.issuer)
  // Settings allow plain HTTP on loopback alone.
  const plain = issuer.protocol === 'http:' ? [client.allowInsecureRequests] : []
  return client.discovery(issuer, settings.clientId, settings.clientSecret(), undefined, {
    [client.customFetch]: fetchThrough(http),
    timeout: PATIENCE_S,
    execute: [...plain, client.enableNonRepudiationChecks],
  })
}

/** The hub's one outgoing client, as the library wants it: no redirects, a time and a size for everything. */
function fetchThrough(http: Pick<HttpClient, 'send'>): client.CustomFetch {
  return async (url, { method, headers, body }) => {
    const answer = await http.send({
      method: method === 'POST' ? 'POST' : 'GET',
      url,
      headers,
      ...(body === undefined || body === null ? {} : { body: String(body) }),
      headersTimeoutMs: PATIENCE_S * 1000,
      totalTimeoutMs: PATIENCE_S * 1000,
      maxBytes: MAX_ANSWER_BYTES,
    })
    if (answer.kind === 'fault') throw new Error(answer.reason)
    const empty = answer.status === 204 || answer.status === 304
    return new Response(empty ? null : answer.body, { status: answer.status, headers: answer.headers })
  }
}

/** A code of the library or the provider, and its cause: neither holds a token. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = 'code' in error ? String(error.code) : error.name
  const detail = 'error' in error ? ` ${String(error.error)}` : ''
  return `${code}${detail}: ${error.message}`.slice(0, 300)
}
