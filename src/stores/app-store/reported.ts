import type { CancelReason } from '../../domain/event.ts'
import type { Fact } from '../../domain/facts.ts'
import { accessEnd, familyEnd, isFamilyRevocation, isLatest, refundFacts, type View } from './revocation.ts'
import { END_OF_BILLING, type End, endByIntent } from './state.ts'

const REPORTED = { own: true, inferred: false } as const

/** What the type and subtype report as their own, the period itself aside (see `ownsPeriod`). */
export function reportedFacts(type: string, subtype: string, view: View): readonly Fact[] {
  const { signedAt: at, renewal, transaction, kind } = view
  const period = transaction.transactionId
  switch (type) {
    case 'DID_CHANGE_RENEWAL_STATUS':
      return renewalSwitch(subtype, view)
    case 'DID_CHANGE_RENEWAL_PREF':
    case 'OFFER_REDEEMED':
      return changeRequested(type, subtype, view)
    case 'DID_FAIL_TO_RENEW': {
      const graceEndsAt = renewal?.gracePeriodExpiresDate ?? null
      const failed: Fact = { kind: 'billing_failed', at, period, ...REPORTED, graceEndsAt }
      // In the field GRACE_PERIOD was seen without a date (developer.apple.com/forums/thread/792548): access goes on all the same.
      const hasGrace = subtype === 'GRACE_PERIOD' || view.status === 4
      return hasGrace ? [failed] : [failed, ended(accessEnd(view), view, END_OF_BILLING)]
    }
    case 'GRACE_PERIOD_EXPIRED':
      return [ended(renewal?.gracePeriodExpiresDate == null ? at : accessEnd(view), view, END_OF_BILLING)]
    case 'EXPIRED':
      return [ended(accessEnd(view), view, endOf(subtype, view))]
    case 'REFUND':
      return refundFacts(view, REPORTED)
    case 'REFUND_REVERSED':
      return refundReversed(view)
    case 'RENEWAL_EXTENDED':
      if (kind === 'one_time' || transaction.expiresDate === null) return []
      return [
        { kind: 'extended', at, period, ...REPORTED, expiresAt: transaction.expiresDate },
        { kind: 'restored', at, period, ...REPORTED },
      ]
    case 'REVOKE':
      return [familyEnd(view, REPORTED)]
    default:
      return []
  }
}

function ended(at: number, view: View, end: End): Fact {
  return { kind: 'ended', at, period: view.transaction.transactionId, ...REPORTED, ...end }
}

function endOf(subtype: string, view: View): End {
  switch (subtype) {
    case 'VOLUNTARY':
      return endByIntent(1)
    case 'BILLING_RETRY':
      return endByIntent(2)
    case 'PRICE_INCREASE':
      return endByIntent(3)
    case 'PRODUCT_NOT_FOR_SALE':
      return endByIntent(4)
    default:
      return endByIntent(view.renewal?.expirationIntent ?? null)
  }
}

/** No subtype comes after a price notice, and may come with one that is not known yet: the state then says which way. */
function renewalSwitch(subtype: string, view: View): readonly Fact[] {
  const { renewal, signedAt, transaction } = view
  const state = renewal?.autoRenewStatus ?? null
  if (subtype !== 'AUTO_RENEW_ENABLED' && subtype !== 'AUTO_RENEW_DISABLED' && state === null) return []
  const on = subtype === 'AUTO_RENEW_ENABLED' || (subtype !== 'AUTO_RENEW_DISABLED' && state === 1)
  // With its own subtype it is the customer's act; the bare one follows a price notice that was not accepted.
  const unaccepted = subtype !== 'AUTO_RENEW_DISABLED' && renewal?.priceIncreaseStatus === 0
  const reason: CancelReason = on ? 'UNKNOWN' : unaccepted ? 'PRICE_INCREASE' : 'UNSUBSCRIBE'
  return [{ kind: 'renewal_switch', at: signedAt, period: transaction.transactionId, ...REPORTED, on, reason }]
}

/** An upgrade needs no fact of its own: it is its period's `byChange`. */
function changeRequested(type: string, subtype: string, view: View): readonly Fact[] {
  const { renewal, signedAt, transaction } = view
  const base = { kind: 'change_requested', at: signedAt, period: transaction.transactionId, ...REPORTED } as const
  if (subtype === 'DOWNGRADE') {
    if (renewal?.autoRenewProductId == null)
      throw new Error(`${type}/DOWNGRADE carries no autoRenewProductId, so the chosen product is unknown.`)
    return [{ ...base, productId: renewal.autoRenewProductId }]
  }
  const reverted = type === 'DID_CHANGE_RENEWAL_PREF' && subtype === ''
  return reverted ? [{ ...base, productId: renewal?.productId ?? transaction.productId }] : []
}

function refundReversed(view: View): readonly Fact[] {
  const { signedAt: at, transaction, kind } = view
  if (isFamilyRevocation(transaction)) return []
  const period = transaction.transactionId
  const reversed: Fact = { kind: 'refund_reversed', at, period, ...REPORTED, refundId: '' }
  // The renewal date stays, so what has run out meanwhile, or was followed by a newer period, is not in force again.
  const again = kind === 'subscription' && isLatest(view) !== false && at < accessEnd(view)
  return again ? [reversed, { kind: 'restored', at, period, ...REPORTED }] : [reversed]
}

/** OFFER_REDEEMED names the period that it begins, or the one that goes on until the offer applies: a new one is minutes old. */
const NEW_PURCHASE_MS = 3_600_000

/** Whether the message reports its period's charge as its own. */
export function ownsPeriod(type: string, subtype: string, view: View): boolean {
  switch (type) {
    case 'SUBSCRIBED':
    case 'DID_RENEW':
    case 'ONE_TIME_CHARGE':
      return true
    case 'DID_CHANGE_RENEWAL_PREF':
      return subtype === 'UPGRADE'
    case 'OFFER_REDEEMED':
      if (subtype === 'DOWNGRADE') return false
      return subtype !== '' || view.transaction.purchaseDate > view.signedAt - NEW_PURCHASE_MS
    default:
      return false
  }
}

export function isImmediateChange(type: string, subtype: string): boolean {
  return subtype === 'UPGRADE' && (type === 'DID_CHANGE_RENEWAL_PREF' || type === 'OFFER_REDEEMED')
}
