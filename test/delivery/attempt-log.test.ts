import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { loggedRequest } from '../../src/delivery/attempt-log.ts'
import { segment } from '../../src/destinations/segment/index.ts'
import type { ListedDelivery } from '../../src/storage/reads.ts'
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
type Destination = (typeof BOTH)[number]

async function open(destination: Destination): Promise<void> {
  world = await openWorld({
    disk,
    integrations: (project) => [
      destination === 'segment' ? segmentIntegration(project) : clevertapIntegration(project),
    ],
  })
}

const secret = (destination: Destination): string => (destination === 'segment' ? WRITE_KEY : PASSCODE)

/** Every form in which a secret might show. */
function forms(value: string): readonly string[] {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  return [value, base64(value), base64(`${value}:`), encodeURIComponent(value)]
}

async function only(destination: Destination): Promise<ListedDelivery> {
  const [one] = await world.deliveries(destination)
  if (one === undefined) throw new Error('there is no delivery')
  return one
}

describe('the attempt log', () => {
  it.each(BOTH)(
    '%s: keeps method, address, headers, body, status, answer, duration and outcomes',
    async (destination) => {
      await open(destination)
      await world.emit([{ customer: 'u' }])
      await world.run()
      const [attempt] = await world.attemptsOf(await only(destination))
      expect(attempt).toMatchObject({ status: 200, channelId: `${destination}:production`, at: world.now() })
      expect(attempt?.durationMs).toBeGreaterThanOrEqual(0)
      const request = JSON.parse(attempt?.request ?? '{}') as Record<string, unknown>
      expect(request).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } })
      expect(request.url).toBe(`${world[destination].url}${destination === 'segment' ? '/v1/batch' : '/1/upload'}`)
      expect(request.body).toBe(world.sendings[0]?.request.body)
      const response = JSON.parse(attempt?.response ?? '{}') as Record<string, unknown>
      expect(response).toMatchObject({ status: 200, truncated: false })
      expect(response.body).toContain('success')
      const { delivery } = await only(destination)
      expect(JSON.parse(attempt?.outcomes ?? '[]')).toEqual(
        (destination === 'segment' ? ['identify', 'track'] : ['event']).map((record) => ({
          delivery: delivery.id,
          record,
          outcome: 'delivered',
        })),
      )
    },
  )

  it.each(BOTH)('%s: holds no secret, by name or by value, whatever the destination echoes', async (destination) => {
    await open(destination)
    const value = secret(destination)
    const echo = forms(value).join(' and ')
    const body = JSON.stringify({ error: `credentials ${echo} are wrong`, code: 401 })
    world[destination].script([
      { kind: 'answer', status: 503, body, headers: { location: `https://example.com/${value}`, server: value } },
      { kind: 'answer', status: 400, body },
      { kind: 'answer', status: 401, body },
    ])
    await world.emit([{ customer: 'u', attributes: { oops: value } }, { customer: 'v' }])
    await world.run()
    expect(world.sendings.length).toBeGreaterThan(3)
    const told = JSON.stringify([
      await world.storage.loadChannels(),
      world.logs,
      world.news,
      await Promise.all((await world.deliveries(destination)).map(async (one) => [one, await world.attemptsOf(one)])),
    ])
    expect(told.length).toBeGreaterThan(5_000)
    for (const form of forms(value)) expect(told).not.toContain(form)
  })

  it('does not leave half a secret at the cut', async () => {
    await open('clevertap')
    const half = PASSCODE.slice(0, 12)
    for (let before = 8_192 - PASSCODE.length; before <= 8_192; before += 1) {
      world.clevertap.script([{ kind: 'answer', status: 503, body: 'x'.repeat(before) + PASSCODE }])
    }
    for (let before = 200 - PASSCODE.length; before <= 200; before += 1) {
      world.clevertap.script([{ kind: 'answer', status: 503, body: 'x'.repeat(before) + PASSCODE }])
    }
    await world.emit([{ customer: 'u' }])
    await world.run()
    const one = await only('clevertap')
    const attempts = await world.attemptsOf(one)
    expect(attempts.length).toBeGreaterThan(30)
    expect(JSON.stringify([one, attempts, world.logs])).not.toContain(half)
  })

  it('keeps 8 KiB of an answer', async () => {
    await open('segment')
    world.segment.script([{ kind: 'body', body: 'é'.repeat(20_000) }])
    await world.emit([{ customer: 'u' }])
    await world.run()
    const [attempt] = await world.attemptsOf(await only('segment'))
    const response = JSON.parse(attempt?.response ?? '{}') as { body: string; truncated: boolean }
    expect(response.truncated).toBe(true)
    expect(Buffer.byteLength(response.body)).toBeLessThanOrEqual(8_192)
    expect(Buffer.byteLength(response.body)).toBeGreaterThan(8_000)
  })

  it('keeps what went wrong when no answer came', async () => {
    await open('segment')
    world.segment.script([{ kind: 'cut_after' }])
    await world.emit([{ customer: 'u' }])
    await world.run()
    const [first, second] = await world.attemptsOf(await only('segment'))
    expect(first).toMatchObject({ status: null })
    expect(JSON.parse(first?.response ?? '{}')).toMatchObject({ sent: true, fault: expect.stringContaining('broke') })
    expect(second).toMatchObject({ status: 200 })
  })

  it('names each record’s outcome, with its reason', async () => {
    await open('clevertap')
    const [event] = await world.emit([{ customer: 'u' }])
    world.clevertap.answerNext({ match: event?.id ?? '', code: 513 })
    await world.run()
    const one = await only('clevertap')
    const [attempt] = await world.attemptsOf(one)
    expect(JSON.parse(attempt?.outcomes ?? '[]')).toEqual([
      { delivery: one.delivery.id, record: 'event', outcome: 'refused', reason: expect.stringContaining('CleverTap') },
    ])
  })

  it('writes one wide line per attempt, and tells the live stream each outcome once', async () => {
    await open('clevertap')
    await world.emit([{ customer: 'u' }, { customer: 'v' }])
    world.clevertap.script([{ kind: 'answer', status: 503 }])
    await world.run()
    const lines = world.logs.filter(({ message }) => message === 'attempt')
    expect(lines).toHaveLength(world.sendings.length)
    expect(lines[0]).toMatchObject({
      level: 'warn',
      details: {
        project: world.project,
        integration: 'clevertap',
        destination: 'clevertap',
        environment: 'production',
        status: 503,
        deliveries: 2,
        outcome: 'failed',
      },
    })
    expect(lines.at(-1)).toMatchObject({ level: 'info', details: { status: 200, outcome: 'records' } })
    const told = world.news.flatMap(({ deliveries }) => deliveries)
    expect(told.filter(({ status }) => status === 'delivered')).toHaveLength(2)
    expect(told.every(({ eventId }) => eventId !== '')).toBe(true)
  })

  it('masks what a destination declares as secret in its bodies', async () => {
    await open('segment')
    const logged = loggedRequest(
      {
        remote: 'segment',
        origin: 'https://example.com',
        method: 'POST',
        path: '/',
        headers: { Authorization: 'Basic abc', 'content-type': 'application/json' },
        body: '{"d":[{"token":"hush","n":1}]}',
      },
      { ...segment, secretBodyKeys: ['token'] },
      (text) => text,
    )
    expect(logged).not.toContain('hush')
    expect(logged).not.toContain('Basic abc')
    expect(logged).toContain('\\"n\\":1')
  })
})
