import { describe, expect, it } from 'vitest'
import { appleMonth, calendarMonth, type MonthSpan } from '../../src/domain/fiscal.ts'

function days(span: MonthSpan | null): readonly string[] | null {
  return span === null ? null : [span.from, span.to].map((at) => new Date(at).toISOString().slice(0, 10))
}

describe('months', () => {
  it.each([
    ['2026-11', ['2026-11-01', '2026-12-01']],
    ['2026-12', ['2026-12-01', '2027-01-01']],
    ['2028-02', ['2028-02-01', '2028-03-01']],
    ['2026-13', null],
    ['2026-1', null],
  ])('of the calendar: %s', (month, expected) => {
    expect(days(calendarMonth(month))).toEqual(expected)
  })

  it.each([
    ['2026-10', ['2026-09-27', '2026-11-01']],
    ['2026-11', ['2026-11-01', '2026-11-29']],
    ['2026-12', ['2026-11-29', '2026-12-27']],
    ['2027-01', ['2026-12-27', '2027-01-31']],
    ['2026-09', ['2026-08-30', '2026-09-27']],
    ['2022-12', ['2022-11-27', '2023-01-01']],
    ['2023-01', ['2023-01-01', '2023-02-05']],
    ['2019-09', null],
    ['2028-10', null],
  ])('of Apple’s fiscal calendar: %s', (month, expected) => {
    expect(days(appleMonth(month))).toEqual(expected)
  })

  it('of Apple follow each other without a gap, over nine years', () => {
    const names = Array.from({ length: 108 }, (_, index) => {
      const at = new Date(Date.UTC(2019, 9 + index))
      return at.toISOString().slice(0, 7)
    })
    const spans = names.map((name) => appleMonth(name))
    expect(spans.filter((span) => span === null)).toEqual([])
    expect(spans.slice(1).map((span) => span?.from)).toEqual(spans.slice(0, -1).map((span) => span?.to))
  })
})
