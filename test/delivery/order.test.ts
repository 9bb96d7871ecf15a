import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { FrozenEvent } from '../../src/domain/event.ts'
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
type Destination = (typeof BOTH)[number]

async function open(destination: Destination): Promise<void> {
  world = await openWorld({
    disk,
    integrations: (project) => [
      destination === 'segment' ? segmentIntegration(project) : clevertapIntegration(project),
    ],
  })
}

const several = (customers: number, each: number) =>
  Array.from({ length: customers * each }, (_, n) => ({ customer: `user-${n % customers}` }))

/** Event ids in the order of their first acceptance, of one customer. */
function arrivals(destination: Destination, events: readonly FrozenEvent[], customer: string): readonly number[] {
  const seqs = new Map(events.filter(({ appUserId }) => appUserId === customer).map(({ id, seq }) => [id, seq]))
  const ids = world[destination].accepted().flatMap(({ eventId }) => eventId ?? [])
  return [...new Set(ids)].flatMap((id) => seqs.get(id) ?? [])
}

function expectInOrder(destination: Destination, events: readonly FrozenEvent[], each: number): void {
  const customers = [...new Set(events.map(({ appUserId }) => appUserId))]
  expect(customers.length).toBeGreaterThan(0)
  for (const customer of customers) {
    const seqs = arrivals(destination, events, customer)
    expect(seqs).toHaveLength(each)
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
  }
}

describe('the order of a customer in a channel', () => {
  it.each(BOTH)('%s: by seq, without faults and without doubles', async (destination) => {
    await open(destination)
    const events = await world.emit(several(20, 8))
    await world.run()
    expectInOrder(destination, events, 8)
    expect(world[destination].duplicates()).toHaveLength(0)
  })

  it('Segment: a customer’s run rides in one request, in order', async () => {
    await open('segment')
    const events = await world.emit(several(5, 10))
    await world.run()
    expect(world.sendings).toHaveLength(1)
    expectInOrder('segment', events, 10)
  })

  it('CleverTap: one delivery of a customer in a request; the next goes when it is settled', async () => {
    await open('clevertap')
    const events = await world.emit(several(5, 4))
    await world.run()
    for (const { request } of world.sendings) {
      const { d } = JSON.parse(String(request.body)) as { d: { identity: string }[] }
      expect(new Set(d.map(({ identity }) => identity)).size).toBe(d.length)
    }
    expect(world.sendings).toHaveLength(4)
    expectInOrder('clevertap', events, 4)
  })

  it.each(BOTH)('%s: under resets, outages and refusals of every third request', async (destination) => {
    await open(destination)
    const faults = ['cut_before', 'cut_after'] as const
    let requests = 0
    world.meddling.send = (request, send) => {
      requests += 1
      if (requests % 3 === 0) world[destination].script([{ kind: faults[requests % 2] ?? 'cut_before' }])
      if (requests % 7 === 0) world[destination].script([{ kind: 'answer', status: 503 }])
      return send(request)
    }
    const events: FrozenEvent[] = []
    for (let wave = 0; wave < 20; wave += 1) {
      events.push(...(await world.emit(several(12, 2))))
      await world.run(world.now() + 4 * SECOND)
    }
    await world.run()
    expect(requests).toBeGreaterThan(20)
    expectInOrder(destination, events, 40)
  })

  it('Segment: splits inside a customer’s run keep it, and only the culprit is missing', async () => {
    await open('segment')
    const events = await world.emit(several(3, 9))
    const culprit = events[12]
    world.meddling.send = (request, send) =>
      String(request.body).includes(culprit?.id ?? '')
        ? Promise.resolve({ kind: 'answer', status: 400, headers: {}, body: '', truncated: false, durationMs: 1 })
        : send(request)
    await world.run()
    expect(await world.deliveries('segment', 'failed')).toHaveLength(1)
    for (let n = 0; n < 3; n += 1) {
      const customer = `user-${n}`
      const seqs = arrivals('segment', events, customer)
      expect(seqs).toHaveLength(customer === culprit?.appUserId ? 8 : 9)
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    }
  })

  it('CleverTap: a transient record holds back its customer alone', async () => {
    await open('clevertap')
    const events = await world.emit(several(10, 3))
    const stuck = events.find(({ appUserId }) => appUserId === 'user-4')
    world.clevertap.answerNext({ match: stuck?.id ?? '', code: 555, times: 3 })
    await world.quiesce()
    const waiting = await world.deliveries('clevertap', 'waiting')
    expect(waiting).toHaveLength(3)
    // Only the first of them has a due time of its own.
    expect(waiting.map(({ dueAt }) => dueAt !== null)).toEqual([true, false, false])
    await world.run()
    expectInOrder('clevertap', events, 3)
  })

  it('CleverTap: a failed delivery lets the customer’s next go', async () => {
    await open('clevertap')
    const events = await world.emit(several(1, 3))
    world.clevertap.answerNext({ match: events[0]?.id ?? '', code: 512 })
    await world.run()
    expect(arrivals('clevertap', events, 'user-0')).toEqual(events.slice(1).map(({ seq }) => seq))
  })

  it('a retry by a person goes behind what is waiting, and never beside it', async () => {
    await open('clevertap')
    const events = await world.emit(several(1, 4))
    world.clevertap.answerNext({ match: events[1]?.id ?? '', code: 512 })
    world.clevertap.answerNext({ match: events[2]?.id ?? '', code: 555 })
    await world.quiesce()
    const failed = await world.deliveryOf(events[1]?.id ?? '', 'clevertap')
    expect(failed.delivery.status).toBe('failed')
    expect(await world.delivery.retry(world.project, failed.delivery.id, 'clevertap:production')).toBe(true)
    expect(await world.delivery.retry(world.project, failed.delivery.id, 'clevertap:production')).toBe(false)
    await world.run()
    const [first, retried, waiting, last] = events.map(({ seq }) => seq)
    expect(arrivals('clevertap', events, events[0]?.appUserId ?? '')).toEqual([first, waiting, last, retried])
  })

  it('10,000 waiting of one customer do not hold back 200 others', async () => {
    await open('segment')
    await world.delivery.pause(world.project, 'segment', 'test')
    for (let n = 0; n < 10; n += 1) await world.emit(Array.from({ length: 1_000 }, () => ({ customer: 'heavy' })))
    world.advance(SECOND)
    const others = await world.emit(Array.from({ length: 200 }, (_, n) => ({ customer: `light-${n}` })))
    await world.delivery.resume(world.project, 'segment')
    await world.run()
    const ids = new Set(others.map(({ id }) => id))
    const last = world.segment.accepted().findLastIndex(({ eventId }) => eventId !== null && ids.has(eventId))
    const before = world.segment
      .accepted()
      .slice(0, last)
      .filter(({ customerId, eventId }) => customerId === 'heavy' && eventId !== null)
    // Three requests of a hundred at most, while those of the others take two.
    expect(before.length).toBeLessThanOrEqual(400)
    const heavy = world.segment.accepted().filter(({ customerId, eventId }) => customerId === 'heavy' && eventId)
    expect(heavy).toHaveLength(10_000)
    const seqs = heavy.map(({ body }) => (body as { properties: { seq: number } }).properties.seq)
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
  })
})
