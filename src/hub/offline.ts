import { pino } from 'pino'
import type { Config } from '../config.ts'
import { destinations } from '../destinations/registry.ts'
import type { HubDoors } from '../http/doors.ts'
import { createHubDoors } from '../http/hub-doors.ts'
import { createLiveHub } from '../http/live.ts'
import { createMetrics } from '../http/metrics.ts'
import { createHttpClient } from '../net/http.ts'
import { openKeys } from '../secrets/open-keys.ts'
import type { Catalogue } from '../settings/catalogue.ts'
import { createSettingsService } from '../settings/service.ts'
import { createErasures } from './erasures.ts'
import { buildMachine } from './machine.ts'
import { originOf } from './ports.ts'
import { createSimulator } from './simulator.ts'
import { openStorage } from './storage.ts'

/** The rooms of a hub for one command: nothing listens and no loop runs. */
export interface OfflineHub {
  readonly doors: HubDoors
  close(): Promise<void>
}

/** Opens the database that nobody holds; throws StorageLocked when a hub runs on it. */
export async function openOffline(config: Config, catalogue: Catalogue, version: string): Promise<OfflineHub> {
  const storage = await openStorage(config, { migrate: false })
  const http = createHttpClient()
  try {
    const now = Date.now
    const ring = await openKeys({ given: config.secretKeys(), dataDir: config.dataDir }, storage)
    const settings = await createSettingsService({ storage, ring, catalogue, now })
    const metrics = createMetrics({ reads: storage, now, version })
    const log = pino({ level: 'silent' })
    const parts = {
      config,
      log,
      now,
      random: Math.random,
      storage,
      ring,
      settings,
      metrics,
      destinations,
      live: createLiveHub(),
    }
    const machine = await buildMachine(parts, http)
    const simulator = createSimulator({ config, now, address: () => null })
    return {
      doors: createHubDoors({
        ...parts,
        ...machine,
        http,
        originOf: originOf(config),
        erase: createErasures(parts).erase,
        simulator,
      }),
      async close() {
        await Promise.all(machine.asking.map((one) => one.stop()))
        await http.close()
        await storage.close()
      },
    }
  } catch (error) {
    await http.close()
    await storage.close()
    throw error
  }
}
