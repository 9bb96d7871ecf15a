import { type Json, parsedJson, textOf, wholeOf } from '../json.ts'

/**
 * What a real-time notification says: which receipt to read, and what happened to it when
 * (developer.amazon.com/docs/in-app-purchasing/real-time-notifications.html).
 */
export interface Notification {
  readonly type: string
  readonly packageName: string | null
  readonly receiptId: string | null
  readonly appUserId: string | null
  /** When it happened (milliseconds). */
  readonly at: number | null
  /** The receipt that an immediate change of plan has ended. */
  readonly cancelledReceiptId: string | null
  /** A purchase of Live App Testing. */
  readonly beta: boolean
}

/** The text of an SNS message → what it says; null when it is no JSON object. */
export function notificationOf(message: string): Notification | null {
  const json = parsedJson(message) ?? parsedJson(withoutTrailingCommas(message))
  if (json === null) return null
  const related: Json = typeof json.relatedReceipts === 'object' ? { ...json.relatedReceipts } : {}
  return {
    type: textOf(json.notificationType) ?? '',
    packageName: textOf(json.appPackageName),
    receiptId: textOf(json.receiptId),
    appUserId: textOf(json.appUserId),
    at: wholeOf(json.timestamp),
    cancelledReceiptId: textOf(related.cancelledReceiptId),
    beta: json.betaProductTransaction === true,
  }
}

/**
 * Amazon's own sample of a consumable ends with a comma before its brace (…/in-app-purchasing/rtn-example.html). Tried
 * only on what is no JSON, so nothing inside a string that counts is touched.
 */
function withoutTrailingCommas(text: string): string {
  return text.replaceAll(/,(?=\s*[}\]])/g, '')
}

/** The types that Amazon documents (…/real-time-notifications.html). */
const KNOWN_TYPES = [
  'CONSUMABLE_CANCELLED',
  'CONSUMABLE_PURCHASED',
  'ENTITLEMENT_CANCELLED',
  'ENTITLEMENT_PURCHASED',
  'SUBSCRIPTION_AUTO_RENEWAL_OFF',
  'SUBSCRIPTION_AUTO_RENEWAL_ON',
  'SUBSCRIPTION_CANCELLED',
  'SUBSCRIPTION_CONVERTED_FREE_TRIAL_TO_PAID',
  'SUBSCRIPTION_EXPIRED',
  'SUBSCRIPTION_IN_GRACE_PERIOD',
  'SUBSCRIPTION_MODIFIED_DEFERRED',
  'SUBSCRIPTION_MODIFIED_IMMEDIATE',
  'SUBSCRIPTION_OUT_OF_GRACE_PERIOD',
  'SUBSCRIPTION_PURCHASED',
  'SUBSCRIPTION_RENEWED',
  'SUBSCRIPTION_SCHEDULED_TO_END',
] as const
export type NotificationType = (typeof KNOWN_TYPES)[number]

/** null for a type that is newer than this version. */
export function knownType(type: string): NotificationType | null {
  return KNOWN_TYPES.find((one) => one === type) ?? null
}
