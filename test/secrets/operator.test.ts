import { describe, expect, it } from 'vitest'
import { generateKey, keyRing } from '../../src/secrets/key-ring.ts'
import { operatorToken, verifyOperatorToken } from '../../src/secrets/operator.ts'

const old = generateKey()
const fresh = generateKey()
const ring = keyRing([old])
const NOW = 1_800_000_030_000

describe('the token of a command', () => {
  it('is good within its minute and the ones beside it', () => {
    const token = operatorToken(ring, NOW)
    const good = [-90_000, -60_000, 0, 29_999, 60_000, 89_999].filter((off) =>
      verifyOperatorToken(token, ring, NOW + off),
    )
    expect(good).toEqual([-90_000, -60_000, 0, 29_999, 60_000, 89_999])
    const bad = [-90_001, 90_000, 600_000].filter((off) => verifyOperatorToken(token, ring, NOW + off))
    expect(bad).toEqual([])
  })

  it('is refused under another key, taken under any key of the ring', () => {
    const token = operatorToken(ring, NOW)
    expect(verifyOperatorToken(token, keyRing([fresh]), NOW)).toBe(false)
    expect(verifyOperatorToken(token, keyRing([fresh, old]), NOW)).toBe(true)
  })

  it('is refused when anything of it changed, or when it is something else', () => {
    const token = operatorToken(ring, NOW)
    const [window = '', mac = ''] = token.split('.')
    const forged = [
      `${Number(window) + 1}.${mac}`,
      `${window}.${mac.slice(0, -1)}`,
      `${window}.${'A'.repeat(43)}`,
      `${token} `,
      '',
      '.',
      'sk_acme_1',
      `${window}.`,
      '😀',
    ]
    expect(forged.filter((text) => verifyOperatorToken(text, ring, NOW))).toEqual([])
  })
})
