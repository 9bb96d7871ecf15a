import { loadavg } from 'node:os'
import { quantile } from './accept.ts'
import { benchFolder, startBenchHub } from './hub.ts'
import type { AppStoreFired } from './load/app-store.ts'
import { type Program, startProgram } from './process.ts'
import { type Receivers, startReceivers } from './receivers.ts'
import { startRelay } from './relay/relay.ts'
import { judged, type Outcome, type Scenario } from './scenario.ts'
import { startRedis } from './services.ts'

const PER_SECOND = 1_000
const SECONDS = 30
const WARM_UP = 2_500
const ANSWER_MS = 50
/** The relay falls behind at once, so a part of the time tells as much. */
const PEER_SECONDS = 5
const BAR_MS = 75 + ANSWER_MS

/** From when a notification is due to when Segment has answered for its event, every event from a customer of its own. */
export const latency: Scenario = {
  name: 'latency',
  about: `in to out at ${PER_SECOND} a second for ${SECONDS} s, destinations answering in ${ANSWER_MS} ms`,
  run: async () => {
    const redis = await startRedis()
    if (redis === null)
      return { kind: 'not run', why: 'redis-server is missing (Debian: apt-get install redis-server).' }
    const apple = startProgram('load/app-store.ts')
    try {
      const { root } = await apple.next<{ readonly root: string }>()
      const ours = await hubTimes(apple, root)
      const peer = await relayTimes(apple, root, redis.address)
      return outcomeOf(ours, peer)
    } finally {
      await apple.stop()
      await redis.stop()
    }
  },
}

async function hubTimes(apple: Program, rootPem: string): Promise<Float64Array> {
  const folder = benchFolder('latency')
  const receivers = await startReceivers({ latencyMs: ANSWER_MS, keep: 'entries' })
  const hub = await startBenchHub({ folder: folder.path, receivers, rootPem })
  try {
    await times(apple, receivers, hub.notificationUrl, 'warmup', WARM_UP)
    return await times(apple, receivers, hub.notificationUrl, 'hub', PER_SECOND * SECONDS)
  } finally {
    await hub.stop()
    await receivers.stop()
    folder.remove()
  }
}

async function relayTimes(apple: Program, rootPem: string, address: string): Promise<Float64Array> {
  const receivers = await startReceivers({ latencyMs: ANSWER_MS, keep: 'entries' })
  const relay = await startRelay({ queue: 'redis', address, receivers, rootPem })
  try {
    await times(apple, receivers, relay.notificationUrl, 'warmup', 500)
    return await times(apple, receivers, relay.notificationUrl, 'relay', PER_SECOND * PEER_SECONDS)
  } finally {
    await relay.stop()
    await receivers.stop()
  }
}

/** In to out of each event (milliseconds), ascending. */
async function times(
  apple: Program,
  receivers: Receivers,
  url: string,
  seed: string,
  count: number,
): Promise<Float64Array> {
  const before = await receivers.counts()
  apple.say({ make: { seed, customers: count, turns: 1 } })
  await apple.next()
  apple.say({ fire: { url, from: 0, count, connections: 0, perSecond: PER_SECOND } })
  const { fired, dueAt } = await apple.next<AppStoreFired>()
  if (fired.statuses[200] !== count) throw new Error(`${url} answered ${JSON.stringify(fired.statuses)} to ${count}`)
  await receivers.until({ segment: before.segment + count, clevertap: before.clevertap + count })
  const arrived = await receivers.arrivals()
  const taken = [...dueAt].map(([customer, due]) => (arrived.get(customer) ?? Number.NaN) - due + ANSWER_MS)
  if (taken.some(Number.isNaN)) throw new Error('An event that was counted is not in the ledger')
  return Float64Array.from(taken).sort()
}

function outcomeOf(ours: Float64Array, peer: Float64Array): Outcome {
  const note = (name: string, sorted: Float64Array): string =>
    `${name}: p50 ${Math.round(quantile(sorted, 0.5))} ms, p99 ${Math.round(quantile(sorted, 0.99))} ms, most ${Math.round(sorted.at(-1) ?? 0)} ms of ${sorted.length}`
  const notes = [
    note('tributary', ours),
    note(`the relay (${PEER_SECONDS} s of it)`, peer),
    `load at the end: ${(loadavg()[0] ?? 0).toFixed(1)}`,
  ]
  const p99 = quantile(ours, 0.99)
  const unit = 'ms (p99)'
  return {
    kind: 'measured',
    results: [
      judged({
        scenario: 'latency',
        unit,
        ours: p99,
        peer: null,
        peer_name: null,
        bar: BAR_MS,
        bar_is: 'at most',
        notes,
      }),
      judged({
        scenario: 'latency-relay',
        unit,
        ours: p99,
        peer: quantile(peer, 0.99),
        peer_name: 'the relay with BullMQ',
        bar: 1 / 3,
        bar_is: 'at most',
        notes,
      }),
    ],
  }
}
