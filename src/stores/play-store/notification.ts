import { createHash } from 'node:crypto'
import { isJson, type Json, jsonOf, partOf, textOf, timeOf, wholeOf } from './json.ts'

/** One Pub/Sub message, pushed or pulled, or one entry of the list of voided purchases. */
export interface Envelope {
  /** null: it is of no subscription (a voided purchase that was listed). */
  readonly subscription: string | null
  /** Google's id of the message; one of our own for what is listed. */
  readonly id: string
  readonly publishedAt: number | null
  readonly notification: Notification
}

/** developer.android.com/google/play/billing/rtdn-reference. Times in milliseconds. */
export type Notification =
  | { readonly kind: 'subscription'; readonly about: About; readonly type: number; readonly token: string }
  | { readonly kind: 'one_time'; readonly about: About; readonly type: number; readonly token: string }
  | {
      readonly kind: 'voided'
      readonly about: About
      readonly token: string
      readonly orderId: string
      /** null: the list of voided purchases does not tell. */
      readonly product: 'subscription' | 'one_time' | null
      /** How many of a quantity went back; null: all of it. */
      readonly quantity: number | null
      /** It was found in the list: it may be older than the hub, so that it is no message's own news. */
      readonly isListed: boolean
    }
  | { readonly kind: 'refund_review' | 'test'; readonly about: About }
  /** Of a kind that this version does not know. */
  | { readonly kind: 'unknown'; readonly about: About }

interface About {
  readonly packageName: string
  readonly at: number
  /** For people. */
  readonly name: string
}

const SUBSCRIPTION_TYPES: Readonly<Record<number, string>> = {
  1: 'SUBSCRIPTION_RECOVERED',
  2: 'SUBSCRIPTION_RENEWED',
  3: 'SUBSCRIPTION_CANCELED',
  4: 'SUBSCRIPTION_PURCHASED',
  5: 'SUBSCRIPTION_ON_HOLD',
  6: 'SUBSCRIPTION_IN_GRACE_PERIOD',
  7: 'SUBSCRIPTION_RESTARTED',
  8: 'SUBSCRIPTION_PRICE_CHANGE_CONFIRMED',
  9: 'SUBSCRIPTION_DEFERRED',
  10: 'SUBSCRIPTION_PAUSED',
  11: 'SUBSCRIPTION_PAUSE_SCHEDULE_CHANGED',
  12: 'SUBSCRIPTION_REVOKED',
  13: 'SUBSCRIPTION_EXPIRED',
  17: 'SUBSCRIPTION_ITEMS_CHANGED',
  18: 'SUBSCRIPTION_CANCELLATION_SCHEDULED',
  19: 'SUBSCRIPTION_PRICE_CHANGE_UPDATED',
  20: 'SUBSCRIPTION_PENDING_PURCHASE_CANCELED',
  22: 'SUBSCRIPTION_PRICE_STEP_UP_CONSENT_UPDATED',
}
const ONE_TIME_TYPES: Readonly<Record<number, string>> = {
  1: 'ONE_TIME_PRODUCT_PURCHASED',
  2: 'ONE_TIME_PRODUCT_CANCELED',
}

/** Envelope and notification of kept bytes. @throws one sentence when they are none. */
export function envelopeOf(body: Buffer): Envelope {
  const outer = jsonOf(body.toString('utf8'))
  if (outer === null) throw new Error('The message is no JSON object.')
  const listed = partOf(outer.voidedPurchase)
  if (listed !== null) return voidedEnvelope(listed, textOf(outer.packageName) ?? '')
  const message = partOf(outer.message)
  if (message === null) throw new Error('The message is no Pub/Sub envelope: it has no "message".')
  // Pub/Sub writes both spellings of each (docs.cloud.google.com/pubsub/docs/push).
  const id = textOf(message.messageId) ?? textOf(message.message_id)
  if (id === null) throw new Error('The Pub/Sub message carries no messageId.')
  return {
    subscription: textOf(outer.subscription),
    id,
    publishedAt: timeOf(message.publishTime ?? message.publish_time),
    notification: notificationOf(dataOf(message)),
  }
}

function dataOf(message: Json): Json {
  const text = textOf(message.data)
  const data = text === null ? null : jsonOf(Buffer.from(text, 'base64').toString('utf8'))
  if (data === null)
    throw new Error('The data of the Pub/Sub message is not the JSON of a notification of Google Play.')
  return data
}

function notificationOf(data: Json): Notification {
  const packageName = textOf(data.packageName)
  const at = wholeOf(data.eventTimeMillis)
  if (packageName === null) throw new Error('The notification names no packageName.')
  if (at === null) throw new Error('The notification carries no eventTimeMillis.')
  const of = (name: string): About => ({ packageName, at, name })
  if (isJson(data.subscriptionNotification)) {
    const { type, token } = typed(data.subscriptionNotification)
    return { kind: 'subscription', about: of(SUBSCRIPTION_TYPES[type] ?? `SUBSCRIPTION_${type}`), type, token }
  }
  if (isJson(data.oneTimeProductNotification)) {
    const { type, token } = typed(data.oneTimeProductNotification)
    return { kind: 'one_time', about: of(ONE_TIME_TYPES[type] ?? `ONE_TIME_PRODUCT_${type}`), type, token }
  }
  if (isJson(data.voidedPurchaseNotification)) return voidedOf(data.voidedPurchaseNotification, of('VOIDED_PURCHASE'))
  if (isJson(data.pendingRefundReviewNotification)) return { kind: 'refund_review', about: of('PENDING_REFUND_REVIEW') }
  if (isJson(data.testNotification)) return { kind: 'test', about: of('TEST') }
  const member = Object.keys(data).find((key) => /^[A-Za-z]{1,60}Notification$/.test(key))
  return { kind: 'unknown', about: of(member ?? 'UNKNOWN') }
}

function typed(notification: Json): { readonly type: number; readonly token: string } {
  const [type, token] = [wholeOf(notification.notificationType), textOf(notification.purchaseToken)]
  if (type === null) throw new Error('The notification carries no notificationType.')
  if (token === null) throw new Error('The notification carries no purchaseToken.')
  return { type, token }
}

function voidedOf(notification: Json, about: About): Notification {
  const [token, orderId] = [textOf(notification.purchaseToken), textOf(notification.orderId)]
  if (token === null || orderId === null) throw new Error('The voided purchase names no purchaseToken and orderId.')
  const product = notification.productType === 1 ? 'subscription' : notification.productType === 2 ? 'one_time' : null
  return { kind: 'voided', about, token, orderId, product, quantity: null, isListed: false }
}

/** An entry of …/api-ref/rest/v3/purchases.voidedpurchases: the same refund as its notification, found by another way. */
function voidedEnvelope(entry: Json, packageName: string): Envelope {
  const [token, orderId, at] = [textOf(entry.purchaseToken), textOf(entry.orderId), wholeOf(entry.voidedTimeMillis)]
  if (token === null || orderId === null || at === null)
    throw new Error('The entry of the list of voided purchases names no purchaseToken, orderId and voidedTimeMillis.')
  return {
    subscription: null,
    id: `voided:${orderId}:${at}`,
    publishedAt: at,
    notification: {
      kind: 'voided',
      about: { packageName, at, name: 'VOIDED_PURCHASE_LISTED' },
      token,
      orderId,
      product: null,
      quantity: wholeOf(entry.voidedQuantity),
      isListed: true,
    },
  }
}

/** The id of bytes that carry none. */
export function idOfBytes(body: Buffer): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`
}
