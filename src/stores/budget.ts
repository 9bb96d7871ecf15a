import type { App } from '../domain/project.ts'
import type { Fetched } from './store.ts'

/**
 * A request budget per name: a bucket that holds `burst` requests and gains `perSecond`. `take` gives 0 when the request
 * may go, else how long to wait (milliseconds). What must not stop halfway takes with `force` and is paid back later.
 */
export interface Budget {
  take(name: string, rate: Rate, force?: boolean): number
}

export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

export function createBudget(now: () => number): Budget {
  const buckets = new Map<string, { tokens: number; at: number }>()
  return {
    take: (name, rate, force = false) => {
      const bucket = buckets.get(name) ?? { tokens: rate.burst, at: now() }
      buckets.set(name, bucket)
      const elapsed = Math.max(0, now() - bucket.at)
      bucket.tokens = Math.min(rate.burst, bucket.tokens + (elapsed / 1000) * rate.perSecond)
      bucket.at = now()
      if (bucket.tokens < 1 && !force) return Math.ceil(((1 - bucket.tokens) / rate.perSecond) * 1000)
      bucket.tokens -= 1
      return 0
    },
  }
}

/** The request budgets of apps at their stores: `part` names what has a budget of its own. */
export interface AppBudget {
  /**
   * Null when the request may go, else what is told in its place. What goes on with a question that has begun (`continued`)
   * goes at any rate: an empty budget that stopped it halfway would spend all that it gains on beginnings.
   */
  refuse(app: App, part: string, rate: Rate, continued?: boolean): Extract<Fetched<never>, { kind: 'retry' }> | null
}

export function createAppBudget(now: () => number): AppBudget {
  const budget = createBudget(now)
  return {
    refuse: (app, part, rate, continued) => {
      const wait = budget.take(`${app.projectId}/${app.id}/${part}`, rate, continued)
      if (wait === 0) return null
      return { kind: 'retry', reason: `The request budget of ${app.id} is used up for the moment.`, afterMs: wait }
    },
  }
}
