import { DAY, JUST_NOW, type Playbook, type Step, script } from './script.ts'

const MONTHLY = { product: 'gold', basePlan: 'monthly', price: 9.99, period: 'P1M' }
const YEARLY = { product: 'gold', basePlan: 'yearly', price: 59.99, period: 'P1Y' }

function subscribe(at: number, more: object = {}): Step {
  return { act: 'subscribe', args: [{ ...MONTHLY, at, ...more }], on: null }
}

export const playStore: Playbook = {
  store: 'play_store',
  scripts: [
    script('bought-now', 'a purchase of this moment', (now) => [subscribe(now - JUST_NOW)]),
    script('trial-now', 'a free week that begins at this moment', (now) => [
      subscribe(now - JUST_NOW, { trial: 'P1W' }),
    ]),
    script('trial-converted', 'a free week, then two paid months', (now) => [
      subscribe(now - 45 * DAY, { trial: 'P1W' }),
      { act: 'renew' },
      { act: 'renew' },
    ]),
    script('trial-cancelled', 'a free week that is cancelled and ends', (now) => [
      subscribe(now - 8 * DAY, { trial: 'P1W' }),
      { act: 'cancel', args: [{ at: now - 6 * DAY }] },
      { act: 'expire' },
    ]),
    script('renewed', 'a purchase and a renewal', (now) => [subscribe(now - 40 * DAY), { act: 'renew' }]),
    script('cancelled-and-back', 'cancelled, and restored', (now) => [
      subscribe(now - 10 * DAY),
      { act: 'cancel', args: [{ at: now - 3 * DAY }] },
      { act: 'restart', args: [{ at: now - 2 * DAY }] },
    ]),
    script('billing-recovered', 'a refused card, a week of grace, paid in it', (now) => [
      subscribe(now - 40 * DAY),
      { act: 'grace', args: [{ days: 7 }] },
      { act: 'recover' },
    ]),
    script('billing-expired', 'a refused card, grace, and hold', (now) => [
      subscribe(now - 60 * DAY),
      { act: 'grace', args: [{ days: 7 }] },
      { act: 'hold' },
    ]),
    script('paused', 'a pause that is planned, begins and ends', (now) => [
      subscribe(now - 60 * DAY),
      { act: 'schedulePause', args: [{ at: now - 50 * DAY }] },
      { act: 'pause', args: [{ until: now - 10 * DAY }] },
      { act: 'recover' },
    ]),
    script('product-change', 'an upgrade from the month to the year, under a token of its own', (now) => [
      subscribe(now - 10 * DAY),
      { act: 'change', args: [YEARLY, { at: now - DAY }] },
    ]),
    script('bought-again', 'cancelled and ended, then bought again in the Play Store', (now) => [
      subscribe(now - 50 * DAY, { owner: 'anna' }),
      { act: 'cancel', args: [{ at: now - 40 * DAY }] },
      { act: 'expire' },
      { act: 'resubscribe', args: [MONTHLY, { at: now - 2 * DAY }] },
    ]),
    script('refund', 'a purchase that is refunded and revoked', (now) => [
      subscribe(now - 10 * DAY),
      { act: 'revoke', args: [{ at: now - DAY }] },
    ]),
    script('one-time', 'a consumable', (now) => [
      { act: 'buy', args: [{ product: 'coins', price: 1.99, at: now - 60_000 }], on: null },
    ]),
  ],
}
