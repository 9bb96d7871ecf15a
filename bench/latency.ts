import { loadavg } from 'node:os'
import { quantile } from './accept.ts'
import { benchFolder, startBenchHub } from './hub.ts'
import type { FireAnswer } from './load/sender.ts'
import type { Program } from './process.ts'
import { type Receivers, startReceivers } from './receivers.ts'
import { startRelay } from './relay/relay.ts'
import { judged, type Outcome, type Scenario } from './scenario.ts'
import { startRedis } from './services.ts'
import { openAppStore, type Shop } from './shop.ts'

const PER_SECOND = 1_000
const SECONDS = 30
const WARM_UP = 2_500
const ANSWER_MS = 50
/** The relay falls behind at once, so a part of the time tells as much; what it does not take is not counted against it. */
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
    const shop = await openAppStore()
    try {
      const ours = await hubTimes(shop)
      const peer = await relayTimes(shop, redis.address)
      return outcomeOf(ours, peer)
    } finally {
      await shop.sender.stop()
      await redis.stop()
    }
  },
}

async function hubTimes({ sender: apple, app }: Shop): Promise<Times> {
  const folder = benchFolder('latency')
  const receivers = await startReceivers({ latencyMs: ANSWER_MS, keep: 'entries' })
  const hub = await startBenchHub({ folder: folder.path, receivers, app })
  try {
    await times(apple, receivers, hub.notificationUrl, 'warmup', WARM_UP)
    return await times(apple, receivers, hub.notificationUrl, 'hub', PER_SECOND * SECONDS)
  } finally {
    await hub.stop()
    await receivers.stop()
    folder.remove()
  }
}

async function relayTimes(shop: Shop, address: string): Promise<Times> {
  const receivers = await startReceivers({ latencyMs: ANSWER_MS, keep: 'entries' })
  const relay = await startRelay({ queue: 'redis', address, receivers, shop })
  try {
    await times(shop.sender, receivers, relay.notificationUrl, 'warmup', 500)
    return await times(shop.sender, receivers, relay.notificationUrl, 'relay', PER_SECOND * PEER_SECONDS)
  } finally {
    await relay.stop()
    await receivers.stop()
  }
}

interface Times {
  /** In to out of each event that came out (milliseconds), ascending. */
  readonly sorted: Float64Array
  /** Notifications that got no 2xx. */
  readonly lost: number
}

async function times(apple: Program, receivers: Receivers, url: string, seed: string, count: number): Promise<Times> {
  const before = await receivers.counts()
  apple.say({ make: { seed, customers: count, turns: 1 } })
  await apple.next()
  apple.say({ fire: { url, from: 0, count, connections: 0, perSecond: PER_SECOND } })
  const { fired, dueAt } = await apple.next<FireAnswer>()
  const taken = fired.statuses[200] ?? 0
  await receivers.until({ segment: before.segment + taken, clevertap: before.clevertap + taken })
  const arrived = await receivers.arrivals()
  const sorted = [...dueAt].flatMap(([customer, due]) => {
    const at = arrived.get(customer)
    return at === undefined ? [] : [at - due + ANSWER_MS]
  })
  return { sorted: Float64Array.from(sorted).sort(), lost: count - taken }
}

function outcomeOf(ours: Times, peer: Times): Outcome {
  const note = (name: string, { sorted, lost }: Times): string =>
    `${name}: p50 ${Math.round(quantile(sorted, 0.5))} ms, p99 ${Math.round(quantile(sorted, 0.99))} ms, most ${Math.round(sorted.at(-1) ?? 0)} ms of ${sorted.length}${lost > 0 ? `, and ${lost} without a 2xx` : ''}`
  const notes = [
    note('tributary', ours),
    note(`the relay (${PEER_SECONDS} s of it)`, peer),
    `load at the end: ${(loadavg()[0] ?? 0).toFixed(1)}`,
  ]
  const p99 = quantile(ours.sorted, 0.99)
  const unit = 'ms (p99)'
  const results = [
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
      peer: quantile(peer.sorted, 0.99),
      peer_name: 'the relay with BullMQ',
      bar: 1 / 3,
      bar_is: 'at most',
      notes,
    }),
  ]
  // Who does not take all that comes has no latency to show.
  return { kind: 'measured', results: results.map((result) => ({ ...result, ok: result.ok && ours.lost === 0 })) }
}
