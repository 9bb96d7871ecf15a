import { ofEntry, ofEvent } from '../../../domain/figures.ts'
import { appUserIdHash, chainName } from '../../../domain/ids.ts'
import type { StoreName } from '../../../domain/purchase.ts'
import { CUSTOMER_COLUMNS, CUSTOMER_INDEX_COLUMNS, type Values } from '../../columns.ts'
import { StepConflict } from '../../errors.ts'
import { countedEvent, HISTORY_COLUMNS } from '../../event-columns.ts'
import { enteredFrom, LEDGER_COLUMNS, LEDGER_WIDTH } from '../../ledger-columns.ts'
import type { NotificationChange } from '../../rows.ts'
import type { QueueWake } from '../../storage.ts'
import type { Connection } from '../database.ts'
import { change, query } from '../query.ts'
import type { CountDelivery } from './counts.ts'
import { JOINED } from './holds.ts'
import { changeNotifications } from './inbox.ts'
import { addFigures, type Memory, nextPosition } from './memory.ts'

/** What a step computed, as values in the order of the statements below. */
export interface SaveInput {
  readonly notifications: readonly NotificationChange[]
  readonly purchases: readonly Values[]
  readonly customers: readonly Values[]
  readonly attributeSets: readonly Values[]
  readonly ledger: readonly Values[]
  readonly events: readonly Values[]
  readonly deliveries: readonly Values[]
  /** project_id, store, environment, name, chain, line. */
  readonly links: readonly Values[]
  readonly queues: readonly QueueWake[]
  readonly history: readonly Values[]
}

/**
 * Saves a step, or throws StepConflict with nothing written when a row is no longer the one that was loaded. The order of
 * the tables is the order of locks of both drivers (README.md).
 */
export function saveStep(db: Connection, memory: Memory) {
  const notifications = changeNotifications(db, memory)
  const customers = saveCustomers(db)
  const purchase = savePurchase(db)
  const attributeSet = change(
    db,
    'INSERT INTO attribute_sets (project_id, hash, attributes) VALUES (?, ?, ?) ON CONFLICT (project_id, hash) DO NOTHING',
  )
  const ledger = saveLedger(db, memory)
  const link = change(
    db,
    `INSERT INTO links (project_id, store, environment, name, chain, line) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (project_id, store, environment, name) DO UPDATE SET chain = excluded.chain, line = excluded.line`,
  )
  const events = saveEvents(db, memory)
  const deliveries = saveDeliveries(db)
  const queues = wakeQueues(db, memory)
  const history = saveHistory(db)
  return (input: SaveInput, count: CountDelivery): void => {
    customers(input.customers)
    for (const row of input.purchases) purchase(row)
    for (const row of input.links) link(...row)
    for (const row of input.attributeSets) attributeSet(...row)
    for (const row of input.ledger) ledger(row)
    const { fresh, known } = events(input.events)
    const waiting = deliveries(input.deliveries, fresh, known, count)
    queues.wake(input.queues, waiting)
    queues.require(waiting, input.queues)
    for (const row of input.history) history(row)
    notifications(input.notifications)
  }
}

function saveCustomers(db: Connection): (rows: readonly Values[]) => void {
  const find = query(db, 'SELECT n, version, aliases FROM customers WHERE project_id = ? AND id = ?')
  const insert = change(
    db,
    `INSERT INTO customers (${CUSTOMER_COLUMNS}, ${CUSTOMER_INDEX_COLUMNS}) VALUES (?1, ?2, ?3 + 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)`,
  )
  const update = change(
    db,
    `UPDATE customers SET version = ?2 + 1, original_app_user_id = ?3, last_seen_app_user_id = ?4, last_seq = ?5,
       first_seen_at = ?6, last_seen_at = ?7, aliases = ?8, attributes = ?9, deleted_attributes = ?10, only_named = ?11, email = ?12 WHERE n = ?1`,
  )
  const takeAlias = change(
    db,
    'INSERT INTO aliases (project_id, app_user_id, customer_id, hash) VALUES (?, ?, ?, ?) ON CONFLICT (project_id, app_user_id) DO NOTHING',
  )
  const dropAlias = change(db, 'DELETE FROM aliases WHERE project_id = ? AND app_user_id = ? AND customer_id = ?')
  const ownerOf = query(db, 'SELECT customer_id FROM aliases WHERE project_id = ? AND app_user_id = ?')
  const take = (projectId: string, alias: string, id: string): void => {
    if (takeAlias(projectId, alias, id, appUserIdHash(alias)) === 1 || ownerOf.first(projectId, alias)?.[0] === id)
      return
    throw new StepConflict(`the app user id ${alias} belongs to another customer of ${projectId}`)
  }
  return (rows) => {
    const added: (readonly [string, string, string])[] = []
    for (const row of rows) {
      const [projectId, id, version] = row as readonly [string, string, number]
      const aliases = row[8]
      const stored = find.first(projectId, id)
      if ((stored?.[1] ?? 0) !== version) throw new StepConflict(`customer ${id} of ${projectId} was saved meanwhile`)
      if (stored === undefined) insert(...row)
      else update(stored[0] ?? null, version, ...row.slice(3))
      if (stored?.[2] === aliases) continue
      const before = new Set<string>(stored === undefined ? [] : JSON.parse(String(stored[2])))
      const after = new Set<string>(JSON.parse(String(aliases)))
      for (const alias of before) if (!after.has(alias)) dropAlias(projectId, alias, id)
      for (const alias of after) if (!before.has(alias)) added.push([projectId, alias, id])
    }
    // After all are dropped: a merge moves an alias from one row of the step to another.
    for (const alias of added) take(...alias)
  }
}

function savePurchase(db: Connection): (row: Values) => void {
  const insert = change(
    db,
    `INSERT INTO purchases (project_id, store, environment, chain, line, app_id, customer_id, version, body, check_at, standing, standing_until)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 + 1, ?9, ?10, ?11, ?12) ON CONFLICT (project_id, store, environment, chain, line) DO NOTHING`,
  )
  const update = change(
    db,
    `UPDATE purchases SET app_id = ?6, customer_id = ?7, version = ?8 + 1, body = ?9, check_at = ?10, standing = ?11, standing_until = ?12
     WHERE project_id = ?1 AND store = ?2 AND environment = ?3 AND chain = ?4 AND line = ?5 AND version = ?8`,
  )
  return (row) => {
    if ((row[7] === 0 ? insert(...row) : update(...row)) === 1) return
    throw new StepConflict(
      `purchase ${chainName(row[1] as StoreName, String(row[3]))} of ${row[0]} was saved meanwhile`,
    )
  }
}

/** Append-only: what stands there stands, and is counted already. */
function saveLedger(db: Connection, memory: Memory): (row: Values) => void {
  const insert = change(
    db,
    `INSERT INTO ledger (${LEDGER_COLUMNS}) VALUES (${'?, '.repeat(LEDGER_WIDTH - 1)}?)
     ON CONFLICT (project_id, store, environment, chain, line, entry) DO NOTHING`,
  )
  return (row) => {
    if (insert(...row.slice(0, LEDGER_WIDTH)) === 1) addFigures(memory, ofEntry(enteredFrom(row)))
  }
}

export function saveHistory(db: Connection): (row: Values) => void {
  const insert = change(db, `INSERT INTO customer_history (${HISTORY_COLUMNS}) VALUES (?, ?, ?, ?, ?)`)
  return (row) => void insert(...row)
}

/**
 * Values: project_id, id, customer_id, type, name, environment, occurred_at, seq, attribute_set, notification_id, body,
 * provisional until.
 */
function saveEvents(db: Connection, memory: Memory) {
  const find = query(db, 'SELECT 1 FROM events WHERE project_id = ? AND id = ?')
  const insert = change(
    db,
    `INSERT INTO events (position, project_id, id, customer_id, type, name, environment, occurred_at, seq, attribute_set, notification_id, body)
     VALUES (${'?, '.repeat(11)}?)`,
  )
  const hold = change(
    db,
    'INSERT INTO provisional_events (project_id, event_id, customer_id, until) VALUES (?, ?, ?, ?)',
  )
  return (rows: readonly Values[]): { readonly fresh: ReadonlySet<string>; readonly known: ReadonlySet<string> } => {
    const fresh = new Set<string>()
    const known = new Set<string>()
    for (const row of rows) {
      const place = `${row[0]}\n${row[1]}`
      if (find.first(row[0] ?? null, row[1] ?? null) !== undefined) {
        if (!fresh.has(place)) known.add(place)
        continue
      }
      insert(nextPosition(memory), ...row.slice(0, 11))
      const [projectId, id, customerId] = row
      const until = row[11] ?? null
      if (until !== null) hold(projectId ?? null, id ?? null, customerId ?? null, until)
      addFigures(memory, [ofEvent(countedEvent(row))])
      fresh.add(place)
    }
    return { fresh, known }
  }
}

/**
 * Values: project_id, id, integration_id, environment, customer_id, event_id, seq, status, reason, may_go_at,
 * created_at. Gives the queues (project, channel, customer) for which something new waits.
 */
function saveDeliveries(db: Connection) {
  const eventExists = query(db, 'SELECT 1 FROM events WHERE project_id = ? AND id = ?')
  const insert = change(
    db,
    `INSERT INTO deliveries (project_id, id, integration_id, environment, channel_id, customer_id, event_id, seq, status, reason, may_go_at, created_at)
     VALUES (?1, ?2, ?3, ?4, ?3 || ':' || ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (project_id, id) DO NOTHING`,
  )
  return (
    rows: readonly Values[],
    fresh: ReadonlySet<string>,
    known: ReadonlySet<string>,
    count: CountDelivery,
  ): ReadonlySet<string> => {
    const waiting = new Set<string>()
    for (const row of rows) {
      const [projectId, id, integrationId, environment, customerId, eventId, , status] = row as string[]
      const event = `${projectId}\n${eventId}`
      if (known.has(event)) continue
      if (!fresh.has(event) && eventExists.first(projectId ?? null, eventId ?? null) === undefined) {
        throw new Error(`delivery ${id} is of an event that does not exist: ${eventId}`)
      }
      if (insert(...row) === 0) continue
      const channelId = `${integrationId}:${environment}`
      const settledAt = status === 'waiting' ? null : Number(row[10])
      count(projectId ?? '', integrationId ?? '', channelId, settledAt === null ? 'waiting' : 'skipped', 1, settledAt)
      if (status === 'waiting') waiting.add(`${projectId}\n${channelId}\n${customerId}`)
    }
    return waiting
  }
}

export function wakeQueues(db: Connection, memory: Memory) {
  const waits = query(
    db,
    `SELECT 1 FROM deliveries WHERE project_id = ? AND channel_id = ? AND customer_id = ? AND status = 'waiting' LIMIT 1`,
  )
  const hasten = change(
    db,
    `UPDATE queues SET due_at = ?4 WHERE project_id = ?1 AND channel_id = ?2 AND customer_id = ?3 AND step = 0
       AND (owner IS NULL OR owner = '${JOINED}') AND due_at > ?4`,
  )
  const mayGo = change(
    db,
    `UPDATE deliveries SET may_go_at = ?4 WHERE project_id = ?1 AND channel_id = ?2 AND customer_id = ?3
       AND status = 'waiting' AND may_go_at > ?4`,
  )
  const customerExists = query(db, 'SELECT 1 FROM customers WHERE project_id = ? AND id = ?')
  const queueExists = query(db, 'SELECT 1 FROM queues WHERE project_id = ? AND channel_id = ? AND customer_id = ?')
  const create = createQueue(db, memory)
  const wake = (wakes: readonly QueueWake[], waiting: ReadonlySet<string>): void => {
    for (const { projectId, channelId, customerId, dueAt, hasten: forward, mayGoAt } of wakes) {
      if (forward) {
        hasten(projectId, channelId, customerId, dueAt)
        if (mayGoAt !== undefined) mayGo(projectId, channelId, customerId, mayGoAt)
        continue
      }
      const something =
        waiting.has(`${projectId}\n${channelId}\n${customerId}`) ||
        waits.first(projectId, channelId, customerId) !== undefined
      if (!something) continue
      if (customerExists.first(projectId, customerId) === undefined) {
        throw new Error(`a queue of ${channelId} is for a customer that does not exist: ${customerId}`)
      }
      create(projectId, channelId, customerId, dueAt)
    }
  }
  /** What waits without a queue would wait for ever. */
  const require = (waiting: ReadonlySet<string>, wakes: readonly QueueWake[]): void => {
    const woken = new Set(
      wakes.filter(({ hasten }) => !hasten).map((at) => `${at.projectId}\n${at.channelId}\n${at.customerId}`),
    )
    for (const place of waiting) {
      if (woken.has(place) || queueExists.first(...place.split('\n')) !== undefined) continue
      throw new Error(`something waits for ${place.replaceAll('\n', ' / ')} without a queue: the step must wake one`)
    }
  }
  return { wake, require }
}

/** Makes a queue that does not exist. Its fence begins above every fence given, so that none is ever given twice. */
export function createQueue(db: Connection, memory: Memory) {
  const insert = change(
    db,
    `INSERT INTO queues (project_id, channel_id, customer_id, due_at, owner, fence, lease_until, step, alone, died, claimed)
     VALUES (?, ?, ?, ?, NULL, ?, NULL, 0, 0, 0, 0) ON CONFLICT (project_id, channel_id, customer_id) DO NOTHING`,
  )
  return (projectId: string, channelId: string, customerId: string, dueAt: number): void => {
    insert(projectId, channelId, customerId, dueAt, memory.fence)
  }
}
