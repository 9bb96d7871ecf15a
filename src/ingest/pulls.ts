import type { App } from '../domain/project.ts'
import type { SourceName } from '../domain/purchase.ts'
import type { Store, StoreList } from '../stores/store.ts'
import { type Loop, startLoop } from './loop.ts'
import { createPull, type PullDeps } from './pull.ts'

export interface Pulls {
  /** Starts a loop for each list of each app and stops those that no longer should. */
  refresh(): void
  stop(): Promise<void>
}

/** A list is asked at least this often, whatever a store says. */
const IDLE_MS = 3_600_000

export function createPulls(
  deps: PullDeps & {
    readonly stores: ReadonlyMap<SourceName, Store>
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
  const begin = (key: string, list: StoreList, app: App): void => {
    const failed = (error: unknown): void =>
      deps.log('A page of a store’s list could not be kept; it is asked again', {
        app: app.id,
        environment: list.environment,
        list: list.name,
        error: error instanceof Error ? error.message : String(error),
      })
    running.set(key, {
      app,
      loop: startLoop({ round: createPull(list, app, deps), idleMs: IDLE_MS, failed }),
    })
  }

  return {
    refresh: () => {
      const wanted = new Map<string, { list: StoreList; app: App }>()
      for (const app of deps.settings().apps) {
        for (const list of deps.stores.get(app.store)?.lists?.(app) ?? [])
          wanted.set([app.projectId, app.id, list.environment, list.name].join('\n'), { list, app })
      }
      for (const [key, { app, loop }] of running) if (wanted.get(key)?.app !== app) end(key, loop)
      for (const [key, { list, app }] of wanted) if (!running.has(key)) begin(key, list, app)
    },
    stop: async () => {
      for (const [key, { loop }] of running) end(key, loop)
      await Promise.all(ending)
    },
  }
}
