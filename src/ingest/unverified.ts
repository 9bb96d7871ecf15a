import { markUnverified, markVerified, nextCheck, UNVERIFIED_ALERT_MS } from '../domain/expiry.ts'
import type { App } from '../domain/project.ts'
import type { Environment } from '../domain/purchase.ts'
import type { Purchase } from '../domain/purchase-state.ts'
import type { PurchaseRow } from '../storage/rows.ts'
import type { PurchaseWork } from './fold.ts'

/**
 * Who is told that a store cannot be asked about purchases whose access should have ended: the operator, once per app,
 * when it has lasted for an hour.
 */
export interface Unverified {
  /** A question failed; `since`: when the first one about this purchase did (milliseconds). */
  failed(app: App, environment: Environment, reason: string, since: number, now: number): void
  /** Nobody could ask at all, and an hour after an end nobody had told it. */
  unasked(app: App, environment: Environment, reason: string, now: number): void
}

interface Trouble {
  readonly environment: Environment
  readonly reason: string
  /** When the first question failed, or was not put (milliseconds). */
  readonly since: number
}

export function createUnverified(alert: (app: App, trouble: Trouble) => void): Unverified {
  const lastHeard = new Map<string, number>()
  const hear = (app: App, trouble: Trouble, now: number): void => {
    if (now - trouble.since < UNVERIFIED_ALERT_MS) return
    const key = `${app.projectId}\n${app.id}`
    const last = lastHeard.get(key)
    lastHeard.set(key, now)
    // As long as questions go on failing it is the same trouble.
    if (last === undefined || now - last > UNVERIFIED_ALERT_MS) alert(app, trouble)
  }
  return {
    failed: (app, environment, reason, since, now) => hear(app, { environment, reason, since }, now),
    unasked: (app, environment, reason, now) =>
      hear(app, { environment, reason, since: now - UNVERIFIED_ALERT_MS }, now),
  }
}

/** A question that failed marks the purchase, any answer takes the mark away. */
export function markedBy(purchase: Purchase, { answer, now }: PurchaseWork): Purchase {
  if (answer === undefined) return purchase
  return answer === 'failed' ? markUnverified(purchase, now) : markVerified(purchase)
}

/** When the clock looks next. A question that failed is put again when its claim ends. */
export function checkOf(work: PurchaseWork, purchase: Purchase, row: PurchaseRow | null): number | null {
  const { answer, clock, now, asked } = work
  return answer === 'failed' && row !== null ? row.checkAt : nextCheck(purchase, clock, now, asked)
}
