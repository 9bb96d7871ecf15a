import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Integration } from '../../src/domain/project.ts'
import { type Disk, openDisk } from './ground.ts'
import { clevertapIntegration, openWorld, segmentIntegration, type World } from './harness.ts'

let disk: Disk
let world: World
beforeAll(async () => {
  disk = await openDisk()
})
afterAll(() => disk.remove())
afterEach(() => world.close())

async function open(destination: 'segment' | 'clevertap', settings: Integration['settings'] = {}): Promise<void> {
  world = await openWorld({
    disk,
    latencyMs: 100,
    integrations: (project) => [
      destination === 'segment'
        ? segmentIntegration(project, { settings })
        : clevertapIntegration(project, { settings }),
    ],
  })
}

/** Opens the channel to its full width. */
async function warmUp(): Promise<void> {
  for (let n = 0; n < 5; n += 1) {
    await world.emit([{ customer: 'warm' }])
    await world.run()
  }
}

/** The next requests wait for each other until there are `width` of them, and for the rounds that would claim more. */
async function allAtOnce(width: number): Promise<void> {
  let held = 0
  let release: () => void = () => undefined
  const all = new Promise<void>((resolve) => {
    release = resolve
  })
  world.meddling.send = async (request, send) => {
    held += 1
    await all
    return send(request)
  }
  const { dispatch } = world.delivery
  while (held < width) {
    await dispatch.round()
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (let n = 0; n < 3; n += 1) await dispatch.round()
  expect(held).toBe(width)
  expect(dispatch.inFlight).toBe(width)
  delete world.meddling.send
  release()
}

const many = (count: number) => Array.from({ length: count }, (_, n) => ({ customer: `user-${n}` }))

describe('requests in flight of a channel', () => {
  it.each([
    ['clevertap', 1],
    ['clevertap', 4],
    ['clevertap', 10],
    ['segment', 4],
  ] as const)('%s: never more than %d, and that many when there is work', async (destination, width) => {
    await open(destination, { max_in_flight: width })
    await warmUp()
    await world.emit(many(width * 150))
    await allAtOnce(width)
    await world.run()
    expect(world[destination].mostInFlight).toBeLessThanOrEqual(width)
    expect(await world.deliveries(destination, 'waiting')).toHaveLength(0)
    expect(world[destination].duplicates()).toHaveLength(0)
  })

  it('two processes together keep the limit', async () => {
    await open('clevertap', { max_in_flight: 3 })
    await warmUp()
    const first = world.delivery
    await world.restart({ freeDead: false })
    const second = world.delivery
    await world.emit(many(1_000))
    const until = async (): Promise<void> => {
      while ((await world.deliveries('clevertap', 'waiting')).length > 0) {
        await Promise.all([first.dispatch.round(), second.dispatch.round()])
      }
    }
    await until()
    await Promise.all([first.dispatch.drain(), second.dispatch.drain()])
    expect(world.clevertap.mostInFlight).toBe(3)
    expect(new Set(world.sendings.map(({ owner }) => owner)).size).toBe(2)
    expect(world.clevertap.duplicates()).toHaveLength(0)
  })

  it('a channel whose slots are all taken is not asked for again until one is free', async () => {
    await open('clevertap', { max_in_flight: 1 })
    await world.emit(many(300))
    let rounds = 0
    const { dispatch } = world.delivery
    const claims: number[] = []
    world.meddling.afterClaim = () => {
      claims.push(rounds)
    }
    expect(await dispatch.round()).toBe(0)
    rounds = 1
    const wait = await dispatch.round()
    expect(wait).toBeGreaterThanOrEqual(1_000)
    expect(dispatch.inFlight).toBe(1)
    await world.quiesce()
    expect(claims).toHaveLength(3)
  })

  it('at most 100 deliveries and the destination’s bytes go into a request', async () => {
    await open('segment')
    const attributes = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`key${n}`, 'x'.repeat(500)]))
    await world.emit(many(250).map((spec) => ({ ...spec, attributes })))
    await world.run()
    expect(world.sendings.length).toBeGreaterThan(9)
    for (const { request } of world.sendings) expect(String(request.body).length).toBeLessThan(500_000)
    expect(await world.deliveries('segment', 'delivered')).toHaveLength(250)
    expect(world.segment.dropped()).toHaveLength(0)
  })
})
