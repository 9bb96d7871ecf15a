import type { CancelReason, ExpirationReason } from './event.ts'
import type { Money, Ppm } from './money.ts'
import type { PeriodType } from './purchase.ts'
import type { ShownPrices } from './shown-price.ts'

/**
 * What messages attest about one purchase: dated, store-neutral, merged and never overwritten.
 * A store adds facts, not rules: what they yield is decided in timeline.ts alone. Times are milliseconds UTC.
 */
interface FactBase {
  /** When it happened by the store's own clock. */
  readonly at: number
  /** The transaction id of the period (or one-time purchase) that it is about. */
  readonly period: string
  /** A pushed or pulled notification reports it as its own: it is announced whatever its date. */
  readonly own: boolean
  /**
   * Concluded from a state that a message shows ("status: billing retry"), not told as a dated happening. It stands in
   * for a message that is lost or late, and joins that message's own fact when it comes.
   */
  readonly inferred: boolean
}

/** What a message may say of a charge beside its particulars. */
interface ChargeMarks {
  /**
   * Another message only mentions this charge, and what was paid is still to come with its own: facts about it count, it
   * is neither announced nor entered in the ledger; of its price the currency alone counts. Any message that tells it whole outweighs every mention.
   */
  readonly mentioned?: true
  /** What a device was shown as its price, where the store tells none. A mark: `price` follows from it (shown-price.ts). */
  readonly shown?: ShownPrices
  /** When the end that it tells was known: the end known last stands, whoever tells the rest. Left out: with the rest. */
  readonly endAsOf?: number
  /**
   * The actual fractions of the price that the teller names; null, or left out: by rule. The amounts themselves, in the
   * currency of the price, where it tells them.
   */
  readonly fees?: {
    readonly commissionPpm: Ppm | null
    readonly taxPpm: Ppm | null
    readonly commissionMicros?: number | null
    readonly taxMicros?: number | null
  }
}

/** How an earlier chain ended: as a trial that nothing was paid after, or paid; `unknown` where only that it ended is known. */
export type EndedAs = 'unknown' | 'trial' | 'paid'

/** A period of a subscription began: one charge (free trials: of nothing). */
export interface PeriodFact extends FactBase, ChargeMarks {
  readonly kind: 'period'
  /** The newer version of the same period's particulars wins (when the store signed or we read it). */
  readonly version: number
  readonly productId: string
  readonly periodType: PeriodType
  /** `at` is the purchase time. */
  readonly expiresAt: number
  /** What was charged; null when the store does not tell. */
  readonly price: Money | null
  readonly isFamilyShare: boolean
  /** ISO 3166-1 alpha-2. */
  readonly countryCode: string | null
  readonly offerCode: string | null
  /** True when the store itself shows that no period came before it. */
  readonly firstOfChain: boolean
  /** An immediate product change ended it before its time (App Store `isUpgraded`): it has no expiration of its own. */
  readonly replaced: boolean
  /** It began by an immediate product change. */
  readonly byChange: boolean
  /** The store sells such a change as a new purchase (Play): its charge is told as Initial Purchase. A mark. */
  readonly boughtAnew?: boolean
  /**
   * Auto-renew was already off when it began (a cancellation of the period before still stands), as the purchase's own
   * message shows; null until that message is seen.
   */
  readonly startsCancelled: boolean | null
  /** What came before it in its chain, as the message itself says; left out: the dates decide. */
  readonly follows?: 'nothing' | 'trial' | 'paid'
  /**
   * It begins a chain of its own, and the store shows that one of the same person had ended before: how that one ended.
   * A mark; it decides a name (see freeze.ts), never a chain or an id.
   */
  readonly returnsAfter?: EndedAs
  /** Since when it has been paid for without a long lapse, as the store itself says. A mark: the latest one stands. */
  readonly serviceSince?: number
  /** The store's id of the whole chain, as destinations show it. */
  readonly originalTransactionId: string
}

/** A one-time purchase. */
export interface OneTimeFact extends FactBase, ChargeMarks {
  readonly kind: 'one_time'
  readonly version: number
  readonly productId: string
  readonly periodType: PeriodType
  /** Non-renewing subscriptions and promotional grants end; other one-time purchases do not. */
  readonly expiresAt: number | null
  readonly price: Money | null
  readonly isFamilyShare: boolean
  readonly countryCode: string | null
  readonly offerCode: string | null
  readonly originalTransactionId: string
}

/** Auto-renew was switched. */
export interface RenewalSwitchFact extends FactBase {
  readonly kind: 'renewal_switch'
  readonly on: boolean
  /** Why it went off. */
  readonly reason: CancelReason
}

/** The renewal's charge failed; access may go on until `graceEndsAt`. */
export interface BillingFailedFact extends FactBase {
  readonly kind: 'billing_failed'
  readonly graceEndsAt: number | null
}

/** Access ended (`at`: the end of access). */
export interface EndedFact extends FactBase {
  readonly kind: 'ended'
  readonly reason: ExpirationReason
  /**
   * The end itself shows that renewal was off (or the charge failing) before it: stands in for a lost cancellation or
   * billing message.
   */
  readonly implies: 'cancelled' | 'billing_failed' | 'nothing'
}

/** Access that had ended, or was about to, goes on in the same period (an extension, a refund undone). */
export interface RestoredFact extends FactBase {
  readonly kind: 'restored'
}

/** The product of the next period was chosen; the period's own product means that a change was called off. */
export interface ChangeRequestedFact extends FactBase {
  readonly kind: 'change_requested'
  /** '' where the message does not name it. */
  readonly productId: string
}

/** Money of this period's charge went back. */
export interface RefundFact extends FactBase {
  readonly kind: 'refund'
  /** The store's own refund id, where there is one; else ''. */
  readonly refundId: string
  /** The share of the charge that went back. */
  readonly share: Ppm
  /** What went back, where the store tells the amount itself: exact where a share is not. */
  readonly amount: Money | null
  /** Whether the period was the chain's latest when refunded, as the message itself shows; null: decided by dates. */
  readonly ofLatest: boolean | null
  /** True when the period stays in force (a part of the price was returned): the ledger's matter only. */
  readonly keepsAccess: boolean
}

/** A refund was undone. */
export interface RefundReversedFact extends FactBase {
  readonly kind: 'refund_reversed'
  readonly refundId: string
}

/** The store moved the end of the period. */
export interface ExtendedFact extends FactBase {
  readonly kind: 'extended'
  readonly expiresAt: number
}

/** The subscription will pause at the end of the period. */
export interface PauseScheduledFact extends FactBase {
  readonly kind: 'pause_scheduled'
  readonly resumesAt: number | null
}

export type Fact =
  | PeriodFact
  | OneTimeFact
  | RenewalSwitchFact
  | BillingFailedFact
  | EndedFact
  | RestoredFact
  | ChangeRequestedFact
  | RefundFact
  | RefundReversedFact
  | ExtendedFact
  | PauseScheduledFact
