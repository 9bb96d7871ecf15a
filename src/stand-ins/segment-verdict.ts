/**
 * What Segment makes of one call after it answered 200: https://segment.com/docs/connections/spec/common/.
 * Where the documentation leaves a case open the stricter reading is taken, so that nothing passes here that might be
 * lost there: a time without zone, a messageId over 100 characters, snake_case names of common fields.
 */
export const DROP_REASONS = [
  'unknown_write_key',
  'wrong_region',
  'batch_over_2500',
  'not_an_object',
  'bad_type',
  'unknown_key',
  'no_user_anon_id',
  'no_event_name',
  'no_group_id',
  'no_previous_id',
  'bad_properties',
  'message_id_too_long',
  'bad_timestamp',
  'duplicate',
] as const
export type DropReason = (typeof DROP_REASONS)[number]
export type Verdict = 'accepted' | `dropped:${DropReason}`

export const CALL_TYPES = ['track', 'identify', 'group', 'alias', 'page', 'screen'] as const
export type CallType = (typeof CALL_TYPES)[number]

const MAX_MESSAGE_ID_LENGTH = 100
/** Names that look right and are not: the API reads none of them. */
const WRONG_KEYS = ['user_id', 'anonymous_id', 'message_id', 'sent_at', 'time_stamp', 'timeStamp']
const CONTEXT_KEYS = new Set(
  (
    'active app campaign channel device direct groupId ip library locale network os page referrer screen timezone ' +
    'traits userAgent userAgentData'
  ).split(' '),
)
const ISO_WITH_ZONE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/

type Json = Readonly<Record<string, unknown>>

/** What surrounds a call: its request, and the batch that it came in. */
export interface Surroundings {
  readonly receivedAt: number
  /** The call type of the path; null in a batch, where each call names its own. */
  readonly type: CallType | null
  /** Of the batch, where the call itself has none. */
  readonly sentAt: unknown
  readonly context: unknown
}

/** A call as Segment would keep it. */
export interface Judged {
  readonly drop: DropReason | null
  readonly warnings: readonly string[]
  readonly type: string | null
  readonly messageId: string | null
  /** userId, else anonymousId. */
  readonly customerId: string | null
  readonly name: string | null
  readonly eventId: string | null
  /** receivedAt − (sentAt − timestamp), in milliseconds; null where it cannot be computed. */
  readonly timestamp: number | null
}

/** Judges one call by itself; repetition and write keys are the ledger's part. */
export function judge(call: unknown, around: Surroundings): Judged {
  if (!isObject(call)) return { ...NOTHING, drop: 'not_an_object' }
  const type = around.type ?? call.type
  const content = type === 'track' || type === 'page' || type === 'screen' ? call.properties : call.traits
  const sentAt = timeOf(call.sentAt ?? around.sentAt)
  const original = timeOf(call.timestamp)
  const timestamp =
    original === null ? around.receivedAt : around.receivedAt - ((sentAt ?? around.receivedAt) - original)
  const read = {
    warnings: warningsOf(call, content, around),
    type: typeof type === 'string' ? type : null,
    messageId: textOf(call.messageId),
    customerId: textOf(call.userId) ?? textOf(call.anonymousId),
    name: textOf(call.event),
    eventId: isObject(content) ? textOf(content.event_id) : null,
  }
  const drop = dropOf(call, type, content, Number.isNaN(timestamp))
  return { ...read, drop, timestamp: Number.isNaN(timestamp) ? null : timestamp }
}

const NOTHING: Judged = {
  drop: null,
  warnings: [],
  type: null,
  messageId: null,
  customerId: null,
  name: null,
  eventId: null,
  timestamp: null,
}

function dropOf(call: Json, type: unknown, content: unknown, badTime: boolean): DropReason | null {
  if (!CALL_TYPES.some((known) => known === type)) return 'bad_type'
  if (WRONG_KEYS.some((key) => key in call)) return 'unknown_key'
  if (textOf(call.userId) === null && textOf(call.anonymousId) === null) return 'no_user_anon_id'
  if (type === 'track' && textOf(call.event) === null) return 'no_event_name'
  if (type === 'group' && textOf(call.groupId) === null) return 'no_group_id'
  if (type === 'alias' && textOf(call.previousId) === null) return 'no_previous_id'
  if (content !== undefined && !isObject(content)) return 'bad_properties'
  const { messageId } = call
  if (messageId !== undefined && textOf(messageId) === null) return 'message_id_too_long'
  if (typeof messageId === 'string' && messageId.length > MAX_MESSAGE_ID_LENGTH) return 'message_id_too_long'
  return badTime ? 'bad_timestamp' : null
}

/** What Segment keeps and a person would still want to know. */
function warningsOf(call: Json, content: unknown, around: Surroundings): string[] {
  const warnings: string[] = []
  for (const context of [around.context, call.context]) {
    if (!isObject(context)) continue
    for (const key of Object.keys(context)) if (!CONTEXT_KEYS.has(key)) warnings.push(`unknown_context_key:${key}`)
  }
  if (call.messageId === undefined) warnings.push('no_message_id')
  if (call.sentAt === undefined && around.sentAt === undefined) warnings.push('no_sent_at')
  if (isObject(content)) {
    if ('revenue' in content && typeof content.revenue !== 'number') warnings.push('revenue_not_a_number')
    if ('revenue' in content && !/^[A-Z]{3}$/.test(String(content.currency))) warnings.push('revenue_without_currency')
  }
  return warnings
}

/** Milliseconds of an ISO 8601 time with its zone; null when absent, NaN when it is none. */
function timeOf(value: unknown): number | null {
  if (value === undefined) return null
  if (typeof value !== 'string' || !ISO_WITH_ZONE.test(value)) return Number.NaN
  const ms = Date.parse(value)
  // V8 reads 30 February as 2 March.
  const day = Date.parse(`${value.slice(0, 10)}T00:00:00Z`)
  const exists = !Number.isNaN(day) && new Date(day).toISOString().startsWith(value.slice(0, 10))
  return exists ? ms : Number.NaN
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
