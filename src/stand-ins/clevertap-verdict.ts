/**
 * How CleverTap judges one record of an upload, as its public pages and recorded traffic tell it
 * (https://developer.clevertap.com/docs/api-errors, https://developer.clevertap.com/docs/upload-events-api).
 * Written apart from the destination, whose judge it is. What no source tells is decided on the strict side and
 * marked "assumed".
 */
export interface Verdict {
  /** null: accepted. */
  readonly code: number | null
  /** `truncated`: CleverTap might cut a name, key or value. `two_identities`: it might pick either. */
  readonly warnings: readonly string[]
}

export interface Rules {
  readonly nowMs: number
  readonly maxProperties: number
  /** Events older, or further ahead, than this are outside the ingestion window (milliseconds). */
  readonly pastMs: number
  readonly futureMs: number
  /** Names that the dashboard marks as discarded. */
  readonly discarded: ReadonlySet<string>
}

const IDENTITIES = ['identity', 'objectId', 'FBID', 'GPID'] as const
/** Beyond it a number can only be milliseconds (assumed to be refused). 2100-01-01. */
const MAX_SECONDS = 4_102_444_800
const RESTRICTED = new Set(
  (
    'stayed notificationclicked notificationviewed notificationsent notificationbounced utmvisited applaunched ' +
    'appuninstalled wzrk_d wzrk_fetch geoclusterentered geoclusterexited scoutgoing scincoming scend sccampaignoptout'
  ).split(' '),
)

/** Profile field → what it may hold and the code for what it may not. */
const PROFILE_FIELDS: Readonly<Record<string, { readonly code: number; readonly valid: RegExp }>> = {
  Gender: { code: 514, valid: /^[MF]$/ },
  Email: { code: 515, valid: /^[^\s@]+@[^\s@]+\.[^\s@]+$/ },
  Phone: { code: 516, valid: /^\+\d{6,15}$/ },
  Employed: { code: 517, valid: /^[YN]$/ },
  Education: { code: 518, valid: /^(School|College|Graduate)$/ },
  Married: { code: 519, valid: /^[YN]$/ },
  Age: { code: 520, valid: /^\d{1,3}$/ },
}

/** As recorded, without "Skipped record number"; those of 512, 522 to 524, 526 to 528 and 555 are assumed. */
const TEXTS: Readonly<Record<number, string>> = {
  509: 'Event Name is incorrect. ErrorCode: 509 - Event name is mandatory.',
  512: 'Event structure is incorrect. ErrorCode: 512 - Event structure is not valid.',
  513: 'Event Name is incorrect. ErrorCode: 513 - Trying to raise a restricted system event.',
  514: 'Profile data is incorrect. Gender is not valid.',
  515: 'Profile data is incorrect. Email is not valid.',
  516: 'Profile data is incorrect. Phone number is not valid.',
  517: 'Profile data is incorrect. Employed needs to be Y/N.',
  518: 'Profile data is incorrect. Education needs to be School/College/Graduate.',
  519: 'Profile data is incorrect. Married needs to be Y/N.',
  520: 'Profile data is incorrect. Age is invalid.',
  522: 'ErrorCode: 522 - Event properties limit exceeded.',
  523: 'ErrorCode: 523 - Identity is missing.',
  524: 'ErrorCode: 524 - Neither event nor profile.',
  525: 'Timestamp should be present in the Unix Epoch format.',
  526: 'ErrorCode: 526 - objectId is not valid.',
  527: 'ErrorCode: 527 - Timestamp is outside the allowed ingestion window.',
  528: 'ErrorCode: 528 - The event is discarded.',
  555: 'ErrorCode: 555 - Miscellaneous error.',
}

/** The sentence of a refusal; `number` is the record's place in the request, from 1. */
export function refusalText(code: number, number: number): string {
  return `${TEXTS[code] ?? `ErrorCode: ${code}.`} Skipped record number : ${number}`
}

export function judge(record: unknown, rules: Rules): Verdict {
  const warnings: string[] = []
  return { code: codeOf(record, rules, warnings), warnings }
}

function codeOf(record: unknown, rules: Rules, warnings: string[]): number | null {
  if (!isObject(record) || !['event', 'profile', 'token'].includes(String(record.type))) return 524
  const identities = IDENTITIES.filter((key) => record[key] !== undefined)
  if (!identities.some((key) => isIdentity(record[key]))) return 523
  if (identities.length > 1) warnings.push('two_identities')
  // Custom ids may hold these signs and have at most 64 (assumed from the SDKs' documentation).
  if (record.objectId !== undefined && !/^[A-Za-z0-9!:@$_-]{1,64}$/.test(String(record.objectId))) return 526
  const { ts } = record
  if (ts !== undefined) {
    if (typeof ts !== 'number' || !Number.isInteger(ts) || ts <= 0 || ts > MAX_SECONDS) return 525
    const ageMs = rules.nowMs - ts * 1000
    if (record.type === 'event' && (ageMs > rules.pastMs || -ageMs > rules.futureMs)) return 527
  }
  if (record.type === 'event') return codeOfEvent(record, rules, warnings)
  return record.type === 'profile' ? codeOfProfile(record, warnings) : null
}

function codeOfEvent(record: Readonly<Record<string, unknown>>, rules: Rules, warnings: string[]): number | null {
  const { evtName, evtData } = record
  if (typeof evtName !== 'string' || evtName.trim() === '') return 509
  if (RESTRICTED.has(evtName.replace(/\s+/g, '').toLowerCase())) return 513
  if (rules.discarded.has(evtName)) return 528
  if (!isObject(evtData)) return 512
  const keys = Object.keys(evtData)
  if (keys.length > rules.maxProperties) return 522
  // Only Charged may nest, in its Items; elsewhere null, lists and objects are assumed to be refused.
  const nested = keys.some((key) => !isScalar(evtData[key]) && !(evtName === 'Charged' && key === 'Items'))
  if (nested) return 512
  if (Buffer.byteLength(evtName) > 512 || isTooLong(evtData)) warnings.push('truncated')
  return null
}

function codeOfProfile(record: Readonly<Record<string, unknown>>, warnings: string[]): number | null {
  const { profileData } = record
  if (!isObject(profileData)) return 524
  for (const [key, { code, valid }] of Object.entries(PROFILE_FIELDS)) {
    const value = profileData[key]
    if (value !== undefined && !valid.test(String(value))) return code
  }
  if (isTooLong(profileData)) warnings.push('truncated')
  return null
}

function isTooLong(properties: Readonly<Record<string, unknown>>): boolean {
  for (const key of Object.keys(properties)) {
    const value = properties[key]
    if (key.length > 120 || (typeof value === 'string' && value.length > 128 && Buffer.byteLength(value) > 512)) {
      return true
    }
  }
  return false
}

function isIdentity(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && value.trim() !== '')
}

function isScalar(value: unknown): boolean {
  return (
    typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
  )
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
