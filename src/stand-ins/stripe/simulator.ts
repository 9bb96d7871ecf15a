import { type CheckoutOptions, createCheckout, type SimulatedCheckout } from './checkout.ts'
import { createDesk, type Desk, type Shelf, type SimulatedStripeOptions, seconds } from './desk.ts'
import type { Json, SimulatedEvent } from './event.ts'
import { invoiceJson, type SimulatedInvoice } from './invoice.ts'
import { type At, type ChangeActs, changeActs, type LifeActs, lifeActs } from './life.ts'
import { addPeriods, type Plan } from './plan.ts'
import { type RefundActs, refundActs } from './refunds.ts'
import { cycleLines, draftInvoice, moved, pay, type SubscriptionState, subscriptionJson } from './subscription.ts'

export interface SubscribeOptions extends At {
  readonly plan: Plan
  /** More products on the same subscription. */
  readonly addOns?: readonly Plan[]
  readonly quantity?: number
  /** An ISO 8601 duration. */
  readonly trial?: string
  readonly metadata?: Json
  readonly customer?: string
  readonly country?: string
  readonly percentOff?: number
  readonly taxPercent?: number
  /** The first payment fails: the subscription stays incomplete. */
  readonly incomplete?: boolean
}

export interface SimulatedSubscription extends LifeActs, ChangeActs, RefundActs {
  readonly id: string
  readonly state: SubscriptionState
  /** created; then the first invoice is paid and, without a trial, the subscription becomes active. */
  readonly opening: readonly SimulatedEvent[]
  readonly latestInvoice: SimulatedInvoice
  /** Another plan from the next cycle on, by a schedule. */
  schedule(plan: Plan, act?: At): readonly SimulatedEvent[]
  release(act?: At): readonly SimulatedEvent[]
  /** Nobody completes the first payment within a day. */
  expireIncomplete(): readonly SimulatedEvent[]
  /** The Checkout session at which it was bought. */
  checkedOut(of: { readonly clientReferenceId?: string; readonly metadata?: Json }, act?: At): readonly SimulatedEvent[]
}

/** A Stripe account in one mode. */
export interface SimulatedStripe {
  readonly livemode: boolean
  readonly environment: 'production' | 'sandbox'
  readonly secret: string
  readonly shelf: Shelf
  /** Everything told so far, oldest first. */
  readonly events: readonly SimulatedEvent[]
  subscribe(options: SubscribeOptions): SimulatedSubscription
  checkout(options: CheckoutOptions): SimulatedCheckout
  /** Any event, for types that nobody has thought of. */
  tell(type: string, object: Json, act?: At): SimulatedEvent
  /** A page of an invoice's lines, as the API lists them. */
  linesOf(invoice: string): readonly Json[]
}

export function createSimulatedStripe(options: SimulatedStripeOptions = {}): SimulatedStripe {
  const desk = createDesk(options)
  const lines = new Map<string, SimulatedSubscription>()
  return {
    livemode: desk.livemode,
    environment: desk.livemode ? 'production' : 'sandbox',
    secret: desk.secret,
    shelf: desk.shelf,
    events: desk.events,
    subscribe: (of) => {
      const subscription = createSubscription(desk, of)
      lines.set(subscription.id, subscription)
      return subscription
    },
    checkout: (of) => createCheckout(desk, of),
    tell: (type, object, { at = desk.now() } = {}) => desk.tell(type, at, object),
    linesOf: (id) => {
      const invoices = [...lines.values()].flatMap(({ state }) => state.invoices)
      const invoice = invoices.find((one) => one.id === id)
      if (invoice === undefined) return []
      return (invoiceJson(desk, invoice, 1_000).lines as { data: readonly Json[] }).data
    },
  }
}

function createSubscription(desk: Desk, options: SubscribeOptions): SimulatedSubscription {
  const state = beginState(desk, options)
  desk.shelf.subscriptions.set(state.id, () => subscriptionJson(desk, state))
  for (const { plan } of state.items) keepPrice(desk, plan)
  const plans: { next: Plan | null } = { next: null }
  const opening = openingOf(desk, state, options)
  const newestCharge = (): string => state.invoices.findLast(({ status }) => status === 'paid')?.charge ?? ''
  return {
    id: state.id,
    state,
    opening,
    get latestInvoice() {
      return state.invoices.at(-1) as SimulatedInvoice
    },
    ...lifeActs(desk, state, () => {
      const [item] = state.items
      if (plans.next !== null && item !== undefined) item.plan = plans.next
      plans.next = null
    }),
    ...changeActs(desk, state),
    ...refundActs(desk, newestCharge),
    schedule: (plan, { at = desk.now() } = {}) => {
      keepPrice(desk, plan)
      plans.next = plan
      state.schedule ??= desk.nextId('sub_sched')
      return [desk.tell('subscription_schedule.updated', at, scheduleJson(desk, state, plan, 'active'))]
    },
    release: ({ at = desk.now() } = {}) => {
      plans.next = null
      return [desk.tell('subscription_schedule.released', at, scheduleJson(desk, state, null, 'released'))]
    },
    expireIncomplete: () => {
      const at = state.createdAt + 23 * 3_600_000
      const invoice = state.invoices.at(-1)
      if (invoice !== undefined) invoice.status = 'void'
      return [moved(desk, state, at, { status: 'incomplete_expired', endedAt: at })]
    },
    checkedOut: ({ clientReferenceId, metadata }, { at = state.createdAt } = {}) => {
      const session: Json = {
        id: desk.nextId('cs'),
        object: 'checkout.session',
        client_reference_id: clientReferenceId ?? null,
        created: seconds(at),
        customer: state.customer,
        livemode: desk.livemode,
        metadata: metadata ?? {},
        mode: 'subscription',
        payment_status: 'paid',
        subscription: state.id,
      }
      desk.shelf.sessions.set(String(session.id), () => session)
      return [desk.tell('checkout.session.completed', at, session)]
    },
  }
}

function beginState(desk: Desk, options: SubscribeOptions): SubscriptionState {
  const at = options.at ?? desk.now()
  const { plan, addOns = [], quantity = 1, trial } = options
  const end = addPeriods(at, trial ?? plan.period, 1)
  const item = (one: Plan, count: number) => ({ id: desk.nextId('si'), plan: one, quantity: count, createdAt: at })
  return {
    id: desk.nextId('sub'),
    customer: options.customer ?? desk.nextId('cus'),
    metadata: options.metadata ?? {},
    country: options.country ?? 'US',
    currency: plan.currency ?? 'usd',
    createdAt: at,
    invoices: [],
    items: [item(plan, quantity), ...addOns.map((one) => item(one, 1))],
    status: trial === undefined ? 'incomplete' : 'trialing',
    anchor: trial === undefined ? at : end,
    cycles: trial === undefined ? 1 : 0,
    periodStart: at,
    periodEnd: end,
    trialStart: trial === undefined ? null : at,
    trialEnd: trial === undefined ? null : end,
    cancelAt: null,
    cancelAtPeriodEnd: false,
    canceledAt: null,
    endedAt: null,
    reason: null,
    credit: 0,
    schedule: null,
    percentOff: options.percentOff ?? 0,
    taxPercent: options.taxPercent ?? 0,
  }
}

function openingOf(desk: Desk, state: SubscriptionState, options: SubscribeOptions): readonly SimulatedEvent[] {
  const { createdAt: at, periodStart, periodEnd } = state
  const trial = state.trialEnd !== null
  const lines = cycleLines(desk, state, periodStart, periodEnd, trial)
  const invoice = draftInvoice(desk, state, 'subscription_create', at, lines)
  const created = desk.tell('customer.subscription.created', at, subscriptionJson(desk, state))
  if (options.incomplete === true) {
    Object.assign(invoice, { status: 'open', attempts: 1 })
    return [created, desk.tell('invoice.payment_failed', at + 2_000, invoiceJson(desk, invoice))]
  }
  const paid = pay(desk, invoice, at + 2_000)
  return trial ? [created, paid] : [created, paid, moved(desk, state, at + 2_000, { status: 'active' })]
}

function keepPrice(desk: Desk, plan: Plan): void {
  const { price, product, amount, currency = 'usd' } = plan
  const json = {
    id: price,
    object: 'price',
    active: true,
    currency,
    livemode: desk.livemode,
    product,
    unit_amount: amount,
  }
  desk.shelf.prices.set(price, json)
}

function scheduleJson(desk: Desk, state: SubscriptionState, next: Plan | null, status: string): Json {
  const phase = (price: string, start: number, end: number): Json => ({
    start_date: seconds(start),
    end_date: seconds(end),
    items: [{ price, quantity: 1 }],
  })
  const { periodStart, periodEnd, items } = state
  const now = phase(items[0]?.plan.price ?? '', periodStart, periodEnd)
  const then = next === null ? [] : [phase(next.price, periodEnd, addPeriods(periodEnd, next.period, 1))]
  return {
    id: state.schedule,
    object: 'subscription_schedule',
    current_phase: status === 'active' ? { start_date: now.start_date, end_date: now.end_date } : null,
    customer: state.customer,
    livemode: desk.livemode,
    phases: [now, ...then],
    released_subscription: status === 'released' ? state.id : null,
    status,
    subscription: status === 'released' ? null : state.id,
  }
}
