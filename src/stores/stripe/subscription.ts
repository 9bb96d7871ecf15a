import { isJson, type Json, textOf } from '../json.ts'
import { idOf, listOf, partOf, timeOf } from './json.ts'

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
  /** A trial of this item alone, while it lasts. */
  readonly trial: Trial | null
}

export interface Trial {
  readonly start: number
  readonly end: number
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
  /** The trial of all items; it stays when it is over. */
  readonly trial: Trial | null
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
    trial: trialIn(json.trial_start, json.trial_end),
    cancels: json.cancel_at_period_end === true || timeOf(json.cancel_at) !== null,
    canceledAt: timeOf(json.canceled_at),
    endedAt: timeOf(json.ended_at),
    cancelReason: textOf(partOf(json, 'cancellation_details')?.reason),
    latestInvoice: idOf(json.latest_invoice),
  }
}

function trialIn(start: unknown, end: unknown): Trial | null {
  const [from, until] = [timeOf(start), timeOf(end)]
  return from === null || until === null || until <= from ? null : { start: from, end: until }
}

/** The trial that an item is in or was: its own, or that of all. One that was over before it was added is none of its. */
export function trialOf(subscription: Subscription, item: Item): Trial | null {
  const trial = item.trial ?? subscription.trial
  return trial === null || (item.createdAt !== null && item.createdAt >= trial.end) ? null : trial
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
      trial: trialIn(partOf(item, 'current_trial')?.start_date, partOf(item, 'current_trial')?.end_date),
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
