import { join } from 'node:path'
import { channelIdOf } from '../src/delivery/channel.ts'
import { fanOut } from '../src/delivery/fan-out.ts'
import { destinationOf } from '../src/destinations/registry.ts'
import { bundledRates } from '../src/domain/exchange.ts'
import type { App, Integration, Project } from '../src/domain/project.ts'
import { ruleTerms } from '../src/domain/terms.ts'
import { foldBatch, ownersOf, type PurchaseWork } from '../src/ingest/fold.ts'
import type { SimulatedNotification } from '../src/stand-ins/app-store/notification.ts'
import { createSimulatedAppStore } from '../src/stand-ins/app-store/subscription.ts'
import { openEmbedded } from '../src/storage/sqlite/open.ts'
import type { Storage } from '../src/storage/storage.ts'
import { decodedOf } from '../src/stores/app-store/decode.ts'
import { BENCH_PROJECT } from './hub.ts'
import { APP_APPLE_ID, BUNDLE_ID } from './shop.ts'

/** Events of one customer: what a year of a subscription makes. */
const EVENTS_PER_CUSTOMER = 10
const BATCH = 500

const project: Project = {
  id: BENCH_PROJECT,
  name: 'Bench',
  trackUnknownPurchases: true,
  identityHoldMs: 0,
  transferBehavior: 'transfer',
  resubscribeAs: 'initial_purchase',
  entitlements: { premium: ['com.acme.monthly'] },
}

const app: App = {
  projectId: BENCH_PROJECT,
  id: 'ios',
  store: 'app_store',
  publicKey: null,
  environments: ['production'],
  receive: 'push',
  eventsFrom: 0,
  createdAt: 0,
  commissionRatePpm: 300_000,
  taxRatePpm: 0,
  settings: { bundle_id: BUNDLE_ID, app_apple_id: APP_APPLE_ID },
}

/** The hub's own CleverTap integration, as far as fan-out looks at it. */
const clevertap: Integration = {
  projectId: BENCH_PROJECT,
  id: 'clevertap',
  destination: 'clevertap',
  enabled: true,
  mode: 'live',
  liveFrom: 0,
  sandbox: false,
  allEvents: false,
  settings: {},
  eventNames: {},
  createdAt: 0,
}

/**
 * Writes the database of a hub that was up while CleverTap was down: real events of simulated subscriptions, folded by
 * the hub's own rules and saved through its storage, each with a delivery that waits. Only HTTP and signatures are left
 * out. `waiting` false: nothing waits, as after a calm night.
 */
export async function fillDatabase(
  folder: string,
  events: number,
  waiting: boolean,
  perCustomer = EVENTS_PER_CUSTOMER,
): Promise<void> {
  const storage = await openEmbedded({ folder: join(folder, 'data') })
  const rows = [{ projectId: BENCH_PROJECT, integrationId: clevertap.id, environment: 'production' as const }]
  const channels = await storage.ensureChannels(rows, Date.now())
  const context = {
    integrations: waiting ? [clevertap] : [],
    destination: (id: string) => destinationOf(id) ?? null,
    channel: (projectId: string, channelId: string) =>
      channels.find((row) => row.projectId === projectId && row.channelId === channelId) ?? null,
  }
  if (context.channel(BENCH_PROJECT, channelIdOf(clevertap.id, 'production')) === null)
    throw new Error('The channel of the bench could not be made')
  const deps = {
    terms: () => ruleTerms(app, bundledRates),
    getsReceipts: () => false,
    fanOut: (...[event, customer, now]: Parameters<Parameters<typeof foldBatch>[2]['fanOut']>) =>
      fanOut(event, customer, now, context),
  }
  let made = 0
  for (let customer = 0; made < events; customer += BATCH) {
    const now = Date.now()
    const size = Math.min(BATCH, Math.ceil((events - made) / perCustomer))
    const work = Array.from({ length: size }, (_, at) => lifeOf(customer + at, now, perCustomer))
    made += await save(storage, work, deps)
  }
  await storage.close()
}

async function save(
  storage: Storage,
  work: readonly PurchaseWork[],
  deps: Parameters<typeof foldBatch>[2],
): Promise<number> {
  const appUserIds = work.flatMap((one) =>
    ownersOf(one).map((appUserId) => ({ projectId: one.key.projectId, appUserId })),
  )
  return storage.step({ purchases: work.map(({ key }) => key), appUserIds }, (loaded) => {
    const { save: rows, events } = foldBatch(work, loaded, deps)
    return { save: rows, result: events.length }
  })
}

/** One customer's subscription: a purchase, renewals, and changes of mind. Its last period is the present one. */
function lifeOf(number: number, now: number, events: number): PurchaseWork {
  const store = createSimulatedAppStore({
    bundleId: BUNDLE_ID,
    appAppleId: APP_APPLE_ID,
    environment: 'production',
    seed: `life ${number}`,
  })
  const at = now - 105 * 86_400_000 - number
  const s = store.subscribe({
    product: 'com.acme.monthly',
    price: 9.99,
    period: 'P1M',
    at,
    appAccountToken: `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`,
  })
  const told: SimulatedNotification[] = [s.opening]
  while (told.length < events) {
    told.push(s.renew())
    const begun = s.latest.purchaseDate
    if (told.length < events) told.push(s.cancel({ at: begun + 86_400_000 }))
    if (told.length < events) told.push(s.uncancel({ at: begun + 2 * 86_400_000 }))
  }
  const observations = told.map(({ decoded }) => {
    const observed = decodedOf(decoded, app)
    if (observed.kind !== 'observed') throw new Error('A simulated notification tells nothing')
    return { observation: observed.observation, notificationId: null }
  })
  const key = observations[0]?.observation.key
  if (key === undefined) throw new Error('A life without a message')
  return {
    key,
    app,
    project,
    observations,
    now,
    mayAskHistory: false,
    clock: { canAsk: false, neverByClock: false },
    asked: false,
  }
}
