const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** Waits of one customer whose record the destination could not take for now; after the last it fails. */
export const RECORD_WAITS = [SECOND, 5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR]

/** Waits of a channel whose requests fail: these, then the last for ever. */
const CHANNEL_WAITS = [SECOND, 5 * SECOND, 15 * SECOND, 30 * SECOND]

/** A paused channel sends one probe this often. */
export const PROBE_MS = 5 * MINUTE

/** A delivery fails when its channel's running clock is this much further than when it might first go. */
export const MAX_AGE_MS = 72 * HOUR

export const LEASE_MS = 30 * SECOND
export const DRAIN_MS = 25 * SECOND
export const HEADERS_TIMEOUT_MS = 10 * SECOND
export const TOTAL_TIMEOUT_MS = 20 * SECOND

/** The due time of a queue that waits for something other than time. */
export const HELD = 8_640_000_000_000_000

/** A delivery that died with its process this often, alone in its request, is parked. */
export const MAX_DEATHS = 3

/** `random` gives 0 ≤ x < 1: the wait with 20 % jitter. */
export function jittered(ms: number, random: () => number): number {
  return Math.round(ms * (0.8 + 0.4 * random()))
}

export function channelWait(failures: number, random: () => number): number {
  return jittered(CHANNEL_WAITS[Math.min(failures, CHANNEL_WAITS.length) - 1] ?? SECOND, random)
}
