import type { Money } from '../../domain/money.ts'
import { type Json, textOf, wholeOf } from '../json.ts'
import { apportioned, moneyOf } from './amounts.ts'
import type { Fees } from './fees.ts'
import { idOf, listOf, partOf, timeOf } from './json.ts'

/** One line of an invoice. Amounts in Stripe's minor units. */
export interface Line {
  /** The subscription item that it is about; null for what was added by hand. */
  readonly item: string | null
  readonly proration: boolean
  /** After discounts, with the tax that comes on top. */
  readonly amount: number
  /** Before both. */
  readonly listed: number
  readonly start: number | null
  readonly end: number | null
  readonly productId: string | null
  readonly priceId: string | null
}

/** An invoice as one object shows it. Times in milliseconds. https://docs.stripe.com/api/invoices/object */
export interface Invoice {
  readonly id: string
  readonly status: string
  readonly subscription: string | null
  readonly customer: string | null
  /** The subscription's metadata as of this invoice. */
  readonly metadata: Json
  readonly reason: string
  readonly currency: string | null
  readonly paid: number
  readonly total: number
  /** Included or on top. */
  readonly tax: number
  /** Actual shares of what was paid; null: by the app's rates. */
  readonly fees: Fees | null
  readonly createdAt: number | null
  readonly paidAt: number | null
  readonly finalizedAt: number | null
  readonly lines: readonly Line[]
  readonly linesMissing: boolean
  readonly country: string | null
  readonly offerCode: string | null
  /** Payment intents and charges that paid it, where it names them. */
  readonly payments: readonly string[]
}

/** @throws one sentence when it has no id. */
export function invoiceOf(json: Json): Invoice {
  const id = textOf(json.id)
  if (id === null) throw new Error('The invoice in this event carries no id.')
  // Since version 2025-03-31 what it belongs to is its parent: docs.stripe.com/changelog/basil/2025-03-31/adds-new-parent-field-to-invoicing-objects
  const details = partOf(partOf(json, 'parent'), 'subscription_details') ?? partOf(json, 'subscription_details')
  const lines = listOf(json.lines)
  const transitions = partOf(json, 'status_transitions')
  return {
    id,
    status: textOf(json.status) ?? '',
    subscription: idOf(details?.subscription) ?? idOf(json.subscription),
    customer: idOf(json.customer),
    metadata: partOf(details, 'metadata') ?? {},
    reason: textOf(json.billing_reason) ?? '',
    currency: textOf(json.currency),
    // Money that came outside of Stripe is money too; whether `amount_paid` holds it no document says.
    paid: Math.max(wholeOf(json.amount_paid) ?? 0, wholeOf(json.amount_paid_off_stripe) ?? 0),
    total: wholeOf(json.total) ?? 0,
    tax: sumOf(json.total_taxes ?? json.total_tax_amounts, () => true),
    fees: null,
    createdAt: timeOf(json.created),
    paidAt: timeOf(transitions?.paid_at),
    finalizedAt: timeOf(transitions?.finalized_at),
    lines: lines.items.map(lineOf),
    linesMissing: lines.hasMore,
    country: countryOf(partOf(json, 'customer_address')?.country),
    offerCode: offerCodeOf(json),
    payments: paymentsOf(json),
  }
}

export function lineOf(json: Json): Line {
  const parent = partOf(json, 'parent')
  const details = partOf(parent, 'subscription_item_details') ?? partOf(parent, 'invoice_item_details')
  const pricing = partOf(partOf(json, 'pricing'), 'price_details')
  const price = partOf(json, 'price') ?? partOf(json, 'plan')
  const period = partOf(json, 'period')
  const listed = wholeOf(json.amount) ?? 0
  const discounts = sumOf(json.discount_amounts, () => true)
  const taxes =
    sumOf(json.taxes, (tax) => tax.tax_behavior !== 'inclusive') +
    sumOf(json.tax_amounts, (tax) => tax.inclusive === false)
  return {
    item: idOf(details?.subscription_item) ?? idOf(json.subscription_item),
    proration: details?.proration === true || json.proration === true,
    amount: listed - discounts + taxes,
    listed,
    start: timeOf(period?.start),
    end: timeOf(period?.end),
    productId: idOf(pricing?.product) ?? idOf(price?.product),
    priceId: idOf(pricing?.price) ?? idOf(price),
  }
}

function sumOf(value: unknown, counts: (part: Json) => boolean): number {
  return listOf(value)
    .items.filter(counts)
    .reduce((sum, part) => sum + (wholeOf(part.amount) ?? 0), 0)
}

export function countryOf(value: unknown): string | null {
  return typeof value === 'string' && /^[A-Z]{2}$/.test(value) ? value : null
}

/** Only what is written out: `discounts` holds bare ids unless somebody asked for more. */
function offerCodeOf(json: Json): string | null {
  const discounts = [partOf(json, 'discount'), ...listOf(json.discounts).items]
  for (const discount of discounts) {
    const coupon = partOf(partOf(discount, 'source'), 'coupon') ?? partOf(discount, 'coupon')
    const code = textOf(partOf(discount, 'promotion_code')?.code) ?? idOf(coupon)
    if (code !== null) return code
  }
  return null
}

function paymentsOf(json: Json): readonly string[] {
  const told = listOf(json.payments).items.flatMap((one) => {
    const payment = partOf(one, 'payment')
    return [idOf(payment?.payment_intent), idOf(payment?.charge)]
  })
  return [...told, idOf(json.payment_intent), idOf(json.charge)].filter((id) => id !== null)
}

/** What an invoice charged for one item of the subscription. */
export interface ItemCharge {
  readonly item: string
  readonly productId: string | null
  readonly priceId: string | null
  readonly start: number
  readonly end: number
  readonly price: Money | null
  /** Minor units, for parts of refunds. */
  readonly amount: number
}

/**
 * What was paid, apportioned over the items. What credit of the customer's balance paid was income before, so the amount
 * is what was paid, not what was due. What was added by hand, and what an item that went gave back, is part of the others'.
 */
export function chargesOf(invoice: Invoice): readonly ItemCharge[] {
  const mains = [...Map.groupBy(invoice.lines, ({ item }) => item)].flatMap(([item, lines]) => {
    const main = item === null ? null : mainLine(lines)
    const sum = lines.reduce((total, { amount }) => total + amount, 0)
    return item === null || main === null || (main.proration && sum <= 0) ? [] : [{ item, main, sum: Math.max(sum, 0) }]
  })
  const amounts = apportioned(
    invoice.paid,
    mains.map(({ sum }) => sum),
  )
  return mains.map(({ item, main }, index) => ({
    item,
    productId: main.productId,
    priceId: main.priceId,
    start: main.start,
    end: main.end,
    amount: amounts[index] ?? 0,
    price: moneyOf(amounts[index] ?? 0, invoice.currency),
  }))
}

type Dated = Line & { readonly start: number; readonly end: number }

/**
 * The line that says what the time ahead is for: of the cycle, else the dearer side of a change. A line that costs nothing
 * before any discount is a trial's, and no charge.
 */
function mainLine(lines: readonly Line[]): Dated | null {
  const dated = lines.filter(
    (line): line is Dated => line.listed !== 0 && line.start !== null && line.end !== null && line.end > line.start,
  )
  const cycle = dated.filter(({ proration }) => !proration)
  const debits = cycle.length > 0 ? cycle : dated.filter(({ amount }) => amount > 0)
  return debits.reduce<Dated | null>((last, line) => (last === null || line.end > last.end ? line : last), null)
}

/** The product that an update took off an item, as the line shows which gives back its unused time. */
export function productBefore(invoice: Invoice, item: string): Line | null {
  const [main, credit] = [
    mainLine(invoice.lines.filter((line) => line.item === item)),
    invoice.lines.find((line) => line.item === item && line.proration && line.amount < 0),
  ]
  if (main === null || credit === undefined || credit.priceId === main.priceId) return null
  return credit
}

/** Nothing on it costs anything, before any discount: a trial, or a plan that is free. */
export function isFree(invoice: Invoice): boolean {
  return invoice.paid === 0 && invoice.lines.every(({ listed }) => listed === 0)
}

/** An update without money: what the new plan costs was paid by what the old one gave back. */
export function isSettledByCredit(invoice: Invoice): boolean {
  return invoice.reason === 'subscription_update' && invoice.paid === 0
}
