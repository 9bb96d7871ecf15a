import type { CancelReason, EventType, ExpirationReason } from './event.ts'
import type { EndedAs } from './facts.ts'
import type { What } from './ids.ts'
import type { PeriodType } from './purchase.ts'

/**
 * What `observe` concludes about one purchase, before identity, attributes, entitlements and `seq` are put on it.
 * Times are milliseconds UTC; money is signed micros.
 */
export interface Happening {
  readonly what: What
  /** The transaction id of the period that it is about. */
  readonly period: string
  /** 1, the store's refund id, or the number that an announced happening keeps. */
  readonly n: string
  readonly type: EventType
  /** The fact's own time. */
  readonly occurredAt: number
  readonly productId: string
  readonly newProductId: string | null
  readonly periodType: PeriodType
  readonly purchasedAt: number
  readonly expiresAt: number | null
  readonly gracePeriodExpiresAt: number | null
  readonly autoResumeAt: number | null
  /** null but for renewals. */
  readonly isTrialConversion: boolean | null
  /** On what begins a chain after an earlier one of the same person: how that one ended. */
  readonly returnsAfter?: EndedAs
  readonly cancelReason: CancelReason | null
  readonly expirationReason: ExpirationReason | null
  readonly transactionId: string
  readonly originalTransactionId: string
  readonly isFamilyShare: boolean
  readonly countryCode: string | null
  readonly offerCode: string | null
  readonly renewalNumber: number | null
  /** null: the price is unknown. 0: nothing moved. */
  readonly grossMicros: number | null
  readonly currency: string | null
}

/** Within one instant: the change before the charge, the failed charge before what follows from it. */
const ORDER: Readonly<Record<What, number>> = {
  change: 0,
  purchase: 1,
  transfer: 2,
  extend: 3,
  billing_issue: 4,
  uncancel: 5,
  cancel: 6,
  pause: 7,
  refund: 8,
  refund_reversed: 9,
  expire: 10,
}

export function compareHappenings(a: Happening, b: Happening): number {
  return (
    a.occurredAt - b.occurredAt ||
    ORDER[a.what] - ORDER[b.what] ||
    (a.period < b.period ? -1 : a.period > b.period ? 1 : 0)
  )
}
