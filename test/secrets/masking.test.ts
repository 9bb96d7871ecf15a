import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashSecretKey, mask, redactor } from '../../src/secrets/masking.ts'
import { seed } from '../seed.ts'

describe('masking', () => {
  it('shows the last four characters of a long secret and nothing of a short one', () => {
    expect(mask('wk_1234567890')).toBe('••••7890')
    expect(mask('short')).toBe('••••')
    expect(mask('')).toBe('••••')
    expect(mask('-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----')).toBe('••••')
  })

  it('hashes a secret key as SHA-256 in hex', () => {
    expect(hashSecretKey('sk_acme_1')).toBe('b8c2f6bf12e3764298bce74de4f3c665097cf5a8f3bcf9a8d39e3061e29c92b2')
  })
})

describe('blotting secrets out of texts', () => {
  it('finds them as they are, in JSON, in addresses, in base64 and in Basic headers', () => {
    const secret = 'pass"word/1+2'
    const blot = redactor([secret])
    const forms = [
      secret,
      JSON.stringify({ a: secret }),
      `?k=${encodeURIComponent(secret)}`,
      Buffer.from(secret).toString('base64'),
      `Basic ${Buffer.from(`${secret}:`).toString('base64')}`,
    ]
    expect(forms.map(blot)).toEqual([
      '[redacted]',
      '{"a":"[redacted]"}',
      '?k=[redacted]',
      '[redacted]',
      'Basic [redacted]',
    ])
  })

  it('leaves texts alone that hold none, and secrets too short to be told from words', () => {
    expect(redactor(['the'])('the answer')).toBe('the answer')
    expect(redactor([])('anything')).toBe('anything')
    expect(redactor(['canary-1'])('anything else')).toBe('anything else')
  })

  it('leaves no secret standing wherever it stands', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9_+/-]{8,40}$/)
    const around = fc.string({ unit: fc.constantFrom(...' {}[]:",=?&\n'.split('')), minLength: 1 })
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 5 }), around, (secrets, between) => {
        const blotted = redactor(secrets)(secrets.join(between))
        expect(secrets.filter((one) => blotted.includes(one))).toEqual([])
        expect(blotted.split('[redacted]')).toHaveLength(secrets.length + 1)
      }),
      { seed, numRuns: 200 },
    )
  })
})
