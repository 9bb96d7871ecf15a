import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { LiveMessage } from '../../src/http/live.ts'
import { PATIENT } from '../patience.ts'
import { ACME_KEY, eventOf, OTHER_KEY } from './in-memory-doors.ts'
import { type Started, started } from './started.ts'

const clients: ClientRequest[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy()
})

interface Reader {
  readonly answer: IncomingMessage
  readonly text: () => string
  readonly ended: () => boolean
}

async function follow(
  servers: Started,
  options: {
    readonly project?: string
    readonly key?: string
    readonly cookie?: string
    readonly paused?: boolean
  } = {},
): Promise<Reader> {
  if (servers.public.server.address() === null) await servers.listen()
  const { port } = servers.public.server.address() as AddressInfo
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const client = get(
      {
        port,
        host: '127.0.0.1',
        path: `/api/projects/${options.project ?? 'acme'}/stream`,
        headers:
          options.cookie === undefined
            ? { authorization: `Bearer ${options.key ?? ACME_KEY}` }
            : { cookie: options.cookie },
      },
      resolve,
    )
    client.on('error', reject)
    clients.push(client)
  })
  let text = ''
  let ended = false
  answer.on('close', () => {
    ended = true
  })
  answer.on('error', () => undefined)
  if (options.paused !== true) {
    answer.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
  }
  return { answer, text: () => text, ended: () => ended }
}

const anEvent = (id: string, projectId = 'acme'): LiveMessage => ({ kind: 'event', event: eventOf(projectId, { id }) })

describe('GET /api/projects/{p}/stream', () => {
  it('tells events and delivery outcomes of its project as they come', async () => {
    const servers = await started()
    const reader = await follow(servers)
    expect(reader.answer.statusCode).toBe(200)
    expect(reader.answer.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    servers.hub.live.publish('other', anEvent('evt_of_other', 'other'))
    servers.hub.live.publish('acme', anEvent('evt_1'))
    servers.hub.live.publish('acme', {
      kind: 'delivery',
      delivery: {
        id: 'dlv_1',
        eventId: 'evt_1',
        integrationId: 'segment',
        environment: 'production',
        status: 'delivered',
        reason: null,
        attempts: 1,
      },
    })
    await vi.waitFor(() => expect(reader.text()).toContain('event: delivery'), PATIENT)
    const messages = reader
      .text()
      .split('\n\n')
      .filter((part) => part.startsWith('event: '))
    expect(messages.map((part) => part.split('\n')[0])).toEqual(['event: event', 'event: delivery'])
    expect(JSON.parse(messages[0]?.split('data: ')[1] ?? '')).toMatchObject({ id: 'evt_1', type: 'RENEWAL' })
    expect(JSON.parse(messages[1]?.split('data: ')[1] ?? '')).toEqual({
      id: 'dlv_1',
      event_id: 'evt_1',
      integration_id: 'segment',
      environment: 'production',
      status: 'delivered',
      reason: null,
      attempts: 1,
    })
  })

  it('is closed to another project and to nobody’s key', async () => {
    const servers = await started()
    expect((await follow(servers, { key: OTHER_KEY })).answer.statusCode).toBe(404)
    expect((await follow(servers, { key: 'sk_nobody' })).answer.statusCode).toBe(401)
  })

  it('shows that it lives, and ends when its key is revoked', async () => {
    const servers = await started({ config: { heartbeatMs: 20 } })
    const reader = await follow(servers)
    await vi.waitFor(() => expect(reader.text()).toContain(': still here'), PATIENT)
    servers.hub.rows.keys.length = 0
    await vi.waitFor(() => expect(reader.ended()).toBe(true), PATIENT)
  })

  it('ends when the session of its reader does, or the membership', async () => {
    const servers = await started({ config: { heartbeatMs: 20, baseUrl: 'http://127.0.0.1' } })
    const { members } = servers.hub.doors
    const owner = { email: 'ana@example.com', name: 'Ana', password: 'a long enough password' }
    await members.use((await members.setupToken()) ?? '', owner)
    const cookieOf = async (email: string): Promise<string> => {
      const { token } = await members.invite({ projectId: 'acme', email, role: 'viewer', createdBy: 'ana' })
      const entered = await members.use(token, { email, name: 'Ben', password: 'a long enough password' })
      if (entered.kind !== 'in') throw new Error(entered.kind)
      return `__Host-tributary_session=${entered.token}`
    }
    const [one, two] = [await cookieOf('ben@example.com'), await cookieOf('cy@example.com')]
    const readers = [await follow(servers, { cookie: one }), await follow(servers, { cookie: two })]
    for (const reader of readers) await vi.waitFor(() => expect(reader.text()).toContain(': still here'), PATIENT)
    const people = await members.members('acme')
    const idOf = (email: string): string => people.find((one) => one.email === email)?.accountId ?? ''
    await members.signOutEverywhere(idOf('ben@example.com'))
    await vi.waitFor(() => expect(readers[0]?.ended()).toBe(true), PATIENT)
    expect(readers[1]?.ended()).toBe(false)
    await members.changeMember('acme', idOf('cy@example.com'), null)
    await vi.waitFor(() => expect(readers[1]?.ended()).toBe(true), PATIENT)
  })

  it('cuts a reader that does not read, and keeps the others', async () => {
    const servers = await started()
    const slow = await follow(servers, { paused: true })
    const quick = await follow(servers)
    slow.answer.pause()
    const message: LiveMessage = { kind: 'event', event: eventOf('acme', { productId: 'x'.repeat(100_000) }) }
    const wasCut = () => servers.lines.some(({ msg }) => String(msg).includes('too slow'))
    let sent = 0
    await vi.waitFor(
      () => {
        servers.hub.live.publish('acme', message)
        sent += 1
        expect(wasCut()).toBe(true)
      },
      { interval: 1, timeout: 8_000 },
    )
    servers.hub.live.publish('acme', anEvent('evt_last'))
    await vi.waitFor(() => expect(quick.text()).toContain('evt_last'), PATIENT)
    expect(quick.ended()).toBe(false)
    expect(sent).toBeGreaterThan(10)
    expect(servers.lines.filter(({ msg }) => String(msg).includes('too slow'))).toHaveLength(1)
  }, 10_000)

  it('ends when the server closes, which does not wait for it', async () => {
    const servers = await started()
    const reader = await follow(servers)
    await servers.close()
    await vi.waitFor(() => expect(reader.ended()).toBe(true), PATIENT)
  })

  it('takes at most 100 readers of a project, and a place is free again when one leaves', async () => {
    const servers = await started()
    for (let count = 0; count < 100; count += 1) expect((await follow(servers)).answer.statusCode).toBe(200)
    const refused = await follow(servers)
    expect([refused.answer.statusCode, refused.answer.headers['retry-after']]).toEqual([503, '30'])
    expect((await follow(servers, { project: 'other', key: OTHER_KEY })).answer.statusCode).toBe(200)
    clients[0]?.destroy()
    await vi.waitFor(async () => expect((await follow(servers)).answer.statusCode).toBe(200), PATIENT)
  })
})
