import express, { type Express } from 'express'
import Stripe from 'stripe'
import type { RelayEvent } from './event.ts'
import type { Enqueue } from './queue.ts'

export function stripeRoute(
  app: Express,
  { key, secret, enqueue }: { key: string; secret: string; enqueue: Enqueue },
): void {
  const stripe = new Stripe(key)
  app.post('/stripe', express.raw({ type: 'application/json', limit: '256kb' }), async (request, response) => {
    let told: Stripe.Event
    try {
      told = stripe.webhooks.constructEvent(request.body, request.headers['stripe-signature'] ?? '', secret)
    } catch (error) {
      response.status(400).send(String(error))
      return
    }
    try {
      const event = eventOf(told)
      if (event !== null) await enqueue(event)
      response.status(200).end()
    } catch (error) {
      response.status(500).send(String(error))
    }
  })
}

/** null: nothing to tell. No state is kept and nothing is asked: the event alone decides. */
function eventOf(told: Stripe.Event): RelayEvent | null {
  switch (told.type) {
    case 'invoice.paid':
      return ofInvoice(told, told.data.object, true)
    case 'invoice.payment_failed':
      return ofInvoice(told, told.data.object, false)
    case 'customer.subscription.created':
    case 'customer.subscription.updated':
    case 'customer.subscription.deleted':
      return ofSubscription(told)
    default:
      return null
  }
}

function ofInvoice(told: Stripe.Event, invoice: Stripe.Invoice, paid: boolean): RelayEvent | null {
  const details = invoice.parent?.subscription_details
  // The line of the cycle, not what an update gives back.
  const line = invoice.lines.data.find(({ parent }) => parent?.subscription_item_details?.proration === false)
  const name = paid
    ? nameOfPaid(invoice)
    : invoice.billing_reason === 'subscription_cycle'
      ? 'rc_billing_issue_event'
      : null
  if (details == null || line === undefined || name === null) return null
  return {
    id: told.id,
    name,
    userId: details.metadata?.app_user_id ?? idOf(invoice.customer) ?? '',
    at: (invoice.status_transitions.paid_at ?? told.created) * 1000,
    properties: {
      event_id: told.id,
      product_id: idOf(line.pricing?.price_details?.product) ?? null,
      store: 'STRIPE',
      environment: told.livemode ? 'PRODUCTION' : 'SANDBOX',
      transaction_id: invoice.id ?? null,
      original_transaction_id: idOf(details.subscription),
      purchased_at: line.period.start,
      expires_at: line.period.end,
      country_code: invoice.customer_address?.country ?? null,
      revenue: paid ? invoice.amount_paid / 100 : 0,
      currency: invoice.currency.toUpperCase(),
    },
  }
}

/** The invoice of a trial costs nothing: the subscription tells of it. */
function nameOfPaid({ billing_reason, amount_paid }: Stripe.Invoice): string | null {
  if (amount_paid === 0) return null
  switch (billing_reason) {
    case 'subscription_create':
      return 'rc_initial_purchase_event'
    case 'subscription_cycle':
      return 'rc_renewal_event'
    default:
      return null
  }
}

function ofSubscription(
  told:
    | Stripe.CustomerSubscriptionCreatedEvent
    | Stripe.CustomerSubscriptionUpdatedEvent
    | Stripe.CustomerSubscriptionDeletedEvent,
): RelayEvent | null {
  const subscription = told.data.object
  const item = subscription.items.data[0]
  const name = nameOfChange(told)
  if (name === null || item === undefined) return null
  return {
    id: told.id,
    name,
    userId: subscription.metadata.app_user_id ?? idOf(subscription.customer) ?? '',
    at: told.created * 1000,
    properties: {
      event_id: told.id,
      product_id: idOf(item.price.product),
      store: 'STRIPE',
      environment: told.livemode ? 'PRODUCTION' : 'SANDBOX',
      transaction_id: idOf(subscription.latest_invoice),
      original_transaction_id: subscription.id,
      purchased_at: item.current_period_start,
      expires_at: item.current_period_end,
      country_code: null,
      revenue: 0,
      currency: subscription.currency.toUpperCase(),
    },
  }
}

function nameOfChange(told: Stripe.Event): string | null {
  switch (told.type) {
    case 'customer.subscription.created':
      return told.data.object.status === 'trialing' ? 'rc_trial_started_event' : null
    case 'customer.subscription.updated': {
      const before = told.data.previous_attributes?.cancel_at_period_end
      const now = told.data.object.cancel_at_period_end
      if (before === undefined || before === now) return null
      return now ? 'rc_cancellation_event' : 'rc_uncancellation_event'
    }
    case 'customer.subscription.deleted':
      return 'rc_expiration_event'
    default:
      return null
  }
}

function idOf(value: string | { readonly id?: string } | null | undefined): string | null {
  return typeof value === 'string' ? value : (value?.id ?? null)
}
