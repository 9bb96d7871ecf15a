/** How long one period of a subscription lasts. */
export interface Term {
  readonly unit: 'days' | 'months'
  readonly count: number
}

const DAY = 86_400_000

const IN: Readonly<Record<string, Term>> = {
  day: { unit: 'days', count: 1 },
  week: { unit: 'days', count: 7 },
  month: { unit: 'months', count: 1 },
  year: { unit: 'months', count: 12 },
}

/** The names that the Developer Console has for the terms (…/in-app-purchasing/iap-create-and-submit-iap-items.html). */
const NAMED: Readonly<Record<string, Term>> = {
  weekly: { unit: 'days', count: 7 },
  biweekly: { unit: 'days', count: 14 },
  monthly: { unit: 'months', count: 1 },
  bimonthly: { unit: 'months', count: 2 },
  quarterly: { unit: 'months', count: 3 },
  semiannual: { unit: 'months', count: 6 },
  semiannually: { unit: 'months', count: 6 },
  annual: { unit: 'months', count: 12 },
  annually: { unit: 'months', count: 12 },
}

/** "1 Week", "2 Months" (…/in-app-purchasing/iap-rvs-for-android-apps.html); null for what is not known. */
export function termOf(text: string | null): Term | null {
  if (text === null) return null
  const [, count, unit] = /^(\d{1,3}) (day|week|month|year)s?$/i.exec(text.trim()) ?? []
  const one = unit === undefined ? undefined : IN[unit.toLowerCase()]
  if (one === undefined) return NAMED[text.trim().toLowerCase()] ?? null
  const times = Number(count)
  return times === 0 ? null : { ...one, count: one.count * times }
}

/**
 * `from` plus so many terms. Amazon renews a subscription of January 31 on February 28, March 31, April 30: the day of
 * the purchase, or the closest before it (…/in-app-purchasing/iap-rvs-for-android-apps.html). In UTC.
 */
export function plusTerms(from: number, term: Term, times: number): number {
  if (term.unit === 'days') return from + times * term.count * DAY
  const date = new Date(from)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + times * term.count)
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  date.setUTCDate(Math.min(day, last))
  return date.getTime()
}

/** How many terms after `anchor` this is exactly, from 1; null when it is none. */
export function termsBetween(anchor: number, at: number, term: Term): number | null {
  const times = (term.unit === 'days' ? (at - anchor) / DAY : monthsBetween(anchor, at)) / term.count
  return Number.isInteger(times) && times >= 1 && plusTerms(anchor, term, times) === at ? times : null
}

function monthsBetween(from: number, to: number): number {
  const [a, b] = [new Date(from), new Date(to)]
  return (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth()
}
