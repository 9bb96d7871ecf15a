import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newCustomer } from '../../src/customers/customer.ts'
import { createDelivery, type Delivery } from '../../src/delivery/delivery.ts'
import type { DeliveryPort, SettledNews } from '../../src/delivery/port.ts'
import { HELD } from '../../src/delivery/schedule.ts'
import { destinationOf } from '../../src/destinations/registry.ts'
import type { EventName, FrozenEvent, LifecycleEvent } from '../../src/domain/event.ts'
import { eventAppUserId, nextSeq } from '../../src/domain/freeze.ts'
import { attributeSetHash, derivedId } from '../../src/domain/ids.ts'
import type { Integration } from '../../src/domain/project.ts'
import { createHttpClient, type HttpClient, type HttpRequest, type HttpResult } from '../../src/net/http.ts'
import { redactor } from '../../src/secrets/masking.ts'
import { type ClevertapStandIn, startClevertapStandIn } from '../../src/stand-ins/clevertap.ts'
import { type SegmentStandIn, startSegmentStandIn } from '../../src/stand-ins/segment.ts'
import type { ListedDelivery } from '../../src/storage/reads.ts'
import type { AttemptRow, AttributeSetRow, CustomerRow, DeliveryStatus, NewDelivery } from '../../src/storage/rows.ts'
import { openEmbedded } from '../../src/storage/sqlite/open.ts'
import type { DeliveryStorage, QueueWake, SettleInput, Storage } from '../../src/storage/storage.ts'
import { withDefaults } from '../destinations/conformance.ts'
import { eventNamed } from '../destinations/events.ts'
import { randomOf } from '../seed.ts'

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

/** When every world begins. */
export const START = Date.UTC(2026, 10, 22, 10, 0, 0)

export const WRITE_KEY = 'wk_canary_production_a1b2'
export const SANDBOX_WRITE_KEY = 'wk_canary_sandbox_c3d4'
export const PASSCODE = 'CAN-ARY-PRODUCTION'
export const SANDBOX_PASSCODE = 'CAN-ARY-SANDBOX'

/** A database in a temporary folder, shared by the worlds of a test file: each has a project of its own. */
export interface Disk {
  readonly storage: Storage
  /** Closes the database and opens it again, as a restart does. */
  reopen(): Promise<void>
  remove(): Promise<void>
}

export async function openDisk(): Promise<Disk> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-delivery-'))
  let storage = await openEmbedded({ folder })
  return {
    get storage() {
      return storage
    },
    reopen: async () => {
      await storage.close()
      storage = await openEmbedded({ folder })
    },
    remove: async () => {
      await storage.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** One request as it left the hub, and what came of it. */
export interface Sending {
  /** Its place in the order of all that happened in this world. */
  readonly tick: number
  readonly at: number
  readonly owner: string
  readonly request: HttpRequest
  /** null: the process died, or it is still under way. */
  result: HttpResult | null
  /** Its outcome is on disk. */
  settled: boolean
}

export interface Ended {
  readonly tick: number
  /** How many records the destination had by then. */
  readonly received: number
}

/** How a test meddles with what leaves and enters the hub. */
export interface Meddling {
  /** In place of sending; call `send` for the real thing. */
  send?: (request: HttpRequest, send: (request: HttpRequest) => Promise<HttpResult>) => Promise<HttpResult>
  /** Runs before a settle is written. */
  beforeSettle?: (input: SettleInput) => Promise<void> | void
  /** In place of writing a settle. */
  settle?: DeliveryStorage['settleLot']
  /** Runs after queues were claimed and before anything is sent. */
  afterClaim?: () => Promise<void> | void
}

export interface EventSpec {
  readonly customer: string
  readonly name?: EventName
  readonly changes?: Partial<LifecycleEvent>
  /** Attributes that the customer has from this event on. */
  readonly attributes?: Readonly<Record<string, string>>
}

export interface World {
  readonly project: string
  readonly storage: Storage
  readonly segment: SegmentStandIn
  readonly clevertap: ClevertapStandIn
  /** The running process. */
  readonly delivery: Delivery
  readonly owner: string
  integrations: readonly Integration[]
  readonly meddling: Meddling
  readonly sendings: readonly Sending[]
  /** Delivery id → the settle that ended it last. */
  readonly ended: ReadonlyMap<string, Ended>
  readonly logs: { readonly level: string; readonly message: string; readonly details: Record<string, unknown> }[]
  readonly news: SettledNews[]
  now(): number
  random(): number
  /** The next place in the order of all that happens. */
  tick(): number
  advance(ms: number): void
  /** Writes events in one step, with their deliveries, as ingest does. */
  emit(specs: readonly EventSpec[]): Promise<readonly FrozenEvent[]>
  setAttributes(customer: string, values: Readonly<Record<string, string>>): Promise<void>
  /** A customer is known by another id from now on. */
  knownAs(customer: string, id: string): Promise<void>
  /** Rounds until nothing more can be claimed now and nothing is in flight. */
  quiesce(): Promise<void>
  /** The next moment at which something may be claimed, or null. */
  nextDue(): Promise<number | null>
  /** Quiesces, goes to the next due time and so on, until nothing is due any more or `until` is passed. */
  run(until?: number): Promise<void>
  /** New settings for an integration, taken over as the hub does. */
  change(id: string, changes: Partial<Integration>): Promise<void>
  /** The process dies where it stands; `restart` begins another one. */
  crash(): Promise<void>
  restart(options?: { readonly freeDead?: boolean }): Promise<void>
  deliveries(integration: string, status?: DeliveryStatus): Promise<readonly ListedDelivery[]>
  deliveryOf(eventId: string, integration: string): Promise<ListedDelivery>
  attemptsOf(delivery: ListedDelivery): Promise<readonly AttemptRow[]>
  close(): Promise<void>
}

export function segmentIntegration(project: string, changes: Partial<Integration> = {}): Integration {
  return integration(project, 'segment', { write_key: WRITE_KEY }, changes)
}

export function clevertapIntegration(project: string, changes: Partial<Integration> = {}): Integration {
  return integration(project, 'clevertap', { account_id: 'ACC-1', passcode: PASSCODE }, changes)
}

function integration(
  project: string,
  destination: 'segment' | 'clevertap',
  credentials: Integration['settings'],
  changes: Partial<Integration>,
): Integration {
  const fields = destinationOf(destination)?.fields ?? []
  return {
    projectId: project,
    id: destination,
    destination,
    enabled: true,
    mode: 'live',
    liveFrom: 0,
    sandbox: false,
    allEvents: false,
    eventNames: {},
    createdAt: START,
    ...changes,
    settings: withDefaults(fields, { ...credentials, ...changes.settings }),
  }
}

export interface StandIns {
  readonly segment: SegmentStandIn
  readonly clevertap: ClevertapStandIn
  /** Gives them the clock of the world that uses them, and empty ledgers. */
  use(clock: () => number): void
  close(): Promise<void>
}

export async function openStandIns(latencyMs = 0): Promise<StandIns> {
  let clock = (): number => START
  const now = (): number => clock()
  const segment = await startSegmentStandIn({
    writeKeys: [{ key: WRITE_KEY }, { key: SANDBOX_WRITE_KEY }],
    now,
    latencyMs,
  })
  const clevertap = await startClevertapStandIn({
    accounts: [
      { id: 'ACC-1', passcode: PASSCODE },
      { id: 'TEST-1', passcode: SANDBOX_PASSCODE, test: true },
    ],
    now,
    latencyMs,
  })
  return {
    segment,
    clevertap,
    use: (given) => {
      clock = given
      segment.reset()
      clevertap.reset()
    },
    close: async () => {
      await Promise.all([segment.close(), clevertap.close()])
    },
  }
}

let worlds = 0

/** A hub's delivery room with real storage, real stand-ins over HTTP and a clock that the test turns. */
export async function openWorld(options: {
  readonly disk: Disk
  readonly integrations: (project: string) => readonly Integration[]
  /** Names the world's own sequence of random numbers. */
  readonly name?: string
  /** Longest wait for an answer in real milliseconds; the virtual clock moves on by 20 s when it is over. */
  readonly timeoutMs?: number
  readonly latencyMs?: number
  /** Shared by worlds that follow each other; its own otherwise. */
  readonly standIns?: StandIns
}): Promise<World> {
  worlds += 1
  // A named world has the same ids in every run.
  const project = options.name?.replaceAll(' ', '-') ?? `p${worlds}`
  const random = randomOf(options.name ?? `world ${worlds}`)
  let now = START
  let ticks = 0
  let events = 0
  const clock = (): number => now
  const standIns = options.standIns ?? (await openStandIns(options.latencyMs))
  standIns.use(clock)
  const { segment, clevertap } = standIns
  const http = createHttpClient()
  const sendings: Sending[] = []
  const ended = new Map<string, Ended>()
  const logs: World['logs'] = []
  const news: SettledNews[] = []
  const meddling: Meddling = {}
  const tick = (): number => {
    ticks += 1
    return ticks
  }

  const timed = async (request: HttpRequest): Promise<HttpResult> => {
    if (options.timeoutMs === undefined) return http.send(request)
    const result = await http.send({ ...request, totalTimeoutMs: options.timeoutMs })
    if (result.kind === 'fault' && /in time/.test(result.reason)) now += 20 * SECOND
    return result
  }

  const send = async (owner: string, request: HttpRequest): Promise<HttpResult> => {
    const sending: Sending = { tick: tick(), at: now, owner, request, result: null, settled: false }
    sendings.push(sending)
    const result = await (meddling.send === undefined ? timed(request) : meddling.send(request, timed))
    sending.result = result
    return result
  }

  const settleLot = async (owner: string, input: SettleInput): ReturnType<DeliveryStorage['settleLot']> => {
    await meddling.beforeSettle?.(input)
    const settled = await (meddling.settle ?? options.disk.storage.settleLot)(input)
    if (settled.kind !== 'settled') return settled
    const bodies = new Set(input.attempts.map(({ request }) => (JSON.parse(request) as { body: string }).body))
    for (const sending of sendings) {
      if (sending.owner === owner && sending.result !== null && bodies.has(String(sending.request.body)))
        sending.settled = settled.fenced.length === 0
    }
    const standIn = input.lot.channelId.startsWith('segment') ? segment : clevertap
    const end: Ended = { tick: tick(), received: standIn.ledger.length }
    for (const { customerId, deliveries } of input.queues) {
      if (settled.fenced.includes(customerId)) continue
      for (const { id, status } of deliveries) if (status !== 'waiting') ended.set(id, end)
    }
    return settled
  }

  // ── the process ───────────────────────────────────────────────────────────────────────────────────────────────────

  let process = await startProcess(true)

  async function startProcess(freeDead: boolean) {
    const owner = `${project}-${Math.floor(random() * 1e9).toString(36)}`
    const pending = new Set<Promise<unknown>>()
    let dead = false
    let rouse: () => void = () => undefined
    const state = { woken: false }
    const never = new Promise<never>(() => undefined)
    /** What a dead process began may still happen; that it never hears of it. */
    const mortal = <A extends readonly unknown[], R>(act: (...args: A) => Promise<R>) => {
      return async (...args: A): Promise<R> => {
        if (dead) return never
        const acted = act(...args)
        const done = acted.then(
          () => undefined,
          () => undefined,
        )
        pending.add(done)
        await done
        pending.delete(done)
        return dead ? never : acted
      }
    }
    const { disk } = options
    const storage: DeliveryStorage = {
      ensureChannels: mortal((rows, at) => disk.storage.ensureChannels(rows, at)),
      loadChannels: mortal(() => disk.storage.loadChannels()),
      saveChannel: mortal((row) => disk.storage.saveChannel(row)),
      claimLots: mortal(async (input) => {
        const claimed = await disk.storage.claimLots(input)
        if (claimed.lots.length > 0) await meddling.afterClaim?.()
        return claimed
      }),
      settleLot: mortal((input) => settleLot(owner, input)),
      renewLot: mortal((input) => disk.storage.renewLot(input)),
      nextQueueDue: mortal((channels) => disk.storage.nextQueueDue(channels)),
      freeDeadClaims: mortal((who, at) => disk.storage.freeDeadClaims(who, at)),
      failExpired: mortal((input) => disk.storage.failExpired(input)),
      retryDelivery: mortal((input) => disk.storage.retryDelivery(input)),
      acceptDelivery: mortal((input) => disk.storage.acceptDelivery(input)),
    }
    const client: HttpClient = {
      send: mortal((request: HttpRequest) => send(owner, request)),
      close: () => Promise.resolve(),
    }
    const port: DeliveryPort = {
      storage,
      http: client,
      originOf: (remote) => (remote === 'segment' ? segment.url : clevertap.url),
      integrations: () => world.integrations,
      destination: (id) => destinationOf(id) ?? null,
      now: clock,
      random,
      owner,
      meter: { attempt: () => undefined, settled: () => undefined },
      log: (level, message, details) => void logs.push({ level, message, details: { ...details } }),
      news: (told) => void news.push(told),
      redact: (_, text) => redactor([WRITE_KEY, SANDBOX_WRITE_KEY, PASSCODE, SANDBOX_PASSCODE])(text),
    }
    if (freeDead) await disk.storage.freeDeadClaims(owner, now)
    const delivery = createDelivery(port, () => {
      state.woken = true
      rouse()
    })
    return {
      owner,
      delivery,
      state,
      woken: () =>
        new Promise<void>((resolve) => {
          rouse = resolve
          if (state.woken) resolve()
        }),
      die: async () => {
        dead = true
        while (pending.size > 0) await Promise.all(pending)
      },
    }
  }

  // ── the world ─────────────────────────────────────────────────────────────────────────────────────────────────────

  const world: World = {
    project,
    get storage() {
      return options.disk.storage
    },
    segment,
    clevertap,
    get delivery() {
      return process.delivery
    },
    get owner() {
      return process.owner
    },
    integrations: options.integrations(project),
    meddling,
    sendings,
    ended,
    logs,
    news,
    now: clock,
    random,
    tick,
    advance: (ms) => {
      now += ms
    },
    emit: (specs) => {
      const numbered = specs.map((spec) => {
        events += 1
        return { ...spec, n: events }
      })
      const appUserIds = [...new Set(specs.map(({ customer }) => customer))].map((appUserId) => ({
        projectId: project,
        appUserId,
      }))
      return options.disk.storage.step({ purchases: [], appUserIds }, (loaded) => {
        const customers = new Map<string, CustomerRow>()
        const sets = new Map<string, AttributeSetRow>()
        const frozen: FrozenEvent[] = []
        const deliveries: NewDelivery[] = []
        const queues: QueueWake[] = []
        for (const spec of numbered) {
          const known = loaded.customerOf.get(`${project}\n${spec.customer}`)
          const before =
            customers.get(spec.customer) ??
            (known === undefined ? undefined : loaded.customers.get(`${project}\n${known}`)) ??
            newCustomer(project, spec.customer, now)
          const customer: CustomerRow = {
            ...before,
            lastSeq: nextSeq(before.lastSeq, now),
            attributes: { ...before.attributes, ...valued(spec.attributes ?? {}, now) },
          }
          customers.set(spec.customer, customer)
          const event = frozenEvent(project, spec, customer, now)
          frozen.push(event)
          const { attributeSet: hash } = event
          sets.set(hash, { projectId: project, hash, attributes: customer.attributes })
          const fanned = process.delivery.fanOut(event, customer, now)
          deliveries.push(...fanned.deliveries)
          queues.push(...fanned.queues)
        }
        return {
          save: {
            customers: [...customers.values()],
            attributeSets: [...sets.values()],
            events: frozen.map((event) => ({ event, notificationId: null })),
            deliveries,
            queues,
          },
          result: frozen,
        }
      })
    },
    setAttributes: (appUserId, values) =>
      options.disk.storage.step({ purchases: [], appUserIds: [{ projectId: project, appUserId }] }, (loaded) => {
        const known = loaded.customerOf.get(`${project}\n${appUserId}`)
        const before =
          (known === undefined ? undefined : loaded.customers.get(`${project}\n${known}`)) ??
          newCustomer(project, appUserId, now)
        const after = { ...before, attributes: { ...before.attributes, ...valued(values, now) } }
        return {
          save: { customers: [after], queues: process.delivery.hasten(before, after, now) },
          result: undefined,
        }
      }),
    knownAs: (appUserId, id) =>
      options.disk.storage.step({ purchases: [], appUserIds: [{ projectId: project, appUserId }] }, (loaded) => {
        const [before] = [...loaded.customers.values()]
        if (before === undefined) throw new Error(`${appUserId} is no customer`)
        const after = { ...before, aliases: [...new Set([...before.aliases, id])], lastSeenAppUserId: id }
        return {
          save: { customers: [after], queues: process.delivery.hasten(before, after, now) },
          result: undefined,
        }
      }),
    quiesce: async () => {
      for (;;) {
        const { dispatch } = process.delivery
        const idle = dispatch.inFlight === 0
        process.state.woken = false
        const wait = await dispatch.round()
        if (wait === 0) continue
        if (dispatch.inFlight > 0) await process.woken()
        else if (idle) return
      }
    },
    nextDue: async () => {
      const rows = process.delivery.channels.live().flatMap(({ row }) => (row.pausedBy === 'person' ? [] : [row]))
      const open = rows.filter(({ state }) => state === 'open')
      const times = [open.length === 0 ? null : await options.disk.storage.nextQueueDue(open)]
      for (const row of rows) {
        if (row.state === 'open') continue
        const due = await options.disk.storage.nextQueueDue([row])
        times.push(due === null || due >= HELD ? null : Math.max(due, row.nextAt))
      }
      const known = times.flatMap((time) => (time === null || time >= HELD ? [] : [time]))
      return known.length === 0 ? null : Math.min(...known)
    },
    run: async (until = Number.POSITIVE_INFINITY) => {
      for (;;) {
        await world.quiesce()
        const next = await world.nextDue()
        if (next === null || next > until) break
        // Due and not to be had: a dead process holds a slot until its lease is over.
        now = Math.max(next, now + (next <= now ? SECOND : 0))
        if (now > until) break
      }
      if (until !== Number.POSITIVE_INFINITY) now = Math.max(now, until)
    },
    change: async (id, changes) => {
      world.integrations = world.integrations.map((one) => (one.id === id ? { ...one, ...changes } : one))
      await process.delivery.configure()
    },
    crash: () => process.die(),
    restart: async ({ freeDead = true } = {}) => {
      process = await startProcess(freeDead)
      await process.delivery.configure()
    },
    deliveries: async (integrationId, status) => {
      const found: ListedDelivery[] = []
      for (let before: string | null = null; ; ) {
        const page = await options.disk.storage.listDeliveries({
          projectId: project,
          integrationId,
          status: status ?? null,
          before,
          limit: 500,
        })
        found.push(...page.items)
        if (page.next === null) return found.reverse()
        before = page.next
      }
    },
    deliveryOf: async (eventId, integrationId) => {
      const all = await options.disk.storage.deliveriesOfEvent(project, eventId)
      const found = all.find(({ delivery }) => delivery.integrationId === integrationId)
      if (found === undefined) throw new Error(`${eventId} has no delivery to ${integrationId}`)
      return found
    },
    attemptsOf: async ({ delivery }) => {
      const found = await options.disk.storage.getAttempts(project, delivery.attemptIds)
      return found.toSorted((a, b) => a.at - b.at)
    },
    close: async () => {
      await process.die()
      await http.close()
      if (options.standIns === undefined) await standIns.close()
    },
  }
  await process.delivery.configure()
  return world
}

function valued(values: Readonly<Record<string, string>>, now: number): CustomerRow['attributes'] {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value, updatedAt: now }]))
}

function frozenEvent(
  project: string,
  spec: EventSpec & { readonly n: number },
  customer: CustomerRow,
  now: number,
): FrozenEvent {
  const { attributes: _, ...event } = eventNamed(spec.name ?? 'renewal')
  const environment = spec.changes?.environment ?? 'production'
  return {
    ...event,
    id: derivedId('evt', [project, String(spec.n)]),
    occurredAt: now,
    recordedAt: now,
    environment,
    ...spec.changes,
    projectId: project,
    purchase: { ...event.purchase, projectId: project, environment, chain: `chain-${spec.n}` },
    seq: customer.lastSeq,
    customerId: customer.id,
    appUserId: eventAppUserId(customer),
    originalAppUserId: customer.originalAppUserId,
    aliases: customer.aliases,
    attributeSet: attributeSetHash(customer.attributes),
  }
}
