import type { Values } from '../../columns.ts'
import type { QueueWake } from '../../storage.ts'
import { given } from '../arrays.ts'
import type { Connection } from '../connection.ts'
import { JOINED } from '../delivery/holds.ts'

const PLACES = given('project_id text, channel_id text, customer_id text, due_at bigint')

/**
 * Makes queues, or locks those that exist. The lock is what keeps a settle from deleting a queue for which this
 * transaction has just written something that the settle cannot see yet: it waits for our commit and then looks.
 */
const WAKE = `INSERT INTO queues AS q (project_id, channel_id, customer_id, due_at, fence, step, alone, died, claimed)
SELECT project_id, channel_id, customer_id, due_at, 0, 0, 0, 0, 0 FROM ${PLACES.sql} ORDER BY project_id, channel_id, customer_id
ON CONFLICT (project_id, channel_id, customer_id) DO UPDATE SET died = q.died`

const HASTEN = `WITH found AS (
  SELECT q.project_id, q.channel_id, q.customer_id, g.due_at FROM ${PLACES.sql} JOIN queues q USING (project_id, channel_id, customer_id)
  WHERE q.step = 0 AND (q.owner IS NULL OR q.owner = '${JOINED}') AND q.due_at > g.due_at ORDER BY q.project_id, q.channel_id, q.customer_id FOR UPDATE OF q
)
UPDATE queues q SET due_at = f.due_at FROM found f WHERE q.project_id = f.project_id AND q.channel_id = f.channel_id
  AND q.customer_id = f.customer_id AND q.due_at > f.due_at`

const MAY_GO = `UPDATE deliveries d SET may_go_at = g.due_at FROM ${PLACES.sql} WHERE d.project_id = g.project_id
  AND d.channel_id = g.channel_id AND d.customer_id = g.customer_id AND d.status = 'waiting' AND d.may_go_at > g.due_at`

const WAITING = `SELECT g.project_id, g.channel_id, g.customer_id FROM ${PLACES.sql} WHERE EXISTS (
  SELECT FROM deliveries d WHERE d.project_id = g.project_id AND d.channel_id = g.channel_id
    AND d.customer_id = g.customer_id AND d.status = 'waiting')`

const EXISTING = `SELECT q.project_id, q.channel_id, q.customer_id FROM ${PLACES.sql} JOIN queues q USING (project_id, channel_id, customer_id)
ORDER BY q.project_id, q.channel_id, q.customer_id FOR UPDATE OF q`

const CUSTOMERS = given('project_id text, id text')
const KNOWN_CUSTOMERS = `SELECT c.project_id, c.id FROM ${CUSTOMERS.sql} JOIN customers c USING (project_id, id)`

function keyOf(row: readonly unknown[] | QueueWake): string {
  return 'projectId' in row ? `${row.projectId}\n${row.channelId}\n${row.customerId}` : row.slice(0, 3).join('\n')
}

function valuesOf(wake: QueueWake): Values {
  return [wake.projectId, wake.channelId, wake.customerId, wake.dueAt]
}

/** Makes queues, each named once, or locks those that are there, whose due time stays. */
export async function createQueues(session: Connection, places: readonly Omit<QueueWake, 'hasten'>[]): Promise<void> {
  await session.change(WAKE, PLACES.params(places.map((place) => valuesOf({ ...place, hasten: false }))))
}

/**
 * Wakes queues behind new deliveries. `waiting`: for whom the step has written something that waits; what waits without
 * a queue would wait for ever. `customers`: known to exist (`project\nid`).
 */
export async function wakeQueues(
  session: Connection,
  wakes: readonly QueueWake[],
  waiting: ReadonlySet<string>,
  customers: ReadonlySet<string>,
): Promise<void> {
  const first = new Map<string, QueueWake>()
  for (const wake of wakes) if (!wake.hasten && !first.has(keyOf(wake))) first.set(keyOf(wake), wake)
  const made = await wakeable(session, [...first.values()], waiting)
  await requireCustomers(session, made, customers)
  if (made.length > 0) await session.change(WAKE, PLACES.params(made.map(valuesOf)))
  await requireQueues(
    session,
    [...waiting].filter((at) => !first.has(at)),
  )
  const earliest = new Map<string, QueueWake>()
  for (const wake of wakes.filter(({ hasten }) => hasten)) {
    const known = earliest.get(keyOf(wake))
    if (known === undefined || wake.dueAt < known.dueAt) earliest.set(keyOf(wake), wake)
  }
  if (earliest.size === 0) return
  await session.change(HASTEN, PLACES.params([...earliest.values()].map(valuesOf)))
  const freed = [...earliest.values()].flatMap((wake) =>
    wake.mayGoAt === undefined ? [] : [{ ...wake, dueAt: wake.mayGoAt }],
  )
  if (freed.length > 0) await session.change(MAY_GO, PLACES.params(freed.map(valuesOf)))
}

/** Those for which something waits. */
async function wakeable(
  session: Connection,
  wakes: readonly QueueWake[],
  waiting: ReadonlySet<string>,
): Promise<readonly QueueWake[]> {
  const asked = wakes.filter((wake) => !waiting.has(keyOf(wake)))
  if (asked.length === 0) return wakes
  const found = new Set((await session.all(WAITING, PLACES.params(asked.map(valuesOf)))).map(keyOf))
  return wakes.filter((wake) => waiting.has(keyOf(wake)) || found.has(keyOf(wake)))
}

async function requireCustomers(
  session: Connection,
  wakes: readonly QueueWake[],
  customers: ReadonlySet<string>,
): Promise<void> {
  const asked = wakes.filter((wake) => !customers.has(`${wake.projectId}\n${wake.customerId}`))
  if (asked.length === 0) return
  const values = asked.map((wake): Values => [wake.projectId, wake.customerId])
  const found = new Set((await session.all(KNOWN_CUSTOMERS, CUSTOMERS.params(values))).map(([p, id]) => `${p}\n${id}`))
  for (const { projectId, channelId, customerId } of asked) {
    if (found.has(`${projectId}\n${customerId}`)) continue
    throw new Error(`a queue of ${channelId} is for a customer that does not exist: ${customerId}`)
  }
}

async function requireQueues(session: Connection, places: readonly string[]): Promise<void> {
  if (places.length === 0) return
  const values = places.map((at): Values => [...at.split('\n'), 0])
  const found = new Set((await session.all(EXISTING, PLACES.params(values))).map(keyOf))
  for (const place of places) {
    if (found.has(place)) continue
    throw new Error(`something waits for ${place.replaceAll('\n', ' / ')} without a queue: the step must wake one`)
  }
}
