import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { HttpRequest } from '../../src/net/http.ts'
import { type Disk, openDisk, SECOND } from './ground.ts'
import type { World } from './harness.ts'
import { BOTH, channelOf, customers, type Destination, openOne, sent, statusesOf } from './scene.ts'

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

describe('accepted', () => {
  it.each(BOTH)('%s: everything is delivered once, with one attempt each', async (destination) => {
    await open(destination)
    await world.emit(customers(250))
    await world.run()
    const all = await world.deliveries(destination, 'delivered')
    expect(all).toHaveLength(250)
    expect(all.every(({ delivery }) => delivery.attempts === 1 && !delivery.mayBeDoubled)).toBe(true)
    expect(standIn(destination).duplicates()).toHaveLength(0)
    expect(standIn(destination).counts().requests).toBe(3)
  })

  it('Segment: the status alone decides, whatever the body', async () => {
    await open('segment')
    world.segment.script([{ kind: 'body', body: '<html>ok</html>' }])
    await world.emit(customers(3))
    await world.run()
    expect(await statuses('segment')).toEqual({ delivered: 3 })
  })
})

describe('an answer with a verdict for each record (CleverTap)', () => {
  it('settles three refused, two mendable and one transient among 100, each by itself, and sends nothing again', async () => {
    await open('clevertap')
    const events = await world.emit([
      ...customers(98),
      { customer: 'many', attributes: { $idfa: 'X', $email: 'a@example.com', colour: 'green' } },
      { customer: 'known', attributes: { $clevertapId: 'CT-1' } },
    ])
    const id = (n: number): string => events[n]?.id ?? ''
    for (const [n, code] of [
      [3, 512],
      [40, 513],
      [77, 527],
      [98, 522],
      [99, 526],
      [60, 555],
    ] as const)
      world.clevertap.answerNext({ match: id(n), code })
    await world.quiesce()
    for (const n of [3, 40, 77]) {
      const { delivery } = await world.deliveryOf(id(n), 'clevertap')
      expect(delivery.status).toBe('failed')
      expect(delivery.reason).toMatch(/^\d{3}: CleverTap|^\d{3}: The/)
      expect(delivery.advice).not.toBeNull()
    }
    const trimmed = (await world.deliveryOf(id(98), 'clevertap')).delivery
    expect(trimmed).toMatchObject({ status: 'delivered', mends: ['trim'], attempts: 2 })
    expect(trimmed.notes.join()).toContain('522')
    const fellBack = (await world.deliveryOf(id(99), 'clevertap')).delivery
    expect(fellBack).toMatchObject({ status: 'delivered', mends: ['identity'], attempts: 2 })
    expect(world.clevertap.byEvent(id(99)).map(({ identifiedBy }) => identifiedBy)).toEqual(['objectId', 'identity'])
    const waits = await world.deliveryOf(id(60), 'clevertap')
    expect(waits.delivery.status).toBe('waiting')
    expect(waits.delivery.reason).toContain('555')
    expect((waits.dueAt ?? 0) - world.now()).toBeGreaterThanOrEqual(800)
    expect((waits.dueAt ?? 0) - world.now()).toBeLessThanOrEqual(1_200)
    expect(channel('clevertap').state).toBe('open')

    await world.run()
    expect(await statuses('clevertap')).toEqual({ delivered: 97, failed: 3 })
    expect(world.sendings.map(({ request }) => sent(request).length)).toEqual([100, 2, 1])
    expect(world.clevertap.accepted()).toHaveLength(97)
    expect(world.clevertap.duplicates()).toHaveLength(0)
    const trimmedBody = JSON.stringify(world.clevertap.byEvent(id(98)).at(-1)?.body)
    expect(trimmedBody).toContain('colour')
    expect(trimmedBody).not.toContain('$idfa')
  })

  it.each([
    [522, 'trim'],
    [526, 'identity'],
  ])('mends %d once, and fails at the second', async (code) => {
    await open('clevertap')
    const [event] = await world.emit([{ customer: 'u', attributes: { $clevertapId: 'CT-1', $idfa: 'X' } }])
    world.clevertap.answerNext({ match: event?.id ?? '', code, times: 2 })
    await world.run()
    const { delivery } = await world.deliveryOf(event?.id ?? '', 'clevertap')
    expect(delivery).toMatchObject({ status: 'failed', attempts: 2 })
    expect(delivery.reason).toContain(String(code))
  })

  it.each([509, 512, 513, 523, 524, 525, 527, 528])('%d is refused for good', async (code) => {
    await open('clevertap')
    const [event] = await world.emit(customers(2))
    world.clevertap.answerNext({ match: event?.id ?? '', code })
    await world.run()
    expect(await statuses('clevertap')).toEqual({ failed: 1, delivered: 1 })
    expect(world.sendings).toHaveLength(1)
  })

  it('555: that customer waits 1 s, 5 s, 30 s, 2 min, 10 min, 30 min, 1 h, then fails; nobody else waits', async () => {
    await open('clevertap')
    const [event] = await world.emit([{ customer: 'stuck' }, ...customers(1)])
    world.clevertap.answerNext({ match: event?.id ?? '', code: 555, times: 100 })
    await world.run()
    const at = world.sendings.map((sending) => sending.at)
    const gaps = at.slice(1).map((time, n) => time - (at[n] ?? 0))
    const wanted = [1, 5, 30, 120, 600, 1_800, 3_600].map((seconds) => seconds * SECOND)
    expect(gaps).toHaveLength(wanted.length)
    gaps.forEach((gap, n) => {
      expect(gap).toBeGreaterThanOrEqual((wanted[n] ?? 0) * 0.8)
      expect(gap).toBeLessThanOrEqual((wanted[n] ?? 0) * 1.2)
    })
    const { delivery } = await world.deliveryOf(event?.id ?? '', 'clevertap')
    expect(delivery).toMatchObject({ status: 'failed', attempts: 8 })
    expect(delivery.advice).toMatch(/retry/)
    expect((await world.deliveries('clevertap', 'delivered')).map(({ delivery: one }) => one.attempts)).toEqual([1])
  })

  it('remembers which records of a delivery are done and sends only the rest', async () => {
    await open('clevertap', { charged: true, profile: true })
    const [event] = await world.emit([{ customer: 'u' }])
    world.clevertap.answerNext({ match: ({ evtName }) => evtName === 'rc_renewal_event', code: 555 })
    await world.run()
    const names = world.sendings.map(({ request }) => sent(request).map(({ type, evtName }) => evtName ?? type))
    expect(names).toEqual([['profile', 'rc_renewal_event', 'Charged'], ['rc_renewal_event']])
    expect((await world.deliveryOf(event?.id ?? '', 'clevertap')).delivery).toMatchObject({
      status: 'delivered',
      attempts: 2,
    })
    expect(world.clevertap.duplicates()).toHaveLength(0)
  })

  it('a retry of a delivery that failed in one record sends that record alone', async () => {
    await open('clevertap', { charged: true })
    const [event] = await world.emit([{ customer: 'u' }])
    world.clevertap.answerNext({ match: ({ evtName }) => evtName === 'rc_renewal_event', code: 513 })
    await world.run()
    const failed = await world.deliveryOf(event?.id ?? '', 'clevertap')
    expect(failed.delivery).toMatchObject({ status: 'failed', done: ['charged'] })
    expect(await world.delivery.retry(world.project, failed.delivery.id, 'clevertap:production')).toBe(true)
    await world.run()
    expect(sent(world.sendings[1]?.request as HttpRequest).map(({ evtName }) => evtName)).toEqual(['rc_renewal_event'])
    expect(await statuses('clevertap')).toEqual({ delivered: 1 })
  })
})

describe('counts that do not add up (CleverTap)', () => {
  const odd =
    '{ "status" : "partial" , "processed" : 1 , "unprocessed" : [ { "status" : "fail" , "code" : 513 , "error" : "ErrorCode: 513. Skipped record number : 2" , "record" : {}}]}'

  it('settles what is named and sends the rest again one by one, with a warning', async () => {
    await open('clevertap')
    await world.emit(customers(5))
    world.clevertap.script([{ kind: 'body', body: odd }])
    await world.quiesce()
    const second = sent(world.sendings[0]?.request as HttpRequest)[1]?.evtData as { readonly event_id: string }
    expect((await world.deliveryOf(second.event_id, 'clevertap')).delivery.status).toBe('failed')
    const waiting = await world.deliveries('clevertap', 'waiting')
    expect(waiting).toHaveLength(4)
    expect(waiting.every(({ delivery }) => delivery.mayBeDoubled && delivery.reason !== null)).toBe(true)
    const warnings = world.logs.filter(({ level, details }) => level === 'warn' && 'warning' in details)
    expect(warnings.map(({ details }) => details.warning)).toEqual([expect.stringContaining('do not add up')])

    // All of them due at once, and still one by one.
    world.advance(2 * SECOND)
    await world.run()
    expect(world.sendings.map(({ request }) => sent(request).length)).toEqual([5, 1, 1, 1, 1])
    expect(await statuses('clevertap')).toEqual({ delivered: 4, failed: 1 })
    expect(channel('clevertap').state).toBe('open')
  })

  it('an answer that never adds up is not asked for ever: each customer waits longer, then a person decides', async () => {
    await open('clevertap')
    world.clevertap.always({ kind: 'body', body: '{"status":"success","processed":7,"unprocessed":[]}' })
    const [event] = await world.emit(customers(1))
    await world.run()
    expect(world.sendings).toHaveLength(8)
    const { delivery } = await world.deliveryOf(event?.id ?? '', 'clevertap')
    expect(delivery).toMatchObject({ status: 'failed', reason: 'outcome_unknown', mayBeDoubled: true })
  })

  it('with when_unknown: hold the rest waits for a person at once', async () => {
    await open('clevertap', { when_unknown: 'hold' })
    await world.emit(customers(5))
    world.clevertap.script([{ kind: 'body', body: odd }])
    await world.run()
    expect(world.sendings).toHaveLength(1)
    const reasons = (await world.deliveries('clevertap', 'failed')).map(({ delivery }) => delivery.reason)
    expect(reasons.filter((reason) => reason === 'outcome_unknown')).toHaveLength(4)
  })
})
