import { type KeyObject, X509Certificate } from 'node:crypto'
import type { HttpClient } from '../../net/http.ts'
import { createBudget } from '../budget.ts'
import { createRecent } from '../recent.ts'

/** The certificates by which SNS signs, fetched once each. */
export interface SigningCertificates {
  /** `url` has been judged by `isCertificateUrl`. */
  keyAt(url: string): Promise<SigningKey>
}

export type SigningKey =
  | { readonly kind: 'key'; readonly key: KeyObject }
  /** There is no such certificate, or it is not good. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It could not be fetched: the sender may be who it says. */
  | { readonly kind: 'unavailable'; readonly reason: string }

const HOST = /^sns\.[a-z0-9-]{3,}\.amazonaws\.com(\.cn)?$/
const PATH = /^\/SimpleNotificationService-[0-9a-f]{32}\.pem$/

/**
 * Whether an address is one of Amazon's own certificates: judged before anything is asked, since the sender names it.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
export function isCertificateUrl(text: string): boolean {
  if (text.length > 300 || !URL.canParse(text)) return false
  const url = new URL(text)
  // What the parser has mended (backslashes, capitals, dots, an empty query) was written to be read in two ways.
  if (text !== `https://${url.hostname}${url.pathname}`) return false
  return HOST.test(url.hostname) && PATH.test(url.pathname)
}

/** A certificate is under 2 KB. */
const MAX_BYTES = 16_384
const TIMEOUT_MS = 5_000
/** Amazon has one certificate a region in use at a time. */
const KEPT = 16
const KEPT_MS = 86_400_000
/** A clock that is a minute off refuses nothing. */
const SKEW_MS = 60_000
/** Strangers can name any certificate of Amazon's: this many are asked for. */
const RATE = { perSecond: 1, burst: 10 }

interface CertificateDeps {
  readonly http: HttpClient
  readonly now: () => number
  /** Scheme and host in place of Amazon's (TRIBUTARY_AMAZON_SNS_ORIGIN). */
  readonly origin: string | null
}

export function createSigningCertificates(deps: CertificateDeps): SigningCertificates {
  const kept = createRecent<X509Certificate>(KEPT, KEPT_MS, deps.now)
  const asked = new Map<string, Promise<X509Certificate | SigningKey>>()
  const budget = createBudget(deps.now)

  const fetched = (url: string): Promise<X509Certificate | SigningKey> => {
    const known = asked.get(url)
    if (known !== undefined) return known
    const wait = budget.take('certificates', RATE)
    if (wait > 0)
      return Promise.resolve({ kind: 'unavailable', reason: 'Too many unknown certificates were asked for at once.' })
    const flight = download(url, deps).finally(() => asked.delete(url))
    asked.set(url, flight)
    return flight
  }

  return {
    keyAt: async (url) => {
      const found = kept.get(url) ?? (await fetched(url))
      if (!(found instanceof X509Certificate)) return found
      kept.set(url, found)
      return judged(found, deps.now())
    },
  }
}

async function download(url: string, deps: CertificateDeps): Promise<X509Certificate | SigningKey> {
  const { pathname } = new URL(url)
  const answer = await deps.http.send({
    method: 'GET',
    url: deps.origin === null ? url : `${deps.origin}${pathname}`,
    headers: { accept: 'application/x-pem-file, text/plain, */*' },
    headersTimeoutMs: TIMEOUT_MS,
    totalTimeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
  })
  if (answer.kind === 'fault')
    return { kind: 'unavailable', reason: `Amazon’s signing certificate could not be fetched: ${answer.reason}.` }
  const { status } = answer
  if (status === 429 || status === 408 || status >= 500)
    return { kind: 'unavailable', reason: `Amazon’s signing certificate could not be fetched (HTTP ${status}).` }
  if (status !== 200)
    return {
      kind: 'refused',
      reason: `Amazon has no certificate at the address that the message names (HTTP ${status})`,
    }
  return (answer.truncated ? null : certificateOf(answer.body)) ?? noCertificate()
}

function noCertificate(): SigningKey {
  return { kind: 'refused', reason: 'what is at the address of its certificate is no certificate' }
}

function certificateOf(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem)
  } catch {
    return null
  }
}

/** The dates count each time that a certificate is used: it may run out while it is kept. */
function judged(certificate: X509Certificate, now: number): SigningKey {
  if (now < certificate.validFromDate.getTime() - SKEW_MS || now > certificate.validToDate.getTime() + SKEW_MS)
    return { kind: 'refused', reason: 'its certificate is not valid today' }
  const { publicKey } = certificate
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0
  if (publicKey.asymmetricKeyType !== 'rsa' || bits < 2_048)
    return { kind: 'refused', reason: 'its certificate holds no RSA key of 2048 bits or more' }
  return { kind: 'key', key: publicKey }
}
