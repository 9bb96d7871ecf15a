import { afterEach, describe, expect, it } from 'vitest'
import type { LifecycleEvent } from '../../../src/domain/event.ts'
import { createFetchGate } from '../../../src/ingest/fetch-gate.ts'
import { saveTogether } from '../../../src/ingest/groups.ts'
import { bareReceipt, postReceipt, type ReceiptDeps, type ReceiptOutcome } from '../../../src/ingest/receipts.ts'
import type {
  SimulatedAppStore,
  SimulatedNotification,
  SimulatedPurchase,
  SimulatedSubscription,
} from '../../../src/stand-ins/app-store/subscription.ts'
import { API_KEY, type Connection, connect } from '../../stores/app-store/connected.ts'
import { APPLE_ID, BUNDLE } from '../../stores/app-store/setting.ts'
import { NOW } from '../given.ts'
import { type Desk, keyOf, openDesk } from './desk.ts'

const DAY = 86_400_000
const MINUTE = 60_000
const monthly = { product: 'monthly', price: 9.99, period: 'P1M' }

/** Ingest and identity on a real database, with the App Store connector and its stand-in in place of a store made up. */
interface Scene {
  readonly desk: Desk
  readonly apple: SimulatedAppStore
  notify(notification: SimulatedNotification): Promise<void>
  receipt(token: string, appUserId: string): Promise<ReceiptOutcome>
}

const open: Desk[] = []
afterEach(async () => {
  for (const desk of open.splice(0)) await desk.close()
})

async function scene(key: object = { api_key: API_KEY }): Promise<Scene> {
  const settings = { bundle_id: BUNDLE, app_apple_id: APPLE_ID, ...key }
  const connection = await connect()
  const desk = await openDesk({ app: { settings } })
  open.push(desk)
  const { store } = connection
  const gate = createFetchGate(() => {})
  const deps: ReceiptDeps = { ...desk.deps, gate, stores: new Map([['app_store', store]]) }
  return {
    desk,
    apple: connection.apple,
    notify: (notification) => taken(notification, connection, desk, deps),
    receipt: (token, appUserId) => postReceipt(bareReceipt(desk.app, appUserId, { kind: 'token', token }), deps),
  }
}

/** As it came, verified, decoded and folded; a history that it needs is asked for. */
async function taken(
  notification: SimulatedNotification,
  { store }: Connection,
  { app, project }: Desk,
  deps: ReceiptDeps,
): Promise<void> {
  const accepted = await store.accept({ headers: {}, body: notification.body }, app)
  if (accepted.kind !== 'accepted') throw new Error(accepted.reason)
  const decoded = store.decode({ ...accepted.message, receivedAt: deps.now() }, app)
  if (decoded.kind !== 'observed') throw new Error(decoded.kind)
  const { observation, historyOf } = decoded
  const observations = [{ observation, notificationId: null }]
  const group = { key: observation.key, app, project, store, notifications: [], observations, historyOf }
  for (const waiting of await saveTogether([group], deps)) {
    const history = historyOf === null ? null : await store.history(historyOf, app)
    if (history?.kind !== 'fetched') throw new Error('Apple told no history.')
    const told = [{ observation: history.value, notificationId: null }, ...waiting.observations]
    await saveTogether([{ ...waiting, observations: told, historyOf: null }], deps)
  }
}

type Bought = SimulatedSubscription | SimulatedPurchase

const LIVES: readonly (readonly [string, (apple: SimulatedAppStore) => Bought, readonly string[]])[] = [
  ['a subscription', (apple) => apple.subscribe({ ...monthly, at: NOW - MINUTE }), ['INITIAL_PURCHASE']],
  ['a trial', (apple) => apple.subscribe({ ...monthly, at: NOW - MINUTE, trial: 'P1W' }), ['INITIAL_PURCHASE']],
  [
    'a trial that became paid',
    (apple) => {
      const s = apple.subscribe({ ...monthly, at: NOW - 9 * DAY, trial: 'P1W' })
      s.renew()
      return s
    },
    ['INITIAL_PURCHASE', 'RENEWAL'],
  ],
  [
    'one that is cancelled',
    (apple) => {
      const s = apple.subscribe({ ...monthly, at: NOW - 9 * DAY })
      s.cancel({ at: NOW - DAY })
      return s
    },
    ['INITIAL_PURCHASE', 'CANCELLATION'],
  ],
  [
    'one that was refunded',
    (apple) => {
      const s = apple.subscribe({ ...monthly, at: NOW - 9 * DAY })
      s.refund({ at: NOW - DAY })
      return s
    },
    ['INITIAL_PURCHASE', 'CANCELLATION', 'EXPIRATION'],
  ],
  [
    'a consumable',
    (apple) => apple.buyConsumable({ product: 'coins', price: 1.99, at: NOW - MINUTE }),
    ['NON_RENEWING_PURCHASE'],
  ],
]

interface Told {
  readonly notifications: readonly SimulatedNotification[]
  receipt(): Promise<void>
}
type Way = (here: Scene, told: Told) => Promise<unknown>

async function inTurn(here: Scene, notifications: readonly SimulatedNotification[]): Promise<void> {
  for (const notification of notifications) await here.notify(notification)
}

const WAYS: Readonly<Record<string, Way>> = {
  'the receipt first, the notification minutes later': async (here, { notifications, receipt }) => {
    await receipt()
    here.desk.advance(5 * MINUTE)
    await inTurn(here, notifications)
  },
  'the notification first': async (here, { notifications, receipt }) => {
    await inTurn(here, notifications)
    await receipt()
  },
  'the notification first, half a minute before': async (here, { notifications, receipt }) => {
    await inTurn(here, notifications)
    here.desk.advance(30_000)
    await receipt()
  },
  'both at once': (here, { notifications, receipt }) => Promise.all([receipt(), inTurn(here, notifications)]),
  'the last notification first, all twice': async (here, { notifications, receipt }) => {
    await inTurn(here, notifications.toReversed())
    await receipt()
    await inTurn(here, notifications)
    await receipt()
  },
}

async function isTaken(outcome: Promise<ReceiptOutcome>): Promise<void> {
  expect(await outcome).toMatchObject({ kind: 'taken' })
}

async function eventsOf({ storage }: Desk, chain: string): Promise<readonly LifecycleEvent[]> {
  const query = { projectId: 'acme', after: '', before: null, types: [], customer: null, environment: null }
  const { items } = await storage.listEvents({ ...query, limit: 500 })
  return items.map(({ event }) => event).filter(({ purchase }) => purchase.chain === chain)
}

describe('a purchase at the App Store, told by notification and receipt in every way', () => {
  it.each(LIVES)(
    '%s: one customer, each event once, the right identity',
    { timeout: 60_000 },
    async (_, live, types) => {
      const here = await scene()
      const { device, notifications } = here.apple
      const { storage } = here.desk
      let seen = 0
      for (const [name, way] of Object.entries(WAYS)) {
        for (const form of ['signed transaction', 'app receipt'] as const) {
          const what = `${name}, as ${form}`
          const before = notifications.length
          const bought = live(here.apple)
          const latest = 'latest' in bought ? bought.latest.id : bought.id
          const token = form === 'app receipt' ? device.appReceipt([bought.id]) : device.transactionJws(latest)
          const appUserId = `ann-${seen}`
          await way(here, {
            notifications: notifications.slice(before),
            receipt: () => isTaken(here.receipt(token, appUserId)),
          })
          const events = await eventsOf(here.desk, bought.id)
          expect(events.map(({ type }) => type).sort(), what).toEqual([...types].sort())
          expect(new Set(events.map((event) => event.appUserId)), what).toEqual(new Set([appUserId]))
          const customer = await storage.getCustomer('acme', appUserId)
          expect(customer?.originalAppUserId, what).toBe(appUserId)
          expect((await storage.getPurchase(keyOf(bought.id, here.desk.app)))?.customerId, what).toBe(customer?.id)
          seen += 1
        }
      }
      expect(seen).toBe(10)
    },
  )
})

describe('an app without an In-App Purchase key', () => {
  it('takes signed transactions, also right after an app receipt that would have needed the key', async () => {
    const here = await scene({})
    const s = here.apple.subscribe({ ...monthly, at: NOW - MINUTE })
    expect(await here.receipt(here.apple.device.appReceipt([s.id]), 'ann')).toMatchObject({ kind: 'credentials' })
    await isTaken(here.receipt(here.apple.device.transactionJws(s.id), 'ann'))
    expect((await eventsOf(here.desk, s.id)).map(({ appUserId }) => appUserId)).toEqual(['ann'])
  })
})
