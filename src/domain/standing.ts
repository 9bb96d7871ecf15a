import { accessAt, lastsUntil } from './access.ts'
import type { Purchase } from './purchase-state.ts'
import { statusAt } from './status.ts'
import { currentPeriod } from './term.ts'

/** How a subscription that is in force is counted. One in grace is in none of the others. */
export const STANDINGS = ['subscription', 'trial', 'grace'] as const
export type Standing = (typeof STANDINGS)[number]

export interface Stands {
  /** null: it is no subscription that is in force. */
  readonly standing: Standing | null
  /** Until when, if nothing more is heard of it (milliseconds); null: for good. */
  readonly until: number | null
}

const NONE: Stands = { standing: null, until: null }

/**
 * As what a purchase is counted from `at` on. Unlike access it is stored, so that hundreds of thousands are counted by an
 * index, and is reckoned anew at every save. One-time purchases and promotional grants are no subscriptions.
 */
export function standingAt(purchase: Purchase, at: number): Stands {
  if (currentPeriod(purchase) === null) return NONE
  const standing = standingOf(purchase, at)
  return standing === null ? NONE : { standing, until: lastsUntil(purchase, at) }
}

function standingOf(purchase: Purchase, at: number): Standing | null {
  if (accessAt(purchase, at)?.active !== true) return null
  const status = statusAt(purchase, at)
  switch (status) {
    case 'active':
    case 'intro':
    case 'cancelled':
      return 'subscription'
    case 'trial':
    case 'cancelled_trial':
      return 'trial'
    case 'grace_period':
    case 'grace_period_trial':
      return 'grace'
    case 'promotional':
    case 'expired_promotional':
    case 'expired':
    case 'paused':
      return null
  }
}
