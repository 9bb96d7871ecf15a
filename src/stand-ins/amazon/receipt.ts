import { addPeriod } from '../app-store/periods.ts'

/** What the simulated Amazon knows of one purchase. Times in milliseconds. */
export interface ReceiptState {
  readonly receiptId: string
  readonly user: string
  readonly productType: 'SUBSCRIPTION' | 'CONSUMABLE' | 'ENTITLED'
  readonly productId: string
  readonly termSku: string | null
  /** "1 Month". */
  readonly term: string | null
  readonly purchaseDate: number
  readonly trialEnd: number | null
  /** The end of the present period. */
  readonly end: number | null
  readonly autoRenewing: boolean
  readonly graceEnd: number | null
  readonly cancel: { readonly at: number; readonly reason: number } | null
  readonly deferred: { readonly sku: string; readonly at: number } | null
  readonly promotions: readonly { readonly promotionType: string; readonly promotionStatus: string }[] | null
  readonly country: string
  readonly beta: boolean
  readonly test: boolean
  /** 410: it was good once, and nothing more is said of it. */
  readonly gone: boolean
}

/**
 * A receipt as the Receipt Verification Service shows it at a moment
 * (developer.amazon.com/docs/in-app-purchasing/iap-rvs-for-android-apps.html): the end of a trial while it lasts, that of a
 * grace likewise, no date of a renewal once auto-renew is off, and neither price nor number of a renewal ever.
 */
export function receiptJson(state: ReceiptState, at: number): Readonly<Record<string, unknown>> {
  const over = state.cancel !== null && state.cancel.at <= at ? state.cancel : null
  const subscription = state.productType === 'SUBSCRIPTION'
  const shown = (date: number | null): number | null => (date !== null && date > at && over === null ? date : null)
  return {
    autoRenewing: subscription && state.autoRenewing && over === null,
    baseReceipts: null,
    betaProduct: state.beta,
    cancelDate: over?.at ?? null,
    cancelReason: over?.reason ?? null,
    countryCode: state.country,
    deferredDate: over === null ? (state.deferred?.at ?? null) : null,
    deferredSku: over === null ? (state.deferred?.sku ?? null) : null,
    freeTrialEndDate: shown(state.trialEnd),
    fulfillmentDate: null,
    fulfillmentResult: null,
    gracePeriodEndDate: shown(state.graceEnd),
    parentProductId: null,
    productId: state.productId,
    productType: state.productType,
    promotions: state.promotions,
    purchaseDate: state.purchaseDate,
    purchaseMetadataMap: null,
    quantity: subscription ? null : 1,
    receiptId: state.receiptId,
    renewalDate: subscription && state.autoRenewing && over === null ? state.end : null,
    term: state.term,
    termSku: state.termSku,
    testTransaction: state.test,
  }
}

const UNITS: Readonly<Record<string, string>> = { Week: 'W', Month: 'M', Year: 'Y' }

/** `anchor` plus so many terms ("1 Month"): the day of the purchase, or the closest before it in a shorter month. */
export function renewalOf(anchor: number, term: string, times: number): number {
  const [, count, unit] = /^(\d+) (Week|Month|Year)s?$/.exec(term) ?? []
  if (count === undefined || unit === undefined) throw new Error(`A term is "1 Week", "2 Months", not "${term}".`)
  return addPeriod(anchor, `P${Number(count) * times}${UNITS[unit]}`)
}
