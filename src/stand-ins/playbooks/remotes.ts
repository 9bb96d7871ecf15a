import type { SourceName } from '../../domain/purchase.ts'

/** The remote by which a hub finds the stand-in of a store. */
export const STAND_IN_REMOTES = {
  app_store: 'apple_api',
  play_store: 'google_api',
  amazon: 'amazon_rvs',
  stripe: 'stripe_api',
} as const satisfies Readonly<Partial<Record<SourceName, string>>>
