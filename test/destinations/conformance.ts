import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Answer, Destination, DestinationRecord } from '../../src/destinations/destination.ts'
import { EVENT_NAMES, type EventName, type LifecycleEvent, nameOf } from '../../src/domain/event.ts'
import type { Field, Settings, SettingsValue } from '../../src/domain/field.ts'
import { defaultEventName } from '../../src/domain/project.ts'
import { ENVIRONMENTS, STORES, type StoreName } from '../../src/domain/purchase.ts'
import { eventNamed, SPECIAL_EVENTS } from './events.ts'
import { goldenOf, masked } from './golden.ts'
import { customerOf, NOW, recordsOf, renderInput } from './render.ts'
import { GOLDEN_SUFFIX, readGolden, withSamples } from './samples.ts'

/** What the suite needs to know about a destination. See test/destinations/segment/conformance.test.ts. */
export interface DestinationUnderTest {
  /** Valid settings with credentials of both environments; the defaults of the declared fields are filled in. */
  readonly settings: Settings
  /** Every secret in `settings`: none may show outside the headers named as secret. */
  readonly secrets: readonly string[]
  /** Events that this destination carries from no store. */
  readonly notCarried?: readonly EventName[]
  /** Name → settings on top of `settings`. The first is the one whose requests the golden files hold in full. */
  readonly moneyModes: Readonly<Record<string, Settings>>
  /** The answer that takes all of these records. */
  readonly accepted: (records: readonly DestinationRecord[]) => Answer
  /** The amount that the destination reads from an event's records; undefined where they carry none. */
  readonly amount: (records: readonly DestinationRecord[]) => unknown
  /** Folder of the golden files (with a trailing slash). Written anew with UPDATE_GOLDEN=1. */
  readonly golden: URL
  /** The documentation page with its block of samples. Written anew with UPDATE_DOCS=1. */
  readonly page: URL
}

/** Settings with the defaults of the declared fields filled in, as validation leaves them. */
export function withDefaults(fields: readonly Field[], given: Settings): Settings {
  const filled: Record<string, SettingsValue> = {}
  for (const field of fields) {
    const value = given[field.key]
    if (field.type === 'object') {
      const inner = value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Settings) : {}
      filled[field.key] = withDefaults(field.fields, inner)
    } else if (value !== undefined) filled[field.key] = value
    else if ('default' in field && field.default !== undefined) filled[field.key] = field.default as SettingsValue
  }
  const unknown = Object.keys(given).filter((key) => !fields.some((field) => field.key === key))
  if (unknown.length > 0) throw new Error(`No such field: ${unknown.join(', ')}`)
  return filled
}

export function answer(status: number, body = '', headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, body, headers, truncated: false }
}

/** The reference's table of events and stores, which both its integration pages share. */
function inReferenceTable(name: EventName, store: StoreName): boolean {
  if (store === 'promotional') return ['non_subscription_purchase', 'cancellation', 'expiration'].includes(name)
  if (name === 'subscription_paused') return store === 'play_store'
  if (name === 'uncancellation') return store !== 'stripe'
  if (name === 'product_change') return store !== 'amazon'
  return true
}

/**
 * What every destination promises, whatever its wire looks like: pure functions, stable bytes, secrets kept out of
 * bodies, one outcome per record, the common statuses, the reference's table, golden requests and a page made of them.
 */
export function describeDestination(destination: Destination, subject: DestinationUnderTest): void {
  const settings = withDefaults(destination.fields, subject.settings)
  const carried = EVENT_NAMES.filter((name) => !(subject.notCarried ?? []).includes(name))
  describe(`${destination.id}: a destination`, () => {
    describeFields(destination, subject)
    describeEvents(destination, subject)
    describeIdentity(destination, settings)
    describeRecords(destination, settings, carried, subject)
    describeRequests(destination, settings, subject)
    describeAnswers(destination, settings, subject)
    describeGolden(destination, settings, carried, subject)
  })
}

function describeFields(destination: Destination, subject: DestinationUnderTest): void {
  const all = (fields: readonly Field[]): Field[] =>
    fields.flatMap((field) => (field.type === 'object' ? [field, ...all(field.fields)] : [field]))

  it('declares fields with a key of their own, a label, a help text and a default that is one of the options', () => {
    const keys = destination.fields.map((field) => field.key)
    expect(new Set(keys).size).toBe(keys.length)
    const fields = all(destination.fields)
    expect(fields.length).toBeGreaterThan(5)
    for (const field of fields) {
      expect(field.key).toMatch(/^[a-z][a-z_]*$/)
      expect(field.label, field.key).not.toBe('')
      expect(field.help, field.key).toMatch(/\.$/)
      if (field.type === 'select') expect(field.options.map(({ value }) => value)).toContain(field.default)
    }
  })

  it('declares the options that every integration shares', () => {
    const names = ['sales_reporting', 'currency', 'anonymous', 'attributes', 'wait_for_attribute', 'event_time']
    const keys = destination.fields.map((field) => field.key)
    expect(keys).toEqual(expect.arrayContaining([...names, 'when_unknown', 'all_events', 'max_in_flight']))
  })

  it('refuses line ends in what becomes a header', () => {
    const secrets = destination.fields.filter((field) => field.type === 'secret')
    expect(secrets.length).toBeGreaterThan(0)
    for (const { key, pattern, patternHelp } of secrets) {
      const matches = (value: string): boolean => new RegExp(`^(?:${pattern ?? '[^]*'})$`).test(value)
      expect(patternHelp, key).toBeDefined()
      const given = subject.settings[key]
      if (typeof given === 'string') expect(matches(given), key).toBe(true)
      for (const bad of ['a\r\nb', 'a\n', '\nb', 'a\rb', '', ' ']) expect(matches(bad), JSON.stringify(bad)).toBe(false)
    }
  })
}

function describeEvents(destination: Destination, subject: DestinationUnderTest): void {
  it("carries the reference's pairs of event and store, and no other", () => {
    let pairs = 0
    for (const name of EVENT_NAMES) {
      for (const store of STORES) {
        const expected = inReferenceTable(name, store) && !(subject.notCarried ?? []).includes(name)
        expect(destination.carries(name, store), `${name} of ${store}`).toBe(expected)
        pairs += 1
      }
    }
    expect(pairs).toBe(60)
  })

  it('takes the default names, "" for off, and no name that is blank, too long or holds control characters', () => {
    for (const name of [...EVENT_NAMES.map(defaultEventName), '', 'Trial Started', 'Abo verlängert']) {
      expect(destination.refuseEventName(name), name).toBeNull()
    }
    for (const name of ['  ', '\t', 'a\nb', 'a\u0000', 'a\u007fb', 'x'.repeat(600)]) {
      expect(destination.refuseEventName(name), JSON.stringify(name.slice(0, 9))).toMatch(/\.$/)
    }
  })

  it('always has a channel for production', () => {
    const settings = withDefaults(destination.fields, subject.settings)
    expect(destination.hasChannel(settings, 'production', false)).toBe(true)
    expect(destination.hasChannel(settings, 'production', true)).toBe(true)
    expect(destination.hasChannel(settings, 'sandbox', true)).toBe(true)
  })
}

function describeIdentity(destination: Destination, settings: Settings): void {
  const anonymousId = `$RCAnonymousID:${'0'.repeat(32)}`
  const anonymous = customerOf(eventNamed('renewal'), {
    appUserId: anonymousId,
    aliases: [anonymousId],
    anonymous: true,
  })

  it('holds or skips an anonymous customer only where the option says so', () => {
    const kindOf = (option: string): string => destination.identify(anonymous, { ...settings, anonymous: option }).kind
    expect(['send', 'hold_until_known', 'skip'].map(kindOf)).toEqual(['identity', 'hold', 'skip'])
  })

  it('never holds or skips a known customer', () => {
    for (const option of ['send', 'hold_until_known', 'skip']) {
      const known = customerOf(eventNamed('renewal'))
      expect(destination.identify(known, { ...settings, anonymous: option }).kind).toBe('identity')
    }
  })
}

function describeRecords(
  destination: Destination,
  settings: Settings,
  carried: readonly EventName[],
  subject: DestinationUnderTest,
): void {
  it('renders each event the same way every time, with the size and the JSON text that its body has', () => {
    let seen = 0
    for (const name of carried) {
      const event = deepFreeze(eventNamed(name))
      expect(nameOf(event.type, event.periodType, event.isTrialConversion ?? false)).toBe(name)
      const input = deepFreeze(renderInput(destination, settings, event))
      const records = recordsOf(destination, input)
      expect(recordsOf(destination, input)).toEqual(records)
      expect(recordsOf(destination, { ...input, nowMs: NOW + 60_000 }).map(({ json }) => json)).toEqual(
        records.map(({ json }) => json),
      )
      expect(new Set(records.map(({ kind }) => kind)).size).toBe(records.length)
      for (const { body, json, bytes } of records) {
        expect(JSON.parse(json)).toEqual(body)
        expect(bytes).toBe(Buffer.byteLength(json))
      }
      seen += 1
    }
    expect(seen).toBe(carried.length)
  })

  it('never puts a number in place of an amount that is unknown', () => {
    for (const name of ['rate_unknown', 'price_unknown']) {
      const event = special(name)
      const usd = { ...settings, currency: 'usd' }
      expect(subject.amount(recordsOf(destination, renderInput(destination, usd, event))), name).toBeUndefined()
    }
  })

  it('refuses what is over its limits with one sentence, and sends nothing of it', () => {
    const huge = Object.fromEntries(
      Array.from({ length: 3000 }, (_, i) => [`key_${i}`, { value: '€'.repeat(170), updatedAt: NOW }]),
    )
    const rendered = destination.records(
      renderInput(destination, settings, eventNamed('renewal', { attributes: huge })),
    )
    if (rendered.kind === 'refused') expect(rendered.reason).toMatch(/\.$/)
    else
      expect(rendered.records.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(
        destination.limits.bytesPerRequest,
      )
  })
}

function describeRequests(destination: Destination, settings: Settings, subject: DestinationUnderTest): void {
  it('carries the records as they are, in order, and shows a secret only in a header named as secret', () => {
    const records = EVENT_NAMES.filter((name) => destination.carries(name, 'play_store')).flatMap((name, i) =>
      recordsOf(destination, renderInput(destination, settings, eventNamed(name, { id: `evt_${i}` }))),
    )
    expect(records.length).toBeGreaterThanOrEqual(11)
    for (const environment of ENVIRONMENTS) {
      const request = destination.request(records, { settings, environment, nowMs: NOW })
      let from = 0
      for (const { json } of records) {
        const found = request.body.indexOf(json, from)
        expect(found).toBeGreaterThanOrEqual(from)
        from = found + json.length
      }
      expect(() => JSON.parse(request.body)).not.toThrow()
      expect(request.origin).toMatch(/^https:\/\/[a-z0-9.]+$/)
      expect(request.headers['content-type']).toMatch(/^application\/json/)
      const shown = JSON.stringify({ ...request, headers: masked(destination, request) })
      expect(subject.secrets.length).toBeGreaterThan(0)
      for (const secret of subject.secrets) expect(shown).not.toContain(secret)
    }
  })

  it('uses each environment’s own credentials', () => {
    const records = recordsOf(destination, renderInput(destination, settings, eventNamed('renewal')))
    const [production, sandbox] = ENVIRONMENTS.map((environment) =>
      JSON.stringify(destination.request(records, { settings, environment, nowMs: NOW }).headers),
    )
    expect(production).not.toBe(sandbox)
  })

  it('asks for a check of the credentials and never takes silence for a yes', () => {
    for (const environment of ENVIRONMENTS) {
      const check = destination.check(settings, environment, NOW)
      expect(check?.requests.length).toBeGreaterThan(0)
      const silent = check?.verdict(check.requests.map(() => null))
      expect(silent?.ok).toBeNull()
      expect(silent?.message).toMatch(/\.$/)
      expect(check?.verdict(check.requests.map(() => answer(500, 'oops'))).ok).not.toBe(true)
    }
  })
}

function describeAnswers(destination: Destination, settings: Settings, subject: DestinationUnderTest): void {
  const records = ['evt_a', 'evt_b'].flatMap((id) =>
    recordsOf(destination, renderInput(destination, settings, eventNamed('renewal', { id }))),
  )

  it('settles every record of a request that was taken', () => {
    const outcome = destination.outcomes(subject.accepted(records), records)
    expect(outcome).toMatchObject({ kind: 'records', outcomes: records.map(() => ({ kind: 'delivered' })) })
  })

  it.each([
    [301, 'failed'],
    [302, 'failed'],
    [400, 'split'],
    [401, 'refused'],
    [403, 'refused'],
    [404, 'refused'],
    [408, 'failed'],
    [413, 'split'],
    [422, 'split'],
    [429, 'failed'],
    [500, 'failed'],
    [503, 'failed'],
    [599, 'failed'],
  ])('reads %i as %s, whatever the body says', (status, kind) => {
    for (const body of ['', '<html>busy</html>', '{"success":true}', '\u0000{', 'x'.repeat(65_536)]) {
      const outcome = destination.outcomes(answer(status, body), records)
      expect(outcome.kind).toBe(kind)
      if (outcome.kind !== 'records') expect(outcome.reason.length).toBeLessThan(1_000)
    }
  })

  it('obeys Retry-After up to one hour', () => {
    const wait = (value: string): unknown => destination.outcomes(answer(429, '', { 'retry-after': value }), records)
    expect(wait('7')).toMatchObject({ kind: 'failed', retryAfterMs: 7_000, mayHaveArrived: false })
    expect(wait('86400')).toMatchObject({ kind: 'failed', retryAfterMs: 3_600_000 })
    expect(wait('soon')).toMatchObject({ kind: 'failed', retryAfterMs: null })
  })
}

function describeGolden(
  destination: Destination,
  settings: Settings,
  carried: readonly EventName[],
  subject: DestinationUnderTest,
): void {
  const events: Record<string, LifecycleEvent> = { ...SPECIAL_EVENTS }
  for (const name of carried) events[name] = eventNamed(name)

  it.each(Object.keys(events))('sends %s exactly as its golden file has it', (name) => {
    const event = events[name]
    if (event === undefined) throw new Error(`No event ${name}`)
    const made = goldenOf(destination, settings, subject.moneyModes, event)
    if (process.env.UPDATE_GOLDEN === '1') {
      mkdirSync(subject.golden, { recursive: true })
      writeFileSync(new URL(`${name}${GOLDEN_SUFFIX}`, subject.golden), `${JSON.stringify(made, null, 2)}\n`)
    }
    expect(made).toEqual(readGolden(subject.golden, name))
  })

  it('has no golden file that nothing makes', () => {
    const files = readdirSync(subject.golden).map((file) => file.replace(GOLDEN_SUFFIX, ''))
    expect(files.sort()).toEqual(Object.keys(events).sort())
  })

  it('shows one sample of every event on its page', () => {
    expect(existsSync(subject.page)).toBe(true)
    const { found, expected } = withSamples(subject.page, subject.golden)
    expect(found).toBe(expected)
  })
}

function special(name: string): LifecycleEvent {
  const event = SPECIAL_EVENTS[name]
  if (event === undefined) throw new Error(`No special event ${name}`)
  return event
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}
