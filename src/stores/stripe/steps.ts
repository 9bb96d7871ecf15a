/** https://docs.stripe.com/webhooks and https://docs.stripe.com/keys/restricted-api-keys */
export const STRIPE_STEPS: readonly string[] = [
  'In Stripe open Developers → API keys → Create restricted key and give it read access to Subscriptions, Invoices, Products and Prices, Charges and Refunds, PaymentIntents, Disputes, Checkout Sessions and Events, and nothing else; copy it into the form, and the same of test mode as the sandbox key.',
  'Open Workbench → Webhooks → Add destination → Your account, choose the payload style Snapshot, and enter {url} as endpoint URL.',
  'Choose the events of Checkout sessions, subscriptions, invoices, charges and refunds, disputes, credit notes and subscription schedules; more do no harm.',
  'Reveal the signing secret of the destination and copy it into the form; test mode has a destination and a secret of its own, and both go into the list.',
  'Write your app user ID into metadata[app_user_id] of each subscription (with Checkout also into subscription_data[metadata][app_user_id]), or say in the form where else it is.',
  'Or leave the webhooks as they are and choose “The hub asks”: the hub then reads Stripe’s list of events with the key.',
  'Send a test event from the Workbench; it shows as the last notification of the app.',
]
