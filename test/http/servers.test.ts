import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { createHealth } from '../../src/http/routes/health.ts'
import { PATIENT } from '../patience.ts'
import { ACME_KEY, memoryHub, NOW } from './in-memory-doors.ts'
import { type Started, started } from './started.ts'

const place = (port: number, setting: string) => ({ host: '127.0.0.1', port, setting })

/** What comes back for these bytes, until the server ends the connection. */
async function speak(servers: Started, bytes: string): Promise<string> {
  const { port } = servers.public.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString()
  })
  socket.on('error', () => undefined)
  socket.write(bytes)
  await once(socket, 'close')
  return heard
}

describe('health', () => {
  it('is on both ports: /healthz for the process, /readyz for its work', async () => {
    const servers = await started()
    for (const app of [servers.public, servers.metrics]) {
      expect((await app?.inject('/healthz'))?.json()).toEqual({ status: 'ok' })
      expect((await app?.inject('/readyz'))?.json()).toEqual({ status: 'ready' })
      expect((await app?.inject({ method: 'HEAD', url: '/readyz' }))?.statusCode).toBe(200)
    }
  })

  it('is not ready while storage takes no writes, with its sentence', async () => {
    const hub = memoryHub()
    hub.ping = () => Promise.reject(new Error('The disk is full; free some space.'))
    const { public: app } = await started({ hub })
    const answer = await app.inject('/readyz')
    expect([answer.statusCode, answer.json()]).toEqual([
      503,
      { status: 'not ready', reason: 'The disk is full; free some space.' },
    ])
    expect((await app.inject('/healthz')).statusCode).toBe(200)
  })

  it('does not wait for a storage that hangs', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { unready } = createHealth(
        { now: () => NOW, health: { ping: () => new Promise(() => undefined) } },
        () => false,
      )
      const asked = unready()
      await vi.advanceTimersByTimeAsync(2_000)
      expect(await asked).toContain('2 s')
    } finally {
      vi.useRealTimers()
    }
  })

  it('asks storage once for all who ask at once', async () => {
    const hub = memoryHub()
    let pings = 0
    hub.ping = async () => {
      pings += 1
    }
    const { public: app } = await started({ hub })
    await Promise.all(Array.from({ length: 50 }, () => app.inject('/readyz')))
    expect(pings).toBe(1)
  })

  it('is not ready from drain on, while everything else goes on', async () => {
    const servers = await started()
    servers.drain()
    expect((await servers.public.inject('/readyz')).json()).toMatchObject({
      reason: expect.stringContaining('shutting down'),
    })
    expect((await servers.public.inject('/healthz')).statusCode).toBe(200)
    expect(
      (
        await servers.public.inject({
          method: 'POST',
          url: '/notifications/app-store/acme/ios',
          headers: { 'content-type': 'application/json' },
          payload: '{}',
        })
      ).statusCode,
    ).toBe(200)
  })
})

describe('places', () => {
  it('has notifications, SDK and health on the public port and the API on the admin port, when there is one', async () => {
    const servers = await started({ config: { admin: place(0, 'TRIBUTARY_ADMIN_PORT') } })
    const headers = { authorization: `Bearer ${ACME_KEY}` }
    expect((await servers.public.inject({ url: '/api/projects/acme/events', headers })).statusCode).toBe(404)
    expect((await servers.admin?.inject({ url: '/api/projects/acme/events', headers }))?.statusCode).toBe(200)
    expect(
      (await servers.admin?.inject({ method: 'POST', url: '/v1/subscribers/x/attributes', headers }))?.statusCode,
    ).toBe(404)
    expect((await servers.admin?.inject('/readyz'))?.statusCode).toBe(200)
    expect((await servers.public.inject('/metrics')).statusCode).toBe(404)
  })

  it('says in one sentence that a port is in use and leaves none open', async () => {
    const other = createServer()
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const servers = await started({ config: { metrics: place(port, 'TRIBUTARY_METRICS_PORT') } })
    await expect(servers.listen()).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is in use; stop the program that has it, or set TRIBUTARY_METRICS_PORT to another port.`,
    )
    expect(servers.public.server.listening).toBe(false)
    other.close()
  })

  it('says in one sentence that a host is not of this machine', async () => {
    const servers = await started({ config: { public: { host: '192.0.2.1', port: 0, setting: 'TRIBUTARY_PORT' } } })
    await expect(servers.listen()).rejects.toThrow('192.0.2.1 is no address of this machine')
  })
})

describe('every answer', () => {
  it('tells nobody to keep, sniff, frame or embed it, and names the request', async () => {
    const { public: app } = await started()
    const urls = ['/healthz', '/api/openapi.json', '/api/projects/acme/events', '/nope', '/v1/nope']
    for (const url of urls) {
      const { headers } = await app.inject({
        url,
        headers: { authorization: `Bearer ${ACME_KEY}`, 'x-request-id': 'chosen-by-a-stranger' },
      })
      expect(headers, url).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'strict-transport-security': 'max-age=31536000',
        'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      })
      expect(headers).not.toHaveProperty('x-powered-by')
      expect(headers).not.toHaveProperty('server')
    }
  })

  it('believes X-Forwarded-For from configured proxies only', async () => {
    const seen = async (trustProxy: readonly string[]) => {
      const servers = await started({ config: { trustProxy } })
      await servers.public.inject({ url: '/nope', headers: { 'x-forwarded-for': '203.0.113.9' } })
      return servers.lines.find(({ msg }) => msg === 'Answered')?.from
    }
    expect(await seen([])).toBe('127.0.0.1')
    expect(await seen(['127.0.0.1'])).toBe('203.0.113.9')
    expect(await seen(['198.51.100.1'])).toBe('127.0.0.1')
  })
})

describe('the wire', () => {
  it('answers what is no HTTP in JSON and ends the connection', async () => {
    const servers = await started()
    await servers.listen()
    const garbage = [
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'NOPE\r\n\r\n',
    ]
    for (const bytes of garbage) {
      const heard = await speak(servers, bytes)
      expect(heard).toMatch(/^HTTP\/1\.1 400 /)
      expect(heard).toContain('application/problem+json')
    }
    expect(garbage).toHaveLength(4)
  })

  it('takes headers of 8 KiB at most', async () => {
    const servers = await started()
    await servers.listen()
    expect(
      await speak(
        servers,
        `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(9_000)}\r\nConnection: close\r\n\r\n`,
      ),
    ).toMatch(/^HTTP\/1\.1 431 /)
    expect(
      await speak(
        servers,
        `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(7_000)}\r\nConnection: close\r\n\r\n`,
      ),
    ).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('gives a slow sender 10 s for its headers and 15 s in all', async () => {
    const { public: app } = await started()
    expect(app.server.headersTimeout).toBe(10_000)
    expect(app.server.requestTimeout).toBe(15_000)
  })

  it('finishes what it is doing when it closes, and takes nothing new', async () => {
    const hub = memoryHub()
    const entered = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const slow = {
      ...hub.doors,
      ingest: {
        ...hub.doors.ingest,
        accept: async () => {
          entered.resolve()
          await release.promise
          return { status: 200 as const }
        },
      },
    }
    const servers = await started({ hub: Object.assign(hub, { doors: slow }) })
    await servers.listen()
    const { port } = servers.public.server.address() as AddressInfo
    const asked = fetch(`http://127.0.0.1:${port}/notifications/app-store/acme/ios`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    await entered.promise
    const closed = servers.close()
    await vi.waitFor(() => expect(servers.public.server.listening).toBe(false), PATIENT)
    release.resolve()
    expect((await asked).status).toBe(200)
    await closed
  })
})
