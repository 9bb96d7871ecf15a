import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { clevertap } from '../../src/destinations/clevertap/index.ts'
import { EVENT_NAMES } from '../../src/domain/event.ts'
import {
  type ClevertapStandIn,
  type ClevertapStandInOptions,
  startClevertapStandIn,
} from '../../src/stand-ins/clevertap.ts'
import { createSeenIds } from '../../src/stand-ins/seen-ids.ts'
import { attributes, rendered, settingsWith } from '../destinations/clevertap/render.ts'
import { answer } from '../destinations/conformance.ts'
import { eventNamed, SPECIAL_EVENTS } from '../destinations/events.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const TS = NOW / 1000
const open: ClevertapStandIn[] = []

afterEach(async () => {
  for (const standIn of open.splice(0)) await standIn.close()
})

async function start(options: Partial<ClevertapStandInOptions> = {}): Promise<ClevertapStandIn> {
  const standIn = await startClevertapStandIn({
    accounts: [
      { id: 'ACC-1', passcode: 'pass-1' },
      { id: 'ACC-2', passcode: 'pass-2', test: true },
      { id: 'ACC-IN', passcode: 'pass-in', region: 'in1' },
    ],
    now: () => NOW,
    ...options,
  })
  open.push(standIn)
  return standIn
}

const HEADERS = {
  'x-clevertap-account-id': 'ACC-1',
  'x-clevertap-passcode': 'pass-1',
  'content-type': 'application/json',
}

async function post(standIn: { url: string }, body: unknown, headers: Record<string, string> = {}, path = '/1/upload') {
  const response = await fetch(`${standIn.url}${path}`, {
    method: 'POST',
    headers: { ...HEADERS, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const event = (changes: Record<string, unknown> = {}, data: Record<string, unknown> = {}) => ({
  type: 'event',
  evtName: 'rc_renewal_event',
  identity: 'user-1',
  ts: TS,
  evtData: { amount: 4.99, event_id: 'evt_1', ...data },
  ...changes,
})
const profile = (profileData: Record<string, unknown>) => ({ type: 'profile', identity: 'user-1', ts: TS, profileData })
const numbered = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]))

describe('a record', () => {
  it.each<[string, unknown, number]>([
    ['no name', event({ evtName: undefined }), 509],
    ['a blank name', event({ evtName: ' ' }), 509],
    ['no properties', event({ evtData: undefined }), 512],
    ['a list as a property', event({}, { tags: ['a'] }), 512],
    ['null as a property', event({}, { tag: null }), 512],
    ['a system name', event({ evtName: 'app LAUNCHED' }), 513],
    ['a wrong gender', profile({ Gender: 'x' }), 514],
    ['a wrong e-mail address', profile({ Email: 'nobody' }), 515],
    ['a wrong phone number', profile({ Phone: '0123' }), 516],
    ['a wrong employment', profile({ Employed: 'maybe' }), 517],
    ['a wrong education', profile({ Education: 'life' }), 518],
    ['a wrong marital status', profile({ Married: 'maybe' }), 519],
    ['a wrong age', profile({ Age: 'old' }), 520],
    ['101 properties', event({ evtData: numbered(101) }), 522],
    ['no identity', event({ identity: undefined }), 523],
    ['a blank identity', event({ identity: '' }), 523],
    ['no type', event({ type: undefined }), 524],
    ['a profile without data', { type: 'profile', identity: 'user-1' }, 524],
    ['no object', 'text', 524],
    ['time 0', event({ ts: 0 }), 525],
    ['time as text', event({ ts: String(TS) }), 525],
    ['time in milliseconds', event({ ts: NOW }), 525],
    ['time with a fraction', event({ ts: TS + 0.5 }), 525],
    ['an objectId with spaces', event({ identity: undefined, objectId: 'a b' }), 526],
    ['a time before the window', event({ ts: TS - 6 * 365 * 86_400 }), 527],
    ['a discarded name', event({ evtName: 'discarded' }), 528],
  ])('with %s is refused', async (_, record, code) => {
    const standIn = await start({ discardedNames: ['discarded'] })
    const { status, text } = await post(standIn, { d: [event(), record] })
    expect(status).toBe(200)
    expect(JSON.parse(text)).toMatchObject({ status: 'partial', processed: 1, unprocessed: [{ code, status: 'fail' }] })
    expect(text).toContain('Skipped record number : 2')
    expect(standIn.ledger.map(({ verdict }) => verdict)).toEqual(['accepted', `refused:${code}`])
  })

  it('that is sound is accepted and stands in the ledger as it came', async () => {
    const standIn = await start()
    const sent = event({}, { $email: 'a@example.com' })
    const { text, headers } = await post(standIn, { d: [sent, profile({ Phone: '+4915112345678' })] })
    expect(text).toBe('{ "status" : "success" , "processed" : 2 , "unprocessed" : [ ]}')
    expect(headers.get('content-type')).toBe('application/json;charset=utf-8')
    expect(standIn.ledger[0]).toEqual({
      arrival: 1,
      index: 0,
      account: 'ACC-1',
      test: false,
      type: 'event',
      event: 'rc_renewal_event',
      eventId: 'evt_1',
      ts: TS,
      customerId: 'user-1',
      identifiedBy: 'identity',
      verdict: 'accepted',
      warnings: [],
      body: sent,
    })
    expect(standIn.counts()).toMatchObject({ requests: 1, records: 2, accepted: 2, types: { event: 1, profile: 1 } })
  })

  it('that CleverTap might cut, or that names two customers, is accepted with a warning', async () => {
    const standIn = await start()
    await post(standIn, {
      d: [
        event({}, { ['k'.repeat(121)]: 1 }),
        event({}, { note: '€'.repeat(171) }),
        event({ evtName: 'x'.repeat(513) }),
        event({ objectId: 'abc' }),
        event({}, { ['k'.repeat(120)]: 'a'.repeat(512), event_id: 'evt_2' }),
      ],
    })
    const warned = standIn.ledger.map(({ warnings }) => warnings[0])
    expect(warned).toEqual(['truncated', 'truncated', 'truncated', 'two_identities', undefined])
    expect(standIn.counts()).toMatchObject({ accepted: 5, truncated: 3 })
  })

  it('may nest in the items of Charged only', async () => {
    const standIn = await start()
    await post(standIn, { d: [event({ evtName: 'Charged' }, { Items: [{ a: 1 }] }), event({}, { Items: [{ a: 1 }] })] })
    expect(standIn.ledger.map(({ verdict }) => verdict)).toEqual(['accepted', 'refused:512'])
  })

  it('comes back altered when it is refused, as recorded', async () => {
    const standIn = await start()
    const { text } = await post(standIn, { d: [{ ...profile({ Phone: '+35922333232', Age: 'x' }), identity: 13 }] })
    expect(text).toBe(
      `{ "status" : "fail" , "processed" : 0 , "unprocessed" : [ { "status" : "fail" , "code" : 520 , "error" : "Profile data is incorrect. Age is invalid. Skipped record number : 1" , "record" : { "type" : "profile" , "identity" : "13" , "ts" : ${TS} , "profileData" : { "Phone" : 35922333232 , "Age" : "x"}}}]}`,
    )
  })
})

describe('a request', () => {
  it.each<[string, unknown, Record<string, string>, number, string]>([
    ['an unknown account', { d: [event()] }, { 'x-clevertap-account-id': 'NO' }, 401, 'Account ID is not valid'],
    ['a wrong passcode', { d: [event()] }, { 'x-clevertap-passcode': 'no' }, 401, 'Invalid Credentials'],
    [
      "another region's account",
      { d: [event()] },
      { 'x-clevertap-account-id': 'ACC-IN', 'x-clevertap-passcode': 'pass-in' },
      401,
      'Account ID is not valid',
    ],
    ['another content type', { d: [event()] }, { 'content-type': 'text/plain' }, 400, 'Malformed request'],
    ['broken JSON', '{"d":[', {}, 400, 'Malformed request'],
    ['no list', { d: {} }, {}, 400, 'Malformed request'],
    ['1001 records', { d: Array.from({ length: 1001 }, () => event()) }, {}, 400, 'More than 1000'],
  ])('with %s is refused as a whole', async (_, body, headers, status, said) => {
    const standIn = await start()
    const found = await post(standIn, body, headers)
    expect(found.status).toBe(status)
    expect(found.text).toContain(`"error" : "${said}`)
    expect(found.text).toContain(`"code" : ${status}}`)
    expect(standIn.ledger).toHaveLength(0)
  })

  it('to another path, or that is no POST, is refused', async () => {
    const standIn = await start()
    expect((await post(standIn, { d: [event()] }, {}, '/1/profiles')).status).toBe(404)
    expect((await fetch(`${standIn.url}/1/upload`)).status).toBe(405)
  })

  it('as a dry run is judged and leaves nothing', async () => {
    const standIn = await start()
    const { text } = await post(standIn, { d: [event(), event({ ts: 0 })] }, {}, '/1/upload?dryRun=1')
    expect(JSON.parse(text)).toMatchObject({ status: 'partial', processed: 1 })
    expect(standIn.counts()).toMatchObject({ requests: 0, records: 0 })
  })

  it('beyond 15 at once for one account is refused with 429, without Retry-After', async () => {
    const standIn = await start({ latencyMs: 200 })
    const other = { 'x-clevertap-account-id': 'ACC-2', 'x-clevertap-passcode': 'pass-2' }
    const found = await Promise.all([
      ...Array.from({ length: 16 }, (_, i) => post(standIn, { d: [event({}, { event_id: `evt_${i}` })] })),
      post(standIn, { d: [event()] }, other),
    ])
    expect(found.map(({ status }) => status).filter((status) => status === 429)).toHaveLength(1)
    const refused = found.find(({ status }) => status === 429)
    expect(refused?.text).toContain('Too many concurrent requests')
    expect(refused?.headers.get('retry-after')).toBeNull()
    expect(standIn.counts()).toMatchObject({ requests: 16, accepted: 16 })
    expect(standIn.ledger.filter(({ test }) => test)).toHaveLength(1)
  })

  it('of any region is taken by an instance that plays them all', async () => {
    const standIn = await start({ region: 'any' })
    const headers = { 'x-clevertap-account-id': 'ACC-IN', 'x-clevertap-passcode': 'pass-in' }
    expect((await post(standIn, { d: [event()] }, headers)).status).toBe(200)
  })
})

describe('the ledger', () => {
  it('counts doubles, which CleverTap stores like anything else', async () => {
    const standIn = await start()
    const charged = event({ evtName: 'Charged' })
    await post(standIn, { d: [event(), charged] })
    await post(standIn, { d: [event(), event({ ts: 0 }, { event_id: 'evt_2' }), event({}, { event_id: 'evt_3' })] })
    expect(standIn.counts()).toMatchObject({ accepted: 4, refused: 1, codes: { 525: 1 }, unique: 3, duplicates: 1 })
    expect(standIn.duplicates()).toMatchObject([{ arrival: 2, index: 0, eventId: 'evt_1' }])
    expect(standIn.byEvent('evt_1')).toHaveLength(3)
    expect(standIn.byCustomer('user-1')).toHaveLength(5)
    expect(standIn.refused()).toMatchObject([{ eventId: 'evt_2', verdict: 'refused:525' }])
    standIn.reset()
    expect(standIn.counts()).toMatchObject({ records: 0, duplicates: 0, unique: 0 })
    await post(standIn, { d: [event()] })
    expect(standIn.accepted()).toHaveLength(1)
    expect(standIn.duplicates()).toHaveLength(0)
  })

  it('counts without keeping anything where memory must stay flat', async () => {
    const standIn = await start({ keepEntries: false })
    for (const at of [0, 1, 1]) await post(standIn, { d: [event({}, { event_id: `evt_${at}` })] })
    expect(standIn.ledger).toHaveLength(0)
    expect(standIn.counts()).toMatchObject({ accepted: 3, unique: 2, duplicates: 1 })
    const light = await start({ keepBodies: false })
    await post(light, { d: [event()] })
    expect(light.ledger).toMatchObject([{ eventId: 'evt_1', body: null }])
  })

  it('tells a hundred thousand ids apart', () => {
    const seen = createSeenIds()
    let added = 0
    for (let i = 0; i < 100_000; i += 1) if (seen.add(`evt_${i}`)) added += 1
    for (let i = 0; i < 100_000; i += 7) expect(seen.add(`evt_${i}`)).toBe(false)
    expect([added, seen.size]).toEqual([100_000, 100_000])
  })
})

describe('scripted answers', () => {
  it('meet the named event, any record, or so many records', async () => {
    const standIn = await start()
    standIn.answerNext({ match: 'evt_2', code: 555, times: 2 })
    standIn.answerNext({ match: ({ evtName }) => evtName === 'Charged', code: 522 })
    const batch = { d: [event(), event({}, { event_id: 'evt_2' }), event({ evtName: 'Charged' })] }
    const codes = async () => {
      const found: { unprocessed: { code: number }[] } = JSON.parse((await post(standIn, batch)).text)
      return found.unprocessed.map(({ code }) => code)
    }
    expect([await codes(), await codes(), await codes()]).toEqual([[555, 522], [555], []])
    standIn.failRecords(2, 555)
    expect([await codes(), await codes()]).toEqual([[555, 555], []])
  })

  it('take the faults of every stand-in, of which a lost answer leaves its records in the ledger', async () => {
    const standIn = await start()
    standIn.script([
      { kind: 'cut_before' },
      { kind: 'cut_after' },
      { kind: 'answer', status: 503 },
      { kind: 'body', body: '<html>' },
    ])
    await expect(post(standIn, { d: [event()] })).rejects.toThrow()
    expect(standIn.ledger).toHaveLength(0)
    await expect(post(standIn, { d: [event()] })).rejects.toThrow()
    expect(standIn.ledger).toHaveLength(1)
    expect((await post(standIn, { d: [event()] })).status).toBe(503)
    expect(standIn.ledger).toHaveLength(1)
    expect((await post(standIn, { d: [event()] })).text).toBe('<html>')
    expect(standIn.duplicates()).toHaveLength(1)
  })
})

describe('over HTTP', () => {
  it('shows the ledger in pages and takes faults, even while every request of the service fails', async () => {
    const standIn = await start()
    const own = async (path: string, body: unknown) => (await post(standIn, body, {}, path)).status
    expect(await own('/_faults', { fail_records: { n: 1, code: 555 } })).toBe(204)
    expect(await own('/_faults', { answer_next: { event_id: 'evt_2', code: 513 } })).toBe(204)
    await post(standIn, { d: [event(), event({}, { event_id: 'evt_2' }), event({}, { event_id: 'evt_3' })] })
    expect(await own('/_faults', { always: { kind: 'answer', status: 500 } })).toBe(204)
    expect((await post(standIn, { d: [event()] })).status).toBe(500)
    const page = async (query: string) => (await fetch(`${standIn.url}/_ledger?${query}`)).json()
    expect(await page('limit=2')).toMatchObject({
      counts: { records: 3, accepted: 1, codes: { 513: 1, 555: 1 } },
      entries: [{ verdict: 'refused:555' }, { verdict: 'refused:513' }],
      next: 2,
    })
    expect(await page('after=2')).toMatchObject({ entries: [{ eventId: 'evt_3' }], next: null })
    expect(await page('verdict=accepted')).toMatchObject({ entries: [{ eventId: 'evt_3' }] })
    expect(await own('/_faults', { always: null })).toBe(204)
    expect(await own('/_reset', {})).toBe(204)
    expect((await post(standIn, { d: [event()] })).status).toBe(200)
    expect(await page('')).toMatchObject({ counts: { records: 1 } })
    expect(standIn.requests).toBe(3)
    expect(await own('/_faults', 'no json')).toBe(400)
    expect(await own('/_other', {})).toBe(404)
  })

  it('runs as a process of its own, says where, and ends when it is told to', async () => {
    const program = new URL('../../src/stand-ins/clevertap.ts', import.meta.url).pathname
    const child = spawn(process.execPath, [program, '--account', 'ACC-1', '--passcode', 'pass-1', '--keep', 'counts'])
    try {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
      const { url } = JSON.parse(line) as { url: string }
      const { text } = await post({ url }, { d: [event({ ts: Math.floor(Date.now() / 1000) })] })
      expect(JSON.parse(text)).toMatchObject({ status: 'success', processed: 1 })
      expect(await (await fetch(`${url}/_ledger`)).json()).toMatchObject({ counts: { accepted: 1 }, entries: [] })
    } finally {
      child.kill('SIGTERM')
    }
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    const pairless = spawn(process.execPath, [program, '--account', 'ACC-1'])
    expect(await once(pairless, 'exit')).toEqual([2, null])
  })
})

describe('as the judge of the destination', () => {
  it('accepts every record that the destination renders, in every option, without a warning', async () => {
    const standIn = await start()
    const many = attributes({
      ...Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`custom_${i}`, '€'.repeat(300)])),
      $clevertapId: 'abCdEFg01HiJklMN2OpQ3RStu4v5',
      $email: 'ada@example.com',
    })
    const named = EVENT_NAMES.map((name, i) => eventNamed(name, { id: `evt_named_${i}` }))
    const events = [
      ...named,
      ...Object.values(SPECIAL_EVENTS),
      eventNamed('renewal', { id: 'evt_many', attributes: many }),
    ]
    const options = [
      {},
      { charged: true, profile: true, currency: 'usd', refunds: 'negative' },
      { charged: true, attribute_keys: 'plain', sales_reporting: 'after_commission_and_taxes' },
    ]
    let sent = 0
    for (const own of options) {
      for (const mends of [[], ['trim', 'identity'] as const]) {
        const records = events.flatMap((one) => rendered(one, own, { mends }))
        const context = { settings: settingsWith(own), environment: 'production' as const, nowMs: NOW }
        const { text, status } = await post(standIn, clevertap.request(records, context).body)
        const outcome = clevertap.outcomes(answer(status, text), records)
        expect(outcome).toMatchObject({ kind: 'records', outcomes: records.map(() => ({ kind: 'delivered' })) })
        sent += records.length
      }
    }
    expect(sent).toBeGreaterThan(100)
    expect(standIn.accepted()).toHaveLength(sent)
    expect(standIn.ledger.flatMap(({ warnings }) => warnings).filter((one) => one !== 'repeated_event')).toEqual([])
  })

  it('gives answers that the destination settles record by record', async () => {
    const standIn = await start()
    const records = Array.from({ length: 100 }, (_, i) => rendered(eventNamed('renewal', { id: `evt_${i}` }))).flat()
    const scripted = { evt_3: 513, evt_40: 522, evt_99: 555 }
    for (const [match, code] of Object.entries(scripted)) standIn.answerNext({ match, code })
    const context = { settings: settingsWith(), environment: 'production' as const, nowMs: NOW }
    const { text, status } = await post(standIn, clevertap.request(records, context).body)
    const outcome = clevertap.outcomes(answer(status, text), records)
    if (outcome.kind !== 'records') throw new Error(outcome.kind)
    const codes = outcome.outcomes.flatMap((one, i) => ('code' in one ? [[`evt_${i}`, Number(one.code)]] : []))
    expect(Object.fromEntries(codes)).toEqual(scripted)
    expect(outcome.outcomes.filter(({ kind }) => kind === 'delivered')).toHaveLength(97)
    expect(standIn.accepted()).toHaveLength(97)
  })
})
