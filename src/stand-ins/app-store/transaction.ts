/** What the simulated App Store keeps of one transaction. Times in milliseconds, prices in thousandths of the currency's unit. */
export interface Transaction {
  readonly id: string
  readonly originalId: string
  readonly webOrderLineItemId: string | null
  readonly product: string
  readonly type: 'Auto-Renewable Subscription' | 'Consumable' | 'Non-Consumable' | 'Non-Renewing Subscription'
  readonly purchaseDate: number
  readonly originalPurchaseDate: number
  expiresDate: number | null
  readonly quantity: number
  readonly reason: 'PURCHASE' | 'RENEWAL'
  readonly price: number | null
  readonly currency: string | null
  readonly offer: Offer | null
  isUpgraded: boolean
  revocation: Revocation | null
}

/** 1 introductory, 2 promotional, 3 offer code, 4 win-back. */
export interface Offer {
  readonly type: 1 | 2 | 3 | 4
  readonly mode: 'FREE_TRIAL' | 'PAY_AS_YOU_GO' | 'PAY_UP_FRONT'
  readonly price: number
  readonly period: string
  readonly identifier?: string
}

export interface Revocation {
  readonly date: number
  readonly reason: 0 | 1
  readonly type: 'REFUND_FULL' | 'REFUND_PRORATED' | 'FAMILY_REVOKE'
  /** Milliunits: 50000 is half. */
  readonly percentage: number | null
}

/** Who bought, and where. */
export interface Account {
  readonly bundleId: string
  readonly environment: 'Production' | 'Sandbox'
  readonly group: string
  readonly appAccountToken: string | null
  readonly appTransactionId: string
  /** ISO 3166-1 alpha-3. */
  readonly storefront: string
  readonly ownership: 'PURCHASED' | 'FAMILY_SHARED'
}

const STOREFRONT_IDS: Readonly<Record<string, string>> = {
  USA: '143441',
  DEU: '143443',
  GBR: '143444',
  JPN: '143462',
  FRA: '143442',
  IND: '143467',
}

type Json = Readonly<Record<string, unknown>>

/** The decoded payload of a transaction as Apple would sign it at `signedDate`: absent fields are left out, as Apple does. */
export function transactionInfo(transaction: Transaction, account: Account, signedDate: number): Json {
  const { offer, revocation } = transaction
  const subscription = transaction.type === 'Auto-Renewable Subscription'
  return {
    transactionId: transaction.id,
    originalTransactionId: transaction.originalId,
    ...(transaction.webOrderLineItemId === null ? {} : { webOrderLineItemId: transaction.webOrderLineItemId }),
    bundleId: account.bundleId,
    productId: transaction.product,
    ...(subscription ? { subscriptionGroupIdentifier: account.group } : {}),
    purchaseDate: transaction.purchaseDate,
    originalPurchaseDate: transaction.originalPurchaseDate,
    ...(transaction.expiresDate === null ? {} : { expiresDate: transaction.expiresDate }),
    quantity: transaction.quantity,
    type: transaction.type,
    ...(account.appAccountToken === null ? {} : { appAccountToken: account.appAccountToken }),
    inAppOwnershipType: account.ownership,
    signedDate,
    ...(revocation === null
      ? {}
      : { revocationReason: revocation.reason, revocationDate: revocation.date, revocationType: revocation.type }),
    ...(revocation?.percentage == null ? {} : { revocationPercentage: revocation.percentage }),
    ...(transaction.isUpgraded ? { isUpgraded: true } : {}),
    ...(offer === null ? {} : { offerType: offer.type, offerDiscountType: offer.mode, offerPeriod: offer.period }),
    ...(offer?.identifier === undefined ? {} : { offerIdentifier: offer.identifier }),
    environment: account.environment,
    storefront: account.storefront,
    storefrontId: STOREFRONT_IDS[account.storefront] ?? '143441',
    transactionReason: transaction.reason,
    ...(transaction.currency === null ? {} : { currency: transaction.currency }),
    ...(transaction.price === null ? {} : { price: transaction.price }),
    appTransactionId: account.appTransactionId,
  }
}

/** What the App Store knows of the next renewal. */
export interface Renewal {
  autoRenew: boolean
  nextProduct: string
  /** data.status: 1 active, 2 expired, 3 billing retry, 4 grace, 5 revoked. */
  status: 1 | 2 | 3 | 4 | 5
  graceEndsAt: number | null
  expirationIntent: 1 | 2 | 3 | 4 | 5 | null
  /** 0: a price increase waits for an answer; 1: agreed to. */
  priceIncrease: 0 | 1 | null
  recentStart: number
}

export function renewalInfo(
  renewal: Renewal,
  latest: Transaction,
  nextPrice: number,
  account: Account,
  signedDate: number,
): Json {
  return {
    ...(renewal.expirationIntent === null ? {} : { expirationIntent: renewal.expirationIntent }),
    originalTransactionId: latest.originalId,
    autoRenewProductId: renewal.nextProduct,
    productId: latest.product,
    autoRenewStatus: renewal.autoRenew ? 1 : 0,
    ...(renewal.status === 3 || renewal.status === 4 ? { isInBillingRetryPeriod: true } : {}),
    ...(renewal.priceIncrease === null ? {} : { priceIncreaseStatus: renewal.priceIncrease }),
    ...(renewal.graceEndsAt === null ? {} : { gracePeriodExpiresDate: renewal.graceEndsAt }),
    signedDate,
    environment: account.environment,
    recentSubscriptionStartDate: renewal.recentStart,
    renewalDate: latest.expiresDate,
    ...(latest.currency === null ? {} : { currency: latest.currency, renewalPrice: nextPrice }),
    ...(account.appAccountToken === null ? {} : { appAccountToken: account.appAccountToken }),
    appTransactionId: account.appTransactionId,
  }
}
