import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { Logger } from 'pino'
import { VERSION } from './cli/version.ts'
import type { Config, RemoteName } from './config.ts'
import { environment } from './config.ts'
import { createDelivery, type Delivery } from './delivery/delivery.ts'
import type { DeliveryPort } from './delivery/port.ts'
import { destinationOf, destinations } from './destinations/registry.ts'
import { bundledRates } from './domain/exchange.ts'
import { ruleTerms } from './domain/terms.ts'
import { createHubDoors } from './http/hub-doors.ts'
import { createLiveHub, type LiveHub } from './http/live.ts'
import { createMetrics, type Metrics } from './http/metrics.ts'
import { createServers, type HttpConfig, type Servers } from './http/servers.ts'
import { createAccept } from './ingest/accept.ts'
import { clockRound } from './ingest/clock.ts'
import { createFetchGate } from './ingest/fetch-gate.ts'
import { createHistories, type Histories } from './ingest/histories.ts'
import { type Loop, startLoop } from './ingest/loop.ts'
import { createPulls } from './ingest/pulls.ts'
import { type UnderstandDeps, understandBatch } from './ingest/understand.ts'
import { createHttpClient } from './net/http.ts'
import type { KeyRing } from './secrets/key-ring.ts'
import { redactor } from './secrets/masking.ts'
import { openKeys } from './secrets/open-keys.ts'
import { catalogueOf } from './settings/catalogue.ts'
import { applyConfigFile } from './settings/config-file.ts'
import { createSettingsService, type SettingsService } from './settings/service.ts'
import type { SettingsView } from './settings/view.ts'
import type { NotificationRow } from './storage/rows.ts'
import { openEmbedded } from './storage/sqlite/open.ts'
import type { Storage } from './storage/storage.ts'
import { createStores, storeDeclarations } from './stores/registry.ts'

/** What a test may put in place of the machine's own. */
export interface HubSeams {
  readonly now?: () => number
  readonly random?: () => number
  /** Most pages of the database: a disk that is full. */
  readonly maxPages?: number
}

interface StartOptions extends HubSeams {
  readonly config: Config
  readonly log: Logger
}

export interface Hub {
  readonly address: string
  readonly adminAddress: string | null
  readonly metricsAddress: string | null
  readonly storage: Storage
  readonly settings: SettingsService
  /** Resolves when nothing waits that is due: no notification, no delivery in flight. For the demo and for tests. */
  idle(): Promise<void>
  /** Stops accepting, drains what is in flight (25 s at most) and closes. */
  close(): Promise<void>
}

const UNDERSTAND_BATCH = 128
const NOTIFICATION_LEASE_MS = 60_000
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const KEEP_NOTIFICATIONS_MS = 90 * DAY_MS
const KEEP_ATTEMPTS_MS = 30 * DAY_MS

/**
 * Puts the hub together and starts it: the only place that picks a storage driver. Rejects with one sentence for the
 * operator when something is in the way; nothing is left behind then.
 */
export async function startHub(options: StartOptions): Promise<Hub> {
  const { config } = options
  const undo: (() => Promise<void>)[] = []
  try {
    const full = options.maxPages === undefined ? {} : { maxPages: options.maxPages }
    const storage = await openEmbedded({ folder: config.dataDir, ...full })
    undo.push(() => storage.close())
    return await assemble(storage, options, undo)
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => undefined)
    throw error
  }
}

interface Parts {
  readonly config: Config
  readonly log: Logger
  readonly now: () => number
  readonly random: () => number
  readonly storage: Storage
  readonly ring: KeyRing
  readonly settings: SettingsService
  readonly metrics: Metrics
  readonly live: LiveHub
  readonly owner: string
}

async function assemble(storage: Storage, options: StartOptions, undo: (() => Promise<void>)[]): Promise<Hub> {
  const parts = await openParts(storage, options)
  const { config, log, now, settings } = parts
  await storage.freeDeadClaims(parts.owner, now())
  const http = createHttpClient({ connections: 64 })
  undo.push(() => http.close())
  const machine = await buildMachine(parts, http)
  const doors = createHubDoors({ ...parts, ...machine })
  const servers = await createServers(doors, httpConfig(config), { log, metrics: parts.metrics })
  const addresses = await servers.listen()
  // Not before the ports are ours: a hub that cannot start must not have anything in flight.
  const loops = machine.start()
  sayWhatIsBroken(parts)
  settings.onChange(() => takeOver(parts, machine))
  return {
    address: addresses.public,
    adminAddress: addresses.admin,
    metricsAddress: addresses.metrics,
    storage,
    settings,
    idle: () => untilIdle(storage, machine, loops, now),
    close: async () => {
      await shutDown(servers, machine, loops)
      await http.close()
      await storage.close()
    },
  }
}

async function openParts(storage: Storage, options: StartOptions): Promise<Parts> {
  const { config, log } = options
  const now = options.now ?? Date.now
  const ring = await openKeys({ given: config.secretKeys(), dataDir: config.dataDir }, storage)
  const catalogue = catalogueOf(storeDeclarations, destinations.values())
  const settings = await createSettingsService({ storage, ring, catalogue, now })
  if (config.configFile !== null) await applyConfigFile(settings, config.configFile, environment)
  const metrics = createMetrics({ reads: storage, now, version: VERSION })
  const random = options.random ?? Math.random
  return { config, log, now, random, storage, ring, settings, metrics, live: createLiveHub(), owner: randomUUID() }
}

/** What works by itself: stores, ingest, delivery and their loops. */
interface Machine {
  readonly stores: ReturnType<typeof createStores>
  readonly delivery: Delivery
  readonly understand: UnderstandDeps
  readonly accept: ReturnType<typeof createAccept>
  readonly histories: Histories
  readonly pulls: ReturnType<typeof createPulls>
  /** Everything begins to move. */
  start(): Loops
}

async function buildMachine(parts: Parts, http: DeliveryPort['http']): Promise<Machine> {
  const { config, now, storage, metrics, settings } = parts
  let loops: Loops | null = null
  const wakeDelivery = (): void => loops?.delivery.wake()
  const kept = (): void => loops?.understand.wake()
  const delivery = createDelivery(deliveryPort(parts, http), wakeDelivery)
  await delivery.configure()
  const appleRoots = config.appleRootCerts === null ? null : [config.appleRootCerts]
  const stores = createStores({
    http,
    now,
    appleRoots,
    appleApiUrl: config.remotes.apple_api,
    cores: availableParallelism(),
  })
  const understand = understandDeps(parts, stores, delivery, wakeDelivery)
  const accept = createAccept({ inbox: storage, now, meter: metrics.ingest, kept })
  const histories = createHistories(understand)
  const pulls = createPulls({ ...understand, storage, kept, settings: () => settings.current() })
  const start = (): Loops => {
    const clock = { ...understand, checks: storage, histories, startedAt: now() }
    loops = startLoops(parts, delivery, {
      understand: (rows) => understandBatch(rows, understand, histories),
      clock: () => clockRound(clock),
    })
    pulls.refresh()
    return loops
  }
  return { stores, delivery, understand, accept, histories, pulls, start }
}

/** What is stored but cannot be used: the rest of the hub goes on without it. */
function sayWhatIsBroken({ log, settings }: Parts): void {
  for (const { kind, projectId, id, reason } of settings.current().broken) {
    log.error(
      { project: projectId, [kind]: id, reason },
      'A setting cannot be used; apply the config file again or mend it',
    )
  }
}

/** New settings: channels are made, refused credentials are worth another try, pulls start and end. */
function takeOver(parts: Parts, { delivery, understand, pulls }: Machine): void {
  const { log, settings } = parts
  sayWhatIsBroken(parts)
  delivery.configure().catch((error: unknown) => {
    log.error({ error: messageOf(error) }, 'New settings could not be taken over; they are at the next change or start')
  })
  for (const app of settings.current().apps) understand.gate.open(app)
  pulls.refresh()
}

/** Stop taking in and claiming, let what is in flight settle, then the rest of the loops. */
async function shutDown(servers: Servers, { pulls, histories, delivery }: Machine, loops: Loops): Promise<void> {
  servers.drain()
  // A round of claiming that is under way still sends what it claimed: the drain must see it.
  const delivered = loops.delivery.stop().then(() => delivery.dispatch.drain())
  await Promise.all([servers.close(), pulls.stop(), histories.stop(), delivered])
  await stopLoops(loops)
}

// ── the rooms' ports ────────────────────────────────────────────────────────────────────────────────────────────────

function deliveryPort(parts: Parts, http: DeliveryPort['http']): DeliveryPort {
  const { config, log, settings, live, storage } = parts
  const redactors = new WeakMap<SettingsView, Map<string, (text: string) => string>>()
  return {
    storage,
    http,
    originOf: (remote) => config.remotes[remote as RemoteName] ?? null,
    integrations: () => settings.current().integrations,
    destination: (id) => destinationOf(id) ?? null,
    now: parts.now,
    random: parts.random,
    owner: parts.owner,
    meter: parts.metrics.delivery,
    log: (level, message, details) => log[level](details, message),
    news: ({ projectId, deliveries }) => {
      for (const delivery of deliveries) live.publish(projectId, { kind: 'delivery', delivery })
    },
    redact: (projectId, text) => {
      const view = settings.current()
      const known = redactors.get(view) ?? new Map<string, (text: string) => string>()
      redactors.set(view, known)
      const redact = known.get(projectId) ?? redactor(view.secretsOf(projectId))
      known.set(projectId, redact)
      return redact(text)
    },
  }
}

function understandDeps(
  parts: Parts,
  stores: UnderstandDeps['stores'],
  delivery: Delivery,
  wakeDelivery: () => void,
): UnderstandDeps {
  const { log, settings, storage, live } = parts
  const terms = new WeakMap<object, ReturnType<typeof ruleTerms>>()
  return {
    storage,
    stores,
    now: parts.now,
    meter: parts.metrics.ingest,
    gate: createFetchGate((app, env, reason) =>
      log.error(
        { project: app.projectId, app: app.id, environment: env, reason },
        'The store refused the credentials of this app; it is asked again every five minutes',
      ),
    ),
    directory: () => {
      const view = settings.current()
      return { project: (id) => view.project(id) ?? null, app: (projectId, id) => view.app(projectId, id) ?? null }
    },
    terms: (app) => {
      const known = terms.get(app) ?? ruleTerms(app, bundledRates)
      terms.set(app, known)
      return known
    },
    fanOut: (event, customer, now) => delivery.fanOut(event, customer, now),
    announced: (events) => {
      wakeDelivery()
      for (const { event } of events)
        live.publish(event.projectId, { kind: 'event', event: { ...event, attributes: {} } })
    },
    log: (message, details) => log.warn(details, message),
  }
}

function httpConfig(config: Config): HttpConfig {
  return {
    public: { host: config.host, port: config.port, setting: 'TRIBUTARY_PORT' },
    admin: config.admin === null ? null : { ...config.admin, setting: 'TRIBUTARY_ADMIN_PORT' },
    metrics: { ...config.metrics, setting: 'TRIBUTARY_METRICS_PORT' },
    baseUrl: config.baseUrl,
    trustProxy: config.trustProxy,
    version: VERSION,
  }
}

// ── the loops ───────────────────────────────────────────────────────────────────────────────────────────────────────

interface Loops {
  readonly understand: Loop
  readonly delivery: Loop
  readonly clock: Loop
  readonly housekeeping: Loop
}

interface Rounds {
  understand(rows: readonly NotificationRow[]): Promise<void>
  /** Gives the milliseconds until the next round is due. */
  clock(): Promise<number>
}

function startLoops(parts: Parts, delivery: Delivery, rounds: Rounds): Loops {
  const { log, now, storage } = parts
  const failed = (what: string) => (error: unknown) =>
    log.error({ error: messageOf(error) }, `${what} failed and is tried again`)
  return {
    understand: startLoop({
      round: () => understandRound(parts, rounds.understand),
      idleMs: 1_000,
      failed: failed('Understanding notifications'),
    }),
    delivery: startLoop({
      round: () => delivery.dispatch.round(),
      idleMs: 1_000,
      failed: failed('Claiming deliveries'),
    }),
    clock: startLoop({
      round: () => rounds.clock(),
      idleMs: 1_000,
      failed: failed('Looking at what should have ended'),
    }),
    housekeeping: startLoop({
      round: async () => {
        await delivery.sweep()
        await storage.tidy({
          now: now(),
          notificationsBefore: now() - KEEP_NOTIFICATIONS_MS,
          attemptsBefore: now() - KEEP_ATTEMPTS_MS,
          limit: 1_000,
        })
        return MINUTE_MS
      },
      idleMs: MINUTE_MS,
      failed: failed('Housekeeping'),
    }),
  }
}

async function stopLoops(loops: Loops): Promise<void> {
  await Promise.all([loops.understand, loops.delivery, loops.clock, loops.housekeeping].map((loop) => loop.stop()))
}

async function understandRound(parts: Parts, understand: Rounds['understand']): Promise<number> {
  const now = parts.now()
  const rows = await parts.storage.claimNotifications({
    now,
    limit: UNDERSTAND_BATCH,
    owner: parts.owner,
    leaseUntil: now + NOTIFICATION_LEASE_MS,
  })
  if (rows.length > 0) {
    await understand(rows)
    return 0
  }
  const due = await parts.storage.nextNotificationDue()
  return due === null ? 1_000 : Math.max(due - parts.now(), 1)
}

/** Nothing that is due waits or is being worked on: asked of storage until it is so. */
async function untilIdle(
  storage: Storage,
  { delivery, histories }: Machine,
  loops: Loops,
  now: () => number,
): Promise<void> {
  const { dispatch } = delivery
  // What a loop has claimed in storage may not have reached this thread yet.
  const resting = (): boolean =>
    !loops.understand.working && !loops.delivery.working && histories.pending === 0 && dispatch.inFlight === 0
  for (;;) {
    const { claimed } = dispatch
    const quiet = resting()
    const [inbox, due] = await Promise.all([storage.inboxDepths(), storage.nextNotificationDue()])
    const queues = await storage.queueDepths(now())
    const understood = inbox.waiting === 0 || (due !== null && due > now())
    const delivered = queues.every(({ waiting, oldestDueMs }) => waiting === 0 || oldestDueMs === null)
    // A queue that was in flight while its depth was read may be due again by now.
    if (understood && delivered && quiet && resting() && dispatch.claimed === claimed) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
