import type { App } from '../domain/project.ts'
import type { Environment } from '../domain/purchase.ts'
import type { Fetched } from '../stores/store.ts'
import { CREDENTIALS_PROBE_MS } from './retry.ts'

/**
 * Whether a store account may be asked now. Refused credentials close it for five minutes at a time: one probe passes,
 * and its answer opens or closes it again.
 */
export interface FetchGate {
  /** null: ask. */
  closedUntil(app: App, environment: Environment, now: number): { readonly at: number; readonly reason: string } | null
  heard(app: App, environment: Environment, fetched: Fetched<unknown>, now: number): void
  /** New credentials: ask at once. */
  open(app: App): void
}

export function createFetchGate(alert: (app: App, environment: Environment, reason: string) => void): FetchGate {
  const closed = new Map<string, { at: number; reason: string }>()
  const keyOf = (app: App, environment: Environment): string => `${app.projectId}\n${app.id}\n${environment}`
  return {
    closedUntil: (app, environment, now) => {
      const gate = closed.get(keyOf(app, environment))
      if (gate === undefined) return null
      if (now < gate.at) return gate
      // This caller is the probe; the next ones wait for its answer.
      gate.at = now + CREDENTIALS_PROBE_MS
      return null
    },
    heard: (app, environment, fetched, now) => {
      const key = keyOf(app, environment)
      if (fetched.kind === 'credentials') {
        if (!closed.has(key)) alert(app, environment, fetched.reason)
        closed.set(key, { at: now + CREDENTIALS_PROBE_MS, reason: fetched.reason })
      } else if (fetched.kind === 'fetched' || fetched.kind === 'absent') {
        closed.delete(key)
      }
    },
    open: (app) => {
      for (const environment of app.environments) closed.delete(keyOf(app, environment))
    },
  }
}
