/** The span of a month, milliseconds UTC: `to` is the first moment that is not in it. */
export interface MonthSpan {
  readonly from: number
  readonly to: number
}

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS

/** A month as YYYY-MM; null when it is none. */
export function calendarMonth(month: string): MonthSpan | null {
  const parts = monthOf(month)
  return parts === null ? null : { from: Date.UTC(parts.year, parts.month - 1), to: Date.UTC(parts.year, parts.month) }
}

/**
 * The Sundays on which Apple's fiscal years begin; the last one ends the year before it. A year ends on the last Saturday
 * of September, so that some have 53 weeks. https://developer.apple.com/help/app-store-connect/getting-paid/view-payments-and-proceeds/
 */
const APPLE_YEARS: readonly (readonly [year: number, begins: string])[] = [
  [2020, '2019-09-29'],
  [2021, '2020-09-27'],
  [2022, '2021-09-26'],
  [2023, '2022-09-25'],
  [2024, '2023-10-01'],
  [2025, '2024-09-29'],
  [2026, '2025-09-28'],
  [2027, '2026-09-27'],
  [2028, '2027-09-26'],
  [2029, '2028-10-01'],
]

/** Weeks of the months October to September; in a year of 53 the December has one more. */
const APPLE_WEEKS = [5, 4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 4] as const

/** First and last month that the calendar here knows, for messages. */
export const APPLE_MONTHS = '2019-10 to 2028-09'

/** Apple's fiscal month of that name: its October 2026 is 27 September to 31 October 2026. null: not a month, or not known. */
export function appleMonth(month: string): MonthSpan | null {
  const parts = monthOf(month)
  if (parts === null) return null
  // October to December belong to the fiscal year that is called after the next one.
  const fiscal = parts.month >= 10 ? parts.year + 1 : parts.year
  const place = (parts.month + 2) % 12
  const index = APPLE_YEARS.findIndex(([year]) => year === fiscal)
  const [begins, ends] = [APPLE_YEARS[index]?.[1], APPLE_YEARS[index + 1]?.[1]]
  if (index === -1 || begins === undefined || ends === undefined) return null
  const start = Date.parse(begins)
  const long = (Date.parse(ends) - start) / WEEK_MS === 53
  const weeks = APPLE_WEEKS.map((count, at) => (long && at === 2 ? count + 1 : count))
  const from = start + weeks.slice(0, place).reduce((sum: number, count) => sum + count, 0) * WEEK_MS
  return { from, to: from + (weeks[place] ?? 0) * WEEK_MS }
}

function monthOf(text: string): { readonly year: number; readonly month: number } | null {
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text)
  return match === null ? null : { year: Number(match[1]), month: Number(match[2]) }
}
