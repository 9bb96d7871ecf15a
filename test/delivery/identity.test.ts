import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Integration } from '../../src/domain/project.ts'
import { type Disk, openDisk, PASSCODE, WRITE_KEY } from './ground.ts'
import { clevertapIntegration, openWorld, segmentIntegration, type World } from './harness.ts'

let disk: Disk
let world: World
beforeAll(async () => {
  disk = await openDisk()
})
afterAll(() => disk.remove())
afterEach(() => world.close())

const BOTH = ['segment', 'clevertap'] as const

async function open(destination: (typeof BOTH)[number], settings: Integration['settings'] = {}): Promise<void> {
  world = await openWorld({
    disk,
    integrations: (project) => [
      destination === 'segment'
        ? segmentIntegration(project, { settings })
        : clevertapIntegration(project, { settings }),
    ],
  })
}

describe('the identity at the destination', () => {
  it.each(BOTH)('%s: is the customer’s as known at the first attempt', async (destination) => {
    await open(destination)
    const [event] = await world.emit([{ customer: 'before' }])
    await world.knownAs('before', 'after')
    await world.run()
    expect(world[destination].byEvent(event?.id ?? '').map(({ customerId }) => customerId)).toEqual(['after'])
  })

  it.each(BOTH)('%s: stays what it was at the first attempt, with all bytes, through retries', async (destination) => {
    await open(destination)
    const events = await world.emit([{ customer: 'before' }, { customer: 'before' }, { customer: 'other' }])
    world[destination].script([{ kind: 'cut_after' }, { kind: 'answer', status: 503 }, { kind: 'cut_after' }])
    await world.quiesce()
    await world.knownAs('before', 'after')
    await world.setAttributes('before', { $clevertapId: 'CT-9' })
    await world.run()
    let attempted = 0
    for (const { id } of events) {
      const entries = world[destination].byEvent(id)
      const bodies = entries.map(({ body }) => JSON.stringify(body))
      if (bodies.length > 1) attempted += 1
      expect(new Set(bodies).size).toBe(1)
    }
    // Segment's first request carried the whole run of the customer; CleverTap's the first of each.
    expect(attempted).toBe(destination === 'segment' ? 3 : 2)
    const last = (await world.deliveryOf(events[1]?.id ?? '', destination)).delivery
    expect(last.identity).toContain(destination === 'segment' ? '"before"' : 'CT-9')
  })

  it('Segment: every delivery of a request of unknown outcome is marked, however deep in a customer’s run', async () => {
    await open('segment')
    const events = await world.emit(Array.from({ length: 5 }, () => ({ customer: 'u' })))
    world.segment.script([{ kind: 'cut_after' }])
    await world.quiesce()
    for (const { id } of events) {
      const { delivery } = await world.deliveryOf(id, 'segment')
      expect(delivery).toMatchObject({ status: 'waiting', attempts: 1, mayBeDoubled: true })
      expect(delivery.identity).not.toBeNull()
      expect(delivery.attemptIds).toHaveLength(1)
    }
  })

  it('Segment: a request that is refused as a whole and not halved any further is an attempt of all it held', async () => {
    await open('segment')
    const events = await world.emit(Array.from({ length: 8 }, (_, n) => ({ customer: `u${n % 2}` })))
    world.segment.script([
      { kind: 'answer', status: 400 },
      { kind: 'answer', status: 503 },
    ])
    await world.quiesce()
    const attempts: number[] = []
    for (const { id } of events) {
      const { delivery } = await world.deliveryOf(id, 'segment')
      expect(delivery.status).toBe('waiting')
      attempts.push(delivery.attemptIds.length)
    }
    expect(attempts.toSorted()).toEqual([1, 1, 1, 1, 2, 2, 2, 2])
    await world.run()
    expect(await world.deliveries('segment', 'delivered')).toHaveLength(8)
  })
})

describe('settings of now', () => {
  it.each(BOTH)('%s: a retry goes out under the settings that it finds', async (destination) => {
    await open(destination)
    const [event] = await world.emit([{ customer: 'u' }])
    world[destination].script([{ kind: 'answer', status: 503 }])
    await world.quiesce()
    await world.change(destination, { eventNames: { renewal: 'Paid Again' } })
    await world.run()
    expect(world[destination].byEvent(event?.id ?? '').map(({ event: name }) => name)).toEqual(['Paid Again'])
  })
})

describe('what is remembered of a delivery', () => {
  it('mends and notes stand on it', async () => {
    await open('clevertap')
    const long = 'x'.repeat(600)
    const [event] = await world.emit([{ customer: 'u', attributes: { bio: long, $clevertapId: 'CT-1' } }])
    world.clevertap.answerNext({ match: event?.id ?? '', code: 526 })
    await world.run()
    const { delivery } = await world.deliveryOf(event?.id ?? '', 'clevertap')
    expect(delivery).toMatchObject({ status: 'delivered', mends: ['identity'], reason: null, advice: null })
    expect(delivery.notes.some((note) => note.includes('bio'))).toBe(true)
    expect(delivery.notes.some((note) => note.includes('526'))).toBe(true)
    expect(delivery.notes).toHaveLength(new Set(delivery.notes).size)
  })

  it('what cannot be rendered fails alone, unsent', async () => {
    await open('segment')
    const attributes = Object.fromEntries(Array.from({ length: 80 }, (_, n) => [`key${n}`, 'x'.repeat(500)]))
    const events = await world.emit([{ customer: 'huge', attributes }, { customer: 'small' }])
    await world.run()
    const { delivery } = await world.deliveryOf(events[0]?.id ?? '', 'segment')
    expect(delivery).toMatchObject({ status: 'failed', attempts: 0 })
    expect(delivery.reason).toContain('bytes')
    expect(delivery.advice).not.toBeNull()
    expect(await world.deliveries('segment', 'delivered')).toHaveLength(1)
  })

  it('a renderer that throws fails its delivery alone', async () => {
    await open('segment')
    await world.emit([{ customer: 'a' }, { customer: 'b' }])
    let planted = false
    const settings = new Proxy(world.integrations[0]?.settings ?? {}, {
      get: (target, key) => {
        if (planted && key === 'identify') {
          planted = false
          throw new Error('a planted bug')
        }
        return Reflect.get(target, key)
      },
    })
    await world.change('segment', { settings })
    planted = true
    await world.run()
    const failed = await world.deliveries('segment', 'failed')
    expect(failed.map(({ delivery }) => delivery.reason)).toEqual([expect.stringContaining('a planted bug')])
    expect(await world.deliveries('segment', 'delivered')).toHaveLength(1)
  })

  it('identify: on_change sends an identify when the status changed, and remembers it over requests', async () => {
    await open('segment', { identify: 'on_change' })
    await world.emit([
      { customer: 'u', name: 'renewal' },
      { customer: 'u', name: 'renewal' },
      { customer: 'u', name: 'cancellation' },
    ])
    await world.run()
    await world.emit([
      { customer: 'u', name: 'cancellation' },
      { customer: 'u', name: 'renewal' },
    ])
    await world.run()
    const types = world.segment.accepted().map(({ type }) => type)
    expect(types).toEqual([...['identify', 'track', 'track', 'identify', 'track'], ...['track', 'identify', 'track']])
  })
})

describe('credentials', () => {
  it('are those of now at each attempt', async () => {
    await open('clevertap')
    await world.emit([{ customer: 'u' }])
    await world.run()
    const headers = world.sendings[0]?.request.headers ?? {}
    expect(headers['x-clevertap-passcode']).toBe(PASSCODE)
    await world.close()
    await open('segment')
    await world.emit([{ customer: 'u' }])
    await world.run()
    expect(world.sendings[0]?.request.headers?.authorization).toBe(
      `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`,
    )
  })
})
