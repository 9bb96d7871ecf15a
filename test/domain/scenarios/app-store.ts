import type { SimulatedNotification } from '../../../src/stand-ins/app-store/notification.ts'
import type { SimulatedAppStore } from '../../../src/stand-ins/app-store/subscription.ts'
import { DAY, HOUR, START } from './play.ts'

export interface Scenario {
  readonly name: string
  write(store: SimulatedAppStore, keep: (notification: SimulatedNotification) => void): void
  /** Exactly these, in order, when the messages come in the order in which they were sent. */
  readonly events: readonly string[]
}

const monthly = { product: 'com.acme.monthly', price: 9.99, period: 'P1M', at: START }
const yearly = { product: 'com.acme.yearly', price: 59.99, period: 'P1Y' }
const weekly = { product: 'com.acme.weekly', price: 2.99, period: 'P1W' }
const trial = { ...monthly, trial: 'P1W' }
const WEEK = 7 * DAY

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'trial → paid → renewed → renewed',
    write: (store, keep) => {
      const s = store.subscribe(trial)
      keep(s.opening)
      keep(s.renew())
      keep(s.renew())
      keep(s.renew())
    },
    events: ['TRIAL', 'CONVERSION 9.99 USD', 'RENEWAL 9.99 USD', 'RENEWAL 9.99 USD'],
  },
  {
    name: 'trial → cancel → expire',
    write: (store, keep) => {
      const s = store.subscribe(trial)
      keep(s.opening)
      keep(s.cancel({ at: START + 2 * DAY }))
      keep(s.expire('voluntary'))
    },
    events: ['TRIAL', 'TRIAL_CANCELLATION UNSUBSCRIBE', 'EXPIRATION UNSUBSCRIBE'],
  },
  {
    name: 'trial → cancel → (late) convert',
    write: (store, keep) => {
      const s = store.subscribe(trial)
      keep(s.opening)
      keep(s.cancel({ at: START + WEEK - HOUR }))
      keep(s.renew())
      keep(s.expire('voluntary'))
    },
    events: ['TRIAL', 'TRIAL_CANCELLATION UNSUBSCRIBE', 'CONVERSION 9.99 USD', 'EXPIRATION UNSUBSCRIBE'],
  },
  {
    name: 'cancel → uncancel',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.cancel({ at: START + 2 * DAY }))
      keep(s.uncancel({ at: START + 3 * DAY }))
      keep(s.renew())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION UNSUBSCRIBE', 'UNCANCELLATION', 'RENEWAL 9.99 USD'],
  },
  {
    name: 'off → on → off → expire',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.cancel({ at: START + 2 * DAY }))
      keep(s.uncancel({ at: START + 3 * DAY }))
      keep(s.cancel({ at: START + 4 * DAY }))
      keep(s.expire('voluntary'))
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'CANCELLATION UNSUBSCRIBE',
      'UNCANCELLATION',
      'CANCELLATION UNSUBSCRIBE',
      'EXPIRATION UNSUBSCRIBE',
    ],
  },
  {
    name: 'uncancel in a trial',
    write: (store, keep) => {
      const s = store.subscribe(trial)
      keep(s.opening)
      keep(s.cancel({ at: START + DAY }))
      keep(s.uncancel({ at: START + 2 * DAY }))
      keep(s.renew())
    },
    events: ['TRIAL', 'TRIAL_CANCELLATION UNSUBSCRIBE', 'UNCANCELLATION', 'CONVERSION 9.99 USD'],
  },
  {
    name: 'grace → recover',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.failToRenew({ grace: 'P16D' }))
      keep(s.recover())
      keep(s.renew())
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'BILLING_ISSUE',
      'CANCELLATION BILLING_ERROR',
      'RENEWAL 9.99 USD',
      'RENEWAL 9.99 USD',
    ],
  },
  {
    name: 'grace at the end of a trial → recover',
    write: (store, keep) => {
      const s = store.subscribe(trial)
      keep(s.opening)
      keep(s.failToRenew({ grace: 'P6D' }))
      keep(s.recover())
    },
    events: ['TRIAL', 'BILLING_ISSUE', 'TRIAL_CANCELLATION BILLING_ERROR', 'CONVERSION 9.99 USD'],
  },
  {
    name: 'grace → expire → recover',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      const failed = s.failToRenew({ grace: 'P6D' })
      keep(failed)
      const ended = s.graceExpired()
      keep(ended)
      keep(s.recover({ at: ended.at + 3 * DAY }))
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'BILLING_ISSUE',
      'CANCELLATION BILLING_ERROR',
      'EXPIRATION BILLING_ERROR',
      'RENEWAL 9.99 USD',
    ],
  },
  {
    name: 'grace, switched off in it, never recovered',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      const failed = s.failToRenew({ grace: 'P16D' })
      keep(failed)
      keep(s.cancel({ at: failed.at + 2 * DAY }))
      keep(s.graceExpired())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'BILLING_ISSUE', 'CANCELLATION BILLING_ERROR', 'EXPIRATION BILLING_ERROR'],
  },
  {
    name: 'failure without grace → retry over',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.failToRenew())
      keep(s.expire('billing_retry'))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'BILLING_ISSUE', 'CANCELLATION BILLING_ERROR', 'EXPIRATION BILLING_ERROR'],
  },
  {
    name: 'failure without grace → recovered in retry',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      const failed = s.failToRenew()
      keep(failed)
      keep(s.recover({ at: failed.at + 20 * DAY }))
      keep(s.renew())
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'BILLING_ISSUE',
      'CANCELLATION BILLING_ERROR',
      'EXPIRATION BILLING_ERROR',
      'RENEWAL 9.99 USD',
      'RENEWAL 9.99 USD',
    ],
  },
  {
    name: 'upgrade in a trial',
    write: (store, keep) => {
      const s = store.subscribe(trial)
      keep(s.opening)
      keep(s.upgrade(yearly, { at: START + 3 * DAY }))
      keep(s.renew())
    },
    events: ['TRIAL', 'PRODUCT_CHANGE com.acme.monthly→com.acme.yearly', 'CONVERSION 59.99 USD', 'RENEWAL 59.99 USD'],
  },
  {
    name: 'upgrade of a paid period',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.upgrade(yearly, { at: START + 10 * DAY }))
      keep(s.cancel({ at: START + 20 * DAY }))
      keep(s.expire('voluntary'))
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'PRODUCT_CHANGE com.acme.monthly→com.acme.yearly',
      'RENEWAL 59.99 USD',
      'CANCELLATION UNSUBSCRIBE',
      'EXPIRATION UNSUBSCRIBE',
    ],
  },
  {
    name: 'downgrade → reverted',
    write: (store, keep) => {
      const s = store.subscribe({ ...yearly, at: START })
      keep(s.opening)
      keep(s.downgrade(weekly, { at: START + 10 * DAY }))
      keep(s.revertDowngrade({ at: START + 12 * DAY }))
      keep(s.renew())
    },
    events: ['INITIAL_PURCHASE 59.99 USD', 'PRODUCT_CHANGE com.acme.yearly→com.acme.weekly', 'RENEWAL 59.99 USD'],
  },
  {
    name: 'downgrade → renewed',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.downgrade(weekly, { at: START + 10 * DAY }))
      keep(s.downgrade(weekly, { at: START + 11 * DAY }))
      keep(s.renew())
      keep(s.renew())
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'PRODUCT_CHANGE com.acme.monthly→com.acme.weekly',
      'RENEWAL 2.99 USD',
      'RENEWAL 2.99 USD',
    ],
  },
  {
    name: 'resubscription after a lapse',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.cancel({ at: START + 2 * DAY }))
      const ended = s.expire('voluntary')
      keep(ended)
      const again = ended.at + 40 * DAY
      keep(s.resubscribe(undefined, { at: again }))
      keep(s.tell('DID_CHANGE_RENEWAL_STATUS', 'AUTO_RENEW_ENABLED', { at: again + 1_000 }))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION UNSUBSCRIBE', 'EXPIRATION UNSUBSCRIBE', 'RENEWAL 9.99 USD'],
  },
  {
    name: 'resubscription after an unconverted trial',
    write: (store, keep) => {
      const s = store.subscribe(trial)
      keep(s.opening)
      keep(s.cancel({ at: START + 2 * DAY }))
      const ended = s.expire('voluntary')
      keep(ended)
      keep(s.resubscribe(undefined, { at: ended.at + 10 * DAY }))
    },
    events: ['TRIAL', 'TRIAL_CANCELLATION UNSUBSCRIBE', 'EXPIRATION UNSUBSCRIBE', 'CONVERSION 9.99 USD'],
  },
  {
    name: 'refund of the latest period',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.renew())
      keep(s.refund({ at: s.latest.purchaseDate + 3 * DAY }))
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'RENEWAL 9.99 USD',
      'CANCELLATION CUSTOMER_SUPPORT -9.99 USD',
      'EXPIRATION CUSTOMER_SUPPORT',
    ],
  },
  {
    name: 'refund of an older period',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      const first = s.latest
      keep(s.renew())
      keep(s.refund({ transactionId: first.id, at: s.latest.purchaseDate + 3 * DAY }))
      keep(s.renew())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'RENEWAL 9.99 USD', 'REFUND -9.99 USD', 'RENEWAL 9.99 USD'],
  },
  {
    name: 'partial refund of the latest period',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.refund({ at: START + 10 * DAY, percent: 50 }))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION CUSTOMER_SUPPORT -4.995 USD', 'EXPIRATION CUSTOMER_SUPPORT'],
  },
  {
    name: 'refund reversed, then cancelled and expired',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.refund({ at: START + 3 * DAY }))
      keep(s.reverseRefund({ at: START + 5 * DAY }))
      keep(s.expire('voluntary'))
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'CANCELLATION CUSTOMER_SUPPORT -9.99 USD',
      'EXPIRATION CUSTOMER_SUPPORT',
      'REFUND_REVERSED 9.99 USD',
      'CANCELLATION UNSUBSCRIBE',
      'EXPIRATION UNSUBSCRIBE',
    ],
  },
  {
    name: 'family share, started and revoked',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      const member = s.familyShare({ at: START + HOUR })
      keep(member.opening)
      keep(member.revokeFamily({ at: START + 9 * DAY }))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'INITIAL_PURCHASE', 'EXPIRATION UNKNOWN'],
  },
  {
    name: 'price increase refused',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.priceIncrease('pending', { at: START + 5 * DAY }))
      keep(s.expire('price_increase'))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION PRICE_INCREASE', 'EXPIRATION PRICE_INCREASE'],
  },
  {
    name: 'product taken off sale',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.expire('product_not_for_sale'))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'EXPIRATION UNKNOWN'],
  },
  {
    name: 'consumable, refunded, reversed',
    write: (store, keep) => {
      const bought = store.buyConsumable({ product: 'com.acme.coins', price: 1.99, quantity: 3, at: START })
      keep(bought.opening)
      keep(bought.refund({ at: START + DAY }))
      keep(bought.reverseRefund({ at: START + 2 * DAY }))
    },
    events: ['NON_RENEWING_PURCHASE 5.97 USD', 'CANCELLATION CUSTOMER_SUPPORT -5.97 USD', 'REFUND_REVERSED 5.97 USD'],
  },
  {
    name: 'a renewal that Apple makes hours early',
    write: (store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.renew({ at: s.latest.expiresDate === null ? START : s.latest.expiresDate - 8 * HOUR }))
      keep(s.cancel({ at: s.latest.purchaseDate + DAY }))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'RENEWAL 9.99 USD', 'CANCELLATION UNSUBSCRIBE'],
  },
  {
    name: 'a shared subscription that renews early and is taken back before the renewal begins',
    write: (store, keep) => {
      const member = store.subscribe({ ...weekly, at: START }).familyShare({ at: START })
      keep(member.opening)
      keep(member.renew({ at: START + WEEK - HOUR }))
      keep(member.revokeFamily({ at: START + WEEK - HOUR / 2 }))
    },
    events: ['INITIAL_PURCHASE', 'RENEWAL', 'EXPIRATION UNKNOWN'],
  },
  {
    name: 'a renewal that Apple makes hours early, refunded before it begins',
    write: (store, keep) => {
      const s = store.subscribe({ ...weekly, at: START })
      keep(s.opening)
      keep(s.renew({ at: START + WEEK - 8 * HOUR }))
      keep(s.refund({ at: START + WEEK - 2 * HOUR }))
    },
    events: [
      'INITIAL_PURCHASE 2.99 USD',
      'RENEWAL 2.99 USD',
      'CANCELLATION CUSTOMER_SUPPORT -2.99 USD',
      'EXPIRATION CUSTOMER_SUPPORT',
    ],
  },
]
