import type { SimulatedNotification } from '../../../src/stand-ins/amazon/simulator.ts'
import type { SimulatedAmazon } from '../../../src/stand-ins/amazon/store.ts'
import { DAY, HOUR, START } from './setting.ts'

export interface Scenario {
  readonly name: string
  write(amazon: SimulatedAmazon, keep: (notification: SimulatedNotification) => void): void
  /** Exactly these, in order, when the messages come in the order in which they were sent. */
  readonly events: readonly string[]
  /** The receipt as it is in the end shows too little for another order: decision 67 says why. */
  readonly unshown?: 'in the end' | 'in any other order'
}

const monthly = { product: 'com.acme.premium', termSku: 'com.acme.premium.month', term: '1 Month', at: START }
const trial = { ...monthly, trial: 'P1W' }
const WEEK = 7 * DAY
/** The end of the first month. */
const END = Date.UTC(2026, 10, 1, 9)

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'trial → paid → renewed',
    write: (amazon, keep) => {
      const s = amazon.subscribe(trial)
      keep(s.opening)
      keep(s.renew())
      keep(s.renew())
    },
    events: ['TRIAL', 'CONVERSION unknown', 'RENEWAL unknown'],
  },
  {
    name: 'trial → cancel → expire',
    write: (amazon, keep) => {
      const s = amazon.subscribe(trial)
      keep(s.opening)
      keep(s.turnOff({ at: START + 2 * DAY }))
      keep(s.expire())
    },
    events: ['TRIAL', 'TRIAL_CANCELLATION UNSUBSCRIBE', 'EXPIRATION UNSUBSCRIBE'],
  },
  {
    name: 'trial → cancel → uncancel → (late) convert',
    write: (amazon, keep) => {
      const s = amazon.subscribe(trial)
      keep(s.opening)
      keep(s.turnOff({ at: START + 2 * DAY }))
      keep(s.turnOn({ at: START + WEEK - HOUR }))
      keep(s.renew())
    },
    events: ['TRIAL', 'TRIAL_CANCELLATION UNSUBSCRIBE', 'UNCANCELLATION', 'CONVERSION unknown'],
  },
  {
    name: 'cancel → uncancel → renewed',
    write: (amazon, keep) => {
      const s = amazon.subscribe(monthly)
      keep(s.opening)
      keep(s.turnOff({ at: START + 2 * DAY }))
      keep(s.turnOn({ at: START + 3 * DAY }))
      keep(s.renew())
    },
    events: ['INITIAL_PURCHASE unknown', 'CANCELLATION UNSUBSCRIBE', 'UNCANCELLATION', 'RENEWAL unknown'],
  },
  {
    name: 'renewed → cancel → reminded → expire',
    write: (amazon, keep) => {
      const s = amazon.subscribe(monthly)
      keep(s.opening)
      keep(s.renew())
      keep(s.turnOff({ at: END + 2 * DAY }))
      keep(s.scheduledToEnd({ at: END + 20 * DAY }))
      keep(s.expire())
    },
    events: ['INITIAL_PURCHASE unknown', 'RENEWAL unknown', 'CANCELLATION UNSUBSCRIBE', 'EXPIRATION UNSUBSCRIBE'],
  },
  {
    name: 'off → on → off → expire',
    write: (amazon, keep) => {
      const s = amazon.subscribe(monthly)
      keep(s.opening)
      keep(s.turnOff({ at: START + 2 * DAY }))
      keep(s.turnOn({ at: START + 3 * DAY }))
      keep(s.turnOff({ at: START + 4 * DAY }))
      keep(s.expire())
    },
    events: [
      'INITIAL_PURCHASE unknown',
      'CANCELLATION UNSUBSCRIBE',
      'UNCANCELLATION',
      'CANCELLATION UNSUBSCRIBE',
      'EXPIRATION UNSUBSCRIBE',
    ],
  },
  {
    name: 'grace → recover → renewed',
    write: (amazon, keep) => {
      const s = amazon.subscribe(monthly)
      keep(s.opening)
      keep(s.failToRenew({ grace: 'P6D' }))
      keep(s.recover({ at: END + 3 * DAY }))
      keep(s.renew())
    },
    events: [
      'INITIAL_PURCHASE unknown',
      'BILLING_ISSUE',
      'CANCELLATION BILLING_ERROR',
      'RENEWAL unknown',
      'RENEWAL unknown',
    ],
  },
  {
    name: 'grace at the end of a trial → recover',
    write: (amazon, keep) => {
      const s = amazon.subscribe(trial)
      keep(s.opening)
      keep(s.failToRenew({ grace: 'P6D' }))
      keep(s.recover({ at: START + 9 * DAY }))
    },
    events: ['TRIAL', 'BILLING_ISSUE', 'TRIAL_CANCELLATION BILLING_ERROR', 'CONVERSION unknown'],
  },
  {
    name: 'grace → not recovered',
    write: (amazon, keep) => {
      const s = amazon.subscribe(monthly)
      keep(s.opening)
      keep(s.failToRenew({ grace: 'P6D' }))
      keep(s.graceExpired())
    },
    events: ['INITIAL_PURCHASE unknown', 'BILLING_ISSUE', 'CANCELLATION BILLING_ERROR', 'EXPIRATION BILLING_ERROR'],
  },
  {
    name: 'no grace: the charge fails and it ends',
    write: (amazon, keep) => {
      const s = amazon.subscribe(monthly)
      keep(s.opening)
      keep(s.expire({ reason: 2 }))
    },
    events: ['INITIAL_PURCHASE unknown', 'BILLING_ISSUE', 'CANCELLATION BILLING_ERROR', 'EXPIRATION BILLING_ERROR'],
  },
  {
    name: 'cancelled by the customer through customer service (reason 1)',
    write: (amazon, keep) => {
      const s = amazon.subscribe(monthly)
      keep(s.opening)
      keep(s.renew())
      keep(s.cancel({ at: END + 10 * DAY, reason: 1 }))
    },
    events: [
      'INITIAL_PURCHASE unknown',
      'RENEWAL unknown',
      'CANCELLATION CUSTOMER_SUPPORT unknown',
      'EXPIRATION CUSTOMER_SUPPORT',
    ],
  },
  {
    name: 'cancelled by Amazon’s system in a paid period (reason 2)',
    write: (amazon, keep) => {
      const s = amazon.subscribe(monthly)
      keep(s.opening)
      keep(s.cancel({ at: START + 10 * DAY, reason: 2 }))
    },
    events: ['INITIAL_PURCHASE unknown', 'CANCELLATION CUSTOMER_SUPPORT unknown', 'EXPIRATION CUSTOMER_SUPPORT'],
  },
  {
    name: 'switched off, then cancelled by customer service',
    write: (amazon, keep) => {
      const s = amazon.subscribe(monthly)
      keep(s.opening)
      keep(s.turnOff({ at: START + 5 * DAY }))
      keep(s.cancel({ at: START + 10 * DAY, reason: 1 }))
    },
    events: [
      'INITIAL_PURCHASE unknown',
      'CANCELLATION UNSUBSCRIBE',
      'CANCELLATION CUSTOMER_SUPPORT unknown',
      'EXPIRATION CUSTOMER_SUPPORT',
    ],
  },
  {
    name: 'lapsed, and subscribed again under a receipt of its own',
    write: (amazon, keep) => {
      const s = amazon.subscribe(monthly)
      keep(s.opening)
      keep(s.turnOff({ at: START + 5 * DAY }))
      keep(s.expire())
      keep(amazon.subscribe({ ...monthly, at: END + 20 * DAY, user: s.user }).opening)
    },
    events: [
      'INITIAL_PURCHASE unknown',
      'CANCELLATION UNSUBSCRIBE',
      'EXPIRATION UNSUBSCRIBE',
      'INITIAL_PURCHASE unknown',
    ],
  },
  {
    name: 'immediate change of plan: the old receipt is superseded, not expired',
    write: (amazon, keep) => {
      const s = amazon.subscribe(monthly)
      keep(s.opening)
      const next = s.changeNow({ at: START + 10 * DAY, termSku: 'com.acme.premium.year', term: '1 Year' })
      keep(s.tell('SUBSCRIPTION_CANCELLED', { at: START + 10 * DAY }))
      keep(next.opening)
      keep(next.renew())
    },
    events: ['INITIAL_PURCHASE unknown', 'INITIAL_PURCHASE unknown', 'RENEWAL unknown'],
  },
  {
    name: 'deferred change of plan',
    write: (amazon, keep) => {
      const s = amazon.subscribe(monthly)
      keep(s.opening)
      keep(s.changeAtRenewal({ at: START + 5 * DAY, termSku: 'com.acme.basic.month' }))
      keep(s.renew())
    },
    events: [
      'INITIAL_PURCHASE unknown',
      'PRODUCT_CHANGE com.acme.premium.month→com.acme.basic.month',
      'RENEWAL unknown',
    ],
    unshown: 'in any other order',
  },
  {
    name: 'a consumable, given back',
    write: (amazon, keep) => {
      const coins = amazon.buyConsumable({ product: 'com.acme.coins', at: START })
      keep(coins.opening)
      keep(coins.cancel({ at: START + DAY }))
    },
    events: ['NON_RENEWING_PURCHASE unknown', 'CANCELLATION CUSTOMER_SUPPORT unknown'],
  },
  {
    name: 'an entitlement, given back',
    write: (amazon, keep) => {
      const level = amazon.buyEntitlement({ product: 'com.acme.level', at: START })
      keep(level.opening)
      keep(level.cancel({ at: START + DAY }))
    },
    events: ['NON_RENEWING_PURCHASE unknown', 'CANCELLATION CUSTOMER_SUPPORT unknown'],
  },
]
