import type { Values } from '../../columns.ts'
import type { TidyInput, TidyResult } from '../../tidy.ts'
import type { Connection } from '../database.ts'
import { change, query } from '../query.ts'
import type { CountDelivery } from './counts.ts'

/** Rows removed in one transaction: retention must not hold up the writers behind it. */
const BATCH = 200

/** One small batch of retention; the caller comes back while a result is full. */
export function removeOld(db: Connection) {
  const bodies = oldBodies(db)
  const attempts = oldAttempts(db)
  const skipped = oldSkipped(db)
  const held = change(
    db,
    'DELETE FROM provisional_events WHERE (project_id, event_id) IN (SELECT project_id, event_id FROM provisional_events WHERE until < ?1 LIMIT ?2 + 0)',
  )
  return (input: TidyInput, count: CountDelivery): TidyResult => {
    const limit = Math.min(input.limit, BATCH)
    // Those that no integration wanted: nobody has claimed them.
    held(input.now, limit)
    return {
      notifications: bodies(input.notificationsBefore, limit),
      attempts: attempts(input.attemptsBefore, limit),
      skipped: skipped(input.attemptsBefore, limit, count),
    }
  }
}

/** Bodies lie in the order of their arrival: the walk ends at the first young one. Parked ones wait for a person. */
function oldBodies(db: Connection): (before: number, limit: number) => number {
  const walk = db.prepare(
    `SELECT b.n, m.received_at, m.status FROM notification_bodies b JOIN notifications m ON m.n = b.n ORDER BY b.n`,
  )
  walk.setReturnArrays(true)
  const remove = change(db, 'DELETE FROM notification_bodies WHERE n = ?')
  return (before, limit) => {
    const old: number[] = []
    for (const row of walk.iterate()) {
      const [n, receivedAt, status] = row as unknown as readonly [number, number, string]
      if (receivedAt >= before || old.length >= limit) break
      if (status === 'understood' || status === 'ignored') old.push(n)
    }
    for (const n of old) remove(n)
    return old.length
  }
}

function oldAttempts(db: Connection): (before: number, limit: number) => number {
  const walk = db.prepare('SELECT n, at FROM attempts ORDER BY n')
  walk.setReturnArrays(true)
  const remove = change(db, 'DELETE FROM attempts WHERE n = ?')
  return (before, limit) => {
    const old: number[] = []
    for (const row of walk.iterate()) {
      const [n, at] = row as unknown as readonly [number, number]
      if (at >= before || old.length >= limit) break
      old.push(n)
    }
    for (const n of old) remove(n)
    return old.length
  }
}

function oldSkipped(db: Connection): (before: number, limit: number, count: CountDelivery) => number {
  const find = query(
    db,
    `SELECT n, project_id, integration_id, channel_id FROM deliveries WHERE status = 'skipped' AND created_at < ? LIMIT ? + 0`,
  )
  const remove = change(db, 'DELETE FROM deliveries WHERE n = ?')
  return (before, limit, count) => {
    const rows = find.all(before, limit)
    for (const [n, projectId, integrationId, channelId] of rows) {
      remove(n ?? null)
      count(String(projectId), String(integrationId), String(channelId), 'skipped', -1, null)
    }
    return rows.length
  }
}

/** Compressed bodies take the place of those they were made from, and packing goes on behind them next time. */
export function packBodies(db: Connection) {
  const write = change(db, 'UPDATE notification_bodies SET packed = 1, body = ?2 WHERE n = ?1 AND packed = 0')
  const through = change(
    db,
    `INSERT INTO meta (name, value) VALUES ('packed_through', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  )
  return (input: { readonly rows: readonly Values[]; readonly through: number }): void => {
    for (const [n, body] of input.rows) write(n ?? null, body ?? null)
    through(String(input.through))
  }
}

/** n, version, standing, until. What was saved meanwhile has its own. */
export function reckonStandings(db: Connection): (rows: readonly Values[]) => void {
  const write = change(
    db,
    'UPDATE purchases SET standing = ?3, standing_until = ?4 WHERE n = ?1 AND version = ?2 AND standing IS NULL',
  )
  return (rows) => {
    for (const row of rows) write(...row)
  }
}
