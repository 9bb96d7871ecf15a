import { DAY, HOUR, START } from '../../domain/scenarios/play.ts'
import type { FeedScenario } from './play.ts'

const monthly = { product: 'monthly', price: 9.99, period: 'P1M', at: START }
const yearly = { product: 'yearly', price: 59.99, period: 'P1Y' }
const WEEK = 7 * DAY

/** Lives as the sender tells them, in every store that it tells of. */
export const FEED_SCENARIOS: readonly FeedScenario[] = [
  {
    name: 'Play: trial → paid → renewed',
    write: (sender) => {
      const s = sender.subscribe({ ...monthly, store: 'PLAY_STORE', trial: 'P1W', currency: 'EUR' })
      s.renew()
      s.renew()
    },
    events: ['TRIAL', 'CONVERSION 9.99 EUR', 'RENEWAL 9.99 EUR'],
  },
  {
    name: 'Play: pause planned → paused → resumed',
    write: (sender) => {
      const s = sender.subscribe({ ...monthly, store: 'PLAY_STORE' })
      s.pause({ at: START + 5 * DAY, resumesAt: START + 61 * DAY })
      s.expire({ reason: 'SUBSCRIPTION_PAUSED' })
      s.renew({ at: START + 61 * DAY })
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'SUBSCRIPTION_PAUSED', 'EXPIRATION SUBSCRIPTION_PAUSED', 'RENEWAL 9.99 USD'],
  },
  {
    name: 'Play: prepaid, topped up: the second purchase of a chain goes on with the first',
    write: (sender) => {
      const s = sender.subscribe({ ...monthly, store: 'PLAY_STORE', prepaid: true })
      const end = s.latest.expirationAt ?? START
      const topUp = { transactionId: `${s.id}..0`, purchasedAt: end - DAY, expirationAt: end + 30 * DAY }
      sender.tell({ type: 'INITIAL_PURCHASE', at: end - DAY, charge: { ...s.latest, ...topUp }, moved: 1 })
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'RENEWAL 9.99 USD'],
  },
  {
    name: 'Play: a deferred change',
    write: (sender) => {
      const s = sender.subscribe({ ...monthly, store: 'PLAY_STORE' })
      s.choose({ ...yearly }, { at: START + 3 * DAY })
      s.renew()
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'PRODUCT_CHANGE monthly→yearly', 'RENEWAL 59.99 USD'],
  },
  {
    name: 'Play: an immediate change names no product and begins a purchase of its own',
    write: (sender) => {
      const s = sender.subscribe({ ...monthly, store: 'PLAY_STORE' })
      s.tell('PRODUCT_CHANGE', { at: START + 3 * DAY })
      sender.subscribe({ ...yearly, store: 'PLAY_STORE', at: START + 3 * DAY + 1_000 })
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'PRODUCT_CHANGE', 'INITIAL_PURCHASE 59.99 USD'],
  },
  {
    name: 'Stripe: the first charge fails, all in one instant',
    write: (sender) => {
      sender.subscribe({ ...monthly, store: 'STRIPE' }).failToRenew({ at: START })
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'BILLING_ISSUE', 'CANCELLATION BILLING_ERROR', 'EXPIRATION BILLING_ERROR'],
  },
  {
    name: 'Stripe: past due, recovered, cancelled',
    write: (sender) => {
      const s = sender.subscribe({ ...monthly, store: 'STRIPE' })
      s.failToRenew({ grace: 'P7D' })
      s.renew({ at: s.latest.purchasedAt + 33 * DAY })
      s.cancel({ at: START + 40 * DAY })
      s.expire()
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'BILLING_ISSUE',
      'CANCELLATION BILLING_ERROR',
      'RENEWAL 9.99 USD',
      'CANCELLATION UNSUBSCRIBE',
      'EXPIRATION UNSUBSCRIBE',
    ],
  },
  {
    name: 'Amazon: renewed under one receipt, ended',
    write: (sender) => {
      const s = sender.subscribe({ ...monthly, store: 'AMAZON' })
      s.renew()
      s.renew()
      s.cancel({ at: START + 70 * DAY })
      s.expire()
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'RENEWAL 9.99 USD',
      'RENEWAL 9.99 USD',
      'CANCELLATION UNSUBSCRIBE',
      'EXPIRATION UNSUBSCRIBE',
    ],
  },
  {
    name: 'App Store: a change at once',
    write: (sender) => {
      const s = sender.subscribe({ ...monthly, trial: 'P1W' })
      s.change(yearly, { at: START + 3 * DAY })
      s.renew()
    },
    events: ['TRIAL', 'PRODUCT_CHANGE monthly→yearly', 'CONVERSION 59.99 USD', 'RENEWAL 59.99 USD'],
  },
  {
    name: 'App Store: grace, extended, recovered',
    endMoves: true,
    write: (sender) => {
      const s = sender.subscribe(monthly)
      s.extend({ at: START + DAY, until: START + 40 * DAY })
      s.failToRenew({ grace: 'P6D' })
      s.renew({ at: START + 43 * DAY })
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'SUBSCRIPTION_EXTENDED',
      'BILLING_ISSUE',
      'CANCELLATION BILLING_ERROR',
      'RENEWAL 9.99 USD',
    ],
  },
  {
    name: 'App Store: refunded, reversed, cancelled by the developer',
    write: (sender) => {
      const s = sender.subscribe(monthly)
      s.refund({ at: START + 3 * DAY })
      s.reverseRefund({ at: START + 5 * DAY })
      s.cancel({ at: START + 6 * DAY, reason: 'DEVELOPER_INITIATED' })
      s.expire({ reason: 'DEVELOPER_INITIATED' })
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'CANCELLATION CUSTOMER_SUPPORT -9.99 USD',
      'EXPIRATION CUSTOMER_SUPPORT',
      'REFUND_REVERSED 9.99 USD',
      'CANCELLATION DEVELOPER_INITIATED',
      'EXPIRATION DEVELOPER_INITIATED',
    ],
  },
  {
    name: 'App Store: a renewal that is told hours early, cancelled before it begins',
    write: (sender) => {
      const s = sender.subscribe(monthly)
      const due = s.latest.expirationAt ?? START
      s.renew({ at: due - 8 * HOUR })
      s.cancel({ at: due - HOUR })
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'RENEWAL 9.99 USD', 'CANCELLATION UNSUBSCRIBE'],
  },
  {
    name: 'App Store: a cancellation that is noticed when the trial is over',
    write: (sender) => {
      const s = sender.subscribe({ ...monthly, trial: 'P1W' })
      s.cancel({ at: START + WEEK + HOUR })
      s.expire({ at: START + WEEK + HOUR })
    },
    events: ['TRIAL', 'TRIAL_CANCELLATION UNSUBSCRIBE', 'EXPIRATION UNSUBSCRIBE'],
  },
  {
    name: 'consumable, refunded, reversed',
    write: (sender) => {
      const bought = sender.buy({ product: 'coins', price: 5.97, at: START })
      bought.refund({ at: START + DAY })
      bought.reverseRefund({ at: START + 2 * DAY })
    },
    events: ['NON_RENEWING_PURCHASE 5.97 USD', 'CANCELLATION CUSTOMER_SUPPORT -5.97 USD', 'REFUND_REVERSED 5.97 USD'],
  },
  {
    name: 'grant, ended',
    write: (sender) => {
      sender.grant({ entitlement: 'premium', at: START, until: START + WEEK }).expire()
    },
    events: ['NON_RENEWING_PURCHASE', 'EXPIRATION UNKNOWN'],
  },
  {
    name: 'grant, revoked',
    write: (sender) => {
      sender.grant({ entitlement: 'premium', at: START, until: START + WEEK }).revoke({ at: START + DAY })
    },
    events: ['NON_RENEWING_PURCHASE', 'CANCELLATION DEVELOPER_INITIATED', 'EXPIRATION DEVELOPER_INITIATED'],
  },
]
