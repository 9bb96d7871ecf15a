import { accessByProduct } from '../domain/access.ts'
import { derivedId } from '../domain/ids.ts'
import { compareText } from '../domain/merge.ts'
import { means } from '../domain/product.ts'
import type { Project } from '../domain/project.ts'
import { purchaseId, type StoreName } from '../domain/purchase.ts'
import type { Purchase } from '../domain/purchase-state.ts'
import type { Customer } from './customer.ts'
import {
  type Asked,
  dateOf,
  endDate,
  type Given,
  MANAGED_AT,
  type PriceJson,
  planOfCharge,
  priceOf,
  type SubscriptionInfoJson,
  storeTransactionId,
  subscriptionInfo,
} from './subscription-info.ts'

/** What the Purchases SDKs, and backends in their place, read of a customer. */
export interface CustomerInfoJson {
  readonly request_date: string
  readonly request_date_ms: number
  readonly subscriber: {
    readonly original_app_user_id: string
    readonly original_application_version: string | null
    readonly original_purchase_date: string | null
    readonly first_seen: string
    readonly last_seen: string
    readonly management_url: string | null
    readonly entitlements: Readonly<Record<string, EntitlementInfoJson>>
    readonly subscriptions: Readonly<Record<string, SubscriptionInfoJson>>
    readonly non_subscriptions: Readonly<Record<string, readonly NonSubscriptionJson[]>>
    readonly other_purchases: Readonly<Record<string, never>>
    readonly subscriber_attributes?: Readonly<
      Record<string, { readonly value: string; readonly updated_at_ms: number }>
    >
  }
}

export interface EntitlementInfoJson {
  readonly expires_date: string | null
  readonly grace_period_expires_date: string | null
  readonly product_identifier: string
  readonly product_plan_identifier?: string
  readonly purchase_date: string
}

export interface NonSubscriptionJson {
  readonly id: string
  readonly is_sandbox: boolean
  readonly original_purchase_date: string
  readonly purchase_date: string
  readonly store: StoreName
  readonly store_transaction_id: string | null
  readonly price?: PriceJson
}

export interface AttributeJson {
  readonly value: string
  readonly updated_at_ms: number
}

export interface CustomerInfoInput {
  readonly customer: Customer
  readonly purchases: readonly Purchase[]
  readonly project: Project
  /** The moment that the answer is about (milliseconds). */
  readonly now: number
  /** A secret key asks: attributes are shown, and what only the team may see. */
  readonly withAttributes: boolean
}

/** The answer at an instant. Pure: the same customer, purchases and instant give the same text. */
export function customerInfo(input: CustomerInfoInput): CustomerInfoJson {
  const { customer, project, now } = input
  const asked: Asked = { now, trusted: input.withAttributes }
  const given = input.purchases
    .flatMap((purchase) => accessByProduct(purchase, now).map((access): Given => ({ purchase, access })))
    .sort(byRank)
  const lasting = given.filter(isSubscription)
  return {
    request_date: dateOf(now),
    request_date_ms: now,
    subscriber: {
      original_app_user_id: customer.originalAppUserId,
      // The version and the day in which the app itself was bought: App Store receipts of the device tell them, no server.
      original_application_version: null,
      original_purchase_date: null,
      first_seen: dateOf(customer.firstSeenAt),
      last_seen: dateOf(customer.lastSeenAt),
      management_url: managementUrl(lasting),
      entitlements: entitlements(given, project, asked),
      subscriptions: subscriptions(lasting, asked),
      non_subscriptions: nonSubscriptions(given, asked),
      other_purchases: {},
      ...(input.withAttributes ? { subscriber_attributes: attributes(customer) } : {}),
    },
  }
}

/**
 * Which of several comes first, where one is shown: one in force before one that is over, a real one before one of the
 * sandbox, then the one that lasts longest, then the one that began last. Total, so that no order of rows shows.
 */
function byRank(a: Given, b: Given): number {
  return (
    Number(b.access.active) - Number(a.access.active) ||
    Number(isReal(b)) - Number(isReal(a)) ||
    compareEnds(b.access.until, a.access.until) ||
    b.access.charge.at - a.access.charge.at ||
    compareText(purchaseId(a.purchase.key), purchaseId(b.purchase.key))
  )
}

function isReal({ purchase }: Given): boolean {
  return purchase.key.environment === 'production'
}

/** null is for ever. */
function compareEnds(a: number | null, b: number | null): number {
  if (a === b) return 0
  if (a === null) return 1
  return b === null ? -1 : a - b
}

/**
 * What can end by itself, and grants: the SDKs look for the end of access among subscriptions, and take everything else
 * for a possession for ever.
 */
function isSubscription({ access: { charge } }: Given): boolean {
  return charge.kind === 'period' || charge.expiresAt !== null || charge.periodType === 'PROMOTIONAL'
}

/** One per product: the first by rank. */
function subscriptions(lasting: readonly Given[], asked: Asked): CustomerInfoJson['subscriber']['subscriptions'] {
  const shown = new Map<string, SubscriptionInfoJson>()
  for (const one of lasting) {
    const { product } = planOfCharge(one.purchase, one.access.charge)
    if (!shown.has(product)) shown.set(product, subscriptionInfo(one, asked))
  }
  return record(shown)
}

/** Every purchase that was not taken back, oldest first: the SDKs take the last one for the present one. */
function nonSubscriptions(given: readonly Given[], asked: Asked): CustomerInfoJson['subscriber']['non_subscriptions'] {
  const owned = given
    .filter((one) => !isSubscription(one) && one.access.active)
    .sort((a, b) => a.access.charge.at - b.access.charge.at || byRank(a, b))
  const shown = Map.groupBy(owned, ({ purchase, access }) => planOfCharge(purchase, access.charge).product)
  return record(new Map([...shown].map(([product, all]) => [product, all.map((one) => nonSubscription(one, asked))])))
}

function nonSubscription({ purchase, access: { charge } }: Given, asked: Asked): NonSubscriptionJson {
  const { key } = purchase
  const price = priceOf(charge.price)
  return {
    id: derivedId('pur', [purchaseId(key), charge.period]),
    is_sandbox: key.environment === 'sandbox',
    original_purchase_date: dateOf(charge.at),
    purchase_date: dateOf(charge.at),
    store: key.store,
    store_transaction_id: storeTransactionId(purchase, charge, asked),
    ...(price === null ? {} : { price }),
  }
}

/**
 * Each entitlement by the purchase that is first by rank; one that is over is shown with its end. What was bought once
 * and taken back gives none: the SDKs would take it for a possession (purchases-js, toNonSubscriptionEntitlementInfo).
 */
function entitlements(
  given: readonly Given[],
  project: Project,
  asked: Asked,
): CustomerInfoJson['subscriber']['entitlements'] {
  const shown = new Map<string, EntitlementInfoJson>()
  for (const one of given) {
    if (!isSubscription(one) && !one.access.active) continue
    for (const name of entitlementsOf(one, project)) {
      if (!shown.has(name)) shown.set(name, entitlement(one, asked))
    }
  }
  return record(shown)
}

/** What the team itself granted gives what it was granted for, everything else what the config says. */
function entitlementsOf({ purchase: { key }, access }: Given, project: Project): readonly string[] {
  if (key.store === 'promotional') return [key.line]
  return Object.entries(project.entitlements)
    .filter(([, products]) => products.some((name) => means(name, access.charge.productId)))
    .map(([name]) => name)
}

function entitlement(one: Given, asked: Asked): EntitlementInfoJson {
  const { charge, until } = one.access
  const { product, plan } = planOfCharge(one.purchase, charge)
  return {
    expires_date: endDate(until, asked.now),
    grace_period_expires_date: isSubscription(one) ? subscriptionInfo(one, asked).grace_period_expires_date : null,
    product_identifier: product,
    ...(plan === null ? {} : { product_plan_identifier: plan }),
    purchase_date: dateOf(charge.at),
  }
}

/** The page of the store that an active subscription is of; of several the App Store's, as the SDKs promise. */
function managementUrl(lasting: readonly Given[]): string | null {
  const stores = lasting.filter(({ access }) => access.active).map(({ purchase }) => purchase.key.store)
  if (stores.includes('app_store')) return MANAGED_AT.app_store
  return stores.map((store) => MANAGED_AT[store]).find((url) => url !== null) ?? null
}

function attributes({ attributes }: Customer): Readonly<Record<string, AttributeJson>> {
  return record(
    new Map(
      Object.entries(attributes).map(([key, { value, updatedAt }]) => [key, { value, updated_at_ms: updatedAt }]),
    ),
  )
}

/** Names come from strangers: a map without a prototype, and in the order of its names, whatever order the rows had. */
function record<T>(entries: ReadonlyMap<string, T>): Readonly<Record<string, T>> {
  const out: Record<string, T> = Object.create(null)
  for (const [name, value] of [...entries].sort(([a], [b]) => compareText(a, b))) out[name] = value
  return out
}
