import { describe, expect, it } from 'vitest'
import type { SimulatedNotification } from '../../src/stand-ins/app-store/notification.ts'
import { DAY, postAll, startWorld, until, type World } from './harness.ts'
import { freePort, startProcess } from './process.ts'
import { drained } from './producer.ts'

const FULL = process.env.TRIBUTARY_TEST_FULL === '1'
const ROUNDS = FULL ? 10 : 5
const CHAINS_OF_A_ROUND = 200
const MESSAGES_OF_A_CHAIN = 10

/** 200 subscriptions with ten messages each: 2,000 notifications. Simulated anew each time, so that this process stays small. */
function round(world: World): readonly SimulatedNotification[] {
  return Array.from({ length: CHAINS_OF_A_ROUND }, () => {
    const s = world.production.subscribe({
      product: 'com.acme.weekly',
      price: 2.99,
      period: 'P1W',
      at: Date.now() - 100 * DAY,
    })
    const told = [s.opening]
    while (told.length < MESSAGES_OF_A_CHAIN) told.push(s.renew())
    return told
  }).flat()
}

async function megabytes(metricsUrl: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text()
  const bytes = /^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]
  if (bytes === undefined) throw new Error('The hub does not say how much memory it takes.')
  return Number(bytes) / 1_048_576
}

describe('memory', () => {
  it(`does not grow with what went through: ${ROUNDS * 2_000} notifications, all delivered`, async () => {
    const world = await startWorld({ countOnly: true, segment: { identify: 'never' } })
    const metricsPort = await freePort()
    const hub = await startProcess(world, await freePort(), { TRIBUTARY_METRICS_PORT: String(metricsPort) })
    const rss: number[] = []
    let sent = 0
    for (let at = 0; at < ROUNDS; at += 1) {
      const notifications = round(world)
      const answers = await postAll(hub.address, notifications, 16)
      expect(answers.every(({ status }) => status === 200)).toBe(true)
      sent += answers.length
      await until('everything is delivered', () => drained(hub.address), 60_000)
      rss.push(await megabytes(`http://127.0.0.1:${metricsPort}/metrics`))
    }
    expect(sent).toBe(ROUNDS * 2_000)
    expect(world.segment.counts()).toMatchObject({ accepted: sent, duplicates: 0, dropped: 0 })
    expect(world.clevertap.counts()).toMatchObject({ unique: sent, duplicates: 0, refused: 0 })
    console.log(`RSS after each 2,000 notifications: ${rss.map((mb) => Math.round(mb)).join(', ')} MB`)
    // After the first rounds everything that fills once is full: 2,000 notifications are 24 MB, a leak of them would show.
    const settled = Math.max(...rss.slice(0, 2))
    expect(Math.max(...rss)).toBeLessThan(settled + 150)
    expect(Math.max(...rss)).toBeLessThan(700)
    expect(await hub.stop()).toBe(0)
  }, 240_000)
})
