import type { EventName } from './event.ts'

/** What people call the events. */
export const EVENT_LABELS: Readonly<Record<EventName, string>> = {
  initial_purchase: 'Initial purchase',
  trial_started: 'Trial started',
  trial_converted: 'Trial converted',
  trial_cancelled: 'Trial cancelled',
  renewal: 'Renewal',
  cancellation: 'Cancellation',
  uncancellation: 'Uncancellation',
  non_subscription_purchase: 'Non-subscription purchase',
  subscription_paused: 'Subscription paused',
  expiration: 'Expiration',
  billing_issue: 'Billing issue',
  product_change: 'Product change',
}
