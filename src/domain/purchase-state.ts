import { servedBy } from './commission/tenure.ts'
import type { Fact } from './facts.ts'
import type { What } from './ids.ts'
import { type ChargeFact, compareText, isCharge } from './merge.ts'
import type { Ppm } from './money.ts'
import type { Snapshot } from './observation.ts'
import type { PurchaseKey } from './purchase.ts'

/** A happening that was announced: it keeps its fact and its number for good. */
export interface Announced {
  readonly what: What
  readonly period: string
  readonly n: string
  /** Key of the fact that it was announced with. */
  readonly fact: string
}

/** Commission, tax and exchange rate as frozen on a charge's ledger entry. */
export interface Terms {
  readonly commissionPpm: Ppm
  readonly taxPpm: Ppm
  readonly usdRate: string | null
  readonly rateDate: string | null
  readonly rateEstimated: boolean
  /** True when the commission or the tax is a rule, not the store's actual figure. */
  readonly estimated: boolean
  /** Which of the two is one; left out (entered by an older version): as `estimated`. */
  readonly commissionEstimated?: boolean
  readonly taxEstimated?: boolean
  /** The amounts themselves, of a price of so many micros, where the store tells them. */
  readonly actual?: { readonly of: number; readonly commissionMicros: number | null; readonly taxMicros: number | null }
}

/** A movement of money that is in the ledger. */
export interface Ledgered {
  readonly entry: string
  readonly fact: string
  readonly period: string
  /** What the events of the period are reckoned with. */
  readonly terms: Terms
  /** What its entries add up to; left out: entered by an older version, and corrected no more. */
  readonly booked?: Booked
}

/** Where the entries of one movement stand. */
export interface Booked {
  /** null: the amount is unknown. */
  readonly micros: number | null
  readonly currency: string | null
  /** Where they differ from the terms of the events, since the store told its figures later. */
  readonly terms?: Terms
  /** An event moved it. */
  readonly told: boolean
  /** How many corrections there were. */
  readonly corrections: number
}

/** Paid service in one stretch: how long (milliseconds), and until when it reaches. */
export interface Served {
  readonly ms: number
  readonly until: number | null
}

/** What is kept of periods whose facts were dropped. */
export interface Summary {
  readonly firstPurchasedAt: number
  /** How many; null when the chain's beginning was never known. */
  readonly periods: number | null
  /** The last dropped period was a trial: the next paid one converts it. */
  readonly lastWasTrial: boolean
  /** Product of the last dropped period. */
  readonly lastProductId: string
  /** Charges dated before this, and what is about them, change the ledger only. */
  readonly droppedBefore: number
  /** Paid service up to the last dropped period. Left out: dropped by an older version. */
  readonly served?: Served
}

/** All that is known of one purchase. */
export interface Purchase {
  readonly key: PurchaseKey
  readonly appId: string
  readonly kind: 'subscription' | 'one_time'
  readonly snapshot: Snapshot | null
  /** In time order. */
  readonly facts: readonly Fact[]
  readonly announced: readonly Announced[]
  readonly ledgered: readonly Ledgered[]
  readonly summary: Summary | null
  /** The store's whole history is among the facts up to this time; null: it was never read. */
  readonly historyUpTo: number | null
  /** The history could not be had within its time, so classes may be approximate. */
  readonly historyUnavailable: boolean
  /** The app user id that the store's messages name. */
  readonly owner: string | null
  /**
   * Access should have ended, and since then (milliseconds) nobody could ask the store whether it did. Left out: the
   * store has the last word.
   */
  readonly unverifiedSince?: number
  /** The offering that it was bought from, as the first receipt that names one says. */
  readonly presentedOfferingId?: string
}

/** Apple's history is 180 days deep: what can still arrive out of order is younger than this. */
const KEPT_MS = 200 * 86_400_000
const KEPT_PERIODS = 3

/**
 * Drops the facts of periods that are neither among the last three nor within 200 days of the newest fact, and keeps a
 * summary of them. A one-time purchase has one charge and keeps all. `numbered` tells whether the places in the chain of
 * the first so many periods are known.
 */
export function trim(purchase: Purchase, numbered: (periods: number) => boolean): Purchase {
  const charges = purchase.facts.filter(isCharge)
  if (charges.length <= KEPT_PERIODS) return purchase
  const ordered = [...charges].sort((a, b) => a.at - b.at || compareText(a.period, b.period))
  const newest = Math.max(...purchase.facts.map((fact) => fact.at))
  const dropped = ordered.slice(0, -KEPT_PERIODS).filter((charge) => charge.at < newest - KEPT_MS)
  const last = dropped.at(-1)
  if (last === undefined) return purchase
  const gone = new Set(dropped.map((charge) => charge.period))
  const firstKept = ordered[dropped.length]
  const known = new Set(ordered.map((charge) => charge.period))
  const kept = (fact: Fact): boolean => (known.has(fact.period) ? !gone.has(fact.period) : fact.at >= newest - KEPT_MS)
  return {
    ...purchase,
    facts: purchase.facts.filter(kept),
    announced: purchase.announced.filter((one) => !gone.has(one.period)),
    ledgered: purchase.ledgered.filter((one) => !gone.has(one.period)),
    summary: {
      firstPurchasedAt: purchase.summary?.firstPurchasedAt ?? dropped[0]?.at ?? last.at,
      periods: numbered(dropped.length) ? (purchase.summary?.periods ?? 0) + dropped.length : null,
      lastWasTrial: last.periodType === 'TRIAL',
      lastProductId: last.productId,
      droppedBefore: firstKept?.at ?? last.at + 1,
      served: servedBy(
        dropped.filter((charge) => charge.kind === 'period'),
        purchase.summary?.served ?? null,
        null,
      ),
    },
  }
}

/**
 * Whether a fact is about something whose period was dropped. Its own charge decides, which comes with it as a rule; a
 * fact whose charge nobody knows yet is kept, since that may be the newest period of all.
 */
export function isBeyondMemory(fact: Fact, purchase: Purchase | null, observed: readonly Fact[]): boolean {
  if (purchase?.summary == null) return false
  const charge = isCharge(fact) ? fact : (chargeOf(purchase.facts, fact.period) ?? chargeOf(observed, fact.period))
  return (charge ?? fact).at < purchase.summary.droppedBefore
}

/** The charge of a period, if known. */
export function chargeOf(facts: readonly Fact[], period: string): ChargeFact | null {
  for (const fact of facts) if (isCharge(fact) && fact.period === period) return fact
  return null
}
