import { describe, expect, it } from 'vitest'
import { createFeedBehindAppStore } from '../../src/stand-ins/revenuecat/behind-app-store.ts'
import { createEventDesk, type SimulatedEvent } from '../../src/stand-ins/revenuecat/event.ts'
import { type Attempt, send, type WebhookCredentials } from '../../src/stand-ins/revenuecat/send.ts'
import { createSimulatedSender } from '../../src/stand-ins/revenuecat/sender.ts'
import {
  ALWAYS,
  APPLE_ID,
  BUNDLE_ID,
  compared,
  DAY,
  eventsOf,
  notificationsOf,
  post,
  startInProcess,
  startWorld,
  until,
} from './harness.ts'

const CREDENTIALS: WebhookCredentials = { authorization: 'Bearer webhook-of-acme', signingSecrets: ['rcwh_acme'] }
const FEED = {
  id: 'rc',
  store: 'revenuecat',
  authorization: CREDENTIALS.authorization,
  signing_secret: 'rcwh_acme',
  events_from: ALWAYS,
}
const IOS = { id: 'ios', store: 'app_store', bundle_id: BUNDLE_ID, app_apple_id: APPLE_ID, events_from: ALWAYS }

const tell = (address: string, event: SimulatedEvent, credentials = CREDENTIALS): Promise<Attempt> =>
  send(`${address}/notifications/revenuecat/acme/rc`, event, credentials)

describe('a feed in front of the hub', () => {
  it('is taken, told to the destinations once, and its ids are kept', async () => {
    const world = await startWorld({ project: { apps: [FEED] } })
    const hub = await startInProcess(world)
    const sender = createSimulatedSender({
      customer: {
        appUserId: 'bea',
        aliases: ['bea', `$RCAnonymousID:${'b'.repeat(32)}`],
        attributes: { $clevertapId: 'ct-bea', plan: 'gold' },
      },
    })
    const s = sender.subscribe({
      store: 'PLAY_STORE',
      product: 'gold:monthly',
      price: 9.99,
      period: 'P1M',
      trial: 'P1W',
      at: Date.now() - 9 * DAY,
    })
    s.renew()
    s.cancel({ at: Date.now() - DAY })
    for (const event of sender.events) {
      expect(await tell(hub.address, event)).toEqual({ status: 200, delivered: true })
      expect(await tell(hub.address, event)).toEqual({ status: 200, delivered: true })
    }
    const [first] = sender.events
    if (first === undefined) throw new Error('Nothing was made.')
    expect(await tell(hub.address, first, { authorization: 'Bearer guess' })).toMatchObject({ status: 401 })
    await hub.idle()
    const told = (await eventsOf(hub.address)) as readonly (Awaited<ReturnType<typeof eventsOf>>[number] & {
      readonly external_id: string | null
      readonly app_id: string
      readonly aliases: readonly string[]
      readonly subscriber_attributes: Readonly<Record<string, { readonly value: string }>>
    })[]
    expect(told.map(({ name, external_id, app_user_id, app_id }) => [name, external_id, app_user_id, app_id])).toEqual([
      ['trial_started', sender.events[0]?.id, 'bea', 'rc'],
      ['trial_converted', sender.events[1]?.id, 'bea', 'rc'],
      ['cancellation', sender.events[2]?.id, 'bea', 'rc'],
    ])
    await until('all are delivered', () => world.clevertap.counts().unique === 3)
    expect(world.clevertap.counts()).toMatchObject({ unique: 3, duplicates: 0 })
    expect(await notificationsOf(hub.address)).toHaveLength(3)
    // What the feed knows of the customer counts from its first event on: ids and attributes.
    expect(told.map(({ subscriber_attributes }) => subscriber_attributes.plan?.value)).toEqual(['gold', 'gold', 'gold'])
    expect(told[0]?.aliases).toEqual(['bea', `$RCAnonymousID:${'b'.repeat(32)}`])
    const arrived = world.clevertap.ledger.map(({ customerId }) => customerId)
    expect(arrived).toEqual(['ct-bea', 'ct-bea', 'ct-bea'])
  })
})

describe('a feed beside the App Store', () => {
  const now = Date.now()

  it.each(['store', 'revenuecat'])(
    'of which the %s announces: everything once, under the same ids',
    async (authority) => {
      const world = await startWorld({ project: { apps: [IOS, { ...FEED, authority }] } })
      const hub = await startInProcess(world)
      const desk = createEventDesk()
      const behind = createFeedBehindAppStore(desk)
      const s = world.production.subscribe({ product: 'monthly', price: 9.99, period: 'P1M', at: now - 40 * DAY })
      const notifications = [s.opening, s.renew(), s.cancel({ at: now - 2 * DAY })]
      for (const notification of notifications) {
        expect(await post(hub.address, notification.body)).toMatchObject({ status: 200 })
        for (const event of behind.hear(notification))
          expect(await tell(hub.address, event)).toMatchObject({ status: 200 })
      }
      await hub.idle()
      const told = await eventsOf(hub.address)
      expect(told.map(({ type }) => type)).toEqual(['INITIAL_PURCHASE', 'RENEWAL', 'CANCELLATION'])
      const kept = await notificationsOf(hub.address)
      expect(kept).toHaveLength(6)
      expect(kept.map(({ status }) => status)).toEqual(kept.map(() => 'understood'))
      const onlyCompared = kept.filter(({ note }) => note?.startsWith('Compared only') === true)
      expect(onlyCompared).toHaveLength(3)
      for (const { events, note } of onlyCompared) {
        expect(events).toBe(0)
        expect(note).toContain(authority === 'store' ? 'ios' : 'rc')
      }
      ids.push(compared(told).ids)
    },
  )

  /** The same purchase under either authority has the same ids: they may change places in mid-life. */
  const ids: (readonly string[])[] = []
  it('has the same ids whoever announces', () => {
    expect(ids).toHaveLength(2)
    expect(ids[0]).toEqual(ids[1])
  })
})
