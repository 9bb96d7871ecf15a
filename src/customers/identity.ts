import { isAnonymousId } from '../domain/event.ts'
import type { SourceName } from '../domain/purchase.ts'
import { mergeAttributes } from './attributes.ts'
import { type Customer, isAnonymous } from './customer.ts'

/** What a log-in makes of the customers of two ids. */
export type LogIn =
  /** One customer from now on: `from` goes into `to`. */
  | 'merge'
  /** The device belongs to `to` now; nothing moves. */
  | 'switch'
  | 'same'

/**
 * Who was `fromId` is `toId` from now on. An anonymous customer becomes the one that is logged in, unless that one was
 * anonymous on a device before: then two people may share this device, and nothing is merged. null: nobody has the id.
 * https://www.revenuecat.com/docs/customers/identifying-customers
 */
export function logIn(fromId: string, from: Customer | null, to: Customer | null): LogIn {
  if (from !== null && to !== null && from.id === to.id) return 'same'
  if (!isAnonymousId(fromId) || (from !== null && !isAnonymous(from))) return 'switch'
  if (to === null) return 'merge'
  return to.aliases.some(isAnonymousId) ? 'switch' : 'merge'
}

/**
 * What becomes of a purchase whose receipt a customer shows that is not the one who has it.
 * https://www.revenuecat.com/docs/projects/restore-behavior
 */
export type Claim =
  /** Owner and claimant are one customer. */
  | 'merge'
  /** The purchase alone moves. */
  | 'transfer'
  | 'refuse'

export interface ClaimOf {
  readonly owner: Customer
  readonly claimant: Customer
  readonly behavior: 'transfer' | 'transfer_if_inactive' | 'keep' | 'share'
  /** The customer asked for what was bought before; otherwise it has just bought. */
  readonly restore: boolean
  /** Its store names accounts by words of the app's own choice, which need not be app user ids. */
  readonly namesAccounts: boolean
  /** The purchase is a subscription that is in force. */
  readonly active: boolean
}

export function claimOf({ owner, claimant, behavior, restore, active, namesAccounts }: ClaimOf): Claim {
  if (isAnonymous(owner) || (namesAccounts && isAccountOf(owner, claimant))) return 'merge'
  switch (behavior) {
    case 'transfer':
      return 'transfer'
    case 'transfer_if_inactive':
      return active ? 'refuse' : 'transfer'
    case 'keep':
      return 'refuse'
    case 'share':
      return restore ? 'merge' : 'refuse'
  }
}

/**
 * An account token (App Store) or obfuscated account id (Google Play) is what the app chose. Where no app and no backend
 * ever asked for a customer of that name, it stands for whoever shows the receipt; and Apple's token is the lower-case
 * form of an id that may not be.
 * https://developer.apple.com/documentation/storekit/transaction/appaccounttoken
 * https://developer.android.com/google/play/billing/developer-payload
 */
function isAccountOf(owner: Customer, claimant: Customer): boolean {
  if (owner.onlyNamed) return true
  const names = new Set(claimant.aliases.map((alias) => alias.toLowerCase()))
  const tokens = owner.aliases.filter((alias) => !isAnonymousId(alias))
  return tokens.every((token) => UUID.test(token.toLowerCase()) && names.has(token.toLowerCase()))
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * The app user ids that a store's own word for the account may be, the likeliest first. Apple gives a UUID in lower case
 * that the SDK may have sent in upper case; Google gives what the app set, and the Purchases SDK sets the SHA-256 of the
 * app user id, by which storage finds it.
 */
export function idsOf(account: string): readonly string[] {
  return UUID.test(account) ? [account, account.toUpperCase()] : [account]
}

const SHA256 = /^[0-9a-f]{64}$/

/** A hash is nobody's name: it finds a customer or says nothing. */
export function isHashedId(store: SourceName, account: string): boolean {
  return store === 'play_store' && SHA256.test(account)
}

/**
 * Two customers become one: what `into` is when `from` is joined into it. Who was seen first gives the original id, but
 * an id that only a store's message gave, or that we derived, never stands before one that was asked for. Pure.
 */
export function mergeCustomers<C extends Customer>(into: C, from: C): C {
  const [first, second] = isFirst(into, from) ? [into, from] : [from, into]
  const [earlier, later] = into.lastSeenAt >= from.lastSeenAt ? [from, into] : [into, from]
  const lastSeen = later.onlyNamed && !earlier.onlyNamed ? earlier : later
  return {
    ...into,
    originalAppUserId: first.originalAppUserId,
    lastSeenAppUserId: lastSeen.lastSeenAppUserId,
    firstSeenAt: Math.min(into.firstSeenAt, from.firstSeenAt),
    lastSeenAt: Math.max(into.lastSeenAt, from.lastSeenAt),
    lastSeq: Math.max(into.lastSeq, from.lastSeq),
    aliases: [...new Set([...first.aliases, ...second.aliases])],
    ...mergeAttributes(into, from),
    onlyNamed: into.onlyNamed && from.onlyNamed,
  }
}

/** Asked for, named by a store, derived by us. */
function rankOf(customer: Customer): number {
  if (!customer.onlyNamed) return 0
  return isAnonymous(customer) ? 2 : 1
}

function isFirst(a: Customer, b: Customer): boolean {
  const [rankA, rankB] = [rankOf(a), rankOf(b)]
  if (rankA !== rankB) return rankA < rankB
  return a.firstSeenAt === b.firstSeenAt ? a.originalAppUserId <= b.originalAppUserId : a.firstSeenAt < b.firstSeenAt
}
