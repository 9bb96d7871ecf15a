import { StorageUnavailable } from '../errors.ts'
import type { Storage } from '../storage.ts'
import { appCallStorage } from './app-calls.ts'
import { clockStorage } from './clock.ts'
import { connect } from './connection.ts'
import { type Database, openDatabase } from './database.ts'
import { deliveryStorage } from './delivery/storage.ts'
import { erasureStorage } from './erase.ts'
import { openingFault } from './faults.ts'
import { importStorage } from './imports.ts'
import { inboxStorage } from './inbox.ts'
import { type Instance, openInstance } from './instance.ts'
import { joinStorage } from './join.ts'
import { memberStorage } from './members.ts'
import { migrate } from './migrate.ts'
import { type Numbering, startNumbering } from './positions.ts'
import { customerReads } from './read/customers.ts'
import { deliveryReads } from './read/deliveries.ts'
import { eventReads } from './read/events.ts'
import { figureReads } from './read/figures.ts'
import { notificationReads } from './read/notifications.ts'
import { searchReads } from './read/search.ts'
import { settingsStorage } from './settings.ts'
import { stepStorage } from './step.ts'
import { tidyUp } from './tidy.ts'
import type { Work } from './work.ts'

export interface PostgresOptions {
  /** postgres://user:password@host/database, with ?sslmode=verify-full and what else pg understands. */
  readonly url: string
  /** Bring the schema up to date; otherwise an older one is refused. */
  readonly migrate: boolean
  /** Most connections for transactions (6) and for reads (3); two more carry locks and notifications. */
  readonly writers?: number
  readonly readers?: number
}

const PING = `INSERT INTO meta AS m (name, value) VALUES ('ping', '1') ON CONFLICT (name) DO UPDATE SET value = (m.value::bigint % 1000000 + 1)::text`

/**
 * Opens a PostgreSQL database (15 or newer), any number of processes at once. Throws StorageRefused when it cannot be
 * used as it is, StorageUnavailable when it does not answer now.
 */
export async function openPostgres(options: PostgresOptions): Promise<Storage> {
  const { url } = options
  const place = placeOf(url)
  try {
    const session = await connect({ url, readOnly: false, name: 'migration' })
    await migrate(session, place, options.migrate).finally(() => session.close())
    const instance = await openInstance(url)
    const db = openDatabase({ url, place, writers: options.writers ?? 6, readers: options.readers ?? 3 })
    return assemble(url, place, db, instance)
  } catch (error) {
    throw openingFault(error, place) ?? error
  }
}

/** Where the database is, without user and password. */
function placeOf(url: string): string {
  try {
    const { host, pathname, searchParams } = new URL(url.replace('@/', '@local/'))
    return `${searchParams.get('host') ?? host}${pathname}`
  } catch {
    return 'TRIBUTARY_DATABASE_URL'
  }
}

function assemble(url: string, place: string, db: Database, instance: Instance): Storage {
  const listeners = new Set<Parameters<Storage['onWork']>[0]>()
  const numbering: Numbering = startNumbering(url, () => {
    instance.tell('positions')
    for (const listener of listeners) listener('positions')
  })
  instance.onWord((what) => {
    if (what === 'events') return numbering.wake()
    for (const listener of listeners) listener(what)
  })
  const work: Work = {
    tell: (what) => instance.tell(what),
    requireInstance: () => {
      if (instance.held) return
      throw new StorageUnavailable(
        `PostgreSQL at ${place} has just been lost and is being connected to again: start it if it is down; Tributary goes on by itself.`,
        1,
      )
    },
    eventsCommitted: () => (numbering.holds ? numbering.wake() : instance.tell('events')),
  }
  const verbs = {
    ...inboxStorage(db, work),
    ...clockStorage(db),
    ...appCallStorage(db),
    ...stepStorage(db, work),
    ...joinStorage(db, work),
    ...erasureStorage(db, work),
    ...deliveryStorage(db, work),
    ...settingsStorage(db, work),
    ...importStorage(db),
    ...memberStorage(db),
    ...eventReads(db),
    ...deliveryReads(db),
    ...figureReads(db),
    ...notificationReads(db),
    ...customerReads(db),
    ...searchReads(db),
    ping: async () => void (await db.write((session) => session.change(PING))),
    tidy: (input: Parameters<Storage['tidy']>[0]) => tidyUp(db, input),
  }
  const { guarded, drained } = guard(verbs)
  return {
    ...guarded,
    driver: 'postgres',
    owner: instance.owner,
    onWork(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      await drained()
      await numbering.close()
      await instance.close()
      await db.close()
    },
  }
}

type Verb = (...input: never[]) => Promise<unknown>

/** Finishes what was asked before `drained` was called, and refuses what comes after. */
function guard<T extends Readonly<Record<string, Verb>>>(verbs: T): { readonly guarded: T; drained(): Promise<void> } {
  const running = new Set<Promise<unknown>>()
  let closed = false
  const wrapped = Object.entries(verbs).map(([name, verb]): readonly [string, Verb] => [
    name,
    (...input) => {
      if (closed) return Promise.reject(new StorageUnavailable('The storage is closed.', 30))
      const result = verb(...input)
      running.add(result)
      const ended = (): void => void running.delete(result)
      result.then(ended, ended)
      return result
    },
  ])
  return {
    guarded: Object.fromEntries(wrapped) as T,
    async drained() {
      closed = true
      await Promise.allSettled([...running])
    },
  }
}
