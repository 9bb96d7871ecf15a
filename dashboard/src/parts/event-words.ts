import type { HubEvent } from '../api/events.ts'
import { moneyText } from './money.ts'
import { exactTime } from './time.ts'
import { words } from './words.ts'

/** Events as people read them. The types without a name of their own are sent nowhere. */

const NAMES = [
  'initial_purchase',
  'trial_started',
  'trial_converted',
  'trial_cancelled',
  'renewal',
  'cancellation',
  'uncancellation',
  'non_subscription_purchase',
  'subscription_paused',
  'expiration',
  'billing_issue',
  'product_change',
  'TRANSFER',
  'SUBSCRIPTION_EXTENDED',
  'REFUND',
  'REFUND_REVERSED',
] as const

/** For a filter: every kind of event by its plain name. */
export const EVENT_KINDS: readonly { readonly value: string; readonly label: string }[] = NAMES.map((value) => ({
  value,
  label: words(value),
}))

/** For a filter: where a purchase was made. */
export const PURCHASE_STORES = ['app_store', 'play_store', 'amazon', 'stripe', 'promotional'] as const

type Named = Pick<HubEvent, 'name' | 'type'>

/** `Renewal`, `Trial started`, `Refund`. */
export function eventTitle({ name, type }: Named): string {
  return words(name ?? type)
}

/** What moved, or null where nothing did: a cancellation moves nothing, an unknown price is not shown as 0. */
function eventMoney({ money }: Pick<HubEvent, 'money'>): string | null {
  const { gross_micros: micros, currency } = money
  return micros === null || currency === null || micros === 0 ? null : moneyText(micros, currency)
}

/** `Renewal · com.acme.monthly · $9.99`. */
export function eventHeadline(event: HubEvent): string {
  return [eventTitle(event), event.product_id, eventMoney(event)].filter((part) => part !== null).join(' · ')
}

/** The id under which the event names its customer. */
export function customerOf(event: HubEvent): string {
  return event.app_user_id ?? event.transferred_to?.[0] ?? event.original_app_user_id
}

const REASONS: Readonly<Record<string, string>> = {
  UNSUBSCRIBE: 'by choice',
  BILLING_ERROR: 'after a billing error',
  DEVELOPER_INITIATED: 'by you',
  PRICE_INCREASE: 'because of a price increase',
  CUSTOMER_SUPPORT: 'by customer support',
  SUBSCRIPTION_PAUSED: 'because it was paused',
}

/** ` by choice`; nothing where the reason is unknown. */
function because(reason: string | null | undefined): string {
  const text = REASONS[reason ?? '']
  return text === undefined ? '' : ` ${text}`
}

/** `Renewed com.acme.monthly for $9.99`: what the customer did, or what happened to them. */
export function eventSentence(event: HubEvent): string {
  const product = event.product_id
  const money = eventMoney(event)
  const paid = money === null ? '' : ` for ${money}`
  if (event.period_type === 'PROMOTIONAL' || event.store.toLowerCase() === 'promotional')
    return grantSentence(event, event.entitlement_ids?.join(', ') || product)
  switch (event.type) {
    case 'INITIAL_PURCHASE':
      if (event.period_type === 'TRIAL') return `Started a trial of ${product}`
      return `Subscribed to ${product}${paid}${event.period_type === 'INTRO' ? ' at the introductory price' : ''}`
    case 'RENEWAL':
      return event.is_trial_conversion === true
        ? `Became a paying subscriber of ${product}${paid}`
        : `Renewed ${product}${paid}`
    case 'CANCELLATION':
      // How a refund is told where it ended the subscription.
      if ((event.money.gross_micros ?? 0) < 0) return refundSentence(product, money)
      return event.name === 'trial_cancelled'
        ? `Cancelled the trial of ${product}${because(event.cancel_reason)}`
        : `Cancelled ${product}${because(event.cancel_reason)}`
    case 'UNCANCELLATION':
      return `Took back the cancellation of ${product}`
    case 'NON_RENEWING_PURCHASE':
      return `Bought ${product}${paid}`
    case 'SUBSCRIPTION_PAUSED':
      return `Paused ${product}${until(event.auto_resume_at_ms)}`
    case 'EXPIRATION':
      return `Lost ${product}: it expired${because(event.expiration_reason)}`
    case 'BILLING_ISSUE':
      return `Had a billing issue with ${product}${graceOf(event)}`
    case 'PRODUCT_CHANGE':
      return `Changes from ${product} to ${event.new_product_id ?? 'another product'}`
    case 'TRANSFER':
      return `${product} moved from ${namesOf(event.transferred_from)} to ${namesOf(event.transferred_to)}`
    case 'SUBSCRIPTION_EXTENDED':
      return `Was given more time of ${product}${until(event.expiration_at_ms)}`
    case 'REFUND':
      return money === null
        ? `Was refunded for ${product}`
        : `Was refunded ${money.replace(/^[-−]/, '')} for ${product}`
    case 'REFUND_REVERSED':
      return `The refund for ${product} was taken back${paid}`
  }
}

function refundSentence(product: string, money: string | null): string {
  return money === null ? `Was refunded for ${product}` : `Was refunded ${money.replace(/^[-−]/, '')} for ${product}`
}

function grantSentence(event: HubEvent, what: string): string {
  switch (event.type) {
    case 'EXPIRATION':
      return `The grant of ${what} ended`
    case 'CANCELLATION':
    case 'REFUND':
      return `The grant of ${what} was revoked`
    case 'TRANSFER':
      return `The grant of ${what} moved from ${namesOf(event.transferred_from)} to ${namesOf(event.transferred_to)}`
    default:
      return `Was granted ${what}${event.expiration_at_ms === null ? ' for ever' : until(event.expiration_at_ms)}`
  }
}

function until(at: number | null | undefined): string {
  return at === null || at === undefined ? '' : ` until ${exactTime(at)}`
}

function graceOf({ grace_period_expiration_at_ms: at }: HubEvent): string {
  return at === null || at === undefined ? '' : `; keeps access until ${exactTime(at)}`
}

function namesOf(ids: readonly string[] | undefined): string {
  const [first, ...others] = ids ?? []
  if (first === undefined) return 'somebody else'
  return others.length === 0 ? first : `${first} (and ${others.length} more ids)`
}
