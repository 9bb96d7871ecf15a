import { cpSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { mintChain } from '../src/stand-ins/app-store/certificates.ts'
import { fillDatabase } from './fill.ts'
import { benchFolder, startBenchHub } from './hub.ts'
import { startReceivers } from './receivers.ts'
import { judged, median, type Scenario } from './scenario.ts'
import { appStoreApp } from './shop.ts'

const EVENTS = 100_000
const ROUNDS = 5

/** `serve` to ready on a database that is there already. */
export const start: Scenario = {
  name: 'start',
  about: `serve to ready on an embedded database with ${EVENTS} events`,
  run: async () => {
    const template = benchFolder('start')
    const receivers = await startReceivers()
    const app = appStoreApp(mintChain().rootPem)
    try {
      await fillDatabase(template.path, EVENTS, false)
      const times: number[] = []
      // The first one fills the disk's cache and is not counted.
      for (let round = 0; round <= ROUNDS; round += 1) {
        const folder = benchFolder('start-round')
        cpSync(join(template.path, 'data'), join(folder.path, 'data'), { recursive: true })
        const hub = await startBenchHub({ folder: folder.path, receivers, app })
        if (round > 0) times.push(hub.readyMs)
        await hub.stop()
        folder.remove()
      }
      const notes = [
        `${times.map((one) => Math.round(one)).join(', ')} ms, from source (the published package needs no type stripping); load ${(loadavg()[0] ?? 0).toFixed(1)}`,
      ]
      const figures = { scenario: 'start', unit: 'ms to ready', peer: null, peer_name: null } as const
      return {
        kind: 'measured',
        results: [judged({ ...figures, ours: median(times), bar: 1_000, bar_is: 'at most', notes })],
      }
    } finally {
      await receivers.stop()
      template.remove()
    }
  },
}
