import { describe, expect, it } from 'vitest'
import type { DestinationRecord, RenderInput } from '../../../src/destinations/destination.ts'
import { segment } from '../../../src/destinations/segment/index.ts'
import { MAX_RECORD_BYTES } from '../../../src/destinations/segment/limits.ts'
import { EVENT_NAMES, type LifecycleEvent, SUBSCRIPTION_STATUSES } from '../../../src/domain/event.ts'
import type { Settings } from '../../../src/domain/field.ts'
import { STORES } from '../../../src/domain/purchase.ts'
import { withDefaults } from '../conformance.ts'
import { eventNamed, inSandbox, SPECIAL_EVENTS } from '../events.ts'
import { customerOf, NOW, recordsOf, renderInput } from '../render.ts'

type Json = Readonly<Record<string, unknown>>

const settingsWith = (changes: Settings = {}): Settings => withDefaults(segment.fields, { write_key: 'wk', ...changes })

function render(
  event: LifecycleEvent,
  settings: Settings = {},
  changes: Partial<RenderInput> = {},
): readonly DestinationRecord[] {
  return recordsOf(segment, renderInput(segment, settingsWith(settings), event, changes))
}

function bodyOf(kind: 'identify' | 'track', records: readonly DestinationRecord[]): Json {
  const found = records.find((record) => record.kind === kind)
  if (found === undefined) throw new Error(`No ${kind} among the records`)
  return found.body
}

function properties(event: LifecycleEvent, settings: Settings = {}): Json {
  return bodyOf('track', render(event, settings)).properties as Json
}

describe("the reference's keys", () => {
  /** Key → what it is on the sample of a renewal. The names and types are those of the reference's samples. */
  const onEveryEvent: Readonly<Record<string, unknown>> = {
    revenue: 8.14,
    currency: 'USD',
    store: 'APP_STORE',
    expires_at: Date.UTC(2026, 11, 20, 10) / 1000,
    entitlement: 'premium',
    product_id: 'com.acme.monthly',
    app_user_id: 'user-1',
    original_app_user_id: '$RCAnonymousID:87c6049c58069238dce29853916d624c',
    purchased_at: Date.UTC(2026, 10, 20, 10) / 1000,
    entitlements: ['premium'],
    subscriber_attributes: { $email: 'ada@example.com', $ip: '192.0.2.7', favourite_colour: 'green' },
    period_type: 'NORMAL',
    environment: 'PRODUCTION',
    presented_offering_id: null,
    transaction_id: '1000000000000002',
    original_transaction_id: '1000000000000001',
    aliases: ['$RCAnonymousID:87c6049c58069238dce29853916d624c', 'user-1'],
    app_id: 'ios',
  }

  it.each(Object.entries(onEveryEvent))('%s', (key, value) => {
    expect(properties(eventNamed('renewal'))[key]).toEqual(value)
    for (const name of EVENT_NAMES) expect(Object.keys(properties(eventNamed(name))), name).toContain(key)
  })

  it.each([
    ['cancellation_reason', ['cancellation', 'trial_cancelled'], 'UNSUBSCRIBE'],
    ['expiration_reason', ['expiration'], 'UNSUBSCRIBE'],
    ['auto_resumes_at', ['subscription_paused'], Date.UTC(2027, 0, 20, 10) / 1000],
    ['grace_period_expires_at', ['billing_issue'], Date.UTC(2026, 11, 6, 10) / 1000],
    ['new_product_id', ['product_change'], 'com.acme.annual'],
  ])('%s on %j alone', (key, names, value) => {
    for (const name of EVENT_NAMES) {
      const found = properties(eventNamed(name))
      if (names.includes(name)) expect(found[key], name).toBe(value)
      else expect(Object.keys(found), name).not.toContain(key)
    }
  })

  it('and what is added to them', () => {
    expect(properties(eventNamed('renewal', { id: 'evt_1', offerCode: 'WINTER' }))).toMatchObject({
      event_id: 'evt_1',
      seq: 1_795_600_000_000_000,
      renewal_number: 3,
      country_code: 'DE',
      offer_code: 'WINTER',
      price_in_purchased_currency: 7.99,
      purchased_currency: 'EUR',
      tax_percentage: 0.159664,
      commission_percentage: 0.252101,
      is_family_share: false,
      is_trial_conversion: false,
    })
    expect(properties(eventNamed('trial_converted')).is_trial_conversion).toBe(true)
    expect(properties(eventNamed('cancellation'))).not.toHaveProperty('is_trial_conversion')
  })

  it('name the five stores as the reference does', () => {
    const names = STORES.map((store) => properties(eventNamed('expiration', { store })).store)
    expect(names).toEqual(['APP_STORE', 'PLAY_STORE', 'AMAZON', 'STRIPE', 'PROMOTIONAL'])
  })

  it('report the end of grace as the end of access while a charge is retried', () => {
    const grace = Date.UTC(2026, 11, 6, 10) / 1000
    expect(properties(eventNamed('billing_issue'))).toMatchObject({ expires_at: grace, grace_period_expires_at: grace })
    const without = properties(eventNamed('billing_issue', { gracePeriodExpiresAt: null }))
    expect(without).toMatchObject({ expires_at: Date.UTC(2026, 10, 20, 10) / 1000, grace_period_expires_at: null })
  })

  it('are null where there is nothing, as in the samples', () => {
    expect(properties(eventNamed('non_subscription_purchase'))).toMatchObject({
      expires_at: null,
      entitlement: null,
      entitlements: null,
    })
    expect(properties(eventNamed('renewal', { entitlementIds: [] }))).toMatchObject({
      entitlement: null,
      entitlements: [],
    })
  })
})

describe('two calls per event', () => {
  it('identify comes first, and both are of the same person at the same time', () => {
    const records = render(eventNamed('renewal'))
    expect(records.map(({ kind, body }) => [kind, body.type])).toEqual([
      ['identify', 'identify'],
      ['track', 'track'],
    ])
    for (const { body } of records) {
      expect(body).toMatchObject({
        userId: 'user-1',
        timestamp: '2026-11-20T10:00:00.000Z',
        context: { environment: 'production', library: { name: 'Tributary' } },
      })
    }
    expect(bodyOf('track', records).event).toBe('rc_renewal_event')
  })

  it.each(SUBSCRIPTION_STATUSES)('the trait rc_subscription_status says %s', (subscriptionStatus) => {
    const traits = bodyOf('identify', render(eventNamed('renewal', { subscriptionStatus }))).traits
    expect(traits).toEqual({
      last_seen_app_user_id: 'user-1',
      aliases: ['$RCAnonymousID:87c6049c58069238dce29853916d624c', 'user-1'],
      rc_subscription_status: subscriptionStatus,
    })
  })

  it('says sandbox in the context in lower case and in the properties in upper case', () => {
    const records = render(inSandbox(eventNamed('renewal')))
    expect(records.map(({ body }) => (body.context as Json).environment)).toEqual(['sandbox', 'sandbox'])
    expect(bodyOf('track', records).properties).toMatchObject({ environment: 'SANDBOX' })
  })

  it.each([
    ['always', 'active', ['identify', 'track']],
    ['always', null, ['identify', 'track']],
    ['on_change', null, ['identify', 'track']],
    ['on_change', 'trial', ['identify', 'track']],
    ['on_change', 'active', ['track']],
    ['never', null, ['track']],
    ['never', 'trial', ['track']],
  ] as const)('identify: %s after %s gives %j', (identify, lastStatus, kinds) => {
    expect(render(eventNamed('renewal'), { identify }, { lastStatus }).map(({ kind }) => kind)).toEqual(kinds)
  })

  it('uses the name that the integration gives to the event', () => {
    expect(bodyOf('track', render(eventNamed('renewal'), {}, { eventName: 'Renewed' })).event).toBe('Renewed')
  })
})

describe('messageId', () => {
  const event = eventNamed('renewal', { id: 'evt_aaaabbbbccccddddeeeeffff00' })
  const idOf = (kind: 'identify' | 'track', changes: Partial<RenderInput> = {}): unknown =>
    bodyOf(kind, render(event, {}, changes)).messageId

  it('is the same on every attempt and with other settings', () => {
    expect(idOf('track', { nowMs: NOW + 3_600_000, lastStatus: 'trial' })).toBe(idOf('track'))
    expect(bodyOf('track', render(event, { currency: 'purchased', identify: 'never' })).messageId).toBe(idOf('track'))
  })

  it('differs by call, integration, event and resend, and is short enough', () => {
    const other = bodyOf('track', render(eventNamed('renewal', { id: 'evt_other' }))).messageId
    const ids = [
      idOf('track'),
      idOf('identify'),
      idOf('track', { integrationId: 'second' }),
      idOf('track', { resend: 1 }),
      other,
    ]
    expect(new Set(ids).size).toBe(5)
    for (const id of ids) expect(id).toMatch(/^trb_[a-z2-7]{26}$/)
  })

  it('keeps its recipe: a change would deliver every waiting event twice', () => {
    expect([idOf('identify'), idOf('track'), idOf('track', { resend: 1 })]).toEqual([
      'trb_6xulncbbapyq3gww2dqhtzaaap',
      'trb_rhfjufjhtpepyzhulkizyu4zqv',
      'trb_kqsehvnwsg3bcodom4ibhu2koc',
    ])
  })
})

describe('who', () => {
  const anonymousId = `$RCAnonymousID:${'a'.repeat(32)}`
  const event = eventNamed('renewal', { appUserId: anonymousId, aliases: [anonymousId] })
  const customer = customerOf(event, { anonymous: true })

  it.each([
    ['send', { userId: anonymousId }],
    ['as_anonymous_id', { anonymousId }],
  ])('anonymous: %s', (anonymous, who) => {
    const identified = segment.identify(customer, settingsWith({ anonymous }))
    expect(identified).toEqual({ kind: 'identity', identity: who })
    const records = render(event, { anonymous }, { identity: who })
    expect(records).toHaveLength(2)
    for (const { body } of records) {
      const { userId, anonymousId: other } = body
      expect({ userId, anonymousId: other }).toEqual({ userId: undefined, anonymousId: undefined, ...who })
    }
  })

  it.each([
    ['hold_until_known', 'hold'],
    ['skip', 'skip'],
  ])('anonymous: %s', (anonymous, kind) => {
    expect(segment.identify(customer, settingsWith({ anonymous }))).toEqual({ kind })
  })

  it('a known customer is a userId whatever the option says', () => {
    const known = customerOf(eventNamed('renewal'))
    for (const anonymous of ['send', 'as_anonymous_id', 'hold_until_known', 'skip']) {
      expect(segment.identify(known, settingsWith({ anonymous }))).toEqual({
        kind: 'identity',
        identity: { userId: 'user-1' },
      })
    }
  })

  it('the person known at the first attempt gets the event, whose own ids stay as they were', () => {
    const records = render(event, {}, { identity: { userId: 'user-9' } })
    expect(bodyOf('track', records)).toMatchObject({ userId: 'user-9', properties: { app_user_id: anonymousId } })
    expect(bodyOf('identify', records)).toMatchObject({
      userId: 'user-9',
      traits: { last_seen_app_user_id: anonymousId },
    })
  })
})

describe('options', () => {
  it.each([
    [{}, ['$email', '$ip', 'favourite_colour']],
    [{ exclude: ['$ip'] }, ['$email', 'favourite_colour']],
    [{ include: ['$email', '$ip'] }, ['$email', '$ip']],
    [{ include: ['$email', '$ip'], exclude: ['$ip'] }, ['$email']],
    [{ include: ['nothing'] }, []],
  ])('attributes: %j', (attributes, keys) => {
    expect(Object.keys(properties(eventNamed('renewal'), { attributes }).subscriber_attributes as Json)).toEqual(keys)
  })

  it('passes the integrations object through with every call, and none where it is empty', () => {
    const integrations = { All: true, CleverTap: false, Amplitude: { session_id: 7 } }
    for (const { body } of render(eventNamed('renewal'), { integrations }))
      expect(body.integrations).toEqual(integrations)
    for (const { body } of render(eventNamed('renewal'))) expect(body).not.toHaveProperty('integrations')
  })

  it('leaves the time to Segment with event_time: sent, so that a retry carries the same bytes', () => {
    const first = render(eventNamed('renewal'), { event_time: 'sent' })
    for (const { body } of first) expect(body).not.toHaveProperty('timestamp')
    expect(bodyOf('track', first).properties).toMatchObject({ occurred_at: Date.UTC(2026, 10, 20, 10) / 1000 })
    const later = render(eventNamed('renewal'), { event_time: 'sent' }, { nowMs: NOW + 60_000 })
    expect(later.map(({ json }) => json)).toEqual(first.map(({ json }) => json))
    expect(properties(eventNamed('renewal'))).not.toHaveProperty('occurred_at')
  })
})

describe('money', () => {
  it.each([
    ['gross', 'usd', 8.14, 'USD'],
    ['after_commission', 'usd', 6.087898, 'USD'],
    ['after_commission_and_taxes', 'usd', 4.788233, 'USD'],
    ['gross', 'purchased', 7.99, 'EUR'],
    ['after_commission', 'purchased', 5.975713, 'EUR'],
    ['after_commission_and_taxes', 'purchased', 4.699998, 'EUR'],
  ])('%s in %s; a refund is the same below zero', (sales_reporting, currency, revenue, code) => {
    const mode = { sales_reporting, currency }
    expect(properties(eventNamed('renewal'), mode)).toMatchObject({ revenue, currency: code })
    const refund = SPECIAL_EVENTS.refund ?? eventNamed('cancellation')
    expect(properties(refund, mode)).toMatchObject({
      revenue: -revenue,
      currency: code,
      price_in_purchased_currency: -7.99,
    })
  })

  it('is zero, not missing, on events that move none', () => {
    const still = EVENT_NAMES.filter((name) => eventNamed(name).money.grossMicros === 0)
    expect(still).toHaveLength(8)
    for (const name of still) expect(properties(eventNamed(name)), name).toMatchObject({ revenue: 0, currency: 'USD' })
  })

  it('says why there is no amount, with the price that was paid', () => {
    const rateless = properties(SPECIAL_EVENTS.rate_unknown ?? eventNamed('renewal'))
    expect(rateless).toMatchObject({
      revenue_unavailable: 'rate_unknown',
      price_in_purchased_currency: 1990,
      purchased_currency: 'IRR',
    })
    const priceless = properties(SPECIAL_EVENTS.price_unknown ?? eventNamed('renewal'))
    expect(priceless).toMatchObject({ revenue_unavailable: 'price_unknown', price_in_purchased_currency: null })
    for (const found of [rateless, priceless]) {
      expect(found).not.toHaveProperty('revenue')
      expect(found).not.toHaveProperty('currency')
    }
  })
})

describe('limits', () => {
  const filled = (length: number): LifecycleEvent =>
    eventNamed('renewal', { attributes: { note: { value: 'x'.repeat(length), updatedAt: NOW } } })
  const bytesOf = (records: readonly DestinationRecord[]): number => Math.max(...records.map(({ bytes }) => bytes))

  it('takes a call of 32,000 bytes and refuses the next one alone, with what to do', () => {
    const room = MAX_RECORD_BYTES - bytesOf(render(filled(0)))
    expect(bytesOf(render(filled(room)))).toBe(32_000)
    const refused = segment.records(renderInput(segment, settingsWith(), filled(room + 1)))
    expect(refused).toEqual({
      kind: 'refused',
      reason: expect.stringMatching(/^The track call takes 32001 bytes .* attributes .*\.$/),
    })
    const without = { attributes: { exclude: ['note'] } }
    expect(render(filled(room + 1), without)).toHaveLength(2)
  })

  it('counts bytes, not characters', () => {
    const wide = eventNamed('renewal', { attributes: { note: { value: '€'.repeat(11_000), updatedAt: NOW } } })
    expect(segment.records(renderInput(segment, settingsWith(), wide)).kind).toBe('refused')
  })

  it('leaves aliases out, with a note, when nothing else makes a call too large', () => {
    const aliases = Array.from({ length: 900 }, (_, i) => `$RCAnonymousID:${String(i).padStart(32, '0')}`)
    const event = eventNamed('renewal', { aliases: [...aliases, 'user-1'] })
    const rendered = segment.records(renderInput(segment, settingsWith(), event))
    if (rendered.kind === 'refused') throw new Error(rendered.reason)
    expect(rendered.notes).toHaveLength(2)
    for (const note of rendered.notes) expect(note).toMatch(/^\d+ of 901 aliases left out of the (identify|track) call/)
    for (const { bytes } of rendered.records) {
      expect(bytes).toBeLessThanOrEqual(32_000)
      expect(bytes).toBeGreaterThan(31_900)
    }
    expect(bodyOf('track', rendered.records).properties).toMatchObject({
      aliases: expect.arrayContaining(['user-1', aliases[0]]),
    })
  })

  it('keeps a full request below what Segment takes', () => {
    const { bytesPerRequest, deliveriesPerRequest } = segment.limits
    const envelope = segment.request([], { settings: settingsWith(), environment: 'production', nowMs: NOW }).body
      .length
    expect(bytesPerRequest + deliveriesPerRequest * 2 + envelope).toBeLessThan(500_000)
    expect(2 * MAX_RECORD_BYTES).toBeLessThan(bytesPerRequest)
    expect(deliveriesPerRequest * 2).toBeLessThan(2_500)
  })
})
