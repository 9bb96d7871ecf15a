import type { App } from '../../domain/project.ts'
import type { PurchaseKey, StoreName } from '../../domain/purchase.ts'
import type { FeedEvent } from './event.ts'

/** An event that names its purchase, its charge, its product and its times: what every rule needs. */
export interface SoundEvent extends FeedEvent {
  readonly timestamp: number
  readonly transactionId: string
  readonly originalTransactionId: string
  readonly productId: string
  readonly purchasedAt: number
}

/** @throws when a field is missing that no rule can do without; the sentence names it. */
export function soundOf(event: FeedEvent): SoundEvent {
  const { timestamp, transactionId, productId, purchasedAt } = event
  // A grant has no chain: it is one charge of nothing.
  const originalTransactionId = event.originalTransactionId ?? (event.store === 'PROMOTIONAL' ? transactionId : null)
  const lacks = (field: string): Error => new Error(`This ${event.type} carries no ${field}.`)
  if (timestamp === null) throw lacks('event_timestamp_ms, so its place in time is unknown')
  if (transactionId === null) throw lacks('transaction_id, so its charge is unknown')
  if (originalTransactionId === null) throw lacks('original_transaction_id, so its purchase is unknown')
  if (productId === null) throw lacks('product_id')
  if (purchasedAt === null) throw lacks('purchased_at_ms')
  return { ...event, timestamp, transactionId, originalTransactionId, productId, purchasedAt }
}

const STORES: ReadonlyMap<string, StoreName> = new Map([
  ['APP_STORE', 'app_store'],
  ['MAC_APP_STORE', 'app_store'],
  ['PLAY_STORE', 'play_store'],
  ['AMAZON', 'amazon'],
  ['STRIPE', 'stripe'],
  ['PROMOTIONAL', 'promotional'],
])

/** Stores that the sender knows and the hub does not. */
const FOREIGN_STORES: ReadonlySet<string> = new Set(['PADDLE', 'RC_BILLING', 'ROKU', 'TEST_STORE'])

/** null: a store whose purchases the hub does not follow. */
export function storeOf(event: FeedEvent): StoreName | null {
  return STORES.get(event.store ?? '') ?? null
}

export function isKnownStore(store: string): boolean {
  return STORES.has(store) || FOREIGN_STORES.has(store)
}

/**
 * The purchase as its store's own connector names it: `original_transaction_id` is Apple's originalTransactionId, Amazon's
 * receipt id and Stripe's subscription id. Google's chains are named by a purchase token, which no event carries: there
 * it is the first order id, so a purchase of the feed and the same one read from Google are two (docs/stores/revenuecat.md).
 * For every store but Apple's this was not seen at the sender (docs/verified.md).
 */
export function keyOf(event: SoundEvent, store: StoreName, app: App): PurchaseKey {
  return {
    projectId: app.projectId,
    store,
    environment: event.environment ?? 'production',
    chain: event.originalTransactionId,
    line: '',
  }
}

/**
 * The period as the store's own connector names it: Apple's transactionId, Google's order id, Stripe's invoice id. An
 * Amazon receipt is one for all periods, so they are told apart by their beginnings.
 */
export function periodOf(event: SoundEvent, store: StoreName): string {
  return store === 'amazon' && kindOf(event) === 'subscription'
    ? `${event.originalTransactionId}#${event.purchasedAt}`
    : event.transactionId
}

/** What is bought once has no end, but for grants, which have one and are never charged again. */
export function kindOf(event: SoundEvent): 'subscription' | 'one_time' {
  if (event.type === 'NON_RENEWING_PURCHASE' || event.store === 'PROMOTIONAL') return 'one_time'
  const begins = event.type === 'INITIAL_PURCHASE' || event.type === 'RENEWAL'
  return event.expirationAt === null && !begins ? 'one_time' : 'subscription'
}
