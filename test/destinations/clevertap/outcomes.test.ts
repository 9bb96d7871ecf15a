import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clevertap } from '../../../src/destinations/clevertap/index.ts'
import type { DestinationRecord, RecordOutcome } from '../../../src/destinations/destination.ts'
import { answer } from '../conformance.ts'
import { eventNamed } from '../events.ts'
import { attributes, rendered } from './render.ts'

const recordOf = (id: string): DestinationRecord => {
  const [record] = rendered(eventNamed('renewal', { id }))
  if (record === undefined) throw new Error('Nothing rendered')
  return record
}
const records = (count: number): readonly DestinationRecord[] =>
  Array.from({ length: count }, (_, i) => recordOf(`evt_${i + 1}`))
const byObjectId = rendered(eventNamed('renewal', { attributes: attributes({ $clevertapId: 'abc' }) }))

/** An answer in the spacing of the recorded ones. `number` counts from 1. */
const partial = (
  processed: number,
  refused: readonly { readonly code: number; readonly number: number | null; readonly record?: unknown }[],
): string => {
  const entries = refused.map(({ code, number, record = {} }) => {
    const place = number === null ? '' : `Skipped record number : ${number}`
    const error = `ErrorCode: ${code} - Told so.${place}`
    return `{ "status" : "fail" , "code" : ${code} , "error" : "${error}" , "record" : ${JSON.stringify(record)}}`
  })
  const status = refused.length === 0 ? 'success' : processed === 0 ? 'fail' : 'partial'
  return `{ "status" : "${status}" , "processed" : ${processed} , "unprocessed" : [ ${entries.join(' , ')}]}`
}

const kinds = (body: string, sent: readonly DestinationRecord[], truncated = false): readonly string[] | string => {
  const outcome = clevertap.outcomes({ ...answer(200, body), truncated }, sent)
  return outcome.kind === 'records' ? outcome.outcomes.map(({ kind }) => kind) : outcome.kind
}
const outcomeOf = (code: number, sent: readonly DestinationRecord[] = records(1)): RecordOutcome | undefined => {
  const outcome = clevertap.outcomes(answer(200, partial(sent.length - 1, [{ code, number: 1 }])), sent)
  return outcome.kind === 'records' ? outcome.outcomes[0] : undefined
}

describe('one refused record', () => {
  it.each([509, 512, 513, 514, 515, 516, 517, 518, 519, 520, 523, 524, 525, 527, 528])(
    'with code %i is refused for good, with the reason and what to do',
    (code) => {
      const outcome = outcomeOf(code)
      if (outcome?.kind !== 'refused') throw new Error(`${code} is ${outcome?.kind}`)
      expect(outcome.code).toBe(String(code))
      expect(outcome.reason).toMatch(/ \(ErrorCode: .*\)\.$/)
      expect(outcome.advice).toMatch(/^[A-Z].*\.$/)
      expect(outcome.advice).not.toMatch(/Look the code up/)
    },
  )

  it('with code 522 is trimmed, where there is something to trim', () => {
    expect(outcomeOf(522)).toMatchObject({ kind: 'mend', mend: 'trim', code: '522' })
    const [profile, , charged] = rendered(eventNamed('renewal'), { charged: true, profile: true })
    if (profile === undefined || charged === undefined) throw new Error('Nothing rendered')
    expect(outcomeOf(522, [charged])).toMatchObject({ kind: 'refused', code: '522' })
    expect(outcomeOf(522, [profile])).toMatchObject({ kind: 'refused', code: '522' })
  })

  it('with code 526 falls back to the identity, once: a record without objectId is refused', () => {
    expect(outcomeOf(526, byObjectId)).toMatchObject({ kind: 'mend', mend: 'identity', code: '526' })
    expect(outcomeOf(526)).toMatchObject({ kind: 'refused', code: '526' })
  })

  it('with code 555 is transient, and a code that nobody knows is refused with its text', () => {
    expect(outcomeOf(555)).toMatchObject({ kind: 'transient', code: '555' })
    expect(outcomeOf(599)).toMatchObject({ kind: 'refused', code: '599' })
    expect(outcomeOf(599)).toHaveProperty('reason', expect.stringContaining('Told so.'))
    const body = '{"status":"partial","processed":1,"unprocessed":[{"error":"Odd. Skipped record number : 2"}]}'
    expect(clevertap.outcomes(answer(200, body), records(2))).toMatchObject({
      outcomes: [{ kind: 'delivered' }, { kind: 'refused', code: 'unknown' }],
    })
  })
})

describe('an answer about many records', () => {
  it('settles each of 100 by itself: three refused, two mendable, one transient, the rest delivered', () => {
    const sent = [...records(60), ...byObjectId, ...records(39)]
    expect(sent).toHaveLength(100)
    const told = [
      { code: 513, number: 1 },
      { code: 522, number: 17 },
      { code: 527, number: 18 },
      { code: 526, number: 61 },
      { code: 555, number: 80 },
      { code: 509, number: 100 },
    ]
    for (const order of [told, told.toReversed()]) {
      const found = kinds(partial(94, order), sent)
      expect(Array.isArray(found)).toBe(true)
      const others = [...found].map((kind, i) => [i + 1, kind] as const).filter(([, kind]) => kind !== 'delivered')
      expect(others).toEqual([
        [1, 'refused'],
        [17, 'mend'],
        [18, 'refused'],
        [61, 'mend'],
        [80, 'transient'],
        [100, 'refused'],
      ])
    }
    expect(clevertap.outcomes(answer(200, partial(94, told)), sent)).not.toHaveProperty('warning')
  })

  it('settles recorded answers, whose echo is not what was sent', () => {
    const recorded =
      '{ "status" : "partial" , "processed" : 1 , "unprocessed" : [ { "status" : "fail" , "code" : 515 , "error" : "Profile data is incorrect. Email is not valid.Skipped record number : 2" , "record" : { "identity" : "13" , "type" : "profile" , "profileData" : { "Phone" : 35922333232}}}]}'
    expect(kinds(recorded, records(2))).toEqual(['delivered', 'refused'])
    const none =
      '{ "status" : "fail" , "processed" : 0 , "unprocessed" : [ { "status" : "fail" , "code" : 525 , "error" : "Timestamp should be present in the Unix Epoch format. Skipped record number : 1" , "record" : { "ts" : 0}}]}'
    expect(kinds(none, records(1))).toEqual(['refused'])
    expect(kinds('{ "status" : "success" , "processed" : 2 , "unprocessed" : [ ]}', records(2))).toEqual([
      'delivered',
      'delivered',
    ])
  })

  it.each(['Skipped record number:2', 'Skipped record number  :  2', 'skipped record number : 2.'])(
    'finds the place in "%s"',
    (text) => {
      const body = `{"processed":1,"unprocessed":[{"code":513,"error":"${text}"}]}`
      expect(kinds(body, records(2))).toEqual(['delivered', 'refused'])
    },
  )

  it('gives the same fault of two records the same reason, wherever they stood in the request', () => {
    const refused = [1, 12].map((number) => ({ code: 513, number }))
    const outcome = clevertap.outcomes(answer(200, partial(10, refused)), records(12))
    if (outcome.kind !== 'records') throw new Error('It is about records.')
    expect(outcome.outcomes[0]).toEqual(outcome.outcomes[11])
    expect(outcome.outcomes[0]).toHaveProperty('reason', expect.stringMatching(/ - Told so\.\)\.$/))
  })

  it('finds the record by our event id where the text names no place', () => {
    const sent = records(3)
    const echo = { ...sent[1]?.body, ts: '1' }
    expect(kinds(partial(2, [{ code: 528, number: null, record: echo }]), sent)).toEqual([
      'delivered',
      'refused',
      'delivered',
    ])
    expect(kinds(partial(0, [{ code: 528, number: null }]), records(1))).toEqual(['refused'])
    const twins = [recordOf('evt_1'), recordOf('evt_1')]
    expect(kinds(partial(1, [{ code: 528, number: null, record: twins[0]?.body }]), twins)).toEqual([
      'unknown',
      'unknown',
    ])
  })

  it('holds for every mixture of refusals in every order', () => {
    const codes = [509, 512, 513, 522, 523, 524, 525, 526, 527, 528, 555, 599]
    const sent = [...records(25), ...byObjectId]
    let seen = 0
    const mixture = fc.uniqueArray(
      fc.record({ number: fc.integer({ min: 1, max: 26 }), code: fc.constantFrom(...codes) }),
      {
        selector: ({ number }) => number,
        maxLength: 26,
      },
    )
    fc.assert(
      fc.property(mixture, (refused) => {
        if (refused.length === 0) return
        const outcome = clevertap.outcomes(answer(200, partial(26 - refused.length, refused)), sent)
        if (outcome.kind !== 'records') throw new Error(outcome.kind)
        expect(outcome.warning).toBeUndefined()
        const named = new Map(refused.map(({ number, code }) => [number - 1, String(code)]))
        expect(outcome.outcomes.map((one) => ('code' in one ? one.code : undefined))).toEqual(
          sent.map((_, i) => named.get(i)),
        )
        seen += 1
      }),
      { numRuns: 200 },
    )
    expect(seen).toBeGreaterThan(150)
  })
})

describe('counts that do not add up', () => {
  it.each([
    ['too few processed', partial(97, [{ code: 513, number: 2 }])],
    ['too many processed', partial(100, [{ code: 513, number: 2 }])],
    [
      'a place that was not sent',
      partial(98, [
        { code: 513, number: 2 },
        { code: 513, number: 101 },
      ]),
    ],
    [
      'a refusal without a place',
      partial(98, [
        { code: 513, number: 2 },
        { code: 528, number: null },
      ]),
    ],
    [
      'one place twice',
      partial(98, [
        { code: 513, number: 2 },
        { code: 528, number: 2 },
      ]),
    ],
    ['no count', partial(98, [{ code: 513, number: 2 }]).replace('"processed" : 98 ,', '')],
  ])('settle what is named and leave the rest unknown, with a warning: %s', (_, body) => {
    const outcome = clevertap.outcomes(answer(200, body), records(100))
    if (outcome.kind !== 'records') throw new Error(outcome.kind)
    const found = outcome.outcomes.map(({ kind }) => kind)
    expect(found[1]).toBe('refused')
    expect(found.filter((kind) => kind === 'unknown')).toHaveLength(99)
    expect(outcome.warning).toMatch(/do not add up: 100 sent/)
  })

  it('settle two entries about one record by the first, when the counts then do add up', () => {
    const body = partial(1, [
      { code: 513, number: 2 },
      { code: 555, number: 2 },
    ])
    expect(kinds(body, records(2))).toEqual(['delivered', 'refused'])
  })

  it('of a success with fewer records leave all unknown', () => {
    expect(kinds(partial(1, []), records(2))).toEqual(['unknown', 'unknown'])
  })
})

describe('an answer that is none', () => {
  it.each([
    ['empty', ''],
    ['HTML', '<html><body>Bad gateway</body></html>'],
    ['broken off', partial(1, [{ code: 513, number: 1 }]).slice(0, 40)],
    ['an array', '[]'],
    ['null', 'null'],
    ['a number', '7'],
    ['an empty object', '{}'],
    ['unprocessed that is no list', '{"status":"partial","processed":1,"unprocessed":3}'],
    ['a count that is none', '{"status":"success","processed":-1,"unprocessed":[]}'],
    ['an unknown whole-answer code', '{"status":"fail","error":"?","code":777}'],
    ['nothing taken and nothing named', '{"status":"fail","processed":0,"unprocessed":[]}'],
  ])('(%s) fails the request as a whole, which may have arrived', (_, body) => {
    for (const sent of [records(1), records(3)]) {
      expect(clevertap.outcomes(answer(200, body), sent)).toMatchObject({ kind: 'failed', mayHaveArrived: true })
    }
  })

  it('settles what stands in the part of a long answer that was read', () => {
    const echo = { evtData: { text: 'one " quote, \\ and { one brace' } }
    const refused = records(100).map((_, i) => ({ code: 513, number: i + 1, record: echo }))
    const whole = partial(0, refused)
    const cut = whole.slice(0, whole.indexOf('number : 41"') + 30)
    const outcome = clevertap.outcomes({ ...answer(200, cut), truncated: true }, records(100))
    if (outcome.kind !== 'records') throw new Error(outcome.kind)
    expect(outcome.outcomes.map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 40 }, () => 'refused'),
      ...Array.from({ length: 60 }, () => 'unknown'),
    ])
    expect(outcome.warning).toMatch(/40 refused by name in the part of the answer that was read/)
    expect(kinds(whole.slice(0, 60), records(100), true)).toBe('failed')
    expect(kinds('<html>', records(1), true)).toBe('failed')
  })

  it.each([
    [401, 'refused'],
    [403, 'refused'],
    [400, 'split'],
    [413, 'split'],
    [429, 'failed'],
    [500, 'failed'],
    [503, 'failed'],
  ])('reads code %i in the body of a 200 like the status', (code, kind) => {
    const body = `{ "status" : "fail" , "error" : "Account ID is not valid" , "code" : ${code}}`
    expect(clevertap.outcomes(answer(200, body), records(2)).kind).toBe(kind)
  })
})

describe('a status', () => {
  it("comes with CleverTap's own sentence and with what to do", () => {
    const body = '{ "status" : "fail" , "error" : "Account ID is not valid" , "code" : 401}'
    const outcome = clevertap.outcomes(answer(401, body), records(1))
    expect(outcome).toMatchObject({ kind: 'refused', advice: expect.stringMatching(/region/) })
    expect(outcome).toHaveProperty('reason', 'Answered 401, credentials refused: Account ID is not valid')
  })

  it('of too many requests at once is asked again, and was not taken', () => {
    const body = '{ "status" : "fail" , "error" : "Too many concurrent requests" , "code" : 429}'
    expect(clevertap.outcomes(answer(429, body), records(1))).toMatchObject({
      kind: 'failed',
      retryAfterMs: null,
      mayHaveArrived: false,
    })
  })
})

describe('whatever is answered', () => {
  it('there is one outcome for each record, or one for the request, and never an exception', () => {
    const entry = fc.record(
      {
        code: fc.anything(),
        error: fc.oneof(fc.string(), fc.constant('Skipped record number : 2')),
        record: fc.anything(),
      },
      { requiredKeys: [] },
    )
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ status: fc.anything(), processed: fc.anything(), unprocessed: fc.anything() }, { requiredKeys: [] })
        .map((value) => JSON.stringify(value) ?? ''),
      fc
        .record({ processed: fc.nat({ max: 5 }), unprocessed: fc.array(fc.oneof(entry, fc.anything())) })
        .map((value) => JSON.stringify(value)),
    )
    const sent = records(3)
    let settled = 0
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), body, fc.nat(), fc.boolean(), (status, text, cut, truncated) => {
        const read = truncated ? text.slice(0, cut % (text.length + 1)) : text
        for (const code of [200, status]) {
          const outcome = clevertap.outcomes({ ...answer(code, read), truncated }, sent)
          if (outcome.kind !== 'records') continue
          expect(outcome.outcomes).toHaveLength(3)
          settled += 1
        }
      }),
      { numRuns: 500 },
    )
    expect(settled).toBeGreaterThan(50)
  })
})
