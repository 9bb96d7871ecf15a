import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { HttpRequest } from '../../src/net/http.ts'
import type { Fault } from '../../src/stand-ins/server.ts'
import { type Disk, MINUTE, openDisk, SECOND } from './ground.ts'
import { clevertapIntegration, openWorld, segmentIntegration, type World } from './harness.ts'
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

const elsewhere = (request: HttpRequest, origin: string): HttpRequest => ({
  ...request,
  url: origin + new URL(request.url).pathname,
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
