import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Disk, MINUTE, openDisk, SECOND } from './ground.ts'
import { clevertapIntegration, type World } from './harness.ts'
import { BOTH, channelOf, customers, type Destination, openOne, refusal, sent, statusesOf } from './scene.ts'

let disk: Disk
let world: World
beforeAll(async () => {
  disk = await openDisk()
})
afterAll(() => disk.remove())
afterEach(() => world.close())

async function open(destination: Destination, settings: Record<string, string | boolean> = {}): Promise<World> {
  world = await openOne(disk, destination, settings)
  return world
}
const channel = (integration: string) => channelOf(world, integration)
const statuses = (integration: string) => statusesOf(world, integration)
const standIn = (destination: Destination) => world[destination]

/** Answers `status` to every request that holds one of these events; sends the others. */
function refuseThose(ids: ReadonlySet<string>, status: number): void {
  world.meddling.send = (request, send) => {
    const body = String(request.body)
    return [...ids].some((id) => body.includes(id)) ? Promise.resolve(refusal(status)) : send(request)
  }
}

describe('a request that is refused as a whole', () => {
  it.each(BOTH.flatMap((destination) => [400, 413, 422].map((status) => [destination, status] as const)))(
    '%s: %d halves until the culprit stands alone; it fails, the others go',
    async (destination, status) => {
      await open(destination)
      const events = await world.emit(customers(100))
      const culprit = events[Math.floor(world.random() * 100)]?.id ?? ''
      refuseThose(new Set([culprit]), status)
      await world.run()
      expect(await statuses(destination)).toEqual({ delivered: 99, failed: 1 })
      const { delivery } = await world.deliveryOf(culprit, destination)
      expect(delivery.reason).toContain(String(status))
      expect(delivery.advice).not.toBeNull()
      expect(world.sendings.length).toBeLessThanOrEqual(15)
      expect(standIn(destination).duplicates()).toHaveLength(0)
      expect(channel(destination).state).toBe('open')
    },
  )

  it('Segment: a split never parts identify from track', async () => {
    await open('segment')
    const events = await world.emit(customers(37))
    refuseThose(new Set([events[17]?.id ?? '']), 400)
    await world.run()
    expect(world.sendings.length).toBeGreaterThan(4)
    for (const { request } of world.sendings) {
      const types = sent(request).map(({ type }) => type)
      expect(types).toEqual(types.map((_, n) => (n % 2 === 0 ? 'identify' : 'track')))
    }
  })

  it.each(BOTH)('%s: culprits with successes between them do not pause the channel', async (destination) => {
    await open(destination)
    const events = await world.emit(customers(100))
    const culprits = [5, 35, 65, 95].map((n) => events[n]?.id ?? '')
    refuseThose(new Set(culprits), 400)
    await world.run()
    expect(await statuses(destination)).toEqual({ delivered: 96, failed: 4 })
    expect(channel(destination).state).toBe('open')
  })

  it.each(BOTH)('%s: three culprits in a row pause it, and the rest of the lot waits unsent', async (destination) => {
    await open(destination)
    await world.emit(customers(100))
    standIn(destination).always({ kind: 'answer', status: 400, body: '{"error":"never"}' })
    await world.quiesce()
    expect(channel(destination)).toMatchObject({ state: 'paused', pausedBy: 'refusals' })
    expect(channel(destination).reason).toContain('never')
    expect(await statuses(destination)).toEqual({ failed: 3, waiting: 97 })
    expect(world.sendings.length).toBeLessThanOrEqual(12)

    // Its probe does not fail what a person may mend, and there is one every five minutes.
    const before = world.sendings.length
    await world.run(world.now() + 31 * MINUTE)
    expect(world.sendings.length - before).toBe(6)
    expect(await statuses(destination)).toEqual({ failed: 3, waiting: 97 })
    const probes = world.sendings.slice(before)
    probes.slice(1).forEach((probe, n) => {
      expect(probe.at - (probes[n]?.at ?? 0)).toBe(5 * MINUTE)
    })

    standIn(destination).always(null)
    await world.run()
    expect(await statuses(destination)).toEqual({ failed: 3, delivered: 97 })
  })
})

describe('refused credentials', () => {
  it.each(BOTH.flatMap((destination) => [401, 403, 404, 405, 410].map((status) => [destination, status] as const)))(
    '%s: %d pauses the channel, keeps its queues and probes every five minutes',
    async (destination, status) => {
      await open(destination)
      standIn(destination).always({ kind: 'answer', status })
      await world.emit(customers(3))
      await world.run(world.now() + 61 * MINUTE)
      expect(channel(destination)).toMatchObject({ state: 'paused', pausedBy: 'credentials', clockRuns: false })
      expect(channel(destination).advice).not.toBeNull()
      expect(world.sendings).toHaveLength(13)
      world.sendings.slice(1).forEach((probe, n) => {
        expect(probe.at - (world.sendings[n]?.at ?? 0)).toBe(5 * MINUTE)
      })
      expect(await statuses(destination)).toEqual({ waiting: 3 })
      standIn(destination).always(null)
      await world.run()
      expect(await statuses(destination)).toEqual({ delivered: 3 })
      expect(standIn(destination).duplicates()).toHaveLength(0)
    },
  )

  it('drains by itself within five seconds of new credentials', async () => {
    await open('clevertap', { passcode: 'wrong-passcode' })
    await world.emit(customers(300))
    await world.run(world.now() + 12 * MINUTE)
    expect(channel('clevertap')).toMatchObject({ state: 'paused', pausedBy: 'credentials' })
    const right = clevertapIntegration(world.project).settings
    const changed = world.now()
    await world.change('clevertap', { settings: right })
    await world.run(changed + 5 * SECOND)
    expect(await statuses('clevertap')).toEqual({ delivered: 300 })
  })

  it('what a delivery says of its wait is about its last attempt', async () => {
    await open('segment')
    world.segment.script([
      { kind: 'answer', status: 401 },
      { kind: 'answer', status: 503 },
    ])
    await world.emit(customers(1))
    await world.quiesce()
    expect((await world.deliveries('segment'))[0]?.delivery.advice).toContain('credentials')
    world.advance(5 * MINUTE)
    await world.quiesce()
    const { delivery } = (await world.deliveries('segment'))[0] ?? {}
    expect(delivery?.reason).toContain('503')
    expect(delivery?.advice).toBeNull()
  })

  it('a 401 that answers the old credentials does not pause the new ones', async () => {
    await open('clevertap', { passcode: 'wrong-passcode' })
    await world.emit(customers(3))
    const right = clevertapIntegration(world.project).settings
    let changed = false
    world.meddling.send = async (request, send) => {
      const answer = await send(request)
      if (!changed) {
        changed = true
        await world.change('clevertap', { settings: right })
      }
      return answer
    }
    await world.quiesce()
    expect(channel('clevertap').state).toBe('open')
    expect(await statuses('clevertap')).toEqual({ delivered: 3 })
  })

  it('a start probes at once: it may have brought new credentials', async () => {
    await open('clevertap', { passcode: 'wrong-passcode' })
    await world.emit(customers(3))
    await world.quiesce()
    await world.crash()
    world.integrations = [clevertapIntegration(world.project)]
    await world.restart()
    await world.quiesce()
    expect(await statuses('clevertap')).toEqual({ delivered: 3 })
  })

  it('a 401 for the sandbox account does not touch production', async () => {
    await open('clevertap', { sandbox_account_id: 'TEST-1', sandbox_passcode: 'wrong-passcode' })
    const specs = customers(20).map((spec, n) => ({
      ...spec,
      changes: { environment: n % 2 === 0 ? ('production' as const) : ('sandbox' as const) },
    }))
    await world.emit(specs)
    await world.quiesce()
    expect(world.delivery.channels.get(world.project, 'clevertap:sandbox')).toMatchObject({ state: 'paused' })
    expect(channel('clevertap').state).toBe('open')
    expect(await statuses('clevertap')).toEqual({ delivered: 10, waiting: 10 })
    expect(world.clevertap.accepted().every(({ account }) => account === 'ACC-1')).toBe(true)
  })

  it('CleverTap: a 200 that says 401 in its body is a 401', async () => {
    await open('clevertap')
    world.clevertap.script([
      { kind: 'body', body: '{ "status" : "fail" , "error" : "Invalid Credentials" , "code" : 401}' },
    ])
    await world.emit(customers(1))
    await world.quiesce()
    expect(channel('clevertap')).toMatchObject({ state: 'paused', pausedBy: 'credentials' })
  })
})
