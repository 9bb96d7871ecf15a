import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { FrozenEvent } from '../../src/domain/event.ts'
import type { HttpRequest, HttpResult } from '../../src/net/http.ts'
import { check } from './checker.ts'
import { type Disk, openDisk, SECOND } from './ground.ts'
import { clevertapIntegration, openWorld, segmentIntegration, type World } from './harness.ts'
import { runOf } from './story.ts'

let disk: Disk
let world: World
beforeAll(async () => {
  disk = await openDisk()
})
afterAll(() => disk.remove())
beforeEach(async () => {
  world = await openWorld({
    disk,
    integrations: (project) => [segmentIntegration(project), clevertapIntegration(project)],
  })
})
afterEach(() => world.close())

const several = () => world.emit(Array.from({ length: 12 }, (_, n) => ({ customer: `user-${n % 3}` })))

type Call = { properties?: { event_id: string; price_in_purchased_currency: number } }
type Segment = { batch: Call[] }
const isSegment = (request: HttpRequest): boolean => String(request.body).startsWith('{"batch"')
const bodyOf = (request: HttpRequest): Segment => JSON.parse(String(request.body)) as Segment
const withBody = (request: HttpRequest, body: Segment): HttpRequest => ({ ...request, body: JSON.stringify(body) })

const OK: HttpResult = {
  kind: 'answer',
  status: 200,
  headers: {},
  body: '{"success":true}',
  truncated: false,
  durationMs: 1,
}

/** The kinds of breach that the checker finds. */
async function found(events: readonly FrozenEvent[]): Promise<readonly string[]> {
  const problems = check(await runOf(world, events))
  return [...new Set(problems.map((problem) => problem.split(':')[0] ?? ''))].toSorted()
}

describe('the checker', () => {
  it('finds nothing in a run without bugs, nor in one with faults', async () => {
    const events = [...(await several())]
    await world.run()
    world.segment.script([{ kind: 'cut_after' }, { kind: 'answer', status: 503 }, { kind: 'cut_after' }])
    world.clevertap.script([{ kind: 'cut_before' }, { kind: 'cut_after' }, { kind: 'body', body: '' }])
    events.push(...(await several()))
    await world.run()
    expect(world.segment.duplicates().length + world.clevertap.duplicates().length).toBeGreaterThan(0)
    expect(await found(events)).toEqual([])
  })

  it('catches one that is dropped on the way', async () => {
    const events = await several()
    world.meddling.send = (request, send) => {
      if (!isSegment(request)) return send(request)
      const body = bodyOf(request)
      return send(withBody(request, { ...body, batch: body.batch.slice(2) }))
    }
    await world.run()
    expect(await found(events)).toEqual(['lost'])
  })

  it('catches two that are swapped', async () => {
    const events = await several()
    world.meddling.send = (request, send) => {
      if (!isSegment(request)) return send(request)
      const { batch, ...rest } = bodyOf(request)
      return send(
        withBody(request, { ...rest, batch: [...batch.slice(2, 4), ...batch.slice(0, 2), ...batch.slice(4)] }),
      )
    }
    await world.run()
    expect(await found(events)).toEqual(['order'])
  })

  it('catches one that is sent twice', async () => {
    const events = await several()
    let twice = true
    world.meddling.send = async (request, send) => {
      if (!isSegment(request) && twice) {
        twice = false
        await send(request)
      }
      return send(request)
    }
    await world.run()
    expect(await found(events)).toEqual(['double'])
  })

  it('catches a settle before the sending', async () => {
    const events = await several()
    const later: (() => Promise<HttpResult>)[] = []
    world.meddling.send = (request, send) => {
      if (!isSegment(request)) return send(request)
      later.push(() => send(request))
      return Promise.resolve(OK)
    }
    await world.run()
    for (const send of later) await send()
    expect(later.length).toBeGreaterThan(0)
    expect(await found(events)).toEqual(['early'])
  })

  it('catches bytes that change between two sendings', async () => {
    const events = await several()
    world.segment.script([{ kind: 'cut_after' }])
    let sendings = 0
    world.meddling.send = (request, send) => {
      if (!isSegment(request)) return send(request)
      sendings += 1
      const { batch, ...rest } = bodyOf(request)
      for (const { properties } of batch) {
        if (properties !== undefined && sendings > 1) properties.price_in_purchased_currency += 1
      }
      return send(withBody(request, { ...rest, batch }))
    }
    await world.run()
    expect(sendings).toBeGreaterThan(1)
    expect(await found(events)).toEqual(['bytes'])
  })

  it('catches a settle that is lost', async () => {
    const events = await several()
    let lost = false
    world.meddling.settle = (input) => {
      if (lost) return world.storage.settleLot(input)
      lost = true
      return Promise.resolve({ kind: 'settled', fenced: [] })
    }
    await world.run()
    world.advance(31 * SECOND)
    await world.run()
    expect(await found(events)).toEqual(['double'])
  })

  it('catches one that nobody sends', async () => {
    const events = await several()
    await world.delivery.pause(world.project, 'clevertap', 'a forgotten hand')
    await world.run()
    expect(await found(events)).toEqual(['unfinished'])
  })

  it('catches one from nowhere', async () => {
    const events = await several()
    await world.run()
    expect(await found(events.slice(1))).toEqual(['phantom'])
  })

  it('catches an event without a delivery', async () => {
    const events = await several()
    await world.run()
    const [first] = events
    if (first === undefined) throw new Error('there is no event')
    expect(await found([...events, { ...first, id: 'evt_forgotten', seq: Number.MAX_SAFE_INTEGER }])).toEqual([
      'unfinished',
    ])
  })

  it('catches one that is attempted before the one before it is settled', async () => {
    const events = await several()
    await world.run()
    const run = await runOf(world, events)
    // As if the second request of CleverTap had been first.
    const requests = run.requests.map((request) => ({ ...request, tick: -request.tick }))
    const problems = check({ ...run, requests: requests.toReversed() })
    expect(problems.some((problem) => problem.startsWith('overtaking'))).toBe(true)
  })

  it('catches a failure without a sentence', async () => {
    const events = await several()
    await world.run()
    const run = await runOf(world, events)
    const mute = run.wanted.map((one, n) => (n === 0 ? { ...one, status: 'failed', reason: null } : one))
    expect(check({ ...run, wanted: mute })).toEqual([expect.stringContaining('mute')])
  })
})
