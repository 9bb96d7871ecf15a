import type { Observation } from '../../src/domain/observation.ts'
import type { App, Project } from '../../src/domain/project.ts'
import { purchaseId } from '../../src/domain/purchase.ts'
import type { Group } from '../../src/ingest/groups.ts'
import type { HistoryDeps } from '../../src/ingest/histories.ts'
import type { ResolutionDeps } from '../../src/ingest/resolutions.ts'
import type { SimulatedNotification } from '../../src/stand-ins/app-store/notification.ts'
import { createSimulatedAppStore, type SimulatedAppStore } from '../../src/stand-ins/app-store/subscription.ts'
import { StorageUnavailable } from '../../src/storage/errors.ts'
import type { NotificationChange, NotificationRow, PurchaseRow } from '../../src/storage/rows.ts'
import type { StepRows } from '../../src/storage/storage.ts'
import { decodedOf } from '../../src/stores/app-store/decode.ts'
import { storeDeclarations } from '../../src/stores/registry.ts'
import type { Fetched, HistoryRequest, Store } from '../../src/stores/store.ts'

export const NOW = Date.UTC(2026, 10, 20)

export function appOf(id: string): App {
  return {
    projectId: 'acme',
    id,
    store: 'app_store',
    publicKey: null,
    environments: ['production'],
    receive: 'push',
    eventsFrom: 0,
    createdAt: 0,
    commissionRatePpm: 300_000,
    taxRatePpm: 0,
    settings: { bundle_id: 'com.acme.app', app_apple_id: 123_456_789 },
  }
}

export const project: Project = {
  id: 'acme',
  name: 'Acme',
  trackUnknownPurchases: true,
  identityHoldMs: 0,
  transferBehavior: 'transfer',
  resubscribeAs: 'initial_purchase',
  entitlements: {},
}

export type AskHistory = (request: HistoryRequest) => Promise<Fetched<Observation>>

export function storeWith(history: AskHistory): Store {
  const [declaration] = storeDeclarations
  if (declaration === undefined) throw new Error('There is no store.')
  return {
    ...declaration,
    accept: () => Promise.reject(new Error('not asked here')),
    decode: () => {
      throw new Error('not asked here')
    },
    canAskHistory: () => true,
    history,
  }
}

export function playedStore(name: string, app = appOf('ios')): SimulatedAppStore {
  const seed = `${app.id}/${name}`
  return createSimulatedAppStore({
    bundleId: 'com.acme.app',
    appAppleId: 123_456_789,
    environment: 'production',
    seed,
  })
}

/** A subscription that is met at its second renewal, told by `messages` cancellations and their reversals. */
export function groupOf(name: string, history: AskHistory, app = appOf('ios'), messages = 1): Group {
  const s = playedStore(name, app).subscribe({
    product: 'monthly',
    price: 9.99,
    period: 'P1M',
    at: NOW - 75 * 86_400_000,
  })
  s.renew()
  s.renew()
  const told = Array.from({ length: messages }, (_, index) => {
    const at = NOW - 86_400_000 + index * 60_000
    return index % 2 === 0 ? s.cancel({ at }) : s.uncancel({ at })
  })
  return groupFrom(told, history, app)
}

/** What one batch holds of a purchase, in the order in which it was kept. */
export function groupFrom(told: readonly SimulatedNotification[], history: AskHistory, app = appOf('ios')): Group {
  const observed = told.map((notification) => {
    const decoded = decodedOf(notification.decoded, app)
    if (decoded.kind !== 'observed') throw new Error('A notification was not observed.')
    return { id: notification.uuid, ...decoded }
  })
  const [first] = observed
  if (first === undefined) throw new Error('Nothing was told.')
  return {
    key: first.observation.key,
    app,
    project,
    store: storeWith(history),
    notifications: observed.map(({ id }) => rowOf(id, app)),
    observations: observed.map(({ id, observation }) => ({ observation, notificationId: id })),
    historyOf: observed.find(({ historyOf }) => historyOf !== null)?.historyOf ?? null,
  }
}

export function rowOf(id: string, app: App): NotificationRow {
  return {
    id,
    projectId: app.projectId,
    appId: app.id,
    store: 'app_store',
    environment: 'production',
    sourceKey: id,
    type: 'DID_CHANGE_RENEWAL_STATUS',
    via: 'push',
    sentAt: NOW - 1_000,
    receivedAt: NOW,
    body: Buffer.alloc(0),
    status: 'waiting',
    dueAt: NOW,
    tries: 0,
    note: null,
    events: 0,
  }
}

export interface Given extends HistoryDeps, ResolutionDeps {
  /** What names are linked to, as resolutions have saved it. */
  readonly linked: Map<string, PurchaseRow>
  readonly saved: StepRows[]
  readonly changes: NotificationChange[]
  /** Status of a notification by what was written last. */
  statusOf(id: string): NotificationChange | undefined
  /** Storage answers that it is down. */
  down: boolean
}

/** Ingest on a storage that starts empty and only remembers what it was told. */
export function given(): Given {
  const saved: StepRows[] = []
  const changes: NotificationChange[] = []
  const unasked = (): never => {
    throw new Error('not asked here')
  }
  const deps: Given = {
    saved,
    changes,
    down: false,
    linked: new Map(),
    links: {
      findLinks: async ({ names }) =>
        new Map(
          names.flatMap((name) => {
            const row = deps.linked.get(name)
            return row === undefined ? [] : [[name, row] as const]
          }),
        ),
    },
    directory: () => ({ project: () => project, app: () => null, appsOf: () => [] }),
    statusOf: (id) => changes.findLast((change) => change.id === id),
    storage: {
      keepNotifications: unasked,
      claimNotifications: unasked,
      nextNotificationDue: unasked,
      countRefused: unasked,
      changeNotifications: async (rows) => void changes.push(...rows),
      step: async (_keys, compute) => {
        if (deps.down) throw new StorageUnavailable('The disk is full.', 5)
        const { save, result } = compute({ purchases: new Map(), customers: new Map(), customerOf: new Map() })
        saved.push(save)
        const purchases = new Map(save.purchases?.map((row) => [purchaseId(row.key), row]))
        for (const { name, key } of save.links ?? []) {
          const row = purchases.get(purchaseId(key))
          if (row !== undefined) deps.linked.set(name, row)
        }
        changes.push(...(save.notifications ?? []))
        return result
      },
    },
    now: () => NOW,
    meter: {
      accepted: () => {},
      refused: () => {},
      unavailable: () => {},
      understood: () => {},
      event: () => {},
      unverified: () => {},
    },
    gate: { closedUntil: () => null, heard: () => {}, open: () => {} },
    announced: () => {},
    log: () => {},
    fanOut: () => ({ deliveries: [], queues: [] }),
    getsReceipts: () => false,
    named: async () => undefined,
    terms: () => () => ({
      commissionPpm: 0,
      taxPpm: 0,
      usdRate: null,
      rateDate: null,
      rateEstimated: false,
      estimated: true,
    }),
  }
  return deps
}
