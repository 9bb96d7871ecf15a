import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { afterEach } from 'vitest'
import { type Config, loadConfig } from '../../src/config.ts'
import { createLog } from '../../src/http/log.ts'
import { type Hub, type HubSeams, startHub } from '../../src/main.ts'
import { type ApiKey, mintApiKey } from '../../src/stand-ins/app-store/api-key.ts'
import { type AppStoreStandIn, startAppStoreStandIn } from '../../src/stand-ins/app-store/server.ts'
import { createSimulatedAppStore, type SimulatedAppStore } from '../../src/stand-ins/app-store/subscription.ts'
import { type ClevertapStandIn, startClevertapStandIn } from '../../src/stand-ins/clevertap.ts'
import { type SegmentStandIn, startSegmentStandIn } from '../../src/stand-ins/segment.ts'

/** The whole hub between stand-ins: really signed notifications over HTTP on one side, ledgers on the other. */

export const DAY = 86_400_000
export const HOUR = 3_600_000
export const MINUTE = 60_000
const SECRET_KEY = 'sk_acme_test'
export const BUNDLE_ID = 'com.acme.app'
export const APPLE_ID = 123_456_789
const OTHER = { bundleId: 'com.other.app', appAppleId: 987_654_321 }
/** Long before anything that is played: everything is announced, and sent live. */
export const ALWAYS = '2020-01-01T00:00:00Z'

type Yaml = Readonly<Record<string, unknown>>

export interface WorldOptions {
  /** The clock of the App Store stand-in and of hubs in this process. */
  readonly now?: () => number
  /** Settings of the app on top of the usual ones. */
  readonly app?: Yaml
  /** A second app beside "ios": "other", production only, with the same key. */
  readonly withOther?: boolean
  readonly project?: Yaml
  /** More projects beside "acme". */
  readonly more?: readonly Yaml[]
  readonly segment?: Yaml
  readonly clevertap?: Yaml
  /** The In-App Purchase key; a new one unless given. */
  readonly key?: ApiKey
  /** Leaves the In-App Purchase key out: no history can be asked. */
  readonly withoutApiKey?: boolean
  readonly latencyMs?: number
  /** More of the environment of its hubs. */
  readonly env?: Readonly<Record<string, string>>
  /** The destinations count only, so that their memory stays flat. */
  readonly countOnly?: boolean
  readonly apple?: {
    readonly notificationUrl?: string | null
    readonly listing?: 'oldest first' | 'newest first'
    readonly perSecond?: number
  }
}

export interface World {
  readonly folder: string
  readonly key: ApiKey
  readonly production: SimulatedAppStore
  readonly sandbox: SimulatedAppStore
  /** Of the app "other". */
  readonly other: SimulatedAppStore
  readonly apple: AppStoreStandIn
  readonly segment: SegmentStandIn
  readonly clevertap: ClevertapStandIn
  /** The environment of a hub in this world: its ports are free ones unless `env.TRIBUTARY_PORT` says otherwise. */
  readonly env: Readonly<Record<string, string>>
}

type Undo = () => Promise<unknown> | unknown
const undo: Undo[] = []
/** Runs after the test, the latest first. */
export function afterwards(step: Undo): void {
  undo.push(step)
}
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-hub-'))
  afterwards(() => rmSync(folder, { recursive: true, force: true }))
  const clock = options.now === undefined ? {} : { now: options.now }
  const identity = { bundleId: BUNDLE_ID, appAppleId: APPLE_ID, ...clock }
  const production = createSimulatedAppStore({ ...identity, environment: 'production' })
  const { signer } = production
  const sandbox = createSimulatedAppStore({ ...identity, environment: 'sandbox', signer })
  const other = createSimulatedAppStore({ ...identity, ...OTHER, environment: 'production', signer })
  const key = options.key ?? mintApiKey()
  const stores = [production, sandbox, other]
  const apple = await startAppStoreStandIn({ stores, keys: [key], ...clock, ...options.apple })
  const latency = {
    ...(options.latencyMs === undefined ? {} : { latencyMs: options.latencyMs }),
    ...(options.countOnly === true ? { keepEntries: false } : {}),
  }
  const segment = await startSegmentStandIn({ writeKeys: [{ key: 'wk_live' }, { key: 'wk_sandbox' }], ...latency })
  const accounts = [
    { id: 'ACC-LIVE', passcode: 'pass-live' },
    { id: 'ACC-TEST', passcode: 'pass-test', test: true },
  ]
  const clevertap = await startClevertapStandIn({ accounts, ...latency })
  for (const standIn of [apple, segment, clevertap]) afterwards(() => standIn.close())
  const rootFile = join(folder, 'root.pem')
  const configFile = join(folder, 'tributary.yaml')
  writeFileSync(rootFile, signer.chain.rootPem)
  // JSON is YAML.
  writeFileSync(configFile, JSON.stringify(configOf(options, key)))
  const env = {
    TRIBUTARY_HOST: '127.0.0.1',
    TRIBUTARY_PORT: '0',
    TRIBUTARY_METRICS_PORT: '0',
    TRIBUTARY_DATA_DIR: join(folder, 'data'),
    TRIBUTARY_CONFIG: configFile,
    TRIBUTARY_APPLE_ROOT_CERTS: rootFile,
    TRIBUTARY_APPLE_API_URL: apple.url,
    TRIBUTARY_SEGMENT_URL: segment.url,
    TRIBUTARY_CLEVERTAP_URL: clevertap.url,
    ...options.env,
  }
  return { folder, key, production, sandbox, other, apple, segment, clevertap, env }
}

function apiKeySetting(key: ApiKey): Yaml {
  return { api_key: { issuer_id: key.issuerId, key_id: key.keyId, private_key: key.privateKey } }
}

function configOf(options: WorldOptions, key: ApiKey): Yaml {
  const withKey = options.withoutApiKey === true ? {} : apiKeySetting(key)
  const identity = { bundle_id: BUNDLE_ID, app_apple_id: APPLE_ID }
  const ios = { id: 'ios', store: 'app_store', ...identity, events_from: ALWAYS, ...withKey, ...options.app }
  const { bundleId: bundle_id, appAppleId: app_apple_id } = OTHER
  const other = { ...ios, id: 'other', bundle_id, app_apple_id, environments: ['production'] }
  const segment = {
    write_key: 'wk_live',
    sandbox_write_key: 'wk_sandbox',
    currency: 'purchased',
    ...options.segment,
  }
  const clevertap = {
    account_id: 'ACC-LIVE',
    passcode: 'pass-live',
    sandbox_account_id: 'ACC-TEST',
    sandbox_passcode: 'pass-test',
    refunds: 'negative',
    ...options.clevertap,
  }
  const project = {
    id: 'acme',
    secret_keys: [{ name: 'backend', key: SECRET_KEY }],
    apps: options.withOther === true ? [ios, other] : [ios],
    integrations: [
      { id: 'segment', destination: 'segment', live_from: ALWAYS, settings: segment },
      { id: 'clevertap', destination: 'clevertap', live_from: ALWAYS, settings: clevertap },
    ],
    ...options.project,
  }
  return { version: 1, projects: [project, ...(options.more ?? [])] }
}

// ── a hub in this process ───────────────────────────────────────────────────────────────────────────────────────────

export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string }

export interface RunningHub extends Hub {
  readonly lines: readonly LogLine[]
}

export async function startInProcess(
  world: World,
  options: HubSeams & { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<RunningHub> {
  const { env, ...seams } = options
  const config: Config = loadConfig({ ...world.env, ...env })
  const lines: LogLine[] = []
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      for (const line of chunk.toString().split('\n')) if (line !== '') lines.push(JSON.parse(line) as LogLine)
      done()
    },
  })
  const log = createLog({ level: config.logLevel }, sink)
  const hub = await startHub({ config, log, ...seams })
  let closed = false
  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    await hub.close()
  }
  afterwards(close)
  return { ...hub, close, lines }
}

// ── talking to a hub ────────────────────────────────────────────────────────────────────────────────────────────────

export interface Posted {
  readonly status: number
  readonly retryAfter: string | null
}

// One connection a sender: fetch costs several times as much, in the process that also plays the stand-ins.
const senders = new Agent({ pipelining: 1 })

/** As Apple posts it. Rejects when no answer came. */
export async function post(address: string, body: Buffer, app = 'ios'): Promise<Posted> {
  const answer = await request(`${address}/notifications/app-store/acme/${app}`, {
    dispatcher: senders,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  await answer.body.dump()
  const retryAfter = answer.headers['retry-after']
  return { status: answer.statusCode, retryAfter: typeof retryAfter === 'string' ? retryAfter : null }
}

export async function postAll(
  address: string,
  notifications: readonly { readonly body: Buffer }[],
  atOnce = 8,
): Promise<readonly Posted[]> {
  const answers: Posted[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let at = next++; at < notifications.length; at = next++) {
      const one = notifications[at]
      if (one !== undefined) answers.push(await post(address, one.body))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return answers
}

export async function api<T = Readonly<Record<string, unknown>>>(
  address: string,
  path: string,
  init: RequestInit = {},
): Promise<T> {
  const headers = { authorization: `Bearer ${SECRET_KEY}`, ...(init.headers as Record<string, string> | undefined) }
  const answer = await fetch(`${address}${path}`, { ...init, headers })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`)
  return JSON.parse(text) as T
}

/** Waits for a condition, which may throw until it holds; the last error is told when time is up. */
export async function until(what: string, condition: () => unknown, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs
  let last: unknown
  while (performance.now() < deadline) {
    try {
      if (await condition()) return
    } catch (error) {
      last = error
    }
    await pause(10)
  }
  throw new Error(`${what}: not within ${withinMs} ms${last === undefined ? '' : ` (${String(last)})`}`)
}

export interface NotificationJson {
  readonly id: string
  readonly source_key: string
  readonly type: string
  readonly via: 'push' | 'pull'
  readonly status: 'waiting' | 'understood' | 'ignored' | 'parked'
  readonly note: string | null
  readonly tries: number
  readonly received_at: string
  readonly events: number
}

export async function notificationsOf(address: string): Promise<readonly NotificationJson[]> {
  const all: NotificationJson[] = []
  let before = ''
  for (;;) {
    const page = await api<{ readonly items: readonly NotificationJson[]; readonly next: string | null }>(
      address,
      `/api/projects/acme/notifications?limit=100${before}`,
    )
    all.push(...page.items)
    if (page.next === null) return all
    before = `&before=${encodeURIComponent(page.next)}`
  }
}

export interface EventJson {
  readonly id: string
  readonly store: string
  readonly type: string
  readonly name: string | null
  readonly seq: number
  readonly app_user_id: string
  readonly product_id: string
  readonly transaction_id: string
  readonly environment: string
  readonly period_type: string
  readonly purchased_at_ms: number
  readonly expiration_at_ms: number | null
  readonly cancel_reason?: string | null
  readonly expiration_reason?: string | null
  readonly renewal_number: number | null
  readonly occurred_at_ms: number
  readonly subscriber_attributes: Readonly<Record<string, { readonly value: string }>>
  readonly money: { readonly currency: string | null; readonly gross_micros: number | null }
}

/** All events, in the order in which the hub wrote them. */
export async function eventsOf(address: string): Promise<readonly EventJson[]> {
  const all: EventJson[] = []
  let after = ''
  for (;;) {
    const page = await api<{ readonly items: readonly EventJson[]; readonly next: string }>(
      address,
      `/api/projects/acme/events?limit=100&after=${encodeURIComponent(after)}`,
    )
    all.push(...page.items)
    if (page.items.length === 0) return all
    after = page.next
  }
}

/**
 * What is the same in every order of arrival: the ids, and beside them type, product, period and its dates, reason and
 * money (two happenings of one kind in one period may have their numbers, and so their ids, in each other's place).
 */
export function compared(events: readonly EventJson[]): {
  readonly ids: readonly string[]
  readonly told: readonly string[]
} {
  const told = events.map((event) =>
    JSON.stringify([
      event.type,
      event.name,
      event.product_id,
      event.transaction_id,
      event.period_type,
      event.purchased_at_ms,
      event.expiration_at_ms,
      event.cancel_reason ?? null,
      event.expiration_reason ?? null,
      event.money,
    ]),
  )
  return { ids: events.map(({ id }) => id).sort(), told: told.sort() }
}
