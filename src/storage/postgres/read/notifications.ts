import { NOTIFICATION_COLUMNS_M, notificationFrom, type Values } from '../../columns.ts'
import { MOST_EXAMINED, placeOf } from '../../places.ts'
import type { NotificationQuery, Page, ReadStorage } from '../../reads.ts'
import type { NotificationRow } from '../../rows.ts'
import { appStatusFrom, depthsFrom } from '../../setting-columns.ts'
import { texts } from '../arrays.ts'
import type { Database } from '../database.ts'
import { withBody } from '../inbox.ts'

/** The place of n behind a notification's columns. */
const N = 15
const LISTED = `SELECT ${NOTIFICATION_COLUMNS_M}, m.n`

const APPS = 'SELECT DISTINCT app_id FROM app_inbox WHERE project_id = $1'
/** Every app is walked down to the same place, so that a page ends at one place for all. */
const BOUND = `SELECT max(b.n) FROM unnest($2::text[]) AS a (app_id) CROSS JOIN LATERAL (
  SELECT n FROM notifications m WHERE m.project_id = $1 AND m.app_id = a.app_id AND m.n < $3 ORDER BY n DESC OFFSET $4 LIMIT 1) b`
const OF_APPS = `${LISTED} FROM unnest($2::text[]) AS a (app_id) CROSS JOIN LATERAL (
  SELECT * FROM notifications m WHERE m.project_id = $1 AND m.app_id = a.app_id AND m.n < $3 AND m.n >= $4
    AND ($5::text IS NULL OR m.status = $5::text) ORDER BY m.n DESC LIMIT $6) m
ORDER BY m.n DESC LIMIT $6`
const SET_ASIDE = `${LISTED} FROM notifications m WHERE m.project_id = $1 AND m.status = $2 AND m.status IN ('parked', 'ignored')
  AND m.n < $3 AND ($4::text IS NULL OR m.app_id = $4::text) ORDER BY m.n DESC LIMIT $5`
const WAITING = `${LISTED} FROM notifications m WHERE m.status = 'waiting' AND m.project_id = $1 AND m.n < $2
  AND ($3::text IS NULL OR m.app_id = $3::text) ORDER BY m.n DESC LIMIT $4`

const GET = `SELECT ${NOTIFICATION_COLUMNS_M}, b.packed, b.body FROM notifications m
LEFT JOIN notification_bodies b ON b.project_id = m.project_id AND b.received_at = m.received_at AND b.id = m.id
WHERE m.project_id = $1 AND m.id = $2`

const STATUS = `SELECT max(last_at), (array_agg(last_type ORDER BY last_at DESC NULLS LAST))[1], sum(waiting)::bigint,
  sum(understood)::bigint, sum(ignored)::bigint, sum(parked)::bigint, sum(refused)::bigint, max(refused_at),
  (array_agg(refused_reason ORDER BY refused_at DESC NULLS LAST))[1], max(refused_claimed)
FROM app_inbox WHERE project_id = $1 AND app_id = $2 GROUP BY project_id, app_id`
const CURSORS = `SELECT project_id, app_id, name, value, updated_at FROM cursors WHERE project_id = $1 AND app_id = $2 ORDER BY name`

const DEPTHS = `SELECT coalesce(sum(waiting), 0)::bigint, coalesce(sum(understood), 0)::bigint, coalesce(sum(ignored), 0)::bigint,
  coalesce(sum(parked), 0)::bigint FROM app_inbox`

export function notificationReads(
  db: Database,
): Pick<ReadStorage, 'listNotifications' | 'getNotification' | 'appStatus' | 'inboxDepths'> {
  return {
    listNotifications: (asked) => listNotifications(db, asked),
    async getNotification(projectId, id) {
      const [row] = await db.read(GET, [projectId, id])
      return row === undefined ? null : withBody(row)
    },
    async appStatus(projectId, appId) {
      const [inbox] = await db.read(STATUS, [projectId, appId])
      return appStatusFrom(inbox, await db.read(CURSORS, [projectId, appId]))
    },
    async inboxDepths() {
      return depthsFrom((await db.read(DEPTHS))[0] ?? [])
    },
  }
}

/** Newest first. Parked and ignored ones have an index of their own; what waits is few; the rest is walked in windows. */
async function listNotifications(db: Database, asked: NotificationQuery): Promise<Page<Omit<NotificationRow, 'body'>>> {
  const from = asked.before === null ? Number.MAX_SAFE_INTEGER : placeOf(asked.before)
  const { projectId, appId, limit } = asked
  const read = async (): Promise<{ readonly found: readonly Values[]; readonly end: number }> => {
    switch (asked.status) {
      case 'parked':
      case 'ignored':
        return { found: await db.read(SET_ASIDE, [projectId, asked.status, from, appId, limit + 1]), end: 0 }
      case 'waiting':
        return { found: await db.read(WAITING, [projectId, from, appId, limit + 1]), end: 0 }
      case 'understood':
      case null:
        return walk(db, asked, from)
    }
  }
  const { found, end } = await read()
  const rows = found.slice(0, limit)
  const items = rows.map((row) => notificationFrom(row))
  if (found.length > limit) return { items, next: String(rows.at(-1)?.[N]) }
  return { items, next: end > 0 ? String(end) : null }
}

async function walk(
  db: Database,
  { projectId, appId, status, limit }: NotificationQuery,
  from: number,
): Promise<{ readonly found: readonly Values[]; readonly end: number }> {
  const apps = texts(appId === null ? (await db.read(APPS, [projectId])).map(([id]) => id) : [appId])
  const reach = Math.max(MOST_EXAMINED, limit + 1) - 1
  const bound = status === null ? null : (await db.read(BOUND, [projectId, apps, from, reach]))[0]?.[0]
  const end = Number(bound ?? 0)
  return { found: await db.read(OF_APPS, [projectId, apps, from, end, status, limit + 1]), end }
}
