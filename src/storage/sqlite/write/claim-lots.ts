import { CUSTOMER_COLUMNS_C, DELIVERY_COLUMNS_D, QUEUE_COLUMNS, type Value, type Values } from '../../columns.ts'
import type { ClaimChannel, ClaimInput, LotRef } from '../../storage.ts'
import type { Connection } from '../database.ts'
import { change, query } from '../query.ts'
import { readChannel } from './channels.ts'
import { freeLapsed } from './free.ts'
import { type Memory, nextFence } from './memory.ts'

/** A claimed queue: the queue's columns, then the customer's, then the last status. */
export interface WireQueue {
  readonly queue: Values
  /** The delivery's columns, the event's body, its attributes. */
  readonly deliveries: readonly Values[]
}

export interface WireLot {
  readonly ref: LotRef
  readonly queues: readonly WireQueue[]
}

export interface ClaimLotsOutput {
  readonly lots: readonly WireLot[]
  readonly stale: readonly Values[]
}

/** A queue that is due, as the claim needs it. */
interface DueQueue {
  readonly customerId: string
  readonly dueAt: number
}

export function claimLots(db: Connection, memory: Memory) {
  const channel = readChannel(db)
  const lapsed = freeLapsed(db)
  const slots = openSlots(db, memory)
  const candidates = dueQueues(db)
  const take = takeQueue(db)
  return (input: ClaimInput): ClaimLotsOutput => {
    lapsed(input.now)
    const lots: WireLot[] = []
    const stale: Values[] = []
    for (const wanted of input.channels) {
      const row = channel(wanted.projectId, wanted.channelId)
      if (row === undefined) continue
      if (row[4] !== wanted.version) {
        stale.push(row)
        continue
      }
      const slot = slots.free(wanted, input.now)
      if (slot === null) continue
      const { alone, queues } = candidates(wanted, input.now)
      const claim: Claim = { ...wanted, owner: input.owner, leaseUntil: input.leaseUntil, fence: nextFence(memory) }
      const taken = fill(claim, alone, queues, take)
      if (taken.length === 0) continue
      slots.take(claim, slot)
      lots.push({ ref: refOf(claim, slot, taken), queues: taken })
    }
    return { lots, stale }
  }
}

interface Claim extends ClaimChannel {
  readonly owner: string
  readonly leaseUntil: number
  /** One for the whole lot. */
  readonly fence: number
}

function fill(claim: Claim, alone: boolean, queues: Iterable<DueQueue>, take: TakeQueue): WireQueue[] {
  const taken: WireQueue[] = []
  let room = claim.deliveries
  for (const { customerId } of queues) {
    if (room <= 0) break
    const queue = take(claim, customerId, alone ? 1 : Math.min(room, claim.perQueue))
    if (queue === null) continue
    taken.push(queue)
    room -= queue.deliveries.length
    if (alone) break
  }
  return taken
}

function refOf(claim: Claim, slot: number, taken: readonly WireQueue[]): LotRef {
  return {
    projectId: claim.projectId,
    channelId: claim.channelId,
    slot,
    owner: claim.owner,
    fence: claim.fence,
    queues: taken.map(({ queue }) => ({ customerId: String(queue[2]), fence: claim.fence })),
  }
}

/** Slots are numbered from 0; one is free when nobody holds it or its lease is over. */
function openSlots(db: Connection, memory: Memory) {
  const held = query(
    db,
    `SELECT slot FROM slots WHERE project_id = ? AND channel_id = ? AND owner IS NOT NULL AND lease_until > ?`,
  )
  const take = change(
    db,
    `INSERT INTO slots (project_id, channel_id, slot, owner, fence, lease_until) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
     ON CONFLICT (project_id, channel_id, slot) DO UPDATE SET owner = excluded.owner, fence = excluded.fence, lease_until = excluded.lease_until`,
  )
  return {
    free(channel: ClaimChannel, now: number): number | null {
      const taken = held.all(channel.projectId, channel.channelId, now).map(([slot]) => slot)
      // Counted over all numbers: fewer slots than before must also count those that are still in flight above.
      if (taken.length >= channel.slots) return null
      for (let slot = 0; ; slot += 1) if (!taken.includes(slot)) return slot
    },
    take(claim: Claim, slot: number): void {
      take(claim.projectId, claim.channelId, slot, claim.owner, memory.fence, claim.leaseUntil)
    },
  }
}

/** Due queues, oldest first; those that go alone stand apart in the index, so that none is passed over. */
function dueQueues(db: Connection) {
  const due = query(
    db,
    `SELECT customer_id, due_at FROM queues WHERE project_id = ?1 AND channel_id = ?2 AND owner IS NULL AND alone = ?3
       AND due_at <= ?4 ORDER BY due_at LIMIT ?5 + 0`,
  )
  return (channel: ClaimChannel, now: number): { readonly alone: boolean; readonly queues: readonly DueQueue[] } => {
    const read = (alone: number, limit: number): DueQueue[] =>
      due
        .all(channel.projectId, channel.channelId, alone, now, limit)
        .map(([customerId, dueAt]) => ({ customerId: String(customerId), dueAt: Number(dueAt) }))
    const avoid = channel.avoidCustomer
    const spare = avoid === null ? 0 : 1
    const rest = (queues: DueQueue[]): DueQueue[] => queues.filter(({ customerId }) => customerId !== avoid)
    // One more than needed, for the one that may turn out to be empty or avoided.
    const together = read(0, channel.deliveries + 1 + spare)
    const single = read(1, 1 + spare)
    const [a, b] = [rest(together), rest(single)]
    // The avoided customer's own queue goes only when no other is due.
    const [first, second] = a.length + b.length > 0 ? [a, b] : [together, single]
    const alone = (second[0]?.dueAt ?? Number.POSITIVE_INFINITY) < (first[0]?.dueAt ?? Number.POSITIVE_INFINITY)
    return { alone, queues: alone ? second : first }
  }
}

type TakeQueue = (claim: Claim, customerId: string, limit: number) => WireQueue | null

/** Claims one queue with its first deliveries; one in which nothing waits is deleted. */
function takeQueue(db: Connection): TakeQueue {
  const deliveries = query(
    db,
    `SELECT ${DELIVERY_COLUMNS_D}, e.body, s.attributes, v.until FROM deliveries d INDEXED BY deliveries_waiting
     LEFT JOIN events e ON e.project_id = d.project_id AND e.id = d.event_id
     LEFT JOIN attribute_sets s ON s.project_id = e.project_id AND s.hash = e.attribute_set
     LEFT JOIN provisional_events v ON v.project_id = e.project_id AND v.event_id = e.id
     WHERE d.project_id = ?1 AND d.channel_id = ?2 AND d.customer_id = ?3 AND d.status = 'waiting'
     ORDER BY d.seq, d.event_id LIMIT ?4 + 0`,
  )
  const claimQueue = change(
    db,
    `UPDATE queues SET owner = ?4, fence = ?5, lease_until = ?6, claimed = ?7
     WHERE project_id = ?1 AND channel_id = ?2 AND customer_id = ?3 AND owner IS NULL`,
  )
  const read = query(
    db,
    `SELECT ${QUEUE_COLUMNS.split(', ')
      .map((column) => `q.${column}`)
      .join(', ')}, ${CUSTOMER_COLUMNS_C}, l.last_status FROM queues q
     JOIN customers c ON c.project_id = q.project_id AND c.id = q.customer_id
     LEFT JOIN channel_customers l ON l.project_id = q.project_id AND l.channel_id = q.channel_id AND l.customer_id = q.customer_id
     WHERE q.project_id = ?1 AND q.channel_id = ?2 AND q.customer_id = ?3`,
  )
  const stand = change(db, 'DELETE FROM provisional_events WHERE project_id = ? AND event_id = ?')
  const remove = change(
    db,
    'DELETE FROM queues WHERE project_id = ? AND channel_id = ? AND customer_id = ? AND owner IS NULL',
  )
  return ({ projectId, channelId, owner, leaseUntil, fence }, customerId, limit) => {
    const waiting = deliveries.all(projectId, channelId, customerId, limit)
    if (waiting.length === 0) {
      remove(projectId, channelId, customerId)
      return null
    }
    const incomplete = waiting.find((row) => hole(row.at(-3)) || hole(row.at(-2)))
    if (incomplete !== undefined)
      throw new Error(`the event of delivery ${incomplete[0]} is not complete in the database`)
    claimQueue(projectId, channelId, customerId, owner, fence, leaseUntil, waiting.length)
    // An attempt begins: from here on the content is one for all channels.
    for (const row of waiting) if (!hole(row.at(-1))) stand(projectId, row[5] ?? null)
    const queue = read.first(projectId, channelId, customerId)
    if (queue === undefined) throw new Error(`the customer ${customerId} of a queue of ${channelId} does not exist`)
    return { queue, deliveries: waiting }
  }
}

function hole(value: Value | undefined): boolean {
  return value === null || value === undefined
}
