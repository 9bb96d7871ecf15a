import type { EndedFact, Fact } from '../../domain/facts.ts'
import type { Snapshot } from '../../domain/observation.ts'
import { accessEnd, isLatest, refundFacts, type View } from './revocation.ts'

const SHOWN = { own: false, inferred: true } as const

/** These may carry an older transaction than the latest: its period is not the one that the state is about. */
const MAY_BE_OLDER: ReadonlySet<string> = new Set([
  'REFUND',
  'REFUND_DECLINED',
  'REFUND_REVERSED',
  'CONSUMPTION_REQUEST',
])

/** What the signed state shows beside what the message reports: it stands in for a message that is lost or late. */
export function shownFacts(type: string, view: View): readonly Fact[] {
  const revoked = view.transaction.revocationDate === null ? [] : refundFacts(view, SHOWN)
  if (view.kind === 'one_time') return revoked
  if (MAY_BE_OLDER.has(type) && isLatest(view) !== true) return revoked
  return [
    ...revoked,
    ...statusFacts(
      view,
      revoked.some((fact) => fact.kind === 'ended'),
    ),
  ]
}

function statusFacts(view: View, endKnown: boolean): readonly Fact[] {
  const { renewal, status, signedAt, transaction } = view
  const period = transaction.transactionId
  const failed: Fact = {
    kind: 'billing_failed',
    at: signedAt,
    period,
    ...SHOWN,
    graceEndsAt: renewal?.gracePeriodExpiresDate ?? null,
  }
  const ended = (reason: End): Fact => ({ kind: 'ended', at: accessEnd(view), period, ...SHOWN, ...reason })
  switch (status) {
    case 4:
      return [failed]
    case 3:
      return endKnown ? [failed] : [failed, ended(END_OF_BILLING)]
    case 2:
    case 5:
      // Revoked after its end, or for a reason that this transaction does not show: the period ended in its time.
      return endKnown || (status === 5 && transaction.revocationDate === null)
        ? []
        : [ended(endByIntent(renewal?.expirationIntent ?? null))]
    default:
      return []
  }
}

export type End = Pick<EndedFact, 'reason' | 'implies'>

export const END_OF_BILLING: End = { reason: 'BILLING_ERROR', implies: 'billing_failed' }

/** developer.apple.com/documentation/appstoreserverapi/expirationintent: 4 is "not available", 5 is "other". */
export function endByIntent(intent: number | null): End {
  switch (intent) {
    case 1:
      return { reason: 'UNSUBSCRIBE', implies: 'cancelled' }
    case 2:
      return END_OF_BILLING
    case 3:
      return { reason: 'PRICE_INCREASE', implies: 'cancelled' }
    default:
      return { reason: 'UNKNOWN', implies: 'nothing' }
  }
}

const STATUSES: Readonly<Record<number, Snapshot['status']>> = {
  1: 'active',
  2: 'expired',
  3: 'retry',
  4: 'grace',
  5: 'revoked',
}

/** The state as Apple signed it; null for one-time purchases and for a status that is not told or not known. */
export function snapshotOf(view: View): Snapshot | null {
  const status = view.status === null ? undefined : STATUSES[view.status]
  if (view.kind === 'one_time' || status === undefined) return null
  const { renewal, transaction } = view
  const next = renewal?.autoRenewProductId ?? null
  return {
    version: renewal?.signedDate ?? view.signedAt,
    status,
    autoRenew: renewal?.autoRenewStatus == null ? null : renewal.autoRenewStatus === 1,
    pendingProductId: next === (renewal?.productId ?? transaction.productId) ? null : next,
    graceEndsAt: renewal?.gracePeriodExpiresDate ?? null,
    resumesAt: null,
  }
}
