import type { Scenario } from './scenarios.ts'
import { DAY, HOUR, monthly, pro, START } from './setting.ts'

const sale = { plan: monthly, at: START }

/** Money that goes back, and what is bought once. */
export const MONEY: readonly Scenario[] = [
  {
    name: 'refund of the latest period, all of it',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.refund({ at: START + 2 * DAY }))
      keep(s.cancelNow('cancellation_requested', { at: START + 2 * DAY + HOUR }))
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'CANCELLATION CUSTOMER_SUPPORT -9.99 USD',
      'CANCELLATION UNSUBSCRIBE',
      'EXPIRATION UNSUBSCRIBE',
    ],
  },
  {
    name: 'refund in parts',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.refund({ amount: 300, at: START + 2 * DAY }))
      keep(s.refund({ amount: 200, at: START + 3 * DAY }))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'REFUND -3 USD', 'REFUND -2 USD'],
  },
  {
    name: 'refund of an older period',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      const { charge } = s.latestInvoice
      keep(s.renew())
      keep(s.refund({ charge, at: START + 40 * DAY }))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'RENEWAL 9.99 USD', 'REFUND -9.99 USD'],
  },
  {
    name: 'refund that fails',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.refund({ at: START + 2 * DAY }))
      keep(s.failRefund({ at: START + 5 * DAY }))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION CUSTOMER_SUPPORT -9.99 USD', 'REFUND_REVERSED 9.99 USD'],
  },
  {
    name: 'dispute, lost',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.dispute({ at: START + 5 * DAY }))
      keep(s.closeDispute('lost', { at: START + 20 * DAY }))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'REFUND -9.99 USD', 'CANCELLATION CUSTOMER_SUPPORT'],
  },
  {
    name: 'dispute, won',
    write: (stripe, keep) => {
      const s = stripe.subscribe(sale)
      keep(s.opening)
      keep(s.dispute({ at: START + 5 * DAY }))
      keep(s.closeDispute('won', { at: START + 20 * DAY }))
    },
    events: ['INITIAL_PURCHASE 9.99 USD', 'REFUND -9.99 USD', 'REFUND_REVERSED 9.99 USD'],
  },
  {
    name: 'two products on one subscription, refunded',
    write: (stripe, keep) => {
      const s = stripe.subscribe({ ...sale, addOns: [{ ...pro, amount: 500 }] })
      keep(s.opening)
      keep(s.renew())
      keep(s.refund({ at: START + 40 * DAY }))
    },
    events: [
      'INITIAL_PURCHASE 9.99 USD',
      'INITIAL_PURCHASE 5 USD',
      'RENEWAL 9.99 USD',
      'RENEWAL 5 USD',
      'CANCELLATION CUSTOMER_SUPPORT -9.99 USD',
      'CANCELLATION CUSTOMER_SUPPORT -5 USD',
    ],
  },
  {
    name: 'bought once, two lines, refunded',
    write: (stripe, keep) => {
      const bought = stripe.checkout({
        at: START,
        lines: [
          { price: 'price_coins', product: 'prod_coins', amount: 199, quantity: 3 },
          { price: 'price_hat', product: 'prod_hat', amount: 500 },
        ],
      })
      keep(bought.opening)
      keep(bought.refund({ at: START + DAY }))
    },
    events: [
      'NON_RENEWING_PURCHASE 5.97 USD',
      'NON_RENEWING_PURCHASE 5 USD',
      'CANCELLATION CUSTOMER_SUPPORT -5.97 USD',
      'CANCELLATION CUSTOMER_SUPPORT -5 USD',
    ],
  },
  {
    name: 'bought once by a bank debit, whose money comes later',
    write: (stripe, keep) => {
      const lines = [{ price: 'price_hat', product: 'prod_hat', amount: 500 }]
      const bought = stripe.checkout({ at: START, lines, async: true })
      keep(bought.opening)
      keep(bought.settle('succeeded', { at: START + 3 * DAY }))
    },
    events: ['NON_RENEWING_PURCHASE 5 USD'],
  },
]
