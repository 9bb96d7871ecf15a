import { appUserIdHash } from '../../../domain/ids.ts'
import { CUSTOMER_COLUMNS, type Values } from '../../columns.ts'
import { StepConflict } from '../../errors.ts'
import type { JoinInput } from '../../join.ts'
import type { QueueWake } from '../../storage.ts'
import type { Connection } from '../database.ts'
import { change, query } from '../query.ts'
import { JOINED } from './holds.ts'
import { type Memory, nextPosition } from './memory.ts'
import { saveHistory, wakeQueues } from './save.ts'

export interface JoinPair {
  /** The rows of both as they are, in the columns of a customer. */
  readonly into: Values | null
  readonly from: Values | null
  /** Where `from` went in an earlier join. */
  readonly moved: string | null
  /** Body and notification of the events of both that may be written again. */
  readonly provisional: readonly Values[]
}

export function loadJoin(db: Connection): (input: JoinInput) => JoinPair {
  const customer = query(db, `SELECT ${CUSTOMER_COLUMNS} FROM customers WHERE project_id = ? AND id = ?`)
  const moved = query(db, 'SELECT into_id FROM customer_moves WHERE project_id = ? AND from_id = ?')
  const provisional = query(
    db,
    `SELECT e.body, e.notification_id FROM provisional_events v JOIN events e ON e.project_id = v.project_id AND e.id = v.event_id
     WHERE v.project_id = ?1 AND v.customer_id IN (?2, ?3) AND v.until > ?4 ORDER BY e.seq`,
  )
  return ({ projectId, into, from, now }) => ({
    provisional: provisional.all(projectId, into, from, now),
    into: customer.first(projectId, into) ?? null,
    from: customer.first(projectId, from) ?? null,
    moved: (moved.first(projectId, from)?.[0] as string | undefined) ?? null,
  })
}

export interface SaveJoin extends JoinInput {
  readonly fromVersion: number
  /** The row of `into`, with the version that was loaded. */
  readonly row: Values
  /** As a step's. */
  readonly events: readonly Values[]
  readonly attributeSets: readonly Values[]
  readonly history: readonly Values[]
  readonly queues: readonly QueueWake[]
}

/** Everything of `from` becomes `into`'s; StepConflict when either is not the one that was loaded. */
export function saveJoin(db: Connection, memory: Memory) {
  const remove = change(db, 'DELETE FROM customers WHERE project_id = ? AND id = ? AND version = ?')
  const update = change(
    db,
    `UPDATE customers SET version = ?3 + 1, original_app_user_id = ?4, last_seen_app_user_id = ?5, last_seq = ?6,
       first_seen_at = ?7, last_seen_at = ?8, aliases = ?9, attributes = ?10, deleted_attributes = ?11, only_named = ?12, email = ?13
     WHERE project_id = ?1 AND id = ?2 AND version = ?3`,
  )
  const aliases = change(
    db,
    `INSERT INTO aliases (project_id, app_user_id, customer_id, hash) VALUES (?, ?, ?, ?)
     ON CONFLICT (project_id, app_user_id) DO UPDATE SET customer_id = excluded.customer_id`,
  )
  const purchases = change(
    db,
    'UPDATE purchases SET customer_id = ?2, version = version + 1 WHERE project_id = ?1 AND customer_id = ?3',
  )
  const queues = joinQueues(db)
  const events = change(db, 'UPDATE events SET customer_id = ?2 WHERE project_id = ?1 AND customer_id = ?3')
  const notifications = change(
    db,
    'UPDATE notifications SET customer_id = ?2 WHERE project_id = ?1 AND customer_id = ?3',
  )
  const moves = [
    change(db, 'UPDATE customer_moves SET into_id = ?2 WHERE project_id = ?1 AND into_id = ?3'),
    change(db, 'DELETE FROM customer_moves WHERE project_id = ?1 AND from_id = ?2 AND ?3 IS NOT NULL'),
  ]
  const remember = change(
    db,
    `INSERT INTO customer_moves (project_id, from_id, into_id, moved_at) VALUES (?1, ?3, ?2, ?4)
     ON CONFLICT (project_id, from_id) DO UPDATE SET into_id = excluded.into_id, moved_at = excluded.moved_at`,
  )
  const beside = saveBeside(db, memory)
  const histories = change(
    db,
    'UPDATE customer_history SET customer_id = ?2 WHERE project_id = ?1 AND customer_id = ?3',
  )
  return (input: SaveJoin): void => {
    const { projectId, into, from, fromVersion, row, now } = input
    if (remove(projectId, from, fromVersion) !== 1 || update(...row) !== 1) {
      throw new StepConflict(`customer ${into} or ${from} of ${projectId} was saved meanwhile`)
    }
    for (const alias of JSON.parse(String(row[8])) as string[]) aliases(projectId, alias, into, appUserIdHash(alias))
    purchases(projectId, into, from)
    queues(projectId, into, from)
    // After the deliveries, which are found through them.
    events(projectId, into, from)
    notifications(projectId, into, from)
    for (const move of moves) move(projectId, into, from)
    remember(projectId, into, from, now)
    histories(projectId, into, from)
    beside(input)
  }
}

/** What the join writes again or adds. An event that was claimed since it was loaded stays: StepConflict. */
function saveBeside(db: Connection, memory: Memory): (input: SaveJoin) => void {
  const attributeSet = change(
    db,
    'INSERT INTO attribute_sets (project_id, hash, attributes) VALUES (?, ?, ?) ON CONFLICT (project_id, hash) DO NOTHING',
  )
  const release = change(db, 'DELETE FROM provisional_events WHERE project_id = ? AND event_id = ?')
  const rewrite = change(
    db,
    'UPDATE events SET position = ?3, attribute_set = ?4, body = ?5, customer_id = ?6 WHERE project_id = ?1 AND id = ?2',
  )
  const stand = change(db, 'DELETE FROM provisional_events WHERE project_id = ?1 AND customer_id IN (?2, ?3)')
  const history = saveHistory(db)
  const queues = wakeQueues(db, memory)
  return ({ projectId, into, from, events, attributeSets, history: rows, queues: wakes }) => {
    for (const row of attributeSets) attributeSet(...row)
    for (const row of events) {
      const [, id, , , , , , , set, , body] = row
      if (release(projectId, id ?? null) !== 1)
        throw new StepConflict(`event ${id} of ${projectId} was claimed meanwhile`)
      rewrite(projectId, id ?? null, nextPosition(memory), set ?? null, body ?? null, into)
    }
    stand(projectId, into, from)
    for (const row of rows) history(row)
    queues.wake(wakes, new Set())
  }
}

interface Queue {
  readonly customerId: string
  readonly dueAt: number
  readonly owner: string | null
  readonly fence: number
  readonly leaseUntil: number | null
  readonly step: number
  readonly alone: number
  readonly died: number
  /** What of it is in flight: ids, JSON. */
  readonly claimed: string
  /** `seq` of its first delivery. */
  readonly head: number | null
}

/** One queue a channel; what either had in flight becomes a hold on it, and nothing of it is claimed before they end. */
function joinQueues(db: Connection) {
  const channels = query(db, 'SELECT DISTINCT channel_id FROM delivery_counts WHERE project_id = ?')
  const read = readQueue(db)
  const deliveries = change(
    db,
    `UPDATE deliveries SET customer_id = ?2 WHERE n IN (
       SELECT d.n FROM events e INDEXED BY events_customer CROSS JOIN deliveries d INDEXED BY deliveries_event
         ON d.project_id = e.project_id AND d.event_id = e.id
       WHERE e.project_id = ?1 AND e.customer_id = ?3 AND d.customer_id = ?3)`,
  )
  const hold = change(
    db,
    `INSERT INTO queue_holds (project_id, channel_id, customer_id, claimed_as, owner, fence, lease_until, alone, deliveries)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const moveHolds = change(
    db,
    'UPDATE queue_holds AS h SET customer_id = ?3 WHERE h.project_id = ?1 AND h.channel_id = ?2 AND h.customer_id = ?4',
  )
  const drop = change(db, 'DELETE FROM queues WHERE project_id = ? AND channel_id = ? AND customer_id = ?')
  const make = change(
    db,
    `INSERT INTO queues (project_id, channel_id, customer_id, due_at, owner, fence, lease_until, step, alone, died, claimed)
     VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, 0)`,
  )
  const status = moveStatus(db)
  const joinChannel = (projectId: string, channelId: string, into: string, from: string): void => {
    const both = [into, from].flatMap((customerId) => read(projectId, channelId, customerId) ?? [])
    moveHolds(projectId, channelId, into, from)
    for (const { customerId, owner, fence, leaseUntil, alone, claimed } of both) {
      drop(projectId, channelId, customerId)
      if (owner === null || owner === JOINED) continue
      hold(projectId, channelId, into, customerId, owner, fence, leaseUntil, alone, claimed)
    }
    const [first, second] = both.sort((a, b) => (a.head ?? Infinity) - (b.head ?? Infinity))
    if (first === undefined) return
    const inFlight = both.some(({ owner }) => owner !== null)
    const dueAt = Math.min(first.dueAt, second?.dueAt ?? first.dueAt)
    const fence = Math.max(first.fence, second?.fence ?? 0)
    const alone = Math.max(first.alone, second?.alone ?? 0)
    // Steps and deaths are those of the delivery that goes first.
    make(projectId, channelId, into, dueAt, inFlight ? JOINED : null, fence, first.step, alone, first.died)
  }
  return (projectId: string, into: string, from: string): void => {
    for (const [channelId] of channels.all(projectId)) {
      joinChannel(projectId, String(channelId), into, from)
      status(projectId, String(channelId), into, from)
    }
    deliveries(projectId, into, from)
  }
}

function readQueue(db: Connection) {
  const find = query(
    db,
    `SELECT due_at, owner, fence, lease_until, step, alone, died, claimed FROM queues
     WHERE project_id = ? AND channel_id = ? AND customer_id = ?`,
  )
  const first = query(
    db,
    `SELECT id, seq FROM deliveries WHERE project_id = ? AND channel_id = ? AND customer_id = ? AND status = 'waiting'
     ORDER BY seq, event_id LIMIT ? + 0`,
  )
  return (projectId: string, channelId: string, customerId: string): Queue | null => {
    const row = find.first(projectId, channelId, customerId)
    if (row === undefined) return null
    const [dueAt, owner, fence, leaseUntil, step, alone, died, claimed] = row as readonly [
      number,
      string | null,
      number,
      number | null,
      number,
      number,
      number,
      number,
    ]
    const ids = first.all(projectId, channelId, customerId, claimed).map(([id]) => id)
    const head = first.first(projectId, channelId, customerId, 1)?.[1]
    return {
      customerId,
      dueAt,
      owner,
      fence,
      leaseUntil,
      step,
      alone,
      died,
      claimed: JSON.stringify(ids),
      head: typeof head === 'number' ? head : null,
    }
  }
}

/** What either was told last; the one who stays was told more lately. */
function moveStatus(db: Connection) {
  const copy = change(
    db,
    `INSERT INTO channel_customers (project_id, channel_id, customer_id, last_status)
     SELECT project_id, channel_id, ?3, last_status FROM channel_customers WHERE project_id = ?1 AND channel_id = ?2 AND customer_id = ?4
     ON CONFLICT (project_id, channel_id, customer_id) DO NOTHING`,
  )
  const remove = change(db, 'DELETE FROM channel_customers WHERE project_id = ? AND channel_id = ? AND customer_id = ?')
  return (projectId: string, channelId: string, into: string, from: string): void => {
    copy(projectId, channelId, into, from)
    remove(projectId, channelId, from)
  }
}
