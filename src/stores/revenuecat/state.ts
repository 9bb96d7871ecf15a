import type { Snapshot } from '../../domain/observation.ts'
import { isOver, isRefund, type LifecycleType, type View } from './facts.ts'

/** Events are often made in one instant (a failed charge: three); what stands last in a life then gives the state. */
const RANK: Readonly<Record<LifecycleType, number>> = {
  PRODUCT_CHANGE: 0,
  INITIAL_PURCHASE: 1,
  RENEWAL: 1,
  NON_RENEWING_PURCHASE: 1,
  SUBSCRIPTION_EXTENDED: 2,
  UNCANCELLATION: 3,
  BILLING_ISSUE: 4,
  CANCELLATION: 5,
  SUBSCRIPTION_PAUSED: 6,
  REFUND_REVERSED: 7,
  EXPIRATION: 8,
}

/** The time of the event, apart by a few milliseconds from what was made in the same instant. */
export function placeInTime({ event, type }: View): number {
  return event.timestamp + RANK[type]
}

/**
 * The state that an event lets conclude; null where it would overwrite more than it tells: a cancellation for a failed
 * charge does not know of the grace that its billing issue names, and an extension not whether auto-renew is on.
 */
export function snapshotOf(view: View): Snapshot | null {
  const state = view.kind === 'one_time' ? null : stateOf(view)
  if (state === null) return null
  return {
    version: placeInTime(view),
    pendingProductId: null,
    graceEndsAt: null,
    resumesAt: null,
    ...state,
  }
}

type State = Pick<Snapshot, 'status' | 'autoRenew'> & Partial<Snapshot>

function stateOf(view: View): State | null {
  const { event, type } = view
  const prepaid = event.periodType === 'PREPAID'
  switch (type) {
    case 'INITIAL_PURCHASE':
    case 'RENEWAL':
    case 'UNCANCELLATION':
      return { status: 'active', autoRenew: prepaid ? null : true }
    case 'PRODUCT_CHANGE':
      return { status: 'active', autoRenew: true, pendingProductId: event.newProductId }
    case 'CANCELLATION':
      return cancelledState(view)
    case 'BILLING_ISSUE':
      return billingState(view)
    case 'SUBSCRIPTION_PAUSED':
      return { status: 'active', autoRenew: null, resumesAt: event.resumesAt }
    case 'EXPIRATION':
      return event.expirationReason === 'SUBSCRIPTION_PAUSED'
        ? { status: 'paused', autoRenew: null, resumesAt: event.resumesAt }
        : { status: 'expired', autoRenew: prepaid ? null : false }
    case 'REFUND_REVERSED':
      return isOver(event) ? null : { status: 'active', autoRenew: null }
    case 'NON_RENEWING_PURCHASE':
    case 'SUBSCRIPTION_EXTENDED':
      return null
  }
}

function cancelledState({ event }: View): State | null {
  if (isRefund(event))
    return isOver(event) ? { status: 'revoked', autoRenew: null } : { status: 'active', autoRenew: null }
  return event.cancelReason === 'BILLING_ERROR' ? null : { status: 'active', autoRenew: false }
}

function billingState({ event }: View): State {
  const { graceEndsAt } = event
  if (graceEndsAt !== null && graceEndsAt > event.timestamp) return { status: 'grace', autoRenew: null, graceEndsAt }
  return { status: isOver(event) ? 'retry' : 'active', autoRenew: null }
}
