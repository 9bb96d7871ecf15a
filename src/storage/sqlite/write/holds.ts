import type { Connection } from '../database.ts'
import { change, query } from '../query.ts'

/** The owner of a queue whose customers were joined while something of them was in flight: `queue_holds` says what. */
export const JOINED = '+'

/** Where the claim of a queue stands: its customer by now, and whether its queue is a joined one. */
export interface Standing {
  readonly customerId: string
  readonly joined: boolean
}

/** null: owner or fence has moved on. `customerId`: the customer at the time of the claim. */
export function findClaim(db: Connection) {
  const own = query(
    db,
    'SELECT 1 FROM queues WHERE project_id = ? AND channel_id = ? AND customer_id = ? AND owner = ? AND fence = ?',
  )
  const held = query(
    db,
    'SELECT h.customer_id FROM queue_holds h WHERE h.project_id = ? AND h.channel_id = ? AND h.claimed_as = ? AND h.owner = ? AND h.fence = ?',
  )
  return (projectId: string, channelId: string, customerId: string, owner: string, fence: number): Standing | null => {
    if (own.first(projectId, channelId, customerId, owner, fence) !== undefined) return { customerId, joined: false }
    const present = held.first(projectId, channelId, customerId, owner, fence)?.[0]
    return typeof present === 'string' ? { customerId: present, joined: true } : null
  }
}

export interface EndedHold {
  readonly projectId: string
  readonly channelId: string
  /** The customer by now. */
  readonly customerId: string
  readonly claimedAs: string
  readonly owner: string
  readonly fence: number
  readonly dueAt: number
  readonly step: number
  readonly alone: number
}

/**
 * Ends what one claim holds of a joined queue. The queue waits for the later of its settles, so that nobody's wait is cut
 * short, and is free when nothing of it is in flight any more.
 */
export function endHold(db: Connection) {
  const remove = change(
    db,
    `DELETE FROM queue_holds WHERE project_id = ? AND channel_id = ? AND customer_id = ? AND claimed_as = ? AND owner = ? AND fence = ?`,
  )
  const note = change(
    db,
    `UPDATE queues SET died = 0, due_at = max(due_at, ?4), step = max(step, ?5), alone = max(alone, ?6)
     WHERE project_id = ?1 AND channel_id = ?2 AND customer_id = ?3 AND owner = '${JOINED}'`,
  )
  const release = releaseJoined(db)
  const dropEmpty = change(
    db,
    `DELETE FROM queues WHERE project_id = ?1 AND channel_id = ?2 AND customer_id = ?3 AND owner IS NULL
       AND NOT EXISTS (SELECT 1 FROM deliveries WHERE project_id = ?1 AND channel_id = ?2 AND customer_id = ?3 AND status = 'waiting')`,
  )
  return (ended: EndedHold): void => {
    const { projectId, channelId, customerId, claimedAs, owner, fence, dueAt, step, alone } = ended
    remove(projectId, channelId, customerId, claimedAs, owner, fence)
    note(projectId, channelId, customerId, dueAt, step, alone)
    release(projectId, channelId, customerId)
    dropEmpty(projectId, channelId, customerId)
  }
}

/** Frees a joined queue that nothing holds any more. */
function releaseJoined(db: Connection): (projectId: string, channelId: string, customerId: string) => void {
  const release = change(
    db,
    `UPDATE queues SET owner = NULL, lease_until = NULL, claimed = 0
     WHERE project_id = ?1 AND channel_id = ?2 AND customer_id = ?3 AND owner = '${JOINED}' AND NOT EXISTS (
       SELECT 1 FROM queue_holds h WHERE h.project_id = ?1 AND h.channel_id = ?2 AND h.customer_id = ?3)`,
  )
  return (projectId, channelId, customerId) => void release(projectId, channelId, customerId)
}

type Hold = readonly [
  projectId: string,
  channelId: string,
  customerId: string,
  claimedAs: string,
  fence: number,
  alone: number,
  deliveries: string,
]
const HOLD = 'h.project_id, h.channel_id, h.customer_id, h.claimed_as, h.fence, h.alone, h.deliveries'

/** Ends the holds of the dead, or those whose lease is over, as `free.ts` does with queues. Gives how many. */
export function freeHolds(db: Connection) {
  const lapsed = query(db, `SELECT ${HOLD} FROM queue_holds h WHERE h.lease_until <= ?`)
  const dead = query(db, `SELECT ${HOLD} FROM queue_holds h WHERE h.owner <> ?`)
  const doubt = change(
    db,
    `UPDATE deliveries SET may_be_doubled = 1 WHERE project_id = ?1 AND status = 'waiting' AND id IN (SELECT value FROM json_each(?2))`,
  )
  const remove = change(
    db,
    'DELETE FROM queue_holds WHERE project_id = ? AND channel_id = ? AND customer_id = ? AND claimed_as = ? AND fence = ?',
  )
  const mark = change(
    db,
    `UPDATE queues SET due_at = min(due_at, ?4), died = died + ?5, alone = 1
     WHERE project_id = ?1 AND channel_id = ?2 AND customer_id = ?3 AND owner = '${JOINED}'`,
  )
  const release = releaseJoined(db)
  const free = (rows: readonly unknown[], now: number): number => {
    for (const [projectId, channelId, customerId, claimedAs, fence, alone, deliveries] of rows as readonly Hold[]) {
      doubt(projectId, deliveries)
      remove(projectId, channelId, customerId, claimedAs, fence)
      mark(projectId, channelId, customerId, now, alone)
      release(projectId, channelId, customerId)
    }
    return rows.length
  }
  return {
    lapsed: (now: number): number => free(lapsed.all(now), now),
    dead: (owner: string, now: number): number => free(dead.all(owner), now),
  }
}
