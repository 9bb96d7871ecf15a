import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { InboundMessage } from '../store.ts'
import type { Credentials } from './fields.ts'

/**
 * `X-RevenueCat-Webhook-Signature: t=<seconds>,v1=<hex>[,v1=<hex>…]`, each v1 an HMAC-SHA-256 of `<t>.<body>`; made anew
 * for each attempt, with one v1 per secret while secrets change. No page of the sender that we could read says so: it is
 * what its receivers do (docs/verified.md), and it stands in this file alone.
 */
const SIGNATURE_HEADER = 'x-revenuecat-webhook-signature'
/** A signature is made for one attempt, so it is seconds old; the rest is for clocks. */
const TOLERANCE_S = 300
const LONGEST_HEADER = 4_096

/** Why a message is not authentic, as the end of a sentence; null when it is. */
export function faultOf({ headers, body }: InboundMessage, credentials: Credentials, now: number): string | null {
  const { authorization, signingSecret } = credentials
  if (authorization === null && signingSecret === null)
    return 'its app has neither authorization nor signing_secret; set one of them'
  if (authorization !== null) {
    const shown = headerOf(headers.authorization)
    if (shown === null) return 'it carries no Authorization header'
    if (!sameText(shown, authorization)) return 'its Authorization header is not the one of this app'
  }
  return signingSecret === null ? null : signatureFault(headerOf(headers[SIGNATURE_HEADER]), body, signingSecret, now)
}

function signatureFault(header: string | null, body: Buffer, secret: string, now: number): string | null {
  if (header === null || header.length > LONGEST_HEADER) return 'it carries no signature'
  const parts = header.split(',').map((part) => part.trim())
  const times = parts.filter((part) => part.startsWith('t=')).map((part) => part.slice(2))
  const [time] = times
  if (time === undefined || times.length !== 1 || !/^\d{1,12}$/.test(time)) return 'its signature has no time'
  const signatures = parts.filter((part) => /^v1=[0-9a-f]{64}$/i.test(part)).map((part) => part.slice(3))
  const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest()
  const good = signatures.some((one) => timingSafeEqual(Buffer.from(one, 'hex'), expected))
  if (!good) return 'its signature is not by the signing secret of this app'
  // Only now, so that a stranger does not learn our clock.
  return Math.abs(now / 1_000 - Number(time)) > TOLERANCE_S ? 'its signature is more than five minutes old' : null
}

function headerOf(value: string | readonly string[] | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** In a time that depends on the length of neither. */
function sameText(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}
