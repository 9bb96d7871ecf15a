import { type Money, shareOf } from '../../domain/money.ts'
import { type Fees, feesOfLines } from './fees.ts'
import { type Json, moneyOf, partOf, partsOf, textOf, timeOf } from './json.ts'
import { countryOf, type Phase, productOf } from './subscription.ts'

/**
 * One charge with what went back of it: the `orders` resource (developers.google.com/android-publisher/api-ref/rest/v3/orders).
 * Times in milliseconds.
 */
export interface Order {
  readonly id: string
  readonly token: string | null
  readonly createdAt: number | null
  /** When it was charged. */
  readonly at: number | null
  /** Nothing was ever charged: a payment that is pending or was given up. */
  readonly isUnpaid: boolean
  readonly country: string | null
  readonly lines: readonly OrderLine[]
  readonly refunds: readonly OrderRefund[]
}

export interface OrderLine {
  readonly productId: string
  readonly product: string
  /** After discounts, with tax, for the whole quantity. */
  readonly total: Money | null
  /** The actual commission and tax in it; null where Google does not tell them. */
  readonly fees: Fees | null
  readonly isSubscription: boolean
  readonly phase: Phase | null
  /** As it was when the order was processed: neither grace nor a deferral moves it. */
  readonly until: number | null
}

export interface OrderRefund {
  /** '' for the one that returns what is left; Google gives the parts no id, so their time names them. */
  readonly id: string
  readonly at: number
  readonly isWhole: boolean
  /** Of the whole order; null where Google does not tell. */
  readonly amount: Money | null
}

export function orderOf(json: Json): Order | null {
  const id = textOf(json.orderId)
  if (id === null) return null
  const history = partOf(json.orderHistory)
  const createdAt = timeOf(json.createTime)
  const refunds = refundsOf(history)
  return {
    id,
    token: textOf(json.purchaseToken),
    createdAt,
    at: timeOf(partOf(history?.processedEvent)?.eventTime) ?? createdAt,
    isUnpaid: json.state === 'PENDING' || json.state === 'CANCELED',
    country: countryOf(partOf(json.buyerAddress)?.buyerCountry),
    lines: linesOf(json, refunds.length > 0 || json.state !== 'PROCESSED'),
    refunds,
  }
}

/** @param isReduced something went back, or will: the revenue shows what is left, which is no measure of the charge. */
function linesOf(json: Json, isReduced: boolean): readonly OrderLine[] {
  const [total, tax] = [moneyOf(json.total), moneyOf(json.tax)]
  const revenue = isReduced ? null : moneyOf(json.developerRevenueInBuyerCurrency)
  const told = partsOf(json.lineItems).flatMap((line) => lineOf(line))
  const [only] = told
  const lines = only?.total === null && told.length === 1 ? [{ ...only, total }] : told
  const fees = feesOfLines({ total, tax, revenue }, lines)
  return lines.map(({ tax: _, ...line }, index) => ({ ...line, fees: fees[index] ?? null }))
}

type ToldLine = Omit<OrderLine, 'fees'> & { readonly tax: Money | null }

function lineOf(json: Json): readonly ToldLine[] {
  const productId = textOf(json.productId)
  if (productId === null) return []
  const details = partOf(json.subscriptionDetails)
  return [
    {
      productId,
      product: productOf(productId, textOf(details?.basePlanId)),
      total: moneyOf(json.total),
      tax: moneyOf(json.tax),
      isSubscription: details !== null,
      phase: phaseOf(details),
      until: timeOf(details?.servicePeriodEndTime),
    },
  ]
}

function phaseOf(details: Json | null): Phase | null {
  const told = partOf(details?.offerPhaseDetails)
  const rest = textOf(partOf(told?.prorationPeriodDetails)?.originalOfferPhase)
  const word = textOf(details?.offerPhase)
  if (partOf(told?.freeTrialDetails) !== null || rest === 'FREE_TRIAL' || word === 'FREE_TRIAL') return 'trial'
  if (partOf(told?.introductoryPriceDetails) !== null || rest === 'INTRODUCTORY' || word === 'INTRODUCTORY')
    return 'intro'
  return told === null && word === null ? null : 'base'
}

function refundsOf(history: Json | null): readonly OrderRefund[] {
  const parts = partsOf(history?.partialRefundEvents).flatMap((event): readonly OrderRefund[] => {
    const at = timeOf(event.processTime) ?? timeOf(event.createTime)
    const named = timeOf(event.createTime) ?? at
    if (at === null || named === null || event.state === 'PENDING') return []
    const amount = moneyOf(partOf(event.refundDetails)?.total)
    return [{ id: `part-${named}`, at, isWhole: false, amount }]
  })
  const whole = partOf(history?.refundEvent)
  const at = timeOf(whole?.eventTime)
  return at === null
    ? parts
    : [...parts, { id: '', at, isWhole: true, amount: moneyOf(partOf(whole?.refundDetails)?.total) }]
}

/**
 * What a refund of the order returned of one of its lines. The last one returns what is left of the line, whatever total
 * it shows, so that a charge and its refunds add up to nothing. A part of an order with several lines is spread over
 * them by their prices, since Google does not say which line it was for.
 */
export function refundedOf(order: Order, line: OrderLine, refund: OrderRefund): Money | null {
  const { total } = line
  if (total === null) return null
  if (!refund.isWhole) return partOfLine(order, total, refund)
  const before = order.refunds
    .filter((one) => !one.isWhole)
    .reduce((sum, one) => sum + (partOfLine(order, total, one)?.micros ?? 0), 0)
  return { ...total, micros: Math.max(total.micros - before, 0) }
}

function partOfLine(order: Order, total: Money, refund: OrderRefund): Money | null {
  if (refund.amount === null || refund.amount.currency !== total.currency) return null
  const all = order.lines.reduce((sum, line) => sum + (line.total?.micros ?? 0), 0)
  if (order.lines.length <= 1 || all <= 0) return refund.amount
  return { ...total, micros: shareOf(refund.amount.micros, Math.round((total.micros / all) * 1_000_000)) }
}

/** `GPA.1-2..3` is the fourth renewal of `GPA.1-2`; a test purchase may number nothing. */
export function numberOf(orderId: string): { readonly first: string; readonly renewal: number } {
  const match = /^(.+)\.\.(\d{1,5})$/.exec(orderId)
  return match === null ? { first: orderId, renewal: -1 } : { first: match[1] ?? orderId, renewal: Number(match[2]) }
}

/** The order ids from renewal `from` (-1: the first purchase) up to this one. */
export function ordersUpTo(orderId: string, from: number): readonly string[] {
  const { first, renewal } = numberOf(orderId)
  const ids: string[] = []
  for (let n = Math.max(from, -1); n <= renewal; n += 1) ids.push(n === -1 ? first : `${first}..${n}`)
  return ids
}
