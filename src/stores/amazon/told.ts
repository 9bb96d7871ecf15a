import type { Fact } from '../../domain/facts.ts'
import { periodId } from './charge.ts'
import { type Course, chargedAt, failedAt, spanAt } from './course.ts'
import { knownType } from './notification.ts'
import type { Receipt } from './receipt.ts'
import type { Span } from './rhythm.ts'

/** What one message tells beside the state that it rings for. */
export interface Told {
  /** The period that it is about; null: none that the receipt allows. */
  readonly span: Span | null
  /** It reports this period's charge as its own. */
  readonly charged: boolean
  readonly facts: readonly Fact[]
}

const NOTHING: Told = { span: null, charged: false, facts: [] }
const REPORTED = { own: true, inferred: false } as const
const SHOWN = { own: false, inferred: true } as const

/**
 * The type and the time of a message are facts where the receipt cannot show what passed between two reads
 * (developer.amazon.com/docs/in-app-purchasing/real-time-notifications.html: the types).
 */
export function toldBy(type: string, at: number, receipt: Receipt, course: Course): Told {
  switch (knownType(type)) {
    case 'SUBSCRIPTION_PURCHASED':
    case 'SUBSCRIPTION_MODIFIED_IMMEDIATE':
      return { span: course.first, charged: true, facts: [] }
    case 'SUBSCRIPTION_RENEWED':
    case 'SUBSCRIPTION_CONVERTED_FREE_TRIAL_TO_PAID':
      return chargedBy(chargedAt(course, at))
    case 'SUBSCRIPTION_OUT_OF_GRACE_PERIOD':
      return outOfGrace(at, course)
    case 'SUBSCRIPTION_IN_GRACE_PERIOD':
      return inGrace(at, receipt, course)
    case 'SUBSCRIPTION_AUTO_RENEWAL_OFF':
      return switched(false, at, receipt, course)
    case 'SUBSCRIPTION_AUTO_RENEWAL_ON':
      return switched(true, at, receipt, course)
    case 'SUBSCRIPTION_SCHEDULED_TO_END':
      return reminded(at, receipt, course)
    case 'SUBSCRIPTION_MODIFIED_DEFERRED':
      return deferred(at, receipt, course)
    default:
      // Ends are dated by the receipt, and types that are not known ring for the state alone.
      return NOTHING
  }
}

function chargedBy(span: Span | null): Told {
  return span === null ? NOTHING : { span, charged: true, facts: [] }
}

/** Paid after all, says Amazon's page; others read it as the end of a grace. The receipt decides. */
function outOfGrace(at: number, course: Course): Told {
  const span = spanAt(course, at)
  const paid = span.start > course.first.start && at < span.end
  return paid ? chargedBy(span) : NOTHING
}

function inGrace(at: number, receipt: Receipt, course: Course): Told {
  const span = failedAt(course, at)
  if (span === null) return NOTHING
  const now = course.standing === 'grace' && span === course.current
  const graceEndsAt = now ? receipt.gracePeriodEndDate : null
  const period = periodId(receipt.receiptId, span)
  return { span, charged: false, facts: [{ kind: 'billing_failed', at, period, ...REPORTED, graceEndsAt }] }
}

function switched(on: boolean, at: number, receipt: Receipt, course: Course): Told {
  const span = spanAt(course, at)
  const period = periodId(receipt.receiptId, span)
  const reason = on ? 'UNKNOWN' : 'UNSUBSCRIBE'
  return { span, charged: false, facts: [{ kind: 'renewal_switch', at, period, ...REPORTED, on, reason }] }
}

/** Sent days before an end, because auto-renew is off: it stands in for the message that said so. */
function reminded(at: number, receipt: Receipt, course: Course): Told {
  const span = spanAt(course, at)
  const period = periodId(receipt.receiptId, span)
  const off: Fact = { kind: 'renewal_switch', at, period, ...SHOWN, on: false, reason: 'UNSUBSCRIBE' }
  return { span, charged: false, facts: [off] }
}

/** The plan that was chosen, while it waits; once it is in force, the plan of the present period. */
function deferred(at: number, receipt: Receipt, course: Course): Told {
  const span = spanAt(course, at)
  const productId = receipt.deferredSku ?? (span === course.current ? null : receipt.productId)
  if (productId === null) return NOTHING
  const period = periodId(receipt.receiptId, span)
  return { span, charged: false, facts: [{ kind: 'change_requested', at, period, ...REPORTED, productId }] }
}
