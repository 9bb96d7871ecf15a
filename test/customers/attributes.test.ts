import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AttributeChange,
  applyAttributes as apply,
  MAX_CUSTOM_ATTRIBUTES,
  MAX_VALUE_LENGTH,
  mergeAttributes,
} from '../../src/customers/attributes.ts'
import type { Attributes } from '../../src/domain/event.ts'

const NOW = Date.UTC(2026, 10, 22, 10, 0, 0)
const EMPTY: Attributes = {}

function set(key: string, value: string | null, updatedAt: number | null = NOW - 1000): AttributeChange {
  return { key, value, updatedAt }
}

/** Of a customer from whom nothing was deleted before. */
function applyAttributes(attributes: Attributes, changes: readonly AttributeChange[], now: number) {
  const { attributes: after, errors } = apply({ attributes, deletedAttributes: {} }, changes, now)
  return { attributes: after, errors }
}

function valuesOf(attributes: Attributes): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([key, { value }]) => [key, value]))
}

describe('which change counts', () => {
  it('takes the newer time and passes over an older or equal one without an error', () => {
    const first = applyAttributes(EMPTY, [set('plan', 'a', 100)], NOW)
    expect(first.attributes).toEqual({ plan: { value: 'a', updatedAt: 100 } })
    for (const at of [99, 100]) {
      const later = applyAttributes(first.attributes, [set('plan', 'b', at)], NOW)
      expect(later).toEqual({ attributes: first.attributes, errors: [] })
    }
    expect(applyAttributes(first.attributes, [set('plan', 'b', 101)], NOW).attributes.plan).toEqual({
      value: 'b',
      updatedAt: 101,
    })
  })

  it('clamps a time in the future, so that a wrong clock locks nothing', () => {
    const future = applyAttributes(EMPTY, [set('plan', 'a', NOW + 10 * 365 * 86_400_000)], NOW)
    expect(future.attributes.plan).toEqual({ value: 'a', updatedAt: NOW })
    expect(applyAttributes(future.attributes, [set('plan', 'b', NOW + 5)], NOW + 5).attributes.plan?.value).toBe('b')
  })

  it('takes a change without a time as made now, the last of one millisecond being the newest', () => {
    const first = applyAttributes(EMPTY, [set('plan', 'a', null)], NOW)
    expect(applyAttributes(first.attributes, [set('plan', 'b', null)], NOW).attributes.plan).toEqual({
      value: 'b',
      updatedAt: NOW,
    })
  })

  it('deletes by null and by the empty text, and only when newer', () => {
    const first = applyAttributes(EMPTY, [set('plan', 'a', 100), set('$email', 'a@example.com', 100)], NOW).attributes
    expect(valuesOf(applyAttributes(first, [set('plan', null, 101), set('$email', '', 101)], NOW).attributes)).toEqual(
      {},
    )
    expect(applyAttributes(first, [set('plan', null, 100)], NOW).attributes).toBe(first)
  })

  it('keeps the first value of device and attribution ids, deletions included', () => {
    const keys = [
      '$idfa',
      '$idfv',
      '$gpsAdId',
      '$ip',
      '$mediaSource',
      '$campaign',
      '$adGroup',
      '$ad',
      '$keyword',
      '$creative',
    ]
    for (const key of keys) {
      const first = applyAttributes(EMPTY, [set(key, 'first', 100)], NOW).attributes
      expect(applyAttributes(first, [set(key, 'second', 200)], NOW)).toEqual({ attributes: first, errors: [] })
      expect(applyAttributes(first, [set(key, null, 300)], NOW)).toEqual({ attributes: first, errors: [] })
    }
    expect(keys).toHaveLength(10)
  })

  it('stores every spelling of $clevertapId under one key', () => {
    const applied = applyAttributes(
      EMPTY,
      [set('$cleverTapId', 'x', 1), set(' $CLEVERTAPID ', 'y', 2), set('$clevertapid', 'z', 1)],
      NOW,
    )
    expect(applied).toEqual({ attributes: { $clevertapId: { value: 'y', updatedAt: 2 } }, errors: [] })
  })

  it('gives the same map back when nothing changed', () => {
    const current = { plan: { value: 'a', updatedAt: 5 } }
    expect(applyAttributes(current, [set('plan', 'b', 5), set('$nope', 'x')], NOW).attributes).toBe(current)
  })
})

describe('what is refused, key by key', () => {
  it.each([
    ['$unknown', 'x', 'reserved'],
    ['', 'x', 'empty'],
    ['   ', 'x', 'empty'],
    ['1st', 'x', 'begins with a letter'],
    ['with space', 'x', 'begins with a letter'],
    ['dot.ted', 'x', 'begins with a letter'],
    ['ключ', 'x', 'begins with a letter'],
    ['a'.repeat(41), 'x', '40'],
    ['__proto__', 'x', 'reserved by the language'],
    ['constructor', 'x', 'reserved by the language'],
    ['prototype', 'x', 'reserved by the language'],
    ['nul', 'a\u0000b', 'NUL'],
    ['surrogate', 'a\ud800', 'surrogate'],
    ['long', 'x'.repeat(MAX_VALUE_LENGTH + 1), '500'],
  ])('%j', (key, value, says) => {
    const applied = applyAttributes(EMPTY, [set(key, value), set('plan', 'a')], NOW)
    expect(applied.errors).toHaveLength(1)
    expect(applied.errors[0]?.keyName).toBe(key)
    expect(applied.errors[0]?.message).toContain(says)
    expect(valuesOf(applied.attributes)).toEqual({ plan: 'a' })
  })

  it('counts characters, not units: 500 emoji are a value', () => {
    expect(applyAttributes(EMPTY, [set('mood', '😀'.repeat(MAX_VALUE_LENGTH))], NOW).errors).toEqual([])
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1])('the time %s', (at) => {
    expect(applyAttributes(EMPTY, [set('plan', 'a', at)], NOW).errors[0]?.message).toContain('updated_at_ms')
  })

  it('takes 50 custom attributes and any number of reserved ones; a deletion makes room in the same request', () => {
    const fifty = Array.from({ length: MAX_CUSTOM_ATTRIBUTES }, (_, index) => set(`key-${index}`, 'x'))
    const full = applyAttributes(EMPTY, [...fifty, set('$email', 'a@example.com')], NOW)
    expect(full.errors).toEqual([])
    expect(applyAttributes(full.attributes, [set('one-more', 'x')], NOW).errors[0]?.message).toContain('50')
    expect(applyAttributes(full.attributes, [set('key-0', 'y', NOW)], NOW).errors).toEqual([])
    const exchanged = applyAttributes(full.attributes, [set('one-more', 'x'), set('key-0', null, NOW)], NOW)
    expect(exchanged.errors).toEqual([])
    expect(Object.keys(exchanged.attributes)).toHaveLength(MAX_CUSTOM_ATTRIBUTES + 1)
  })
})

const anyChange = fc.record({
  key: fc.oneof(
    fc.constantFrom(
      'plan',
      'age',
      '$email',
      '$idfa',
      '$cleverTapId',
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      '$no',
    ),
    fc.string({ unit: 'binary', maxLength: 45 }),
  ),
  value: fc.oneof(fc.constant(null), fc.constant(''), fc.string({ unit: 'binary', maxLength: 20 })),
  updatedAt: fc.oneof(fc.constant(null), fc.integer({ min: -10, max: 2_000 }), fc.constant(Number.NaN)),
})

describe('properties', () => {
  it('holds the rules for any changes, never throws and touches no prototype', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyChange, { maxLength: 70 }), { maxLength: 4 }), (requests) => {
        let current: Attributes = EMPTY
        for (const changes of requests) {
          const before = JSON.stringify(current)
          const applied = applyAttributes(current, changes, 1_000)
          expect(JSON.stringify(current)).toBe(before)
          expect(applyAttributes(current, changes, 1_000)).toEqual(applied)
          current = applied.attributes
          const keys = Object.keys(current)
          expect(keys.filter((key) => !key.startsWith('$')).length).toBeLessThanOrEqual(MAX_CUSTOM_ATTRIBUTES)
          for (const key of keys) {
            expect(current[key]?.value).not.toBe('')
            expect(current[key]?.updatedAt).toBeLessThanOrEqual(1_000)
            expect(['__proto__', 'constructor', 'prototype']).not.toContain(key)
          }
        }
        expect(({} as Record<string, unknown>).value).toBeUndefined()
      }),
      { numRuns: 300 },
    )
  })

  it('without deletions, changes of different times end the same in every order', () => {
    fc.assert(
      fc.property(
        fc
          .uniqueArray(fc.record({ key: fc.constantFrom('a', 'b', '$email'), at: fc.integer({ min: 0, max: 500 }) }), {
            selector: ({ at }) => at,
            maxLength: 12,
          })
          .chain((wishes) => fc.tuple(fc.constant(wishes), fc.shuffledSubarray(wishes, { minLength: wishes.length }))),
        ([inOrder, shuffled]) => {
          const end = (wishes: typeof inOrder) =>
            wishes.reduce<Attributes>(
              (current, { key, at }) => applyAttributes(current, [set(key, `v${at}`, at)], NOW).attributes,
              EMPTY,
            )
          expect(end(shuffled)).toEqual(end(inOrder))
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('a deletion', () => {
  const changes: readonly AttributeChange[] = [
    set('plan', 'a', 100),
    set('plan', null, 200),
    set('plan', 'b', 150),
    set('plan', 'c', 300),
    set('plan', null, 250),
  ]

  it('is not undone by what was set before it, in whatever order they arrive', () => {
    let orders = 0
    for (const order of permutationsOf(changes.slice(0, 3))) {
      const end = order.reduce((state, one) => apply(state, [one], NOW), { attributes: EMPTY, deletedAttributes: {} })
      expect(valuesOf(end.attributes)).toEqual({})
      expect(end.deletedAttributes).toEqual({ plan: 200 })
      orders += 1
    }
    expect(orders).toBe(6)
  })

  it('gives way to what was set after it, in whatever order they arrive', () => {
    let orders = 0
    for (const order of permutationsOf(changes)) {
      const end = order.reduce((state, one) => apply(state, [one], NOW), { attributes: EMPTY, deletedAttributes: {} })
      expect(valuesOf(end.attributes)).toEqual({ plan: 'c' })
      expect(end.deletedAttributes).toEqual({})
      orders += 1
    }
    expect(orders).toBe(120)
  })

  it('fills no memory: the oldest of many are forgotten', () => {
    const many = Array.from({ length: 250 }, (_, n) => set(`key-${n}`, null, 1_000 + n))
    const { deletedAttributes } = apply({ attributes: EMPTY, deletedAttributes: {} }, many, NOW)
    expect(Object.keys(deletedAttributes)).toHaveLength(100)
    expect(deletedAttributes['key-249']).toBe(1_249)
  })

  it('says what it made, for the history', () => {
    const { made } = apply(
      { attributes: EMPTY, deletedAttributes: {} },
      [set('plan', 'a', 1), set('gone', null, 2)],
      NOW,
    )
    expect(made).toEqual([{ key: 'plan', value: 'a', updatedAt: 1 }])
  })
})

describe('two customers who become one', () => {
  const state = (attributes: Attributes, deletedAttributes: Readonly<Record<string, number>> = {}) => ({
    attributes,
    deletedAttributes,
  })

  it('keep of each attribute the newer value, of device ids the older, and every deletion that is newer still', () => {
    const a = state({ plan: { value: 'a', updatedAt: 10 }, $idfa: { value: 'first', updatedAt: 5 } }, { mood: 40 })
    const b = state(
      {
        plan: { value: 'b', updatedAt: 20 },
        $idfa: { value: 'second', updatedAt: 9 },
        mood: { value: 'old', updatedAt: 30 },
      },
      { plan: 15 },
    )
    for (const merged of [mergeAttributes(a, b), mergeAttributes(b, a)]) {
      expect(valuesOf(merged.attributes)).toEqual({ plan: 'b', $idfa: 'first' })
      expect({ ...merged.deletedAttributes }).toEqual({ mood: 40 })
    }
  })
})

function permutationsOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items]
  return items.flatMap((item, at) => permutationsOf(items.toSpliced(at, 1)).map((rest) => [item, ...rest]))
}
