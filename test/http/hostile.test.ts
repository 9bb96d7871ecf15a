import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refuseJson } from '../../src/http/scan-json.ts'
import { ACME_KEY } from './in-memory-doors.ts'
import { started } from './started.ts'

const NOTIFICATIONS = '/notifications/app-store/acme/ios'
const ATTRIBUTES = '/v1/subscribers/user-1/attributes'
const RECEIPTS = '/v1/receipts'
const BODIES = 1_000

interface Hostile {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

const json = { 'content-type': 'application/json' }
const text = (body: string, headers: Readonly<Record<string, string>> = json): Hostile => ({
  body: Buffer.from(body),
  headers,
})

/** Bodies that no sender of good will sends. */
const hostile: fc.Arbitrary<Hostile> = fc.oneof(
  // Depth, in arrays, objects and both, closed or not.
  fc
    .record({
      depth: fc.integer({ min: 33, max: 100_000 }),
      opening: fc.constantFrom('[', '{"a":', '[{"a":'),
      closed: fc.boolean(),
    })
    .map(({ depth, opening, closed }) => {
      const closing = [...opening]
        .filter((letter) => letter === '[' || letter === '{')
        .map((letter) => (letter === '[' ? ']' : '}'))
        .reverse()
        .join('')
      const levels = Math.min(depth, Math.floor(120_000 / opening.length))
      return text(opening.repeat(levels) + (closed ? `1${closing.repeat(levels)}` : ''))
    }),
  // Size.
  fc
    .integer({ min: 1, max: 1_000_000 })
    .map((more) => ({ body: Buffer.alloc(256 * 1024 + more, 0x20), headers: json })),
  // Keys, too many or twice, also in two spellings.
  fc
    .integer({ min: 2_001, max: 8_000 })
    .map((keys) => text(`{${Array.from({ length: keys }, (_, index) => `"k${index}":0`).join(',')}}`)),
  fc
    .constantFrom(
      '{"attributes":{},"attributes":{}}',
      '{"signedPayload":"a","signedPayload":"b"}',
      '{"a":{"b":1,"b":2}}',
      '{"a":1,"\\u0061":2}',
      '[{"ü":1,"\\u00fc":2}]',
    )
    .map((body) => text(body)),
  // Encodings and charsets.
  fc.string().map((body) => ({ body: gzipSync(body), headers: { ...json, 'content-encoding': 'gzip' } })),
  fc
    .constantFrom('deflate', 'br', 'gzip, gzip', 'x')
    .map((encoding) => text('{}', { ...json, 'content-encoding': encoding })),
  fc
    .constantFrom('utf-16', 'iso-8859-1', 'utf-7', '"utf-16le"')
    .map((charset) => text('{}', { 'content-type': `application/json; charset=${charset}` })),
  fc
    .constantFrom(
      'text/plain',
      'text/html',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/jsonx',
      'application/json+x',
      'application/xml',
      'nonsense',
    )
    .map((type) => text('{}', { 'content-type': type })),
  // Bytes that are no text.
  fc
    .uint8Array({ minLength: 1, maxLength: 200 })
    .map((bytes) => ({ body: Buffer.concat([Buffer.from([0xff]), bytes]), headers: json })),
  fc.string({ unit: 'binary', minLength: 1 }).map((body) => text(`{"signedPayload":${body}`)),
)

describe(`${BODIES} hostile bodies`, () => {
  it.each([NOTIFICATIONS, ATTRIBUTES, RECEIPTS])(
    'to %s are each answered 4xx in JSON; nothing is thrown, memory stays',
    async (url) => {
      const { public: app, hub, lines } = await started()
      // Nothing here is authentic: what ingest sees, it refuses.
      hub.answer = () => ({ status: 401 })
      const bodies = fc.sample(hostile, BODIES)
      const sendAll = async (): Promise<number> => {
        let seen = 0
        for (const { body, headers } of bodies) {
          const answer = await app.inject({
            method: 'POST',
            url,
            headers: { authorization: `Bearer ${ACME_KEY}`, ...headers },
            payload: body,
          })
          const what = `${JSON.stringify(headers)} ${body.subarray(0, 80).toString('latin1')}`
          expect(answer.statusCode, what).toBeGreaterThanOrEqual(400)
          expect(answer.statusCode, what).toBeLessThan(500)
          expect(answer.headers['content-type'], what).toContain('json')
          seen += 1
        }
        return seen
      }
      expect(await sendAll()).toBe(BODIES)
      // The first round fills the pools and caches that stay; the second shows what grows.
      const before = process.memoryUsage().rss
      expect(await sendAll()).toBe(BODIES)
      expect((process.memoryUsage().rss - before) / 1024 ** 2).toBeLessThan(100)
      expect(lines.filter(({ level }) => level === 'error')).toEqual([])
      expect([hub.attributes.size, hub.receipts]).toEqual([0, []])
    },
  )

  it('are told apart: 413 for size, 415 for what is not JSON in UTF-8, 400 for the rest', async () => {
    const { public: app } = await started()
    const statusOf = async ({ body, headers }: Hostile) =>
      (await app.inject({ method: 'POST', url: NOTIFICATIONS, headers, payload: body })).statusCode
    expect(await statusOf({ body: Buffer.alloc(256 * 1024 + 1, 0x20), headers: json })).toBe(413)
    expect(await statusOf(text(`{"a":"${'x'.repeat(256 * 1024 - 8)}"}`))).toBe(200)
    expect(await statusOf(text('{}', { ...json, 'content-encoding': 'gzip' }))).toBe(415)
    expect(await statusOf(text('{}', { 'content-type': 'text/plain' }))).toBe(415)
    expect(await statusOf(text('['.repeat(33)))).toBe(400)
    expect(await statusOf(text(`${'['.repeat(32)}${']'.repeat(32)}`))).toBe(200)
    expect(await statusOf(text('{"a":1,"a":2}'))).toBe(400)
  })
})

describe('the look over JSON', () => {
  it('lets every JSON of modest size through', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 20 }), (body) => {
        expect(refuseJson(Buffer.from(body))).toBeNull()
      }),
      { numRuns: 500 },
    )
  })

  it('sees brackets and colons in strings as text', () => {
    for (const body of [
      `{"a":"${'['.repeat(99)}"}`,
      '{"a":"\\"[[:","b":"\\\\","c":"}"}',
      '{"a\\\\":1,"a":2}',
      '["a","a",":"]',
      '{"a":"b","b":"a"}',
      '{"a":{"a":{"a":1}}}',
      '[{"a":1},{"a":1}]',
    ]) {
      expect(refuseJson(Buffer.from(body)), body).toBeNull()
    }
  })

  it('never throws and takes linear time for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        refuseJson(Buffer.from(bytes))
      }),
      { numRuns: 500 },
    )
    for (const piece of ['\\', '"', '\\"', '":', '"a":', '{"', '[', ']', ':']) {
      const started = process.hrtime.bigint()
      refuseJson(Buffer.from(piece.repeat(256 * 1024)).subarray(0, 256 * 1024))
      refuseJson(Buffer.from(`{"${piece.repeat(256 * 1024)}`).subarray(0, 256 * 1024))
      expect(Number(process.hrtime.bigint() - started) / 1e6, piece).toBeLessThan(500)
    }
  })
})
