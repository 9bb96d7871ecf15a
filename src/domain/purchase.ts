export const STORES = ['app_store', 'play_store', 'amazon', 'stripe', 'promotional'] as const
/** Where a purchase was made. */
export type StoreName = (typeof STORES)[number]

/** Where messages come from: the stores, and feeds that tell of purchases of several stores. */
export const SOURCES = [...STORES, 'revenuecat'] as const
export type SourceName = (typeof SOURCES)[number]

export const ENVIRONMENTS = ['production', 'sandbox'] as const
export type Environment = (typeof ENVIRONMENTS)[number]

export const PERIOD_TYPES = ['TRIAL', 'INTRO', 'NORMAL', 'PROMOTIONAL', 'PREPAID'] as const
export type PeriodType = (typeof PERIOD_TYPES)[number]

/** Names one purchase: a chain of paid periods or a one-time purchase, at one store, in one environment. */
export interface PurchaseKey {
  readonly projectId: string
  readonly store: StoreName
  readonly environment: Environment
  /** The store's own lasting link (originalTransactionId, subscription id, first token …). */
  readonly chain: string
  /** One of several products that a store sells under one chain; '' where it sells one. */
  readonly line: string
}

/** The key as one string, for maps and unique indexes. No part holds a line feed. */
export function purchaseId(key: PurchaseKey): string {
  return [key.projectId, key.store, key.environment, key.chain, key.line].join('\n')
}
