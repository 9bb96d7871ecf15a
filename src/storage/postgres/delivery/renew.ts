import type { Values } from '../../columns.ts'
import type { LotRef } from '../../storage.ts'
import { given } from '../arrays.ts'
import type { Connection } from '../connection.ts'
import { lockClaims } from './holds.ts'

const SLOT = `SELECT 1 FROM slots WHERE project_id = $1 AND channel_id = $2 AND slot = $3 AND owner = $4 AND fence = $5 FOR NO KEY UPDATE`
const RENEW_SLOT = `UPDATE slots SET lease_until = $6 WHERE project_id = $1 AND channel_id = $2 AND slot = $3 AND owner = $4 AND fence = $5`

const CLAIMS = given('project_id text, channel_id text, customer_id text, claimed_as text, owner text, fence bigint')
const LEASE = `$${CLAIMS.next}::bigint`
const RENEW_QUEUES = `UPDATE queues q SET lease_until = ${LEASE} FROM ${CLAIMS.sql} WHERE q.project_id = g.project_id
  AND q.channel_id = g.channel_id AND q.customer_id = g.customer_id AND q.owner = g.owner AND q.fence = g.fence`
const RENEW_HOLDS = `UPDATE queue_holds h SET lease_until = ${LEASE} FROM ${CLAIMS.sql} WHERE h.project_id = g.project_id
  AND h.channel_id = g.channel_id AND h.customer_id = g.customer_id AND h.claimed_as = g.claimed_as AND h.owner = g.owner AND h.fence = g.fence`

/** Pushes out the leases of a lot; changes nothing and gives false when any part of it is no longer held. */
export async function renewLot(session: Connection, lot: LotRef, leaseUntil: number): Promise<boolean> {
  const { projectId, channelId, owner } = lot
  const slot = [projectId, channelId, lot.slot, owner, lot.fence]
  if ((await session.all(SLOT, slot)).length === 0) return false
  const claims = lot.queues.map(({ customerId, fence }) => ({ projectId, channelId, customerId, owner, fence }))
  const standings = await lockClaims(session, claims)
  if (standings.length < claims.length) return false
  await session.change(RENEW_SLOT, [...slot, leaseUntil])
  const values = (joined: boolean) =>
    standings
      .filter((standing) => standing.joined === joined)
      .map(({ claim, presentId }): Values => [projectId, channelId, presentId, claim.customerId, owner, claim.fence])
  const [own, held] = [values(false), values(true)]
  if (own.length > 0) await session.change(RENEW_QUEUES, [...CLAIMS.params(own), leaseUntil])
  if (held.length > 0) await session.change(RENEW_HOLDS, [...CLAIMS.params(held), leaseUntil])
  return true
}
