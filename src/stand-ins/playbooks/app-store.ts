import { DAY, JUST_NOW, type Playbook, type Step, script } from './script.ts'

const MONTHLY = { product: 'com.acme.monthly', price: 9.99, period: 'P1M' }
const YEARLY = { product: 'com.acme.yearly', price: 59.99, period: 'P1Y' }

function subscribe(at: number, more: object = {}): Step {
  return { act: 'subscribe', args: [{ ...MONTHLY, at, ...more }], on: null }
}

export const appStore: Playbook = {
  store: 'app_store',
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
      { act: 'expire', args: ['voluntary'] },
    ]),
    script('renewed', 'a purchase and a renewal', (now) => [subscribe(now - 40 * DAY), { act: 'renew' }]),
    script('cancelled-and-back', 'cancelled, and switched on again', (now) => [
      subscribe(now - 10 * DAY),
      { act: 'cancel', args: [{ at: now - 3 * DAY }] },
      { act: 'uncancel', args: [{ at: now - 2 * DAY }] },
    ]),
    script('billing-recovered', 'a refused card, sixteen days of grace, recovered in it', (now) => [
      subscribe(now - 40 * DAY),
      { act: 'failToRenew', args: [{ grace: 'P16D' }] },
      { act: 'recover' },
    ]),
    script('billing-expired', 'a refused card, grace, and the end', (now) => [
      subscribe(now - 60 * DAY),
      { act: 'failToRenew', args: [{ grace: 'P16D' }] },
      { act: 'graceExpired' },
    ]),
    script('product-change', 'an upgrade from the month to the year', (now) => [
      subscribe(now - 10 * DAY),
      { act: 'upgrade', args: [YEARLY, { at: now - DAY }] },
    ]),
    script('refund', 'a purchase that Apple refunds', (now) => [
      subscribe(now - 10 * DAY),
      { act: 'refund', args: [{ at: now - DAY }] },
    ]),
    script('one-time', 'a consumable', (now) => [
      { act: 'buyConsumable', args: [{ product: 'com.acme.coins', price: 1.99, at: now - 60_000 }], on: null },
    ]),
  ],
}
