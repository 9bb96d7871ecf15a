import { ATTEMPT_COLUMNS, type Values } from '../../columns.ts'
import type { ChannelRow } from '../../rows.ts'
import type { LotRef } from '../../storage.ts'
import type { Connection } from '../database.ts'
import { change, query } from '../query.ts'
import { readChannel, saveChannel } from './channels.ts'
import type { CountDelivery } from './counts.ts'
import { endHold, findClaim } from './holds.ts'

export interface WireSettledQueue {
  readonly customerId: string
  readonly fence: number
  readonly dueAt: number
  readonly step: number
  readonly alone: boolean
  readonly lastStatus: string | null
  /** id, status, reason, advice, attempts, done, mends, notes, identity, may_be_doubled, settled_at, attempt ids. */
  readonly deliveries: readonly Values[]
}

export interface WireSettle {
  readonly lot: LotRef
  readonly queues: readonly WireSettledQueue[]
  readonly attempts: readonly Values[]
  readonly channel: ChannelRow | null
}

export type SettleOutput =
  | { readonly kind: 'settled'; readonly fenced: readonly string[] }
  | { readonly kind: 'channel_moved'; readonly values: Values }

/** How long the list of a delivery's attempts may grow, in characters; the oldest leave it first. */
const ATTEMPT_IDS_LENGTH = 2_000

/** Settles a lot: its deliveries, its queues under their fences, its slot, its attempt, its channel. */
export function settleLot(db: Connection) {
  const channel = saveChannel(db)
  const stored = readChannel(db)
  const attempt = change(
    db,
    `INSERT INTO attempts (${ATTEMPT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, id) DO NOTHING`,
  )
  const freeSlot = change(
    db,
    `UPDATE slots SET owner = NULL, lease_until = NULL WHERE project_id = ? AND channel_id = ? AND slot = ? AND owner = ? AND fence = ?`,
  )
  const queue = settleQueue(db)
  return (input: WireSettle, count: CountDelivery): SettleOutput => {
    const { lot } = input
    if (input.channel !== null) {
      const { saved, values } = channel(input.channel)
      if (!saved) return { kind: 'channel_moved', values }
    } else if (stored(lot.projectId, lot.channelId) === undefined) {
      throw new Error(`there is no channel ${lot.channelId} in project ${lot.projectId}`)
    }
    for (const row of input.attempts) attempt(...row)
    const fenced = input.queues.filter((settled) => !queue(lot, settled, count)).map(({ customerId }) => customerId)
    freeSlot(lot.projectId, lot.channelId, lot.slot, lot.owner, lot.fence)
    return { kind: 'settled', fenced }
  }
}

/** false when the queue's owner or fence has moved on: nothing of it is written. */
function settleQueue(db: Connection) {
  const find = findClaim(db)
  const end = endHold(db)
  const delivery = settleDelivery(db)
  const waits = query(
    db,
    `SELECT 1 FROM deliveries WHERE project_id = ? AND channel_id = ? AND customer_id = ? AND status = 'waiting' LIMIT 1`,
  )
  const remove = change(
    db,
    'DELETE FROM queues WHERE project_id = ? AND channel_id = ? AND customer_id = ? AND owner = ? AND fence = ?',
  )
  const advance = change(
    db,
    `UPDATE queues SET owner = NULL, lease_until = NULL, claimed = 0, died = 0, due_at = ?6, step = ?7, alone = ?8
     WHERE project_id = ?1 AND channel_id = ?2 AND customer_id = ?3 AND owner = ?4 AND fence = ?5`,
  )
  const remember = change(
    db,
    `INSERT INTO channel_customers (project_id, channel_id, customer_id, last_status) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT (project_id, channel_id, customer_id) DO UPDATE SET last_status = excluded.last_status
       WHERE last_status <> excluded.last_status`,
  )
  return (lot: LotRef, settled: WireSettledQueue, count: CountDelivery): boolean => {
    const { projectId, channelId, owner } = lot
    const standing = find(projectId, channelId, settled.customerId, owner, settled.fence)
    if (standing === null) return false
    const { customerId, joined } = standing
    for (const row of settled.deliveries) delivery(lot, customerId, row, count)
    const place = [projectId, channelId, customerId] as const
    const { fence, dueAt, step } = settled
    const alone = settled.alone ? 1 : 0
    if (joined)
      end({ projectId, channelId, customerId, claimedAs: settled.customerId, owner, fence, dueAt, step, alone })
    else if (waits.first(...place) === undefined) remove(...place, owner, fence)
    else advance(...place, owner, fence, dueAt, step, alone)
    if (settled.lastStatus !== null) remember(...place, settled.lastStatus)
    return true
  }
}

function settleDelivery(db: Connection) {
  const write = query(
    db,
    `UPDATE deliveries SET status = ?5, reason = ?6, advice = ?7, attempts = ?8, done = ?9, mends = ?10, notes = ?11,
       identity = ?12, may_be_doubled = ?13, settled_at = ?14,
       attempt_ids = CASE WHEN ?15 = '' THEN attempt_ids WHEN attempt_ids = '' THEN ?15
         WHEN length(attempt_ids) + length(?15) < ${ATTEMPT_IDS_LENGTH} THEN attempt_ids || ' ' || ?15
         ELSE substr(substr(attempt_ids, -${ATTEMPT_IDS_LENGTH}), instr(substr(attempt_ids, -${ATTEMPT_IDS_LENGTH}), ' ') + 1) || ' ' || ?15 END
     WHERE project_id = ?1 AND id = ?4 AND channel_id = ?2 AND customer_id = ?3 AND status = 'waiting'
     RETURNING created_at`,
  )
  return (lot: LotRef, customerId: string, row: Values, count: CountDelivery): void => {
    const [id, status] = row as readonly ['', 'waiting' | 'delivered' | 'failed' | 'skipped']
    const createdAt = write.first(lot.projectId, lot.channelId, customerId, ...row)?.[0]
    if (typeof createdAt !== 'number') {
      throw new Error(`delivery ${id} does not wait in the queue of ${customerId} in ${lot.channelId}`)
    }
    if (status === 'waiting') return
    const integrationId = lot.channelId.slice(0, lot.channelId.lastIndexOf(':'))
    const settledAt = typeof row[10] === 'number' ? row[10] : createdAt
    const took = status === 'delivered' ? Math.max(0, settledAt - createdAt) : null
    count(lot.projectId, integrationId, lot.channelId, 'waiting', -1, null)
    count(lot.projectId, integrationId, lot.channelId, status, 1, settledAt, took)
  }
}

/** Pushes out the leases of a lot; changes nothing and gives false when any part of it is no longer held. */
export function renewLot(db: Connection) {
  const slotHeld = query(
    db,
    'SELECT 1 FROM slots WHERE project_id = ? AND channel_id = ? AND slot = ? AND owner = ? AND fence = ?',
  )
  const find = findClaim(db)
  const slot = change(
    db,
    'UPDATE slots SET lease_until = ?6 WHERE project_id = ?1 AND channel_id = ?2 AND slot = ?3 AND owner = ?4 AND fence = ?5',
  )
  const queue = change(
    db,
    'UPDATE queues SET lease_until = ?6 WHERE project_id = ?1 AND channel_id = ?2 AND customer_id = ?3 AND owner = ?4 AND fence = ?5',
  )
  const hold = change(
    db,
    `UPDATE queue_holds AS h SET lease_until = ?7 WHERE h.project_id = ?1 AND h.channel_id = ?2 AND h.customer_id = ?3
       AND h.claimed_as = ?4 AND h.owner = ?5 AND h.fence = ?6`,
  )
  return ({ lot, leaseUntil }: { readonly lot: LotRef; readonly leaseUntil: number }): boolean => {
    const { projectId, channelId, owner } = lot
    if (slotHeld.first(projectId, channelId, lot.slot, owner, lot.fence) === undefined) return false
    const standings = lot.queues.flatMap(({ customerId, fence }) => {
      const standing = find(projectId, channelId, customerId, owner, fence)
      return standing === null ? [] : [{ ...standing, claimedAs: customerId, fence }]
    })
    if (standings.length < lot.queues.length) return false
    slot(projectId, channelId, lot.slot, owner, lot.fence, leaseUntil)
    for (const { customerId, joined, claimedAs, fence } of standings) {
      if (joined) hold(projectId, channelId, customerId, claimedAs, owner, fence, leaseUntil)
      else queue(projectId, channelId, customerId, owner, fence, leaseUntil)
    }
    return true
  }
}
