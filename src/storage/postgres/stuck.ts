import type { Connection } from './connection.ts'

/**
 * A process that stands still (SIGSTOP, a machine that is frozen) while it is being answered: its session waits for it to
 * read on, with the locks of its transaction, and no timeout of statements or idleness ends that wait
 * (postgresql.org/docs/15/runtime-config-client.html). It can be ended by the same role, which is our own.
 */
const STUCK = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND application_name = 'tributary writer' AND pid <> pg_backend_pid()
  AND wait_event = 'ClientWrite' AND backend_xid IS NOT NULL AND clock_timestamp() - query_start > make_interval(secs => $1)`

/** Sooner than the lease of what such a process had claimed before (30 s), later than any answer takes. */
export const STUCK_AFTER_MS = 15_000

/** Ends sessions that hold locks for a process that does not read. Gives how many. */
export async function endStuck(session: Connection, afterMs: number): Promise<number> {
  return (await session.all(STUCK, [afterMs / 1_000])).length
}
