import type { FastifyReply, FastifyRequest } from 'fastify'
import type { OidcFlow } from '../members/oidc.ts'

/**
 * The cookie of a session. The prefix `__Host-` binds it to this host, to TLS and to the whole of the hub, so that no
 * neighbouring host can plant one (https://www.rfc-editor.org/rfc/rfc6265bis, 4.1.3.2). Browsers take it on loopback
 * without TLS too. Strict: the dashboard's pages need no cookie to be shown, and what they ask is asked from here.
 */
const PREFIXED = '__Host-tributary_session'
/** Where neither TLS nor loopback is, a browser would not keep the other one. */
const PLAIN = 'tributary_session'

/** Where people reach this hub, as its settings say. */
export interface Origins {
  /** `https://hub.example`: how the outside reaches the public port. */
  readonly base: string
  /** Where the dashboard is, when it is elsewhere. */
  readonly admin: string | null
}

export function sessionTokenOf(request: FastifyRequest, origins: Origins): string | null {
  return cookieOf(request, isProtected(request, origins) ? PREFIXED : PLAIN)
}

const FLOW = 'tributary_oidc'
/** For a password, a second factor and a look into the mail. */
const FLOW_S = 600

/** What the browser keeps while it is at the identity provider. Lax: it comes back from there by a link. */
export function setFlow(request: FastifyRequest, reply: FastifyReply, origins: Origins, flow: OidcFlow | null): void {
  const value = flow === null ? '' : [flow.state, flow.nonce, flow.verifier].join('.')
  const rest = `Path=/; Max-Age=${flow === null ? 0 : FLOW_S}; HttpOnly; SameSite=Lax`
  const safe = isProtected(request, origins)
  void reply.header('set-cookie', safe ? `__Host-${FLOW}=${value}; ${rest}; Secure` : `${FLOW}=${value}; ${rest}`)
}

export function flowOf(request: FastifyRequest, origins: Origins): OidcFlow | null {
  const value = cookieOf(request, isProtected(request, origins) ? `__Host-${FLOW}` : FLOW)
  const [state, nonce, verifier] = (value ?? '').split('.')
  return state && nonce && verifier ? { state, nonce, verifier } : null
}

/** A cookie of a request by its name; null: there is none of a plausible value. */
function cookieOf(request: FastifyRequest, name: string): string | null {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) {
      const value = part.slice(at + 1).trim()
      return /^[\w.-]{20,200}$/.test(value) ? value : null
    }
  }
  return null
}

export function setSession(
  request: FastifyRequest,
  reply: FastifyReply,
  origins: Origins,
  session: { readonly token: string; readonly lastsMs: number },
): void {
  const age = Math.max(0, Math.floor(session.lastsMs / 1000))
  void reply.header('set-cookie', cookie(request, origins, session.token, age))
}

export function clearSession(request: FastifyRequest, reply: FastifyReply, origins: Origins): void {
  void reply.header('set-cookie', cookie(request, origins, '', 0))
}

function cookie(request: FastifyRequest, origins: Origins, value: string, age: number): string {
  const safe = isProtected(request, origins)
  const rest = `Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict`
  return safe ? `${PREFIXED}=${value}; ${rest}; Secure` : `${PLAIN}=${value}; ${rest}`
}

/** Whether the browser takes a cookie that is for TLS alone from the address that it asks. */
function isProtected(request: FastifyRequest, { base }: Origins): boolean {
  const host = request.host.toLowerCase()
  const name = host.replace(/:\d+$/, '')
  if (request.protocol === 'https' || name === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(name) || name === '[::1]')
    return true
  return base === `https://${host}`
}

/**
 * Whether a request comes from the dashboard's own pages: browsers name the origin of everything but a GET, and no page
 * can name another. A proxy that is not trusted hides TLS from us, so the scheme of our own host may be either.
 */
export function isOwnOrigin(request: FastifyRequest, { base, admin }: Origins): boolean {
  const origin = request.headers.origin?.toLowerCase()
  if (origin === undefined) return false
  const host = request.host.toLowerCase()
  return [base, admin, `${request.protocol}://${host}`].includes(origin)
}
