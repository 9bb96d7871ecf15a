import { isJson, type Json, textOf, wholeOf } from '../json.ts'
/**
 * Apple's JSON → typed values, by hand. A field of another type than documented counts as absent: the rule that needs it
 * says so. Field names: developer.apple.com/documentation/appstoreservernotifications/responsebodyv2decodedpayload,
 * …/appstoreserverapi/jwstransactiondecodedpayload, …/appstoreserverapi/jwsrenewalinfodecodedpayload.
 */
/** The outer payload, and the parts that it signs for, all verified already. */
export interface Opened {
  readonly payload: unknown
  readonly transaction: unknown
  readonly renewal: unknown
}

export interface Notification {
  readonly type: string
  /** '' where Apple sends none. */
  readonly subtype: string
  readonly signedAt: number | null
  /** Present for everything that is about one customer's purchase. */
  readonly data: { readonly status: number | null } | null
  readonly transaction: Transaction | null
  readonly renewal: RenewalInfo | null
}

/** Times in milliseconds UTC; price in thousandths of the currency's unit, quantity and offer included. */
export interface Transaction {
  readonly transactionId: string | null
  readonly originalTransactionId: string | null
  readonly productId: string | null
  readonly type: string | null
  readonly purchaseDate: number | null
  readonly expiresDate: number | null
  readonly signedDate: number | null
  readonly revocationDate: number | null
  readonly revocationType: string | null
  readonly revocationPercentage: number | null
  readonly isUpgraded: boolean
  readonly isFamilyShared: boolean
  readonly offerType: number | null
  readonly offerIdentifier: string | null
  readonly offerDiscountType: string | null
  readonly price: number | null
  readonly currency: string | null
  readonly storefront: string | null
  readonly appAccountToken: string | null
}

export interface RenewalInfo {
  readonly originalTransactionId: string | null
  readonly productId: string | null
  readonly autoRenewProductId: string | null
  readonly autoRenewStatus: number | null
  readonly expirationIntent: number | null
  readonly priceIncreaseStatus: number | null
  readonly gracePeriodExpiresDate: number | null
  readonly renewalDate: number | null
  /** Since when the subscription goes on without a lapse of 60 days or more. */
  readonly recentSubscriptionStartDate: number | null
  readonly signedDate: number | null
  readonly currency: string | null
  readonly appAccountToken: string | null
}

export function notificationOf(opened: Opened): Notification {
  const payload = isJson(opened.payload) ? opened.payload : {}
  const data = isJson(payload.data) ? { status: wholeOf(payload.data.status) } : null
  return {
    type: textOf(payload.notificationType) ?? '',
    subtype: textOf(payload.subtype) ?? '',
    signedAt: wholeOf(payload.signedDate),
    data,
    transaction: isJson(opened.transaction) ? transactionOf(opened.transaction) : null,
    renewal: isJson(opened.renewal) ? renewalInfoOf(opened.renewal) : null,
  }
}

export function transactionOf(json: Json): Transaction {
  return {
    transactionId: textOf(json.transactionId),
    originalTransactionId: textOf(json.originalTransactionId),
    productId: textOf(json.productId),
    type: textOf(json.type),
    purchaseDate: wholeOf(json.purchaseDate),
    expiresDate: wholeOf(json.expiresDate),
    signedDate: wholeOf(json.signedDate),
    revocationDate: wholeOf(json.revocationDate),
    revocationType: textOf(json.revocationType),
    revocationPercentage: wholeOf(json.revocationPercentage),
    isUpgraded: json.isUpgraded === true,
    isFamilyShared: json.inAppOwnershipType === 'FAMILY_SHARED',
    offerType: wholeOf(json.offerType),
    offerIdentifier: textOf(json.offerIdentifier),
    offerDiscountType: textOf(json.offerDiscountType),
    price: wholeOf(json.price),
    currency: textOf(json.currency),
    storefront: textOf(json.storefront),
    appAccountToken: textOf(json.appAccountToken),
  }
}

export function renewalInfoOf(json: Json): RenewalInfo {
  return {
    originalTransactionId: textOf(json.originalTransactionId),
    productId: textOf(json.productId),
    autoRenewProductId: textOf(json.autoRenewProductId),
    autoRenewStatus: wholeOf(json.autoRenewStatus),
    expirationIntent: wholeOf(json.expirationIntent),
    priceIncreaseStatus: wholeOf(json.priceIncreaseStatus),
    gracePeriodExpiresDate: wholeOf(json.gracePeriodExpiresDate),
    renewalDate: wholeOf(json.renewalDate),
    recentSubscriptionStartDate: wholeOf(json.recentSubscriptionStartDate),
    signedDate: wholeOf(json.signedDate),
    currency: textOf(json.currency),
    appAccountToken: textOf(json.appAccountToken),
  }
}

/** The types that Apple documents: 23, of which its changelog calls MIGRATION also MIGRATE. */
const KNOWN_TYPES: ReadonlySet<string> = new Set([
  'CONSUMPTION_REQUEST',
  'DID_CHANGE_RENEWAL_PREF',
  'DID_CHANGE_RENEWAL_STATUS',
  'DID_FAIL_TO_RENEW',
  'DID_RENEW',
  'EXPIRED',
  'EXTERNAL_PURCHASE_TOKEN',
  'GRACE_PERIOD_EXPIRED',
  'METADATA_UPDATE',
  'MIGRATE',
  'MIGRATION',
  'OFFER_REDEEMED',
  'ONE_TIME_CHARGE',
  'PRICE_CHANGE',
  'PRICE_INCREASE',
  'REFUND',
  'REFUND_DECLINED',
  'REFUND_REVERSED',
  'RENEWAL_EXTENDED',
  'RENEWAL_EXTENSION',
  'RESCIND_CONSENT',
  'REVOKE',
  'SUBSCRIBED',
  'TEST',
])

export function isKnownType(type: string): boolean {
  return KNOWN_TYPES.has(type)
}
