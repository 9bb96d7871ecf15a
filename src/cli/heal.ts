import { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { openStorage } from '../hub/storage.ts'
import { storesOf } from '../hub/stores.ts'
import { pullCursorName } from '../ingest/pull.ts'
import { createHttpClient } from '../net/http.ts'
import { openKeys } from '../secrets/open-keys.ts'
import { loadProjects } from '../settings/view.ts'
import { StorageLocked } from '../storage/errors.ts'
import type { Storage } from '../storage/storage.ts'
import type { Store } from '../stores/store.ts'
import { CATALOGUE } from './connectors.ts'
import { CommandFailed } from './failure.ts'
import { say } from './output.ts'

/** Purchases that are made due in one transaction. */
const BATCH = 5_000

export function healCommand(): Command {
  return new Command('heal')
    .requiredOption('--since <time>', 'from when on, as 2026-11-20 or 2026-11-20T08:00:00Z')
    .addHelpText(
      'after',
      `
The hub must be stopped; it does the work when it starts. What it has already is not told twice: a store's message keeps
its id, and an event is derived from what it says. What no store keeps is lost: see docs/operate/backup.md.`,
    )
    .action(async ({ since }: { readonly since: string }) => {
      const at = timeOf(since)
      const config = loadConfig()
      const http = createHttpClient()
      try {
        const storage = await openStorage(config)
        try {
          const ring = await openKeys({ given: config.secretKeys(), dataDir: config.dataDir }, storage)
          const { apps } = loadProjects(await storage.loadSettings(), ring, CATALOGUE)
          const stores = storesOf(config, { http, now: Date.now })
          for (const app of apps) await rewind(app, stores.get(app.store), storage, at)
          const due = await hasten(storage)
          say(`${due} purchases are asked about, as far as their stores can be asked.`)
          say('Start the hub: it reads and asks within the limits of each store.')
        } finally {
          await storage.close()
        }
      } catch (error) {
        if (error instanceof StorageLocked)
          throw new CommandFailed(`The hub runs on ${config.dataDir}; stop it, run heal again, and start it.`)
        throw error
      } finally {
        await http.close()
      }
    })
}

function timeOf(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z)?$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at))
    throw new CommandFailed(`"${text}" is no time; write --since 2026-11-20 or --since 2026-11-20T08:00:00Z (UTC).`)
  if (at > Date.now())
    throw new CommandFailed(`${text} lies in the future; give the time from which on something is missing.`)
  return at
}

/** Each list of the app begins at `at`; where the store keeps less, at what it keeps. */
async function rewind(
  app: Parameters<NonNullable<Store['lists']>>[0],
  store: Store | undefined,
  storage: Storage,
  at: number,
): Promise<void> {
  const name = `${app.projectId}/${app.id}`
  const lists = store?.lists?.(app) ?? []
  if (lists.length === 0) say(`${name}: its store keeps no list that this app may read.`)
  for (const list of lists) {
    const now = Date.now()
    await storage.keepNotifications([], {
      projectId: app.projectId,
      appId: app.id,
      name: pullCursorName(list),
      value: JSON.stringify({ cursor: list.from(at), from: at, upTo: at, note: null }),
      updatedAt: now,
    })
    say(`${name}: the list of ${list.name} (${list.environment}) is read again from ${new Date(at).toISOString()}.`)
  }
}

async function hasten(storage: Storage): Promise<number> {
  const now = Date.now()
  let total = 0
  for (;;) {
    const count = await storage.hastenChecks({ now, limit: BATCH })
    total += count
    if (count < BATCH) return total
  }
}
