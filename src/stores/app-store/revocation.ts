import type { Fact, RefundFact } from '../../domain/facts.ts'
import { PPM } from '../../domain/money.ts'
import type { SoundTransaction } from './charge.ts'
import type { RenewalInfo } from './notification.ts'

/** One message's view of a chain: its transaction, and the state that it was signed with. */
export interface View {
  readonly transaction: SoundTransaction
  readonly renewal: RenewalInfo | null
  /** data.status: 1 active, 2 expired, 3 billing retry, 4 grace, 5 revoked. */
  readonly status: number | null
  readonly signedAt: number
  readonly kind: 'subscription' | 'one_time'
}

/**
 * Whether the message's transaction is the latest of its chain; null: the message cannot tell. `renewalDate` is the end
 * of the latest period (developer.apple.com/documentation/appstoreserverapi/renewaldate), so an older one ends before it.
 */
export function isLatest(view: View): boolean | null {
  const { transaction, renewal, status, kind } = view
  if (kind === 'one_time') return true
  if (transaction.isUpgraded) return false
  if (renewal?.renewalDate != null && transaction.expiresDate !== null)
    return transaction.expiresDate >= renewal.renewalDate
  return status === 5 ? true : null
}

/**
 * When access ends or ended: at a revocation, else at the end of a grace that a failed charge had, else with the period.
 * An end that the store shows as past is not later than its signature; a minute is allowed for its clocks.
 */
export function accessEnd(view: View): number {
  const { transaction, renewal, signedAt } = view
  const expires = transaction.expiresDate ?? signedAt
  const grace = renewal?.gracePeriodExpiresDate ?? null
  if (grace === null || grace <= expires) return expires
  return grace <= signedAt + 60_000 ? grace : Math.max(expires, signedAt)
}

/** A family member's access ended: no money of theirs went back. */
export function isFamilyRevocation(transaction: SoundTransaction): boolean {
  return transaction.isFamilyShared || transaction.revocationType === 'FAMILY_REVOKE'
}

/** Thousandths of a per cent → parts per million: 50000 is half. Absent or out of range: all of it. */
function shareOf(transaction: SoundTransaction): number {
  const told = transaction.revocationPercentage
  return told === null || told <= 0 || told >= 100_000 ? PPM : told * 10
}

/** Who says so: the notification of the refund itself, or a later one that shows it. */
export interface Voice {
  readonly own: boolean
  readonly inferred: boolean
}

/** Money that went back, as the transaction shows it, and the access that ended with it. */
export function refundFacts(view: View, voice: Voice): readonly Fact[] {
  const { transaction, status, signedAt, kind } = view
  const at = transaction.revocationDate ?? signedAt
  if (isFamilyRevocation(transaction)) return [familyEnd(view, voice)]
  const share = shareOf(transaction)
  const latest = isLatest(view)
  // A later message cannot tell that the period was not the latest when it was refunded: a newer one may have begun since.
  const ofLatest = voice.inferred && latest === false ? null : latest
  const keepsAccess = kind === 'subscription' && share < PPM && (status === 1 || status === 4) && latest !== false
  const refund: RefundFact = {
    kind: 'refund',
    at,
    period: transaction.transactionId,
    ...voice,
    refundId: '',
    share,
    amount: null,
    ofLatest,
    keepsAccess,
  }
  const ends = kind === 'subscription' && !keepsAccess && latest !== false && at < accessEnd(view)
  if (!ends) return [refund]
  return [
    refund,
    { kind: 'ended', at, period: transaction.transactionId, ...voice, reason: 'CUSTOMER_SUPPORT', implies: 'nothing' },
  ]
}

export function familyEnd(view: View, voice: Voice): Fact {
  const { transaction, signedAt } = view
  const at = transaction.revocationDate ?? Math.min(signedAt, transaction.expiresDate ?? signedAt)
  return { kind: 'ended', at, period: transaction.transactionId, ...voice, reason: 'UNKNOWN', implies: 'nothing' }
}
