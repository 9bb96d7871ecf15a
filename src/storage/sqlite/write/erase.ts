import { ERASED, ownedByNobody, type Pseudonym, withoutPerson } from '../../../domain/erased.ts'
import type { FrozenEvent } from '../../../domain/event.ts'
import { attributeSetHash } from '../../../domain/ids.ts'
import type { Purchase } from '../../../domain/purchase-state.ts'
import { CUSTOMER_COLUMNS, CUSTOMER_INDEX_COLUMNS, type Values } from '../../columns.ts'
import {
  ERASED_BODY,
  type ErasedId,
  eventWithout,
  historyWithout,
  othersIn,
  type Part,
  transferIn,
} from '../../erasure.ts'
import type { Connection } from '../database.ts'
import { change, query } from '../query.ts'
import type { CountDelivery } from './counts.ts'
import { saveJoin } from './join.ts'
import { forgetInAudit } from './members.ts'
import type { Memory } from './memory.ts'

const ALL_COLUMNS = `${CUSTOMER_COLUMNS}, ${CUSTOMER_INDEX_COLUMNS}`

const NOTHING_BESIDE = { events: [], attributeSets: [], history: [], queues: [] }

export interface BeginErasure {
  readonly projectId: string
  /** The row that was loaded. */
  readonly from: string
  readonly fromVersion: number
  readonly aliases: readonly string[]
  readonly as: Pseudonym
  /** The columns of the customer that stays. */
  readonly row: Values
  readonly hashes: readonly string[]
  readonly now: number
}

/** The customer of an app user id, to be erased. */
export function loadErasure(db: Connection) {
  const owner = query(db, 'SELECT customer_id FROM aliases WHERE project_id = ? AND app_user_id = ?')
  const customer = query(db, `SELECT ${CUSTOMER_COLUMNS} FROM customers WHERE project_id = ? AND id = ?`)
  return (input: { readonly projectId: string; readonly appUserId: string }): Values | null => {
    const id = owner.first(input.projectId, input.appUserId)?.[0]
    return typeof id === 'string' ? (customer.first(input.projectId, id) ?? null) : null
  }
}

/** The customer's rows go over to one that is made for them, as in a join; then what leads to the person goes. */
export function beginErasure(db: Connection, memory: Memory) {
  const make = change(db, `INSERT INTO customers (${ALL_COLUMNS}) VALUES (${ALL_COLUMNS.replace(/\w+/g, '?')})`)
  const join = saveJoin(db, memory)
  const dropAlias = change(db, 'DELETE FROM aliases WHERE project_id = ? AND app_user_id = ? AND customer_id IN (?, ?)')
  const dropMoves = change(db, 'DELETE FROM customer_moves WHERE project_id = ? AND into_id = ?')
  const dropHistory = change(db, 'DELETE FROM customer_history WHERE project_id = ? AND customer_id = ?')
  const remember = rememberErased(db)
  const begin = change(
    db,
    `INSERT INTO erasures (project_id, customer_id, part, place, again) VALUES (?, ?, 'events', 0, 0)`,
  )
  const transfers = forgetInTransfers(db)
  const owned = ownerless(db)
  const audit = forgetInAudit(db)
  return ({ projectId, from, fromVersion, aliases, as, row, hashes, now }: BeginErasure): void => {
    make(...row)
    join({ projectId, into: as.customerId, from, fromVersion, row, now, ...NOTHING_BESIDE })
    for (const alias of aliases) dropAlias(projectId, alias, from, as.customerId)
    dropMoves(projectId, as.customerId)
    transfers(projectId, aliases, as)
    dropHistory(projectId, as.customerId)
    owned(projectId, as)
    audit(projectId, aliases)
    remember(hashes.map((hash) => ({ projectId, hash, erasedAs: as.appUserId, erasedAt: now })))
    begin(projectId, as.customerId)
  }
}

/** Purchases of a customer name no owner any more; their tokens stay, since the store is asked with them. */
function ownerless(db: Connection): (projectId: string, as: Pseudonym) => void {
  const purchases = query(db, 'SELECT n, body FROM purchases WHERE project_id = ? AND customer_id = ?')
  const write = writeBody(db)
  return (projectId, as) => {
    for (const [n, body] of purchases.all(projectId, as.customerId)) write(Number(n), String(body), as)
  }
}

function writeBody(db: Connection): (n: number, body: string, as: Pseudonym) => void {
  const write = change(db, 'UPDATE purchases SET body = ?2, version = version + 1 WHERE n = ?1')
  return (n, body, as) => void write(n, JSON.stringify(ownedByNobody(JSON.parse(body) as Purchase, as)))
}

/** What a transfer left of the person with the other: both names in the history, in the event, and the first owner. */
function forgetInTransfers(db: Connection) {
  const told = query(
    db,
    `SELECT h.n, h.body FROM customer_history h INDEXED BY customer_history_customer
     WHERE h.project_id = ? AND h.customer_id = ? AND h.at >= 0 AND h.kind = 'transfer'`,
  )
  const ownerOf = query(db, 'SELECT customer_id FROM aliases WHERE project_id = ? AND app_user_id = ?')
  const events = query(
    db,
    `SELECT e.position, e.body FROM events e INDEXED BY events_customer
     WHERE e.project_id = ? AND e.customer_id = ? AND e.position > 0 AND e.type = 'TRANSFER'`,
  )
  const purchase = query(
    db,
    'SELECT n, body FROM purchases WHERE project_id = ? AND store = ? AND environment = ? AND chain = ? AND line = ?',
  )
  const writeHistory = change(db, 'UPDATE customer_history SET body = ?2 WHERE n = ?1')
  const writeEvent = change(db, 'UPDATE events SET body = ?2 WHERE position = ?1')
  const writePurchase = writeBody(db)
  return (projectId: string, aliases: readonly string[], as: Pseudonym): void => {
    const bodies = told.all(projectId, as.customerId).map(([, body]) => String(body))
    const own = new Set(aliases)
    const others = othersIn(bodies, aliases).flatMap((id) => ownerOf.first(projectId, id)?.[0] ?? [])
    for (const other of new Set(others)) {
      for (const [n, body] of told.all(projectId, other)) {
        const cleaned = historyWithout(String(body), own, as)
        if (cleaned !== null) writeHistory(n ?? null, cleaned)
      }
      for (const [position, body] of events.all(projectId, other)) {
        const cleaned = eventWithout(String(body), own, as)
        if (cleaned !== null) writeEvent(position ?? null, cleaned)
      }
    }
    for (const { purchase: key, from } of bodies.map(transferIn)) {
      const row = purchase.first(projectId, key.store, key.environment, key.chain, key.line)
      if (row !== undefined && from.some((id) => own.has(id))) writePurchase(Number(row[0]), String(row[1]), as)
    }
  }
}

export function rememberErased(db: Connection): (rows: readonly ErasedId[]) => void {
  const write = change(
    db,
    `INSERT INTO erased_ids (project_id, hash, erased_as, erased_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (project_id, hash) DO UPDATE SET erased_as = excluded.erased_as, erased_at = excluded.erased_at
       WHERE excluded.erased_at > erased_at`,
  )
  return (rows) => {
    for (const row of rows) write(row.projectId, row.hash, row.erasedAs, row.erasedAt)
  }
}

export interface EraseNext {
  readonly projectId: string
  readonly customerId: string
  readonly now: number
  readonly limit: number
}

/** One part of an erasure, in one transaction. */
export function eraseNext(db: Connection) {
  const find = query(db, 'SELECT part, place, again FROM erasures WHERE project_id = ? AND customer_id = ?')
  const original = query(db, 'SELECT original_app_user_id FROM customers WHERE project_id = ? AND id = ?')
  const move = change(
    db,
    'UPDATE erasures SET part = ?3, place = ?4, again = ?5 WHERE project_id = ?1 AND customer_id = ?2',
  )
  const end = change(db, 'DELETE FROM erasures WHERE project_id = ? AND customer_id = ?')
  const claimed = claimedChannels(db)
  const events = eraseEvents(db)
  const notifications = eraseNotifications(db)
  return (input: EraseNext, count: CountDelivery): 'more' | 'in_flight' | 'done' => {
    const { projectId, customerId } = input
    const row = find.first(projectId, customerId)
    if (row === undefined) return 'done'
    const [part, place, again] = row as readonly [Part, number, number]
    const busy = claimed(projectId, customerId)
    if (part === 'events') {
      const appUserId = String(original.first(projectId, customerId)?.[0])
      const last = events({ ...input, who: { customerId, appUserId }, place, busy }, count)
      const next = again === 1 || busy.size > 0 ? 1 : 0
      if (last === null) move(projectId, customerId, 'notifications', 0, next)
      else move(projectId, customerId, 'events', last, next)
      return 'more'
    }
    const last = notifications(input, place)
    if (last !== null) {
      move(projectId, customerId, 'notifications', last, again)
      return 'more'
    }
    if (again === 0) {
      end(projectId, customerId)
      return 'done'
    }
    if (busy.size > 0) return 'in_flight'
    move(projectId, customerId, 'events', 0, 0)
    return 'more'
  }
}

/** Channels in which something of this customer is in flight: its deliveries are their settle's until then. */
function claimedChannels(db: Connection): (projectId: string, customerId: string) => ReadonlySet<string> {
  const channels = query(db, 'SELECT DISTINCT channel_id FROM delivery_counts WHERE project_id = ?')
  const claimed = query(
    db,
    'SELECT 1 FROM queues WHERE project_id = ? AND channel_id = ? AND customer_id = ? AND owner IS NOT NULL',
  )
  return (projectId, customerId) => {
    const all = channels.all(projectId).map(([channelId]) => String(channelId))
    return new Set(all.filter((channelId) => claimed.first(projectId, channelId, customerId) !== undefined))
  }
}

interface EraseEvents extends EraseNext {
  readonly who: Pseudonym
  readonly place: number
  readonly busy: ReadonlySet<string>
}

/** Gives the place of the last event looked at, or null when there are none left. */
function eraseEvents(db: Connection) {
  const none = attributeSetHash({})
  const page = query(
    db,
    `SELECT e.position, e.id, e.body, e.attribute_set FROM events e INDEXED BY events_customer
     WHERE e.project_id = ? AND e.customer_id = ? AND e.position > ? ORDER BY e.position LIMIT ? + 0`,
  )
  const write = change(db, 'UPDATE events SET body = ?2, attribute_set = ?3 WHERE position = ?1')
  const keepNone = change(
    db,
    `INSERT INTO attribute_sets (project_id, hash, attributes) VALUES (?, ?, '{}') ON CONFLICT (project_id, hash) DO NOTHING`,
  )
  const dropSet = change(
    db,
    `DELETE FROM attribute_sets AS s WHERE s.project_id = ?1 AND s.hash = ?2 AND NOT EXISTS (
       SELECT 1 FROM events e INDEXED BY events_attribute_set
       WHERE e.project_id = ?1 AND e.attribute_set = ?2 AND e.attribute_set <> '${none}')`,
  )
  const deliveries = eraseDeliveries(db)
  return (input: EraseEvents, count: CountDelivery): number | null => {
    const { projectId, customerId, who, place, limit } = input
    const rows = page.all(projectId, customerId, place, limit) as readonly (readonly [number, string, string, string])[]
    const sets = new Set<string>()
    for (const [position, id, body, set] of rows) {
      write(position, JSON.stringify(withoutPerson(JSON.parse(body) as FrozenEvent, who, none)), none)
      if (set !== none) sets.add(set)
      deliveries(input, id, count)
    }
    if (rows.length > 0) keepNone(projectId, none)
    for (const set of sets) dropSet(projectId, set)
    return rows.at(-1)?.[0] ?? null
  }
}

type Delivery = readonly [n: number, status: string, integrationId: string, channelId: string, attempts: string]

/** What was fixed for a destination goes, what was sent goes, and what waits is not sent. */
function eraseDeliveries(db: Connection) {
  const find = query(
    db,
    `SELECT d.n, d.status, d.integration_id, d.channel_id, d.attempt_ids FROM deliveries d INDEXED BY deliveries_event
     WHERE d.project_id = ? AND d.event_id = ?`,
  )
  const settled = change(
    db,
    `UPDATE deliveries SET identity = NULL, notes = '[]', advice = NULL,
       reason = CASE status WHEN 'delivered' THEN NULL ELSE '${ERASED}' END WHERE n = ?`,
  )
  const skip = change(
    db,
    `UPDATE deliveries SET status = 'skipped', reason = '${ERASED}', identity = NULL, notes = '[]', advice = NULL, settled_at = ?2 WHERE n = ?1`,
  )
  const attempt = change(
    db,
    `UPDATE attempts SET request = '${ERASED_BODY}', response = '${ERASED_BODY}', outcomes = '[]' WHERE project_id = ? AND id = ?`,
  )
  return ({ projectId, busy, now }: EraseEvents, eventId: string, count: CountDelivery): void => {
    for (const row of find.all(projectId, eventId)) {
      const [n, status, integrationId, channelId, attempts] = row as unknown as Delivery
      if (status === 'waiting' && busy.has(channelId)) continue
      if (status === 'waiting') {
        skip(n, now)
        count(projectId, integrationId, channelId, 'waiting', -1, null)
        count(projectId, integrationId, channelId, 'skipped', 1, now)
      } else settled(n)
      if (attempts !== '') for (const id of attempts.split(' ')) attempt(projectId, id)
    }
  }
}

/** Messages that were understood lose their body; one that waits does so when it is understood. */
function eraseNotifications(db: Connection) {
  const page = query(
    db,
    `SELECT m.n FROM notifications m INDEXED BY notifications_customer
     WHERE m.project_id = ? AND m.customer_id = ? AND m.n > ? ORDER BY m.n LIMIT ? + 0`,
  )
  const note = change(db, 'UPDATE notifications SET note = NULL WHERE n = ?')
  const body = change(db, 'DELETE FROM notification_bodies WHERE n = ?')
  return ({ projectId, customerId, limit }: EraseNext, place: number): number | null => {
    const rows = page.all(projectId, customerId, place, limit)
    for (const [n] of rows) {
      note(n ?? null)
      body(n ?? null)
    }
    const last = rows.at(-1)?.[0]
    return typeof last === 'number' ? last : null
  }
}
