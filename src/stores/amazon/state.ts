import type { EndedFact, Fact, RefundFact } from '../../domain/facts.ts'
import { PPM } from '../../domain/money.ts'
import type { Snapshot } from '../../domain/observation.ts'
import { periodId } from './charge.ts'
import type { Course } from './course.ts'
import { BY_AMAZON, BY_CUSTOMER, type Receipt } from './receipt.ts'

/** A receipt that was read, with what it means, and what is known of its purchase. */
export interface View {
  readonly receipt: Receipt
  readonly course: Course
  /** Our clock before it was read. */
  readonly at: number
  readonly version: number
  readonly appUserId: string
  /** Facts of this purchase: those that were told before, and those that waiting messages tell now. */
  readonly facts: readonly Fact[]
  /** A message reports the end itself. */
  readonly endIsOwn: boolean
}

const SHOWN = { own: false, inferred: true } as const

/** Our clock and Amazon's service may be behind a message by this much. */
const BEHIND_MS = 3_600_000

export function snapshotOf({ receipt, course, version, appUserId }: View): Snapshot {
  const over = course.standing !== 'active' && course.standing !== 'grace'
  return {
    version,
    status: STATUS[course.standing],
    autoRenew: over ? false : receipt.autoRenewing,
    pendingProductId: over ? null : receipt.deferredSku,
    graceEndsAt: course.standing === 'grace' ? receipt.gracePeriodEndDate : null,
    resumesAt: null,
    askWith: appUserId,
  }
}

const STATUS = {
  active: 'active',
  grace: 'grace',
  ended: 'expired',
  'ended early': 'revoked',
  replaced: 'expired',
} as const

/** What the state itself shows of the present period, for messages that are lost or late. */
export function shownFacts(view: View): readonly Fact[] {
  switch (view.course.standing) {
    case 'active':
      return [...shownSwitch(view), ...shownChange(view)]
    case 'grace':
      return [...shownFailure(view), ...shownSwitch(view)]
    case 'ended':
      return [naturalEnd(view)]
    case 'ended early':
      return earlyEnd(view)
    case 'replaced':
      return []
  }
}

function about(view: View): { readonly period: string; readonly facts: readonly Fact[] } {
  const period = periodId(view.receipt.receiptId, view.course.current)
  return { period, facts: view.facts.filter((fact) => fact.period === period) }
}

function shownFailure(view: View): readonly Fact[] {
  const { period, facts } = about(view)
  const graceEndsAt = view.receipt.gracePeriodEndDate
  if (facts.some((fact) => fact.kind === 'billing_failed' && fact.graceEndsAt === graceEndsAt)) return []
  return [{ kind: 'billing_failed', at: view.course.current.end, period, ...SHOWN, graceEndsAt }]
}

/** A switch that no message told: it lies before this moment, and that is all that is known of its time. */
function shownSwitch(view: View): readonly Fact[] {
  const on = view.receipt.autoRenewing
  if (on === null) return []
  const { period, facts } = about(view)
  const last = facts.filter((fact) => fact.kind === 'renewal_switch').at(-1)
  if ((last?.on ?? true) === on) return []
  if (last !== undefined && view.at - last.at < BEHIND_MS) return []
  return [{ kind: 'renewal_switch', at: view.at, period, ...SHOWN, on, reason: on ? 'UNKNOWN' : 'UNSUBSCRIBE' }]
}

function shownChange(view: View): readonly Fact[] {
  const { deferredSku } = view.receipt
  if (deferredSku === null) return []
  const { period, facts } = about(view)
  const last = facts.filter((fact) => fact.kind === 'change_requested').at(-1)
  if (last?.productId === deferredSku) return []
  return [{ kind: 'change_requested', at: view.at, period, ...SHOWN, productId: deferredSku }]
}

/** Dated by Amazon, so it is told as it happened and not concluded. */
function told(view: View): {
  readonly own: boolean
  readonly inferred: false
  readonly at: number
  readonly period: string
} {
  const at = view.receipt.cancelDate ?? view.course.current.end
  return { own: view.endIsOwn, inferred: false, at, period: about(view).period }
}

/**
 * Access ended when the period did, or when a grace had run out. Who turned auto-renew off, and whose payment failed, end
 * alike; the reason that Amazon gives, what is known of the period, and the date tell which it was.
 */
function naturalEnd(view: View): EndedFact {
  const { receipt, course } = view
  const { facts } = about(view)
  const failed = facts.some((fact) => fact.kind === 'billing_failed')
  const late = (receipt.cancelDate ?? 0) > course.current.end + course.rhythm.tolerance
  const off = facts.filter((fact) => fact.kind === 'renewal_switch').at(-1)?.on === false
  const base = { kind: 'ended', ...told(view) } as const
  if (failed || late || receipt.cancelReason === BY_AMAZON)
    return { ...base, reason: 'BILLING_ERROR', implies: 'billing_failed' }
  if (off || receipt.cancelReason === BY_CUSTOMER) return { ...base, reason: 'UNSUBSCRIBE', implies: 'cancelled' }
  return { ...base, reason: 'UNKNOWN', implies: 'nothing' }
}

/**
 * A subscription that ended before its period did was ended by Amazon's customer service or its system, and is refunded as
 * a rule; Amazon says neither whether nor how much. While its reason is still to come (0) only the end is told.
 */
function earlyEnd(view: View): readonly Fact[] {
  const base = told(view)
  if (view.receipt.cancelReason === 0 || view.receipt.cancelReason === null)
    return [{ kind: 'ended', ...base, reason: 'UNKNOWN', implies: 'nothing' }]
  return [refundFact(base), { kind: 'ended', ...base, reason: 'CUSTOMER_SUPPORT', implies: 'nothing' }]
}

export function refundFact(base: Pick<RefundFact, 'own' | 'inferred' | 'at' | 'period'>): RefundFact {
  return { kind: 'refund', ...base, refundId: '', share: PPM, amount: null, ofLatest: true, keepsAccess: false }
}
