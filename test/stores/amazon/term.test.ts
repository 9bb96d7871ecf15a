import { describe, expect, it } from 'vitest'
import { plusTerms, type Term, termOf, termsBetween } from '../../../src/stores/amazon/term.ts'

const MONTH: Term = { unit: 'months', count: 1 }
const day = (year: number, month: number, date: number): number => Date.UTC(year, month - 1, date, 14, 3, 22, 123)

describe('a term', () => {
  it('is read as the receipt and the Developer Console write it', () => {
    const cases: readonly (readonly [string, Term | null])[] = [
      ['1 Week', { unit: 'days', count: 7 }],
      ['2 Weeks', { unit: 'days', count: 14 }],
      ['1 Month', MONTH],
      ['2 Months', { unit: 'months', count: 2 }],
      ['3 Months', { unit: 'months', count: 3 }],
      ['6 Months', { unit: 'months', count: 6 }],
      ['1 Year', { unit: 'months', count: 12 }],
      ['7 Days', { unit: 'days', count: 7 }],
      ['BiWeekly', { unit: 'days', count: 14 }],
      ['Quarterly', { unit: 'months', count: 3 }],
      ['SemiAnnual', { unit: 'months', count: 6 }],
      ['Annually', { unit: 'months', count: 12 }],
      ['0 Months', null],
      ['a while', null],
      ['', null],
    ]
    for (const [text, term] of cases) expect(termOf(text), text).toEqual(term)
    expect(cases).toHaveLength(15)
    expect(termOf(null)).toBeNull()
  })

  it('after January 31 ends on February 28, March 31 and April 30', () => {
    const from = day(2026, 1, 31)
    expect([1, 2, 3].map((times) => plusTerms(from, MONTH, times))).toEqual([
      day(2026, 2, 28),
      day(2026, 3, 31),
      day(2026, 4, 30),
    ])
    expect(plusTerms(day(2028, 2, 29), { unit: 'months', count: 12 }, 1)).toBe(day(2029, 2, 28))
    expect(plusTerms(day(2026, 3, 31), MONTH, -1)).toBe(day(2026, 2, 28))
  })

  it('is counted exactly, for twenty years', () => {
    let seen = 0
    for (const start of [day(2026, 1, 31), day(2026, 2, 28), day(2024, 2, 29), day(2026, 12, 1)]) {
      for (let times = 1; times <= 240; times += 1) {
        expect(termsBetween(start, plusTerms(start, MONTH, times), MONTH)).toBe(times)
        expect(termsBetween(start, plusTerms(start, MONTH, times) + 1, MONTH)).toBeNull()
        seen += 1
      }
    }
    expect(seen).toBe(960)
    expect(termsBetween(day(2026, 1, 31), day(2026, 1, 31), MONTH)).toBeNull()
  })
})
