import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, loadConfig } from '../../config.ts'
import { createLog } from '../../http/log.ts'
import { type Hub, type HubSeams, startHub } from '../../main.ts'
import { type ClevertapStandIn, startClevertapStandIn } from '../../stand-ins/clevertap.ts'
import { type SegmentStandIn, startSegmentStandIn } from '../../stand-ins/segment.ts'
import { DAY } from './scene.ts'
import { DEMO_SECRET_KEY } from './secret-key.ts'
import { type PlayedStores, startStores } from './stores.ts'

const WRITE_KEY = 'demo-write-key-production'
const SANDBOX_WRITE_KEY = 'demo-write-key-sandbox'

/** What the two destinations received. */
export interface Ledgers {
  readonly segment: SegmentStandIn
  readonly clevertap: ClevertapStandIn
}

/** Everything that the demo needs, in this process, on loopback and in a temporary folder. */
export interface World extends Ledgers {
  readonly hub: Hub
  readonly config: Config
  readonly stores: PlayedStores
  close(): Promise<void>
}

/** `port` 0: any free port. `seams`: what a test puts beside the demo's own. */
export async function startWorld(port: number, seams: Pick<HubSeams, 'destinations'> = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-demo-'))
  const stores = await startStores(folder)
  const segment = await startSegmentStandIn({ writeKeys: [{ key: WRITE_KEY }, { key: SANDBOX_WRITE_KEY }] })
  const clevertap = await startClevertapStandIn({
    accounts: [
      { id: 'DEMO-PROD', passcode: 'demo-passcode-production' },
      { id: 'DEMO-TEST', passcode: 'demo-passcode-sandbox', test: true },
    ],
  })
  const closePlayed = async (): Promise<void> => {
    await Promise.all([stores.close(), segment.close(), clevertap.close()])
    rmSync(folder, { recursive: true, force: true })
  }
  const configFile = join(folder, 'tributary.yaml')
  // JSON is YAML.
  writeFileSync(configFile, JSON.stringify(demoConfig(stores.apps, Date.now())))
  const config = loadConfig({
    TRIBUTARY_DATA_DIR: join(folder, 'data'),
    TRIBUTARY_PORT: String(port),
    TRIBUTARY_METRICS_PORT: '0',
    TRIBUTARY_CONFIG: configFile,
    TRIBUTARY_LOG_LEVEL: 'error',
    ...stores.env,
    TRIBUTARY_SEGMENT_URL: segment.url,
    TRIBUTARY_SEGMENT_CDN_URL: segment.url,
    TRIBUTARY_CLEVERTAP_URL: clevertap.url,
  })
  const log = createLog({ level: config.logLevel })
  const hub = await startHub({ ...seams, config, log }).catch(async (error: unknown) => {
    await closePlayed()
    throw error
  })
  // Whoever looks around in the demo shall be able to change what there is.
  await hub.settings.changes.handOver('acme')
  return {
    hub,
    config,
    stores,
    segment,
    clevertap,
    close: async () => {
      await hub.close()
      await closePlayed()
    },
  }
}

/** The story lies in the months before now, so both the apps and the integrations begin before it. */
function demoConfig(apps: readonly object[], now: number): object {
  const from = new Date(now - 400 * DAY).toISOString()
  const premium = ['com.acme.monthly', 'com.acme.yearly', 'gold:monthly', 'gold:yearly', 'com.acme.premium.term']
  return {
    version: 1,
    projects: [
      {
        id: 'acme',
        name: 'Acme',
        entitlements: { premium: [...premium, 'prod_premium'] },
        secret_keys: [{ name: 'demo', key: DEMO_SECRET_KEY }],
        apps: apps.map((app) => ({ ...app, events_from: from })),
        integrations: [
          {
            id: 'segment',
            destination: 'segment',
            live_from: from,
            settings: { write_key: WRITE_KEY, sandbox_write_key: SANDBOX_WRITE_KEY },
          },
          {
            id: 'clevertap',
            destination: 'clevertap',
            live_from: from,
            settings: {
              account_id: 'DEMO-PROD',
              passcode: 'demo-passcode-production',
              sandbox_account_id: 'DEMO-TEST',
              sandbox_passcode: 'demo-passcode-sandbox',
            },
          },
        ],
      },
    ],
  }
}
