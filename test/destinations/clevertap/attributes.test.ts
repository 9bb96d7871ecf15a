import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EVENT_NAMES, type LifecycleEvent } from '../../../src/domain/event.ts'
import { eventNamed, SPECIAL_EVENTS } from '../events.ts'
import { attributes, dataOf, notesOf, propertiesOf, rendered } from './render.ts'

const renewalWith = (values: Readonly<Record<string, string>>): LifecycleEvent =>
  eventNamed('renewal', { attributes: attributes(values) })
const OWN_COUNT = Object.keys(dataOf(renewalWith({}))).length
const numbered = (prefix: string, count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${String(i).padStart(3, '0')}`, `${i}`]))

describe('attributes on an event', () => {
  it('lie flat under their own keys, or without the $ where that is wanted', () => {
    const event = renewalWith({ $email: 'a@example.com', $clevertapId: 'x1', age: '24' })
    expect(dataOf(event)).toMatchObject({ $email: 'a@example.com', $clevertapId: 'x1', age: '24' })
    const plain = dataOf(event, { attribute_keys: 'plain' })
    expect(plain).toMatchObject({ email: 'a@example.com', clevertapId: 'x1', age: '24' })
    expect(Object.keys(plain).filter((key) => key.startsWith('$'))).toEqual([])
  })

  it('follow the lists of what to send and what not, by the keys that the customer has', () => {
    const event = renewalWith({ $email: 'a@example.com', $ip: '192.0.2.1', age: '24' })
    expect(dataOf(event, { attributes: { exclude: ['$ip'] } })).not.toHaveProperty('$ip')
    const only = dataOf(event, { attributes: { include: ['$email', '$ip'], exclude: ['$ip'] } })
    expect(Object.keys(only)).toHaveLength(OWN_COUNT + 1)
    expect(only).toHaveProperty('$email')
    expect(dataOf(event, { attribute_keys: 'plain', attributes: { exclude: ['$ip'] } })).not.toHaveProperty('ip')
  })

  it("never take the place of the event's own keys, present or absent", () => {
    const own = ['amount', 'currency', 'event_id', 'cancel_reason', 'revenue_unavailable', 'is_refund', 'store']
    const event = renewalWith(Object.fromEntries(own.map((key) => [key, 'forged'])))
    const data = dataOf(event)
    expect(Object.values(data)).not.toContain('forged')
    expect(Object.keys(data)).toHaveLength(OWN_COUNT)
    for (const key of own) expect(notesOf(event)).toContain(`the attribute ${key}:`)
    const unknown = { ...event, money: { ...event.money, grossMicros: null } }
    expect(dataOf(unknown)).not.toHaveProperty('amount')
    expect(dataOf(renewalWith({ $amount: 'forged' }), { attribute_keys: 'plain' }).amount).toBe(7.99)
  })

  it('named like no key of an object can be are left out with a note', () => {
    expect(notesOf(renewalWith(Object.fromEntries([['__proto__', 'x']])))).toMatch(/attribute __proto__/)
  })

  it('keep a custom one where a reserved one would take its key without the $', () => {
    const event = renewalWith({ $email: 'reserved', email: 'custom' })
    expect(dataOf(event, { attribute_keys: 'plain' }).email).toBe('custom')
    expect(notesOf(event, { attribute_keys: 'plain' })).toMatch(/\$email: the customer also has one called email/)
    const without = { attribute_keys: 'plain', attributes: { exclude: ['email'] } }
    expect(dataOf(event, without).email).toBe('reserved')
  })

  it('that are empty are none', () => {
    expect(Object.keys(dataOf(renewalWith({ $email: '', age: '' })))).toHaveLength(OWN_COUNT)
  })
})

describe('limits', () => {
  it('drops reserved device ids first, then other $ keys, then custom attributes, and says which', () => {
    const values = { $idfa: 'a', $ip: 'b', $fcmTokens: 'c', $email: 'd', $campaign: 'e', ...numbered('custom', 20) }
    const keptWith = (room: number): string[] =>
      Object.keys(dataOf(renewalWith(values), { max_properties: OWN_COUNT + room })).slice(OWN_COUNT)
    expect(keptWith(25)).toHaveLength(25)
    expect(keptWith(22).filter((key) => key.startsWith('$'))).toEqual(['$campaign', '$email'])
    expect(keptWith(21).filter((key) => key.startsWith('$'))).toEqual(['$campaign'])
    expect(keptWith(20)).toEqual(Object.keys(numbered('custom', 20)))
    expect(keptWith(18)).toEqual(Object.keys(numbered('custom', 18)))
    expect(notesOf(renewalWith(values), { max_properties: OWN_COUNT + 21 })).toBe(
      'Left out to keep the limit of properties: $email, $fcmTokens, $idfa, $ip.',
    )
    expect(notesOf(renewalWith(numbered('custom', 40)), { max_properties: OWN_COUNT + 20 })).toMatch(/and 10 more\.$/)
  })

  it('mends a refused record by dropping every $ key, and custom ones beyond 20 properties', () => {
    const values = { $idfa: 'a', $email: 'd', ...numbered('custom', 40) }
    const mended = dataOf(renewalWith(values), {}, { mends: ['trim'] })
    expect(Object.keys(mended)).toHaveLength(20)
    expect(Object.keys(mended).filter((key) => key.startsWith('$'))).toEqual([])
    expect(Object.keys(mended).slice(0, OWN_COUNT)).toEqual(Object.keys(dataOf(renewalWith({}))))
    expect(dataOf(renewalWith({ $email: 'd', a: '1' }), {}, { mends: ['trim'] })).toMatchObject({ a: '1' })
    expect(dataOf(renewalWith({ $email: 'd' }), {}, { mends: ['trim'] })).not.toHaveProperty('$email')
    const plain = dataOf(renewalWith({ $email: 'd' }), { attribute_keys: 'plain' }, { mends: ['trim'] })
    expect(plain).not.toHaveProperty('email')
  })

  it.each([
    ['a', 512],
    ['é', 512],
    ['€', 510],
    ['😀', 512],
  ])('cuts a value of %s between characters, and says so', (character, bytes) => {
    const value = character.repeat(600)
    const data = dataOf(renewalWith({ note: value }))
    expect(Buffer.byteLength(String(data.note))).toBe(bytes)
    expect(value.startsWith(String(data.note))).toBe(true)
    expect(notesOf(renewalWith({ note: value }))).toBe('Cut the value of note to 512 bytes.')
  })

  it('leaves a value of exactly 512 bytes alone, cuts our own values too, and leaves out keys over 120', () => {
    expect(dataOf(renewalWith({ note: `${'€'.repeat(170)}ab` })).note).toBe(`${'€'.repeat(170)}ab`)
    expect(dataOf(renewalWith({ note: '€'.repeat(171) })).note).toBe('€'.repeat(170))
    const long = eventNamed('renewal', { productId: 'p'.repeat(600) })
    expect(dataOf(long).product_id).toBe('p'.repeat(512))
    expect(notesOf(long)).toBe('Cut the value of product_id to 512 bytes.')
    const keys = renewalWith({ ['k'.repeat(120)]: 'in', ['k'.repeat(121)]: 'out' })
    expect(Object.values(dataOf(keys)).filter((value) => value === 'in' || value === 'out')).toEqual(['in'])
    expect(notesOf(keys)).toMatch(/over 120 characters/)
  })
})

describe('whatever the attributes and options', () => {
  const key = fc.oneof(
    fc.string({ minLength: 1, maxLength: 130 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => `$${text}`),
    fc.constantFrom(
      '$idfa',
      '$ip',
      '$email',
      '$clevertapId',
      'email',
      'amount',
      'currency',
      '__proto__',
      'constructor',
    ),
  )
  const value = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.string({ unit: 'binary', minLength: 120, maxLength: 700 }),
  )
  const scenario = fc.record({
    name: fc.constantFrom(...EVENT_NAMES),
    values: fc.dictionary(key, value, { maxKeys: 140 }),
    productId: fc.oneof(
      fc.constant('com.acme.monthly'),
      value.filter((text) => text !== ''),
    ),
    money: fc.constantFrom(eventNamed('renewal').money, ...Object.values(SPECIAL_EVENTS).map((event) => event.money)),
    settings: fc.record({
      currency: fc.constantFrom('usd', 'purchased'),
      attribute_keys: fc.constantFrom('with_dollar', 'plain'),
      max_properties: fc.integer({ min: 30, max: 256 }),
      charged: fc.boolean(),
      profile: fc.boolean(),
    }),
    mended: fc.boolean(),
  })

  it('records hold scalars only, keep every limit, are told apart by one id, and lose none of their own keys', () => {
    let seen = 0
    fc.assert(
      fc.property(scenario, ({ name, values, productId, money, settings, mended }) => {
        const bare = eventNamed(name, { productId, money, attributes: {} })
        const event = { ...bare, attributes: attributes(values) }
        const changes = { mends: mended ? (['trim'] as const) : [] }
        const own = dataOf(bare, settings)
        for (const record of rendered(event, settings, changes)) {
          const properties = propertiesOf(record)
          const limit = mended ? Math.max(20, Object.keys(own).length) : settings.max_properties
          expect(Object.keys(properties).length).toBeLessThanOrEqual(limit)
          for (const [name, held] of Object.entries(properties)) {
            expect(name.length).toBeLessThanOrEqual(120)
            expect(['string', 'number', 'boolean']).toContain(typeof held)
            if (typeof held === 'string') expect(Buffer.byteLength(held)).toBeLessThanOrEqual(512)
            if (typeof held === 'number') expect(Number.isFinite(held)).toBe(true)
          }
          expect(Number('identity' in record.body) + Number('objectId' in record.body)).toBe(1)
          expect(Number.isInteger(record.body.ts)).toBe(true)
          expect(JSON.parse(record.json)).toEqual(record.body)
          expect(record.bytes).toBe(Buffer.byteLength(record.json))
          if (record.kind === 'event') expect(properties).toMatchObject(own)
          seen += 1
        }
      }),
      { numRuns: 300 },
    )
    expect(seen).toBeGreaterThanOrEqual(300)
  })
})
