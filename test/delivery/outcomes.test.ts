import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { HttpRequest, HttpResult } from '../../src/net/http.ts'
import type { Fault } from '../../src/stand-ins/server.ts'
import type { ChannelRow } from '../../src/storage/rows.ts'
import {
  clevertapIntegration,
  type Disk,
  type EventSpec,
  MINUTE,
  openDisk,
  openWorld,
  SECOND,
  segmentIntegration,
  type World,
} from './harness.ts'

let disk: Disk
let world: World
beforeAll(async () => {
  disk = await openDisk()
})
afterAll(() => disk.remove())
afterEach(() => world.close())

const BOTH = ['segment', 'clevertap'] as const
type Destination = (typeof BOTH)[number]

async function open(destination: Destination, settings: Record<string, string | boolean> = {}): Promise<World> {
  world = await openWorld({
    disk,
    integrations: (project) => [
      destination === 'segment'
        ? segmentIntegration(project, { settings })
        : clevertapIntegration(project, { settings }),
    ],
  })
  return world
}

const customers = (count: number): readonly EventSpec[] =>
  Array.from({ length: count }, (_, n) => ({ customer: `user-${n}` }))

const channel = (integration: string): ChannelRow => {
  const row = world.delivery.channels.get(world.project, `${integration}:production`)
  if (row === null) throw new Error(`there is no channel of ${integration}`)
  return row
}

const standIn = (destination: Destination) => world[destination]

/** Records of a request's body: calls of a batch, or records of an upload. */
function sent(request: HttpRequest): readonly Record<string, unknown>[] {
  const body = JSON.parse(String(request.body)) as { batch?: Record<string, unknown>[]; d?: Record<string, unknown>[] }
  return body.batch ?? body.d ?? []
}

const refusal = (status: number): HttpResult => ({
  kind: 'answer',
  status,
  headers: {},
  body: '{"error":"no"}',
  truncated: false,
  durationMs: 1,
})

const statuses = async (integration: string): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { delivery } of await world.deliveries(integration))
    counts[delivery.status] = (counts[delivery.status] ?? 0) + 1
  return counts
}

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

/** A server of its own whose answer is a body without end; counts what it wrote. */
async function endless(): Promise<{ readonly url: string; written(): number; close(): void }> {
  let written = 0
  const server = createServer((incoming, outgoing) => {
    incoming.resume()
    outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': String(1_000_000_000) })
    const chunk = Buffer.alloc(65_536, 32)
    const pour = (): void => {
      while (!outgoing.destroyed && written < 1_000_000_000) {
        written += chunk.length
        if (!outgoing.write(chunk)) {
          outgoing.once('drain', pour)
          return
        }
      }
    }
    pour()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    written: () => written,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const elsewhere = (request: HttpRequest, origin: string): HttpRequest => ({
  ...request,
  url: origin + new URL(request.url).pathname,
})

describe('an answer that cannot be read (CleverTap)', () => {
  it.each([
    ['HTML', '<html><body>Welcome</body></html>'],
    ['nothing', ''],
    ['JSON of something else', '{"hello":1}'],
    ['a list', '[]'],
    ['cut JSON', '{ "status" : "success" , "proc'],
    ['nothing processed and nothing named', '{"status":"fail","processed":0,"unprocessed":[]}'],
  ])('200 with %s: the channel backs off, what was sent may be doubled', async (_, body) => {
    await open('clevertap')
    world.clevertap.script([{ kind: 'body', body }])
    await world.emit(customers(2))
    await world.quiesce()
    expect(channel('clevertap')).toMatchObject({ state: 'backing_off', failures: 1 })
    const waiting = await world.deliveries('clevertap', 'waiting')
    expect(waiting.map(({ delivery }) => delivery.mayBeDoubled)).toEqual([true, true])
    await world.run()
    expect(await statuses('clevertap')).toEqual({ delivered: 2 })
  })

  it.each(BOTH)('%s: 200 with a body of 1 GB is read to its bound and dropped', async (destination) => {
    await open(destination)
    const server = await endless()
    let first = true
    world.meddling.send = (request, send) => {
      if (!first) return send(request)
      first = false
      return send(elsewhere(request, server.url))
    }
    await world.emit(customers(1))
    await world.quiesce()
    expect(server.written()).toBeLessThan(20_000_000)
    expect(channel(destination).state).toBe(destination === 'segment' ? 'open' : 'backing_off')
    await world.run()
    server.close()
    const [delivered] = await world.deliveries(destination, 'delivered')
    const [attempt] = await world.attemptsOf(delivered as NonNullable<typeof delivered>)
    expect(attempt?.response.length).toBeLessThan(10_000)
    expect(JSON.parse(attempt?.response ?? '{}')).toMatchObject({ status: 200, truncated: true })
  })
})

describe('a request that failed: the channel backs off', () => {
  it.each(
    BOTH.flatMap((destination) => [408, 429, 500, 502, 503, 504].map((status) => [destination, status] as const)),
  )('%s answers %d', async (destination, status) => {
    await open(destination)
    standIn(destination).script([{ kind: 'answer', status, body: 'sorry' }])
    await world.emit(customers(3))
    await world.quiesce()
    const row = channel(destination)
    expect(row).toMatchObject({ state: 'backing_off', failures: 1, width: 1 })
    expect(row.reason).toContain(String(status))
    expect(row.nextAt - world.now()).toBeGreaterThanOrEqual(800)
    expect(row.nextAt - world.now()).toBeLessThanOrEqual(1_200)
    const waiting = await world.deliveries(destination, 'waiting')
    const unknown = status === 502 || status === 504
    expect(waiting.map(({ delivery }) => delivery.mayBeDoubled)).toEqual([unknown, unknown, unknown])
    await world.run()
    expect(await statuses(destination)).toEqual({ delivered: 3 })
    expect(standIn(destination).duplicates()).toHaveLength(0)
  })

  it('waits 1 s, 5 s, 15 s, then every 30 s, with 20 % jitter, one delivery at a time', async () => {
    await open('segment')
    world.segment.always({ kind: 'answer', status: 503 })
    await world.emit(customers(5))
    await world.run(world.now() + 3 * MINUTE)
    const at = world.sendings.map((sending) => sending.at)
    const wanted = [1, 5, 15, 30, 30, 30, 30].map((seconds) => seconds * SECOND)
    wanted.forEach((wait, n) => {
      const gap = (at[n + 1] ?? 0) - (at[n] ?? 0)
      expect(gap).toBeGreaterThanOrEqual(wait * 0.8)
      expect(gap).toBeLessThanOrEqual(wait * 1.2)
    })
    expect(world.sendings.slice(1).every(({ request }) => sent(request).length === 2)).toBe(true)
  })

  it.each([
    ['7', 7_000, 7_000],
    ['9999999', 3_600_000, 3_600_000],
    ['-1', 800, 1_200],
    ['soon', 800, 1_200],
    [undefined, 800, 1_200],
    ['date', 89_000, 91_000],
  ])('obeys Retry-After %s', async (value, least, most) => {
    await open('clevertap')
    const headers: Record<string, string> = value === undefined ? {} : { 'retry-after': value }
    if (value === 'date') {
      headers.date = new Date(world.now()).toUTCString()
      headers['retry-after'] = new Date(world.now() + 90 * SECOND).toUTCString()
    }
    world.clevertap.script([{ kind: 'answer', status: 429, headers }])
    await world.emit(customers(1))
    await world.run()
    const [first, second] = world.sendings
    const gap = (second?.at ?? 0) - (first?.at ?? 0)
    expect(gap).toBeGreaterThanOrEqual(least)
    expect(gap).toBeLessThanOrEqual(most)
  })

  it.each(BOTH)('%s: a reset before the request was taken loses and doubles nothing', async (destination) => {
    await open(destination)
    standIn(destination).script([{ kind: 'cut_before' }])
    await world.emit(customers(3))
    await world.run()
    expect(await statuses(destination)).toEqual({ delivered: 3 })
    expect(standIn(destination).duplicates()).toHaveLength(0)
  })

  it.each(BOTH)(
    '%s: a reset after it was taken is marked "may be doubled" and carries the same ids',
    async (destination) => {
      await open(destination)
      standIn(destination).script([{ kind: 'cut_after' }])
      const events = await world.emit(customers(3))
      await world.run()
      const all = await world.deliveries(destination, 'delivered')
      expect(all.map(({ delivery }) => delivery.mayBeDoubled)).toEqual([true, true, true])
      for (const { id } of events) {
        const bodies = standIn(destination)
          .byEvent(id)
          .map(({ body }) => JSON.stringify(body))
        expect(bodies).toHaveLength(2)
        expect(new Set(bodies).size).toBe(1)
      }
    },
  )

  it.each(BOTH)('%s: an answer that does not come in time is of unknown outcome', async (destination) => {
    world = await openWorld({
      disk,
      timeoutMs: 60,
      integrations: (project) => [
        destination === 'segment' ? segmentIntegration(project) : clevertapIntegration(project),
      ],
    })
    standIn(destination).script([{ kind: 'delay', delayMs: 300 }])
    await world.emit(customers(2))
    await world.quiesce()
    expect(channel(destination).state).toBe('backing_off')
    expect((await world.deliveries(destination)).map(({ delivery }) => delivery.mayBeDoubled)).toEqual([true, true])
    await world.run()
    expect(await statuses(destination)).toEqual({ delivered: 2 })
  })

  it.each([
    ['nobody listens', 'http://127.0.0.1:1'],
    ['the name is unknown', 'http://nowhere.invalid'],
  ])('%s: nothing was sent, so nothing may be doubled', async (_, origin) => {
    await open('segment')
    let first = true
    world.meddling.send = (request, send) => {
      const where = first ? elsewhere(request, origin) : request
      first = false
      return send(where)
    }
    await world.emit(customers(1))
    await world.quiesce()
    expect(channel('segment').state).toBe('backing_off')
    expect(world.logs.some(({ level }) => level === 'warn')).toBe(true)
    await world.run()
    expect((await world.deliveries('segment', 'delivered')).map(({ delivery }) => delivery.mayBeDoubled)).toEqual([
      false,
    ])
  })

  it('a server without TLS where TLS is expected is a failed request', async () => {
    await open('segment')
    let first = true
    world.meddling.send = (request, send) => {
      const where = first ? elsewhere(request, world.segment.url.replace('http:', 'https:')) : request
      first = false
      return send(where)
    }
    await world.emit(customers(1))
    await world.quiesce()
    expect(channel('segment').state).toBe('backing_off')
    await world.run()
    expect(await statuses('segment')).toEqual({ delivered: 1 })
  })

  it.each(BOTH.flatMap((destination) => [301, 302, 307, 308].map((status) => [destination, status] as const)))(
    '%s: a redirect (%d) is a failed request with a warning, and is never followed',
    async (destination, status) => {
      await open(destination)
      let visitors = 0
      const trap = createServer((_, outgoing) => {
        visitors += 1
        outgoing.end()
      })
      await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve))
      const { port } = trap.address() as AddressInfo
      const location = `http://127.0.0.1:${port}/1/upload`
      standIn(destination).script([{ kind: 'answer', status, headers: { location } }])
      await world.emit(customers(1))
      await world.quiesce()
      expect(channel(destination)).toMatchObject({ state: 'backing_off' })
      expect(channel(destination).reason).toContain('redirect')
      expect(world.logs.filter(({ level }) => level === 'warn')).toHaveLength(1)
      await world.run()
      trap.close()
      expect(visitors).toBe(0)
      expect(await statuses(destination)).toEqual({ delivered: 1 })
    },
  )

  it('a longer Retry-After of a request that was already under way is obeyed as well', async () => {
    world = await openWorld({
      disk,
      integrations: (project) => [clevertapIntegration(project)],
    })
    await world.emit(customers(1))
    await world.run()
    await world.emit(customers(1))
    await world.run()
    expect(channel('clevertap').width).toBe(4)
    const answers: Fault[] = [
      { kind: 'answer', status: 503 },
      { kind: 'answer', status: 429, headers: { 'retry-after': '60' } },
    ]
    let started = 0
    let release: () => void = () => undefined
    const both = new Promise<void>((resolve) => {
      release = resolve
    })
    world.meddling.send = async (request, send) => {
      started += 1
      if (started === 2) release()
      if (started <= 2) await both
      return send(request)
    }
    world.clevertap.script(answers)
    await world.emit(customers(150))
    const before = world.now()
    await world.quiesce()
    expect(channel('clevertap').nextAt).toBeGreaterThanOrEqual(before + 60 * SECOND)
    await world.run()
    expect(await statuses('clevertap')).toEqual({ delivered: 152 })
  })
})

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
