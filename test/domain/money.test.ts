import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimalOf, divideRounded, microsOfDecimal, PPM, shareOf } from '../../src/domain/money.ts'
import { seed } from '../seed.ts'

/** Half away from zero, by looking at the remainder: another way than the product's. */
function byRemainder(numerator: bigint, denominator: bigint): bigint {
  const whole = numerator / denominator
  const rest = numerator % denominator
  const twice = (rest < 0n ? -rest : rest) * 2n
  const size = denominator < 0n ? -denominator : denominator
  if (twice < size) return whole
  return numerator < 0n === denominator < 0n ? whole + 1n : whole - 1n
}

describe('dividing', () => {
  it.each([
    [1n, 2n, 1n],
    [-1n, 2n, -1n],
    [1n, -2n, -1n],
    [-1n, -2n, 1n],
    [1n, 3n, 0n],
    [2n, 3n, 1n],
    [3n, 2n, 2n],
    [-3n, 2n, -2n],
    [5n, 2n, 3n],
    [0n, 7n, 0n],
    [0n, -7n, 0n],
    [10n ** 30n, 3n, (10n ** 30n - 1n) / 3n],
  ])('%d by %d is %d', (numerator, denominator, quotient) => {
    expect(divideRounded(numerator, denominator)).toBe(quotient)
    expect(byRemainder(numerator, denominator)).toBe(quotient)
  })

  it('rounds half away from zero, whatever the numbers', () => {
    const any = fc.oneof(fc.bigInt({ min: -20n, max: 20n }), fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }))
    fc.assert(
      fc.property(
        any,
        any.filter((one) => one !== 0n),
        (n, d) => {
          expect(divideRounded(n, d)).toBe(byRemainder(n, d))
          expect(divideRounded(-n, d)).toBe(-divideRounded(n, d))
        },
      ),
      { seed, numRuns: 5_000 },
    )
  })
})

describe('a share of an amount', () => {
  it('is exact until it is rounded once', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 14), max: 10 ** 14 }), fc.nat(PPM), (micros, ppm) => {
        expect(shareOf(micros, ppm)).toBe(Number(byRemainder(BigInt(micros) * BigInt(ppm), 1_000_000n)))
      }),
      { seed, numRuns: 5_000 },
    )
  })

  it('of all is all, of nothing nothing', () => {
    expect(shareOf(9_990_000, PPM)).toBe(9_990_000)
    expect(shareOf(9_990_000, 0)).toBe(0)
    expect(shareOf(9_990_000, 500_000)).toBe(4_995_000)
    expect(shareOf(1, 500_000)).toBe(1)
    expect(shareOf(-1, 500_000)).toBe(-1)
  })
})

describe('decimals', () => {
  it.each([
    ['4.99', 4_990_000],
    [4.99, 4_990_000],
    ['0', 0],
    ['-0.000001', -1],
    ['0.000001', 1],
    ['  12 ', 12_000_000],
    ['1.10', 1_100_000],
    ['1.1000000000', 1_100_000],
    [0.1, 100_000],
    [1e3, 1_000_000_000],
    ['9007199254.740991', 9_007_199_254_740_991],
    [123456.789, 123_456_789_000],
  ])('%j is %d micros', (text, micros) => {
    expect(microsOfDecimal(text)).toBe(micros)
  })

  it.each([
    '',
    ' ',
    '.5',
    '5.',
    '1,5',
    '1.2.3',
    '+1',
    '--1',
    '1e3',
    '0x10',
    'NaN',
    'Infinity',
    '1.0000001',
    '9007199254.740992',
    '1234567890123',
    '1_000',
    '١',
    '1 000',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1e-7,
    1e21,
    0.1 + 0.2,
    Number.MAX_SAFE_INTEGER,
  ])('%j is no amount', (text) => {
    expect(microsOfDecimal(text)).toBeNull()
  })

  it('−0 is 0', () => {
    expect(Object.is(microsOfDecimal('-0'), 0)).toBe(true)
    expect(Object.is(microsOfDecimal(-0), 0)).toBe(true)
  })

  it('come back as they went', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 15), max: 10 ** 15 }), (micros) => {
        const whole = Math.trunc(Math.abs(micros) / 1e6)
        const text = `${micros < 0 ? '-' : ''}${whole}.${String(Math.abs(micros) % 1e6).padStart(6, '0')}`
        expect(microsOfDecimal(text)).toBe(micros === 0 ? 0 : micros)
        expect(decimalOf(micros)).toBe(Number(text) === 0 ? 0 : Number(text))
      }),
      { seed, numRuns: 5_000 },
    )
  })
})
