import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Disk, MINUTE, openDisk, SECOND } from './ground.ts'
import { clevertapIntegration, openWorld, segmentIntegration, type World } from './harness.ts'

let disk: Disk
let world: World
beforeAll(async () => {
  disk = await openDisk()
})
afterAll(() => disk.remove())
afterEach(() => world.close())

const BOTH = ['segment', 'clevertap'] as const

async function open(destination: (typeof BOTH)[number], latencyMs = 0): Promise<void> {
  world = await openWorld({
    disk,
    latencyMs,
    integrations: (project) => [
      destination === 'segment' ? segmentIntegration(project) : clevertapIntegration(project),
    ],
  })
}

const width = (integration: string): number | undefined =>
  world.delivery.channels.get(world.project, `${integration}:production`)?.width

describe('an outage', () => {
  it.each(BOTH)(
    '%s: five minutes cost none of 1,000 customers more than a minute after they end',
    async (destination) => {
      await open(destination)
      const standIn = world[destination]
      standIn.always({ kind: 'answer', status: 503 })
      const begun = world.now()
      const end = begun + 5 * MINUTE
      // They come in all through the outage.
      for (let batch = 0; batch < 10; batch += 1) {
        await world.emit(Array.from({ length: 100 }, (_, n) => ({ customer: `user-${batch * 100 + n}` })))
        await world.run(begun + ((batch + 1) * (end - begun)) / 10)
      }
      const during = world.sendings.length
      expect(during).toBeLessThanOrEqual(15)
      standIn.always(null)
      await world.run()
      const delivered = await world.deliveries(destination, 'delivered')
      expect(delivered).toHaveLength(1_000)
      const last = Math.max(...delivered.map(({ delivery }) => delivery.settledAt ?? 0))
      expect(last - end).toBeLessThanOrEqual(MINUTE)
      expect(standIn.duplicates()).toHaveLength(0)
    },
  )

  it('the first success reopens with 1, 2, 4 requests in flight, up to the width', async () => {
    await open('clevertap', 100)
    world.clevertap.script([{ kind: 'answer', status: 503 }])
    await world.emit(Array.from({ length: 1_500 }, (_, n) => ({ customer: `user-${n}` })))
    const seen: number[] = []
    const most: number[] = []
    let flying = 0
    world.meddling.send = async (request, send) => {
      flying += 1
      most.push(flying)
      // On a slow machine one may be over before the next is claimed: they wait for each other, if not for ever.
      for (let n = 0; n < 400 && width('clevertap') === 4 && Math.max(...most) < 4; n += 1) await pause(5)
      const answer = await send(request)
      flying -= 1
      return answer
    }
    world.meddling.beforeSettle = () => {
      seen.push(width('clevertap') ?? 0)
    }
    await world.run()
    const ramp = seen.filter((one, n) => one !== seen[n - 1])
    expect(ramp).toEqual([1, 2, 4])
    // The failed request, its probe and the one after it have the channel to themselves.
    expect(most.slice(0, 3)).toEqual([1, 1, 1])
    expect(Math.max(...most)).toBe(4)
    expect(await world.deliveries('clevertap', 'delivered')).toHaveLength(1_500)
  })

  it('a probe holds one delivery, one is in flight at most, and two processes share that', async () => {
    await open('segment')
    world.segment.always({ kind: 'answer', status: 503 })
    await world.emit(Array.from({ length: 50 }, (_, n) => ({ customer: `user-${n}` })))
    await world.quiesce()
    const first = world.delivery
    await world.restart({ freeDead: false })
    let flying = 0
    let most = 0
    const sizes: number[] = []
    world.meddling.send = async (request, send) => {
      flying += 1
      most = Math.max(most, flying)
      sizes.push((JSON.parse(String(request.body)) as { batch: unknown[] }).batch.length)
      // Whichever of the two sends, the other finds the slot taken.
      await Promise.all([first.dispatch.round(), world.delivery.dispatch.round()])
      const answer = await send(request)
      flying -= 1
      return answer
    }
    await world.run(world.now() + 5 * MINUTE)
    await first.dispatch.drain()
    expect(sizes.length).toBeGreaterThan(8)
    expect(new Set(sizes)).toEqual(new Set([2]))
    expect(most).toBe(1)
  })

  it('after a probe of unknown outcome the next takes another customer’s, unless it is the only one', async () => {
    await open('clevertap')
    const events = await world.emit(Array.from({ length: 6 }, (_, n) => ({ customer: `user-${n}` })))
    world.clevertap.always({ kind: 'cut_after' })
    await world.run(world.now() + 4 * MINUTE)
    const probed = world.sendings.slice(1).map(({ request }) => {
      const { d } = JSON.parse(String(request.body)) as { d: { identity: string }[] }
      expect(d).toHaveLength(1)
      return d[0]?.identity
    })
    expect(probed.length).toBeGreaterThan(6)
    probed.slice(1).forEach((customer, n) => {
      expect(customer).not.toBe(probed[n])
    })
    world.clevertap.always(null)
    await world.run()
    expect(await world.deliveries('clevertap', 'delivered')).toHaveLength(events.length)

    const [alone] = await world.emit([{ customer: 'the only one' }])
    world.clevertap.script([{ kind: 'cut_after' }, { kind: 'cut_after' }, { kind: 'cut_after' }])
    await world.run()
    expect(world.clevertap.byEvent(alone?.id ?? '')).toHaveLength(4)
  })

  it('after a probe of unknown outcome the next takes another customer’s, even one who came later', async () => {
    await open('clevertap')
    world.clevertap.script([{ kind: 'cut_after' }, { kind: 'cut_after' }])
    const [first] = await world.emit([{ customer: 'first' }])
    await world.quiesce()
    world.advance(2 * SECOND)
    await world.quiesce()
    world.advance(SECOND)
    const [second] = await world.emit([{ customer: 'second' }])
    await world.run()
    const probes = world.sendings.map(({ request }) => String(request.body))
    expect(probes[1]).toContain(first?.id)
    expect(probes[2]).toContain(second?.id)
    expect(await world.deliveries('clevertap', 'delivered')).toHaveLength(2)
  })

  it('a channel that is down holds back no other channel', async () => {
    world = await openWorld({
      disk,
      integrations: (project) => [segmentIntegration(project), clevertapIntegration(project)],
    })
    world.segment.always({ kind: 'answer', status: 500 })
    await world.emit(Array.from({ length: 100 }, (_, n) => ({ customer: `user-${n % 10}` })))
    await world.run(world.now() + 10 * SECOND)
    expect(await world.deliveries('clevertap', 'delivered')).toHaveLength(100)
    expect(await world.deliveries('segment', 'waiting')).toHaveLength(100)
  })
})

describe('a pause by a person', () => {
  it('sends nothing, not even probes, until it is resumed; the queue is kept and its clock stands', async () => {
    await open('segment')
    await world.delivery.pause(world.project, 'segment', 'ada@example.com')
    await world.emit(Array.from({ length: 10 }, (_, n) => ({ customer: `user-${n}` })))
    await world.run(world.now() + 100 * 60 * MINUTE)
    await world.delivery.sweep()
    expect(world.sendings).toHaveLength(0)
    expect(await world.deliveries('segment', 'waiting')).toHaveLength(10)
    await world.delivery.resume(world.project, 'segment')
    await world.run()
    expect(await world.deliveries('segment', 'delivered')).toHaveLength(10)
  })

  it('new settings do not end it', async () => {
    await open('segment')
    await world.delivery.pause(world.project, 'segment', 'ada@example.com')
    await world.change('segment', { eventNames: { renewal: 'Paid' } })
    await world.emit([{ customer: 'u' }])
    await world.run()
    expect(world.sendings).toHaveLength(0)
  })

  it.each([
    ['a success', 200],
    ['a failure', 503],
    ['refused credentials', 401],
    ['a culprit', 400],
  ])('stands against %s of a request that was under way', async (_, status) => {
    await open('segment')
    await world.emit([{ customer: 'u' }])
    world.meddling.send = async () => {
      await world.delivery.pause(world.project, 'segment', 'ada@example.com')
      return { kind: 'answer', status, headers: {}, body: '', truncated: false, durationMs: 1 }
    }
    await world.quiesce()
    const row = world.delivery.channels.get(world.project, 'segment:production')
    expect(row).toMatchObject({ state: 'paused', pausedBy: 'person', reason: 'Paused by ada@example.com' })
    expect((await world.storage.loadChannels()).find(({ projectId }) => projectId === world.project)).toEqual(row)
  })

  it('stops a halving that is under way', async () => {
    await open('segment')
    await world.emit(Array.from({ length: 64 }, (_, n) => ({ customer: `user-${n}` })))
    let requests = 0
    world.meddling.send = async () => {
      requests += 1
      if (requests === 2) await world.delivery.pause(world.project, 'segment', 'ada@example.com')
      return { kind: 'answer', status: 400, headers: {}, body: '', truncated: false, durationMs: 1 }
    }
    await world.quiesce()
    expect(requests).toBe(2)
    expect(await world.deliveries('segment', 'waiting')).toHaveLength(64)
  })
})

describe('the end of the process', () => {
  it('drain claims nothing more and settles what is in flight: no double after the next start', async () => {
    await open('segment')
    await world.emit(Array.from({ length: 500 }, (_, n) => ({ customer: `user-${n}` })))
    const { dispatch } = world.delivery
    // A round that is claiming at the very moment of the drain belongs to it.
    const round = dispatch.round()
    const drained = dispatch.drain()
    await round
    await drained
    expect(dispatch.inFlight).toBe(0)
    expect(await dispatch.round()).toBeGreaterThan(0)
    const before = world.sendings.length
    expect(before).toBe(1)
    await world.crash()
    await world.restart()
    await world.run()
    expect(await world.deliveries('segment', 'delivered')).toHaveLength(500)
    expect(world.segment.duplicates()).toHaveLength(0)
    expect((await world.deliveries('segment')).some(({ delivery }) => delivery.mayBeDoubled)).toBe(false)
  })
})
