import type { App } from '../../domain/project.ts'
import { type Json, textOf } from '../json.ts'
import type { Decoded } from '../store.ts'
import { keptEvent, type StripeEvent } from './event.ts'
import { keyOf, takesActualFees } from './fields.ts'
import { invoiceOf, isFree } from './invoice.ts'
import { idOf } from './json.ts'
import { periodsIn } from './periods.ts'
import { type Sighting, settled, sightingsOfPaid, sightingsOfSubscription, subscriptionSight } from './sighting.ts'

/**
 * A kept event → what it tells alone. Only what needs no other object is told here: which period a cancellation belongs
 * to, whose charge was refunded, what was bought at a checkout, are told by `resolve`.
 * @throws one sentence when a field is missing that the event's own rule needs.
 */
export function decodedOf(body: Buffer, app: App): Decoded {
  const event = keptEvent(body)
  const { type, object } = event
  if (isSubscriptionEvent(type)) return ofSubscription(event, app)
  switch (type) {
    case 'invoice.paid':
      return ofPaid(event, app)
    case 'invoice.payment_failed':
      return ofFailed(event)
    case 'checkout.session.completed':
    case 'checkout.session.async_payment_succeeded':
      return ofSession(event)
    case 'charge.refunded':
    case 'charge.refund.updated':
    case 'refund.created':
    case 'refund.updated':
    case 'refund.failed':
    case 'charge.dispute.created':
    case 'charge.dispute.closed':
    case 'charge.dispute.funds_withdrawn':
    case 'charge.dispute.funds_reinstated':
      return unresolved(paymentIn(object, type))
    case 'credit_note.created':
    case 'credit_note.voided':
      return unresolved(required(idOf(object.invoice), type, 'invoice'))
    case 'subscription_schedule.created':
    case 'subscription_schedule.updated':
    case 'subscription_schedule.released':
    case 'subscription_schedule.canceled':
    case 'subscription_schedule.aborted': {
      const subscription = idOf(object.subscription) ?? textOf(object.released_subscription)
      return subscription === null ? nothing('A schedule that has no subscription yet.') : unresolved(subscription)
    }
    default:
      return withoutPurchase(type)
  }
}

const SUBSCRIPTION_EVENTS: ReadonlySet<string> = new Set(
  ['created', 'updated', 'deleted', 'paused', 'resumed', 'pending_update_applied'].map(
    (word) => `customer.subscription.${word}`,
  ),
)

export function isSubscriptionEvent(type: string): boolean {
  return SUBSCRIPTION_EVENTS.has(type)
}

function ofSubscription(event: StripeEvent, app: App): Decoded {
  const sight = subscriptionSight(event)
  const { id } = sight.subscription
  const { status } = sight.subscription
  if (status === 'incomplete' || status === 'incomplete_expired')
    return nothing('The first payment was not made: nothing was bought yet.')
  const sightings = sightingsOfSubscription(sight, app, event.environment)
  const known = sightings.every(({ wantsChain }) => wantsChain === 'never')
  if (event.unknownVersion || sight.subscription.itemsMissing || !known) return unresolved(id)
  return alone(sightings, app, null) ?? unresolved(id)
}

function ofPaid(event: StripeEvent, app: App): Decoded {
  const invoice = invoiceOf(event.object)
  const { subscription, id, reason } = invoice
  if (subscription === null)
    return nothing('An invoice without a subscription: no purchase of a product is told by it.')
  if (event.unknownVersion || invoice.linesMissing || isFree(invoice)) return unresolved(subscription)
  // The fee that Stripe took no event tells: it is asked for before the charge is told.
  if (takesActualFees(app) && keyOf(app, event.environment) !== null) return unresolved(subscription)
  if (invoice.lines.length === 0) throw new Error(`The invoice ${id} carries no lines, so what it paid for is unknown.`)
  const told = { app, environment: event.environment, version: event.createdAt, own: true }
  const sightings = sightingsOfPaid(invoice, told)
  if (sightings.length === 0) return nothing('This invoice charges for no item of its subscription.')
  if (sightings.some(({ wantsChain }) => wantsChain === 'always')) return unresolved(subscription)
  return alone(sightings, app, reason === 'subscription_create' ? null : id) ?? unresolved(subscription)
}

/** One line whose facts name their periods themselves, or belong to a trial that the same object shows. */
function alone(sightings: readonly Sighting[], app: App, historyFrom: string | null): Decoded | null {
  const [only] = sightings
  if (only === undefined || sightings.length > 1) return null
  const { observation, certain } = settled(only, periodsIn(only.facts), app)
  if (!certain) return null
  const { key } = observation
  return {
    kind: 'observed',
    observation,
    historyOf: historyFrom === null ? null : { key, transactionId: historyFrom },
    links: only.links.map((name) => ({ name, key })),
  }
}

function ofFailed(event: StripeEvent): Decoded {
  const invoice = invoiceOf(event.object)
  if (invoice.subscription === null) return nothing('An invoice without a subscription was not paid.')
  if (invoice.reason === 'subscription_create')
    return nothing('The first payment failed: nothing was bought yet, so there is nothing to tell.')
  return unresolved(invoice.subscription)
}

function ofSession({ object, type }: StripeEvent): Decoded {
  const id = required(textOf(object.id), type, 'id')
  switch (textOf(object.mode)) {
    case 'payment':
      return object.payment_status === 'unpaid'
        ? nothing('The payment of this checkout is still under way: it is told when the money has come.')
        : unresolved(id)
    case 'subscription': {
      const subscription = idOf(object.subscription)
      return subscription === null ? nothing('A checkout without a subscription.') : unresolved(subscription)
    }
    default:
      return nothing('A checkout at which nothing was bought.')
  }
}

/** What finds the purchase of a refund or dispute: the payment intent, where there is one. */
function paymentIn(object: Json, type: string): string {
  const own = type === 'charge.refunded' ? textOf(object.id) : null
  const charge = own ?? idOf(object.charge)
  return required(idOf(object.payment_intent) ?? charge, type, 'charge')
}

function required(value: string | null, type: string, field: string): string {
  if (value === null) throw new Error(`This ${type} carries no ${field}, so its purchase is unknown.`)
  return value
}

function unresolved(subject: string): Decoded {
  return { kind: 'unresolved', subject }
}

function nothing(why: string): Decoded {
  return { kind: 'nothing', why, unknownType: false }
}

/** Known, and no news of a purchase: others tell what they are about. */
const SILENT: Readonly<Record<string, string>> = {
  'invoice.payment_succeeded': 'The twin of invoice.paid, which tells it.',
  'invoice.payment_action_required': 'The customer must confirm the payment: when that fails it is told.',
  'invoice.updated': 'What changed on an invoice is told when it is paid or refunded.',
  'invoice.created': 'An invoice is told when it is paid.',
  'invoice.finalized': 'An invoice is told when it is paid.',
  'invoice.upcoming': 'An invoice is told when it is paid.',
  'invoice.voided': 'Nobody paid this invoice, and nobody will: what ends by it the subscription tells.',
  'invoice.marked_uncollectible': 'Nobody paid this invoice: what ends by it the subscription tells.',
  'customer.subscription.trial_will_end': 'A reminder that a trial ends in three days, or has been cut short.',
  'customer.subscription.pending_update_expired': 'A change that was not paid for in time does not happen.',
  'checkout.session.async_payment_failed': 'The payment of this checkout failed: nothing was bought.',
  'checkout.session.expired': 'This checkout was left: nothing was bought.',
  'subscription_schedule.completed': 'A schedule has come to its end; the subscription tells what it is now.',
  'subscription_schedule.expiring': 'A reminder that a schedule ends.',
}

function withoutPurchase(type: string): Decoded {
  const why = Object.hasOwn(SILENT, type) ? SILENT[type] : undefined
  if (why !== undefined) return nothing(why)
  return {
    kind: 'nothing',
    why: `"${type.slice(0, 100)}" is a type that this version does not know.`,
    unknownType: true,
  }
}
