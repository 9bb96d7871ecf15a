import { deflate } from 'node:zlib'
import { HOUR_MS } from '../../domain/figures.ts'
import { KEY_COLUMNS, standingValues, type Values } from '../columns.ts'
import { reckoned } from '../figure-columns.ts'
import type { TidyInput, TidyResult } from '../tidy.ts'
import { given } from './arrays.ts'
import type { Connection } from './connection.ts'
import { openCounts } from './counts.ts'
import type { Database } from './database.ts'
import { LOCK_OF, LOCKS } from './migrate.ts'

function compress(body: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    deflate(body, (error, small) => (error === null ? resolve(small) : reject(error)))
  })
}

/** Rows removed in one transaction. */
const BATCH = 200
/** A body is compressed when it is this old: by then its step is long done and nobody reads it soon. */
const PACK_AFTER_MS = 3_600_000
const PACK_BATCH = 100

/** One process at a time tidies up; the others have nothing to do then. */
const TRY_LOCK = 'SELECT pg_try_advisory_xact_lock($1::int, $2::int)::int'

const PROJECTS =
  'SELECT project_id FROM app_inbox UNION SELECT project_id FROM channels UNION SELECT project_id FROM delivery_counts'

/** Parked ones wait for a person. */
const REMOVE_BODIES = `DELETE FROM notification_bodies b USING (
  SELECT o.* FROM (${PROJECTS}) p CROSS JOIN LATERAL (
    SELECT b.project_id, b.received_at, b.id FROM notification_bodies b JOIN notifications m ON m.project_id = b.project_id AND m.id = b.id
    WHERE b.project_id = p.project_id AND b.received_at < $1 AND m.status IN ('understood', 'ignored')
    ORDER BY b.received_at LIMIT $2) o LIMIT $2) o
WHERE b.project_id = o.project_id AND b.received_at = o.received_at AND b.id = o.id`
const REMOVE_ATTEMPTS = `DELETE FROM attempts a USING (
  SELECT o.* FROM (${PROJECTS}) p CROSS JOIN LATERAL (
    SELECT a.project_id, a.id FROM attempts a WHERE a.project_id = p.project_id AND a.at < $1 ORDER BY a.at LIMIT $2) o LIMIT $2) o
WHERE a.project_id = o.project_id AND a.id = o.id`
const REMOVE_SKIPPED = `DELETE FROM deliveries d USING (
  SELECT o.* FROM (${PROJECTS}) p CROSS JOIN LATERAL (
    SELECT d.project_id, d.id FROM deliveries d WHERE d.project_id = p.project_id AND d.status = 'skipped' AND d.created_at < $1
    ORDER BY d.created_at LIMIT $2) o LIMIT $2) o
WHERE d.project_id = o.project_id AND d.id = o.id AND d.status = 'skipped'
RETURNING d.project_id, d.integration_id, d.channel_id`

/** Those that no integration wanted: nobody has claimed them. */
const REMOVE_HELD = `DELETE FROM provisional_events WHERE (project_id, event_id) IN (
  SELECT project_id, event_id FROM provisional_events WHERE until < $1 ORDER BY until LIMIT $2)`

async function removeOld(session: Connection, input: TidyInput): Promise<TidyResult | null> {
  const [locked] = await session.all(TRY_LOCK, [LOCKS, LOCK_OF.tidying])
  if (locked?.[0] !== 1) return null
  const limit = Math.min(input.limit, BATCH)
  await session.change(REMOVE_HELD, [input.now, limit])
  const notifications = await session.change(REMOVE_BODIES, [input.notificationsBefore, limit])
  const attempts = await session.change(REMOVE_ATTEMPTS, [input.attemptsBefore, limit])
  const skipped = await session.all(REMOVE_SKIPPED, [input.attemptsBefore, limit])
  const counts = openCounts()
  for (const row of skipped) {
    const [projectId, integrationId, channelId] = row as [string, string, string]
    counts.delivery(projectId, integrationId, channelId, 'skipped', -1, null)
  }
  await counts.write(session)
  return { notifications, attempts, skipped: skipped.length }
}

/** Retention, then compression; both in batches that let others write in between, both ended by `limit`. */
export async function tidyUp(db: Database, input: TidyInput): Promise<TidyResult> {
  let total: TidyResult = { notifications: 0, attempts: 0, skipped: 0 }
  for (let left = input.limit; left > 0; ) {
    const removed = await db.write((session) => removeOld(session, { ...input, limit: left }))
    if (removed === null) return total
    total = {
      notifications: total.notifications + removed.notifications,
      attempts: total.attempts + removed.attempts,
      skipped: total.skipped + removed.skipped,
    }
    const most = Math.max(removed.notifications, removed.attempts, removed.skipped)
    if (most === 0) break
    left -= most
  }
  await packBodies(db, input.now - PACK_AFTER_MS, input.limit)
  await reckonStandings(db, input.now, input.limit)
  await gatherFigures(db, input.now, input.limit)
  return total
}

const UNRECKONED = `SELECT ${KEY_COLUMNS}, version, body FROM purchases WHERE standing IS NULL ORDER BY n LIMIT $1`
const STANDINGS = given(
  'project_id text, store text, environment text, chain text, line text, version bigint, standing text, until bigint',
)
const RECKON = `UPDATE purchases p SET standing = g.standing, standing_until = g.until FROM ${STANDINGS.sql}
WHERE p.project_id = g.project_id AND p.store = g.store AND p.environment = g.environment AND p.chain = g.chain
  AND p.line = g.line AND p.version = g.version`

/** What an older version saved without its standing, part by part: new ones are never among them. */
async function reckonStandings(db: Database, now: number, limit: number): Promise<void> {
  for (let left = limit; left > 0; left -= BATCH) {
    const found = await db.read(UNRECKONED, [Math.min(left, BATCH)])
    if (found.length === 0) return
    const rows = found.map((row): Values => [...row.slice(0, 6), ...standingValues(reckoned(String(row[6]), now))])
    await db.write((session) => session.change(RECKON, STANDINGS.params(rows)))
  }
}

/** Shards of an hour that is over by this much are put together: few add to it any more, and readers have less to add. */
const GATHER_AFTER_MS = 2 * HOUR_MS
const GATHER = `WITH gone AS (
  DELETE FROM figures f USING (SELECT * FROM figures a WHERE a.shard > 0 AND a.hour < $1 ORDER BY a.hour LIMIT $2 FOR UPDATE SKIP LOCKED) o
  WHERE f.project_id = o.project_id AND f.environment = o.environment AND f.hour = o.hour AND f.figure = o.figure AND f.shard = o.shard
  RETURNING f.project_id, f.environment, f.hour, f.figure, f.value
)
INSERT INTO figures AS f (project_id, environment, hour, figure, shard, value)
SELECT project_id, environment, hour, figure, 0, sum(value) FROM gone GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
ON CONFLICT (project_id, environment, hour, figure, shard) DO UPDATE SET value = f.value + excluded.value`

async function gatherFigures(db: Database, now: number, limit: number): Promise<void> {
  for (let left = limit; left > 0; left -= BATCH) {
    if ((await db.write((session) => session.change(GATHER, [now - GATHER_AFTER_MS, BATCH]))) === 0) return
  }
}

/** The next bodies of each project, in the order of their arrival, behind those that were looked at before. */
const PACKABLE = `SELECT o.project_id, o.received_at, o.id, o.done, o.body FROM (SELECT DISTINCT project_id FROM app_inbox) p
LEFT JOIN packed_bodies k ON k.project_id = p.project_id CROSS JOIN LATERAL (
  SELECT b.project_id, b.received_at, b.id, (b.packed = 0 AND m.status IN ('understood', 'ignored'))::int AS done, b.body
  FROM notification_bodies b JOIN notifications m ON m.project_id = b.project_id AND m.id = b.id
  WHERE b.project_id = p.project_id AND b.received_at > coalesce(k.through, -1) AND b.received_at < $1
  ORDER BY b.received_at LIMIT $2) o LIMIT $2`

const PACKED = given('project_id text, received_at bigint, id text, body bytea')
const PACK = `UPDATE notification_bodies b SET packed = 1, body = g.body FROM ${PACKED.sql}
WHERE b.project_id = g.project_id AND b.received_at = g.received_at AND b.id = g.id AND b.packed = 0`
const THROUGH = given('project_id text, through bigint')
const MARK = `INSERT INTO packed_bodies AS p (project_id, through) SELECT project_id, max(through) FROM ${THROUGH.sql} GROUP BY 1 ORDER BY 1
ON CONFLICT (project_id) DO UPDATE SET through = greatest(p.through, excluded.through)`

/** A notification of 12 KB shrinks by about a third; the work is done by zlib's own threads. */
async function packBodies(db: Database, before: number, limit: number): Promise<void> {
  for (let left = limit; left > 0; left -= PACK_BATCH) {
    const found = await db.read(PACKABLE, [before, PACK_BATCH])
    if (found.length === 0) return
    const packed = await Promise.all(
      found
        .filter(([, , , done]) => done === 1)
        .map(
          async ([projectId, receivedAt, id, , body]): Promise<{ readonly smaller: boolean; readonly row: Values }> => {
            const small = new Uint8Array(await compress(body as Uint8Array))
            const smaller = small.byteLength < (body as Uint8Array).byteLength
            return { smaller, row: [projectId ?? null, receivedAt ?? null, id ?? null, small] }
          },
        ),
    )
    const rows = packed.filter(({ smaller }) => smaller).map(({ row }) => row)
    await db.write(async (session) => {
      if (rows.length > 0) await session.change(PACK, PACKED.params(rows))
      // Several bodies of one millisecond may lie on both sides of a batch: those behind it stay as they came.
      await session.change(MARK, THROUGH.params(found))
    })
    if (found.length < PACK_BATCH) return
  }
}
