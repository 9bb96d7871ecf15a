import { DAY, type Scene, scene } from './scene.ts'
import type { PlayedStores } from './stores.ts'

const MONTHLY = { price: 'price_monthly', product: 'prod_premium', amount: 999, period: 'P1M' }
const MONTHLY_MICROS = 9_990_000

/** A life with a failed payment and a refund, and something that is bought once. An act of Stripe tells several events. */
export function stripeScenes(stores: PlayedStores, now: number): readonly Scene[] {
  return [...hugo(stores, now), ...ida(stores, now)]
}

function hugo({ stripe, post }: PlayedStores, now: number): readonly Scene[] {
  const s = stripe.subscribe({
    plan: MONTHLY,
    trial: 'P7D',
    at: now - 45 * DAY,
    metadata: { app_user_id: 'hugo' },
  })
  const send = post.stripe
  const month = { revenueMicros: MONTHLY_MICROS }
  return [
    scene('Hugo starts a free trial on the web, with Stripe', () => s.opening.map(send), ['trial_started']),
    scene('Stripe charges his first month', () => s.renew().map(send), ['trial_converted'], month),
    scene('a payment fails', () => s.failToRenew().map(send), ['billing_issue', 'cancellation']),
    scene('Stripe tries again, and it succeeds', () => s.recover({ at: now - 5 * DAY }).map(send), ['renewal'], month),
    scene('Hugo gets the month back', () => s.refund({ at: now - 2 * DAY }).map(send), ['cancellation'], {
      revenueMicros: -MONTHLY_MICROS,
    }),
  ]
}

function ida({ stripe, post }: PlayedStores, now: number): readonly Scene[] {
  const checkout = () =>
    stripe.checkout({
      at: now - DAY,
      lines: [{ price: 'price_hat', product: 'prod_hat', amount: 500 }],
      metadata: { app_user_id: 'ida' },
    })
  return [
    scene('Ida buys a hat at Checkout', () => checkout().opening.map(post.stripe), ['non_subscription_purchase'], {
      revenueMicros: 5_000_000,
    }),
  ]
}
