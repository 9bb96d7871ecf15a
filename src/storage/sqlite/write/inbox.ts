import { NOTIFICATION_COLUMNS_M, type Values } from '../../columns.ts'
import type { CursorRow, NotificationChange, NotificationStatus } from '../../rows.ts'
import type { RefusedCount } from '../../storage.ts'
import type { Connection } from '../database.ts'
import { change, query } from '../query.ts'
import { endLease, lease, type Memory } from './memory.ts'

const TYPE = 6
const RECEIVED_AT = 9

/** Values in the order of the INSERT below; the bodies lie one after the other in `bodies`, ending at `ends`. */
export interface KeepInput {
  readonly rows: readonly Values[]
  readonly bodies: ArrayBuffer
  readonly ends: readonly number[]
  readonly cursor: CursorRow | null
}

export interface ClaimedNotifications {
  readonly rows: readonly Values[]
  readonly bodies: ArrayBuffer
  readonly ends: readonly number[]
}

/** Adds to an app's counts by status. */
export type CountInbox = (projectId: string, appId: string, status: NotificationStatus, by: number) => void

function countInbox(db: Connection): CountInbox {
  const add = (column: NotificationStatus) =>
    change(
      db,
      `INSERT INTO app_inbox (project_id, app_id, ${column}) VALUES (?1, ?2, ?3)
       ON CONFLICT (project_id, app_id) DO UPDATE SET ${column} = ${column} + excluded.${column}`,
    )
  const by: Readonly<Record<NotificationStatus, ReturnType<typeof change>>> = {
    waiting: add('waiting'),
    understood: add('understood'),
    ignored: add('ignored'),
    parked: add('parked'),
  }
  return (projectId, appId, status, count) => void by[status](projectId, appId, count)
}

export function writeCursor(db: Connection): (row: CursorRow) => void {
  const write = change(
    db,
    `INSERT INTO cursors (project_id, app_id, name, value, updated_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (project_id, app_id, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
  )
  return (row) => void write(row.projectId, row.appId, row.name, row.value, row.updatedAt)
}

/** Keeps each notification once by its id; true for those that were there. */
export function keepNotifications(db: Connection): (input: KeepInput) => readonly boolean[] {
  const insert = db.prepare(
    `INSERT INTO notifications
       (project_id, id, app_id, store, environment, source_key, type, via, sent_at, received_at, due_at, status, tries, note, events)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, 'waiting', 0, NULL, 0)
     ON CONFLICT (project_id, id) DO NOTHING`,
  )
  const insertBody = change(db, 'INSERT INTO notification_bodies (n, packed, body) VALUES (?, 0, ?)')
  const seen = change(
    db,
    `INSERT INTO app_inbox (project_id, app_id, last_at, last_type, waiting) VALUES (?1, ?2, ?3, ?4, ?5)
     ON CONFLICT (project_id, app_id) DO UPDATE SET waiting = waiting + excluded.waiting,
       last_type = CASE WHEN last_at > excluded.last_at THEN last_type ELSE excluded.last_type END,
       last_at = max(coalesce(last_at, 0), excluded.last_at)`,
  )
  const cursor = writeCursor(db)
  return (input) => {
    const apps = new Map<string, { readonly newest: Values; readonly count: number }>()
    const duplicates = input.rows.map((row, index) => {
      const { changes, lastInsertRowid } = insert.run(...row)
      if (changes === 0) return true
      const from = input.ends[index - 1] ?? 0
      insertBody(lastInsertRowid, new Uint8Array(input.bodies, from, (input.ends[index] ?? from) - from))
      const app = apps.get(`${row[0]}\n${row[2]}`) ?? { newest: row, count: 0 }
      const newest = Number(row[RECEIVED_AT]) > Number(app.newest[RECEIVED_AT]) ? row : app.newest
      apps.set(`${row[0]}\n${row[2]}`, { newest, count: app.count + 1 })
      return false
    })
    for (const { newest, count } of apps.values()) {
      seen(newest[0] ?? '', newest[2] ?? '', newest[RECEIVED_AT] ?? 0, newest[TYPE] ?? '', count)
    }
    if (input.cursor !== null) cursor(input.cursor)
    return duplicates
  }
}

export interface ClaimNotificationsInput {
  readonly now: number
  readonly limit: number
  readonly owner: string
  readonly leaseUntil: number
}

/**
 * Claims are leases in memory, so a claim writes nothing. The waiting index gives what is due, oldest first; what is
 * claimed is passed over, and there is never more of it than its claimants hold at once.
 */
export function claimNotifications(db: Connection, memory: Memory) {
  const nextProject = query(
    db,
    `SELECT project_id FROM notifications INDEXED BY notifications_waiting_project
     WHERE status = 'waiting' AND project_id > ?1 ORDER BY project_id LIMIT 1`,
  )
  const due = db.prepare(
    `SELECT n FROM notifications INDEXED BY notifications_waiting_project
     WHERE status = 'waiting' AND project_id = ?1 AND due_at <= ?2 ORDER BY due_at, n`,
  )
  due.setReturnArrays(true)
  const load = query(
    db,
    `SELECT ${NOTIFICATION_COLUMNS_M}, b.packed, b.body FROM notifications m
     LEFT JOIN notification_bodies b ON b.n = m.n WHERE m.n = ?1`,
  )
  let last = ''
  const projects = (): readonly string[] => {
    const found: string[] = []
    for (let row = nextProject.first(''); row !== undefined; row = nextProject.first(found.at(-1) ?? '')) {
      found.push(String(row[0]))
    }
    return found
  }
  /** Claims of one project until `taken` holds `upTo`. */
  const takeFrom = (project: string, upTo: number, input: ClaimNotificationsInput, taken: Values[]): void => {
    for (const found of due.iterate(project, input.now)) {
      if (taken.length >= upTo) return
      const n = Number((found as unknown as Values)[0])
      if ((memory.leases.get(n)?.until ?? 0) > input.now) continue
      const row = load.first(n)
      if (row === undefined) continue
      lease(memory, n, { owner: input.owner, until: input.leaseUntil })
      taken.push(row)
    }
  }
  return (input: ClaimNotificationsInput): ClaimedNotifications => {
    const taken: Values[] = []
    const all = projects()
    // Where there are more projects than places, the next claim begins behind the one that came last.
    const turn = all.findIndex((project) => project > last)
    const waiting = turn <= 0 ? all : [...all.slice(turn), ...all.slice(0, turn)]
    const share = Math.max(1, Math.floor(input.limit / Math.max(1, waiting.length)))
    for (const project of waiting) {
      if (taken.length >= input.limit) break
      takeFrom(project, Math.min(taken.length + share, input.limit), input, taken)
      last = project
    }
    for (const project of waiting) takeFrom(project, input.limit, input, taken)
    return joinBodies(taken)
  }
}

/** One buffer for all bodies: it is handed over to the other thread without a copy. */
function joinBodies(rows: readonly Values[]): ClaimedNotifications {
  const ends: number[] = []
  let length = 0
  for (const row of rows) {
    length += (row.at(-1) as Uint8Array | null)?.byteLength ?? 0
    ends.push(length)
  }
  const bodies = new ArrayBuffer(length)
  const target = new Uint8Array(bodies)
  rows.forEach((row, index) => {
    const body = row.at(-1)
    if (body instanceof Uint8Array) target.set(body, ends[index - 1] ?? 0)
  })
  return { rows: rows.map((row) => row.slice(0, -1)), bodies, ends }
}

/** The earliest due time of what waits and is not claimed. */
export function nextNotificationDue(db: Connection, memory: Memory): (now: null) => number | null {
  const waiting = db.prepare(`SELECT n, due_at FROM notifications WHERE status = 'waiting' ORDER BY due_at, n`)
  waiting.setReturnArrays(true)
  return () => {
    for (const found of waiting.iterate()) {
      const [n, dueAt] = found as unknown as Values
      if (!memory.leases.has(Number(n))) return Number(dueAt)
    }
    return null
  }
}

/** Writes what became of notifications, keeps the counts and frees the claims. */
export function changeNotifications(db: Connection, memory: Memory): (changes: readonly NotificationChange[]) => void {
  const find = query(db, 'SELECT n, app_id, status FROM notifications WHERE project_id = ? AND id = ?')
  const write = change(
    db,
    'UPDATE notifications SET status = ?2, due_at = ?3, tries = ?4, note = ?5, events = ?6 WHERE n = ?1',
  )
  const owned = change(db, 'UPDATE notifications SET customer_id = ?2 WHERE n = ?1 AND customer_id IS NOT ?2')
  const forget = change(db, 'DELETE FROM notification_bodies WHERE n = ?')
  const count = countInbox(db)
  return (changes) => {
    const moved = new Map<string, readonly [string, string, NotificationStatus, number]>()
    const add = (projectId: string, appId: string, status: NotificationStatus, by: number): void => {
      const key = `${projectId}\n${appId}\n${status}`
      moved.set(key, [projectId, appId, status, (moved.get(key)?.[3] ?? 0) + by])
    }
    for (const next of changes) {
      const found = find.first(next.projectId, next.id)
      if (found === undefined) throw new Error(`there is no notification ${next.id} in project ${next.projectId}`)
      const [n, appId, status] = found as [number, string, NotificationStatus]
      write(n, next.status, next.dueAt, next.tries, next.note, next.events)
      if (next.customerId !== undefined) owned(n, next.customerId)
      if (next.forget === true) forget(n)
      endLease(memory, n)
      if (status === next.status) continue
      add(next.projectId, appId, status, -1)
      add(next.projectId, appId, next.status, 1)
    }
    for (const [projectId, appId, status, by] of moved.values()) if (by !== 0) count(projectId, appId, status, by)
  }
}

export function countRefused(db: Connection): (rows: readonly RefusedCount[]) => void {
  const add = change(
    db,
    `INSERT INTO app_inbox (project_id, app_id, refused, refused_at, refused_reason, refused_claimed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
     ON CONFLICT (project_id, app_id) DO UPDATE SET refused = refused + excluded.refused, refused_at = excluded.refused_at,
       refused_reason = excluded.refused_reason, refused_claimed = coalesce(excluded.refused_claimed, refused_claimed)`,
  )
  return (rows) => {
    for (const row of rows) add(row.projectId, row.appId, row.count, row.at, row.reason, row.claimed)
  }
}
