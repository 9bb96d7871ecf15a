import { describe, expect, it } from 'vitest'
import type { SimulatedEvent } from '../../src/stand-ins/stripe/event.ts'
import { type StripeStandIn, startStripeStandIn } from '../../src/stand-ins/stripe/server.ts'
import { createSimulatedStripe, type SimulatedStripe } from '../../src/stand-ins/stripe/simulator.ts'
import { randomOf } from '../seed.ts'
import {
  ALWAYS,
  afterwards,
  DAY,
  eventsOf,
  type RunningHub,
  startInProcess,
  startWorld,
  until,
  type World,
} from './harness.ts'

const KEY = 'sk_live_hub'
const monthly = { price: 'price_monthly', product: 'prod_basic', amount: 999, period: 'P28D' }
const pro = { price: 'price_pro', product: 'prod_pro', amount: 1999, period: 'P28D' }

interface StripeWorld {
  readonly account: SimulatedStripe
  readonly standIn: StripeStandIn
  readonly world: World
}

async function startStripe(
  app: Readonly<Record<string, unknown>> = {},
  account = createSimulatedStripe(),
): Promise<StripeWorld> {
  const standIn = await startStripeStandIn({ accounts: [{ account, key: KEY }] })
  afterwards(() => standIn.close())
  const web = {
    id: 'web',
    store: 'stripe',
    secret_key: KEY,
    webhook_secret: [`whsec_${'old'.repeat(12)}`, account.secret],
    app_user_id_from: 'metadata:app_user_id',
    environments: ['production'],
    events_from: ALWAYS,
    ...app,
  }
  const world = await startWorld({ project: { apps: [web] }, env: { TRIBUTARY_STRIPE_API_URL: standIn.url } })
  return { account, standIn, world }
}

/** Two customers: one through a trial, a change, a failure and a refund; one buys once and cancels a subscription. */
function live(account: SimulatedStripe): readonly SimulatedEvent[] {
  const begin = Date.now() - 28 * DAY
  const ada = account.subscribe({ plan: monthly, trial: 'P7D', at: begin, metadata: { app_user_id: 'ada' } })
  ada.renew()
  ada.change(pro, 'now', { at: begin + 12 * DAY })
  ada.cancel('portal', { at: begin + 14 * DAY })
  ada.refund({ at: begin + 15 * DAY })
  account.checkout({
    at: begin,
    lines: [{ price: 'price_hat', product: 'prod_hat', amount: 500 }],
    metadata: { app_user_id: 'bob' },
  })
  const bob = account.subscribe({ plan: { ...monthly, period: 'P1W' }, at: begin, metadata: { app_user_id: 'bob' } })
  bob.failToRenew()
  bob.giveUp('canceled', { at: begin + 20 * DAY })
  return account.events
}

const TOLD = [
  'ada cancellation prod_pro -8.21',
  'ada cancellation prod_pro 0',
  'ada product_change prod_basic 0',
  'ada renewal prod_pro 8.21',
  'ada trial_converted prod_basic 9.99',
  'ada trial_started prod_basic 0',
  'bob billing_issue prod_basic 0',
  'bob cancellation prod_basic 0',
  'bob expiration prod_basic 0',
  'bob initial_purchase prod_basic 9.99',
  'bob non_subscription_purchase prod_hat 5',
]

async function deliver(hub: RunningHub, events: readonly SimulatedEvent[]): Promise<readonly number[]> {
  const statuses: number[] = []
  for (const event of events) {
    const answer = await fetch(`${hub.address}/notifications/stripe/acme/web`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': event.header(Date.now()),
      },
      body: event.body,
    })
    statuses.push(answer.status)
  }
  return statuses
}

async function settled(hub: RunningHub, count: number): Promise<void> {
  await until(`${count} notifications`, async () => {
    const { waiting, ...done } = await hub.storage.inboxDepths()
    return waiting === 0 && done.understood + done.ignored + done.parked === count
  })
  await hub.idle()
}

async function told(hub: RunningHub): Promise<readonly string[]> {
  const events = await eventsOf(hub.address)
  return events.map(
    (one) => `${one.app_user_id} ${one.name ?? one.type} ${one.product_id} ${(one.money.gross_micros ?? 0) / 1e6}`,
  )
}

function shuffled<T>(items: readonly T[], name: string): readonly T[] {
  const random = randomOf(name)
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

describe('Stripe in a hub', () => {
  it('tells the same events in whatever order they are pushed, and pulled', { timeout: 60_000 }, async () => {
    const first = await startStripe()
    const events = live(first.account)
    const inOrder = await startInProcess(first.world)
    const statuses = await deliver(inOrder, [...events, ...events])
    expect(new Set(statuses)).toEqual(new Set([200]))
    await settled(inOrder, events.length)
    const expected = (await eventsOf(inOrder.address)).map(({ id }) => id).sort()
    expect([...(await told(inOrder))].sort()).toEqual(TOLD)
    expect(first.world.segment.duplicates()).toEqual([])

    const second = await startStripe({}, first.account)
    const mixed = await startInProcess(second.world)
    await deliver(mixed, shuffled(events, 'stripe hub'))
    await settled(mixed, events.length)
    expect((await eventsOf(mixed.address)).map(({ id }) => id).sort()).toEqual(expected)

    const third = await startStripe({ receive: 'pull' }, first.account)
    const pulled = await startInProcess(third.world)
    await settled(pulled, events.length)
    expect((await eventsOf(pulled.address)).map(({ id }) => id).sort()).toEqual(expected)
  })
})
