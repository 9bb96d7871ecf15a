import type { AttributeChange } from '../../src/customers/attributes.ts'
import { applyAttributes } from '../../src/customers/attributes.ts'
import { newCustomer } from '../../src/customers/customer.ts'
import type { Attributes, LifecycleEvent } from '../../src/domain/event.ts'
import type { Addition } from '../../src/domain/figures.ts'
import { grantedOf, grantObservation } from '../../src/domain/grant.ts'
import type { App, Integration, Project } from '../../src/domain/project.ts'
import type { Purchase } from '../../src/domain/purchase-state.ts'
import type { Act } from '../../src/http/audit.ts'
import type {
  AcceptAnswer,
  HubDoors,
  IncomingNotification,
  Opened,
  PostedReceipt,
  ReceiptOutcome,
  ReprocessOutcome,
} from '../../src/http/doors.ts'
import { createLiveHub, type LiveHub } from '../../src/http/live.ts'
import { membersDoor } from '../../src/http/members-door.ts'
import type { TermAnswer } from '../../src/ingest/receipt-term.ts'
import type { Oidc } from '../../src/members/oidc.ts'
import { createPasswords, type PasswordCost } from '../../src/members/passwords.ts'
import type { MemberDeps } from '../../src/members/people.ts'
import { hashSecretKey } from '../../src/secrets/masking.ts'
import type { ApplyOutcome } from '../../src/settings/apply-text.ts'
import type { Changed } from '../../src/settings/change.ts'
import type { Draft, SettingsChanges } from '../../src/settings/changes.ts'
import type { AppCallCount } from '../../src/storage/app-calls.ts'
import type { DeliveryFilter, ListedChange, ListedDelivery, ListedEvent, ReadStorage } from '../../src/storage/reads.ts'
import type {
  AttemptRow,
  ChannelRow,
  CustomerRow,
  DeliveryRow,
  LedgerRow,
  NotificationRow,
  PurchaseRow,
  SecretKeyRow,
} from '../../src/storage/rows.ts'
import { fold, observed, period, snapshot } from '../domain/scenarios/by-hand.ts'
import { sampleEvent } from '../fixtures/event.ts'
import { memoryMembers } from './member-storage.ts'

export const NOW = Date.UTC(2026, 10, 22, 10, 0, 0)
export const ACME_KEY = 'sk_acme_00000000000000000001'
export const OTHER_KEY = 'sk_other_0000000000000000001'
export const PUBLIC_KEY = 'appl_acme'
export const OPERATOR_TOKEN = 'the-operator'
/** A password that is made in no time: for tests alone. */
const QUICK: PasswordCost = { cost: 4, blockSize: 1, parallel: 1 }
/** Must never leave the hub. */
export const WRITE_KEY = 'wk_canary_do_not_show_a1b2'

/** What tests look into and change: a hub of two projects that remembers what it was asked. */
export interface MemoryHub {
  readonly doors: HubDoors
  /** The clock of the doors. */
  now: number
  readonly projects: Project[]
  readonly people: MemberDeps
  oidc: Oidc | null
  readonly apps: App[]
  readonly live: LiveHub
  readonly accepted: IncomingNotification[]
  readonly acts: string[]
  readonly audit: Act[]
  readonly applied: { text: string; options: unknown }[]
  readonly attributes: Map<string, Attributes>
  readonly rows: {
    events: ListedEvent[]
    deliveries: ListedDelivery[]
    attempts: AttemptRow[]
    notifications: NotificationRow[]
    customers: CustomerRow[]
    purchases: PurchaseRow[]
    ledger: LedgerRow[]
    channels: ChannelRow[]
    history: (ListedChange & { readonly projectId: string; readonly customerId: string })[]
    keys: SecretKeyRow[]
    appCalls: AppCallCount[]
    figures: Addition[]
  }
  answer: (notification: IncomingNotification) => AcceptAnswer
  apply: ApplyOutcome
  reprocess: ReprocessOutcome | null
  readonly receipts: PostedReceipt[]
  receipt: (receipt: PostedReceipt) => ReceiptOutcome
  mayRestore: boolean
  aliasRefusal: string | null
  amazonReceipt: TermAnswer
  ping: () => Promise<void>
  /** Writes a row of the audit log. */
  recordAct: (act: Act) => Promise<void>
}

export function memoryHub(): MemoryHub {
  const live = createLiveHub()
  const hub: MemoryHub = {
    live,
    now: NOW,
    projects: [...PROJECTS],
    oidc: null,
    people: { storage: memoryMembers(), passwords: createPasswords(QUICK), now: () => hub.now },
    apps: [...APPS],
    accepted: [],
    acts: [],
    audit: [],
    applied: [],
    attributes: new Map(),
    rows: sampleRows(),
    answer: () => ({ status: 200 }),
    apply: { kind: 'planned', applied: true, changes: ['+ app acme/ios'], notes: [], acts: [] },
    reprocess: { kind: 'diff', wouldAdd: [], wouldChange: [], note: null },
    receipts: [],
    receipt: ({ app, appUserId }) => {
      const { customer } = opened(hub, app.projectId, appUserId)
      return { kind: 'taken', customer, attributeErrors: [], purchases: [] }
    },
    mayRestore: true,
    aliasRefusal: null,
    amazonReceipt: { kind: 'read', body: { productId: 'com.acme.gold', termSku: 'com.acme.gold.month' } },
    ping: async () => undefined,
    recordAct: async (act) => void hub.audit.push(act),
    doors: undefined as unknown as HubDoors,
  }
  return Object.assign(hub, { doors: doorsOf(hub) })
}

function doorsOf(hub: MemoryHub): HubDoors {
  const { rows } = hub
  const act = async (what: string): Promise<boolean> => {
    hub.acts.push(what)
    return true
  }
  return {
    now: () => hub.now,
    live: hub.live,
    settings: {
      current: () => ({
        project: (id) => hub.projects.find((project) => project.id === id),
        app: (projectId, id) => hub.apps.find((app) => app.projectId === projectId && app.id === id),
        integration: (projectId, id) => INTEGRATIONS.find((one) => one.projectId === projectId && one.id === id),
        appsOf: (projectId) => hub.apps.filter((app) => app.projectId === projectId),
        integrationsOf: (projectId) => INTEGRATIONS.filter((one) => one.projectId === projectId),
        keyByHash: (hash) => rows.keys.find((key) => key.hash === hash),
        appByPublicKey: (publicKey) => hub.apps.find((app) => app.publicKey === publicKey),
        projects: hub.projects,
        keys: rows.keys,
        managedBy: () => 'dashboard',
      }),
      changes: changesOf(hub),
      exported: async (projectId) => `projects: [${projectId}]\n`,
      async apply(text, options) {
        hub.applied.push({ text, options })
        return hub.apply
      },
    },
    connectors: {
      slugOf: (store) => (store === 'promotional' ? null : store.replaceAll('_', '-')),
      sendsText: (slug) => slug === 'amazon',
      storeTitle: (store) => (store === 'app_store' ? 'App Store' : store),
      destinationTitle: (id) => (id === 'segment' ? 'Segment' : id),
      storeFields: () => [{ key: 'bundle_id', label: 'Bundle id', help: 'Its bundle.', type: 'text' }],
      destinationFields: () => [
        { key: 'region', label: 'Region', help: 'Where.', type: 'select', options: [] },
        { key: 'write_key', label: 'Write key', help: 'Of the source.', type: 'secret' },
        { key: 'sandbox_write_key', label: 'Sandbox', help: 'Of the sandbox source.', type: 'secret' },
      ],
      stores: [],
      destinations: [],
      checkIntegration: async () => [{ environment: 'production', ok: true, message: 'Fine.', suggestion: null }],
      sendTestEvent: async () => ({
        kind: 'sent',
        ok: true,
        message: 'Fine.',
        request: { method: 'POST', url: 'https://segment.example', body: '{}' },
        response: null,
      }),
      checkApp: async () => [{ environment: 'production', ok: true, message: 'Fine.' }],
      testNotification: async () => ({ kind: 'fetched', value: 'Asked.' }),
    },
    operator: { verify: (token) => token === OPERATOR_TOKEN },
    ingest: {
      async accept(notification) {
        hub.accepted.push(notification)
        return hub.answer(notification)
      },
      async reprocess(projectId, id, { dryRun }) {
        hub.acts.push(`reprocess ${projectId} ${id} ${dryRun ? 'dry' : 'for good'}`)
        return rows.notifications.some((row) => row.projectId === projectId && row.id === id) ? hub.reprocess : null
      },
    },
    delivery: {
      retry: async (projectId, id) => {
        const failed = rows.deliveries.some(({ delivery }) => delivery.id === id && delivery.status === 'failed')
        if (!failed) return 'It did not fail.'
        await act(`retry ${projectId} ${id}`)
        return null
      },
      acceptUnknown: async (projectId, id) => {
        const unknown = rows.deliveries.some(
          ({ delivery }) => delivery.id === id && delivery.reason === 'outcome_unknown',
        )
        if (!unknown) return 'Its outcome is known.'
        await act(`arrived ${projectId} ${id}`)
        return null
      },
      replay: async ({ projectId, integration, status, dryRun }) => {
        const sample = rows.deliveries.filter(
          ({ delivery }) =>
            delivery.projectId === projectId && delivery.integrationId === integration.id && delivery.status === status,
        )
        if (!dryRun) await act(`replay ${projectId} ${integration.id} ${status}`)
        const matched = sample.length
        return { kind: 'replayed', matched, more: false, sample, retried: dryRun ? 0 : matched, next: null }
      },
      why: async ({ projectId, customer }) => [
        {
          integrationId: 'segment',
          destination: 'segment',
          verdict: 'no_event',
          sentence: `${customer} of ${projectId} has no events yet.`,
          eventId: null,
          deliveryId: null,
          at: null,
        },
      ],
      whyEvent: async ({ projectId, eventId, integrations }) => {
        const listed = rows.events.find(({ event }) => event.projectId === projectId && event.id === eventId)
        return listed === undefined
          ? null
          : integrations.map(({ id, destination }) => ({
              integrationId: id,
              destination,
              verdict: 'not_sent',
              sentence: `Not sent: ${eventId}.`,
              eventId,
              deliveryId: null,
              at: listed.event.occurredAt,
            }))
      },
      pause: async (projectId, id, by) => void act(`pause ${projectId} ${id} ${by}`),
      resume: async (projectId, id, by) => void act(`resume ${projectId} ${id} ${by}`),
      channels: async (projectId, id) =>
        rows.channels.filter((row) => row.projectId === projectId && row.integrationId === id),
    },
    simulator: {
      scenariosOf: async (store) => (store === 'app_store' ? [{ name: 'bought-now', about: 'a purchase, now' }] : null),
      play: async (app, scenario) => {
        if (scenario !== 'bought-now') return { kind: 'refused', reason: 'There is no such scenario; choose another.' }
        hub.acts.push(`simulate ${app.projectId} ${app.id} ${scenario}`)
        return { kind: 'played', sent: [{ name: 'SUBSCRIBED', at: NOW, status: 200 }] }
      },
    },
    erasures: {
      erase: async (projectId, appUserId) => {
        const at = rows.customers.findIndex((row) => row.projectId === projectId && row.aliases.includes(appUserId))
        if (at < 0) return 'absent'
        rows.customers.splice(at, 1)
        hub.acts.push(`erase ${projectId} ${appUserId}`)
        return 'erased'
      },
    },
    promotions: {
      grant: async (grant) => {
        hub.acts.push(
          `grant ${grant.projectId} ${grant.appUserId} ${grant.entitlement} ${JSON.stringify(grant.lasts)} ${grant.wish}`,
        )
        opened(hub, grant.projectId, grant.appUserId)
        return grantedOf(grantObservation(grant))
      },
      revoke: async (projectId, appUserId, entitlement) => {
        hub.acts.push(`revoke ${projectId} ${appUserId} ${entitlement}`)
        return 1
      },
    },
    customers: {
      open: async (projectId, appUserId) => opened(hub, projectId, appUserId),
      identify: async (projectId, from, to) => {
        hub.acts.push(`identify ${projectId} ${from} ${to}`)
        return opened(hub, projectId, to)
      },
      alias: async (projectId, from, to, trusted) => {
        hub.acts.push(`alias ${projectId} ${from} ${to} ${trusted ? 'trusted' : 'public'}`)
        if (hub.aliasRefusal !== null) return { kind: 'refused', reason: hub.aliasRefusal }
        return { kind: 'aliased', opened: opened(hub, projectId, to) }
      },
      keepAttribution: async (projectId, appUserId, kind, body) =>
        void act(`${kind} ${projectId} ${appUserId} ${JSON.stringify(body)}`),
      async setAttributes(projectId, appUserId, changes: readonly AttributeChange[]) {
        const place = `${projectId}\n${appUserId}`
        const before = { attributes: hub.attributes.get(place) ?? {}, deletedAttributes: {} }
        const { attributes, errors } = applyAttributes(before, changes, hub.now)
        hub.attributes.set(place, attributes)
        return errors
      },
    },
    receipts: {
      post: async (receipt) => {
        hub.receipts.push(receipt)
        return hub.receipt(receipt)
      },
      mayRestore: async (app, appUserId, token) => {
        hub.acts.push(`may restore ${app.projectId} ${app.id} ${appUserId} ${token}`)
        return hub.mayRestore
      },
      amazonReceipt: async (app, storeUserId, receiptId) => {
        hub.acts.push(`amazon receipt ${app.projectId} ${app.id} ${storeUserId} ${receiptId}`)
        return hub.amazonReceipt
      },
    },
    appCalls: {
      count: async (counted) => void rows.appCalls.push(...counted),
      counted: (projectId, appId) => readsOf(rows).appCalls(projectId, appId),
    },
    audit: {
      record: (act) => hub.recordAct(act),
      list: async ({ projectId, limit }) => ({
        items: hub.audit
          .filter((act) => act.projectId === projectId)
          .slice(0, limit)
          .map(({ actor, act, kind, id, changes }, index) => ({
            projectId,
            id: String(index),
            at: NOW,
            actorKind: actor.kind === 'app' ? 'key' : actor.kind,
            actorName: actor.name,
            act,
            kind,
            subject: id,
            changes: JSON.stringify(changes),
          })),
        next: null,
      }),
    },
    members: membersDoor(hub.people),
    get oidc() {
      return hub.oidc
    },
    imports: {
      begin: async ({ projectId, id, kind, source }) => {
        hub.acts.push(`begin ${projectId} ${id} ${kind} ${source}`)
        const row = { projectId, id, kind, source, done: 0, pieces: null, counts: '{}' }
        return { row: { ...row, startedAt: NOW, updatedAt: NOW, finishedAt: null }, apps: [] }
      },
      progress: async ({ projectId, id, done }) => void act(`progress ${projectId} ${id} ${done}`),
      takeExported: async (projectId, { customers }) => {
        hub.acts.push(`rows ${projectId} ${customers.length}`)
        return { rows: customers.flat().length, customers: 0, purchases: 0, movements: 0, events: 0, remarks: [] }
      },
      claim: async (projectId, claims) => {
        hub.acts.push(`claims ${projectId} ${claims.length}`)
        return claims.map(() => ({ kind: 'taken', purchases: 1 }) as const)
      },
      setAttributes: async (projectId, sets) => {
        hub.acts.push(`attributes ${projectId} ${sets.length}`)
        return sets.map(() => [])
      },
      page: async ({ kind, projectId }) => ({ items: [{ kind, projectId }], next: null }),
    },
    reads: readsOf(rows),
    health: { ping: () => hub.ping() },
  }
}

/** Every change goes well and changes nothing: what they do is tested where they are made. */
function changesOf(hub: MemoryHub): SettingsChanges {
  const changed = async (what: string, id: string): Promise<Changed> => {
    hub.acts.push(`${what} ${id}`)
    return { kind: 'changed', id, changes: [] }
  }
  const draftOf = <T>(found: T | undefined): Draft<T> =>
    found === undefined ? { kind: 'faults', faults: [] } : { kind: 'draft', draft: found }
  return {
    createProject: ({ id }) => changed('create project', id),
    changeProject: (projectId) => changed('change project', projectId),
    handOver: (projectId) => changed('hand over', projectId),
    create: (part, projectId, given) => changed(`create ${part} ${projectId}`, String(given.id)),
    change: (part, projectId, id) => changed(`change ${part} ${projectId}`, id),
    remove: (part, projectId, id) => changed(`remove ${part} ${projectId}`, id),
    confirm: (projectId, id) => changed(`confirm ${projectId}`, id),
    createKey: async (projectId, name) => {
      const row = { projectId, name, hash: 'h', last4: '0001', managed: 'dashboard', createdAt: NOW } as const
      return { kind: 'made', key: 'sk_made', row }
    },
    removeKey: async (_projectId, name) => {
      const row = hub.rows.keys.find((key) => key.name === name)
      return row === undefined ? { kind: 'absent' } : { kind: 'revoked', row }
    },
    draftIntegration: async (projectId) => draftOf(INTEGRATIONS.find((one) => one.projectId === projectId)),
    draftApp: async (projectId) => draftOf(hub.apps.find((app) => app.projectId === projectId)),
  }
}

function opened(hub: MemoryHub, projectId: string, appUserId: string): Opened {
  const known = hub.rows.customers.find((row) => row.projectId === projectId && row.aliases.includes(appUserId))
  const customer = known ?? newCustomer(projectId, appUserId, NOW)
  if (known === undefined) hub.rows.customers.push(customer)
  return { customer, created: known === undefined }
}

function readsOf(rows: MemoryHub['rows']): ReadStorage {
  const firstOf = <T>(found: T | undefined): T | null => found ?? null
  const eventsIn = (projectId: string, ids: readonly string[]) =>
    ids.flatMap((id) => rows.events.filter(({ event }) => event.projectId === projectId && event.id === id))
  const deliveriesIn = (projectId: string, ids: readonly string[]) =>
    ids.flatMap((id) => rows.deliveries.filter(({ delivery: one }) => one.projectId === projectId && one.id === id))
  return {
    async listEvents({ projectId, types, environment, customer, limit, store, product, from, to }) {
      const own = rows.events
        .filter(({ event }) => event.projectId === projectId)
        .filter(({ event }) => types.length === 0 || types.includes(event.type) || types.includes(event.name ?? ''))
        .filter(({ event }) => environment === null || event.environment === environment)
        .filter(({ event }) => customer === null || event.aliases.includes(customer))
        .filter(
          ({ event }) => (store ?? event.store) === event.store && (product ?? event.productId) === event.productId,
        )
        .filter(({ event }) => (from ?? 0) <= event.recordedAt && event.recordedAt < (to ?? Infinity))
      return { items: own.slice(0, limit), next: own.length > limit ? 'more' : null }
    },
    getEvent: async (projectId, id) => firstOf(eventsIn(projectId, [id])[0]),
    getEvents: async (projectId, ids) => eventsIn(projectId, ids),
    deliveriesOfEvent: async (projectId, id) =>
      rows.deliveries.filter(({ delivery }) => delivery.projectId === projectId && delivery.eventId === id),
    async listDeliveries({ projectId, integrationId, status, filter }) {
      const own = rows.deliveries
        .filter(({ delivery }) => delivery.projectId === projectId && delivery.integrationId === integrationId)
        .filter(({ delivery }) => filter === undefined || matches(delivery, filter))
      return {
        items: own.filter(
          ({ delivery, sending }) => status === null || (status === 'sending' ? sending : delivery.status === status),
        ),
        next: null,
      }
    },
    matchDeliveries: async ({ projectId, integrationId, status, filter }) => {
      const own = rows.deliveries.filter(
        ({ delivery }) =>
          delivery.projectId === projectId && delivery.integrationId === integrationId && matches(delivery, filter),
      )
      return { count: own.filter(({ delivery }) => delivery.status === status).length, more: false }
    },
    deliveryReasons: async ({ projectId }) =>
      rows.deliveries
        .filter(({ delivery }) => delivery.projectId === projectId && delivery.status === 'failed')
        .map(({ delivery: { id, reason, advice, createdAt } }) => ({
          status: 'failed' as const,
          reason: reason ?? '',
          advice,
          count: 1,
          more: false,
          lastAt: createdAt,
          exampleId: id,
        })),
    getDelivery: async (projectId, id) => firstOf(deliveriesIn(projectId, [id])[0]),
    getDeliveries: async (projectId, ids) => deliveriesIn(projectId, ids),
    getAttempts: async (projectId, ids) =>
      rows.attempts.filter((row) => row.projectId === projectId && ids.includes(row.id)),
    async listNotifications({ projectId, appId, status }) {
      const own = rows.notifications.filter(
        (row) => row.projectId === projectId && (appId === null || row.appId === appId),
      )
      return { items: own.filter((row) => status === null || row.status === status), next: null }
    },
    getNotification: async (projectId, id) =>
      firstOf(rows.notifications.find((row) => row.projectId === projectId && row.id === id)),
    appStatus: async () => ({
      lastNotificationAt: NOW,
      lastNotificationType: 'DID_RENEW',
      counts: { waiting: 0, understood: 1, ignored: 0, parked: 0 },
      refused: { count: 2, lastAt: NOW, lastReason: 'another app', lastClaimed: 'com.else' },
      cursors: [],
    }),
    appCalls: async (projectId, appId) =>
      rows.appCalls
        .filter((row) => row.projectId === projectId && row.appId === appId)
        .map(({ kind, name, count, at }) => ({ kind, name, count, lastAt: at })),
    countDeliveries: async () => ({ waiting: 1, delivered: 2, failed: 3, skipped: 4 }),
    waitingByChannel: async (projectId) => new Map(projectId === 'acme' ? [['segment:production', 7]] : []),
    listFigures: async ({ projectId, environment, from, to, bucketMs, kinds }) =>
      rows.figures
        .filter((row) => row.projectId === projectId && row.environment === environment)
        .filter(({ hour, figure }) => hour >= from && hour < to && kinds.some((kind) => figure.startsWith(`${kind}:`)))
        .map(({ hour, figure, by }) => ({ at: hour - ((hour - from) % bucketMs), figure, value: by })),
    countStandings: async (projectId) =>
      projectId === 'acme' ? { subscription: 12, trial: 3, grace: 1 } : { subscription: 0, trial: 0, grace: 0 },
    getCustomer: async (projectId, id) =>
      firstOf(rows.customers.find((row) => row.projectId === projectId && row.aliases.includes(id))),
    searchCustomers: async ({ projectId, query, after, limit }) => {
      const own = rows.customers
        .filter((row) => row.projectId === projectId && row.aliases.some((id) => id.startsWith(query)))
        .slice(Number(after ?? 0))
      return { items: own.slice(0, limit), next: own.length > limit ? String(Number(after ?? 0) + limit) : null }
    },
    customerHistory: async ({ projectId, customerId, before, limit }) => {
      const own = rows.history
        .filter((row) => row.projectId === projectId && row.customerId === customerId)
        .filter(({ place }) => before === null || place < before)
      return { items: own.slice(0, limit), next: own.length > limit ? (own[limit - 1]?.place ?? null) : null }
    },
    notificationsOf: async (projectId) => ({
      items: rows.notifications.filter((row) => row.projectId === projectId),
      next: null,
    }),
    listLedger: async () => rows.ledger,
    pageLedger: async () => ({ items: rows.ledger, next: null }),
    getPurchase: async () => firstOf(rows.purchases[0]),
    listPurchases: async (projectId, customerId) =>
      rows.purchases.filter((row) => row.key.projectId === projectId && row.customerId === customerId),
    queueDepths: async () => [{ projectId: 'acme', channelId: 'segment:production', waiting: 7, oldestDueMs: 1500 }],
    inboxDepths: async () => ({ waiting: 1, understood: 2, ignored: 3, parked: 4 }),
  }
}

function matches({ environment, reason }: DeliveryRow, filter: DeliveryFilter): boolean {
  return (
    (filter.environment === null || filter.environment === environment) &&
    (filter.reason === null || filter.reason === reason)
  )
}

/** A purchase of which nothing is known but that it is there. */
export const EMPTY_PURCHASE = {
  key: { projectId: 'acme', store: 'app_store', environment: 'production', chain: '1000000000000001', line: '' },
  appId: 'ios',
  kind: 'subscription',
  snapshot: null,
  facts: [],
  announced: [],
  ledgered: [],
  summary: null,
  historyUpTo: null,
  historyUnavailable: false,
  owner: null,
}

const PROJECTS: readonly Project[] = ['acme', 'other'].map((id) => ({
  id,
  name: id,
  trackUnknownPurchases: true,
  identityHoldMs: 60_000,
  transferBehavior: 'transfer',
  resubscribeAs: 'initial_purchase',
  entitlements: { premium: ['com.acme.monthly'] },
}))

const APPS: readonly App[] = ['acme', 'other'].map((projectId) => ({
  projectId,
  id: 'ios',
  store: 'app_store',
  publicKey: `appl_${projectId}`,
  environments: ['production', 'sandbox'],
  receive: 'push',
  eventsFrom: NOW,
  createdAt: NOW,
  commissionRatePpm: 300_000,
  taxRatePpm: 0,
  settings: { bundle_id: `com.${projectId}.app`, undeclared: 'never shown' },
}))

const INTEGRATIONS: readonly Integration[] = ['acme', 'other'].map((projectId) => ({
  projectId,
  id: 'segment',
  destination: 'segment',
  enabled: true,
  mode: 'live',
  liveFrom: NOW,
  sandbox: false,
  allEvents: false,
  settings: { region: 'us', write_key: WRITE_KEY, undeclared: 'never shown' },
  eventNames: { renewal: 'Renewed' },
  createdAt: NOW,
}))

export function eventOf(projectId: string, changes: Partial<LifecycleEvent> = {}): LifecycleEvent {
  const base = sampleEvent()
  return { ...base, projectId, purchase: { ...base.purchase, projectId }, ...changes }
}

/** A month of com.acme.monthly on the App Store that began a day ago, as a trial. */
function boughtByHand(projectId: string): Purchase {
  const key = { projectId, store: 'app_store', environment: 'production', chain: '1000000000000001', line: '' } as const
  const at = NOW - 86_400_000
  const fact = period({ at, periodType: 'TRIAL', price: { micros: 0, currency: 'USD' } })
  return { ...fold([observed([fact], { snapshot: snapshot({ version: at }) })]).purchase, key }
}

/** The same ids in both projects: what belongs to whom is told by the project alone. */
function sampleRows(): MemoryHub['rows'] {
  const both = <T>(make: (projectId: string) => T): T[] => ['acme', 'other'].map(make)
  return {
    keys: [
      {
        projectId: 'acme',
        name: 'backend',
        hash: hashSecretKey(ACME_KEY),
        last4: '0001',
        managed: 'file',
        createdAt: NOW,
      },
      {
        projectId: 'other',
        name: 'theirs',
        hash: hashSecretKey(OTHER_KEY),
        last4: '0001',
        managed: 'file',
        createdAt: NOW,
      },
    ],
    events: both((projectId) => ({
      event: eventOf(projectId, { id: 'evt_1', appUserId: `user-of-${projectId}` }),
      position: 1,
      notificationId: 'ntf_1',
    })),
    deliveries: both((projectId) => deliveryOf(projectId)),
    attempts: both((projectId) => ({
      id: 'att_1',
      projectId,
      channelId: 'segment:production',
      at: NOW,
      durationMs: 12,
      status: 503,
      request: '{"method":"POST","body":"…"}',
      response: '{"status":503,"body":"busy"}',
      outcomes: '[{"delivery":"dlv_1","outcome":"failed"}]',
    })),
    notifications: both((projectId) => ({
      id: 'ntf_1',
      projectId,
      appId: 'ios',
      store: 'app_store',
      environment: 'production',
      sourceKey: 'uuid-1',
      type: 'DID_RENEW',
      via: 'push',
      sentAt: NOW - 500,
      receivedAt: NOW,
      body: Buffer.from(`{"signedPayload":"of ${projectId}"}`),
      status: 'understood',
      dueAt: NOW,
      tries: 0,
      note: null,
      events: 1,
    })),
    history: both((projectId) => ({
      projectId,
      customerId: 'cus_1',
      at: NOW,
      kind: 'attribute',
      body: '{"key":"$email","value":"someone@example.com"}',
      place: '1-1',
    })),
    customers: both((projectId) => ({
      projectId,
      id: 'cus_1',
      version: 1,
      originalAppUserId: 'user-1',
      lastSeenAppUserId: 'user-1',
      lastSeq: 1,
      firstSeenAt: NOW,
      lastSeenAt: NOW,
      aliases: ['user-1'],
      attributes: { $email: { value: `someone@${projectId}.example`, updatedAt: NOW } },
      deletedAttributes: {},
      onlyNamed: false,
    })),
    purchases: both((projectId) => ({
      key: { projectId, store: 'app_store', environment: 'production', chain: '1000000000000001', line: '' },
      appId: 'ios',
      customerId: 'cus_1',
      version: 1,
      checkAt: null,
      body: JSON.stringify(boughtByHand(projectId)),
    })),
    appCalls: [],
    figures: [],
    ledger: [
      {
        key: { projectId: 'acme', store: 'app_store', environment: 'production', chain: '1000000000000001', line: '' },
        entry: 'charge:1000000000000002',
        reason: 'charge',
        transactionId: '1000000000000002',
        productId: 'com.acme.monthly',
        at: NOW,
        recordedAt: NOW,
        micros: 7_990_000,
        currency: 'EUR',
        commissionPpm: 300_000,
        taxPpm: 0,
        usdRate: null,
        rateDate: null,
        countryCode: null,
        commissionEstimated: true,
        taxEstimated: true,
        actualCommissionMicros: null,
        actualTaxMicros: null,
        eventId: 'evt_1',
      },
    ],
    channels: both((projectId) => ({
      projectId,
      channelId: 'segment:production',
      integrationId: 'segment',
      environment: 'production',
      version: 1,
      state: 'paused',
      pausedBy: 'credentials',
      reason: 'Answered 401',
      advice: 'Check the write key.',
      failures: 3,
      culprits: 0,
      nextAt: NOW + 300_000,
      width: 1,
      avoidCustomer: null,
      clockReading: 0,
      clockAt: NOW,
      clockRuns: false,
    })),
  }
}

export function deliveryOf(
  projectId: string,
  changes: Partial<ListedDelivery['delivery']> = {},
  more: Partial<ListedDelivery> = {},
): ListedDelivery {
  return {
    delivery: {
      id: 'dlv_1',
      projectId,
      integrationId: 'segment',
      environment: 'production',
      customerId: 'cus_1',
      eventId: 'evt_1',
      seq: 1,
      status: 'failed',
      reason: 'outcome_unknown',
      mayGoAt: 0,
      createdAt: NOW,
      advice: 'Say whether it arrived.',
      attempts: 1,
      done: ['identify'],
      mends: [],
      notes: [],
      identity: '{"userId":"user-1"}',
      mayBeDoubled: true,
      resend: 0,
      settledAt: NOW,
      attemptIds: ['att_1'],
      ...changes,
    },
    event: {
      name: 'renewal',
      type: 'RENEWAL',
      appUserId: `user-of-${projectId}`,
      productId: 'com.acme.monthly',
      occurredAt: NOW,
      store: 'app_store',
      provisionalUntil: null,
    },
    sending: false,
    dueAt: null,
    ...more,
  }
}
