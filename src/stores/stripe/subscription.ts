import { idOf, isJson, type Json, listOf, partOf, textOf, timeOf } from './json.ts'

/** One product of a subscription: a line of its own. */
export interface Item {
  readonly id: string
  readonly productId: string | null
  readonly priceId: string | null
  /** The cycle that it is in; of the whole subscription before version 2025-03-31. */
  readonly periodStart: number | null
  readonly periodEnd: number | null
  readonly currency: string | null
  readonly createdAt: number | null
}

/** A subscription as one object shows it. Times in milliseconds. https://docs.stripe.com/api/subscriptions/object */
export interface Subscription {
  readonly id: string
  readonly status: string
  readonly customer: string | null
  readonly metadata: Json
  readonly items: readonly Item[]
  /** Not all items are here. */
  readonly itemsMissing: boolean
  readonly startedAt: number | null
  readonly trialStart: number | null
  readonly trialEnd: number | null
  /** It will not renew. The customer portal sets only `cancel_at` where billing is flexible. */
  readonly cancels: boolean
  /** When somebody said so; of a subscription that has ended, too. */
  readonly canceledAt: number | null
  readonly endedAt: number | null
  /** `cancellation_details.reason`. */
  readonly cancelReason: string | null
  readonly latestInvoice: string | null
}

/** @throws one sentence when it has no id or status. */
export function subscriptionOf(json: Json): Subscription {
  const [id, status] = [textOf(json.id), textOf(json.status)]
  if (id === null || status === null) throw new Error('The subscription in this event carries no id or status.')
  const items = listOf(json.items)
  return {
    id,
    status,
    customer: idOf(json.customer),
    metadata: partOf(json, 'metadata') ?? {},
    items: items.items.flatMap((item) => itemOf(item, json)),
    itemsMissing: items.hasMore,
    startedAt: timeOf(json.start_date) ?? timeOf(json.created),
    trialStart: timeOf(json.trial_start),
    trialEnd: timeOf(json.trial_end),
    cancels: json.cancel_at_period_end === true || timeOf(json.cancel_at) !== null,
    canceledAt: timeOf(json.canceled_at),
    endedAt: timeOf(json.ended_at),
    cancelReason: textOf(partOf(json, 'cancellation_details')?.reason),
    latestInvoice: idOf(json.latest_invoice),
  }
}

function itemOf(item: Json, subscription: Json): readonly Item[] {
  const id = textOf(item.id)
  if (id === null) return []
  const price = partOf(item, 'price') ?? partOf(item, 'plan')
  return [
    {
      id,
      productId: idOf(price?.product),
      priceId: idOf(price) ?? idOf(item.price),
      periodStart: timeOf(item.current_period_start) ?? timeOf(subscription.current_period_start),
      periodEnd: timeOf(item.current_period_end) ?? timeOf(subscription.current_period_end),
      currency: textOf(price?.currency) ?? textOf(subscription.currency),
      createdAt: timeOf(item.created),
    },
  ]
}

/** What an update says of before. A field that did not change is absent, one that was empty is null. */
export interface Before {
  readonly status: string | null
  /** Whether it was to be cancelled; null when that did not change. */
  readonly cancels: boolean | null
  /** The end of the trial; null when that did not move. */
  readonly trialEnd: number | null
  /** The items as they were; null when none changed. */
  readonly items: readonly Item[] | null
}

const CANCEL_FIELDS = ['cancel_at', 'cancel_at_period_end'] as const

export function beforeOf(previous: Json | null, now: Json): Before | null {
  if (previous === null) return null
  const merged = { ...now, ...previous }
  const touched = CANCEL_FIELDS.some((field) => field in previous)
  return {
    status: textOf(previous.status),
    cancels: touched ? merged.cancel_at_period_end === true || timeOf(merged.cancel_at) !== null : null,
    trialEnd: timeOf(previous.trial_end),
    items: isJson(previous.items) ? listOf(previous.items).items.flatMap((item) => itemOf(item, now)) : null,
  }
}

/** Charging has failed, and nobody has paid since. */
export function isFailing(subscription: Subscription): boolean {
  const { status, cancelReason } = subscription
  return status === 'past_due' || status === 'unpaid' || (status === 'canceled' && cancelReason === 'payment_failed')
}
