import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { StorageUnavailable } from '../../src/storage/errors.ts'
import { type Disk, openDisk, SECOND } from './ground.ts'
import { clevertapIntegration, openWorld, segmentIntegration, type World } from './harness.ts'

let disk: Disk
let world: World
beforeAll(async () => {
  disk = await openDisk()
})
afterAll(() => disk.remove())
afterEach(() => world.close())

const BOTH = ['segment', 'clevertap'] as const

async function open(destination: (typeof BOTH)[number]): Promise<void> {
  world = await openWorld({
    disk,
    integrations: (project) => [
      destination === 'segment' ? segmentIntegration(project) : clevertapIntegration(project),
    ],
  })
}

/** The next claim kills the process before anything is sent. */
async function dieAtClaim(): Promise<void> {
  let died: () => void = () => undefined
  const claimed = new Promise<void>((resolve) => {
    died = resolve
  })
  world.meddling.afterClaim = () => died()
  void world.delivery.dispatch.round()
  await claimed
  delete world.meddling.afterClaim
  await world.crash()
}

describe('fences', () => {
  it.each(BOTH)('%s: a lot whose lease is over and that another has settles nothing', async (destination) => {
    await open(destination)
    const events = await world.emit([{ customer: 'a' }, { customer: 'b' }])
    // Written only after another process has taken and settled the same queues.
    let wake: () => void = () => undefined
    const asleep = new Promise<void>((resolve) => {
      wake = resolve
    })
    let sleeping: () => void = () => undefined
    const sleeps = new Promise<void>((resolve) => {
      sleeping = resolve
    })
    const zombie = world.delivery
    world.meddling.send = (request, send) => {
      world[destination].script([{ kind: 'answer', status: 400, body: '{"error":"the zombie was refused"}' }])
      return send(request)
    }
    world.meddling.beforeSettle = () => {
      sleeping()
      return asleep
    }
    const round = zombie.dispatch.round()
    await sleeps
    delete world.meddling.beforeSettle
    delete world.meddling.send
    world.advance(31 * SECOND)
    await world.restart({ freeDead: false })
    await world.run()
    for (const { id } of events) {
      expect((await world.deliveryOf(id, destination)).delivery).toMatchObject({ status: 'delivered', attempts: 1 })
    }
    const news = world.news.length
    wake()
    await round
    await zombie.dispatch.drain()
    for (const { id } of events) {
      expect((await world.deliveryOf(id, destination)).delivery).toMatchObject({ status: 'delivered', attempts: 1 })
    }
    // And it tells nobody what it did not do.
    expect(world.news.slice(news).flatMap(({ deliveries }) => deliveries)).toEqual([])
  })

  it('a halving whose lease was lost sends nothing more', async () => {
    await open('segment')
    await world.emit(Array.from({ length: 16 }, (_, n) => ({ customer: `user-${n}` })))
    let requests = 0
    const zombie = world.delivery
    world.meddling.send = async () => {
      requests += 1
      world.advance(31 * SECOND)
      // Another process finds the lease over.
      await world.storage.freeDeadClaims('another', world.now())
      return { kind: 'answer', status: 400, headers: {}, body: '', truncated: false, durationMs: 1 }
    }
    await zombie.dispatch.round()
    await zombie.dispatch.drain()
    expect(requests).toBe(1)
    expect(await world.deliveries('segment', 'waiting')).toHaveLength(16)
  })

  it('a halving of slow requests renews its lease before each of them', async () => {
    await open('segment')
    await world.emit(Array.from({ length: 8 }, (_, n) => ({ customer: `user-${n}` })))
    let refusing = true
    world.meddling.send = (request, send) => {
      world.advance(19 * SECOND)
      if (!refusing) return send(request)
      refusing = false
      return Promise.resolve({ kind: 'answer', status: 413, headers: {}, body: '', truncated: false, durationMs: 1 })
    }
    const { dispatch } = world.delivery
    await dispatch.round()
    while (dispatch.inFlight > 0) {
      // Nobody may claim beside it, however long it takes.
      await world.storage.freeDeadClaims(world.owner, world.now())
      await dispatch.round()
    }
    await world.run()
    expect(await world.deliveries('segment', 'delivered')).toHaveLength(8)
    expect(world.sendings).toHaveLength(3)
    expect(world.segment.duplicates()).toHaveLength(0)
  })

  it('a halving in which storage goes away settles what it has sent', async () => {
    await open('segment')
    await world.emit(Array.from({ length: 8 }, (_, n) => ({ customer: `user-${n}` })))
    const { renewLot } = disk.storage
    const renewing = vi.spyOn(disk.storage, 'renewLot')
    world.segment.script([{ kind: 'answer', status: 413 }])
    renewing.mockImplementationOnce(renewLot)
    renewing.mockRejectedValueOnce(new StorageUnavailable('It is away.', 1))
    await world.run()
    renewing.mockRestore()
    expect(await world.deliveries('segment', 'delivered')).toHaveLength(8)
    expect(world.segment.duplicates()).toHaveLength(0)
    expect(world.sendings).toHaveLength(3)
  })
})

describe('what a dead process held', () => {
  it.each(BOTH)('%s: goes again at once, alone, and may be doubled', async (destination) => {
    await open(destination)
    await world.emit(Array.from({ length: 5 }, (_, n) => ({ customer: `user-${n}` })))
    await dieAtClaim()
    await world.restart()
    const waiting = await world.deliveries(destination, 'waiting')
    expect(waiting.map(({ delivery }) => delivery.mayBeDoubled)).toEqual([true, true, true, true, true])
    const started = world.now()
    await world.run()
    expect(world.now()).toBe(started)
    const sizes = world.sendings.map(({ request }) => {
      const body = JSON.parse(String(request.body)) as { batch?: unknown[]; d?: unknown[] }
      return (body.batch?.length ?? 0) / 2 + (body.d?.length ?? 0)
    })
    expect(sizes).toEqual([1, 1, 1, 1, 1])
    expect(await world.deliveries(destination, 'delivered')).toHaveLength(5)
  })

  it('CleverTap: only what was in the request may be doubled, not what waits behind it', async () => {
    await open('clevertap')
    const events = await world.emit(Array.from({ length: 6 }, (_, n) => ({ customer: `user-${n % 2}` })))
    await dieAtClaim()
    await world.restart()
    const doubtful: boolean[] = []
    for (const { id } of events) doubtful.push((await world.deliveryOf(id, 'clevertap')).delivery.mayBeDoubled)
    expect(doubtful).toEqual([true, true, false, false, false, false])
  })

  it('without anyone to free it, it is taken when the lease of 30 s is over', async () => {
    await open('segment')
    await world.emit([{ customer: 'u' }])
    await dieAtClaim()
    const died = world.now()
    await world.restart({ freeDead: false })
    await world.quiesce()
    expect(world.sendings).toHaveLength(0)
    world.advance(29 * SECOND)
    await world.quiesce()
    expect(world.sendings).toHaveLength(0)
    world.advance(SECOND)
    await world.quiesce()
    expect(world.sendings.map(({ at }) => at - died)).toEqual([30 * SECOND])
    expect(await world.deliveries('segment', 'delivered')).toHaveLength(1)
  })

  it('only what dies with its process three times alone is parked, with its sentence; the next of the customer goes', async () => {
    await open('clevertap')
    const events = await world.emit([{ customer: 'poison' }, { customer: 'poison' }, { customer: 'innocent' }])
    const [poison] = events
    /** Dies as soon as the poison is about to be sent. */
    const deadly = async (): Promise<boolean> => {
      let died: () => void = () => undefined
      const deaths = new Promise<void>((resolve) => {
        died = resolve
      })
      let poisoned = false
      world.meddling.send = (request, send) => {
        if (!String(request.body).includes(poison?.id ?? '')) return send(request)
        poisoned = true
        died()
        return new Promise(() => undefined)
      }
      await Promise.race([world.quiesce(), deaths])
      delete world.meddling.send
      return poisoned
    }
    let deaths = 0
    while (await deadly()) {
      deaths += 1
      expect((await world.deliveryOf(poison?.id ?? '', 'clevertap')).delivery.status).toBe('waiting')
      // The process that hangs in the poisoned request is given up, as a kill does.
      void world.crash()
      await world.restart()
    }
    // Once in company, three times alone.
    expect(deaths).toBe(4)
    await world.run()
    const { delivery } = await world.deliveryOf(poison?.id ?? '', 'clevertap')
    expect(delivery).toMatchObject({ status: 'failed', reason: 'The hub died 3 times while sending it alone' })
    expect(delivery.advice).not.toBeNull()
    for (const { id } of events.slice(1)) {
      expect((await world.deliveryOf(id, 'clevertap')).delivery.status).toBe('delivered')
    }
  })

  it('a crash between the answer and its settle doubles what was sent, with the same ids, and nothing else', async () => {
    await open('segment')
    const events = await world.emit(Array.from({ length: 4 }, (_, n) => ({ customer: `user-${n}` })))
    let settling: () => void = () => undefined
    const reached = new Promise<void>((resolve) => {
      settling = resolve
    })
    world.meddling.settle = () => {
      settling()
      return new Promise(() => undefined)
    }
    void world.delivery.dispatch.round()
    await reached
    void world.crash()
    delete world.meddling.settle
    await world.restart()
    await world.run()
    expect(world.segment.duplicates()).toHaveLength(8)
    for (const { id } of events) {
      const bodies = world.segment.byEvent(id).map(({ body }) => JSON.stringify(body))
      expect(bodies).toHaveLength(2)
      expect(new Set(bodies).size).toBe(1)
    }
    expect((await world.deliveries('segment')).every(({ delivery }) => delivery.mayBeDoubled)).toBe(true)
  })

  it('a settle that storage cannot take is tried again, and nothing is sent twice', async () => {
    await open('segment')
    await world.emit([{ customer: 'u' }])
    let refusals = 0
    world.meddling.settle = (input) => {
      refusals += 1
      if (refusals <= 2) return Promise.reject(new Error('The disk is full'))
      return world.storage.settleLot(input)
    }
    await world.run()
    expect(refusals).toBe(3)
    expect(world.sendings).toHaveLength(1)
    expect(await world.deliveries('segment', 'delivered')).toHaveLength(1)
  })
})
