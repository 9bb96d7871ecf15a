import { NOTIFICATION_COLUMNS_M, type Values } from '../../columns.ts'
import { MOST_EXAMINED, placeOf } from '../../places.ts'
import type { NotificationQuery } from '../../reads.ts'
import type { Connection } from '../database.ts'
import { query } from '../query.ts'
import type { WirePage } from './events.ts'

/** The place of n behind a notification's columns. */
const N = 15

/** Newest first. Parked and ignored ones have an index of their own; what waits is few; the rest is walked in windows. */
export function listNotifications(db: Connection) {
  const listed = `SELECT ${NOTIFICATION_COLUMNS_M}, m.n FROM notifications m`
  const apps = query(db, 'SELECT app_id FROM app_inbox WHERE project_id = ?')
  const bound = query(
    db,
    `SELECT m.n FROM notifications m INDEXED BY notifications_app WHERE m.project_id = ? AND m.app_id = ? AND m.n < ?
     ORDER BY m.n DESC LIMIT 1 OFFSET ?`,
  )
  const ofApp = query(
    db,
    `${listed} INDEXED BY notifications_app WHERE m.project_id = ?1 AND m.app_id = ?2 AND m.n < ?3 AND m.n >= ?4
       AND (?5 IS NULL OR m.status = ?5) ORDER BY m.n DESC LIMIT ?6 + 0`,
  )
  const setAside = query(
    db,
    `${listed} INDEXED BY notifications_set_aside WHERE m.project_id = ?1 AND m.status = ?2 AND m.status IN ('parked', 'ignored')
       AND m.n < ?3 AND (?4 IS NULL OR m.app_id = ?4) ORDER BY m.n DESC LIMIT ?5 + 0`,
  )
  const waiting = query(
    db,
    `${listed} INDEXED BY notifications_waiting WHERE m.status = 'waiting' AND m.project_id = ?1 AND m.n < ?2
       AND (?3 IS NULL OR m.app_id = ?3) ORDER BY m.n DESC LIMIT ?4 + 0`,
  )
  const walk = (
    asked: NotificationQuery,
    from: number,
  ): { readonly found: readonly Values[]; readonly bound: number } => {
    const ids = asked.appId === null ? apps.all(asked.projectId).map(([id]) => String(id)) : [asked.appId]
    const reach = Math.max(MOST_EXAMINED, asked.limit + 1) - 1
    // Every app is walked down to the same place, so that a page ends at one place for all.
    const ends = ids.map((id) => Number(bound.first(asked.projectId, id, from, reach)?.[0] ?? 0))
    const end = Math.max(0, ...ends)
    const found = ids.flatMap((id) => ofApp.all(asked.projectId, id, from, end, asked.status, asked.limit + 1))
    return { found, bound: end }
  }
  return (asked: NotificationQuery): WirePage => {
    const from = asked.before === null ? Number.MAX_SAFE_INTEGER : placeOf(asked.before)
    const { projectId, appId, limit } = asked
    const read = (): { readonly found: readonly Values[]; readonly bound: number } => {
      switch (asked.status) {
        case 'parked':
        case 'ignored':
          return { found: setAside.all(projectId, asked.status, from, appId, limit + 1), bound: 0 }
        case 'waiting':
          return { found: waiting.all(projectId, from, appId, limit + 1), bound: 0 }
        case 'understood':
        case null:
          return walk(asked, from)
      }
    }
    const { found, bound: end } = read()
    const sorted = [...found].sort((a, b) => Number(b[N]) - Number(a[N]))
    const rows = sorted.slice(0, limit)
    if (sorted.length > limit) return { rows, next: String(rows.at(-1)?.[N]) }
    return { rows, next: end > 0 ? String(end) : null }
  }
}

/** The columns, whether the body is packed, and the body (null when retention took it). */
export function getNotification(db: Connection) {
  const find = query(
    db,
    `SELECT ${NOTIFICATION_COLUMNS_M}, b.packed, b.body FROM notifications m LEFT JOIN notification_bodies b ON b.n = m.n
     WHERE m.project_id = ? AND m.id = ?`,
  )
  return (input: { readonly projectId: string; readonly id: string }): Values | null =>
    find.first(input.projectId, input.id) ?? null
}

export interface WireAppStatus {
  /** last_at, last_type, waiting, understood, ignored, parked, refused, refused_at, refused_reason, refused_claimed. */
  readonly inbox: Values | null
  readonly cursors: readonly Values[]
}

export function appStatus(db: Connection) {
  const find = query(
    db,
    `SELECT last_at, last_type, waiting, understood, ignored, parked, refused, refused_at, refused_reason, refused_claimed
     FROM app_inbox WHERE project_id = ? AND app_id = ?`,
  )
  const cursors = query(
    db,
    'SELECT project_id, app_id, name, value, updated_at FROM cursors WHERE project_id = ? AND app_id = ? ORDER BY name',
  )
  return (input: { readonly projectId: string; readonly appId: string }): WireAppStatus => ({
    inbox: find.first(input.projectId, input.appId) ?? null,
    cursors: cursors.all(input.projectId, input.appId),
  })
}

/** Sums over all apps: waiting, understood, ignored, parked. */
export function inboxDepths(db: Connection) {
  const sum = query(
    db,
    `SELECT coalesce(sum(waiting), 0), coalesce(sum(understood), 0), coalesce(sum(ignored), 0), coalesce(sum(parked), 0)
     FROM app_inbox`,
  )
  return (_: null): Values => sum.first() ?? [0, 0, 0, 0]
}

export interface PackableBodies {
  /** n and body of what was understood or ignored. */
  readonly rows: readonly Values[]
  /** How far this batch came; null when there is nothing old enough behind it. */
  readonly through: number | null
}

/** The next bodies to compress, in the order of their arrival, up to the first that is younger than `before`. */
export function packableBodies(db: Connection) {
  const done = query(db, `SELECT value FROM meta WHERE name = 'packed_through'`)
  const next = query(
    db,
    `SELECT b.n, b.body, b.packed, m.status, m.received_at FROM notification_bodies b JOIN notifications m ON m.n = b.n
     WHERE b.n > ? ORDER BY b.n LIMIT ? + 0`,
  )
  return (input: { readonly before: number; readonly limit: number }): PackableBodies => {
    const found = next.all(Number(done.first()?.[0] ?? 0), input.limit)
    const young = found.findIndex((row) => Number(row[4]) >= input.before)
    const old = young === -1 ? found : found.slice(0, young)
    const through = old.at(-1)?.[0]
    return {
      rows: old
        .filter(([, , packed, status]) => packed === 0 && (status === 'understood' || status === 'ignored'))
        .map(([n, body]) => [n ?? null, body ?? null]),
      through: typeof through === 'number' ? through : null,
    }
  }
}
