import type { Environment, PurchaseKey } from '../domain/purchase.ts'
import type { Standing, Stands } from '../domain/standing.ts'
import { BEHIND_LIVE } from './places.ts'
import type {
  AttemptRow,
  ChannelRow,
  CustomerRow,
  DeliveryRow,
  NewDelivery,
  NewNotification,
  NotificationRow,
  PurchaseRow,
  QueueRow,
} from './rows.ts'
import { foldedEmail } from './search.ts'
import type { DeliveryChange } from './storage.ts'

/**
 * Rows as both drivers handle them: arrays of plain values, in the order of the column lists below. They cross to the
 * embedded driver's thread several times faster than objects (decision 0010), and are bound to statements as they come.
 */
export type Value = string | number | null | Uint8Array
export type Values = readonly Value[]

export function text(values: Values, at: number): string {
  const value = values[at]
  if (typeof value !== 'string') throw new TypeError(`column ${at} holds ${typeof value}, not text`)
  return value
}
export function integer(values: Values, at: number): number {
  const value = values[at]
  if (typeof value !== 'number') throw new TypeError(`column ${at} holds ${typeof value}, not an integer`)
  return value
}
export function textOrNull(values: Values, at: number): string | null {
  return values[at] === null ? null : text(values, at)
}
export function integerOrNull(values: Values, at: number): number | null {
  return values[at] === null ? null : integer(values, at)
}
/** A column that only we write, of a closed set of texts. */
export function oneOf<T extends string>(values: Values, at: number): T {
  return text(values, at) as T
}
function oneOfOrNull<T extends string>(values: Values, at: number): T | null {
  return values[at] === null ? null : oneOf<T>(values, at)
}
function texts(values: Values, at: number): readonly string[] {
  const value = text(values, at)
  return value === '[]' ? [] : (JSON.parse(value) as readonly string[])
}

/** Whether a text may be the SHA-256 of an app user id (hex). */
export function isSha256(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}

function prefixed(columns: string, table: string): string {
  return columns
    .split(/,\s*/)
    .map((column) => `${table}.${column}`)
    .join(', ')
}

export const KEY_COLUMNS = 'project_id, store, environment, chain, line'
export function keyValues(key: PurchaseKey): string[] {
  return [key.projectId, key.store, key.environment, key.chain, key.line]
}
export function keyFrom(values: Values, at: number): PurchaseKey {
  return {
    projectId: text(values, at),
    store: oneOf(values, at + 1),
    environment: oneOf(values, at + 2),
    chain: text(values, at + 3),
    line: text(values, at + 4),
  }
}

export const PURCHASE_COLUMNS = `${KEY_COLUMNS}, app_id, customer_id, version, body, check_at, standing, standing_until`
export function purchaseValues(row: PurchaseRow): Value[] {
  return [
    ...keyValues(row.key),
    row.appId,
    row.customerId,
    row.version,
    row.body,
    row.checkAt,
    ...standingValues(row.stands),
  ]
}

/** Later than any instant: what holds for good. */
const FOR_GOOD = Number.MAX_SAFE_INTEGER

/** standing, standing_until: '' and null where it is counted as nothing, null and null where nobody reckoned it. */
export function standingValues(stands: Stands | undefined): readonly [string | null, number | null] {
  if (stands === undefined) return [null, null]
  return stands.standing === null ? ['', null] : [stands.standing, stands.until ?? FOR_GOOD]
}
function standsFrom(values: Values, at: number): { readonly stands?: Stands } {
  const standing = textOrNull(values, at)
  if (standing === null) return {}
  const until = integerOrNull(values, at + 1)
  return {
    stands: { standing: standing === '' ? null : (standing as Standing), until: until === FOR_GOOD ? null : until },
  }
}
export function purchaseFrom(values: Values, at = 0): PurchaseRow {
  return {
    key: keyFrom(values, at),
    appId: text(values, at + 5),
    customerId: text(values, at + 6),
    version: integer(values, at + 7),
    checkAt: integerOrNull(values, at + 9),
    body: text(values, at + 8),
    ...standsFrom(values, at + 10),
  }
}

export const CUSTOMER_COLUMNS =
  'project_id, id, version, original_app_user_id, last_seen_app_user_id, last_seq, first_seen_at, last_seen_at, aliases, attributes, deleted_attributes, only_named'
export const CUSTOMER_COLUMNS_C = prefixed(CUSTOMER_COLUMNS, 'c')
export const CUSTOMER_WIDTH = 12
export function customerValues(row: CustomerRow): Value[] {
  return [
    row.projectId,
    row.id,
    row.version,
    row.originalAppUserId,
    row.lastSeenAppUserId,
    row.lastSeq,
    row.firstSeenAt,
    row.lastSeenAt,
    JSON.stringify(row.aliases),
    JSON.stringify(row.attributes),
    JSON.stringify(row.deletedAttributes),
    row.onlyNamed ? 1 : 0,
  ]
}
/** What is written beside a customer's columns, to be looked for and not to be read. */
export const CUSTOMER_INDEX_COLUMNS = 'email'
export function customerIndexValues(row: CustomerRow): Value[] {
  return [foldedEmail(row.attributes)]
}
export function customerFrom(values: Values, at = 0): CustomerRow {
  const attributes = text(values, at + 9)
  const deleted = text(values, at + 10)
  return {
    projectId: text(values, at),
    id: text(values, at + 1),
    version: integer(values, at + 2),
    originalAppUserId: text(values, at + 3),
    lastSeenAppUserId: text(values, at + 4),
    lastSeq: integer(values, at + 5),
    firstSeenAt: integer(values, at + 6),
    lastSeenAt: integer(values, at + 7),
    aliases: texts(values, at + 8),
    attributes: attributes === '{}' ? {} : JSON.parse(attributes),
    deletedAttributes: deleted === '{}' ? {} : JSON.parse(deleted),
    onlyNamed: integer(values, at + 11) === 1,
  }
}

const NOTIFICATION_COLUMNS =
  'id, project_id, app_id, store, environment, source_key, type, via, sent_at, received_at, status, due_at, tries, note, events'
export const NOTIFICATION_COLUMNS_M = prefixed(NOTIFICATION_COLUMNS, 'm')
export function notificationFrom(values: Values, at = 0): Omit<NotificationRow, 'body'> {
  return {
    id: text(values, at),
    projectId: text(values, at + 1),
    appId: text(values, at + 2),
    store: oneOf(values, at + 3),
    environment: oneOf(values, at + 4),
    sourceKey: text(values, at + 5),
    type: text(values, at + 6),
    via: oneOf(values, at + 7),
    sentAt: integer(values, at + 8),
    receivedAt: integer(values, at + 9),
    status: oneOf(values, at + 10),
    dueAt: integer(values, at + 11),
    tries: integer(values, at + 12),
    note: textOrNull(values, at + 13),
    events: integer(values, at + 14),
  }
}

const DELIVERY_COLUMNS =
  'id, project_id, integration_id, environment, customer_id, event_id, seq, status, reason, advice, may_go_at, created_at, attempts, done, mends, notes, identity, may_be_doubled, resend, settled_at, attempt_ids'
export const DELIVERY_COLUMNS_D = prefixed(DELIVERY_COLUMNS, 'd')
export const DELIVERY_WIDTH = 21
export function deliveryFrom(values: Values, at = 0): DeliveryRow {
  const attemptIds = text(values, at + 20)
  return {
    id: text(values, at),
    projectId: text(values, at + 1),
    integrationId: text(values, at + 2),
    environment: oneOf<Environment>(values, at + 3),
    customerId: text(values, at + 4),
    eventId: text(values, at + 5),
    seq: integer(values, at + 6) % BEHIND_LIVE,
    status: oneOf(values, at + 7),
    reason: textOrNull(values, at + 8),
    advice: textOrNull(values, at + 9),
    mayGoAt: integer(values, at + 10),
    createdAt: integer(values, at + 11),
    attempts: integer(values, at + 12),
    done: texts(values, at + 13),
    mends: texts(values, at + 14),
    notes: texts(values, at + 15),
    identity: textOrNull(values, at + 16),
    mayBeDoubled: integer(values, at + 17) === 1,
    resend: integer(values, at + 18),
    settledAt: integerOrNull(values, at + 19),
    attemptIds: attemptIds === '' ? [] : attemptIds.split(' '),
  }
}

export const QUEUE_COLUMNS = 'project_id, channel_id, customer_id, due_at, owner, fence, lease_until, step, alone, died'
export function queueFrom(values: Values, at = 0): QueueRow {
  return {
    projectId: text(values, at),
    channelId: text(values, at + 1),
    customerId: text(values, at + 2),
    dueAt: integer(values, at + 3),
    owner: textOrNull(values, at + 4),
    fence: integer(values, at + 5),
    leaseUntil: integerOrNull(values, at + 6),
    step: integer(values, at + 7),
    alone: integer(values, at + 8) === 1,
    died: integer(values, at + 9),
  }
}

export const CHANNEL_COLUMNS =
  'project_id, channel_id, integration_id, environment, version, state, paused_by, reason, advice, failures, culprits, next_at, width, avoid_customer, clock_reading, clock_at, clock_runs'
export function channelValues(row: ChannelRow): Value[] {
  return [
    row.projectId,
    row.channelId,
    row.integrationId,
    row.environment,
    row.version,
    row.state,
    row.pausedBy,
    row.reason,
    row.advice,
    row.failures,
    row.culprits,
    row.nextAt,
    row.width,
    row.avoidCustomer,
    row.clockReading,
    row.clockAt,
    row.clockRuns ? 1 : 0,
  ]
}
export function channelFrom(values: Values, at = 0): ChannelRow {
  return {
    projectId: text(values, at),
    channelId: text(values, at + 1),
    integrationId: text(values, at + 2),
    environment: oneOf(values, at + 3),
    version: integer(values, at + 4),
    state: oneOf(values, at + 5),
    pausedBy: oneOfOrNull(values, at + 6),
    reason: textOrNull(values, at + 7),
    advice: textOrNull(values, at + 8),
    failures: integer(values, at + 9),
    culprits: integer(values, at + 10),
    nextAt: integer(values, at + 11),
    width: integer(values, at + 12),
    avoidCustomer: textOrNull(values, at + 13),
    clockReading: integer(values, at + 14),
    clockAt: integer(values, at + 15),
    clockRuns: integer(values, at + 16) === 1,
  }
}

export const ATTEMPT_COLUMNS = 'id, project_id, channel_id, at, duration_ms, status, request, response, outcomes'
export function attemptValues(row: AttemptRow): Value[] {
  return [
    row.id,
    row.projectId,
    row.channelId,
    row.at,
    row.durationMs,
    row.status,
    row.request,
    row.response,
    row.outcomes,
  ]
}
export function attemptFrom(values: Values, at = 0): AttemptRow {
  return {
    id: text(values, at),
    projectId: text(values, at + 1),
    channelId: text(values, at + 2),
    at: integer(values, at + 3),
    durationMs: integer(values, at + 4),
    status: integerOrNull(values, at + 5),
    request: text(values, at + 6),
    response: text(values, at + 7),
    outcomes: text(values, at + 8),
  }
}

// ── new rows, in the order of the drivers' INSERTs ──────────────────────────────────────────────────────────────────

/** project_id, id, app_id, store, environment, source_key, type, via, sent_at, received_at. */
export function newNotificationValues(row: NewNotification): Value[] {
  return [
    row.projectId,
    row.id,
    row.appId,
    row.store,
    row.environment,
    row.sourceKey,
    row.type,
    row.via,
    row.sentAt,
    row.receivedAt,
  ]
}

/** project_id, id, integration_id, environment, customer_id, event_id, seq, status, reason, may_go_at, created_at. */
export function newDeliveryValues(row: NewDelivery): Value[] {
  return [
    row.projectId,
    row.id,
    row.integrationId,
    row.environment,
    row.customerId,
    row.eventId,
    row.seq,
    row.status,
    row.reason,
    row.mayGoAt,
    row.createdAt,
  ]
}

/** id, status, reason, advice, attempts, done, mends, notes, identity, may_be_doubled, settled_at, attempt ids. */
export function deliveryChangeValues(row: DeliveryChange): Value[] {
  return [
    row.id,
    row.status,
    row.reason,
    row.advice,
    row.attempts,
    listText(row.done),
    listText(row.mends),
    listText(row.notes),
    row.identity,
    row.mayBeDoubled ? 1 : 0,
    row.settledAt,
    row.attemptIds.join(' '),
  ]
}

function listText(list: readonly string[]): string {
  return list.length === 0 ? '[]' : JSON.stringify(list)
}
