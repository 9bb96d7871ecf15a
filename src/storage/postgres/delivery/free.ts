import type { Values } from '../../columns.ts'
import { given, texts } from '../arrays.ts'
import type { Connection } from '../connection.ts'
import { INSTANCE_LOCKS } from '../instance.ts'
import { JOINED } from './holds.ts'

/**
 * What becomes of a queue whose claimant is dead or lost its lease: due as before, alone from here on; one that went
 * alone already counts one more death. What it had in flight may arrive twice.
 */

/** Most queues freed at once: the claims behind it wait. */
const MOST = 1_000

/** Whether a lease is over at the time that the expression `now` gives. */
export function LAPSED(now: string): string {
  return `EXISTS (SELECT FROM queues WHERE owner IS NOT NULL AND lease_until <= ${now})
    OR EXISTS (SELECT FROM queue_holds WHERE lease_until <= ${now})`
}

const FOUND = 'SELECT project_id, channel_id, customer_id, claimed FROM queues WHERE owner IS NOT NULL'
const FIND_LAPSED = `${FOUND} AND lease_until <= $1 ORDER BY lease_until LIMIT ${MOST} FOR UPDATE SKIP LOCKED`

/** Owners are dead when no session holds their number; ours after a restart of the server are not back at once. */
const LIVING = `SELECT 'pg-' || l.objid FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = ${INSTANCE_LOCKS} AND l.objsubid = 2
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`
const RESTARTED = `clock_timestamp() < pg_postmaster_start_time() + interval '10 seconds'`
const FIND_DEAD = `SELECT o.owner FROM (
  SELECT owner FROM queues WHERE owner IS NOT NULL UNION SELECT owner FROM slots WHERE owner IS NOT NULL
  UNION SELECT owner FROM queue_holds
  UNION SELECT owner FROM notifications WHERE status = 'waiting' AND owner IS NOT NULL
) o WHERE o.owner <> $1 AND o.owner <> '${JOINED}' AND o.owner NOT IN (${LIVING}) AND NOT (o.owner LIKE 'pg-%' AND ${RESTARTED})`
const FIND_OWNED = `${FOUND} AND owner = ANY($1::text[]) ORDER BY project_id, channel_id, customer_id FOR UPDATE`

const QUEUES = given('project_id text, channel_id text, customer_id text, claimed bigint')
const DOUBT = `UPDATE deliveries d SET may_be_doubled = 1 FROM ${QUEUES.sql} CROSS JOIN LATERAL (
  SELECT w.id FROM deliveries w WHERE w.project_id = g.project_id AND w.channel_id = g.channel_id AND w.customer_id = g.customer_id
    AND w.status = 'waiting' ORDER BY w.seq, w.event_id LIMIT g.claimed) w
WHERE d.project_id = g.project_id AND d.id = w.id`
const FREE = `UPDATE queues q SET owner = NULL, lease_until = NULL, claimed = 0, due_at = least(q.due_at, $${QUEUES.next}::bigint),
  died = q.died + q.alone, alone = 1
FROM ${QUEUES.sql} WHERE q.project_id = g.project_id AND q.channel_id = g.channel_id AND q.customer_id = g.customer_id`

async function freeQueues(session: Connection, rows: readonly Values[], now: number): Promise<number> {
  if (rows.length === 0) return 0
  await session.change(DOUBT, QUEUES.params(rows))
  await session.change(FREE, [...QUEUES.params(rows), now])
  return rows.length
}

/** Queues whose joined customers had something in flight for a dead owner, or beyond its lease. */
const HELD = `SELECT DISTINCT project_id, channel_id, customer_id FROM queue_holds WHERE owner = ANY($1::text[]) OR lease_until <= $2`
const HELD_QUEUES = given('project_id text, channel_id text, customer_id text')
const LOCK_HELD = `SELECT q.project_id, q.channel_id, q.customer_id FROM ${HELD_QUEUES.sql} JOIN queues q USING (project_id, channel_id, customer_id)
WHERE q.owner = '${JOINED}' ORDER BY 1, 2, 3 FOR UPDATE OF q`
const HELD_NEXT = HELD_QUEUES.next
const DROP_HOLDS = `WITH gone AS (
  DELETE FROM queue_holds h USING ${HELD_QUEUES.sql} WHERE h.project_id = g.project_id AND h.channel_id = g.channel_id
    AND h.customer_id = g.customer_id AND (h.owner = ANY($${HELD_NEXT}::text[]) OR h.lease_until <= $${HELD_NEXT + 1})
  RETURNING h.project_id, h.channel_id, h.customer_id, h.alone, h.deliveries
), doubted AS (
  UPDATE deliveries d SET may_be_doubled = 1 FROM gone CROSS JOIN LATERAL json_array_elements_text(gone.deliveries::json) AS i (id)
  WHERE d.project_id = gone.project_id AND d.id = i.id AND d.status = 'waiting'
)
UPDATE queues q SET died = q.died + a.deaths, alone = 1, due_at = least(q.due_at, $${HELD_NEXT + 1})
FROM (SELECT project_id, channel_id, customer_id, max(alone) AS deaths FROM gone GROUP BY 1, 2, 3) a
WHERE q.project_id = a.project_id AND q.channel_id = a.channel_id AND q.customer_id = a.customer_id`
/** A joined queue is claimed again when nothing of it is in flight any more. */
export const RELEASE_JOINED = `UPDATE queues q SET owner = NULL, lease_until = NULL, claimed = 0 FROM ${HELD_QUEUES.sql}
WHERE q.project_id = g.project_id AND q.channel_id = g.channel_id AND q.customer_id = g.customer_id AND q.owner = '${JOINED}'
  AND NOT EXISTS (SELECT FROM queue_holds h WHERE h.project_id = q.project_id AND h.channel_id = q.channel_id AND h.customer_id = q.customer_id)`

async function freeHolds(session: Connection, owners: Buffer, now: number): Promise<number> {
  const held = await session.all(HELD, [owners, now])
  if (held.length === 0) return 0
  const locked = HELD_QUEUES.params(await session.all(LOCK_HELD, HELD_QUEUES.params(held)))
  const freed = await session.change(DROP_HOLDS, [...locked, owners, now])
  await session.change(RELEASE_JOINED, locked)
  return freed
}

/** Frees what is claimed beyond its lease; at the start of each claim. What another transaction holds is left to it. */
export async function freeLapsed(session: Connection, now: number): Promise<number> {
  const rows = await session.all(FIND_LAPSED, [now])
  return (await freeQueues(session, rows, now)) + (await freeHolds(session, texts([]), now))
}

/** Frees what every owner holds whose process is gone. Gives the number of queues. */
export async function freeDeadClaims(session: Connection, owner: string, now: number): Promise<number> {
  const dead = (await session.all(FIND_DEAD, [owner])).map(([name]) => String(name))
  if (dead.length === 0) return 0
  const owners = texts(dead)
  await session.change(
    `UPDATE notifications SET owner = NULL, lease_until = NULL WHERE status = 'waiting' AND owner = ANY($1::text[])`,
    [owners],
  )
  const rows = await session.all(FIND_OWNED, [owners])
  const freed = (await freeQueues(session, rows, now)) + (await freeHolds(session, owners, now))
  await session.change('UPDATE slots SET owner = NULL, lease_until = NULL WHERE owner = ANY($1::text[])', [owners])
  return freed
}
