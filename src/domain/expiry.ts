import type { EndedFact, Fact } from './facts.ts'
import { isCharge } from './merge.ts'
import type { StoreName } from './purchase.ts'
import type { Purchase } from './purchase-state.ts'
import { currentPeriod, paidUntil, scaled } from './term.ts'

/**
 * When access should have ended and nobody said so: when to look at a purchase, and what the clock alone may conclude.
 * An expiration is never false (a store that can be asked is asked) and never more than an hour late. Milliseconds.
 */

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A store that still says "active" past the end of a period is asked again after this long. */
const ASK_AGAIN = {
  app_store: 10 * MINUTE,
  play_store: HOUR,
  amazon: HOUR,
  stripe: 10 * MINUTE,
  promotional: HOUR,
} as const
/**
 * What a store does not tell is found by looking: Amazon loses a message whose one hour of tries is over, so that each
 * purchase that is in force is looked at once a day.
 */
const LOOK_ANYWAY: Readonly<Record<StoreName, number | null>> = {
  app_store: null,
  play_store: null,
  amazon: 24 * HOUR,
  stripe: null,
  promotional: null,
}
/** A renewal's message may be this late where the store cannot be asked. */
const PATIENCE = HOUR
/** The first question about an end that is past already waits for what may just be on its way (a history being read). */
const FIRST_QUESTION = MINUTE

/** A store that cannot be asked for this long is an alert. */
export const UNVERIFIED_ALERT_MS = HOUR

/** What the clock needs to know of the store. */
export interface ClockTerms {
  /** The store can be asked for the state of this app's purchases. */
  readonly canAsk: boolean
  /** Without credentials the store's purchases are never ended by the clock (Play). */
  readonly neverByClock: boolean
}

/**
 * The next moment at which the clock must look at a purchase; null when nothing of it ends by itself. `asked`: the store
 * was asked just now.
 */
export function nextCheck(purchase: Purchase, terms: ClockTerms, now: number, asked: boolean): number | null {
  const end = openEnd(purchase)
  if (end === null) return null
  if (terms.canAsk) {
    if (end.at <= now) return now + scaled(asked ? ASK_AGAIN[purchase.key.store] : FIRST_QUESTION, end.lasts, purchase)
    const look = LOOK_ANYWAY[purchase.key.store]
    return look === null ? end.at : Math.min(end.at, now + scaled(look, end.lasts, purchase))
  }
  // Only its store may end it, and cannot be asked: one look, so that somebody hears of it.
  if (terms.neverByClock) return end.at + UNVERIFIED_ALERT_MS > now ? end.at + UNVERIFIED_ALERT_MS : null
  const patience = end.exact ? 0 : scaled(PATIENCE, end.lasts, purchase)
  // What was learned after its end was on its way for long, and so may its successor be.
  return end.at > now ? end.at + patience : now + scaled(PATIENCE, end.lasts, purchase)
}

/** Access should have ended by `at`, and nobody said whether it did. */
export function isOverdue(purchase: Purchase, at: number): boolean {
  const end = openEnd(purchase)
  return end !== null && end.at <= at
}

/** Since when the store cannot be asked, once it could not; a purchase that is not overdue keeps no mark. */
export function markUnverified(purchase: Purchase, now: number): Purchase {
  if (purchase.unverifiedSince !== undefined || !isOverdue(purchase, now)) return purchase
  return { ...purchase, unverifiedSince: now }
}

/** Without the mark: the store answered. */
export function markVerified(purchase: Purchase): Purchase {
  const { unverifiedSince, ...verified } = purchase
  return unverifiedSince === undefined ? purchase : verified
}

/** What was heard may be the answer: a state of a later moment, or an end that is not the one in question any more. */
export function keepMark(purchase: Purchase, since: number | undefined): Purchase {
  if (since === undefined || (purchase.snapshot?.version ?? 0) >= since || !isOverdue(purchase, since)) return purchase
  return { ...purchase, unverifiedSince: since }
}

/** What the clock concludes at `now` where the store cannot be asked: the end of access, or nothing yet. */
export function endByClock(purchase: Purchase, terms: ClockTerms, now: number): EndedFact | null {
  if (terms.canAsk || terms.neverByClock) return null
  const end = openEnd(purchase)
  if (end === null || now < end.at + (end.exact ? 0 : scaled(PATIENCE, end.lasts, purchase))) return null
  return { kind: 'ended', at: end.at, period: end.period, own: false, inferred: false, ...end.why }
}

interface OpenEnd {
  readonly period: string
  readonly at: number
  /** How long the period lasts, for the sandbox. */
  readonly lasts: number
  /** The end is certain: nothing will be charged after it. */
  readonly exact: boolean
  readonly why: Pick<EndedFact, 'reason' | 'implies'>
}

/** The end of access that is not told yet, of the newest period or of a purchase with a term. */
function openEnd(purchase: Purchase): OpenEnd | null {
  const period = currentPeriod(purchase)
  if (period === null) return termEnd(purchase)
  const facts = purchase.facts.filter((fact) => fact.period === period.period)
  if (period.replaced || hasEnded(facts)) return null
  const { snapshot } = purchase
  const lasts = period.expiresAt - period.at
  const grace = snapshot?.status === 'grace' ? snapshot.graceEndsAt : null
  const base = { period: period.period, at: Math.max(paidUntil(period, facts), grace ?? 0), lasts }
  if (grace !== null) return { ...base, exact: true, why: { reason: 'BILLING_ERROR', implies: 'billing_failed' } }
  if (snapshot?.autoRenew === false)
    return { ...base, exact: true, why: { reason: 'UNSUBSCRIBE', implies: 'cancelled' } }
  return { ...base, exact: false, why: { reason: 'UNKNOWN', implies: 'nothing' } }
}

/** Promotional grants end exactly; other one-time purchases with a term end by their app's own reckoning. */
function termEnd(purchase: Purchase): OpenEnd | null {
  const charge = purchase.facts.find(isCharge)
  if (charge === undefined || charge.expiresAt === null || charge.periodType !== 'PROMOTIONAL') return null
  if (hasEnded(purchase.facts)) return null
  const lasts = charge.expiresAt - charge.at
  return {
    period: charge.period,
    at: charge.expiresAt,
    lasts,
    exact: true,
    why: { reason: 'UNKNOWN', implies: 'nothing' },
  }
}

/** The last word on access is that it ended. */
function hasEnded(facts: readonly Fact[]): boolean {
  const last = facts.filter((fact) => fact.kind === 'ended' || fact.kind === 'restored').at(-1)
  return last?.kind === 'ended'
}
