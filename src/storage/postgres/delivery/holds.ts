import type { Values } from '../../columns.ts'
import { given } from '../arrays.ts'
import type { Connection } from '../connection.ts'

/** The owner of a queue whose customers were joined while something of them was in flight: `queue_holds` says what. */
export const JOINED = '+'

/** A claim of a lot, as its holder knows it. `customerId`: the customer at the time of the claim. */
export interface Claim {
  readonly projectId: string
  readonly channelId: string
  readonly customerId: string
  readonly owner: string
  readonly fence: number
}

/** Where a claim stands now. */
export interface Standing {
  readonly claim: Claim
  /** The customer by now. */
  readonly presentId: string
  /** Its queue is a joined one. */
  readonly joined: boolean
}

const CLAIMS = given('project_id text, channel_id text, customer_id text, owner text, fence bigint')

const LOCK_OWN = `SELECT g.ordinal, q.customer_id FROM ${CLAIMS.sql} JOIN queues q USING (project_id, channel_id, customer_id)
WHERE q.owner = g.owner AND q.fence = g.fence
ORDER BY q.project_id, q.channel_id, q.customer_id FOR UPDATE OF q`

/** A claim of a customer who has been joined into another, or into whom another was: its hold knows the present one. */
const LOCK_JOINED = `SELECT g.ordinal, q.customer_id FROM ${CLAIMS.sql}
JOIN queue_holds h ON h.project_id = g.project_id AND h.channel_id = g.channel_id AND h.claimed_as = g.customer_id
  AND h.owner = g.owner AND h.fence = g.fence
JOIN queues q ON q.project_id = h.project_id AND q.channel_id = h.channel_id AND q.customer_id = h.customer_id
WHERE q.owner = '${JOINED}' ORDER BY q.project_id, q.channel_id, q.customer_id FOR UPDATE OF q`

/** Joins of one customer that may follow each other while its queue is waited for. */
const MOST_ROUNDS = 5

/**
 * Locks the queues of these claims and says where each stands; those whose owner or fence has moved on are left out.
 * What is not found is asked for again: a join, and another after it, may have committed while its queue was waited for.
 */
export async function lockClaims(session: Connection, claims: readonly Claim[]): Promise<readonly Standing[]> {
  const found: Standing[] = []
  let left = claims
  for (let round = 0; round < MOST_ROUNDS && left.length > 0; round += 1) {
    const own = await findClaims(session, left, false)
    left = left.filter((claim) => !own.some((standing) => standing.claim === claim))
    const joined = await findClaims(session, left, true)
    left = left.filter((claim) => !joined.some((standing) => standing.claim === claim))
    found.push(...own, ...joined)
  }
  return found
}

async function findClaims(
  session: Connection,
  claims: readonly Claim[],
  joined: boolean,
): Promise<readonly Standing[]> {
  if (claims.length === 0) return []
  const rows = await session.all(joined ? LOCK_JOINED : LOCK_OWN, CLAIMS.params(claims.map(valuesOf)))
  return rows.flatMap(([ordinal, presentId]) => {
    const claim = claims[Number(ordinal) - 1]
    return claim === undefined ? [] : [{ claim, presentId: String(presentId), joined }]
  })
}

function valuesOf({ projectId, channelId, customerId, owner, fence }: Claim): Values {
  return [projectId, channelId, customerId, owner, fence]
}
