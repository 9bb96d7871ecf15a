import { ATTEMPT_COLUMNS, attemptValues, deliveryChangeValues, type Values } from '../../columns.ts'
import type { ChannelRow } from '../../rows.ts'
import type { DeliveryChange, SettledQueue, SettleInput } from '../../storage.ts'
import { given } from '../arrays.ts'
import type { Connection } from '../connection.ts'
import { openCounts } from '../counts.ts'
import { saveChannel } from './channels.ts'
import { RELEASE_JOINED } from './free.ts'
import { JOINED, lockClaims, type Standing } from './holds.ts'

export type Settled =
  | { readonly kind: 'settled'; readonly fenced: readonly string[] }
  | { readonly kind: 'channel_moved'; readonly row: ChannelRow }

/** How long the list of a delivery's attempts may grow, in characters; the oldest leave it first. */
const ATTEMPT_IDS_LENGTH = 2_000
const KEPT_IDS = `right(d.attempt_ids, ${ATTEMPT_IDS_LENGTH})`

const DELIVERIES = given(
  'project_id text, channel_id text, customer_id text, id text, status text, reason text, advice text, attempts bigint, done text, mends text, notes text, identity text, may_be_doubled bigint, settled_at bigint, attempt_ids text',
)
const SETTLE_DELIVERIES = `UPDATE deliveries d SET status = g.status, reason = g.reason, advice = g.advice, attempts = g.attempts,
  done = g.done, mends = g.mends, notes = g.notes, identity = g.identity, may_be_doubled = g.may_be_doubled, settled_at = g.settled_at,
  attempt_ids = CASE WHEN g.attempt_ids = '' THEN d.attempt_ids WHEN d.attempt_ids = '' THEN g.attempt_ids
    WHEN length(d.attempt_ids) + length(g.attempt_ids) < ${ATTEMPT_IDS_LENGTH} THEN d.attempt_ids || ' ' || g.attempt_ids
    ELSE substr(${KEPT_IDS}, strpos(${KEPT_IDS}, ' ') + 1) || ' ' || g.attempt_ids END
FROM ${DELIVERIES.sql} WHERE d.project_id = g.project_id AND d.id = g.id AND d.channel_id = g.channel_id
  AND d.customer_id = g.customer_id AND d.status = 'waiting'
RETURNING g.ordinal, d.created_at`

const QUEUES = given(
  'project_id text, channel_id text, customer_id text, owner text, fence bigint, due_at bigint, step bigint, alone bigint',
)
const SAME = 'q.project_id = g.project_id AND q.channel_id = g.channel_id AND q.customer_id = g.customer_id'
const NOTHING_WAITS = `NOT EXISTS (SELECT FROM deliveries d WHERE d.project_id = q.project_id AND d.channel_id = q.channel_id
  AND d.customer_id = q.customer_id AND d.status = 'waiting')`
/** After the queues are locked: what a step wrote for them is either seen here, or that step waits for us. */
const DROP_EMPTY = `DELETE FROM queues q USING ${QUEUES.sql} WHERE ${SAME} AND q.owner = g.owner AND q.fence = g.fence AND ${NOTHING_WAITS}`
const ADVANCE = `UPDATE queues q SET owner = NULL, lease_until = NULL, claimed = 0, died = 0, due_at = g.due_at, step = g.step, alone = g.alone
FROM ${QUEUES.sql} WHERE ${SAME} AND q.owner = g.owner AND q.fence = g.fence`

/** Joined queues wait for the later of their settles: nobody's wait is cut short. \`owner\`: of the claim; customer: of the hold. */
const HOLDS = given(
  'project_id text, channel_id text, customer_id text, claimed_as text, owner text, fence bigint, due_at bigint, step bigint, alone bigint',
)
const END_HOLDS = `WITH gone AS (
  DELETE FROM queue_holds h USING ${HOLDS.sql} WHERE h.project_id = g.project_id AND h.channel_id = g.channel_id
    AND h.customer_id = g.customer_id AND h.claimed_as = g.claimed_as AND h.owner = g.owner AND h.fence = g.fence
  RETURNING h.project_id, h.channel_id, h.customer_id, g.due_at, g.step, g.alone
)
UPDATE queues q SET died = 0, due_at = greatest(q.due_at, a.due_at), step = greatest(q.step, a.step), alone = greatest(q.alone, a.alone)
FROM (SELECT project_id, channel_id, customer_id, max(due_at) AS due_at, max(step) AS step, max(alone) AS alone FROM gone GROUP BY 1, 2, 3) a
WHERE q.project_id = a.project_id AND q.channel_id = a.channel_id AND q.customer_id = a.customer_id AND q.owner = '${JOINED}'`
const JOINED_QUEUES = given('project_id text, channel_id text, customer_id text')
const DROP_EMPTY_JOINED = `DELETE FROM queues q USING ${JOINED_QUEUES.sql} WHERE ${SAME} AND q.owner IS NULL AND ${NOTHING_WAITS}`

const STATUSES = given('project_id text, channel_id text, customer_id text, last_status text')
const REMEMBER = `INSERT INTO channel_customers AS c (project_id, channel_id, customer_id, last_status)
SELECT DISTINCT ON (project_id, channel_id, customer_id) project_id, channel_id, customer_id, last_status FROM ${STATUSES.sql}
ORDER BY project_id, channel_id, customer_id, ordinal DESC
ON CONFLICT (project_id, channel_id, customer_id) DO UPDATE SET last_status = excluded.last_status
  WHERE c.last_status <> excluded.last_status`

const ATTEMPTS = given(
  'id text, project_id text, channel_id text, at bigint, duration_ms bigint, status bigint, request text, response text, outcomes text',
)
const KEEP_ATTEMPTS = `INSERT INTO attempts (${ATTEMPT_COLUMNS}) SELECT ${ATTEMPT_COLUMNS} FROM ${ATTEMPTS.sql}
ON CONFLICT (project_id, id) DO NOTHING`

const SLOTS = given('project_id text, channel_id text, slot bigint, owner text, fence bigint')
const FREE_SLOTS = `UPDATE slots s SET owner = NULL, lease_until = NULL FROM ${SLOTS.sql}
WHERE s.project_id = g.project_id AND s.channel_id = g.channel_id AND s.slot = g.slot AND s.owner = g.owner AND s.fence = g.fence`

/** A queue of one of the lots, with where its claim stands. */
interface Part {
  readonly input: SettleInput
  readonly settled: SettledQueue
  readonly standing: Standing
}

/** Settles lots in one transaction: channels, queues under their fences, deliveries, slots, attempts, counts. */
export async function settleLots(session: Connection, inputs: readonly SettleInput[]): Promise<readonly Settled[]> {
  const moved = new Map<SettleInput, ChannelRow>()
  for (const input of inputs) {
    if (input.channel === null) continue
    const { saved, row } = await saveChannel(session, input.channel)
    if (!saved) moved.set(input, row)
  }
  const going = inputs.filter((input) => !moved.has(input))
  const parts = await partsOf(session, going)
  const made = await settleDeliveries(session, parts)
  await settleQueues(session, parts)
  await settleJoined(session, parts)
  const statuses = parts.flatMap(({ settled: { lastStatus }, standing: { claim, presentId } }): readonly Values[] =>
    lastStatus === null ? [] : [[claim.projectId, claim.channelId, presentId, lastStatus]],
  )
  if (statuses.length > 0) await session.change(REMEMBER, STATUSES.params(statuses))
  const attempts = going.flatMap((input) => input.attempts.map(attemptValues))
  if (attempts.length > 0) await session.change(KEEP_ATTEMPTS, ATTEMPTS.params(attempts))
  const slots = going.map(({ lot }): Values => [lot.projectId, lot.channelId, lot.slot, lot.owner, lot.fence])
  if (slots.length > 0) await session.change(FREE_SLOTS, SLOTS.params(slots))
  await countDeliveries(session, parts, made)
  return inputs.map((input): Settled => {
    const row = moved.get(input)
    if (row !== undefined) return { kind: 'channel_moved', row }
    const held = new Set(parts.filter((part) => part.input === input).map(({ settled }) => settled))
    const fenced = input.queues.filter((settled) => !held.has(settled)).map(({ customerId }) => customerId)
    return { kind: 'settled', fenced }
  })
}

async function partsOf(session: Connection, inputs: readonly SettleInput[]): Promise<readonly Part[]> {
  const asked = new Map<object, { readonly input: SettleInput; readonly settled: SettledQueue }>()
  const seen = new Set<string>()
  for (const input of inputs) {
    for (const settled of input.queues) {
      const { projectId, channelId, owner } = input.lot
      const { customerId, fence } = settled
      // A lot that is settled twice in one transaction is fenced the second time, as it would be in the next one.
      const key = [projectId, channelId, customerId, owner, fence].join('\n')
      if (seen.has(key)) continue
      seen.add(key)
      asked.set({ projectId, channelId, customerId, owner, fence }, { input, settled })
    }
  }
  const standings = await lockClaims(session, [...asked.keys()] as Standing['claim'][])
  return standings.flatMap((standing) => {
    const part = asked.get(standing.claim)
    return part === undefined ? [] : [{ ...part, standing }]
  })
}

/** Gives when each was made. */
async function settleDeliveries(
  session: Connection,
  parts: readonly Part[],
): Promise<ReadonlyMap<DeliveryChange, number>> {
  const changes = parts.flatMap(({ settled }) => settled.deliveries)
  const rows = parts.flatMap(({ settled, standing: { claim, presentId } }) =>
    settled.deliveries.map(
      (change): Values => [claim.projectId, claim.channelId, presentId, ...deliveryChangeValues(change)],
    ),
  )
  if (rows.length === 0) return new Map()
  const written = await session.all(SETTLE_DELIVERIES, DELIVERIES.params(rows))
  if (written.length === rows.length) {
    const made = new Map(written.map(([ordinal, createdAt]) => [Number(ordinal), Number(createdAt)]))
    return new Map(changes.map((change, index) => [change, made.get(index + 1) ?? 0]))
  }
  const done = new Set(written.map(([ordinal]) => Number(ordinal)))
  const lost = rows.find((_, index) => !done.has(index + 1))
  throw new Error(`delivery ${lost?.[3]} does not wait in the queue of ${lost?.[2]} in ${lost?.[1]}`)
}

async function settleQueues(session: Connection, parts: readonly Part[]): Promise<void> {
  const own = parts.filter(({ standing }) => !standing.joined)
  if (own.length === 0) return
  const params = QUEUES.params(
    own.map(({ settled, standing: { claim } }): Values => {
      const { projectId, channelId, customerId, owner, fence } = claim
      return [projectId, channelId, customerId, owner, fence, settled.dueAt, settled.step, settled.alone ? 1 : 0]
    }),
  )
  const dropped = await session.change(DROP_EMPTY, params)
  if (dropped < own.length) await session.change(ADVANCE, params)
}

async function settleJoined(session: Connection, parts: readonly Part[]): Promise<void> {
  const joined = parts.filter(({ standing }) => standing.joined)
  if (joined.length === 0) return
  const holds = joined.map(({ settled, standing: { claim, presentId } }): Values => {
    const { projectId, channelId, customerId, owner, fence } = claim
    return [
      projectId,
      channelId,
      presentId,
      customerId,
      owner,
      fence,
      settled.dueAt,
      settled.step,
      settled.alone ? 1 : 0,
    ]
  })
  await session.change(END_HOLDS, HOLDS.params(holds))
  const queues = JOINED_QUEUES.params(holds)
  await session.change(RELEASE_JOINED, queues)
  await session.change(DROP_EMPTY_JOINED, queues)
}

async function countDeliveries(
  session: Connection,
  parts: readonly Part[],
  made: ReadonlyMap<DeliveryChange, number>,
): Promise<void> {
  const counts = openCounts()
  for (const { settled, standing } of parts) {
    const { projectId, channelId } = standing.claim
    const integrationId = channelId.slice(0, channelId.lastIndexOf(':'))
    for (const change of settled.deliveries) {
      const { status } = change
      if (status === 'waiting') continue
      const createdAt = made.get(change) ?? 0
      const settledAt = change.settledAt ?? createdAt
      const took = status === 'delivered' ? Math.max(0, settledAt - createdAt) : null
      counts.delivery(projectId, integrationId, channelId, 'waiting', -1, null)
      counts.delivery(projectId, integrationId, channelId, status, 1, settledAt, took)
    }
  }
  await counts.write(session)
}
