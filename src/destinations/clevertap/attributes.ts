import type { Attributes } from '../../domain/event.ts'
import type { RenderOptions } from './fields.ts'
import { cutToBytes, MAX_KEY_LENGTH, MAX_VALUE_BYTES } from './limits.ts'

/**
 * Every name that a record uses itself, present or not: an attribute called `amount` would pass for revenue where the
 * event has none. `__proto__` is here because no object can hold it as a plain key.
 */
const OWN_KEYS: ReadonlySet<string> = new Set([
  'amount',
  'currency',
  'product_id',
  'app_id',
  'cancel_reason',
  'expiration_reason',
  'grace_period_expiration_at',
  'new_product_id',
  'event_id',
  'store',
  'environment',
  'period_type',
  'expires_at',
  'country_code',
  'offer_code',
  'renewal_number',
  'transaction_id',
  'is_refund',
  'occurred_at',
  'revenue_unavailable',
  'price_in_purchased_currency',
  'purchased_currency',
  '__proto__',
])

/** Of the least use in CleverTap, and the longest: the first to go. */
const DEVICE_IDS: ReadonlySet<string> = new Set([
  '$idfa',
  '$idfv',
  '$gpsAdId',
  '$androidId',
  '$amazonAdId',
  '$ip',
  '$deviceVersion',
  '$apnsTokens',
  '$fcmTokens',
])

export interface SpreadAttributes {
  readonly properties: Readonly<Record<string, string>>
  readonly notes: readonly string[]
}

interface Candidate {
  readonly key: string
  readonly value: string
  /** 0 goes last. */
  readonly rank: 0 | 1 | 2
}

const NOTHING: SpreadAttributes = { properties: {}, notes: [] }

/**
 * The attributes as flat properties, at most `room` of them: where there are more, reserved device ids go first, then
 * other `$` keys, then custom ones; within a kind the alphabetically last. `customOnly` leaves every `$` key out.
 */
export function spreadAttributes(
  attributes: Attributes,
  options: RenderOptions,
  room: number,
  customOnly: boolean,
): SpreadAttributes {
  const notes: string[] = []
  const candidates = candidatesOf(attributes, options, notes)
  if (candidates.length === 0) return notes.length === 0 ? NOTHING : { properties: {}, notes }
  const { kept, dropped } = within(candidates, Math.max(0, room), customOnly)
  const properties: Record<string, string> = {}
  for (const { key, value } of kept) {
    const cut = cutToBytes(value, MAX_VALUE_BYTES)
    if (cut.length < value.length) notes.push(cutNote(key))
    properties[key] = cut
  }
  if (dropped.length > 0) notes.push(`Left out to keep the limit of properties: ${listed(dropped)}.`)
  return { properties, notes }
}

export function cutNote(key: string): string {
  return `Cut the value of ${key} to ${MAX_VALUE_BYTES} bytes.`
}

function candidatesOf(attributes: Attributes, options: RenderOptions, notes: string[]): readonly Candidate[] {
  const wanted = (key: string): boolean =>
    attributes[key] !== undefined &&
    attributes[key].value !== '' &&
    !options.exclude.includes(key) &&
    (options.include.length === 0 || options.include.includes(key))
  const candidates: Candidate[] = []
  // Sorted, so that one set of attributes always gives the same bytes.
  for (const name of Object.keys(attributes).sort()) {
    if (!wanted(name)) continue
    const reserved = name.startsWith('$')
    const key = options.plainKeys && reserved ? name.slice(1) : name
    if (key === '' || OWN_KEYS.has(key)) {
      notes.push(`Left out the attribute ${name}: the event uses this name itself.`)
    } else if (key !== name && wanted(key)) {
      notes.push(`Left out the attribute ${name}: the customer also has one called ${key}.`)
    } else if (key.length > MAX_KEY_LENGTH) {
      notes.push(`Left out the attribute ${key.slice(0, 20)}…: its key has over ${MAX_KEY_LENGTH} characters.`)
    } else {
      const rank = DEVICE_IDS.has(name) ? 2 : reserved ? 1 : 0
      candidates.push({ key, value: attributes[name]?.value ?? '', rank })
    }
  }
  return candidates
}

function within(
  candidates: readonly Candidate[],
  room: number,
  customOnly: boolean,
): { readonly kept: readonly Candidate[]; readonly dropped: readonly string[] } {
  if (!customOnly && candidates.length <= room) return { kept: candidates, dropped: [] }
  const kept: Candidate[] = []
  const dropped: string[] = []
  for (const candidate of candidates.toSorted((a, b) => a.rank - b.rank)) {
    if (kept.length < room && !(customOnly && candidate.rank > 0)) kept.push(candidate)
    else dropped.push(candidate.key)
  }
  return { kept, dropped }
}

function listed(keys: readonly string[]): string {
  const shown = keys.slice(0, 10).join(', ')
  return keys.length > 10 ? `${shown} and ${keys.length - 10} more` : shown
}
