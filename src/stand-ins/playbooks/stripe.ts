import { DAY, JUST_NOW, type Playbook, type Step, script } from './script.ts'

const MONTHLY = { price: 'price_monthly', product: 'prod_premium', amount: 999, period: 'P1M' }
const YEARLY = { price: 'price_yearly', product: 'prod_premium_year', amount: 5999, period: 'P1Y' }

function subscribe(at: number, more: object = {}): Step {
  return { act: 'subscribe', args: [{ plan: MONTHLY, at, metadata: { app_user_id: 'ana' }, ...more }], on: null }
}

export const stripe: Playbook = {
  store: 'stripe',
  scripts: [
    script('bought-now', 'a subscription of this moment', (now) => [subscribe(now - JUST_NOW)]),
    script('trial-now', 'a free week that begins at this moment', (now) => [
      subscribe(now - JUST_NOW, { trial: 'P7D' }),
    ]),
    script('trial-converted', 'a free week, then two paid months', (now) => [
      subscribe(now - 45 * DAY, { trial: 'P7D' }),
      { act: 'renew' },
      { act: 'renew' },
    ]),
    script('trial-cancelled', 'a free week that is cancelled and ends', (now) => [
      subscribe(now - 8 * DAY, { trial: 'P7D' }),
      { act: 'cancel', args: ['period_end', { at: now - 6 * DAY }] },
      { act: 'expire' },
    ]),
    script('renewed', 'a subscription and a paid renewal', (now) => [subscribe(now - 40 * DAY), { act: 'renew' }]),
    script('cancelled-and-back', 'cancelled in the customer portal, and taken back', (now) => [
      subscribe(now - 10 * DAY),
      { act: 'cancel', args: ['portal', { at: now - 3 * DAY }] },
      { act: 'uncancel', args: [{ at: now - 2 * DAY }] },
    ]),
    script('billing-recovered', 'a payment that fails, and succeeds at the next try', (now) => [
      subscribe(now - 40 * DAY),
      { act: 'failToRenew' },
      { act: 'recover', args: [{ at: now - 6 * DAY }] },
    ]),
    script('billing-expired', 'a payment that fails until Stripe gives up', (now) => [
      subscribe(now - 60 * DAY),
      { act: 'failToRenew' },
      { act: 'giveUp', args: ['canceled', { at: now - 2 * DAY }] },
    ]),
    script('product-change', 'from the month to the year, at once', (now) => [
      subscribe(now - 10 * DAY),
      { act: 'change', args: [YEARLY, 'now', { at: now - DAY }] },
    ]),
    script('refund', 'a payment that is refunded', (now) => [
      subscribe(now - 10 * DAY),
      { act: 'refund', args: [{ at: now - DAY }] },
    ]),
    script('one-time', 'something bought once at Checkout', (now) => [
      {
        act: 'checkout',
        args: [
          {
            at: now - DAY,
            lines: [{ price: 'price_coins', product: 'prod_coins', amount: 199 }],
            metadata: { app_user_id: 'ana' },
          },
        ],
        on: null,
      },
    ]),
  ],
}
