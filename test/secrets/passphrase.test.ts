import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { keyRing } from '../../src/secrets/key-ring.ts'
import { unwrapKeys, wrapKeys } from '../../src/secrets/passphrase.ts'
import { keyIdsIn, seal } from '../../src/secrets/seal.ts'

const keys = [randomBytes(32), randomBytes(32)]

describe('keys under a passphrase', () => {
  it('come back in their order, with the same words however they are typed', () => {
    const wrapped = wrapKeys(keys, 'caf\u00e9 au lait, sans sucre')
    expect(unwrapKeys(wrapped, 'cafe\u0301 au lait, sans sucre')).toEqual(keys)
  })

  it('do not come back with other words, nor when anything of the text was changed', () => {
    const wrapped = wrapKeys(keys, 'correct horse')
    expect(unwrapKeys(wrapped, 'correct horsf')).toBe(null)
    const bytes = Buffer.from(wrapped, 'base64url')
    // Version, salt, nonce, a key, the tag.
    const places = [0, 5, 20, 40, bytes.length - 1]
    for (const at of places) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(unwrapKeys(changed.toString('base64url'), 'correct horse')).toBe(null)
    }
    for (const text of ['', 'AQ', wrapped.slice(0, 60)]) expect(unwrapKeys(text, 'correct horse')).toBe(null)
  })

  it('are never wrapped twice alike', () => {
    expect(wrapKeys(keys, 'correct horse')).not.toBe(wrapKeys(keys, 'correct horse'))
  })
})

describe('the keys of a document', () => {
  it('are those that its sealed texts name, each once', () => {
    const [one, two] = keys.map((key) => keyRing([key]))
    if (one === undefined || two === undefined) throw new Error('no keys')
    const place = ['app', 'acme', 'ios', 'key'] as const
    const texts = [seal(one, place, 'a'), seal(two, place, ''), seal(one, place, 'b')]
    expect(keyIdsIn(JSON.stringify({ texts }))).toEqual([one.current.id, two.current.id])
    expect(keyIdsIn('{"text":"nothing is sealed: here"}')).toEqual([])
  })
})
