import { DAY, JUST_NOW, type Playbook, type Step, script } from './script.ts'

const MINUTE = 60_000
const WEEK = 7 * DAY
/** A receipt shows a free trial only while it lasts: it is met this long before its end. */
const TRIAL_LEFT_MS = 3_000

function subscribe(at: number, more: object = {}): Step {
  return { act: 'subscribe', args: [{ product: 'com.acme.premium', term: '1 Month', at, ...more }], on: null }
}

function trial(now: number): Step {
  return subscribe(now - WEEK + TRIAL_LEFT_MS, { trial: 'P1W' })
}

export const amazon: Playbook = {
  store: 'amazon',
  scripts: [
    script('bought-now', 'a purchase of this moment', (now) => [subscribe(now - JUST_NOW)]),
    script('trial-now', 'a free week that begins at this moment', (now) => [
      subscribe(now - JUST_NOW, { trial: 'P1W' }),
    ]),
    script('trial-converted', 'a free week that becomes a paid month', (now) => [
      trial(now),
      { act: 'renew', afterMs: TRIAL_LEFT_MS },
    ]),
    script('trial-cancelled', 'a free week that is cancelled and ends', (now) => [
      trial(now),
      { act: 'turnOff', args: [{ at: now }] },
      { act: 'expire', afterMs: TRIAL_LEFT_MS },
    ]),
    script('renewed', 'a purchase and a renewal', (now) => [subscribe(now - 40 * DAY), { act: 'renew' }]),
    script('cancelled-and-back', 'renewal switched off, and on again', (now) => [
      subscribe(now - 10 * DAY),
      { act: 'turnOff', args: [{ at: now - 2 * MINUTE }] },
      { act: 'turnOn', args: [{ at: now - MINUTE }] },
    ]),
    script('billing-recovered', 'a refused card, grace, recovered in it', (now) => [
      subscribe(now - 40 * DAY),
      { act: 'failToRenew', args: [{ grace: 'P16D' }] },
      { act: 'recover', args: [{ at: now - MINUTE }] },
    ]),
    script('billing-expired', 'a refused card, grace, and the end', (now) => [
      subscribe(now - 40 * DAY),
      { act: 'failToRenew', args: [{ grace: 'P3D' }] },
      { act: 'graceExpired' },
    ]),
    script('refund', 'a purchase that customer service takes back', (now) => [
      subscribe(now - 10 * DAY),
      { act: 'cancel', args: [{ at: now - MINUTE }] },
    ]),
    script('one-time', 'a consumable, bought and taken back', (now) => [
      { act: 'buyConsumable', args: [{ product: 'com.acme.coins', at: now - 10 * MINUTE }], on: null },
      { act: 'cancel', args: [{ at: now - MINUTE }] },
    ]),
  ],
}
