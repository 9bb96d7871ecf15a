import { createHmac, timingSafeEqual } from 'node:crypto'
import type { KeyRing } from './key-ring.ts'

/**
 * A command on the hub's own machine shows that it may read the key by signing the present minute with it:
 * `Authorization: Operator <token>`. A token is good for its minute and the ones next to it.
 */
const WINDOW_MS = 60_000

/** `now` in milliseconds. */
export function operatorToken(ring: KeyRing, now: number): string {
  const window = Math.floor(now / WINDOW_MS)
  return `${window}.${mac(ring.current.signing, window).toString('base64url')}`
}

/** True when any key of the ring signed it, at most one minute away from `now`. Takes anything; never throws. */
export function verifyOperatorToken(token: string, ring: KeyRing, now: number): boolean {
  const match = /^(\d{1,12})\.([A-Za-z0-9_-]{43})$/.exec(token)
  if (!match) return false
  const window = Number(match[1])
  if (Math.abs(window - Math.floor(now / WINDOW_MS)) > 1) return false
  const given = Buffer.from(match[2] ?? '', 'base64url')
  return ring.all.some((key) => timingSafeEqual(given, mac(key.signing, window)))
}

function mac(key: Buffer, window: number): Buffer {
  return createHmac('sha256', key).update(`operator\n${window}`).digest()
}
