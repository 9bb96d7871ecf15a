import { CUSTOMER_COLUMNS, customerFrom, type Values } from '../columns.ts'
import { newEventFrom } from '../event-columns.ts'
import { type Joined, type JoinInput, type JoinStorage, joinedRow, type Merge, type Merged } from '../join.ts'
import { given, texts } from './arrays.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { JOINED } from './delivery/holds.ts'
import { rewriteEvents } from './save/events.ts'
import { saveHistory } from './save/history.ts'
import { saveAttributeSets } from './save/purchases.ts'
import { wakeQueues } from './save/queues.ts'
import type { Work } from './work.ts'

const LOCK = `SELECT ${CUSTOMER_COLUMNS} FROM customers WHERE project_id = $1 AND id = ANY($2::text[]) ORDER BY id FOR UPDATE`
const MOVED = 'SELECT into_id FROM customer_moves WHERE project_id = $1 AND from_id = $2'

const UPDATE = `UPDATE customers SET version = version + 1, original_app_user_id = $3, last_seen_app_user_id = $4, last_seq = $5,
  first_seen_at = $6, last_seen_at = $7, aliases = $8, attributes = $9, deleted_attributes = $10, only_named = $11 WHERE project_id = $1 AND id = $2`
const ALIASES = `UPDATE aliases SET customer_id = $2 WHERE project_id = $1 AND customer_id = $3 AND app_user_id = ANY($4::text[])`
const PURCHASES = `UPDATE purchases SET customer_id = $2, version = version + 1 WHERE project_id = $1 AND customer_id = $3`
const REMEMBER = `INSERT INTO customer_moves (project_id, from_id, into_id, moved_at) VALUES ($1, $3, $2, $4)
ON CONFLICT (project_id, from_id) DO UPDATE SET into_id = excluded.into_id, moved_at = excluded.moved_at`

/** Found through their events: settled deliveries have no index by customer. */
const DELIVERIES = `UPDATE deliveries d SET customer_id = $2 FROM (
  SELECT event_id FROM event_places WHERE project_id = $1 AND customer_id = $3
  UNION SELECT event_id FROM unnumbered WHERE project_id = $1 AND customer_id = $3) e
WHERE d.project_id = $1 AND d.event_id = e.event_id AND d.customer_id = $3`

/** Locked by a statement of its own: what the next one reads is how they are under the lock. */
const LOCK_QUEUES = `SELECT 1 FROM (SELECT DISTINCT channel_id FROM delivery_counts WHERE project_id = $1) c
JOIN queues q ON q.project_id = $1 AND q.channel_id = c.channel_id AND q.customer_id = ANY($2::text[])
ORDER BY q.channel_id, q.customer_id FOR UPDATE OF q`
const QUEUES = `SELECT q.channel_id, q.customer_id, q.due_at, q.owner, q.fence, q.lease_until, q.step, q.alone, q.died,
  (SELECT coalesce(json_agg(w.id), '[]')::text FROM (SELECT d.id FROM deliveries d WHERE d.project_id = q.project_id AND d.channel_id = q.channel_id
    AND d.customer_id = q.customer_id AND d.status = 'waiting' ORDER BY d.seq, d.event_id LIMIT q.claimed) w),
  (SELECT d.seq FROM deliveries d WHERE d.project_id = q.project_id AND d.channel_id = q.channel_id
    AND d.customer_id = q.customer_id AND d.status = 'waiting' ORDER BY d.seq, d.event_id LIMIT 1)
FROM (SELECT DISTINCT channel_id FROM delivery_counts WHERE project_id = $1) c
JOIN queues q ON q.project_id = $1 AND q.channel_id = c.channel_id AND q.customer_id = ANY($2::text[])
ORDER BY q.channel_id, q.customer_id`

const PROVISIONAL = `SELECT e.body, e.notification_id FROM provisional_events v JOIN events e ON e.project_id = v.project_id AND e.id = v.event_id
WHERE v.project_id = $1 AND v.customer_id IN ($2, $3) AND v.until > $4 ORDER BY v.until, v.event_id`

const HOLDS = given(
  'project_id text, channel_id text, customer_id text, claimed_as text, owner text, fence bigint, lease_until bigint, alone bigint, deliveries text',
)
const HOLD = `INSERT INTO queue_holds (project_id, channel_id, customer_id, claimed_as, owner, fence, lease_until, alone, deliveries)
SELECT project_id, channel_id, customer_id, claimed_as, owner, fence, lease_until, alone, deliveries FROM ${HOLDS.sql}`
const MOVE_HOLDS = `UPDATE queue_holds SET customer_id = $2 WHERE project_id = $1 AND customer_id = $3`
const DROP = `DELETE FROM queues WHERE project_id = $1 AND channel_id = ANY($2::text[]) AND customer_id = ANY($3::text[])`
const JOINT = given(
  'project_id text, channel_id text, customer_id text, due_at bigint, owner text, fence bigint, step bigint, alone bigint, died bigint',
)
const MAKE = `INSERT INTO queues (project_id, channel_id, customer_id, due_at, owner, fence, step, alone, died, claimed)
SELECT project_id, channel_id, customer_id, due_at, owner, fence, step, alone, died, 0 FROM ${JOINT.sql}`

/** What either was told last; the one who stays was told more lately. */
const STATUSES = `WITH gone AS (
  DELETE FROM channel_customers c USING (SELECT DISTINCT channel_id FROM delivery_counts WHERE project_id = $1) h
  WHERE c.project_id = $1 AND c.channel_id = h.channel_id AND c.customer_id = $3 RETURNING c.channel_id, c.last_status)
INSERT INTO channel_customers (project_id, channel_id, customer_id, last_status) SELECT $1, channel_id, $2, last_status FROM gone
ON CONFLICT (project_id, channel_id, customer_id) DO NOTHING`

export function joinStorage(db: Database, work: Work): JoinStorage {
  return {
    async joinCustomers(input, merge) {
      const joined = await db.write((session) => join(session, input, merge))
      if (joined.kind === 'joined') {
        work.eventsCommitted()
        work.tell('queues')
      }
      return joined
    },
  }
}

/** Everything of `from` becomes `into`'s, under both customers' locks. */
async function join(session: Connection, { projectId, into, from, now }: JoinInput, merge: Merge): Promise<Joined> {
  const rows = (await session.all(LOCK, [projectId, texts([into, from])])).map((row) => customerFrom(row))
  const [stays, goes] = [rows.find(({ id }) => id === into), rows.find(({ id }) => id === from)]
  if (stays === undefined || goes === undefined || into === from) {
    const [moved] = await session.all(MOVED, [projectId, from])
    return stays !== undefined && moved?.[0] === into ? { kind: 'already', customer: stays } : { kind: 'absent' }
  }
  // A customer with 100,000 events moves in some seconds.
  await session.command('SET LOCAL statement_timeout = 30000')
  const three = [projectId, into, from]
  // Claims lock the queue first and the event then; what is claimed is not among the provisional ones that are read here.
  await session.all(LOCK_QUEUES, [projectId, texts([into, from])])
  const provisional = (await session.all(PROVISIONAL, [...three, now])).map(newEventFrom)
  const merged = merge(stays, goes, provisional)
  const row = joinedRow(stays, goes, merged.customer)
  await session.change(PURCHASES, three)
  await session.change(ALIASES, [...three, texts(goes.aliases)])
  await session.change('DELETE FROM customers WHERE project_id = $1 AND id = $2', [projectId, from])
  await session.change(UPDATE, [
    projectId,
    into,
    row.originalAppUserId,
    row.lastSeenAppUserId,
    row.lastSeq,
    row.firstSeenAt,
    row.lastSeenAt,
    JSON.stringify(row.aliases),
    JSON.stringify(row.attributes),
    JSON.stringify(row.deletedAttributes),
    row.onlyNamed ? 1 : 0,
  ])
  await joinQueues(session, projectId, into, from)
  await session.change(STATUSES, three)
  // What waits for its position first: one that gets it meanwhile is found in the other table.
  await session.change('UPDATE unnumbered SET customer_id = $2 WHERE project_id = $1 AND customer_id = $3', three)
  await session.change('UPDATE event_places SET customer_id = $2 WHERE project_id = $1 AND customer_id = $3', three)
  await session.change('UPDATE customer_moves SET into_id = $2 WHERE project_id = $1 AND into_id = $3', three)
  await session.change('DELETE FROM customer_moves WHERE project_id = $1 AND from_id = $2', [projectId, into])
  await session.change(REMEMBER, [...three, now])
  await session.change('UPDATE customer_history SET customer_id = $2 WHERE project_id = $1 AND customer_id = $3', three)
  await session.change('DELETE FROM provisional_events WHERE project_id = $1 AND customer_id IN ($2, $3)', three)
  await saveBeside(session, merged, { projectId, into })
  return { kind: 'joined', customer: row }
}

/** What the join writes again or adds. */
async function saveBeside(
  session: Connection,
  { events = [], attributeSets = [], history = [], queues = [] }: Merged,
  { projectId, into }: Pick<JoinInput, 'projectId' | 'into'>,
): Promise<void> {
  await saveAttributeSets(session, attributeSets)
  await rewriteEvents(
    session,
    events.map((event) => ({ ...event, customerId: into })),
  )
  await saveHistory(session, history)
  const wakes = queues.map((wake) => ({ ...wake, hasten: true }))
  await wakeQueues(session, wakes, new Set(), new Set([`${projectId}\n${into}`]))
}

interface Queue {
  readonly channelId: string
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

function queueOf(row: Values): Queue {
  const [channelId, customerId, dueAt, owner, fence, leaseUntil, step, alone, died, claimed, head] = row as readonly [
    string,
    string,
    number,
    string | null,
    number,
    number | null,
    number,
    number,
    number,
    string,
    number | null,
  ]
  return { channelId, customerId, dueAt, owner, fence, leaseUntil, step, alone, died, claimed, head }
}

/** One queue a channel; what either had in flight becomes a hold on it, and nothing of it is claimed before they end. */
async function joinQueues(session: Connection, projectId: string, into: string, from: string): Promise<void> {
  const both = [projectId, texts([into, from])]
  await session.all(LOCK_QUEUES, both)
  const queues = (await session.all(QUEUES, both)).map(queueOf)
  await session.change(DELIVERIES, [projectId, into, from])
  if (queues.length === 0) return
  await session.change(MOVE_HOLDS, [projectId, into, from])
  const holds = queues.flatMap((queue): readonly Values[] => {
    if (queue.owner === null || queue.owner === JOINED) return []
    const { channelId, customerId, owner, fence, leaseUntil, alone, claimed } = queue
    return [[projectId, channelId, into, customerId, owner, fence, leaseUntil, alone, claimed]]
  })
  if (holds.length > 0) await session.change(HOLD, HOLDS.params(holds))
  const channels = [...new Set(queues.map(({ channelId }) => channelId))]
  const joint = channels.map((channelId): Values => {
    const own = queues.filter((queue) => queue.channelId === channelId)
    const [first, second] = own.sort((a, b) => (a.head ?? Infinity) - (b.head ?? Infinity))
    if (first === undefined) throw new Error('a channel without a queue')
    const inFlight = own.some(({ owner }) => owner !== null)
    const dueAt = Math.min(first.dueAt, second?.dueAt ?? first.dueAt)
    const fence = Math.max(first.fence, second?.fence ?? 0)
    const alone = Math.max(first.alone, second?.alone ?? 0)
    // Steps and deaths are those of the delivery that goes first.
    return [projectId, channelId, into, dueAt, inFlight ? JOINED : null, fence, first.step, alone, first.died]
  })
  await session.change(DROP, [projectId, texts(channels), texts([into, from])])
  await session.change(MAKE, JOINT.params(joint))
}
