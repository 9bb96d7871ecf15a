import { UNVERIFIED_ALERT_MS } from '../domain/expiry.ts'
import type { App } from '../domain/project.ts'
import type { Environment } from '../domain/purchase.ts'

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
