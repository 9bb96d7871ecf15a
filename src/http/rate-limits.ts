import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from './areas.ts'
import type { Caller } from './caller.ts'

/** Requests a second that are let through for good, each with `BURST_SECONDS` of them at once; 0: no limit. */
export interface Rates {
  readonly perKey: number
  readonly perAddress: number
  readonly perCustomer: number
}

export interface RateLimits {
  /** Milliseconds until this caller may ask again; 0: it may, and it was counted. */
  key(hash: string): number
  address(address: string): number
  customer(projectId: string, appUserId: string): number
}

export const NO_RATES: Rates = { perKey: 0, perAddress: 0, perCustomer: 0 }

/** An app that starts asks a few things at once, and a backend that comes back asks for all that it missed. */
const BURST_SECONDS = 10
/** About 10 MB when full; who was forgotten begins with a full bucket. */
const MOST_BUCKETS = 50_000

/** Buckets in memory, each process its own: a bound against floods and loops, no quota. */
export function createRateLimits(rates: Rates, now: () => number): RateLimits {
  const keys = createBuckets(rates.perKey, now)
  const addresses = createBuckets(rates.perAddress, now)
  const customers = createBuckets(rates.perCustomer, now)
  return {
    key: (hash) => keys.take(hash),
    address: (address) => addresses.take(address),
    customer: (projectId, appUserId) => customers.take(`${projectId}\n${appUserId}`),
  }
}

interface Bucket {
  /** In thousandths of a request, so that a rate in seconds and a clock in milliseconds meet in whole numbers. */
  readonly left: number
  readonly at: number
}

const ONE = 1_000

/** Token buckets of one rate: the ones that were asked longest ago are forgotten first. */
export function createBuckets(
  rate: number,
  now: () => number,
  most = MOST_BUCKETS,
  burstSeconds = BURST_SECONDS,
): { take(name: string): number; readonly size: number } {
  const buckets = new Map<string, Bucket>()
  const full = rate * burstSeconds * ONE
  return {
    take(name) {
      if (rate === 0) return 0
      const at = now()
      const known = buckets.get(name)
      // A clock that was set back refills nothing and takes nothing away.
      const left = known === undefined ? full : Math.min(full, known.left + Math.max(0, at - known.at) * rate)
      const goes = left >= ONE
      // Taken out and put in again: a Map remembers the order, so the first is the one asked longest ago.
      if (known !== undefined) buckets.delete(name)
      buckets.set(name, { left: goes ? left - ONE : left, at })
      const [oldest] = buckets.size > most ? buckets.keys() : []
      if (oldest !== undefined) buckets.delete(oldest)
      return goes ? 0 : Math.ceil((ONE - left) / rate)
    },
    get size() {
      return buckets.size
    },
  }
}

/**
 * The answer to a caller who asks too often. It is 429, except to an app that hands in what it will not send again: the
 * iOS and Android SDKs take every 4xx on a receipt or on attributes for the last word, finish the transaction and drop
 * what they held, while they keep both through a 5xx (`finishable` and `isSuccessfullySynced` of purchases-ios,
 * `determinePostReceiptErrorHandlingBehavior` of purchases-android, August 2026).
 */
export function tooMany(request: FastifyRequest, reply: FastifyReply, waitMs: number, caller: Caller): FastifyReply {
  const kept = request.routeOptions.config.heldByDevice === true && caller.kind !== 'secret'
  void reply.header('retry-after', String(Math.max(1, Math.ceil(waitMs / 1000))))
  return refuse(
    request,
    reply,
    kept ? 503 : 429,
    'Too many requests came at once; send fewer, and this one again after the seconds that Retry-After says.',
  )
}
