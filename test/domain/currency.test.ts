import { describe, expect, it } from 'vitest'
import { isCurrency, minorUnits, normaliseCurrency } from '../../src/domain/currency.ts'

const WITHDRAWN = 'ANG BGN BYR CUC EEK HRK LTL LVL MRO SKK SLL STD TMM VEF ZMK ZWL ZWR'.split(' ')
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** All 17,576 codes of three letters, so that nothing in the table escapes the counts. */
const every = [...LETTERS].flatMap((a) => [...LETTERS].flatMap((b) => [...LETTERS].map((c) => a + b + c)))
const known = every.filter(isCurrency)
const active = known.filter((code) => !WITHDRAWN.includes(code))
const withExponent = (exponent: number) => active.filter((code) => minorUnits(code) === exponent).join(' ')

describe('the ISO 4217 table', () => {
  it('holds every active code that has a minor unit: 165 of list one with its 178', () => {
    expect(every).toHaveLength(17_576)
    expect(active).toHaveLength(165)
    expect(known).toHaveLength(165 + WITHDRAWN.length)
  })

  it('knows every exponent that is not 2', () => {
    expect(withExponent(0)).toBe('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF')
    expect(withExponent(1)).toBe('')
    expect(withExponent(3)).toBe('BHD IQD JOD KWD LYD OMR TND')
    expect(withExponent(4)).toBe('CLF UYW')
    expect(withExponent(2).split(' ')).toHaveLength(139)
  })

  it.each([
    ['USD', 2],
    ['EUR', 2],
    ['GBP', 2],
    ['INR', 2],
    ['HUF', 2],
    ['TWD', 2],
    ['COP', 2],
    ['JPY', 0],
    ['KRW', 0],
    ['VND', 0],
    ['KWD', 3],
    ['CLF', 4],
    ['XCG', 2],
    ['ZWG', 2],
    ['SLE', 2],
    ['VES', 2],
  ])('%s has %i decimal places', (code, places) => {
    expect(minorUnits(code)).toBe(places)
  })

  it('keeps the codes that were withdrawn since the first store opened, with the exponent they had', () => {
    expect(WITHDRAWN.filter(isCurrency)).toEqual(WITHDRAWN)
    expect([minorUnits('HRK'), minorUnits('BGN'), minorUnits('LTL'), minorUnits('BYR')]).toEqual([2, 2, 2, 0])
  })

  it('leaves out what cannot be charged: metals, the SDR, test and no-currency codes', () => {
    const none = 'XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX'.split(' ')
    expect(none.filter((code) => isCurrency(code) || minorUnits(code) !== null)).toEqual([])
  })
})

describe('a currency as text', () => {
  it('is trimmed and upper-cased', () => {
    expect([' usd', 'Eur\n', 'JPY'].map(normaliseCurrency)).toEqual(['USD', 'EUR', 'JPY'])
  })

  it('is null when ISO 4217 does not know it, however it looks', () => {
    const not = ['', 'US', 'USDT', 'US D', 'BTC', '$', 'EURO', 'constructor', '__proto__', 'toString', 'ΕUR']
    expect(not.map(normaliseCurrency)).toEqual(not.map(() => null))
    expect(not.map(minorUnits)).toEqual(not.map(() => null))
  })

  it('is no currency to the strict questions until it is normalised', () => {
    expect([isCurrency('usd'), isCurrency(' USD'), minorUnits('usd')]).toEqual([false, false, null])
  })
})
