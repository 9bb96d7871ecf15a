import { isCharge } from '../domain/merge.ts'
import type { Purchase } from '../domain/purchase-state.ts'
import { awaitsToken } from '../ingest/import/unverified.ts'
import type { OwnedPurchase } from '../storage/imports.ts'
import type { CustomerRow } from '../storage/rows.ts'
import { isoOf } from './json-text.ts'

/** What exports write: flat, so that a table can hold it; `import purchases` and `import attributes` read it. */

export function exportedCustomer(row: CustomerRow) {
  return {
    app_user_id: row.lastSeenAppUserId,
    original_app_user_id: row.originalAppUserId,
    aliases: [...row.aliases],
    first_seen_at: isoOf(row.firstSeenAt),
    last_seen_at: isoOf(row.lastSeenAt),
    attributes: Object.fromEntries(
      Object.entries(row.attributes).map(([key, { value, updatedAt }]) => [key, { value, updated_at_ms: updatedAt }]),
    ),
  }
}

/**
 * With what its store is asked by: a token, a transaction or a subscription, so that nothing keeps anybody here. All three
 * are null where only a later message of the store can tell it.
 */
export function exportedPurchase({ purchase: row, customer }: OwnedPurchase) {
  const purchase = JSON.parse(row.body) as Purchase
  const { key } = row
  const newest = purchase.facts.findLast(isCharge)
  const asked = purchase.snapshot?.askWith ?? null
  const token = key.store === 'play_store' && !awaitsToken(purchase) ? (asked ?? key.chain) : null
  return {
    app_user_id: customer.lastSeenAppUserId,
    app: row.appId,
    store: key.store,
    environment: key.environment,
    token: key.store === 'amazon' ? key.chain : token,
    transaction_id: key.store === 'app_store' ? (newest?.period ?? key.chain) : null,
    subscription_id: key.store === 'stripe' ? key.chain : null,
    store_user_id: key.store === 'amazon' ? asked : null,
    chain: key.chain,
    line: key.line,
    kind: purchase.kind,
    product_id: newest?.productId ?? null,
    latest_transaction_id: newest?.period ?? null,
    purchased_at: newest === undefined ? null : isoOf(newest.at),
    expires_at: newest === undefined ? null : isoOf(newest.expiresAt),
    status: purchase.snapshot?.status ?? null,
    will_renew: purchase.snapshot?.autoRenew ?? null,
  }
}
