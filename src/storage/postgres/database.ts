import type { Values } from '../columns.ts'
import { StepConflict } from '../errors.ts'
import type { Connection, Param } from './connection.ts'
import { endsConnection, isConflict, storageFault, Unsaid } from './faults.ts'
import { openPool, type Pool } from './pool.ts'

/** The database as the verbs see it. Every error that leaves it is a StorageUnavailable with one sentence, or a bug. */
export interface Database {
  /** One short read by itself, on connections that cannot write. */
  read(sql: string, params?: readonly Param[]): Promise<readonly Values[]>
  /**
   * One transaction: `run` once, or again from its beginning when another transaction was faster, so that it must not
   * remember anything. Resolves after the commit.
   */
  write<T>(run: (session: Connection) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** How often a transaction is computed again: the last tries come after some hundred ms of others' commits. */
const MOST_TRIES = 20
/** A broken connection found before anything was written costs another try on a new one, unless it broke by silence. */
const MOST_CONNECTIONS = 3
const AT_ONCE_MS = 2_000

export function openDatabase(options: {
  readonly url: string
  readonly writers: number
  readonly readers: number
  readonly place: string
}): Database {
  const { url, place } = options
  const writers = openPool({ url, readOnly: false, name: 'writer', size: options.writers })
  const readers = openPool({ url, readOnly: true, name: 'reader', size: options.readers })
  const said = (error: unknown): unknown => storageFault(error, place) ?? error

  const read = async (sql: string, params: readonly Param[] = []): Promise<readonly Values[]> => {
    const start = Date.now()
    for (let tries = 1; ; tries += 1) {
      const connection = await readers.borrow().catch((error: unknown) => Promise.reject(said(error)))
      try {
        await connection.refresh()
        const rows = await connection.all(sql, params)
        readers.giveBack(connection, false)
        return rows
      } catch (error) {
        const ends = endsConnection(error)
        readers.giveBack(connection, ends)
        if (!ends || tries === MOST_CONNECTIONS || Date.now() - start > AT_ONCE_MS) throw said(error)
      }
    }
  }
  return {
    read,
    write: (run) => writing(writers, run, said),
    async close() {
      await Promise.all([writers.close(), readers.close()])
    },
  }
}

async function writing<T>(
  pool: Pool,
  run: (session: Connection) => Promise<T>,
  said: (error: unknown) => unknown,
): Promise<T> {
  let connections = 0
  const start = Date.now()
  for (let tries = 1; ; tries += 1) {
    const connection = await pool.borrow().catch((error: unknown) => Promise.reject(said(error)))
    const outcome = await transaction(connection, run)
    pool.giveBack(connection, outcome.kind === 'failed' && outcome.spent)
    if (outcome.kind === 'done') return outcome.value
    const { error, unknown, spent } = outcome
    if (error instanceof Unsaid) return error.value as T
    if (isConflict(error)) {
      if (tries < MOST_TRIES) {
        await pause(tries)
        continue
      }
      if (error instanceof StepConflict) {
        throw new StepConflict(
          `A step lost the race ${MOST_TRIES} times, or saves what it did not load: ${error.message}`,
        )
      }
    }
    connections += 1
    if (spent && !unknown && connections < MOST_CONNECTIONS && Date.now() - start < AT_ONCE_MS) continue
    throw said(error)
  }
}

type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown; readonly spent: boolean; readonly unknown: boolean }

async function transaction<T>(connection: Connection, run: (session: Connection) => Promise<T>): Promise<Outcome<T>> {
  let committing = false
  try {
    await connection.refresh()
    await connection.command('BEGIN')
    const value = await run(connection)
    committing = true
    // COMMIT of a transaction that failed answers ROLLBACK.
    if ((await connection.command('COMMIT')) === 'COMMIT') return { kind: 'done', value }
    throw new Error('the transaction was rolled back by the server')
  } catch (error) {
    const ends = endsConnection(error) || connection.broken
    if (ends) return { kind: 'failed', error, spent: true, unknown: committing }
    const rolledBack = await connection.command('ROLLBACK').then(
      () => true,
      () => false,
    )
    return { kind: 'failed', error, spent: !rolledBack, unknown: false }
  }
}

/** The first tries follow at once: whoever was faster has committed by then. Between later ones a conflict is given time to pass; MOST_TRIES ends them. */
function pause(tries: number): Promise<void> {
  const ms = tries <= 2 ? 0 : Math.min(2 ** (tries - 2), 50) * (0.5 + Math.random())
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms))
}
