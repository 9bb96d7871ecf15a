import { ERASED, ownedByNobody, type Pseudonym, withoutPerson } from '../../domain/erased.ts'
import type { FrozenEvent } from '../../domain/event.ts'
import { attributeSetHash } from '../../domain/ids.ts'
import type { Purchase } from '../../domain/purchase-state.ts'
import { CUSTOMER_COLUMNS, customerFrom, customerValues, type Values } from '../columns.ts'
import {
  ERASED_BODY,
  type ErasedId,
  type ErasureStorage,
  erasedRow,
  eventWithout,
  historyWithout,
  othersIn,
  type Part,
  transferIn,
} from '../erasure.ts'
import type { CustomerRow, DeliveryStatus } from '../rows.ts'
import { given, texts } from './arrays.ts'
import type { Connection } from './connection.ts'
import { openCounts } from './counts.ts'
import type { Database } from './database.ts'
import { join } from './join.ts'
import { forgetInAudit } from './members.ts'
import type { Work } from './work.ts'

type Begin = Parameters<ErasureStorage['beginErasure']>[0]
type Next = Parameters<ErasureStorage['eraseNext']>[0]

const OWNER = 'SELECT customer_id FROM aliases WHERE project_id = $1 AND app_user_id = $2'
const LOCK = `SELECT ${CUSTOMER_COLUMNS} FROM customers WHERE project_id = $1 AND id = $2 FOR UPDATE`
const MAKE = `INSERT INTO customers (${CUSTOMER_COLUMNS}) VALUES (${CUSTOMER_COLUMNS.split(',')
  .map((_, index) => `$${index + 1}`)
  .join(', ')})`
const ALIASES = 'UPDATE customers SET aliases = $3 WHERE project_id = $1 AND id = $2'
const DROP_ALIASES = 'DELETE FROM aliases WHERE project_id = $1 AND app_user_id = ANY($2::text[])'
const ADD_ALIAS = 'INSERT INTO aliases (project_id, app_user_id, customer_id) VALUES ($1, $2, $3)'
const OWNED = `SELECT store, environment, chain, line, body FROM purchases WHERE project_id = $1 AND customer_id = $2
ORDER BY store, environment, chain, line FOR UPDATE`
const BODIES = given('project_id text, store text, environment text, chain text, line text, body text')
const OWNERLESS = `UPDATE purchases p SET body = g.body, version = p.version + 1 FROM ${BODIES.sql} WHERE p.project_id = g.project_id
AND p.store = g.store AND p.environment = g.environment AND p.chain = g.chain AND p.line = g.line`
const BEGIN = `INSERT INTO erasures (project_id, customer_id, part, place, again) VALUES ($1, $2, 'events', 0, 0)`

/** The customer's rows go over to one that is made for them, as in a join; then what leads to the person goes. */
async function beginErasure(
  session: Connection,
  { projectId, appUserId, as, now, seenBefore }: Begin,
  hashes: (appUserIds: readonly string[]) => readonly string[],
): Promise<CustomerRow | null> {
  const [owner] = await session.all(OWNER, [projectId, appUserId])
  if (owner === undefined) return null
  const [found] = await session.all(LOCK, [projectId, String(owner[0])])
  const from = found === undefined ? null : customerFrom(found)
  if (from === null || !from.aliases.includes(appUserId)) return null
  if (seenBefore !== null && from.firstSeenAt >= seenBefore) return null
  const row = erasedRow(from, as)
  await session.change(MAKE, customerValues(row) as (string | number | null)[])
  await join(session, { projectId, into: row.id, from: from.id, now }, () => ({ customer: row }))
  await session.change(ALIASES, [projectId, row.id, JSON.stringify(row.aliases)])
  await session.change(DROP_ALIASES, [projectId, texts(from.aliases)])
  await forgetInAudit(session, projectId, from.aliases)
  await session.change(ADD_ALIAS, [projectId, as.appUserId, row.id])
  await session.change('DELETE FROM customer_moves WHERE project_id = $1 AND into_id = $2', [projectId, row.id])
  await forgetInTransfers(session, projectId, from.aliases, as)
  await session.change('DELETE FROM customer_history WHERE project_id = $1 AND customer_id = $2', [projectId, row.id])
  await ownerless(session, await session.all(OWNED, [projectId, row.id]), projectId, as)
  const gone = hashes(from.aliases).map((hash) => ({ projectId, hash, erasedAs: as.appUserId, erasedAt: now }))
  await rememberErased(session, gone)
  await session.change(BEGIN, [projectId, row.id])
  return row
}

/** Purchases name no owner any more; their tokens stay, since the store is asked with them. */
async function ownerless(
  session: Connection,
  owned: readonly Values[],
  projectId: string,
  as: Pseudonym,
): Promise<void> {
  if (owned.length === 0) return
  const rows = owned.map(([store, environment, chain, line, body]): Values => {
    const purchase = ownedByNobody(JSON.parse(String(body)) as Purchase, as)
    return [projectId, store ?? null, environment ?? null, chain ?? null, line ?? null, JSON.stringify(purchase)]
  })
  await session.change(OWNERLESS, BODIES.params(rows))
}

const TOLD = `SELECT n, at, body FROM customer_history WHERE project_id = $1 AND customer_id = $2 AND kind = 'transfer'`
const OTHERS = `SELECT DISTINCT a.customer_id FROM unnest($2::text[]) g (app_user_id)
JOIN aliases a ON a.project_id = $1 AND a.app_user_id = g.app_user_id`
const TRANSFERS = `SELECT e.id, e.body FROM event_places p JOIN events e ON e.project_id = p.project_id AND e.id = p.event_id
WHERE p.project_id = $1 AND p.customer_id = $2 AND p.type = 'TRANSFER'`
const NEW_TRANSFERS = `SELECT e.id, e.body FROM unnumbered u JOIN events e ON e.project_id = u.project_id AND e.id = u.event_id
WHERE u.project_id = $1 AND u.customer_id = $2 AND u.type = 'TRANSFER'`
const WRITE_TOLD =
  'UPDATE customer_history SET body = $5 WHERE project_id = $1 AND customer_id = $2 AND at = $3 AND n = $4'
const WRITE_TRANSFER = 'UPDATE events SET body = $3 WHERE project_id = $1 AND id = $2'
const KEYS = given('project_id text, store text, environment text, chain text, line text')
const MOVED_AWAY = `SELECT p.store, p.environment, p.chain, p.line, p.body FROM ${KEYS.sql}
JOIN purchases p USING (project_id, store, environment, chain, line) ORDER BY 1, 2, 3, 4 FOR UPDATE OF p`

/** What a transfer left of the person with the other: both names in the history, in the event, and the first owner. */
async function forgetInTransfers(
  session: Connection,
  projectId: string,
  aliases: readonly string[],
  as: Pseudonym,
): Promise<void> {
  const bodies = (await session.all(TOLD, [projectId, as.customerId])).map(([, , body]) => String(body))
  if (bodies.length === 0) return
  const own = new Set(aliases)
  const others = await session.all(OTHERS, [projectId, texts(othersIn(bodies, aliases))])
  for (const [other] of others) {
    const place = [projectId, String(other)]
    for (const [n, at, body] of await session.all(TOLD, place)) {
      const cleaned = historyWithout(String(body), own, as)
      if (cleaned !== null) await session.change(WRITE_TOLD, [...place, Number(at), Number(n), cleaned])
    }
    const events = [...(await session.all(TRANSFERS, place)), ...(await session.all(NEW_TRANSFERS, place))]
    for (const [id, body] of events) {
      const cleaned = eventWithout(String(body), own, as)
      if (cleaned !== null) await session.change(WRITE_TRANSFER, [projectId, String(id), cleaned])
    }
  }
  const away = bodies.map(transferIn).filter(({ from }) => from.some((id) => own.has(id)))
  if (away.length === 0) return
  const keys = away.map(
    ({ purchase: { store, environment, chain, line } }): Values => [projectId, store, environment, chain, line],
  )
  await ownerless(session, await session.all(MOVED_AWAY, KEYS.params(keys)), projectId, as)
}

const IDS = given('project_id text, hash text, erased_as text, erased_at bigint')
const REMEMBER = `INSERT INTO erased_ids AS x (project_id, hash, erased_as, erased_at)
SELECT project_id, hash, erased_as, erased_at FROM ${IDS.sql} ORDER BY project_id, hash
ON CONFLICT (project_id, hash) DO UPDATE SET erased_as = excluded.erased_as, erased_at = excluded.erased_at
  WHERE excluded.erased_at > x.erased_at`

async function rememberErased(session: Connection, rows: readonly ErasedId[]): Promise<void> {
  const newest = new Map<string, ErasedId>()
  for (const row of rows) {
    const known = newest.get(`${row.projectId}\n${row.hash}`)
    if (known === undefined || known.erasedAt < row.erasedAt) newest.set(`${row.projectId}\n${row.hash}`, row)
  }
  if (newest.size === 0) return
  const values = [...newest.values()].map((row): Values => [row.projectId, row.hash, row.erasedAs, row.erasedAt])
  await session.change(REMEMBER, IDS.params(values))
}

// ── the rest, part by part ──────────────────────────────────────────────────────────────────────────────────────────

const ERASURE = 'SELECT part, place, again FROM erasures WHERE project_id = $1 AND customer_id = $2 FOR UPDATE'
const MOVE = 'UPDATE erasures SET part = $3, place = $4, again = $5 WHERE project_id = $1 AND customer_id = $2'
const END = 'DELETE FROM erasures WHERE project_id = $1 AND customer_id = $2'
/** Locked before their deliveries, as a settle does it; what is claimed is its settle's until then. */
const LOCK_QUEUES = `SELECT q.channel_id, (q.owner IS NOT NULL)::int FROM (SELECT DISTINCT channel_id FROM delivery_counts WHERE project_id = $1) c
JOIN queues q ON q.project_id = $1 AND q.channel_id = c.channel_id AND q.customer_id = $2 ORDER BY q.channel_id FOR UPDATE OF q`
const UNNUMBERED = 'SELECT 1 FROM unnumbered WHERE project_id = $1 AND customer_id = $2 LIMIT 1'

async function eraseNext(session: Connection, input: Next): Promise<'more' | 'in_flight' | 'done'> {
  const place = [input.projectId, input.customerId]
  const [customer] = await session.all(LOCK, place)
  const [erasure] = await session.all(ERASURE, place)
  if (customer === undefined || erasure === undefined) return 'done'
  const [part, at, again] = erasure as readonly [Part, number, number]
  const queues = await session.all(LOCK_QUEUES, place)
  const busy = queues.filter(([, claimed]) => claimed === 1).map(([channelId]) => String(channelId))
  if (part === 'events') {
    // An event that has no position yet is found by the next round.
    const waits = (await session.all(UNNUMBERED, place)).length > 0
    const last = await eraseEvents(session, input, customerFrom(customer).originalAppUserId, at, busy)
    const next = again === 1 || waits || busy.length > 0 ? 1 : 0
    if (last === null) await session.change(MOVE, [...place, 'notifications', 0, next])
    else await session.change(MOVE, [...place, 'events', last, next])
    return 'more'
  }
  const last = await eraseNotifications(session, input, at)
  if (last !== null) {
    await session.change(MOVE, [...place, 'notifications', last, again])
    return 'more'
  }
  if (again === 0) {
    await session.change(END, place)
    return 'done'
  }
  if (busy.length > 0) return 'in_flight'
  await session.change(MOVE, [...place, 'events', 0, 0])
  return 'more'
}

const NONE = attributeSetHash({})
const PAGE = `SELECT p.position, e.id, e.body, e.attribute_set FROM (
  SELECT p.position, p.project_id, p.event_id FROM event_places p WHERE p.project_id = $1 AND p.customer_id = $2 AND p.position > $3
  ORDER BY p.position LIMIT $4) p
JOIN events e ON e.project_id = p.project_id AND e.id = p.event_id ORDER BY p.position`
const EVENTS = given('project_id text, id text, attribute_set text, body text')
const WRITE = `UPDATE events e SET body = g.body, attribute_set = g.attribute_set FROM ${EVENTS.sql}
WHERE e.project_id = g.project_id AND e.id = g.id`
const KEEP_NONE = `INSERT INTO attribute_sets (project_id, hash, attributes) VALUES ($1, $2, '{}') ON CONFLICT (project_id, hash) DO NOTHING`
const DROP_SETS = `DELETE FROM attribute_sets s WHERE s.project_id = $1 AND s.hash = ANY($2::text[]) AND NOT EXISTS (
  SELECT FROM events e WHERE e.project_id = $1 AND e.attribute_set = s.hash AND e.attribute_set <> '${NONE}')`

/** Gives the place of the last event looked at, or null when there are none left. */
async function eraseEvents(
  session: Connection,
  input: Next,
  appUserId: string,
  from: number,
  busy: readonly string[],
): Promise<number | null> {
  const { projectId, customerId, limit } = input
  const rows = (await session.all(PAGE, [projectId, customerId, from, limit])) as readonly (readonly [
    number,
    string,
    string,
    string,
  ])[]
  if (rows.length === 0) return null
  const who = { customerId, appUserId }
  const clean = rows.map(([, id, body]): Values => {
    return [projectId, id, NONE, JSON.stringify(withoutPerson(JSON.parse(body) as FrozenEvent, who, NONE))]
  })
  await session.change(WRITE, EVENTS.params(clean))
  await session.change(KEEP_NONE, [projectId, NONE])
  const sets = [...new Set(rows.map(([, , , set]) => set))].filter((set) => set !== NONE)
  if (sets.length > 0) await session.change(DROP_SETS, [projectId, texts(sets)])
  await eraseDeliveries(
    session,
    input,
    rows.map(([, id]) => id),
    busy,
  )
  return rows.at(-1)?.[0] ?? null
}

const DELIVERIES = `SELECT d.id, d.status, d.integration_id, d.channel_id, d.attempt_ids FROM unnest($2::text[]) g (event_id)
JOIN deliveries d ON d.project_id = $1 AND d.event_id = g.event_id ORDER BY d.id FOR UPDATE OF d`
const SETTLED = given('project_id text, id text')
const CLEAN = `UPDATE deliveries d SET identity = NULL, notes = '[]', advice = NULL,
  reason = CASE d.status WHEN 'delivered' THEN NULL ELSE '${ERASED}' END,
  settled_at = CASE d.status WHEN 'waiting' THEN $3 ELSE d.settled_at END,
  status = CASE d.status WHEN 'waiting' THEN 'skipped' ELSE d.status END
FROM ${SETTLED.sql} WHERE d.project_id = g.project_id AND d.id = g.id`
const ATTEMPTS = `UPDATE attempts SET request = '${ERASED_BODY}', response = '${ERASED_BODY}', outcomes = '[]'
WHERE project_id = $1 AND id = ANY($2::text[])`

/** What was fixed for a destination goes, what was sent goes, and what waits is not sent. */
async function eraseDeliveries(
  session: Connection,
  { projectId, now }: Next,
  eventIds: readonly string[],
  busy: readonly string[],
): Promise<void> {
  const found = (await session.all(DELIVERIES, [projectId, texts(eventIds)])) as readonly (readonly [
    string,
    DeliveryStatus,
    string,
    string,
    string,
  ])[]
  const ours = found.filter(([, status, , channelId]) => status !== 'waiting' || !busy.includes(channelId))
  if (ours.length === 0) return
  await session.change(CLEAN, [...SETTLED.params(ours.map(([id]) => [projectId, id])), now])
  const counts = openCounts()
  for (const [, status, integrationId, channelId] of ours) {
    if (status !== 'waiting') continue
    counts.delivery(projectId, integrationId, channelId, 'waiting', -1, null)
    counts.delivery(projectId, integrationId, channelId, 'skipped', 1, now)
  }
  await counts.write(session)
  const attempts = [...new Set(ours.flatMap(([, , , , ids]) => (ids === '' ? [] : ids.split(' '))))]
  if (attempts.length > 0) await session.change(ATTEMPTS, [projectId, texts(attempts.sort())])
}

const MESSAGES = `SELECT m.n, m.received_at, m.id FROM notifications m
WHERE m.project_id = $1 AND m.customer_id = $2 AND m.n > $3 ORDER BY m.n LIMIT $4`
const MESSAGE_BODIES = given('project_id text, received_at bigint, id text')
const DROP_BODIES = `DELETE FROM notification_bodies b USING ${MESSAGE_BODIES.sql}
WHERE b.project_id = g.project_id AND b.received_at = g.received_at AND b.id = g.id`
const DROP_NOTES = `UPDATE notifications m SET note = NULL FROM ${MESSAGE_BODIES.sql} WHERE m.project_id = g.project_id AND m.id = g.id`

/** Messages that were understood lose their body; one that waits does so when it is understood. */
async function eraseNotifications(session: Connection, input: Next, from: number): Promise<number | null> {
  const { projectId, customerId, limit } = input
  const rows = await session.all(MESSAGES, [projectId, customerId, from, limit])
  if (rows.length === 0) return null
  const named = MESSAGE_BODIES.params(rows.map(([, receivedAt, id]) => [projectId, receivedAt ?? null, id ?? null]))
  await session.change(DROP_BODIES, named)
  await session.change(DROP_NOTES, named)
  return Number(rows.at(-1)?.[0])
}

const UNFINISHED = 'SELECT project_id, customer_id FROM erasures ORDER BY project_id, customer_id LIMIT 1000'
const LIST = `SELECT project_id, hash, erased_as, erased_at FROM erased_ids WHERE (project_id, hash) > ($1, $2)
ORDER BY project_id, hash LIMIT $3`

export function erasureStorage(db: Database, work: Work): ErasureStorage {
  return {
    async beginErasure(input, hashes) {
      const row = await db.write((session) => beginErasure(session, input, hashes))
      if (row !== null) work.tell('queues')
      return row
    },
    eraseNext: (input) => db.write((session) => eraseNext(session, input)),
    unfinishedErasures: async () =>
      (await db.read(UNFINISHED)).map(([projectId, customerId]) => ({
        projectId: String(projectId),
        customerId: String(customerId),
      })),
    listErased: async (after, limit) =>
      (await db.read(LIST, [after?.projectId ?? '', after?.hash ?? '', limit])).map(
        ([projectId, hash, erasedAs, erasedAt]): ErasedId => ({
          projectId: String(projectId),
          hash: String(hash),
          erasedAs: String(erasedAs),
          erasedAt: Number(erasedAt),
        }),
      ),
    rememberErased: (rows) => db.write((session) => rememberErased(session, rows)),
  }
}
