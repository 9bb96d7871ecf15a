import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { randomOf } from '../seed.ts'
import { collectRun, DESTINATIONS, deliveriesOf, keptNotifications, reading, receiptsOf } from './evidence.ts'
import { startWorld, until } from './harness.ts'
import { problemsOf, type Receipt } from './journal.ts'
import { crowd } from './lives.ts'
import { freePort, startProcess } from './process.ts'
import { drained, startProducer } from './producer.ts'
import { told } from './reference.ts'

const FULL = process.env.TRIBUTARY_TEST_FULL === '1'
const KILLS = FULL ? 50 : 10
const NOTIFICATIONS = 2_000

/** What arrived at one destination while its outcome was not on disk at a kill: it may come once more for each. */
function startUncertainty(receipts: () => readonly Receipt[]) {
  const mayDouble = new Map<string, number>()
  let seen = 0
  return {
    mayDouble,
    killed: (waiting: ReadonlySet<string>): void => {
      const all = receipts()
      const arrived = new Set(all.slice(seen).map(({ id }) => id))
      seen = all.length
      for (const id of arrived) if (waiting.has(id)) mayDouble.set(id, (mayDouble.get(id) ?? 0) + 1)
    },
  }
}

describe('kill -9 while it works', () => {
  it(`loses nothing, doubles only what was in flight and keeps the order over ${KILLS} kills`, {
    timeout: FULL ? 600_000 : 180_000,
  }, async () => {
    const random = randomOf('kills')
    const world = await startWorld({ latencyMs: 15 })
    const notifications = crowd(world, { count: NOTIFICATIONS, until: Date.now() }, random)
    expect(notifications).toHaveLength(NOTIFICATIONS)
    expect(notifications.some((one) => JSON.stringify(one.decoded).includes('Sandbox'))).toBe(true)
    const port = await freePort()
    const readyMs: number[] = []
    let hub = await startProcess(world, port)
    readyMs.push(hub.readyMs)
    const producer = startProducer([hub.address], notifications)
    const uncertain = new Map(DESTINATIONS.map((name) => [name, startUncertainty(() => receiptsOf(world, name))]))

    for (let kill = 0; kill < KILLS; kill += 1) {
      // Somewhere in this kill's share of the notifications, and some milliseconds on: in the middle of whatever it does.
      const at = Math.floor(((kill + random()) / KILLS) * NOTIFICATIONS)
      await until(`${at} notifications are accepted`, () => producer.accepted.size >= at, 60_000)
      await pause(random() * 60)
      await hub.kill()
      const answered = [...producer.accepted]
      await reading(world, async (storage) => {
        const kept = await keptNotifications(storage)
        expect(answered.filter((uuid) => !kept.has(uuid))).toEqual([])
        for (const [name, { killed }] of uncertain) {
          const open = [
            ...(await deliveriesOf(storage, name, 'waiting')),
            ...(await deliveriesOf(storage, name, 'sending')),
          ]
          killed(new Set(open.map(({ eventId }) => eventId)))
        }
      })
      hub = await startProcess(world, port)
      readyMs.push(hub.readyMs)
    }
    await producer.done
    await until('everything is delivered', () => drained(hub.address), 60_000)
    const errors = hub.errors()
    expect(await hub.stop()).toBe(0)

    const expected = told(notifications)
    const run = await collectRun(world, {
      accepted: [...producer.accepted],
      expected,
      mayDouble: (name) => uncertain.get(name)?.mayDouble ?? new Map(),
    })
    const doubled = run.destinations.map(
      ({ name, receipts }) => `${name} ${receipts.length - new Set(receipts.map(({ id }) => id)).size}`,
    )
    const uncertainties = [...uncertain].map(
      ([name, { mayDouble }]) => `${name} ${[...mayDouble.values()].reduce((sum, one) => sum + one, 0)}`,
    )
    console.log(
      `${KILLS} kills: ${expected.length} events, doubled ${doubled.join(', ')} of at most ${uncertainties.join(', ')}; ` +
        `${producer.journal.length - NOTIFICATIONS} attempts of the store without a 200; ` +
        `ready after ${readyMs.map((ms) => Math.round(ms)).join(', ')} ms`,
    )
    expect(problemsOf(run).slice(0, 20)).toEqual([])
    expect(run.accepted).toHaveLength(NOTIFICATIONS)
    expect(expected.length).toBeGreaterThan(NOTIFICATIONS / 2)
    expect(run.ledger.size).toBeGreaterThanOrEqual(3)
    expect(errors).toBe('')
    // A bound that a busy machine keeps, and of the middle one; the figures themselves are printed above.
    expect(readyMs.toSorted((a, b) => a - b)[Math.floor(readyMs.length / 2)]).toBeLessThan(10_000)
  })
})
