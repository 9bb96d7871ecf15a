import type { SimulatedEvent } from '../../../src/stand-ins/stripe/event.ts'
import type { SimulatedStripe } from '../../../src/stand-ins/stripe/simulator.ts'
import { MONEY } from './scenarios-money.ts'
import { DAY, HOUR, monthly, pro, START, yearly } from './setting.ts'

export interface Scenario {
  readonly name: string
  write(stripe: SimulatedStripe, keep: (events: readonly SimulatedEvent[]) => void): void
  /** Exactly these, in order, when the messages come in the order in which they were sent. */
  readonly events: readonly string[]
}

const sale = { plan: monthly, at: START }
const trial = { ...sale, trial: 'P7D' }

const LIVES: readonly Scenario[] = [
  {
    name: 'bought → renewed → renewed',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.renew())
      keep(s.renew())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'RENEWAL 9.99 USD', 'RENEWAL 9.99 USD'],
  },
  {
    name: 'trial → paid → renewed',
    write: (stripe, keep) => {
      const s = stripe.subscribe(trial)
      keep(s.opening)
      keep(s.renew())
      keep(s.renew())
    },
    events: ['TRIAL', 'CONVERSION 9.99 USD', 'RENEWAL 9.99 USD'],
  },
  {
    name: 'trial → cancelled in the portal → expired',
    write: (stripe, keep) => {
      const s = stripe.subscribe(trial)
      keep(s.opening)
      keep(s.cancel('portal', { at: START + 2 * DAY }))
      keep(s.expire())
    },
    events: ['TRIAL', 'TRIAL_CANCELLATION UNSUBSCRIBE', 'EXPIRATION UNSUBSCRIBE'],
  },
  {
    name: 'trial → cancelled → taken back → paid',
    write: (stripe, keep) => {
      const s = stripe.subscribe(trial)
      keep(s.opening)
      keep(s.cancel('period_end', { at: START + 2 * DAY }))
      keep(s.uncancel({ at: START + 3 * DAY }))
      keep(s.renew())
    },
    events: ['TRIAL', 'TRIAL_CANCELLATION UNSUBSCRIBE', 'UNCANCELLATION', 'CONVERSION 9.99 USD'],
  },
  {
    name: 'trial whose end is moved is one trial',
    write: (stripe, keep) => {
      const s = stripe.subscribe(trial)
      keep(s.opening)
      keep(s.extendTrial(START + 14 * DAY, { at: START + 5 * DAY }))
      keep(s.renew())
    },
    events: ['TRIAL', 'SUBSCRIPTION_EXTENDED', 'CONVERSION 9.99 USD'],
  },
  {
    name: 'trial without a way to pay pauses, and is resumed',
    write: (stripe, keep) => {
      const s = stripe.subscribe(trial)
      keep(s.opening)
      keep(s.pauseAtTrialEnd())
      keep(s.resume({ at: START + 20 * DAY }))
    },
    events: ['TRIAL', 'EXPIRATION SUBSCRIPTION_PAUSED', 'CONVERSION 9.99 USD'],
  },
  {
    name: 'trial whose first charge fails is given up',
    write: (stripe, keep) => {
      const s = stripe.subscribe(trial)
      keep(s.opening)
      keep(s.failToRenew())
      keep(s.giveUp('canceled'))
    },
    events: ['TRIAL', 'BILLING_ISSUE', 'TRIAL_CANCELLATION BILLING_ERROR', 'EXPIRATION BILLING_ERROR'],
  },
  {
    name: 'cancelled in the portal → expired',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.cancel('portal', { at: START + 10 * DAY }))
      keep(s.expire())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION UNSUBSCRIBE', 'EXPIRATION UNSUBSCRIBE'],
  },
  {
    name: 'cancelled → taken back → renewed',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.cancel('period_end', { at: START + 10 * DAY }))
      keep(s.uncancel({ at: START + 11 * DAY }))
      keep(s.renew())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION UNSUBSCRIBE', 'UNCANCELLATION', 'RENEWAL 9.99 USD'],
  },
  {
    name: 'cancelled in the hour of the draft, paid, expired a month later',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.beginCycle())
      keep(s.cancel('period_end', { at: s.state.periodStart + HOUR / 2 }))
      keep(s.payLatest())
      keep(s.expire())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION UNSUBSCRIBE', 'RENEWAL 9.99 USD', 'EXPIRATION UNSUBSCRIBE'],
  },
  {
    name: 'cancelled at once',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.renew())
      keep(s.cancelNow('cancellation_requested', { at: START + 40 * DAY }))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'RENEWAL 9.99 USD', 'CANCELLATION UNSUBSCRIBE', 'EXPIRATION UNSUBSCRIBE'],
  },
  {
    name: 'ended by the retention policy',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.cancelNow('canceled_by_retention_policy', { at: START + 10 * DAY }))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION DEVELOPER_INITIATED', 'EXPIRATION DEVELOPER_INITIATED'],
  },
  {
    name: 'charge fails → recovered → renewed',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.failToRenew())
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
    name: 'charge fails → unpaid → paid after all',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.failToRenew())
      keep(s.giveUp('unpaid'))
      keep(s.recover({ at: START + 60 * DAY }))
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
    name: 'charge fails → given up',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.failToRenew())
      keep(s.giveUp('canceled'))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'BILLING_ISSUE', 'CANCELLATION BILLING_ERROR', 'EXPIRATION BILLING_ERROR'],
  },
  {
    name: 'upgrade at once: the rest is paid now',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.change(pro, 'now', { at: START + 15 * DAY }))
      keep(s.renew())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'PRODUCT_CHANGE prod_basic→prod_pro', 'RENEWAL 5 USD', 'RENEWAL 19.99 USD'],
  },
  {
    name: 'upgrade to another term, cancelled, expired',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.change(yearly, 'now', { at: START + 15 * DAY }))
      keep(s.cancel('period_end', { at: START + 30 * DAY }))
      keep(s.expire())
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'PRODUCT_CHANGE prod_basic→prod_yearly',
      'RENEWAL 94 USD',
      'CANCELLATION UNSUBSCRIBE',
      'EXPIRATION UNSUBSCRIBE',
    ],
  },
  {
    name: 'change of plan that the next invoice settles',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.change(pro, 'later', { at: START + 15 * DAY }))
      keep(s.renew())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'PRODUCT_CHANGE prod_basic→prod_pro', 'RENEWAL 19.99 USD'],
  },
  {
    name: 'upgrade in a trial',
    write: (stripe, keep) => {
      const s = stripe.subscribe(trial)
      keep(s.opening)
      keep(s.change(pro, 'later', { at: START + 3 * DAY }))
      keep(s.renew())
    },
    events: ['TRIAL', 'PRODUCT_CHANGE prod_basic→prod_pro', 'CONVERSION 19.99 USD'],
  },
  {
    name: 'downgrade that credit pays: no money, no renewal, and the cancellation after it is told',
    write: (stripe, keep) => {
      const s = stripe.subscribe({ plan: pro, at: START })
      keep(s.opening)
      keep(s.change(monthly, 'now', { at: START + 10 * DAY }))
      keep(s.cancel('period_end', { at: START + 12 * DAY }))
      keep(s.expire())
    },
    events: [
      'INITIAL_PURCHASE 19.99 USD',
      'PRODUCT_CHANGE prod_pro→prod_basic',
      'CANCELLATION UNSUBSCRIBE',
      'EXPIRATION UNSUBSCRIBE',
    ],
  },
  {
    name: 'planned change, called off',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.schedule(pro, { at: START + 5 * DAY }))
      keep(s.release({ at: START + 6 * DAY }))
      keep(s.renew())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'PRODUCT_CHANGE prod_basic→prod_pro', 'RENEWAL 9.99 USD'],
  },
  {
    name: 'planned change, told twice, in effect at the renewal',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.schedule(pro, { at: START + 5 * DAY }))
      keep(s.schedule(pro, { at: START + 6 * DAY }))
      keep(s.renew())
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'PRODUCT_CHANGE prod_basic→prod_pro', 'RENEWAL 19.99 USD'],
  },
  {
    name: 'first payment never made',
    write: (stripe, keep) => {
      const s = stripe.subscribe({ ...sale, incomplete: true })
      keep(s.opening)
      keep(s.expireIncomplete())
    },
    events: [],
  },
  {
    name: 'an add-on comes and goes',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.addItem(pro, { at: START + 15 * DAY }))
      keep(s.removeItem(s.state.items[1]?.id ?? '', { at: START + 20 * DAY }))
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'INITIAL_PURCHASE 10 USD',
      'CANCELLATION UNSUBSCRIBE',
      'EXPIRATION UNSUBSCRIBE',
    ],
  },
  {
    name: 'everything is free of charge by a coupon',
    write: (stripe, keep) => {
      const s = stripe.subscribe({ ...sale, percentOff: 100 })
      keep(s.opening)
      keep(s.renew())
    },
    events: ['INITIAL_PURCHASE', 'RENEWAL'],
  },
]

export const SCENARIOS: readonly Scenario[] = [...LIVES, ...MONEY]
