import { isJson, type Json, textOf, wholeOf } from '../json.ts'
import { type Term, termOf } from './term.ts'

/**
 * A receipt as the Receipt Verification Service has it now
 * (developer.amazon.com/docs/in-app-purchasing/iap-rvs-for-android-apps.html). Times in milliseconds.
 */
export interface Receipt {
  readonly receiptId: string
  readonly kind: 'subscription' | 'one_time'
  /** The SKU that was bought: of a subscription the term's, since that has the price. */
  readonly productId: string
  /** The SKU that its terms stand under; of what is bought once its own. */
  readonly parentId: string
  /** When it all began: a renewal does not move it. */
  readonly purchaseDate: number
  /** The end of the present period; null once auto-renew is off. */
  readonly renewalDate: number | null
  /** When it ended. null while it is valid, auto-renew off included. */
  readonly cancelDate: number | null
  readonly cancelReason: number | null
  /** null where it is not told. */
  readonly autoRenewing: boolean | null
  /** Told in a free trial alone. */
  readonly freeTrialEndDate: number | null
  /** Told in a grace alone. */
  readonly gracePeriodEndDate: number | null
  /** The plan that follows at the next renewal. */
  readonly deferredSku: string | null
  readonly term: Term | null
  /** A price below the regular one applies now. */
  readonly promoted: boolean
  /** ISO 3166-1 alpha-2. */
  readonly countryCode: string | null
  /** Live App Testing, or Amazon's own tests. */
  readonly test: boolean
}

/** `cancelReason` (…/iap-rvs-for-android-apps.html; 4 in …/iap-rvs-for-tiered-subs.html). */
export const BY_CUSTOMER = 1
export const BY_AMAZON = 2
export const INTERNAL = 3
export const REPLACED = 4
/** Ours, for a receipt of which Amazon says no more than that it is not valid any more. */
export const GONE = -1

/** @throws one sentence when a field is missing that no rule can do without. */
export function receiptOf(json: Json): Receipt {
  const receiptId = textOf(json.receiptId)
  if (receiptId === null) throw new Error('Amazon’s receipt carries no receiptId.')
  const lacks = (field: string): Error => new Error(`Amazon’s receipt ${receiptId.slice(0, 200)} carries no ${field}.`)
  const kind = json.productType === 'SUBSCRIPTION' ? 'subscription' : 'one_time'
  const productId = (kind === 'subscription' ? textOf(json.termSku) : null) ?? textOf(json.productId)
  if (productId === null) throw lacks('productId')
  const purchaseDate = wholeOf(json.purchaseDate)
  if (purchaseDate === null) throw lacks('purchaseDate')
  const country = textOf(json.countryCode)
  return {
    receiptId,
    kind,
    productId,
    parentId: textOf(json.productId) ?? productId,
    purchaseDate,
    renewalDate: wholeOf(json.renewalDate),
    cancelDate: wholeOf(json.cancelDate),
    cancelReason: wholeOf(json.cancelReason),
    autoRenewing: typeof json.autoRenewing === 'boolean' ? json.autoRenewing : null,
    freeTrialEndDate: wholeOf(json.freeTrialEndDate),
    gracePeriodEndDate: wholeOf(json.gracePeriodEndDate),
    deferredSku: textOf(json.deferredSku),
    term: termOf(textOf(json.term)),
    promoted: isPromoted(json.promotions),
    countryCode: country !== null && /^[A-Z]{2}$/.test(country) ? country : null,
    test: json.betaProduct === true || json.testTransaction === true,
  }
}

/** Queued ones wait for a trial to end, completed ones are over. */
function isPromoted(promotions: unknown): boolean {
  const all: readonly unknown[] = Array.isArray(promotions) ? promotions : []
  return all.some((one) => isJson(one) && one.promotionStatus === 'InProgress')
}
