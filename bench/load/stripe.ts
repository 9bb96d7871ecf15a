/** Plays Stripe, its API included. It begins with {api, key, secret}: where the API is, its key, and what signs events. */

import { startStandIn } from '../../src/stand-ins/server.ts'
import { idFrom, type SimulatedEvent } from '../../src/stand-ins/stripe/event.ts'
import { answerOfStripe } from '../../src/stand-ins/stripe/server.ts'
import { createSimulatedStripe, type SimulatedStripe } from '../../src/stand-ins/stripe/simulator.ts'
import { type Make, type Message, serveSender } from './sender.ts'

const DAY_MS = 86_400_000
const SECRET = 'whsec_bench00000000000000000000000000'
const KEY = 'rk_live_bench'
const PLAN = { price: 'price_monthly', product: 'prod_monthly', amount: 999, period: 'P1M' }

let account: SimulatedStripe = createSimulatedStripe({ secret: SECRET })

/** Nothing needs to be asked in these lives; what is asked all the same is answered, and costs who asks its time. */
const api = await startStandIn({
  handle: (request) => answerOfStripe(request, { accounts: [{ account, key: KEY }] }, Date.now()),
})

/**
 * One message that a subscription was created and one for each paid invoice, `turns` of them, each of which makes one
 * event: of all customers turn by turn, so that two messages of one customer are never close together.
 */
function make({ seed, customers, turns }: Make['make']) {
  account = createSimulatedStripe({ secret: SECRET, seed })
  // The last period is the present one.
  const begun = Date.now() - ((turns - 1) * 31 + 10) * DAY_MS
  const people = Array.from({ length: customers }, (_, at) => {
    const customer = idFrom('user', seed, at)
    const subscription = account.subscribe({ plan: PLAN, at: begun + at, metadata: { app_user_id: customer } })
    return { customer, subscription }
  })
  const [created, first] = ['customer.subscription.created', 'invoice.paid'].map((type) =>
    people.map(({ customer, subscription }) => signed(customer, subscription.opening, type)),
  )
  const renewals = Array.from({ length: turns - 1 }, () =>
    people.map(({ customer, subscription }) => signed(customer, subscription.renew(), 'invoice.paid')),
  )
  return { messages: [created ?? [], first ?? [], ...renewals].flat(), events: customers * turns }
}

/** Signed now: Stripe's signatures hold for five minutes. */
function signed(customer: string, events: readonly SimulatedEvent[], type: string): Message {
  const event = events.find((one) => one.type === type)
  if (event === undefined) throw new Error(`The stand-in told no ${type}`)
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
    'stripe-signature': event.header(Date.now()),
  }
  return { body: event.body, customer, headers }
}

serveSender({ api: api.url, key: KEY, secret: SECRET }, make)
