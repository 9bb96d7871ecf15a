import { createHash } from 'node:crypto'
import type { PurchaseKey, SourceName } from './purchase.ts'

/** RFC 4648 base32 in lower case, without padding: short, safe in URLs, the same in every case-folding tool. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** 26 characters carry 130 of the hash's bits: no two of 10¹⁵ ids meet. */
const LENGTH = 26

function base32(bytes: Uint8Array): string {
  let out = ''
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += ALPHABET[(buffer >> bits) & 31]
      if (out.length === LENGTH) return out
    }
  }
  return out
}

/**
 * An id that is derived, not drawn: the same parts give the same id on every machine and after every restart.
 * Parts are joined by a line feed, which none of them may hold.
 */
export function derivedId(prefix: string, parts: readonly string[]): string {
  return `${prefix}_${base32(createHash('sha256').update(parts.join('\n')).digest())}`
}

/** What can happen in a period, as the ids of events name it. Never the class (Renewal and Trial Converted are one). */
export type What =
  | 'purchase'
  | 'cancel'
  | 'uncancel'
  | 'billing_issue'
  | 'pause'
  | 'change'
  | 'refund'
  | 'refund_reversed'
  | 'extend'
  | 'expire'
  | 'transfer'

/**
 * The id of an event. The recipe is a promise (golden vectors hold it): an upgrade of the hub must never send history
 * again. `n` is 1, the store's refund id, or the number that an announced happening keeps.
 */
export function eventId(key: PurchaseKey, what: What, period: string, n: string): string {
  return derivedId('evt', [key.projectId, key.store, key.environment, key.chain, key.line, what, period, n])
}

/** The id of a notification: its sender's own id within the app. */
export function notificationId(projectId: string, appId: string, sourceKey: string): string {
  return derivedId('ntf', [projectId, appId, sourceKey])
}

/** One event for one integration. */
export function deliveryId(integrationId: string, event: string): string {
  return derivedId('dlv', [integrationId, event])
}

/** The customer that begins with this app user id. */
export function customerId(projectId: string, appUserId: string): string {
  return derivedId('cus', [projectId, appUserId])
}

/** The anonymous owner of a purchase that nobody has claimed: the shape of the SDK's own anonymous ids. */
export function anonymousOwner(key: PurchaseKey): string {
  const hash = createHash('sha256')
    .update([key.projectId, key.store, key.environment, key.chain].join('\n'))
    .digest('hex')
  return `$RCAnonymousID:${hash.slice(0, 32)}`
}

/** Their chains are a purchase token, a receipt: whoever has one can show it as their own. */
const CHAINS_OF_TOKENS: ReadonlySet<SourceName> = new Set(['play_store', 'amazon'])

/** Where 10⁶ purchases are named, two share a name once in five hundred logs. */
const NAME_LENGTH = 12

/** A chain, or what a store is asked with, as logs and errors name it: a token by the beginning of its SHA-256. */
export function chainName(store: SourceName, chain: string): string {
  if (!CHAINS_OF_TOKENS.has(store)) return chain
  return `#${createHash('sha256').update(chain).digest('hex').slice(0, NAME_LENGTH)}`
}

/** A purchase as logs and errors name it. Not an id: nothing is found by it but by a person. */
export function purchaseName({ projectId, store, environment, chain, line }: PurchaseKey): string {
  return [projectId, store, environment, chainName(store, chain), ...(line === '' ? [] : [line])].join('/')
}

/**
 * An app user id as Google's notifications name it where the Purchases SDK is used: it sets the SHA-256 of the id as the
 * obfuscated account id (BillingWrapper of purchases-android). Half of it tells 10¹⁸ ids apart.
 */
export function appUserIdHash(appUserId: string): string {
  return hashedAppUserId(createHash('sha256').update(appUserId).digest('hex'))
}

/** The same from the whole SHA-256. */
export function hashedAppUserId(sha256: string): string {
  return sha256.slice(0, 32)
}

/** The hash under which an attribute set is stored once. Keys are sorted, so that order does not matter. */
export function attributeSetHash(
  attributes: Readonly<Record<string, { readonly value: string; readonly updatedAt: number }>>,
): string {
  const lines = Object.keys(attributes)
    .sort()
    .map((name) => JSON.stringify([name, attributes[name]?.value, attributes[name]?.updatedAt]))
  return derivedId('att', lines)
}
