import { basename } from 'node:path'
import type { Logger } from 'pino'
import { VERSION } from './cli/version.ts'
import { type Config, environment } from './config.ts'
import type { Destination } from './destinations/destination.ts'
import { destinations } from './destinations/registry.ts'
import { createHubDoors } from './http/hub-doors.ts'
import { createLiveHub } from './http/live.ts'
import type { MembersDoor } from './http/members-door.ts'
import { createMetrics } from './http/metrics.ts'
import { createServers, type HttpConfig, type Servers } from './http/servers.ts'
import { readDashboard } from './hub/dashboard-files.ts'
import { createErasures } from './hub/erasures.ts'
import { untilIdle } from './hub/idle.ts'
import { type Loops, stopLoops } from './hub/loops.ts'
import { buildMachine, type Machine, sayWhatIsBroken, takeOver } from './hub/machine.ts'
import { messageOf, type Parts } from './hub/parts.ts'
import { originOf } from './hub/ports.ts'
import { createSimulator } from './hub/simulator.ts'
import { openStorage } from './hub/storage.ts'
import { createOidc } from './members/oidc.ts'
import { createHttpClient } from './net/http.ts'
import { openKeys } from './secrets/open-keys.ts'
import { actsOf, recordApplied } from './settings/applied.ts'
import { catalogueOf } from './settings/catalogue.ts'
import { applyConfigFile } from './settings/config-file.ts'
import { createSettingsService, type SettingsService } from './settings/service.ts'
import type { Storage } from './storage/storage.ts'
import { storeDeclarations } from './stores/registry.ts'

/** What a test may put in place of the machine's own. */
export interface HubSeams {
  readonly now?: () => number
  readonly random?: () => number
  /** Kinds of receivers beside those of the registry. */
  readonly destinations?: readonly Destination[]
  /** Most pages of the database: a disk that is full. */
  readonly maxPages?: number
}

interface StartOptions extends HubSeams {
  readonly config: Config
  readonly log: Logger
  /** Bring PostgreSQL's schema up to date (default); otherwise an older one is refused. */
  readonly migrate?: boolean
}

export interface Hub {
  readonly address: string
  readonly adminAddress: string | null
  readonly metricsAddress: string | null
  readonly storage: Storage
  readonly settings: SettingsService
  /** One-time links of the operator, and the account of the demo. */
  readonly members: Pick<MembersDoor, 'setupToken' | 'signInToken' | 'use'>
  /** Resolves when nothing waits that is due: no notification, no delivery in flight. For the demo and for tests. */
  idle(): Promise<void>
  /** Stops accepting, drains what is in flight (25 s at most) and closes. */
  close(): Promise<void>
}

/**
 * Puts the hub together and starts it. Rejects with one sentence for the
 * operator when something is in the way; nothing is left behind then.
 */
export async function startHub(options: StartOptions): Promise<Hub> {
  const { config } = options
  const undo: (() => Promise<void>)[] = []
  const { maxPages, migrate } = options
  try {
    const storage = await openStorage(config, {
      ...(migrate === undefined ? {} : { migrate }),
      ...(maxPages === undefined ? {} : { maxPages }),
    })
    undo.push(() => storage.close())
    return await assemble(storage, options, undo)
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => undefined)
    throw error
  }
}

async function assemble(storage: Storage, options: StartOptions, undo: (() => Promise<void>)[]): Promise<Hub> {
  const parts = await openParts(storage, options)
  const { config, log, now, settings } = parts
  await storage.freeDeadClaims(storage.owner, now())
  const erasures = createErasures(parts)
  await erasures.catchUp()
  const http = createHttpClient({ connections: 64 })
  undo.push(() => http.close())
  const machine = await buildMachine(parts, http)
  let listening: string | null = null
  const simulator = createSimulator({ config, now, address: () => listening })
  const oidc = config.oidc === null ? null : createOidc(config.oidc, { http, now })
  const doors = createHubDoors({
    oidc,
    ...parts,
    ...machine,
    http,
    originOf: originOf(config),
    erase: erasures.erase,
    simulator,
  })
  const servers = await createServers(doors, httpConfig(config), { log, metrics: parts.metrics })
  const addresses = await servers.listen()
  listening = addresses.public
  // Not before the ports are ours: a hub that cannot start must not have anything in flight.
  const loops = machine.start(erasures)
  sayWhatIsBroken(parts)
  settings.onChange(() => takeOver(parts, machine))
  return {
    address: config.role === 'worker' ? (addresses.metrics ?? addresses.public) : addresses.public,
    adminAddress: addresses.admin,
    metricsAddress: addresses.metrics,
    storage,
    settings,
    members: doors.members,
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
  const all = new Map([...destinations, ...(options.destinations ?? []).map((one) => [one.id, one] as const)])
  const catalogue = catalogueOf(storeDeclarations, all.values())
  const settings = await createSettingsService({ storage, ring, catalogue, now })
  if (config.configFile !== null) await applyAtStart(config.configFile, { storage, settings, log, now })
  const metrics = createMetrics({ reads: storage, now, version: VERSION })
  const random = options.random ?? Math.random
  return { config, log, now, random, storage, ring, settings, metrics, destinations: all, live: createLiveHub() }
}

/** What the file changed is told in the audit log, under its name. */
async function applyAtStart(
  path: string,
  { storage, settings, log, now }: Pick<Parts, 'storage' | 'settings' | 'log' | 'now'>,
): Promise<void> {
  const applied = await applyConfigFile(settings, path, environment)
  if (applied.kind !== 'applied') return
  await recordApplied(
    actsOf(applied.plan),
    { kind: 'file', name: basename(path) },
    {
      recordAct: (row) => storage.recordAct(row),
      now,
      failed: (act, error) =>
        log.error(
          { ...act, error: messageOf(error) },
          'The config file changed something, which could not be written to the audit log',
        ),
    },
  )
}

/** Stop taking in and claiming, let what is in flight settle, then the rest of the loops. */
async function shutDown(servers: Servers, { pulls, asking, delivery }: Machine, loops: Loops | null): Promise<void> {
  servers.drain()
  // A round of claiming that is under way still sends what it claimed: the drain must see it.
  const delivered = loops?.delivery.stop().then(() => delivery.dispatch.drain())
  await Promise.all([servers.close(), pulls.stop(), ...asking.map((one) => one.stop()), delivered])
  if (loops !== null) await stopLoops(loops)
}

function httpConfig(config: Config): HttpConfig {
  return {
    // A worker answers nobody but its supervisor.
    public: config.role === 'worker' ? null : { host: config.host, port: config.port, setting: 'TRIBUTARY_PORT' },
    admin: config.admin === null ? null : { ...config.admin, setting: 'TRIBUTARY_ADMIN_PORT' },
    metrics: { ...config.metrics, setting: 'TRIBUTARY_METRICS_PORT' },
    baseUrl: config.baseUrl,
    trustProxy: config.trustProxy,
    rates: config.rates,
    dashboard: config.role === 'worker' ? null : readDashboard(),
    version: VERSION,
  }
}
