import type { Access } from '../domain/access.ts'
import type { BillingFailedFact, EndedFact, Fact } from '../domain/facts.ts'
import type { ChargeFact } from '../domain/merge.ts'
import { decimalOf, type Money } from '../domain/money.ts'
import { planOf } from '../domain/product.ts'
import type { PeriodType, StoreName } from '../domain/purchase.ts'
import type { Purchase } from '../domain/purchase-state.ts'
import { firstPurchasedAt, refundedAt, willRenew } from '../domain/term.ts'

/**
 * One subscription as the Purchases SDKs read it. The names and types are those of their decoders:
 * github.com/RevenueCat/purchases-ios Sources/Networking/Responses/CustomerInfoResponse.swift,
 * github.com/RevenueCat/purchases-android …/common/responses/SubscriptionInfoResponse.kt,
 * github.com/RevenueCat/purchases-js src/networking/responses/subscriber-response.ts.
 */
export interface SubscriptionInfoJson {
  readonly auto_resume_date: string | null
  readonly billing_issues_detected_at: string | null
  readonly display_name: string | null
  readonly expires_date: string | null
  readonly grace_period_expires_date: string | null
  readonly is_sandbox: boolean
  readonly management_url: string | null
  readonly original_purchase_date: string
  readonly ownership_type: 'PURCHASED' | 'FAMILY_SHARED'
  readonly period_type: 'normal' | 'trial' | 'intro' | 'prepaid'
  readonly price: PriceJson | null
  /** Left out where there is none: Android reads a null as the text "null". */
  readonly product_plan_identifier?: string
  readonly purchase_date: string
  readonly refunded_at: string | null
  readonly store: StoreName
  readonly store_transaction_id: string | null
  readonly unsubscribe_detected_at: string | null
}

export interface PriceJson {
  readonly amount: number
  readonly currency: string
}

/** What one purchase gives of one product. */
export interface Given {
  readonly purchase: Purchase
  readonly access: Access
}

/** `trusted`: a secret key asks. */
export interface Asked {
  readonly now: number
  readonly trusted: boolean
}

export function subscriptionInfo({ purchase, access }: Given, asked: Asked): SubscriptionInfoJson {
  const { charge } = access
  const { plan } = planOfCharge(purchase, charge)
  const { snapshot } = purchase
  const about = purchase.facts.filter((fact) => fact.period === charge.period)
  return {
    auto_resume_date: snapshot?.status === 'paused' ? dateOrNull(snapshot.resumesAt) : null,
    billing_issues_detected_at: dateOrNull(failedAt(about)),
    display_name: null,
    expires_date: endDate(access.until, asked.now),
    grace_period_expires_date: endDate(graceEndsAt(purchase, access, about), asked.now),
    is_sandbox: purchase.key.environment === 'sandbox',
    management_url: MANAGED_AT[purchase.key.store],
    original_purchase_date: dateOf(firstPurchasedAt(purchase) ?? charge.at),
    ownership_type: charge.isFamilyShare ? 'FAMILY_SHARED' : 'PURCHASED',
    period_type: PERIOD_TYPES[charge.periodType],
    price: priceOf(charge.price),
    ...(plan === null ? {} : { product_plan_identifier: plan }),
    purchase_date: dateOf(charge.at),
    refunded_at: dateOrNull(refundedAt(about, charge.period, asked.now)),
    store: purchase.key.store,
    store_transaction_id: storeTransactionId(purchase, charge, asked),
    unsubscribe_detected_at: dateOrNull(unsubscribedAt(purchase, charge, about)),
  }
}

/**
 * A grant is "normal" to the SDKs: their enums have no other word for it, and Android drops every subscription of an
 * answer that holds an unknown one (EntitlementInfo.kt, PeriodType; CustomerInfoFactory.kt, parseSubscriptionInfos).
 */
const PERIOD_TYPES: Readonly<Record<PeriodType, SubscriptionInfoJson['period_type']>> = {
  NORMAL: 'normal',
  TRIAL: 'trial',
  INTRO: 'intro',
  PREPAID: 'prepaid',
  PROMOTIONAL: 'normal',
}

/**
 * Where people manage what they subscribed to: the pages that apps of these stores link to (docs/verified.md). Stripe has
 * none that fits every account, and a grant is nobody's to manage.
 */
export const MANAGED_AT: Readonly<Record<StoreName, string | null>> = {
  app_store: 'https://apps.apple.com/account/subscriptions',
  play_store: 'https://play.google.com/store/account/subscriptions',
  amazon: 'https://www.amazon.com/gp/mas/your-account/myapps/yoursubscriptions/ref=mas_ya_subs',
  stripe: null,
  promotional: null,
}

/** Only Play's names hold a base plan; elsewhere a colon is a letter like another. */
export function planOfCharge({ key }: Purchase, { productId }: ChargeFact): ReturnType<typeof planOf> {
  return key.store === 'play_store' ? planOf(productId) : { product: productId, plan: null }
}

/** At Amazon the receipt names the transaction, and whoever has one can show it as their own: not for an app to read. */
export function storeTransactionId({ key }: Purchase, charge: ChargeFact, { trusted }: Asked): string | null {
  return key.store === 'amazon' && !trusted ? null : charge.period
}

export function priceOf(price: Money | null): PriceJson | null {
  return price === null ? null : { amount: decimalOf(price.micros), currency: price.currency }
}

function failedAt(about: readonly Fact[]): number | null {
  return about.find((fact) => fact.kind === 'billing_failed' || impliesFailure(fact))?.at ?? null
}

function impliesFailure(fact: Fact): fact is EndedFact {
  return fact.kind === 'ended' && fact.implies === 'billing_failed'
}

/** Of this failure; stays when the grace is over, until a charge succeeds. An end of access ends a grace as well. */
function graceEndsAt({ snapshot }: Purchase, { active, until }: Access, about: readonly Fact[]): number | null {
  const failures = about.filter((fact): fact is BillingFailedFact => fact.kind === 'billing_failed')
  const told = snapshot?.status === 'grace' ? snapshot.graceEndsAt : null
  const end = told ?? failures.at(-1)?.graceEndsAt ?? null
  return end === null || active || until === null ? end : Math.min(end, until)
}

/**
 * When auto-renew went off, while it is off. The state decides whether it is, the facts say since when: a switch of this
 * period, or of the one before where the period began with it off, or the end that showed it.
 */
function unsubscribedAt(purchase: Purchase, charge: ChargeFact, about: readonly Fact[]): number | null {
  if (charge.kind === 'one_time') return about.find((fact) => fact.kind === 'renewal_switch' && !fact.on)?.at ?? null
  const renews = willRenew(purchase)
  if (renews === true) return null
  const since = offSince(about)
  if (since !== null || renews === null) return since
  return offSince(purchase.facts) ?? charge.at
}

function offSince(facts: readonly Fact[]): number | null {
  let since: number | null = null
  for (const fact of facts) {
    if (fact.kind === 'renewal_switch') since = fact.on ? null : (since ?? fact.at)
    if (fact.kind === 'ended' && fact.implies === 'cancelled') since ??= fact.at
  }
  return since
}

/** ISO 8601 in whole seconds: iOS reads fractions only on some versions, and all SDKs read this. */
export function dateOf(at: number): string {
  return `${new Date(Math.floor(at / 1000) * 1000).toISOString().slice(0, 19)}Z`
}

function dateOrNull(at: number | null): string | null {
  return at === null ? null : dateOf(at)
}

/**
 * The end of something, rounded so that whole seconds say the same as milliseconds. The SDKs compare it with the date of
 * the answer, which is rounded down: Android takes an end at that very second for past, iOS for still to come. So an end
 * that is still to come is rounded up, and one that is past lies a second before the answer at least.
 * purchases-android utils/DateHelper.kt; purchases-ios Sources/Identity/CustomerInfo+ActiveDates.swift.
 */
export function endDate(at: number | null, now: number): string | null {
  if (at === null) return null
  if (at > now) return dateOf(Math.ceil(at / 1000) * 1000)
  return dateOf(Math.min(at, Math.floor(now / 1000) * 1000 - 1000))
}
