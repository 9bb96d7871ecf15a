const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Waits between attempts to fetch for one purchase; then hourly, for 30 days in all. */
const WAITS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE]
const GIVE_UP_AFTER = 30 * DAY
/** A history that cannot be had for this long is gone without: the purchase is marked. */
export const HISTORY_PATIENCE_MS = HOUR
/** Refused credentials: one probe every five minutes. */
export const CREDENTIALS_PROBE_MS = 5 * MINUTE

/**
 * When to try again after `tries` failed attempts (0: the first failed just now), or null to give up. A store that names
 * its own time is obeyed when that is later.
 */
export function retryAt(input: {
  readonly tries: number
  readonly since: number
  readonly now: number
  readonly afterMs: number | null
}): number | null {
  if (input.now - input.since > GIVE_UP_AFTER) return null
  const wait = WAITS[input.tries] ?? HOUR
  return input.now + Math.max(wait, input.afterMs ?? 0)
}
