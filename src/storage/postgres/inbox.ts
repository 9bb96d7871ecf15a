import { inflateSync } from 'node:zlib'
import { NOTIFICATION_COLUMNS_M, newNotificationValues, notificationFrom, type Value, type Values } from '../columns.ts'
import type { CursorRow, NewNotification, NotificationChange, NotificationRow, NotificationStatus } from '../rows.ts'
import type { InboxStorage, RefusedCount } from '../storage.ts'
import { given } from './arrays.ts'
import type { Connection } from './connection.ts'
import { type Counts, openCounts } from './counts.ts'
import type { Database } from './database.ts'
import { grouping } from './group.ts'
import type { Work } from './work.ts'

// ── keeping ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const KEPT = given(
  'project_id text, id text, app_id text, store text, environment text, source_key text, type text, via text, sent_at bigint, received_at bigint',
)
/** The first copy of an id is kept. */
const KEEP = `INSERT INTO notifications (project_id, id, app_id, store, environment, source_key, type, via, sent_at, received_at, due_at, status, tries, events)
SELECT project_id, id, app_id, store, environment, source_key, type, via, sent_at, received_at, received_at, 'waiting', 0, 0
FROM ${KEPT.sql} ORDER BY ordinal
ON CONFLICT (project_id, id) DO NOTHING RETURNING project_id, id`

const BODIES = given('project_id text, received_at bigint, id text, body bytea')
const KEEP_BODIES = `INSERT INTO notification_bodies (project_id, received_at, id, body)
SELECT project_id, received_at, id, body FROM ${BODIES.sql}`

const SEEN = given('project_id text, app_id text, last_at bigint, last_type text, waiting bigint')
const NOTE_SEEN = `INSERT INTO app_inbox AS a (project_id, app_id, shard, last_at, last_type, waiting)
SELECT project_id, app_id, pg_backend_pid() & 63, last_at, last_type, waiting FROM ${SEEN.sql} ORDER BY project_id, app_id
ON CONFLICT (project_id, app_id, shard) DO UPDATE SET waiting = a.waiting + excluded.waiting,
  last_type = CASE WHEN a.last_at > excluded.last_at THEN a.last_type ELSE excluded.last_type END,
  last_at = greatest(a.last_at, excluded.last_at)`

const CURSORS = given('project_id text, app_id text, name text, value text, updated_at bigint')
const SAVE_CURSORS = `INSERT INTO cursors (project_id, app_id, name, value, updated_at)
SELECT project_id, app_id, name, value, updated_at FROM ${CURSORS.sql} ORDER BY project_id, app_id, name
ON CONFLICT (project_id, app_id, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`

export async function saveCursors(session: Connection, rows: readonly CursorRow[]): Promise<void> {
  const newest = new Map(rows.map((row) => [`${row.projectId}\n${row.appId}\n${row.name}`, row]))
  const values = [...newest.values()].map(
    (row): Values => [row.projectId, row.appId, row.name, row.value, row.updatedAt],
  )
  await session.change(SAVE_CURSORS, CURSORS.params(values))
}

interface Keep {
  readonly rows: readonly NewNotification[]
  readonly cursor: CursorRow | null
}
type Kept = readonly { readonly id: string; readonly duplicate: boolean }[]

function idOf(row: { readonly projectId: string; readonly id: string }): string {
  return `${row.projectId}\n${row.id}`
}

/** Several calls in one transaction: an id that two of them bring is new to the first. */
async function keep(session: Connection, calls: readonly Keep[]): Promise<readonly Kept[]> {
  const first = new Map<string, NewNotification>()
  for (const { rows } of calls) for (const row of rows) if (!first.has(idOf(row))) first.set(idOf(row), row)
  const kept =
    first.size === 0 ? [] : await session.all(KEEP, KEPT.params([...first.values()].map(newNotificationValues)))
  const fresh = new Set(kept.map(([projectId, id]) => `${projectId}\n${id}`))
  const rows = [...first].flatMap(([at, row]) => (fresh.has(at) ? [row] : []))
  if (rows.length > 0) {
    const bodies = rows.map((row): Values => [row.projectId, row.receivedAt, row.id, row.body])
    await session.change(KEEP_BODIES, BODIES.params(bodies))
    await session.change(NOTE_SEEN, SEEN.params(seenByApp(rows)))
  }
  const cursors = calls.flatMap(({ cursor }) => cursor ?? [])
  if (cursors.length > 0) await saveCursors(session, cursors)
  return calls.map(({ rows }) => rows.map((row) => ({ id: row.id, duplicate: !fresh.delete(idOf(row)) })))
}

/** For each app: the newest of these, and how many. */
function seenByApp(rows: readonly NewNotification[]): readonly Values[] {
  const apps = new Map<string, { readonly newest: NewNotification; readonly count: number }>()
  for (const row of rows) {
    const at = `${row.projectId}\n${row.appId}`
    const { newest, count } = apps.get(at) ?? { newest: row, count: 0 }
    apps.set(at, { newest: row.receivedAt > newest.receivedAt ? row : newest, count: count + 1 })
  }
  return [...apps.values()].map(({ newest: { projectId, appId, receivedAt, type }, count }) => [
    projectId,
    appId,
    receivedAt,
    type,
    count,
  ])
}

// ── taking up ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** From one project to the next through the index of what waits: a step for each, whatever each has waiting. */
const PROJECTS_THAT_WAIT = `WITH RECURSIVE waiting AS (
  (SELECT project_id FROM notifications WHERE status = 'waiting' ORDER BY project_id LIMIT 1)
  UNION ALL
  SELECT (SELECT m.project_id FROM notifications m WHERE m.status = 'waiting' AND m.project_id > w.project_id
    ORDER BY m.project_id LIMIT 1) FROM waiting w WHERE w.project_id IS NOT NULL
)`

/** The columns of a notification, then its body as it is kept, n. */
const CLAIM = `${PROJECTS_THAT_WAIT}, due AS (
  SELECT d.project_id, d.id FROM waiting w CROSS JOIN LATERAL (
    SELECT m.project_id, m.id, m.due_at, m.n FROM notifications m
    WHERE m.project_id = w.project_id AND m.status = 'waiting' AND m.due_at <= $1
      AND (m.lease_until IS NULL OR m.lease_until <= $1)
    ORDER BY m.due_at, m.n
    LIMIT (SELECT greatest(1, $2::int / greatest(1, count(project_id)::int)) FROM waiting)
    FOR UPDATE SKIP LOCKED
  ) d ORDER BY d.due_at, d.n LIMIT $2::int
), claimed AS (
  UPDATE notifications m SET owner = $3, lease_until = $4 FROM due WHERE m.project_id = due.project_id AND m.id = due.id
  RETURNING m.*
)
SELECT ${NOTIFICATION_COLUMNS_M}, b.packed, b.body, m.n FROM claimed m
LEFT JOIN notification_bodies b ON b.project_id = m.project_id AND b.received_at = m.received_at AND b.id = m.id
ORDER BY m.due_at, m.n`

const NEXT_DUE = `${PROJECTS_THAT_WAIT} SELECT min(d.due_at) FROM waiting w CROSS JOIN LATERAL (
  SELECT m.due_at FROM notifications m WHERE m.project_id = w.project_id AND m.status = 'waiting' AND m.owner IS NULL
  ORDER BY m.due_at, m.n LIMIT 1
) d`

/** Where a notification's own columns end. */
const PACKED = 15

/** The body as it came; empty when retention took it. */
export function withBody(row: Values): NotificationRow {
  const body = row[PACKED + 1]
  const bytes =
    body instanceof Uint8Array ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : Buffer.alloc(0)
  return { ...notificationFrom(row), body: row[PACKED] === 1 ? inflateSync(bytes) : bytes }
}

// ── what becomes of them ────────────────────────────────────────────────────────────────────────────────────────────

const CHANGED = given(
  'project_id text, id text, status text, due_at bigint, tries bigint, note text, events bigint, customer_id text, forget bigint',
)
const CHANGE = `WITH stored AS (
  SELECT m.project_id, m.id, m.app_id, m.status, g.status AS next, g.due_at, g.tries, g.note, g.events,
    g.customer_id, g.forget, m.received_at
  FROM ${CHANGED.sql} JOIN notifications m ON m.project_id = g.project_id AND m.id = g.id
  ORDER BY m.project_id, m.id FOR UPDATE OF m
)
UPDATE notifications m SET status = s.next, due_at = s.due_at, tries = s.tries, note = s.note, events = s.events,
  owner = NULL, lease_until = NULL, customer_id = coalesce(s.customer_id, m.customer_id)
FROM stored s WHERE m.project_id = s.project_id AND m.id = s.id
RETURNING s.project_id, s.id, s.app_id, s.status, s.next, s.forget, s.received_at`

const FORGOTTEN = given('project_id text, received_at bigint, id text')
const FORGET = `DELETE FROM notification_bodies b USING ${FORGOTTEN.sql}
WHERE b.project_id = g.project_id AND b.received_at = g.received_at AND b.id = g.id`

export async function changeNotifications(
  session: Connection,
  changes: readonly NotificationChange[],
  counts: Counts,
): Promise<void> {
  if (changes.length === 0) return
  const last = new Map(changes.map((change) => [idOf(change), change]))
  const values = [...last.values()].map(
    (row): Values => [
      row.projectId,
      row.id,
      row.status,
      row.dueAt,
      row.tries,
      row.note,
      row.events,
      row.customerId ?? null,
      row.forget === true ? 1 : 0,
    ],
  )
  const rows = await session.all(CHANGE, CHANGED.params(values))
  for (const row of rows) {
    const [projectId, id, appId, before, after] = row as [
      string,
      string,
      string,
      NotificationStatus,
      NotificationStatus,
    ]
    last.delete(`${projectId}\n${id}`)
    if (before === after) continue
    counts.notification(projectId, appId, before, -1)
    counts.notification(projectId, appId, after, 1)
  }
  const forgotten = rows
    .filter((row) => row[5] === 1)
    .map((row): Values => [row[0] ?? null, row[6] ?? null, row[1] ?? null])
  if (forgotten.length > 0) await session.change(FORGET, FORGOTTEN.params(forgotten))
  for (const { projectId, id } of last.values()) {
    throw new Error(`there is no notification ${id} in project ${projectId}`)
  }
}

const REFUSED = given('project_id text, app_id text, count bigint, at bigint, reason text, claimed text')
const COUNT_REFUSED = `INSERT INTO app_inbox AS a (project_id, app_id, shard, refused, refused_at, refused_reason, refused_claimed)
SELECT project_id, app_id, 0, count, at, reason, claimed FROM ${REFUSED.sql} ORDER BY project_id, app_id
ON CONFLICT (project_id, app_id, shard) DO UPDATE SET refused = a.refused + excluded.refused, refused_at = excluded.refused_at,
  refused_reason = excluded.refused_reason, refused_claimed = coalesce(excluded.refused_claimed, a.refused_claimed)`

/** One row an app: later ones of a call are added to the earlier. */
function byApp(rows: readonly RefusedCount[]): readonly Values[] {
  const apps = new Map<string, Value[]>()
  for (const { projectId, appId, count, at, reason, claimed } of rows) {
    const before = apps.get(`${projectId}\n${appId}`)
    const total = Number(before?.[2] ?? 0) + count
    apps.set(`${projectId}\n${appId}`, [projectId, appId, total, at, reason, claimed ?? before?.[5] ?? null])
  }
  return [...apps.values()]
}

export function inboxStorage(db: Database, work: Work): InboxStorage {
  const keeping = grouping<Keep, Kept>({
    most: 512,
    weight: ({ rows }) => rows.length,
    run: (calls) => db.write((session) => keep(session, calls)),
  })
  const changing = grouping<readonly NotificationChange[], null>({
    most: 512,
    weight: (changes) => changes.length,
    run: async (calls) => {
      await db.write(async (session) => {
        const counts = openCounts()
        await changeNotifications(session, calls.flat(), counts)
        await counts.write(session)
      })
      return calls.map(() => null)
    },
  })
  return {
    async keepNotifications(rows, cursor) {
      const kept = await keeping({ rows, cursor: cursor ?? null })
      if (kept.some(({ duplicate }) => !duplicate)) work.tell('inbox')
      return kept
    },
    async claimNotifications({ now, limit, owner, leaseUntil }) {
      work.requireInstance()
      const rows = await db.write((session) => session.all(CLAIM, [now, limit, owner, leaseUntil]))
      return rows.map(withBody)
    },
    async changeNotifications(changes) {
      if (changes.length === 0) return
      await changing(changes)
      if (changes.some(({ status }) => status === 'waiting')) work.tell('inbox')
    },
    async nextNotificationDue() {
      const due = (await db.read(NEXT_DUE))[0]?.[0]
      return typeof due === 'number' ? due : null
    },
    async countRefused(rows) {
      if (rows.length > 0) await db.write((session) => session.change(COUNT_REFUSED, REFUSED.params(byApp(rows))))
    },
  }
}
