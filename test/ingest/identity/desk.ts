import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FanOutContext, fanOut, hastened } from '../../../src/delivery/fan-out.ts'
import { customerIdentity } from '../../../src/delivery/identity.ts'
import { destinationOf } from '../../../src/destinations/registry.ts'
import type { LifecycleEvent } from '../../../src/domain/event.ts'
import type { Observation } from '../../../src/domain/observation.ts'
import type { App, Integration, Project } from '../../../src/domain/project.ts'
import type { PurchaseKey } from '../../../src/domain/purchase.ts'
import { type GroupDeps, saveTogether } from '../../../src/ingest/groups.ts'
import { nameOwner } from '../../../src/ingest/identity/claims.ts'
import { createReceiptMarks } from '../../../src/ingest/receipt-marks.ts'
import {
  bareReceipt,
  type PostedReceipt,
  postReceipt,
  type ReceiptDeps,
  type ReceiptOutcome,
} from '../../../src/ingest/receipts.ts'
import type { ChannelRow } from '../../../src/storage/rows.ts'
import { openEmbedded } from '../../../src/storage/sqlite/open.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import type { Store } from '../../../src/stores/store.ts'
import { period } from '../../domain/scenarios/by-hand.ts'
import { claimOne, settlement, wish } from '../../storage/samples.ts'
import { appOf, given, NOW, project as plain, storeWith } from '../given.ts'

/**
 * Ingest and identity on a real database, without the network: a store that shows whatever receipt it is asked about, and
 * two destinations whose requests are written down instead of sent.
 */
export interface Desk {
  readonly storage: Storage
  readonly deps: ReceiptDeps
  readonly project: Project
  readonly app: App
  /** What the two destinations were sent, in order, with the customer that it was sent for. */
  readonly sent: readonly Sent[]
  now(): number
  advance(ms: number): void
  /** The store's own message about a purchase. */
  notify(name: string, owner?: string | null, period?: number): Promise<void>
  receipt(appUserId: string, name: string, more?: Partial<PostedReceipt>): Promise<ReceiptOutcome>
  /** Sends what is due: one lot of each channel. Gives how many deliveries. `alone`: nothing else happens meanwhile. */
  deliver(alone?: boolean): Promise<number>
  close(): Promise<void>
}

export interface Sent {
  readonly channel: string
  readonly event: LifecycleEvent
  readonly seq: number
  readonly customerId: string
  readonly identity: string
  /** Nothing of the same customer that waited stood before it; true where that could not be looked at. */
  readonly first: boolean
}

export interface DeskOptions {
  readonly project?: Partial<Project>
  readonly app?: Partial<App>
  readonly clevertap?: Integration['settings']
  /** The app has got receipts before, so purchases of nobody wait for their owner. */
  readonly getsReceipts?: boolean
}

const DAY = 86_400_000

export function keyOf(name: string, app: App): PurchaseKey {
  const store = app.store === 'revenuecat' ? 'app_store' : app.store
  return { projectId: 'acme', store, environment: 'production', chain: name, line: '' }
}

export async function openDesk(options: DeskOptions = {}): Promise<Desk> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-desk-'))
  const storage = await openEmbedded({ folder })
  let now = NOW
  const app: App = { ...appOf('ios'), ...options.app }
  const project: Project = { ...plain, identityHoldMs: 60_000, ...options.project }
  const context = await contextOf(storage, options)
  const store = shownBy(app)
  const deps = await depsOf(storage, { app, project, store, context, now: () => now })
  if (options.getsReceipts !== false) await deps.marks.mark(app)
  const sent: Sent[] = []
  return {
    storage,
    deps,
    project,
    app,
    sent,
    now: () => now,
    advance: (ms) => {
      now += ms
    },
    notify: async (name, owner = null, n = 1) => {
      const observation = observationOf(name, n, owner, app)
      const group = { key: observation.key, app, project, store, notifications: [], historyOf: null }
      const own = { ...observation, facts: observation.facts.map((fact) => ({ ...fact, own: true })) }
      await saveTogether([{ ...group, observations: [{ observation: own, notificationId: null }] }], deps)
    },
    receipt: (appUserId, name, more = {}) =>
      postReceipt({ ...bareReceipt(app, appUserId, { kind: 'token', token: name }), ...more }, deps),
    deliver: (alone = true) => deliver(storage, now, context, sent, alone),
    close: async () => {
      await storage.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A month each, from the day of the first message on. */
function observationOf(name: string, n: number, owner: string | null, app: App): Observation {
  const facts = Array.from({ length: n }, (_, index) =>
    period({
      at: NOW - DAY + index * 30 * DAY,
      period: `${name}-${index + 1}`,
      originalTransactionId: name,
      firstOfChain: index === 0,
      own: false,
    }),
  )
  return {
    key: keyOf(name, app),
    appId: app.id,
    kind: 'subscription',
    snapshot: null,
    facts,
    owner,
    history: 'complete',
  }
}

/** `token`: the name of a purchase, `name*n` of one with n periods, `name@owner` of one whose account the store names. */
function shownBy(app: App): Store {
  return {
    ...storeWith(() => Promise.reject(new Error('not asked here'))),
    name: app.store,
    canAskHistory: () => false,
    receipt: async ({ shown }) => {
      const [rest = '', owner] = (shown.kind === 'token' ? shown.token : shown.id).split('@')
      const [name = '', n = '1'] = rest.split('*')
      const observation = observationOf(name, Number(n), owner ?? null, app)
      return { kind: 'fetched', value: { observations: [{ observation, message: null }], links: [], note: null } }
    },
  }
}

async function contextOf(storage: Storage, { clevertap = {} }: DeskOptions): Promise<FanOutContext> {
  const integrations = (['segment', 'clevertap'] as const).map(
    (id): Integration => ({
      projectId: 'acme',
      id,
      destination: id,
      enabled: true,
      mode: 'live',
      liveFrom: 0,
      sandbox: false,
      allEvents: false,
      settings: id === 'clevertap' ? clevertap : {},
      eventNames: {},
      createdAt: 0,
    }),
  )
  const channels = await storage.ensureChannels(
    integrations.map(({ id }) => ({ projectId: 'acme', integrationId: id, environment: 'production' as const })),
    NOW,
  )
  const byId = new Map(channels.map((row): [string, ChannelRow] => [row.channelId, row]))
  return {
    integrations,
    destination: (id) => destinationOf(id) ?? null,
    channel: (_projectId, channelId) => byId.get(channelId) ?? null,
  }
}

interface Around {
  readonly app: App
  readonly project: Project
  readonly store: Store
  readonly context: FanOutContext
  readonly now: () => number
}

async function depsOf(storage: Storage, { app, project, store, context, now }: Around): Promise<ReceiptDeps> {
  const base = given()
  const marks = createReceiptMarks(storage)
  const deps: ReceiptDeps = {
    ...base,
    storage,
    links: storage,
    now,
    stores: new Map([[app.store, store]]),
    directory: () => ({ project: () => project, app: () => app, appsOf: () => [app] }),
    marks,
    getsReceipts: marks.has,
    named: async (named: Parameters<GroupDeps['named']>[0]) => {
      for (const one of named) await nameOwner(one, deps)
    },
    fanOut: (event, customer, at) => fanOut(event, customer, at, context),
    hasten: (before, after, at) => hastened(before, after, at, context),
    wake: () => {},
    rewritten: () => {},
    claimed: () => {},
    stopping: new AbortController().signal,
  }
  return deps
}

/** The least seq that waits for each customer. */
async function waitingIn(storage: Storage, integrationId: string): Promise<ReadonlyMap<string, number>> {
  const query = { projectId: 'acme', integrationId, status: 'waiting' as const, before: null, limit: 500 }
  const least = new Map<string, number>()
  for (const { delivery } of (await storage.listDeliveries(query)).items) {
    least.set(delivery.customerId, Math.min(delivery.seq, least.get(delivery.customerId) ?? delivery.seq))
  }
  return least
}

async function deliver(
  storage: Storage,
  now: number,
  context: FanOutContext,
  sent: Sent[],
  alone: boolean,
): Promise<number> {
  let count = 0
  for (const { id, destination, settings } of context.integrations) {
    const { version } = wish(id)
    const waiting = await waitingIn(storage, id)
    const lot = await claimOne(storage, { integration: id, now, version, perQueue: 1 })
    if (lot === null) continue
    for (const { customer, deliveries } of lot.queues) {
      const who = context.destination(destination)?.identify(customerIdentity(customer), settings)
      for (const { delivery, event } of deliveries) {
        const identity = who?.kind === 'identity' ? JSON.stringify(who.identity) : (who?.kind ?? '')
        const first = !alone || waiting.get(customer.id) === delivery.seq
        sent.push({ channel: id, event, seq: delivery.seq, customerId: customer.id, identity, first })
        count += 1
      }
    }
    await storage.settleLot({ ...settlement(lot, {}, { dueAt: now }), now })
  }
  return count
}
