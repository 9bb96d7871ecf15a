import {
  CUSTOMER_COLUMNS_C,
  CUSTOMER_WIDTH,
  channelFrom,
  customerFrom,
  DELIVERY_COLUMNS_D,
  DELIVERY_WIDTH,
  deliveryFrom,
  QUEUE_COLUMNS,
  queueFrom,
  type Values,
} from '../../columns.ts'
import { eventFrom } from '../../event-columns.ts'
import type { ChannelRow } from '../../rows.ts'
import type { ClaimChannel, ClaimedQueue, ClaimInput, ClaimResult, Lot } from '../../storage.ts'
import { given } from '../arrays.ts'
import type { Connection } from '../connection.ts'
import type { Database } from '../database.ts'
import { CHANNEL_COLUMNS_H } from './channels.ts'
import { freeLapsed, LAPSED } from './free.ts'

const ASKED = given('project_id text, channel_id text, slots bigint')
const NOW = `$${ASKED.next}::bigint`
const SLOTS_HELD = `(SELECT count(*) FROM slots s WHERE s.project_id = g.project_id AND s.channel_id = g.channel_id
  AND s.owner IS NOT NULL AND s.lease_until > ${NOW})`
const DUE = (alone: 0 | 1): string => `EXISTS (SELECT FROM queues q WHERE q.project_id = g.project_id
  AND q.channel_id = g.channel_id AND q.owner IS NULL AND q.alone = ${alone} AND q.due_at <= ${NOW})`

/** Without a lock: which channels are worth one. Whether a lease is over, place, whether it may be claimed from, the row. */
const LOOK = `SELECT (${LAPSED(NOW)})::int, g.ordinal, (${SLOTS_HELD} < g.slots AND (${DUE(0)} OR ${DUE(1)}))::int, ${CHANNEL_COLUMNS_H}
FROM ${ASKED.sql} JOIN channels h USING (project_id, channel_id) ORDER BY g.ordinal`
const LOOKED_AT = 3

/** Claims of one channel stand in line at its row: the slots are counted by one at a time. */
const LOCK = `SELECT g.ordinal, nextval('fences'), ${CHANNEL_COLUMNS_H} FROM ${ASKED.sql} JOIN channels h USING (project_id, channel_id)
ORDER BY h.project_id, h.channel_id FOR NO KEY UPDATE OF h`
const LOCKED_AT = 2

const HELD_SLOTS = `SELECT g.ordinal, s.slot FROM ${ASKED.sql} JOIN slots s USING (project_id, channel_id)
WHERE s.owner IS NOT NULL AND s.lease_until > ${NOW} ORDER BY 1, 2`

const WANTED = given('project_id text, channel_id text, most bigint')
/** Queues that go alone stand apart in the index, so that none is passed over. What a step or a join holds is left. */
const LOCK_DUE = `SELECT g.ordinal, q.customer_id, q.due_at FROM ${WANTED.sql} CROSS JOIN LATERAL (
  SELECT customer_id, due_at FROM queues WHERE project_id = g.project_id AND channel_id = g.channel_id AND owner IS NULL
    AND alone = $${WANTED.next + 1}::smallint AND due_at <= $${WANTED.next}::bigint ORDER BY due_at LIMIT g.most FOR UPDATE SKIP LOCKED
) q ORDER BY 1, 3`

const TAKEN = given('project_id text, channel_id text, customer_id text, most bigint')
const WAITS = `SELECT FROM deliveries d WHERE d.project_id = g.project_id AND d.channel_id = g.channel_id
  AND d.customer_id = g.customer_id AND d.status = 'waiting'`
const COUNT_WAITING = `SELECT g.ordinal, count(*) FROM ${TAKEN.sql} CROSS JOIN LATERAL (
  ${WAITS} LIMIT g.most) w GROUP BY 1`
/** A statement behind the locks: it sees what the steps that held them before wrote. */
const FIRST_WAITING = `SELECT ${DELIVERY_COLUMNS_D}, e.body, s.attributes, v.until, g.ordinal FROM ${TAKEN.sql} CROSS JOIN LATERAL (
  ${WAITS.replace('SELECT', 'SELECT d.*')} ORDER BY d.seq, d.event_id LIMIT g.most) d
LEFT JOIN events e ON e.project_id = d.project_id AND e.id = d.event_id
LEFT JOIN attribute_sets s ON s.project_id = e.project_id AND s.hash = e.attribute_set
LEFT JOIN provisional_events v ON v.project_id = e.project_id AND v.event_id = e.id
ORDER BY g.ordinal, d.seq, d.event_id`

const CLAIMS = given(
  'project_id text, channel_id text, customer_id text, owner text, fence bigint, lease_until bigint, claimed bigint',
)
const QUEUE_COLUMNS_Q = QUEUE_COLUMNS.split(', ')
  .map((column) => `q.${column}`)
  .join(', ')
const QUEUE_WIDTH = 10
const CLAIM = `UPDATE queues q SET owner = g.owner, fence = g.fence, lease_until = g.lease_until, claimed = g.claimed
FROM ${CLAIMS.sql} JOIN customers c ON c.project_id = g.project_id AND c.id = g.customer_id
LEFT JOIN channel_customers l ON l.project_id = g.project_id AND l.channel_id = g.channel_id AND l.customer_id = g.customer_id
WHERE q.project_id = g.project_id AND q.channel_id = g.channel_id AND q.customer_id = g.customer_id AND q.owner IS NULL
RETURNING ${QUEUE_COLUMNS_Q}, ${CUSTOMER_COLUMNS_C}, l.last_status, g.ordinal`

const STANDING = given('project_id text, event_id text')
const STAND = `DELETE FROM provisional_events v USING ${STANDING.sql} WHERE v.project_id = g.project_id AND v.event_id = g.event_id`

const DROP_EMPTY = `DELETE FROM queues q USING ${TAKEN.sql}
WHERE q.project_id = g.project_id AND q.channel_id = g.channel_id AND q.customer_id = g.customer_id AND q.owner IS NULL`

const SLOTS = given('project_id text, channel_id text, slot bigint, owner text, fence bigint, lease_until bigint')
const TAKE_SLOTS = `INSERT INTO slots (project_id, channel_id, slot, owner, fence, lease_until)
SELECT project_id, channel_id, slot, owner, fence, lease_until FROM ${SLOTS.sql} ORDER BY project_id, channel_id
ON CONFLICT (project_id, channel_id, slot) DO UPDATE SET owner = excluded.owner, fence = excluded.fence, lease_until = excluded.lease_until`

function askedValues(channel: ClaimChannel): Values {
  return [channel.projectId, channel.channelId, channel.slots]
}

export async function claimLots(db: Database, input: ClaimInput): Promise<ClaimResult> {
  const { channels, now } = input
  if (channels.length === 0) return { lots: [], stale: [] }
  const look = () => db.read(LOOK, [...ASKED.params(channels.map(askedValues)), now])
  let looked = await look()
  if (looked[0]?.[0] === 1) {
    await db.write((session) => freeLapsed(session, now))
    looked = await look()
  }
  const stale: ChannelRow[] = []
  const worth: ClaimChannel[] = []
  for (const row of looked) {
    const channel = channels[Number(row[1]) - 1]
    const stored = channelFrom(row, LOOKED_AT)
    if (channel === undefined) continue
    if (stored.version !== channel.version) stale.push(stored)
    else if (row[2] === 1) worth.push(channel)
  }
  if (worth.length === 0) return { lots: [], stale }
  const claimed = await db.write((session) => claim(session, input, worth))
  return { lots: claimed.lots, stale: [...stale, ...claimed.stale] }
}

/** A channel with a free slot, under its lock. */
interface Open {
  readonly channel: ClaimChannel
  readonly slot: number
  readonly fence: number
}

/** A queue with what it may carry. */
interface Taken {
  readonly open: Open
  readonly customerId: string
  readonly most: number
}

async function claim(session: Connection, input: ClaimInput, channels: readonly ClaimChannel[]): Promise<ClaimResult> {
  const { open, stale } = await lockChannels(session, channels, input.now)
  if (open.length === 0) return { lots: [], stale }
  const { taken, empty } = await lockQueues(session, open, input.now)
  const queues = await takeQueues(session, taken, input)
  if (empty.length > 0) await session.change(DROP_EMPTY, TAKEN.params(empty.map(takenValues)))
  const lots = open.flatMap((one): Lot[] => {
    const own = queues.filter(({ of }) => of === one).map(({ queue }) => queue)
    if (own.length === 0) return []
    const { channel, slot, fence } = one
    const ref = {
      projectId: channel.projectId,
      channelId: channel.channelId,
      slot,
      owner: input.owner,
      fence,
      queues: own.map(({ queue }) => ({ customerId: queue.customerId, fence })),
    }
    return [{ ref, queues: own }]
  })
  if (lots.length > 0) {
    const slots = lots.map(
      ({ ref }): Values => [ref.projectId, ref.channelId, ref.slot, ref.owner, ref.fence, input.leaseUntil],
    )
    await session.change(TAKE_SLOTS, SLOTS.params(slots))
  }
  return { lots, stale }
}

async function lockChannels(
  session: Connection,
  channels: readonly ClaimChannel[],
  now: number,
): Promise<{ readonly open: readonly Open[]; readonly stale: readonly ChannelRow[] }> {
  const params = ASKED.params(channels.map(askedValues))
  const locked = await session.all(LOCK, params)
  const held = await session.all(HELD_SLOTS, [...params, now])
  const open: Open[] = []
  const stale: ChannelRow[] = []
  for (const row of [...locked].sort((a, b) => Number(a[0]) - Number(b[0]))) {
    const channel = channels[Number(row[0]) - 1]
    const stored = channelFrom(row, LOCKED_AT)
    if (channel === undefined) continue
    if (stored.version !== channel.version) {
      stale.push(stored)
      continue
    }
    const taken = held.filter(([ordinal]) => ordinal === row[0]).map(([, slot]) => slot)
    // Counted over all numbers: fewer slots than before must also count those that are still in flight above.
    if (taken.length >= channel.slots) continue
    let slot = 0
    while (taken.includes(slot)) slot += 1
    open.push({ channel, slot, fence: Number(row[1]) })
  }
  return { open, stale }
}

/** Due queues of each channel, oldest first and no more than its lot holds; and those met on the way that are empty. */
async function lockQueues(
  session: Connection,
  open: readonly Open[],
  now: number,
): Promise<{ readonly taken: readonly Taken[]; readonly empty: readonly Taken[] }> {
  const due = async (alone: 0 | 1) => {
    // One more than needed, for the one that may turn out to be empty or avoided.
    const most = ({ channel }: Open): number => (alone === 1 ? 2 : channel.deliveries + 2)
    const wanted = open.map((one): Values => [one.channel.projectId, one.channel.channelId, most(one)])
    return session.all(LOCK_DUE, [...WANTED.params(wanted), now, alone])
  }
  const [together, single] = [await due(0), await due(1)]
  const candidates = open.flatMap((one, index): readonly Taken[] => {
    const own = (rows: readonly Values[]) => rows.filter(([ordinal]) => ordinal === index + 1)
    return chosen(one, own(together), own(single))
  })
  return withRoom(session, candidates)
}

/** The oldest decides whether one goes alone. The avoided customer's queue goes only when no other is due. */
function chosen(open: Open, together: readonly Values[], single: readonly Values[]): readonly Taken[] {
  const { avoidCustomer, perQueue } = open.channel
  const others = (rows: readonly Values[]) => rows.filter(([, customerId]) => customerId !== avoidCustomer)
  const [a, b] = [others(together), others(single)]
  const [first, second] = a.length + b.length > 0 ? [a, b] : [together, single]
  const dueOf = (rows: readonly Values[]): number => Number(rows[0]?.[2] ?? Number.POSITIVE_INFINITY)
  const alone = dueOf(second) < dueOf(first)
  return (alone ? second : first).map(([, customerId]) => ({
    open,
    customerId: String(customerId),
    most: alone ? -1 : perQueue,
  }))
}

/** Deals the room of each lot out to its queues by what waits in them. */
async function withRoom(
  session: Connection,
  candidates: readonly Taken[],
): Promise<{ readonly taken: readonly Taken[]; readonly empty: readonly Taken[] }> {
  const counted = await session.all(COUNT_WAITING, TAKEN.params(candidates.map(takenValues)))
  const counts = new Map(counted.map(([ordinal, count]) => [Number(ordinal), Number(count)]))
  const room = new Map<Open, number>()
  const taken: Taken[] = []
  const empty: Taken[] = []
  for (const [index, one] of candidates.entries()) {
    const left = room.get(one.open) ?? one.open.channel.deliveries
    const most = Math.min(left, counts.get(index + 1) ?? 0)
    if (left <= 0) continue
    if (most === 0) empty.push(one)
    else {
      taken.push({ ...one, most })
      room.set(one.open, one.most === -1 ? 0 : left - most)
    }
  }
  return { taken, empty }
}

function takenValues({ open: { channel }, customerId, most }: Taken): Values {
  return [channel.projectId, channel.channelId, customerId, Math.abs(most)]
}

async function takeQueues(
  session: Connection,
  taken: readonly Taken[],
  input: ClaimInput,
): Promise<readonly { readonly of: Open; readonly queue: ClaimedQueue }[]> {
  if (taken.length === 0) return []
  const waiting = await session.all(FIRST_WAITING, TAKEN.params(taken.map(takenValues)))
  const byQueue = new Map<number, Values[]>()
  const provisional: Values[] = []
  for (const row of waiting) {
    if (row[DELIVERY_WIDTH] === null || row[DELIVERY_WIDTH + 1] === null) {
      throw new Error(`the event of delivery ${row[0]} is not complete in the database`)
    }
    if (row[DELIVERY_WIDTH + 2] !== null) provisional.push([row[1] ?? null, row[5] ?? null])
    const ordinal = Number(row[DELIVERY_WIDTH + 3])
    const rows = byQueue.get(ordinal)
    if (rows === undefined) byQueue.set(ordinal, [row])
    else rows.push(row)
  }
  const claims = taken.map(({ open: { channel, fence }, customerId }, index): Values => {
    const claimed = byQueue.get(index + 1)?.length ?? 0
    return [channel.projectId, channel.channelId, customerId, input.owner, fence, input.leaseUntil, claimed]
  })
  const claimed = await session.all(CLAIM, CLAIMS.params(claims))
  // An attempt begins: from here on the content is one for all channels.
  if (provisional.length > 0) await session.change(STAND, STANDING.params(provisional))
  const rows = new Map(claimed.map((row) => [Number(row[QUEUE_WIDTH + CUSTOMER_WIDTH + 1]), row]))
  return taken.map(({ open, customerId }, index) => {
    const row = rows.get(index + 1)
    if (row === undefined)
      throw new Error(`the customer ${customerId} of a queue of ${open.channel.channelId} does not exist`)
    return { of: open, queue: claimedQueue(row, byQueue.get(index + 1) ?? []) }
  })
}

function claimedQueue(row: Values, deliveries: readonly Values[]): ClaimedQueue {
  return {
    queue: queueFrom(row),
    customer: customerFrom(row, QUEUE_WIDTH),
    lastStatus: (row[QUEUE_WIDTH + CUSTOMER_WIDTH] ?? null) as string | null,
    deliveries: deliveries.map((one) => ({ delivery: deliveryFrom(one), event: eventFrom(one, DELIVERY_WIDTH) })),
  }
}
