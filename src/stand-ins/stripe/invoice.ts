import { type Desk, seconds } from './desk.ts'
import type { Json } from './event.ts'
import type { Plan } from './plan.ts'

/** One line of a simulated invoice. Amounts in minor units, times in milliseconds. */
export interface SimulatedLine {
  readonly id: string
  /** null: added by hand. */
  readonly item: string | null
  readonly plan: Plan
  readonly amount: number
  readonly quantity: number
  readonly proration: boolean
  readonly start: number
  readonly end: number
  readonly discount: number
  /** On top of the amount. */
  readonly tax: number
  readonly description: string
}

export interface SimulatedInvoice {
  readonly id: string
  readonly subscription: string
  readonly customer: string
  readonly metadata: Json
  readonly reason: string
  readonly currency: string
  readonly lines: readonly SimulatedLine[]
  readonly createdAt: number
  readonly country: string
  /** What credit of the customer's balance pays. */
  readonly credit: number
  readonly paymentIntent: string
  readonly charge: string
  status: 'draft' | 'open' | 'paid' | 'void' | 'uncollectible'
  paidAt: number | null
  attempts: number
}

export function totalOf(lines: readonly SimulatedLine[]): number {
  return lines.reduce((sum, { amount, discount, tax }) => sum + amount - discount + tax, 0)
}

/** What is left to pay: never less than nothing, since a credit stays on the customer's balance. */
export function dueOf(invoice: SimulatedInvoice): number {
  return Math.max(0, totalOf(invoice.lines) - invoice.credit)
}

export function invoiceJson(desk: Desk, invoice: SimulatedInvoice, lineLimit = 10): Json {
  const { lines, status, paidAt, createdAt } = invoice
  const due = dueOf(invoice)
  const paid = status === 'paid' ? due : 0
  const subtotal = lines.reduce((sum, { amount }) => sum + amount, 0)
  const common: Json = {
    id: invoice.id,
    object: 'invoice',
    account_country: 'US',
    amount_due: due,
    amount_paid: paid,
    amount_remaining: due - paid,
    attempt_count: invoice.attempts,
    attempted: invoice.attempts > 0,
    auto_advance: status === 'draft' || status === 'open',
    billing_reason: invoice.reason,
    collection_method: 'charge_automatically',
    created: seconds(createdAt),
    currency: invoice.currency,
    customer: invoice.customer,
    customer_address: {
      city: null,
      country: invoice.country,
      line1: null,
      line2: null,
      postal_code: null,
      state: null,
    },
    discounts: [],
    due_date: null,
    lines: {
      object: 'list',
      data: lines.slice(0, lineLimit).map((line) => lineJson(desk, invoice, line)),
      has_more: lines.length > lineLimit,
      total_count: lines.length,
      url: `/v1/invoices/${invoice.id}/lines`,
    },
    livemode: desk.livemode,
    metadata: {},
    next_payment_attempt: null,
    period_end: seconds(createdAt),
    period_start: seconds(createdAt),
    starting_balance: -invoice.credit,
    status,
    status_transitions: {
      finalized_at: status === 'draft' ? null : seconds(paidAt ?? createdAt),
      marked_uncollectible_at: null,
      paid_at: paidAt === null ? null : seconds(paidAt),
      voided_at: null,
    },
    subtotal,
    total: totalOf(lines),
    total_discount_amounts: [],
    ...taxesJson(desk, lines),
  }
  const details = { metadata: invoice.metadata, subscription: invoice.subscription }
  if (!desk.oldShape)
    return { ...common, parent: { quote_details: null, subscription_details: details, type: 'subscription_details' } }
  return {
    ...common,
    charge: paid > 0 ? invoice.charge : null,
    paid: status === 'paid',
    payment_intent: paid > 0 ? invoice.paymentIntent : null,
    subscription: invoice.subscription,
    subscription_details: { metadata: invoice.metadata },
  }
}

function taxesJson(desk: Desk, lines: readonly SimulatedLine[]): Json {
  const tax = lines.reduce((sum, line) => sum + line.tax, 0)
  if (tax === 0) return desk.oldShape ? { total_tax_amounts: [] } : { total_taxes: [] }
  return desk.oldShape
    ? { total_tax_amounts: [{ amount: tax, inclusive: false }] }
    : { total_taxes: [{ amount: tax, tax_behavior: 'exclusive', type: 'tax_rate_details' }] }
}

/** A line in either shape; the older one is that of 2024-06-20. */
function lineJson(desk: Desk, invoice: SimulatedInvoice, line: SimulatedLine): Json {
  const { id, item, plan, proration, start, end, amount, quantity, discount, tax, description } = line
  const common: Json = {
    id,
    object: 'line_item',
    amount,
    currency: invoice.currency,
    description,
    discount_amounts: discount === 0 ? [] : [{ amount: discount, discount: 'di_standin' }],
    discountable: !proration,
    discounts: [],
    invoice: invoice.id,
    livemode: desk.livemode,
    metadata: {},
    period: { start: seconds(start), end: seconds(end) },
    quantity,
  }
  if (desk.oldShape) {
    return {
      ...common,
      price: priceJson(desk, plan),
      proration,
      subscription: invoice.subscription,
      subscription_item: item,
      tax_amounts: tax === 0 ? [] : [{ amount: tax, inclusive: false }],
      type: item === null || proration ? 'invoiceitem' : 'subscription',
    }
  }
  const details = {
    invoice_item: null,
    proration,
    proration_details: { credited_items: null },
    subscription: invoice.subscription,
  }
  const byItem = { ...details, subscription_item: item }
  return {
    ...common,
    parent: {
      invoice_item_details: item === null ? details : null,
      subscription_item_details: item === null ? null : byItem,
      type: item === null ? 'invoice_item_details' : 'subscription_item_details',
    },
    pricing: {
      price_details: { price: plan.price, product: plan.product },
      type: 'price_details',
      unit_amount_decimal: String(plan.amount),
    },
    taxes:
      tax === 0
        ? []
        : [{ amount: tax, tax_behavior: 'exclusive', taxable_amount: amount - discount, type: 'tax_rate_details' }],
  }
}

export function priceJson(desk: Desk, plan: Plan): Json {
  return {
    id: plan.price,
    object: 'price',
    active: true,
    currency: plan.currency ?? 'usd',
    livemode: desk.livemode,
    product: plan.product,
    recurring: { interval_count: 1 },
    type: 'recurring',
    unit_amount: plan.amount,
  }
}
