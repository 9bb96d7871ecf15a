import type { Delivery } from '../../src/delivery/delivery.ts'
import type { SettledNews } from '../../src/delivery/port.ts'
import { HELD } from '../../src/delivery/schedule.ts'
import { destinationOf } from '../../src/destinations/registry.ts'
import type { FrozenEvent } from '../../src/domain/event.ts'
import type { Integration } from '../../src/domain/project.ts'
import { createHttpClient } from '../../src/net/http.ts'
import type { ClevertapStandIn } from '../../src/stand-ins/clevertap.ts'
import type { SegmentStandIn } from '../../src/stand-ins/segment.ts'
import type { ListedDelivery } from '../../src/storage/reads.ts'
import type { AttemptRow, CustomerRow, DeliveryStatus } from '../../src/storage/rows.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { withDefaults } from '../destinations/conformance.ts'
import { randomOf } from '../seed.ts'
import { customerOf, type EventSpec, stepOf, valued } from './events.ts'
import { type Disk, openStandIns, PASSCODE, SECOND, START, type StandIns, WRITE_KEY } from './ground.ts'
import { type Ended, type Meddling, openJournal, type Sending } from './journal.ts'
import { type LogLine, type Process, type Surroundings, startProcess } from './process.ts'

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
  readonly logs: readonly LogLine[]
  readonly news: SettledNews[]
  now(): number
  random(): number
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

let worlds = 0

export interface WorldOptions {
  readonly disk: Disk
  readonly integrations: (project: string) => readonly Integration[]
  /** Names the world's own sequence of random numbers, and its project: the same ids in every run. */
  readonly name?: string
  readonly timeoutMs?: number
  readonly latencyMs?: number
  /** Shared by worlds that follow each other; its own otherwise. */
  readonly standIns?: StandIns
}

/** A hub's delivery room with real storage, real stand-ins over HTTP and a clock that the test turns. */
export async function openWorld(options: WorldOptions): Promise<World> {
  worlds += 1
  const project = options.name?.replaceAll(' ', '-') ?? `p${worlds}`
  const random = randomOf(options.name ?? `world ${worlds}`)
  let now = START
  let integrations = options.integrations(project)
  const { disk } = options
  const standIns = options.standIns ?? (await openStandIns(options.latencyMs))
  standIns.use(() => now)
  const http = createHttpClient()
  const around: Surroundings = {
    disk,
    standIns,
    http,
    journal: openJournal(),
    meddling: {},
    logs: [],
    news: [],
    timeoutMs: options.timeoutMs ?? null,
    integrations: () => integrations,
    now: () => now,
    advance: (ms) => {
      now += ms
    },
    random,
  }
  const start = (freeDead: boolean): Promise<Process> =>
    startProcess(around, `${project}-${Math.floor(random() * 1e9).toString(36)}`, freeDead)
  let process = await start(true)
  const { journal, meddling, logs, news, advance } = around
  const world: World = {
    ...customerActs(project, around, () => process),
    ...looks(project, disk),
    project,
    get storage() {
      return disk.storage
    },
    segment: standIns.segment,
    clevertap: standIns.clevertap,
    get delivery() {
      return process.delivery
    },
    get owner() {
      return process.owner
    },
    get integrations() {
      return integrations
    },
    set integrations(given) {
      integrations = given
    },
    meddling,
    sendings: journal.sendings,
    ended: journal.ended,
    logs,
    news,
    now: around.now,
    random,
    advance,
    quiesce: () => quiesce(process),
    nextDue: () => nextDue(process, disk),
    run: async (until = Number.POSITIVE_INFINITY) => {
      for (;;) {
        await quiesce(process)
        const next = await nextDue(process, disk)
        if (next === null || next > until) break
        // Due and not to be had: a dead process holds a slot until its lease is over.
        now = Math.max(next, now + (next <= now ? SECOND : 0))
        if (now > until) break
      }
      if (until !== Number.POSITIVE_INFINITY) now = Math.max(now, until)
    },
    change: async (id, changes) => {
      integrations = integrations.map((one) => (one.id === id ? { ...one, ...changes } : one))
      await process.delivery.configure()
    },
    crash: () => process.die(),
    restart: async ({ freeDead = true } = {}) => {
      process = await start(freeDead)
      await process.delivery.configure()
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

async function quiesce(process: Process): Promise<void> {
  const { dispatch } = process.delivery
  for (;;) {
    const idle = dispatch.inFlight === 0
    process.sleep()
    const wait = await dispatch.round()
    if (wait === 0) continue
    if (dispatch.inFlight > 0) await process.woken()
    else if (idle) return
  }
}

async function nextDue(process: Process, { storage }: Disk): Promise<number | null> {
  const rows = process.delivery.channels.live().flatMap(({ row }) => (row.pausedBy === 'person' ? [] : [row]))
  const open = rows.filter(({ state }) => state === 'open')
  const times = [open.length === 0 ? null : await storage.nextQueueDue(open)]
  for (const row of rows) {
    if (row.state === 'open') continue
    const due = await storage.nextQueueDue([row])
    times.push(due === null || due >= HELD ? null : Math.max(due, row.nextAt))
  }
  const known = times.flatMap((time) => (time === null || time >= HELD ? [] : [time]))
  return known.length === 0 ? null : Math.min(...known)
}

/** What comes in: events, attributes, identities; each in one step, as ingest writes it. */
function customerActs(
  project: string,
  around: Surroundings,
  process: () => Process,
): Pick<World, 'emit' | 'setAttributes' | 'knownAs'> {
  let events = 0
  const named = (appUserId: string) => ({ projectId: project, appUserId })
  const change = (appUserId: string, compute: (before: CustomerRow) => CustomerRow): Promise<void> =>
    around.disk.storage.step({ purchases: [], appUserIds: [named(appUserId)] }, (loaded) => {
      const now = around.now()
      const before = customerOf(project, appUserId, loaded, now)
      const after = compute(before)
      const queues = process().delivery.hasten({ customers: [before], provisional: false }, after, now)
      return { save: { customers: [after], queues }, result: undefined }
    })
  return {
    emit: (specs) => {
      const numbered = specs.map((spec, n) => ({ ...spec, n: events + n + 1 }))
      events += specs.length
      const appUserIds = [...new Set(specs.map(({ customer }) => customer))].map(named)
      return around.disk.storage.step({ purchases: [], appUserIds }, (loaded) =>
        stepOf(project, numbered, loaded, around.now(), process().delivery),
      )
    },
    setAttributes: (appUserId, values) =>
      change(appUserId, (before) => ({
        ...before,
        attributes: { ...before.attributes, ...valued(values, around.now()) },
      })),
    knownAs: (appUserId, id) =>
      change(appUserId, (before) => ({
        ...before,
        aliases: [...new Set([...before.aliases, id])],
        lastSeenAppUserId: id,
      })),
  }
}

function looks(project: string, disk: Disk): Pick<World, 'deliveries' | 'deliveryOf' | 'attemptsOf'> {
  return {
    deliveries: async (integrationId, status) => {
      const found: ListedDelivery[] = []
      for (let before: string | null = null; ; ) {
        const query = { projectId: project, integrationId, status: status ?? null, before, limit: 500 }
        const page = await disk.storage.listDeliveries(query)
        found.push(...page.items)
        if (page.next === null) return found.reverse()
        before = page.next
      }
    },
    deliveryOf: async (eventId, integrationId) => {
      const all = await disk.storage.deliveriesOfEvent(project, eventId)
      const found = all.find(({ delivery }) => delivery.integrationId === integrationId)
      if (found === undefined) throw new Error(`${eventId} has no delivery to ${integrationId}`)
      return found
    },
    attemptsOf: async ({ delivery }) => {
      const found = await disk.storage.getAttempts(project, delivery.attemptIds)
      return found.toSorted((a, b) => a.at - b.at)
    },
  }
}
