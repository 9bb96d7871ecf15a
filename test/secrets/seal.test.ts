import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generateKey, keyRing } from '../../src/secrets/key-ring.ts'
import { open, type Place, seal } from '../../src/secrets/seal.ts'
import { seed } from '../seed.ts'

const old = generateKey()
const fresh = generateKey()
const ring = keyRing([old])
const PLACE: Place = ['app', 'acme', 'ios', 'api_key.private_key']

describe('sealing', () => {
  it('opens at its place what was sealed there, whatever it is', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 300 })
    const part = fc.string({ maxLength: 20 })
    fc.assert(
      fc.property(text, fc.tuple(part, part, part, part), (secret, place) => {
        expect(open(ring, place, seal(ring, place, secret))).toEqual({ kind: 'opened', text: secret })
      }),
      { seed, numRuns: 300 },
    )
  })

  it('opens at no other place', () => {
    const others: readonly Place[] = [
      ['integration', 'acme', 'ios', 'api_key.private_key'],
      ['app', 'other', 'ios', 'api_key.private_key'],
      ['app', 'acme', 'android', 'api_key.private_key'],
      ['app', 'acme', 'ios', 'api_key.key_id'],
      ['app', 'acm', 'eios', 'api_key.private_key'],
    ]
    const sealed = seal(ring, PLACE, 'secret')
    expect(others.map((place) => open(ring, place, sealed).kind)).toEqual(Array(5).fill('damaged'))
  })

  it('notices every flipped bit', () => {
    const sealed = seal(ring, PLACE, 'secret')
    const bytes = Buffer.from(sealed.slice('sealed:'.length), 'base64url')
    const kinds = Array.from({ length: bytes.length * 8 }, (_, bit) => {
      const changed = Buffer.from(bytes)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      return open(ring, PLACE, `sealed:${changed.toString('base64url')}`).kind
    })
    expect(kinds).toHaveLength(39 * 8)
    expect(kinds).not.toContain('opened')
  })

  it('answers any text without throwing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(open(ring, PLACE, text).kind).toBe('damaged')
        expect(open(ring, PLACE, `sealed:${text}`).kind).not.toBe('opened')
      }),
      { seed, numRuns: 300 },
    )
  })

  it('never gives the same text twice, and never shows what it holds', () => {
    const sealed = Array.from({ length: 100 }, () => seal(ring, PLACE, 'canary-canary'))
    expect(new Set(sealed).size).toBe(100)
    expect(sealed.join()).not.toContain(Buffer.from('canary-canary').toString('base64url').slice(2, 14))
  })

  it('opens under a key that stands behind the new one, and seals under the new one', () => {
    const before = seal(ring, PLACE, 'secret')
    const rotated = keyRing([fresh, old])
    expect(open(rotated, PLACE, before)).toEqual({ kind: 'opened', text: 'secret' })
    const after = seal(rotated, PLACE, 'secret')
    expect(open(keyRing([fresh]), PLACE, after)).toEqual({ kind: 'opened', text: 'secret' })
    expect(open(keyRing([fresh]), PLACE, before)).toMatchObject({ kind: 'unknown_key', keyId: ring.current.id })
  })

  it('shows no key when a ring is printed', () => {
    const shown = inspect(ring, { depth: 9 }) + JSON.stringify(ring)
    expect(shown).not.toContain(ring.current.sealing.toString('hex').slice(0, 8))
    expect(shown).not.toContain('Buffer')
  })
})
