import type { Attributes, AttributeValue } from '../domain/event.ts'
import { canonicalKey, isCustomKey, isFirstWins, refuseKey } from './attribute-keys.ts'

/** https://www.revenuecat.com/docs/customers/customer-attributes */
export const MAX_CUSTOM_ATTRIBUTES = 50
export const MAX_VALUE_LENGTH = 500

/** One wish about one attribute, as an API gives it. */
export interface AttributeChange {
  readonly key: string
  /** null and '' delete. */
  readonly value: string | null
  /** When the sender changed it (milliseconds UTC); null: the moment it arrives. */
  readonly updatedAt: number | null
}

/** Why one key was not taken. The others are stored all the same. */
export interface AttributeError {
  readonly keyName: string
  readonly message: string
}

export interface AppliedAttributes {
  /** A map without a prototype; `current` itself when nothing changed. */
  readonly attributes: Attributes
  readonly errors: readonly AttributeError[]
}

/**
 * What a customer's attributes become. Pure: `current` is left as it is, and the same call gives the same answer.
 *
 * The newer `updatedAt` wins. One that lies in the future counts as `now`: a device whose clock is years ahead would
 * otherwise lock an attribute for years. Device and attribution ids keep their first value. A deletion leaves no trace,
 * so a change that is older than the deletion and arrives after it is stored.
 */
export function applyAttributes(
  current: Attributes,
  changes: readonly AttributeChange[],
  now: number,
): AppliedAttributes {
  const next = copyOf(current)
  const errors: AttributeError[] = []
  let changed = false
  let custom = Object.keys(next).filter(isCustomKey).length
  for (const wish of deletionsFirst(changes)) {
    const key = canonicalKey(wish.key)
    const refusal = refuseKey(key) ?? refuseValue(wish.value) ?? refuseTime(wish.updatedAt)
    if (refusal !== null) {
      errors.push({ keyName: wish.key, message: refusal })
      continue
    }
    const present = next[key]
    const updatedAt = timeToStore(wish.updatedAt, present, now)
    if (updatedAt === null || (present !== undefined && isFirstWins(key))) continue
    if (deletes(wish)) {
      if (present === undefined) continue
      delete next[key]
      if (isCustomKey(key)) custom -= 1
    } else {
      if (present === undefined && isCustomKey(key)) {
        if (custom >= MAX_CUSTOM_ATTRIBUTES) {
          errors.push({
            keyName: wish.key,
            message: `A customer has at most ${MAX_CUSTOM_ATTRIBUTES} custom attributes; delete one first.`,
          })
          continue
        }
        custom += 1
      }
      next[key] = { value: wish.value ?? '', updatedAt }
    }
    changed = true
  }
  return { attributes: changed ? next : current, errors }
}

/** So that one request can exchange an attribute for another at the limit. */
function deletionsFirst(changes: readonly AttributeChange[]): readonly AttributeChange[] {
  return [...changes.filter(deletes), ...changes.filter((change) => !deletes(change))]
}

function deletes(change: AttributeChange): boolean {
  return change.value === null || change.value === ''
}

/** The time to store a change under, or null when what is there is as new or newer. */
function timeToStore(updatedAt: number | null, present: AttributeValue | undefined, now: number): number | null {
  if (updatedAt === null || updatedAt > now) {
    // Ours, not the sender's: among changes of one millisecond the one that arrives last is the newest.
    return present === undefined ? now : Math.max(now, present.updatedAt)
  }
  const at = Math.floor(updatedAt)
  return present === undefined || at > present.updatedAt ? at : null
}

function refuseValue(value: string | null): string | null {
  if (value === null) return null
  // A character outside the basic plane is two units of `length`: counted only when the cheap bound is passed.
  if (value.length > MAX_VALUE_LENGTH && [...value].length > MAX_VALUE_LENGTH) {
    return `The value has more than ${MAX_VALUE_LENGTH} characters; send a shorter one.`
  }
  if (value.includes('\u0000') || !value.isWellFormed()) {
    return 'The value holds a NUL or half of a surrogate pair, which is no text; send valid Unicode.'
  }
  return null
}

function refuseTime(updatedAt: number | null): string | null {
  if (updatedAt === null) return null
  return Number.isFinite(updatedAt) && updatedAt >= 0 ? null : 'updated_at_ms is not a time in milliseconds since 1970.'
}

/** Attribute keys come from strangers: a map without a prototype has no key that means something else. */
function copyOf(attributes: Attributes): Record<string, AttributeValue> {
  const copy: Record<string, AttributeValue> = Object.create(null)
  for (const [key, value] of Object.entries(attributes)) copy[key] = value
  return copy
}
