import { type Connection, connect } from './connection.ts'
import { LOCK_OF, LOCKS } from './migrate.ts'

/**
 * Gives committed events their cursor positions: one process at a time, which holds an advisory lock on its own session,
 * in batches, one transaction after the other. So a position is visible only after every smaller one: a follower that
 * asks for what is behind the last one it saw misses nothing. No serial, xid or xmin does that: transactions commit in
 * another order than they begin.
 */
export interface Numbering {
  /** Something was committed that has no position. */
  wake(): void
  /** This process gives the positions now. */
  readonly holds: boolean
  close(): Promise<void>
}

const BATCH = 2_000
const POLL_MS = 500
/** How often the others look whether the lock has come free. */
const TRY_MS = 500
const RETRY_MS = 250
/** A process that holds the lock and does nothing (stopped, or cut off) loses it with its session. */
const IDLE_MS = 10_000

/**
 * The row of `last_position` keeps the sequence going when the last events are gone. What a join has locked is left for
 * the next batch.
 */
const NUMBER = `
WITH batch AS (
  DELETE FROM unnumbered WHERE n IN (SELECT n FROM unnumbered ORDER BY n LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
  RETURNING n, project_id, event_id, customer_id, type, name, environment
), given AS (
  UPDATE last_position SET position = position + (SELECT count(*) FROM batch) WHERE EXISTS (SELECT FROM batch)
  RETURNING position - (SELECT count(*) FROM batch) AS before
)
INSERT INTO event_places (position, project_id, event_id, customer_id, type, name, environment)
SELECT given.before + row_number() OVER (ORDER BY n), project_id, event_id, customer_id, type, name, environment
FROM batch, given ORDER BY n`

export function startNumbering(url: string, numbered: () => void): Numbering {
  let closed = false
  let holds = false
  let woken = true
  let rouse: () => void = () => undefined
  let session: Connection | null = null

  /** Ends early when events came or the storage closes: a word may be lost, and nobody tells of a lock that came free. */
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (closed) return resolve()
      const timer = setTimeout(resolve, ms)
      rouse = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const asleep = async (ms: number): Promise<void> => {
    if (!woken) await sleep(ms)
    woken = false
  }
  const hold = async (connection: Connection): Promise<void> => {
    while (!closed && !connection.broken) {
      const [row] = await connection.all('SELECT pg_try_advisory_lock($1::int, $2::int)', [LOCKS, LOCK_OF.positions])
      if (row?.[0] === 't') {
        holds = true
        break
      }
      await sleep(TRY_MS * (0.75 + Math.random() / 2))
    }
    while (!closed && !connection.broken) {
      woken = false
      await connection.refresh()
      const count = await connection.change(NUMBER)
      if (count > 0) numbered()
      if (count < BATCH) await asleep(POLL_MS)
    }
  }
  const run = async (): Promise<void> => {
    while (!closed) {
      try {
        session = await connect({ url, readOnly: false, name: 'positions' })
        await session.command(`SET idle_session_timeout = ${IDLE_MS}`)
        await hold(session)
      } catch {
        await sleep(RETRY_MS * (0.75 + Math.random() / 2))
      } finally {
        holds = false
        await session?.close()
        session = null
      }
    }
  }
  const finished = run()
  return {
    wake() {
      woken = true
      rouse()
    },
    get holds() {
      return holds
    },
    async close() {
      closed = true
      rouse()
      await finished
    },
  }
}
