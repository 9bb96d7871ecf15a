import { createHmac, timingSafeEqual } from 'node:crypto'

/** How far the signature's time may lie from ours, either way: Stripe's own libraries look at the past alone. */
const TOLERANCE_SECONDS = 300

/** More of them than a rotation ever leaves, and few enough that nobody makes us compute for long. */
const MOST_SIGNATURES = 16

export type Judged = { readonly ok: true } | { readonly ok: false; readonly reason: string }

/**
 * `Stripe-Signature: t=1492774577,v1=5257a8…` over the bytes as they came: HMAC-SHA256 of "t.body" under one of the
 * secrets. Only the scheme v1 counts (v0 is for tests of Stripe's own); a time that is given twice names none.
 * https://docs.stripe.com/webhooks/signature
 */
export function judgeSignature(
  header: string | readonly string[] | undefined,
  body: Buffer,
  secrets: readonly string[],
  now: number,
): Judged {
  const refused = (reason: string): Judged => ({ ok: false, reason })
  if (typeof header !== 'string' || header === '') return refused('it carries no Stripe-Signature header')
  if (header.length > 2_000) return refused('its Stripe-Signature header is too long')
  const fields = header.split(',').map((field) => field.trim())
  const times = fields.filter((field) => field.startsWith('t='))
  const time = /^t=(\d{1,12})$/.exec(times[0] ?? '')?.[1]
  if (times.length !== 1 || time === undefined) return refused('its Stripe-Signature names no single time')
  const signatures = fields.filter((field) => /^v1=[0-9a-f]{64}$/.test(field)).map((field) => field.slice(3))
  if (signatures.length === 0) return refused('its Stripe-Signature has no signature of the scheme v1')
  if (signatures.length > MOST_SIGNATURES) return refused('its Stripe-Signature has too many signatures')
  const known = secrets.filter((secret) => secret !== '')
  if (known.length === 0) return refused('the app has no webhook_secret')
  const expected = known.map((secret) => createHmac('sha256', secret).update(`${time}.`).update(body).digest())
  const matches = signatures.some((signature) => {
    const given = Buffer.from(signature, 'hex')
    return expected.some((mac) => given.length === mac.length && timingSafeEqual(mac, given))
  })
  if (!matches) return refused('its signature was not made with the webhook_secret of this app')
  return Math.abs(now / 1000 - Number(time)) <= TOLERANCE_SECONDS
    ? { ok: true }
    : refused('it was signed more than five minutes before or after now')
}
