import { describe, expect, it } from 'vitest'
import { segment } from '../../../src/destinations/segment/index.ts'
import type { Settings } from '../../../src/domain/field.ts'
import type { Environment } from '../../../src/domain/purchase.ts'
import { answer, withDefaults } from '../conformance.ts'
import { eventNamed } from '../events.ts'
import { NOW, recordsOf, renderInput } from '../render.ts'

const settingsWith = (changes: Settings = {}): Settings =>
  withDefaults(segment.fields, { write_key: 'abc123', ...changes })
const records = ['evt_a', 'evt_b'].flatMap((id) =>
  recordsOf(segment, renderInput(segment, settingsWith(), eventNamed('renewal', { id }))),
)
const requestWith = (settings: Settings, environment: Environment = 'production', nowMs = NOW) =>
  segment.request(records, { settings: settingsWith(settings), environment, nowMs })

describe('the request', () => {
  it('is one batch with Basic authentication and the key nowhere in the body', () => {
    const { body, ...rest } = requestWith({})
    expect(rest).toEqual({
      remote: 'segment',
      origin: 'https://api.segment.io',
      method: 'POST',
      path: '/v1/batch',
      headers: { authorization: 'Basic YWJjMTIzOg==', 'content-type': 'application/json' },
    })
    expect(body).toBe(`{"batch":[${records.map(({ json }) => json).join(',')}],"sentAt":"2026-11-20T10:00:05.000Z"}`)
  })

  it('goes to the region of the workspace', () => {
    expect(requestWith({ region: 'eu' }).origin).toBe('https://events.eu1.segmentapis.com')
    expect(requestWith({ region: 'us' }).origin).toBe('https://api.segment.io')
  })

  it('stamps sentAt anew with every attempt and changes nothing else', () => {
    const [first, second] = [NOW, NOW + 30_000].map((nowMs) => requestWith({}, 'production', nowMs).body)
    expect(second).not.toBe(first)
    expect(second?.replace('10:00:35', '10:00:05')).toBe(first)
  })

  it('takes the sandbox key for sandbox traffic where one is set, the main key else', () => {
    const keyOf = (settings: Settings, environment: Environment): string =>
      atob((requestWith(settings, environment).headers.authorization ?? '').replace('Basic ', ''))
    expect(keyOf({ sandbox_write_key: 'def456' }, 'sandbox')).toBe('def456:')
    expect(keyOf({ sandbox_write_key: 'def456' }, 'production')).toBe('abc123:')
    expect(keyOf({}, 'sandbox')).toBe('abc123:')
  })
})

describe('the channel of the sandbox', () => {
  it.each([
    [false, {}, false],
    [true, {}, true],
    [false, { sandbox_write_key: 'def456' }, true],
    [false, { sandbox_write_key: '' }, false],
  ])('toggle %s with %j: %s', (toggle, settings, expected) => {
    expect(segment.hasChannel(settingsWith(settings), 'sandbox', toggle)).toBe(expected)
  })
})

describe('answers', () => {
  it.each([200, 201, 202, 204, 299])('%i takes every record, whatever its body says', (status) => {
    for (const body of ['', '{"success":false}', '<html>', '{"unprocessed":[1]}']) {
      const outcome = segment.outcomes(answer(status, body), records)
      expect(outcome).toEqual({ kind: 'records', outcomes: records.map(() => ({ kind: 'delivered' })) })
    }
  })

  it('says what Segment said, on one line', () => {
    const outcome = segment.outcomes(answer(400, '{\r\n "message":\t"Exceed payload limit"}'), records)
    expect(outcome).toMatchObject({ kind: 'split', reason: 'Answered 400: { "message": "Exceed payload limit"}' })
  })

  it.each([
    [429, false],
    [408, false],
    [500, false],
    [503, false],
    [502, true],
    [504, true],
    [302, false],
  ])('%i: may have arrived is %s', (status, mayHaveArrived) => {
    expect(segment.outcomes(answer(status), records)).toMatchObject({ kind: 'failed', mayHaveArrived })
  })
})

describe('the check of a key', () => {
  const checkOf = (settings: Settings, environment: Environment = 'production') =>
    segment.check(settingsWith(settings), environment, NOW)
  const verdict = (status: number, body = '{}', settings: Settings = {}) =>
    checkOf(settings)?.verdict([answer(status, body)])

  it('asks the one CDN for the settings of the source', () => {
    expect(checkOf({ region: 'eu' })?.requests).toEqual([
      {
        name: 'Segment Write Key',
        request: {
          remote: 'segment_cdn',
          origin: 'https://cdn.segment.com',
          method: 'GET',
          path: '/v1/projects/abc123/settings',
          headers: { accept: 'application/json' },
          body: '',
        },
      },
    ])
    expect(checkOf({ sandbox_write_key: 'a/b?c' }, 'sandbox')?.requests[0]).toMatchObject({
      name: 'Sandbox Write Key',
      request: { path: '/v1/projects/a%2Fb%3Fc/settings' },
    })
    expect(checkOf({}, 'sandbox')?.requests[0]?.name).toBe('Segment Write Key')
    expect(segment.check({ write_key: '' }, 'production', NOW)).toBeNull()
  })

  it('says yes to a key that exists, and that a 200 of the tracking API proves nothing', () => {
    expect(verdict(200)).toEqual({ ok: true, message: expect.stringMatching(/answers 200 to anything.*debugger/) })
  })

  it('says no to a key that no source has', () => {
    expect(verdict(404)).toEqual({ ok: false, message: expect.stringContaining('copy it again') })
  })

  it('does not know when the answer is none', () => {
    for (const status of [302, 403, 429, 500]) expect(verdict(status)?.ok).toBeNull()
    expect(checkOf({})?.verdict([]).ok).toBeNull()
  })

  it('offers the other region when the source says that it is there', () => {
    const eu = '{"integrations":{"Segment.io":{"apiHost":"events.eu1.segmentapis.com/v1"}}}'
    const us = '{"integrations":{"Segment.io":{"apiHost":"api.segment.io/v1"}}}'
    expect(verdict(200, eu)).toMatchObject({ ok: false, suggestion: { region: 'eu' } })
    expect(verdict(200, eu, { region: 'eu' })?.ok).toBe(true)
    expect(verdict(200, us, { region: 'eu' })?.ok).toBe(true)
  })
})
