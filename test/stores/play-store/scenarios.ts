import type { SimulatedPlay } from '../../../src/stand-ins/play-store/simulator.ts'
import type { Replacement } from '../../../src/stand-ins/play-store/subscription-acts.ts'
import type { SimulatedNotification } from '../../../src/stand-ins/play-store/world.ts'
import { DAY, HOUR, START, simulated } from './setting.ts'

export interface Scenario {
  readonly name: string
  readonly write: (play: SimulatedPlay, keep: (...messages: readonly SimulatedNotification[]) => void) => void
  readonly events: readonly string[]
  /**
   * Messages whose loss the next reading does not make good, since Google shows nothing of what they told: the named
   * exception of the store.
   */
  readonly untold?: readonly string[]
  /** Google does not show any more why access ended: read only at the end, the reason is what it shows by then. */
  readonly reasonFades?: boolean
  /** Orders in which a message comes when Google does not show any more what it was about: nothing is invented then. */
  readonly blind?: (order: readonly number[]) => boolean
}

export const monthly = { product: 'gold', basePlan: 'monthly', price: 9.99, period: 'P1M' } as const
export const yearly = { product: 'platinum', basePlan: 'yearly', price: 99, period: 'P1Y' } as const
export const basic = { product: 'silver', basePlan: 'monthly', price: 4.99, period: 'P1M' } as const
export const prepaid = { product: 'gold', basePlan: 'prepaid', price: 12, period: 'P1M', prepaid: true } as const
const extra = { product: 'news', basePlan: 'monthly', price: 2, period: 'P1M' } as const
const more = { product: 'sports', basePlan: 'monthly', price: 3, period: 'P1M' } as const

function changed({ opening, farewell }: Replacement): readonly SimulatedNotification[] {
  return [opening, ...farewell]
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'trial → paid → renewed',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, trial: 'P1W', at: START })
      keep(s.opening, s.renew(), s.renew())
    },
    events: ['TRIAL', 'CONVERSION 9.99 USD', 'RENEWAL 9.99 USD'],
  },
  {
    name: 'trial → cancelled → over',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, trial: 'P1W', at: START })
      keep(s.opening, s.cancel({ at: START + DAY }), s.expire())
    },
    events: ['TRIAL', 'TRIAL_CANCELLATION UNSUBSCRIBE', 'EXPIRATION UNSUBSCRIBE'],
  },
  {
    name: 'cancelled and restored',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, at: START })
      keep(s.opening, s.cancel({ at: START + DAY }), s.restart({ at: START + 2 * DAY }), s.renew())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION UNSUBSCRIBE', 'UNCANCELLATION', 'RENEWAL 9.99 USD'],
    untold: ['SUBSCRIPTION_CANCELED', 'SUBSCRIPTION_RESTARTED'],
  },
  {
    name: 'an introductory price',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, intro: 1.99, at: START })
      keep(s.opening, s.renew())
    },
    events: ['INITIAL_PURCHASE 1.99 USD', 'RENEWAL 9.99 USD'],
  },
  {
    name: 'grace, paid in it',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, at: START })
      keep(s.opening, s.grace({ days: 7 }), s.recover())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'BILLING_ISSUE', 'CANCELLATION BILLING_ERROR', 'RENEWAL 9.99 USD'],
    untold: ['SUBSCRIPTION_IN_GRACE_PERIOD'],
  },
  {
    name: 'grace, hold, paid four months later',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, at: START })
      keep(s.opening, s.grace({ days: 7 }), s.hold(), s.recover({ at: START + 150 * DAY }))
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'BILLING_ISSUE',
      'CANCELLATION BILLING_ERROR',
      'EXPIRATION BILLING_ERROR',
      'RENEWAL 9.99 USD',
    ],
    untold: ['SUBSCRIPTION_ON_HOLD'],
  },
  {
    name: 'silent grace, hold, given up after 60 days',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, at: START })
      keep(s.opening, s.hold())
      const over = s.expiresAt + 60 * DAY
      keep(s.cancel({ by: 'system', at: over }), s.expire({ at: over + 1_000 }))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'BILLING_ISSUE', 'CANCELLATION BILLING_ERROR', 'EXPIRATION BILLING_ERROR'],
  },
  {
    name: 'a trial whose first charge fails',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, trial: 'P1W', at: START })
      keep(s.opening, s.hold(), s.recover())
    },
    events: [
      'TRIAL',
      'BILLING_ISSUE',
      'TRIAL_CANCELLATION BILLING_ERROR',
      'EXPIRATION BILLING_ERROR',
      'CONVERSION 9.99 USD',
    ],
    untold: ['SUBSCRIPTION_ON_HOLD'],
  },
  {
    name: 'an upgrade at once',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, at: START })
      keep(s.opening, ...changed(s.change(yearly, { at: START + 10 * DAY, charged: 92.5 })), s.renew())
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'PRODUCT_CHANGE gold:monthly→platinum:yearly',
      'INITIAL_PURCHASE 92.5 USD',
      'RENEWAL 99 USD',
    ],
  },
  {
    name: 'an upgrade in the trial',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, trial: 'P1M', at: START })
      keep(s.opening, ...changed(s.change(yearly, { at: START + 3 * DAY })))
    },
    events: ['TRIAL', 'PRODUCT_CHANGE gold:monthly→platinum:yearly', 'INITIAL_PURCHASE 99 USD'],
  },
  {
    name: 'a downgrade that waits for the end of the period',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, at: START })
      keep(s.opening, ...changed(s.change(basic, { at: START + 10 * DAY, deferred: true })))
      keep(s.renew())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'PRODUCT_CHANGE gold:monthly→silver:monthly', 'RENEWAL 4.99 USD'],
  },
  {
    name: 'cancelled, and bought again in the app before the end',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, at: START })
      keep(s.opening, s.cancel({ at: START + 5 * DAY }))
      keep(...changed(s.signUpAgain({ at: START + 10 * DAY })), s.renew())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION UNSUBSCRIBE', 'UNCANCELLATION', 'RENEWAL 9.99 USD'],
    untold: ['SUBSCRIPTION_CANCELED'],
    // The customer's own cancellation, read when its token is replaced already by one that nobody has told of.
    blind: (order) => {
      const before = order.slice(0, order.indexOf(1))
      return before.some((index) => index >= 2) && !before.includes(2) && !before.includes(5)
    },
  },
  {
    name: 'bought again in the Play Store after the end: another chain, the same owner',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, owner: 'u1', at: START })
      keep(s.opening, s.cancel({ at: START + DAY }), s.expire())
      keep(s.resubscribe(monthly, { at: START + 50 * DAY }).opening)
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'CANCELLATION UNSUBSCRIBE',
      'EXPIRATION UNSUBSCRIBE',
      'INITIAL_PURCHASE 9.99 USD',
    ],
  },
  {
    name: 'a pause, and the resuming renewal',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, at: START })
      keep(s.opening, s.schedulePause({ at: START + DAY }), s.pause(), s.recover())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'SUBSCRIPTION_PAUSED', 'EXPIRATION SUBSCRIPTION_PAUSED', 'RENEWAL 9.99 USD'],
    untold: ['SUBSCRIPTION_PAUSED'],
  },
  {
    name: 'a pause whose resuming charge fails',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, at: START })
      keep(s.opening, s.schedulePause({ at: START + DAY }), s.pause(), s.hold())
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'SUBSCRIPTION_PAUSED',
      'EXPIRATION SUBSCRIPTION_PAUSED',
      'BILLING_ISSUE',
      'CANCELLATION BILLING_ERROR',
    ],
    untold: ['SUBSCRIPTION_PAUSE_SCHEDULE_CHANGED'],
    reasonFades: true,
  },
  {
    name: 'a prepaid plan, topped up and left to run out',
    write: (play, keep) => {
      const s = play.subscribe({ ...prepaid, at: START })
      keep(s.opening, ...changed(s.topUp({ at: START + 20 * DAY })), s.expire())
    },
    events: ['INITIAL_PURCHASE 12 USD', 'RENEWAL 12 USD', 'EXPIRATION UNKNOWN'],
  },
  {
    name: 'from prepaid to auto-renewing',
    write: (play, keep) => {
      const s = play.subscribe({ ...prepaid, at: START })
      keep(s.opening, ...changed(s.change(monthly, { at: START + 20 * DAY })))
    },
    events: ['INITIAL_PURCHASE 12 USD', 'PRODUCT_CHANGE gold:prepaid→gold:monthly', 'INITIAL_PURCHASE 9.99 USD'],
  },
  {
    name: 'installments: cancelled for the end of the commitment',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, installments: true, at: START })
      keep(s.opening, s.scheduleCancellation({ at: START + 5 * DAY }), s.renew())
      keep(s.cancel({ at: s.expiresAt - HOUR }), s.expire())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION UNSUBSCRIBE', 'RENEWAL 9.99 USD', 'EXPIRATION UNSUBSCRIBE'],
  },
  {
    name: 'a payment that is pending, and made',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, pending: true, at: START })
      keep(s.opening, s.complete({ at: START + 2 * DAY }), s.renew())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'RENEWAL 9.99 USD'],
  },
  {
    name: 'revoked, and voided after it',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, at: START })
      keep(s.opening, s.revoke({ at: START + 3 * DAY }))
      keep({ ...s.refund({ at: START + 3 * DAY }) })
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION CUSTOMER_SUPPORT -9.99 USD', 'EXPIRATION CUSTOMER_SUPPORT'],
  },
  {
    name: 'voided, and revoked after it',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, at: START })
      keep(s.opening, s.refund({ at: START + 3 * DAY }), s.revoke({ at: START + 3 * DAY }))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION CUSTOMER_SUPPORT -9.99 USD', 'EXPIRATION CUSTOMER_SUPPORT'],
  },
  {
    name: 'an older charge refunded, then a part of the latest',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, at: START })
      const first = s.latestOrder
      keep(s.opening, s.renew())
      keep(s.refund({ order: first, at: START + 40 * DAY }), s.refund({ amount: 4, at: START + 41 * DAY }))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'RENEWAL 9.99 USD', 'REFUND -9.99 USD', 'REFUND -4 USD'],
  },
  {
    name: 'cancelled by the developer',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, at: START })
      keep(s.opening, s.cancel({ by: 'developer', at: START + 4 * DAY }), s.expire())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION DEVELOPER_INITIATED', 'EXPIRATION DEVELOPER_INITIATED'],
  },
  {
    name: 'a price increase that is not accepted',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, at: START })
      keep(s.opening, s.increasePrice({ at: START + 2 * DAY }))
      keep(s.cancel({ by: 'system', at: s.expiresAt - 1 }), s.expire())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION PRICE_INCREASE', 'EXPIRATION PRICE_INCREASE'],
  },
  {
    name: 'two add-ons bought together, one of them removed',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, addOns: [extra, more], at: START })
      keep(s.opening, s.removeItem('sports', { at: START + 5 * DAY }), s.renew())
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'INITIAL_PURCHASE 2 USD',
      'INITIAL_PURCHASE 3 USD',
      'CANCELLATION UNSUBSCRIBE',
      'RENEWAL 9.99 USD',
      'RENEWAL 2 USD',
    ],
    untold: ['SUBSCRIPTION_ITEMS_CHANGED'],
  },
  {
    name: 'an add-on that comes later',
    write: (play, keep) => {
      const s = play.subscribe({ ...monthly, at: START })
      keep(s.opening, s.addItem(extra, { at: START + 5 * DAY }), s.renew())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'INITIAL_PURCHASE 2 USD', 'RENEWAL 9.99 USD', 'RENEWAL 2 USD'],
  },
  {
    name: 'one-time: bought, and refunded',
    write: (play, keep) => {
      const p = play.buy({ product: 'coins', price: 1.99, quantity: 2, at: START })
      keep(p.opening, p.refund({ at: START + DAY }))
    },
    events: ['NON_RENEWING_PURCHASE 3.98 USD', 'CANCELLATION CUSTOMER_SUPPORT -3.98 USD'],
  },
  {
    name: 'one-time: a part of a quantity refunded',
    write: (play, keep) => {
      const p = play.buy({ product: 'coins', price: 1.99, quantity: 2, at: START })
      keep(p.opening, p.refund({ at: START + DAY, amount: 1.99 }))
    },
    events: ['NON_RENEWING_PURCHASE 3.98 USD', 'REFUND -1.99 USD'],
  },
  {
    name: 'one-time: paid in cash later',
    write: (play, keep) => {
      const p = play.buy({ product: 'coins', price: 1.99, pending: true, at: START })
      keep(p.opening, p.complete({ at: START + DAY }))
    },
    events: ['NON_RENEWING_PURCHASE 1.99 USD'],
    untold: ['ONE_TIME_PRODUCT_PURCHASED'],
  },
]

export function written(scenario: Pick<Scenario, 'write'>): readonly SimulatedNotification[] {
  const messages: SimulatedNotification[] = []
  scenario.write(
    simulated(() => START),
    (...kept) => void messages.push(...kept),
  )
  return messages
}
