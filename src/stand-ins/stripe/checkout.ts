import { type Desk, seconds } from './desk.ts'
import type { Json, SimulatedEvent } from './event.ts'
import { priceJson } from './invoice.ts'
import type { At } from './life.ts'
import { type RefundActs, refundActs } from './refunds.ts'

export interface CheckoutOptions extends At {
  readonly lines: readonly {
    readonly price: string
    readonly product: string
    readonly amount: number
    readonly quantity?: number
  }[]
  readonly currency?: string
  readonly metadata?: Json
  readonly clientReferenceId?: string
  readonly customer?: string
  readonly country?: string
  readonly shipping?: number
  /** The money comes days later (a bank debit). */
  readonly async?: boolean
}

/** A Checkout session at which something is bought once. */
export interface SimulatedCheckout extends RefundActs {
  readonly id: string
  readonly paymentIntent: string
  /** checkout.session.completed. */
  readonly opening: readonly SimulatedEvent[]
  /** The money of an asynchronous payment comes, or does not. */
  settle(outcome: 'succeeded' | 'failed', act?: At): readonly SimulatedEvent[]
}

export function createCheckout(desk: Desk, options: CheckoutOptions): SimulatedCheckout {
  const at = options.at ?? desk.now()
  const [id, paymentIntent, charge] = [desk.nextId('cs'), desk.nextId('pi'), desk.nextId('ch')]
  const currency = options.currency ?? 'usd'
  const lines = options.lines.map(({ price, product, amount, quantity = 1 }) => ({
    id: desk.nextId('li'),
    object: 'item',
    amount_discount: 0,
    amount_subtotal: amount * quantity,
    amount_tax: 0,
    amount_total: amount * quantity,
    currency,
    description: product,
    price: priceJson(desk, { price, product, amount, currency, period: 'P1M' }),
    quantity,
  }))
  const total = lines.reduce((sum, line) => sum + line.amount_total, options.shipping ?? 0)
  const session = (paid: boolean): Json => ({
    id,
    object: 'checkout.session',
    amount_subtotal: total,
    amount_total: total,
    client_reference_id: options.clientReferenceId ?? null,
    created: seconds(at),
    currency,
    customer: options.customer ?? null,
    customer_details: { address: { country: options.country ?? 'US' }, email: null },
    discounts: [],
    invoice: null,
    livemode: desk.livemode,
    metadata: options.metadata ?? {},
    mode: 'payment',
    payment_intent: paymentIntent,
    payment_status: paid ? 'paid' : 'unpaid',
    status: 'complete',
    subscription: null,
  })
  const settle = (paid: boolean, when: number): void => {
    desk.shelf.sessions.set(id, () => session(paid))
    if (!paid) return
    const amounts = { amount: total, amount_refunded: 0, refunded: false }
    const common = { id: charge, object: 'charge', created: seconds(when), currency, livemode: desk.livemode }
    desk.shelf.charges.set(charge, () => ({
      ...common,
      ...amounts,
      payment_intent: paymentIntent,
      status: 'succeeded',
    }))
  }
  desk.shelf.sessionLines.set(id, lines)
  settle(options.async !== true, at)
  return {
    id,
    paymentIntent,
    opening: [desk.tell('checkout.session.completed', at, session(options.async !== true))],
    settle: (outcome, { at: when = desk.now() } = {}) => {
      settle(outcome === 'succeeded', when)
      return [desk.tell(`checkout.session.async_payment_${outcome}`, when, session(outcome === 'succeeded'))]
    },
    ...refundActs(desk, () => charge),
  }
}
