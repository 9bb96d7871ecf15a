import type { Connection } from '../database.ts'
import { change, query } from '../query.ts'
import { freeHolds, JOINED } from './holds.ts'
import { endLease, type Memory } from './memory.ts'

/**
 * What becomes of a queue whose claimant is dead or lost its lease: due as before, alone from here on; one that went
 * alone already counts one more death. What it had in flight may arrive twice.
 */
function freeQueue(db: Connection) {
  const free = change(
    db,
    `UPDATE queues SET owner = NULL, lease_until = NULL, claimed = 0, due_at = min(due_at, ?4), died = died + alone, alone = 1
     WHERE project_id = ?1 AND channel_id = ?2 AND customer_id = ?3 AND owner IS NOT NULL`,
  )
  const doubt = change(
    db,
    `UPDATE deliveries SET may_be_doubled = 1 WHERE n IN (
       SELECT n FROM deliveries WHERE project_id = ?1 AND channel_id = ?2 AND customer_id = ?3 AND status = 'waiting'
       ORDER BY seq, event_id LIMIT ?4 + 0)`,
  )
  return (projectId: string, channelId: string, customerId: string, claimed: number, now: number): void => {
    doubt(projectId, channelId, customerId, claimed)
    free(projectId, channelId, customerId, now)
  }
}

type Claimed = readonly [projectId: string, channelId: string, customerId: string, claimed: number]

/** Frees the queues whose lease is over; at the start of each claim, through the index of claimed queues. */
export function freeLapsed(db: Connection): (now: number) => void {
  const lapsed = query(
    db,
    'SELECT project_id, channel_id, customer_id, claimed FROM queues WHERE owner IS NOT NULL AND lease_until <= ?',
  )
  const free = freeQueue(db)
  const holds = freeHolds(db)
  return (now) => {
    for (const row of lapsed.all(now)) free(...(row as unknown as Claimed), now)
    holds.lapsed(now)
  }
}

/** Frees what all other owners hold: the folder's lock says that their processes are gone. Gives the queues freed. */
export function freeDeadClaims(db: Connection, memory: Memory) {
  const dead = query(
    db,
    `SELECT project_id, channel_id, customer_id, claimed FROM queues INDEXED BY queues_claimed
     WHERE owner IS NOT NULL AND owner <> ? AND owner <> '${JOINED}'`,
  )
  const free = freeQueue(db)
  const holds = freeHolds(db)
  const slots = change(db, 'UPDATE slots SET owner = NULL, lease_until = NULL WHERE owner <> ?')
  return (input: { readonly owner: string; readonly now: number }): number => {
    const rows = dead.all(input.owner)
    for (const row of rows) free(...(row as unknown as Claimed), input.now)
    const held = holds.dead(input.owner, input.now)
    slots(input.owner)
    for (const [n, lease] of [...memory.leases]) if (lease.owner !== input.owner) endLease(memory, n)
    return rows.length + held
  }
}
