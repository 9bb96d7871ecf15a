import { type Desk, seconds } from './desk.ts'
import { differences, type Json, type SimulatedEvent } from './event.ts'
import { dueOf, invoiceJson, priceJson, type SimulatedInvoice, type SimulatedLine, totalOf } from './invoice.ts'
import { addPeriods, type Plan } from './plan.ts'

export interface SimulatedItem {
  readonly id: string
  plan: Plan
  quantity: number
  readonly createdAt: number
}

/** A subscription as Stripe has it now. Times in milliseconds. */
export interface SubscriptionState {
  readonly id: string
  readonly customer: string
  readonly metadata: Json
  readonly country: string
  readonly currency: string
  readonly createdAt: number
  readonly invoices: SimulatedInvoice[]
  items: SimulatedItem[]
  status: string
  anchor: number
  /** How many cycles lie behind the anchor. */
  cycles: number
  periodStart: number
  periodEnd: number
  trialStart: number | null
  trialEnd: number | null
  cancelAt: number | null
  cancelAtPeriodEnd: boolean
  canceledAt: number | null
  endedAt: number | null
  reason: string | null
  /** What the customer's balance has to give, minor units. */
  credit: number
  schedule: string | null
  percentOff: number
  taxPercent: number
}

export function subscriptionJson(desk: Desk, state: SubscriptionState): Json {
  const cycle = { current_period_end: seconds(state.periodEnd), current_period_start: seconds(state.periodStart) }
  const orNull = (time: number | null): number | null => (time === null ? null : seconds(time))
  return {
    id: state.id,
    object: 'subscription',
    billing_cycle_anchor: seconds(state.anchor),
    billing_mode: { type: desk.oldShape ? 'classic' : 'flexible' },
    cancel_at: orNull(state.cancelAt),
    cancel_at_period_end: state.cancelAtPeriodEnd,
    canceled_at: orNull(state.canceledAt),
    cancellation_details: { comment: null, feedback: null, reason: state.reason },
    collection_method: 'charge_automatically',
    created: seconds(state.createdAt),
    currency: state.currency,
    ...(desk.oldShape ? cycle : {}),
    customer: state.customer,
    discounts: [],
    ended_at: orNull(state.endedAt),
    items: {
      object: 'list',
      data: state.items.map((item) => ({
        id: item.id,
        object: 'subscription_item',
        created: seconds(item.createdAt),
        ...(desk.oldShape ? {} : cycle),
        discounts: [],
        metadata: {},
        price: priceJson(desk, item.plan),
        quantity: item.quantity,
        subscription: state.id,
      })),
      has_more: false,
      total_count: state.items.length,
      url: `/v1/subscription_items?subscription=${state.id}`,
    },
    latest_invoice: state.invoices.at(-1)?.id ?? null,
    livemode: desk.livemode,
    metadata: state.metadata,
    pause_collection: null,
    schedule: state.schedule,
    start_date: seconds(state.createdAt),
    status: state.status,
    trial_end: orNull(state.trialEnd),
    trial_start: orNull(state.trialStart),
  }
}

/** Moves a subscription and tells what changed, as `customer.subscription.updated` or another type. */
export function moved(
  desk: Desk,
  state: SubscriptionState,
  at: number,
  change: Partial<SubscriptionState> | (() => void),
  type = 'customer.subscription.updated',
): SimulatedEvent {
  const before = subscriptionJson(desk, state)
  if (typeof change === 'function') change()
  else Object.assign(state, change)
  const after = subscriptionJson(desk, state)
  return desk.tell(type, at, after, type.endsWith('.updated') ? differences(before, after) : null)
}

/** What one cycle costs, item by item; nothing in a trial. */
export function cycleLines(
  desk: Desk,
  state: SubscriptionState,
  start: number,
  end: number,
  trial = false,
): SimulatedLine[] {
  return state.items.map(({ id, plan, quantity }) => {
    const amount = trial ? 0 : plan.amount * quantity
    const discount = Math.round((amount * state.percentOff) / 100)
    return {
      id: desk.nextId('il'),
      item: id,
      plan,
      amount,
      quantity,
      proration: false,
      start,
      end,
      discount,
      tax: Math.round(((amount - discount) * state.taxPercent) / 100),
      description: trial ? `Trial period for ${plan.product}` : `${quantity} × ${plan.product}`,
    }
  })
}

export function draftInvoice(
  desk: Desk,
  state: SubscriptionState,
  reason: string,
  at: number,
  lines: readonly SimulatedLine[],
): SimulatedInvoice {
  const invoice: SimulatedInvoice = {
    id: desk.nextId('in'),
    subscription: state.id,
    customer: state.customer,
    metadata: state.metadata,
    reason,
    currency: state.currency,
    lines,
    createdAt: at,
    country: state.country,
    credit: Math.min(state.credit, Math.max(0, totalOf(lines))),
    paymentIntent: desk.nextId('pi'),
    charge: desk.nextId('ch'),
    status: 'draft',
    paidAt: null,
    attempts: 0,
  }
  state.credit += Math.max(0, -totalOf(lines)) - invoice.credit
  state.invoices.push(invoice)
  desk.shelf.invoices.set(invoice.id, () => invoiceJson(desk, invoice))
  return invoice
}

/** The money comes: the charge and its link to the invoice are on the shelf from now on. */
export function pay(desk: Desk, invoice: SimulatedInvoice, at: number): SimulatedEvent {
  Object.assign(invoice, { status: 'paid', paidAt: at, attempts: invoice.attempts + 1 })
  const amount = dueOf(invoice)
  if (amount > 0) {
    const { charge, paymentIntent, currency, customer } = invoice
    desk.shelf.charges.set(charge, () => ({
      id: charge,
      object: 'charge',
      amount,
      amount_refunded: 0,
      created: seconds(at),
      currency,
      customer,
      livemode: desk.livemode,
      paid: true,
      payment_intent: paymentIntent,
      refunded: false,
      status: 'succeeded',
      ...(desk.oldShape ? { invoice: invoice.id } : {}),
    }))
    desk.shelf.invoicePayments.push({
      id: desk.nextId('inpay'),
      object: 'invoice_payment',
      amount_paid: amount,
      amount_requested: amount,
      created: seconds(at),
      currency,
      invoice: invoice.id,
      is_default: true,
      livemode: desk.livemode,
      payment: { payment_intent: paymentIntent, type: 'payment_intent' },
      status: 'paid',
    })
  }
  return desk.tell('invoice.paid', at, invoiceJson(desk, invoice))
}

/** The next cycle's dates. */
export function nextCycle(state: SubscriptionState): { readonly start: number; readonly end: number } {
  const period = state.items[0]?.plan.period ?? 'P1M'
  return { start: state.periodEnd, end: addPeriods(state.anchor, period, state.cycles + 1) }
}
