import { loadavg } from 'node:os'
import { benchFolder, freePort, startBenchHub } from './hub.ts'
import type { FireAnswer } from './load/sender.ts'
import { type Program, startProgram } from './process.ts'
import { startReceivers } from './receivers.ts'
import { judged, median, type Scenario } from './scenario.ts'
import { openAppStore } from './shop.ts'

const PER_SECOND = 500
const SECONDS = 6
const WARM_UP_SECONDS = 3
const ROUNDS = 5

/**
 * How long a store waits for its 2xx at a steady rate, fsync on. The hub verifies, and delivers to both destinations at
 * the same time; the peer stores bytes and does nothing else.
 */
export const accept: Scenario = {
  name: 'accept',
  about: `the 2xx to the store, fsync on, at ${PER_SECOND} notifications a second, whatever the answers do`,
  run: async () => {
    const { sender: apple, app } = await openAppStore()
    const receivers = await startReceivers()
    const folder = benchFolder('accept')
    const hub = await startBenchHub({ folder: folder.path, receivers, app })
    const port = await freePort()
    const bare = startProgram('bare.ts', { env: { BARE_PORT: String(port) } })
    try {
      await bare.next()
      const urls = { ours: hub.notificationUrl, peer: `http://127.0.0.1:${port}/notifications` }
      const taken: Record<keyof typeof urls, Lap[]> = { ours: [], peer: [] }
      for (const who of ['ours', 'peer'] as const) await lap(apple, urls[who], `w${who}`, WARM_UP_SECONDS)
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const who of ['ours', 'peer'] as const)
          taken[who].push(await lap(apple, urls[who], `${round}${who}`, SECONDS))
      }
      const p99 = (laps: readonly Lap[]): number => median(laps.map((one) => one.p99))
      const note = (name: string, laps: readonly Lap[]): string =>
        `${name}: p50 ${median(laps.map((one) => one.p50)).toFixed(2)} ms, p99 ${laps.map((one) => one.p99.toFixed(1)).join(', ')} ms in ${ROUNDS} rounds of ${PER_SECOND * SECONDS}`
      const notes = [
        note('tributary', taken.ours),
        note('bare fastify', taken.peer),
        `load at the end: ${(loadavg()[0] ?? 0).toFixed(1)}`,
      ]
      const [ours, peer] = [p99(taken.ours), p99(taken.peer)]
      const peer_name = 'bare fastify with one committed insert'
      return {
        kind: 'measured',
        results: [
          judged({ scenario: 'accept', unit: 'ms (p99)', ours, peer, peer_name, bar: 2, bar_is: 'at most', notes }),
        ],
      }
    } finally {
      await Promise.all([apple.stop(), bare.stop(), hub.stop()])
      await receivers.stop()
      folder.remove()
    }
  },
}

interface Lap {
  readonly p50: number
  readonly p99: number
}

async function lap(apple: Program, url: string, seed: string, seconds: number): Promise<Lap> {
  const count = PER_SECOND * seconds
  apple.say({ make: { seed, customers: Math.ceil(count / 4), turns: 4 } })
  await apple.next()
  apple.say({ fire: { url, from: 0, count, connections: 0, perSecond: PER_SECOND } })
  const { fired } = await apple.next<FireAnswer>()
  if (fired.statuses[200] !== count) throw new Error(`${url} answered ${JSON.stringify(fired.statuses)} to ${count}`)
  const sorted = fired.latencies.toSorted()
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
}

/** Of ascending values. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}
