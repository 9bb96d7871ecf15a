import type { App } from '../domain/project.ts'
import type { Environment, StoreName } from '../domain/purchase.ts'
import type { Store } from '../stores/store.ts'
import { type Loop, startLoop } from './loop.ts'
import { createPull, type PullDeps } from './pull.ts'

export interface Pulls {
  /** Starts a loop for each app that pulls (one per environment) and stops those that no longer should. */
  refresh(): void
  stop(): Promise<void>
}

/** A history is asked at least this often, whatever a store says. */
const IDLE_MS = 3_600_000

export function createPulls(
  deps: PullDeps & {
    readonly stores: ReadonlyMap<StoreName, Store>
    readonly settings: () => { readonly apps: readonly App[] }
  },
): Pulls {
  const running = new Map<string, { readonly app: App; readonly loop: Loop }>()
  const ending = new Set<Promise<void>>()

  const end = (key: string, loop: Loop): void => {
    running.delete(key)
    const ended = loop.stop().finally(() => ending.delete(ended))
    ending.add(ended)
  }
  const begin = (key: string, store: Store, app: App, environment: Environment): void => {
    const failed = (error: unknown): void =>
      deps.log('A page of the notification history could not be kept; it is asked again', {
        app: app.id,
        environment,
        error: error instanceof Error ? error.message : String(error),
      })
    running.set(key, {
      app,
      loop: startLoop({ round: createPull(store, app, environment, deps), idleMs: IDLE_MS, failed }),
    })
  }

  return {
    refresh: () => {
      const wanted = new Map<string, { store: Store; app: App; environment: Environment }>()
      for (const app of deps.settings().apps) {
        const store = deps.stores.get(app.store)
        if (app.receive !== 'pull' || store?.pull === undefined) continue
        for (const environment of app.environments)
          wanted.set(`${app.projectId}\n${app.id}\n${environment}`, { store, app, environment })
      }
      for (const [key, { app, loop }] of running) if (wanted.get(key)?.app !== app) end(key, loop)
      for (const [key, { store, app, environment }] of wanted)
        if (!running.has(key)) begin(key, store, app, environment)
    },
    stop: async () => {
      for (const [key, { loop }] of running) end(key, loop)
      await Promise.all(ending)
    },
  }
}
