/**
 * A request budget per account: a bucket that holds `burst` requests and gains `perSecond`. `take` gives 0 when the
 * request may go, else how long to wait (milliseconds). What must not stop halfway takes by force and is paid back later.
 */
export interface Budget {
  take(name: string, rate: Rate, force: boolean): number
}

export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

export function createBudget(now: () => number): Budget {
  const buckets = new Map<string, { left: number; at: number }>()
  return {
    take: (name, { perSecond, burst }, force) => {
      const at = now()
      const bucket = buckets.get(name) ?? { left: burst, at }
      buckets.set(name, bucket)
      bucket.left = Math.min(burst, bucket.left + (Math.max(0, at - bucket.at) / 1000) * perSecond)
      bucket.at = at
      if (bucket.left < 1 && !force) return Math.ceil(((1 - bucket.left) / perSecond) * 1000)
      bucket.left -= 1
      return 0
    },
  }
}
