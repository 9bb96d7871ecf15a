import { generateKeyPairSync } from 'node:crypto'
import { destinations } from '../../src/destinations/registry.ts'
import { generateKey, keyRing } from '../../src/secrets/key-ring.ts'
import { catalogueOf } from '../../src/settings/catalogue.ts'
import { checkDocument, type Declaration } from '../../src/settings/declaration.ts'
import { type ConfigDocument, type FileSources, type Problem, readDocument } from '../../src/settings/document.ts'
import { problemText } from '../../src/settings/plan-text.ts'
import {
  type ApplyOptions,
  type ApplyResult,
  createSettingsService,
  type SettingsService,
} from '../../src/settings/service.ts'
import type { SecretKeyRow, SettingsRow } from '../../src/storage/rows.ts'
import type { SettingsStorage } from '../../src/storage/storage.ts'
import { storeDeclarations } from '../../src/stores/registry.ts'

export const CATALOGUE = catalogueOf(storeDeclarations, destinations.values())
export const NOW = Date.parse('2026-11-25T12:00:00Z')

const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
/** An App Store Connect key as Apple gives it. */
export const PRIVATE_KEY = String(pem)

/** As little as a file may say. */
export const SMALL = `version: 1
projects:
  - id: acme
    apps:
      - { id: ios, store: app_store, bundle_id: com.acme.app, app_apple_id: 1 }
    integrations:
      - { id: segment, destination: segment, settings: { write_key: abc } }
`

/** Everything of the promised config file that this version takes. */
export const FULL = `version: 1
projects:
  - id: acme
    name: Acme
    transfer_behavior: transfer
    track_unknown_purchases: true
    identity_hold_seconds: 60
    resubscribe_as: initial_purchase
    entitlements: { premium: [com.acme.monthly, "gold:monthly"] }
    secret_keys: [{ name: backend, key: sk_acme_1 }]
    apps:
      - { id: ios, store: app_store, public_key: appl_acme, bundle_id: com.acme.app, app_apple_id: 123456789, environments: [production, sandbox], receive: push, events_from: 2026-11-01,
          api_key: { issuer_id: 57246542-96fe-1a63-e053-0824d011072a, key_id: 2X9R4HXF34, private_key: { file: AuthKey.p8 } }, forward_to: [] }
    integrations:
      - { id: segment, destination: segment, enabled: true, mode: live, live_from: 2026-11-22T00:00:00Z, sandbox: false,
          settings: { region: us, write_key: canary-write-key, sandbox_write_key: canary-sandbox-key, sales_reporting: gross, currency: usd, anonymous: send, identify: always, integrations: {}, attributes: { exclude: [$ip] } },
          event_names: { trial_started: "Trial Started", subscription_paused: "" } }
      - { id: clevertap, destination: clevertap, enabled: true,
          settings: { region: eu1, account_id: ABC-123, passcode: "\${PASSCODE}", sandbox_account_id: TEST-123, sandbox_passcode: canary-sandbox-passcode, sales_reporting: after_commission, currency: purchased, profile: false, charged: false, refunds: zero,
                      wait_for_attribute: { $clevertapId: 0 }, event_time: happened, when_unknown: retry, all_events: false } }
`

export const ENV: Readonly<Record<string, string>> = { PASSCODE: 'canary-passcode', NUMBER: '123456789', TRUE: 'true' }
/** No text that people see may hold one of them. */
export const CANARIES = ['canary', 'sk_acme_1', PRIVATE_KEY.split('\n')[1] ?? '']

export const SOURCES: FileSources = {
  name: 'tributary.yaml',
  env: (name) => ENV[name],
  file: (path) => (path === 'AuthKey.p8' ? PRIVATE_KEY : null),
}

export function documentOf(text: string): ConfigDocument {
  const read = readDocument(text, SOURCES)
  if (read.kind === 'problems')
    throw new Error(read.problems.map((problem) => problemText('tributary.yaml', problem)).join('\n'))
  return read.document
}

export function problemsOf(text: string): readonly Problem[] {
  const read = readDocument(text, SOURCES)
  if (read.kind === 'problems') return read.problems
  const checked = checkDocument(read.document, CATALOGUE, NOW)
  return checked.kind === 'problems' ? checked.problems : []
}

export function sentencesOf(text: string): readonly string[] {
  return problemsOf(text).map((problem) => problemText('tributary.yaml', problem))
}

export function declarationOf(text: string): Declaration {
  const checked = checkDocument(documentOf(text), CATALOGUE, NOW)
  if (checked.kind === 'problems') throw new Error(sentencesOf(text).join('\n'))
  return checked.declaration
}

/** FULL with one text in place of another that must be there. */
export function changed(...replacements: readonly (readonly [from: string, to: string])[]): string {
  return replacements.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`The sample does not hold ${from}`)
    return text.replace(from, to)
  }, FULL)
}

export interface MemoryStorage extends SettingsStorage {
  rows: readonly SettingsRow[]
  keys: readonly SecretKeyRow[]
  writes: number
}

export function memoryStorage(): MemoryStorage {
  const meta = new Map<string, string>()
  const same = (
    a: Pick<SettingsRow, 'kind' | 'projectId' | 'id'>,
    b: Pick<SettingsRow, 'kind' | 'projectId' | 'id'>,
  ): boolean => a.kind === b.kind && a.projectId === b.projectId && a.id === b.id
  const storage: MemoryStorage = {
    rows: [],
    keys: [],
    writes: 0,
    loadSettings: async () => ({ rows: storage.rows, keys: storage.keys }),
    saveSettings: async ({ put, remove, putKeys, removeKeys }) => {
      storage.writes += 1
      storage.rows = [...storage.rows.filter((row) => ![...put, ...remove].some((other) => same(row, other))), ...put]
      const gone = new Set([...removeKeys, ...putKeys.map(({ hash }) => hash)])
      storage.keys = [...storage.keys.filter(({ hash }) => !gone.has(hash)), ...putKeys]
    },
    getMeta: async (name) => meta.get(name) ?? null,
    setMeta: async (name, value) => void meta.set(name, value),
  }
  return storage
}

export const KEY = generateKey()
const RING = keyRing([KEY])
export const PLAIN: ApplyOptions = { prune: false, adopt: false, dryRun: false }

export interface Bench {
  readonly storage: MemoryStorage
  readonly service: SettingsService
  apply(text: string, options?: Partial<ApplyOptions>): Promise<ApplyResult>
  at(now: number): void
}

export async function bench(storage = memoryStorage()): Promise<Bench> {
  let clock = NOW
  const service = await createSettingsService({ storage, ring: RING, catalogue: CATALOGUE, now: () => clock })
  return {
    storage,
    service,
    apply: (text, options = {}) => service.apply(documentOf(text), { ...PLAIN, ...options }),
    at: (now) => {
      clock = now
    },
  }
}
