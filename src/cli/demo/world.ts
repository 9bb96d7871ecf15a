import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../config.ts'
import { createLog } from '../../http/log.ts'
import { type Hub, startHub } from '../../main.ts'
import { mintApiKey } from '../../stand-ins/app-store/api-key.ts'
import { startAppStoreStandIn } from '../../stand-ins/app-store/server.ts'
import { createSigner } from '../../stand-ins/app-store/sign.ts'
import { createSimulatedAppStore, type SimulatedAppStore } from '../../stand-ins/app-store/subscription.ts'
import { startClevertapStandIn } from '../../stand-ins/clevertap.ts'
import { startSegmentStandIn } from '../../stand-ins/segment.ts'

const BUNDLE_ID = 'com.acme.app'
const APP_APPLE_ID = 123_456_789
const WRITE_KEY = 'demo-write-key-production'
const SANDBOX_WRITE_KEY = 'demo-write-key-sandbox'
const DAY_MS = 86_400_000
export const DEMO_SECRET_KEY = 'sk_demo_5f3e8a1c9b7d2046e1f0a9c8b7d6e5f4'

/** Everything that the demo needs, in this process, on loopback and in a temporary folder. */
export interface World {
  readonly hub: Hub
  readonly production: SimulatedAppStore
  readonly sandbox: SimulatedAppStore
  readonly segment: Awaited<ReturnType<typeof startSegmentStandIn>>
  readonly clevertap: Awaited<ReturnType<typeof startClevertapStandIn>>
  /** Where Apple would send its notifications. */
  readonly notificationUrl: string
  close(): Promise<void>
}

/** `port` 0: any free port. */
export async function startWorld(port: number): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-demo-'))
  const signer = createSigner()
  const common = { bundleId: BUNDLE_ID, appAppleId: APP_APPLE_ID, signer }
  const production = createSimulatedAppStore({ ...common, environment: 'production' })
  const sandbox = createSimulatedAppStore({ ...common, environment: 'sandbox' })
  const key = mintApiKey()
  const apple = await startAppStoreStandIn({ stores: [production, sandbox], keys: [key] })
  const segment = await startSegmentStandIn({ writeKeys: [{ key: WRITE_KEY }, { key: SANDBOX_WRITE_KEY }] })
  const clevertap = await startClevertapStandIn({
    accounts: [
      { id: 'DEMO-PROD', passcode: 'demo-passcode-production' },
      { id: 'DEMO-TEST', passcode: 'demo-passcode-sandbox', test: true },
    ],
  })
  const configFile = join(folder, 'tributary.yaml')
  writeFileSync(join(folder, 'AuthKey.p8'), key.privateKey, { mode: 0o600 })
  writeFileSync(configFile, demoConfig(key, Date.now()))
  const config = loadConfig({
    TRIBUTARY_DATA_DIR: join(folder, 'data'),
    TRIBUTARY_PORT: String(port),
    TRIBUTARY_METRICS_PORT: '0',
    TRIBUTARY_CONFIG: configFile,
    TRIBUTARY_LOG_LEVEL: 'error',
    TRIBUTARY_APPLE_ROOT_CERTS: signer.chain.rootPem,
    TRIBUTARY_APPLE_API_URL: apple.url,
    TRIBUTARY_SEGMENT_URL: segment.url,
    TRIBUTARY_SEGMENT_CDN_URL: segment.url,
    TRIBUTARY_CLEVERTAP_URL: clevertap.url,
  })
  const hub = await startHub({ config, log: createLog({ level: config.logLevel }) })
  return {
    hub,
    production,
    sandbox,
    segment,
    clevertap,
    notificationUrl: `${hub.address}/notifications/app-store/acme/ios`,
    close: async () => {
      await hub.close()
      await Promise.all([apple.close(), segment.close(), clevertap.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The story lies in the months before now, so both the app and the integrations begin before it. */
function demoConfig(key: { readonly issuerId: string; readonly keyId: string }, now: number): string {
  const from = new Date(now - 400 * DAY_MS).toISOString()
  return `version: 1
projects:
  - id: acme
    name: Acme
    entitlements: { premium: [com.acme.monthly, com.acme.yearly] }
    secret_keys: [{ name: demo, key: ${DEMO_SECRET_KEY} }]
    apps:
      - { id: ios, store: app_store, bundle_id: ${BUNDLE_ID}, app_apple_id: ${APP_APPLE_ID}, environments: [production, sandbox], events_from: ${from},
          api_key: { issuer_id: ${key.issuerId}, key_id: ${key.keyId}, private_key: { file: AuthKey.p8 } } }
    integrations:
      - { id: segment, destination: segment, live_from: ${from},
          settings: { write_key: ${WRITE_KEY}, sandbox_write_key: ${SANDBOX_WRITE_KEY} } }
      - { id: clevertap, destination: clevertap, live_from: ${from},
          settings: { account_id: DEMO-PROD, passcode: demo-passcode-production, sandbox_account_id: DEMO-TEST, sandbox_passcode: demo-passcode-sandbox } }
`
}
