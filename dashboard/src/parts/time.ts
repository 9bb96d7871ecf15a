/** Times as their readers say them. `ms`: milliseconds since 1970 UTC. */

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'long' })

const STEPS: readonly (readonly [number, Intl.RelativeTimeFormatUnit])[] = [
  [60_000, 'second'],
  [3_600_000, 'minute'],
  [86_400_000, 'hour'],
  [30 * 86_400_000, 'day'],
  [365 * 86_400_000, 'month'],
  [Number.POSITIVE_INFINITY, 'year'],
]
const UNIT_MS: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  month: 30 * 86_400_000,
  year: 365 * 86_400_000,
}

export function msOf(at: string | number): number {
  return typeof at === 'number' ? at : Date.parse(at)
}

/** In the reader's zone. */
export function exactTime(ms: number): string {
  return exact.format(ms)
}

/** The time of the day in the reader's zone. */
export function clockTime(ms: number): string {
  return clock.format(ms)
}

/** The day of the reader's calendar: `3 Nov 2026`. */
export function dayText(ms: number): string {
  return day.format(ms)
}

export function utcTime(ms: number): string {
  return `${new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, '')} UTC`
}

/** `3 minutes ago`, `in 2 days`. */
export function relativeTime(ms: number, now: number): string {
  const distance = ms - now
  const unit = STEPS.find(([below]) => Math.abs(distance) < below)?.[1] ?? 'year'
  return relative.format(Math.round(distance / (UNIT_MS[unit] ?? 1)), unit)
}

/** `830 ms`, `4.2 s`, `3 min`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 48 * 3_600_000) return `${Math.round(ms / 3_600_000)} h`
  return `${Math.round(ms / 86_400_000)} days`
}
