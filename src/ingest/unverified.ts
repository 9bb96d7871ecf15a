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
}

export function createUnverified(
  alert: (
    app: App,
    details: { readonly environment: Environment; readonly reason: string; readonly since: number },
  ) => void,
): Unverified {
  const lastHeard = new Map<string, number>()
  return {
    failed: (app, environment, reason, since, now) => {
      if (now - since < UNVERIFIED_ALERT_MS) return
      const key = `${app.projectId}\n${app.id}`
      const last = lastHeard.get(key)
      lastHeard.set(key, now)
      // As long as questions go on failing it is the same trouble.
      if (last === undefined || now - last > UNVERIFIED_ALERT_MS) alert(app, { environment, reason, since })
    },
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
  return answer === 'failed' && clock.canAsk && row !== null ? row.checkAt : nextCheck(purchase, clock, now, asked)
}
