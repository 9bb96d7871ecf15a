import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { request as send } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { segment } from '../../src/destinations/segment/index.ts'
import { EVENT_NAMES } from '../../src/domain/event.ts'
import { type SegmentStandIn, startSegmentStandIn } from '../../src/stand-ins/segment.ts'
import { DROP_REASONS } from '../../src/stand-ins/segment-verdict.ts'
import { withDefaults } from '../destinations/conformance.ts'
import { eventNamed } from '../destinations/events.ts'
import { recordsOf, renderInput } from '../destinations/render.ts'

const START = Date.UTC(2026, 10, 20, 12)
let clock = START
let standIn: SegmentStandIn

beforeEach(async () => {
  clock = START
  standIn = await startSegmentStandIn({
    writeKeys: [{ key: 'here' }, { key: 'there', region: 'eu' }],
    now: () => clock,
  })
})
afterEach(() => standIn.close())

const basic = (key: string): string => `Basic ${btoa(`${key}:`)}`

async function post(
  path: string,
  body: unknown,
  headers: Record<string, string> = { authorization: basic('here'), 'content-type': 'application/json' },
): Promise<{ status: number; text: string }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await send(`${standIn.url}${path}`, { method: 'POST', headers, body: text })
  return { status: answer.statusCode, text: await answer.body.text() }
}

const track = (changes: Record<string, unknown> = {}) => ({
  type: 'track',
  event: 'Song Played',
  userId: 'u1',
  messageId: 'm1',
  timestamp: '2026-11-20T11:00:00.000Z',
  sentAt: '2026-11-20T12:00:00.000Z',
  properties: { event_id: 'evt_1', revenue: 1.5, currency: 'USD' },
  ...changes,
})

describe('what it keeps', () => {
  it('takes every type of call on its own path and in a batch', async () => {
    const calls = [
      track(),
      track({ type: 'identify', messageId: 'm2', traits: { plan: 'gold' } }),
      track({ type: 'group', messageId: 'm3', groupId: 'g' }),
      track({ type: 'alias', messageId: 'm4', previousId: 'u0' }),
      track({ type: 'page', messageId: 'm5' }),
      track({ type: 'screen', messageId: 'm6', userId: undefined, anonymousId: 'a1' }),
    ]
    for (const call of calls) {
      expect(await post(`/v1/${call.type}`, { ...call, type: undefined })).toEqual({
        status: 200,
        text: '{"success":true}',
      })
    }
    await post('/v1/batch', { batch: calls.map((call) => ({ ...call, messageId: `b-${call.messageId}` })) })
    expect(standIn.accepted()).toHaveLength(12)
    expect(
      standIn
        .accepted()
        .map(({ arrival, index }) => [arrival, index])
        .slice(5),
    ).toEqual([
      [6, 0],
      [7, 0],
      [7, 1],
      [7, 2],
      [7, 3],
      [7, 4],
      [7, 5],
    ])
    expect(standIn.counts()).toMatchObject({
      requests: 7,
      calls: 12,
      accepted: 12,
      dropped: 0,
      types: { track: 2, screen: 2 },
    })
    expect(standIn.byCustomer('a1')).toHaveLength(2)
    expect(standIn.byEvent('evt_1').length).toBeGreaterThan(1)
  })

  it('takes the write key from the body too', async () => {
    await post('/v1/track', track({ writeKey: 'here' }), { 'content-type': 'application/json; charset=utf-8' })
    expect(standIn.ledger.map(({ verdict }) => verdict)).toEqual(['accepted'])
  })

  it('computes the time of a call from its sentAt, and takes the time of arrival where there is none', async () => {
    clock = START + 90_000
    await post('/v1/batch', {
      sentAt: '2026-11-20T12:00:30.000Z',
      batch: [track({ sentAt: undefined }), track({ messageId: 'm2', timestamp: undefined, sentAt: undefined })],
    })
    expect(standIn.ledger.map(({ timestamp }) => timestamp)).toEqual([Date.UTC(2026, 10, 20, 11, 1), clock])
  })

  it('warns of what Segment keeps and nobody wants', async () => {
    const context = { environment: 'sandbox', library: { name: 'x', version: '1' }, ip: '192.0.2.1' }
    await post(
      '/v1/track',
      track({ context, messageId: undefined, sentAt: undefined, properties: { revenue: '1.50' } }),
    )
    await post('/v1/track', track())
    await post('/v1/track', track({ messageId: 'another' }))
    expect(standIn.ledger.map(({ warnings }) => warnings)).toEqual([
      [
        'unknown_context_key:environment',
        'no_message_id',
        'no_sent_at',
        'revenue_not_a_number',
        'revenue_without_currency',
      ],
      [],
      ['repeated_event'],
    ])
    expect(standIn.dropped()).toEqual([])
    expect(standIn.duplicates()).toHaveLength(1)
  })

  it('takes every record that our own destination makes, with no warning but the environment that the reference sends', async () => {
    const settings = withDefaults(segment.fields, { write_key: 'here' })
    const records = EVENT_NAMES.flatMap((name) =>
      recordsOf(segment, renderInput(segment, settings, eventNamed(name, { id: `evt_${name}` }))),
    )
    const request = segment.request(records, { settings, environment: 'production', nowMs: clock })
    await post(request.path, request.body, { ...request.headers })
    expect(standIn.accepted()).toHaveLength(24)
    expect(new Set(standIn.ledger.flatMap(({ warnings }) => warnings))).toEqual(
      new Set(['unknown_context_key:environment']),
    )
    const happened = EVENT_NAMES.flatMap((name) => Array.from({ length: 2 }, () => eventNamed(name).occurredAt))
    expect(standIn.ledger.map(({ timestamp }) => timestamp)).toEqual(happened)
  })
})

describe('what it drops while it answers 200', () => {
  const cases: readonly [string, Record<string, unknown>][] = [
    ['bad_type', { type: 'purchase' }],
    ['bad_type', { type: undefined }],
    ['unknown_key', { user_id: 'u1' }],
    ['unknown_key', { timeStamp: '2026-11-20T11:00:00Z' }],
    ['unknown_key', { time_stamp: '2026-11-20T11:00:00Z' }],
    ['no_user_anon_id', { userId: undefined }],
    ['no_user_anon_id', { userId: '', anonymousId: null }],
    ['no_user_anon_id', { userId: 13 }],
    ['no_event_name', { event: undefined }],
    ['no_event_name', { event: '' }],
    ['no_group_id', { type: 'group' }],
    ['no_previous_id', { type: 'alias' }],
    ['bad_properties', { properties: 'revenue=1' }],
    ['bad_properties', { type: 'identify', traits: ['gold'] }],
    ['message_id_too_long', { messageId: 'm'.repeat(101) }],
    ['message_id_too_long', { messageId: 7 }],
    ['bad_timestamp', { timestamp: '2026-11-20T11:00:00' }],
    ['bad_timestamp', { timestamp: 1_795_600_000 }],
    ['bad_timestamp', { timestamp: '2026-02-30T11:00:00Z' }],
    ['bad_timestamp', { sentAt: 'now' }],
  ]
  it.each(cases)('%s: %j', async (reason, changes) => {
    expect(await post('/v1/batch', { batch: [track({ messageId: 'other' }), track(changes)] })).toMatchObject({
      status: 200,
    })
    expect(standIn.ledger.map(({ verdict }) => verdict)).toEqual(['accepted', `dropped:${reason}`])
  })

  it('what is no object', async () => {
    await post('/v1/batch', { batch: ['track', null] })
    expect(standIn.ledger.map(({ verdict }) => verdict)).toEqual(['dropped:not_an_object', 'dropped:not_an_object'])
  })

  it('an unknown key, a key without its colon, no key, and a key of the other region', async () => {
    for (const authorization of [basic('nobody'), `Basic ${btoa('here')}`, '', basic('there')]) {
      expect((await post('/v1/track', track(), { authorization, 'content-type': 'application/json' })).status).toBe(200)
    }
    const unknown = 'dropped:unknown_write_key'
    expect(standIn.ledger.map(({ verdict }) => verdict)).toEqual([unknown, unknown, unknown, 'dropped:wrong_region'])
  })

  it('a batch of more than 2,500 calls, all of it', async () => {
    const small = { type: 'track', event: 'e', userId: 'u' }
    await post('/v1/batch', { batch: Array.from({ length: 2_501 }, () => small) })
    expect(standIn.counts().verdicts).toEqual({ 'dropped:batch_over_2500': 2_501 })
    standIn.reset()
    await post('/v1/batch', { batch: Array.from({ length: 2_500 }, () => small) })
    expect(standIn.counts().verdicts).toEqual({ accepted: 2_500 })
  })

  it('a messageId of the last 24 hours, but not of one that was dropped', async () => {
    await post('/v1/track', track({ event: '' }))
    await post('/v1/track', track())
    clock += 86_399_999
    await post('/v1/track', track())
    clock += 1
    await post('/v1/track', track())
    const verdicts = standIn.ledger.map(({ verdict }) => verdict)
    expect(verdicts).toEqual(['dropped:no_event_name', 'accepted', 'dropped:duplicate', 'accepted'])
    expect(standIn.counts()).toMatchObject({ accepted: 2, dropped: 2, duplicates: 1 })
  })

  it('for each reason that there is', () => {
    const elsewhere = ['unknown_write_key', 'wrong_region', 'batch_over_2500', 'not_an_object', 'duplicate']
    expect(new Set([...cases.map(([reason]) => reason), ...elsewhere])).toEqual(new Set(DROP_REASONS))
  })
})

describe('what it refuses', () => {
  const wide = (bytes: number): Record<string, unknown> => {
    const empty = JSON.stringify(track({ properties: { fill: '' } })).length
    return track({ properties: { fill: 'x'.repeat(bytes - empty) } })
  }

  it.each([
    ['a call over 32 KB', '/v1/track', wide(32_769)],
    ['a call over 32 KB in a batch', '/v1/batch', { batch: [track(), wide(32_769)] }],
    [
      'a batch over 500 KB',
      '/v1/batch',
      { batch: Array.from({ length: 16 }, () => wide(32_000)), fill: 'x'.repeat(100) },
    ],
    ['broken JSON', '/v1/batch', '{"batch":['],
    ['JSON that is no object', '/v1/track', '[]'],
    ['a batch without calls', '/v1/batch', { calls: [] }],
  ])('%s, with 400 and no trace in the ledger', async (_, path, body) => {
    expect((await post(path, body)).status).toBe(400)
    expect(standIn.counts()).toMatchObject({ requests: 0, calls: 0 })
  })

  it('nothing at the limit itself', async () => {
    expect((await post('/v1/track', wide(32_768))).status).toBe(200)
    expect((await post('/v1/batch', { batch: Array.from({ length: 15 }, () => wide(32_768)) })).status).toBe(200)
  })

  it('another content type, another method, another path', async () => {
    expect(
      (await post('/v1/track', track(), { authorization: basic('here'), 'content-type': 'text/plain' })).status,
    ).toBe(400)
    expect((await post('/v1/track', track(), { authorization: basic('here') })).status).toBe(400)
    expect((await post('/v1/import', track())).status).toBe(404)
    const got = await send(`${standIn.url}/v1/track`)
    await got.body.dump()
    expect(got.statusCode).toBe(405)
  })

  it('a check of a key that no source has', async () => {
    const statusOf = async (key: string): Promise<number> => {
      const got = await send(`${standIn.url}/v1/projects/${key}/settings`)
      await got.body.dump()
      return got.statusCode
    }
    expect([await statusOf('here'), await statusOf('there'), await statusOf('nobody')]).toEqual([200, 200, 404])
  })
})

describe('what goes wrong with it', () => {
  it('records nothing when the connection is cut before, and everything when it is cut after', async () => {
    standIn.script([
      { kind: 'cut_before' },
      { kind: 'cut_after' },
      { kind: 'answer', status: 429, headers: { 'retry-after': '3' } },
    ])
    await expect(post('/v1/track', track())).rejects.toThrow()
    expect(standIn.counts().calls).toBe(0)
    await expect(post('/v1/track', track())).rejects.toThrow()
    expect(standIn.counts().accepted).toBe(1)
    expect((await post('/v1/track', track())).status).toBe(429)
    await post('/v1/track', track())
    expect(standIn.counts()).toMatchObject({ accepted: 1, duplicates: 1 })
  })

  it('keeps flat what it is told to keep flat, and still knows every repetition', async () => {
    const small = await startSegmentStandIn({ writeKeys: [{ key: 'here' }], keepEntries: false })
    const batch = Array.from({ length: 2_000 }, (_, i) => track({ messageId: `m${i}`, properties: undefined }))
    const headers = { authorization: basic('here'), 'content-type': 'application/json' }
    for (let i = 0; i < 2; i += 1) {
      const answer = await send(`${small.url}/v1/batch`, { method: 'POST', headers, body: JSON.stringify({ batch }) })
      await answer.body.dump()
    }
    expect(small.ledger).toHaveLength(0)
    expect(small.counts()).toMatchObject({ calls: 4_000, accepted: 2_000, duplicates: 2_000 })
    await small.close()
  })

  it('serves as a process of its own: ledger, faults and reset over HTTP', async () => {
    const script = new URL('../../src/stand-ins/segment.ts', import.meta.url).pathname
    const child = spawn(process.execPath, [
      script,
      '--write-key',
      'here',
      '--write-key',
      'there:eu',
      '--keep',
      'entries',
    ])
    try {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
      const { url } = JSON.parse(line) as { url: string }
      const json = { authorization: basic('here'), 'content-type': 'application/json' }
      const call = async (method: 'GET' | 'POST', path: string, body?: unknown) => {
        const answer = await send(`${url}${path}`, {
          method,
          headers: json,
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
        const text = await answer.body.text()
        return { status: answer.statusCode, body: text === '' ? null : (JSON.parse(text) as unknown) }
      }
      await call('POST', '/_faults', { script: [{ kind: 'answer', status: 503, body: '{}' }], always: null })
      expect((await call('POST', '/v1/track', track())).status).toBe(503)
      expect((await call('POST', '/v1/batch', { batch: [track(), track(), track({ messageId: 'm2' })] })).status).toBe(
        200,
      )
      expect((await call('GET', '/_ledger?limit=2')).body).toMatchObject({
        counts: { requests: 1, accepted: 2, duplicates: 1 },
        entries: [{ verdict: 'accepted', body: null }, { verdict: 'dropped:duplicate' }],
        next: 2,
      })
      expect((await call('GET', '/_ledger?after=2')).body).toMatchObject({ entries: [{ messageId: 'm2' }], next: null })
      expect((await call('GET', '/_ledger?verdict=accepted')).body).toMatchObject({
        entries: [{}, { messageId: 'm2' }],
      })
      expect((await call('POST', '/_reset')).status).toBe(204)
      expect((await call('GET', '/_ledger')).body).toMatchObject({ counts: { calls: 0 }, entries: [] })
    } finally {
      child.kill('SIGTERM')
      const [code] = (await once(child, 'exit')) as [number | null]
      expect(code).toBe(0)
    }
  })
})
