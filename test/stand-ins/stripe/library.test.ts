import Stripe from 'stripe'
import { afterEach, describe, expect, it } from 'vitest'
import { type StripeStandIn, startStripeStandIn } from '../../../src/stand-ins/stripe/server.ts'
import { createSimulatedStripe, type SimulatedStripe } from '../../../src/stand-ins/stripe/simulator.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const DAY = 86_400_000
const plan = { price: 'price_1', product: 'prod_1', amount: 999, period: 'P1M' }
const open: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()))
})

/** Stripe's own client, unchanged, speaking to the stand-in. */
async function connect(
  key = 'sk_test_good',
): Promise<{ readonly stripe: Stripe; readonly account: SimulatedStripe; readonly standIn: StripeStandIn }> {
  const account = createSimulatedStripe({ livemode: false, now: () => NOW })
  const standIn = await startStripeStandIn({
    accounts: [{ account, key: 'sk_test_good' }],
    now: () => NOW,
    pageSize: 2,
  })
  open.push(() => standIn.close())
  const stripe = new Stripe(key, {
    host: '127.0.0.1',
    port: standIn.port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  })
  return { stripe, account, standIn }
}

describe('Stripe’s library reads the stand-in', () => {
  it('a subscription, its invoices and what paid them', async () => {
    const { stripe, account } = await connect()
    const s = account.subscribe({ plan, trial: 'P7D', at: NOW - 20 * DAY })
    s.renew()
    const read = await stripe.subscriptions.retrieve(s.id)
    expect(read).toMatchObject({ id: s.id, status: 'active', items: { data: [{ price: { product: 'prod_1' } }] } })
    const invoices = await stripe.invoices.list({ subscription: s.id }).autoPagingToArray({ limit: 100 })
    expect(invoices.map(({ amount_paid }) => amount_paid)).toEqual([999, 0])
    const paid = invoices[0]
    const payments = await stripe.invoicePayments.list({
      payment: { type: 'payment_intent', payment_intent: s.latestInvoice.paymentIntent },
    })
    expect(payments.data.map(({ invoice }) => invoice)).toEqual([paid?.id])
    const lines = await stripe.invoices.listLineItems(paid?.id ?? '')
    expect(lines.data.map(({ amount }) => amount)).toEqual([999])
  })

  it('a checkout with its lines, and refunds of a charge', async () => {
    const { stripe, account } = await connect()
    const bought = account.checkout({
      at: NOW - DAY,
      lines: [{ price: 'price_2', product: 'prod_2', amount: 500, quantity: 2 }],
    })
    const lines = await stripe.checkout.sessions.listLineItems(bought.id)
    expect(lines.data.map(({ amount_total }) => amount_total)).toEqual([1000])
    const sessions = await stripe.checkout.sessions.list({ payment_intent: bought.paymentIntent })
    expect(sessions.data.map(({ id }) => id)).toEqual([bought.id])
    const [refunded] = bought.refund({ amount: 300, at: NOW })
    const { object: charge } = (refunded?.json.data ?? {}) as { object: { id: string } }
    expect((await stripe.refunds.list({ charge: charge.id })).data.map(({ amount }) => amount)).toEqual([300])
    expect((await stripe.charges.retrieve(charge.id)).amount_refunded).toBe(300)
  })

  it('events, newest first, page by page', async () => {
    const { stripe, account } = await connect()
    account.subscribe({ plan, at: NOW - 3 * DAY })
    account.subscribe({ plan, at: NOW - 40 * DAY })
    const events = await stripe.events.list({ created: { gte: 0 } }).autoPagingToArray({ limit: 100 })
    expect(events.map(({ type }) => type)).toEqual([
      'invoice.paid',
      'customer.subscription.updated',
      'customer.subscription.created',
    ])
  })

  it('errors as Stripe words them', async () => {
    const { stripe } = await connect()
    await expect(stripe.subscriptions.retrieve('sub_none')).rejects.toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
    })
    await expect(stripe.events.list({ limit: 500 })).rejects.toMatchObject({ statusCode: 400, param: 'limit' })
    await expect(stripe.balance.retrieve()).rejects.toMatchObject({ statusCode: 404 })
    const stranger = await connect('sk_test_bad')
    await expect(stranger.stripe.events.list()).rejects.toMatchObject({
      statusCode: 401,
      type: 'StripeAuthenticationError',
    })
  })
})

describe('the stand-in as a process', () => {
  it('is driven over HTTP, and sends what it tells to the event destination', async () => {
    const received: string[] = []
    const { startStandIn } = await import('../../../src/stand-ins/server.ts')
    const hub = await startStandIn({
      handle: (request) => {
        received.push(String(request.headers['stripe-signature']))
        return { status: 200, body: '{}' }
      },
    })
    const account = createSimulatedStripe({ now: () => NOW })
    const standIn = await startStripeStandIn({
      accounts: [{ account, key: 'k' }],
      now: () => NOW,
      notificationUrl: hub.url,
    })
    open.push(
      () => standIn.close(),
      () => hub.close(),
    )
    const act = async (
      body: object,
    ): Promise<{ readonly id: string; readonly sent: readonly { readonly status: number }[] }> => {
      const answer = await fetch(`${standIn.url}/_act`, { method: 'POST', body: JSON.stringify(body) })
      return (await answer.json()) as Awaited<ReturnType<typeof act>>
    }
    const begun = await act({ act: 'subscribe', args: [{ plan }] })
    const renewed = await act({ on: begun.id, act: 'renew' })
    expect([...begun.sent, ...renewed.sent].map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(received).toHaveLength(5)
    for (const header of received) expect(header).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/)
    const unknown = await fetch(`${standIn.url}/_act`, { method: 'POST', body: '{"act":"fly"}' })
    expect(unknown.status).toBe(400)
  })
})
