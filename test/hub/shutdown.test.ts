import { describe, expect, it } from 'vitest'
import { randomOf } from '../seed.ts'
import { collectRun } from './evidence.ts'
import { startWorld, until } from './harness.ts'
import { problemsOf } from './journal.ts'
import { crowd } from './lives.ts'
import { ended, freePort, spawnHub, startProcess } from './process.ts'
import { drained, startProducer } from './producer.ts'
import { told } from './reference.ts'

const STOPS = 4
const NOTIFICATIONS = 600

describe('an orderly end', () => {
  it(`under load settles what is in flight: ${STOPS} times SIGTERM, nothing lost, nothing doubled`, async () => {
    const random = randomOf('stops')
    const world = await startWorld({ latencyMs: 40 })
    const notifications = crowd(world, { count: NOTIFICATIONS, until: Date.now() }, random)
    const port = await freePort()
    let hub = await startProcess(world, port)
    const producer = startProducer([hub.address], notifications)
    const stopMs: number[] = []
    for (let stop = 0; stop < STOPS; stop += 1) {
      const at = Math.floor(((stop + 0.2 + 0.8 * random()) / STOPS) * NOTIFICATIONS)
      await until(`${at} notifications are accepted`, () => producer.accepted.size >= at, 60_000)
      await until('something is in flight', () => world.segment.inFlight + world.clevertap.inFlight > 0)
      const from = performance.now()
      expect(await hub.stop()).toBe(0)
      stopMs.push(performance.now() - from)
      expect(world.segment.inFlight + world.clevertap.inFlight).toBe(0)
      expect(hub.errors()).toBe('')
      hub = await startProcess(world, port)
    }
    await producer.done
    await until('everything is delivered', () => drained(hub.address), 60_000)
    expect(await hub.stop()).toBe(0)
    const run = await collectRun(world, {
      accepted: [...producer.accepted],
      expected: told(notifications),
      mayDouble: () => new Map(),
    })
    console.log(`stopped within ${stopMs.map((ms) => Math.round(ms)).join(', ')} ms`)
    expect(problemsOf(run).slice(0, 20)).toEqual([])
    expect(run.events.length).toBeGreaterThan(NOTIFICATIONS / 2)
  }, 120_000)

  it('leaves a second hub on the same folder with one sentence and a non-zero exit', async () => {
    const world = await startWorld()
    const port = await freePort()
    const hub = await startProcess(world, port)
    const { code, said } = await ended(spawnHub(world))
    expect(code).toBe(1)
    expect(said.trim().split('\n')).toHaveLength(1)
    expect(said).toMatch(/Another Tributary is running on the data folder .*: stop it, or choose another folder/)
    // The first one has not noticed.
    expect((await fetch(`${hub.address}/readyz`)).status).toBe(200)
    expect(await hub.stop()).toBe(0)
  })

  it('leaves a hub whose port is taken with one sentence, and nothing behind', async () => {
    const world = await startWorld()
    const { port } = new URL(world.segment.url)
    const { code, said } = await ended(spawnHub(world, { TRIBUTARY_PORT: port }))
    expect(code).toBe(1)
    expect(said.trim().split('\n')).toHaveLength(1)
    expect(said).toMatch(new RegExp(`Port ${port} on 127.0.0.1 is in use`))
    const hub = await startProcess(world, await freePort())
    expect(await hub.stop()).toBe(0)
  })
})
