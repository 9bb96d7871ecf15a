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

/** What is known of a customer's attributes: their values, and the deletions that older values must not undo. */
export interface AttributeState {
  readonly attributes: Attributes
  /** Key → when its sender deleted it (milliseconds). */
  readonly deletedAttributes: Readonly<Record<string, number>>
}

/** A change that was made, for the customer's history. */
export interface AttributeMade {
  readonly key: string
  /** null: deleted. */
  readonly value: string | null
  readonly updatedAt: number
}

export interface AppliedAttributes extends AttributeState {
  readonly errors: readonly AttributeError[]
  readonly made: readonly AttributeMade[]
}

/** Deletions that are remembered; the oldest go. Nobody deletes so many keys but to fill our memory. */
const MAX_DELETIONS = 100

/**
 * What a customer's attributes become. Pure: `current` is left as it is, and the same call gives the same answer. Its own
 * maps come back when nothing changed; new ones have no prototype.
 *
 * The newer `updatedAt` wins, a deletion's as well: what was set before it and arrives after it stays away. One that lies
 * in the future counts as `now`: a device whose clock is years ahead would otherwise lock an attribute for years. Device
 * and attribution ids keep their first value.
 */
export function applyAttributes(
  current: AttributeState,
  changes: readonly AttributeChange[],
  now: number,
): AppliedAttributes {
  const next = copyOf(current.attributes)
  const gone: Record<string, number> = Object.assign(Object.create(null), current.deletedAttributes)
  const errors: AttributeError[] = []
  const made: AttributeMade[] = []
  let forgotten = false
  let custom = Object.keys(next).filter(isCustomKey).length
  for (const wish of deletionsFirst(changes)) {
    const key = canonicalKey(wish.key)
    const refusal = refuseKey(key) ?? refuseValue(wish.value) ?? refuseTime(wish.updatedAt)
    if (refusal !== null) {
      errors.push({ keyName: wish.key, message: refusal })
      continue
    }
    const present = next[key]
    const updatedAt = timeToStore(wish.updatedAt, present?.updatedAt ?? gone[key], now)
    if (updatedAt === null || (present !== undefined && isFirstWins(key))) continue
    if (deletes(wish)) {
      if (isFirstWins(key)) continue
      gone[key] = updatedAt
      forgotten = true
      if (present === undefined) continue
      delete next[key]
      if (isCustomKey(key)) custom -= 1
      made.push({ key, value: null, updatedAt })
      continue
    }
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
    delete gone[key]
    made.push({ key, value: next[key].value, updatedAt })
  }
  const changed = made.length > 0
  return {
    attributes: changed ? next : current.attributes,
    deletedAttributes: changed || forgotten ? newest(gone) : current.deletedAttributes,
    errors,
    made,
  }
}

/** Two customers become one: of each attribute the newer wins, of device and attribution ids the older. Pure. */
export function mergeAttributes(a: AttributeState, b: AttributeState): AttributeState {
  const attributes = copyOf(a.attributes)
  const gone: Record<string, number> = Object.assign(Object.create(null), a.deletedAttributes)
  for (const [key, at] of Object.entries(b.deletedAttributes)) gone[key] = Math.max(at, gone[key] ?? at)
  for (const [key, value] of Object.entries(b.attributes)) {
    const own = attributes[key]
    const theirs =
      own === undefined || (isFirstWins(key) ? value.updatedAt < own.updatedAt : value.updatedAt > own.updatedAt)
    if (theirs) attributes[key] = value
  }
  for (const [key, at] of Object.entries(gone)) {
    const value = attributes[key]
    if (value === undefined) continue
    if (value.updatedAt > at) delete gone[key]
    else delete attributes[key]
  }
  return { attributes, deletedAttributes: newest(gone) }
}

function newest(gone: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const entries = Object.entries(gone)
  if (entries.length <= MAX_DELETIONS) return gone
  return Object.assign(
    Object.create(null),
    Object.fromEntries(entries.sort(([, a], [, b]) => b - a).slice(0, MAX_DELETIONS)),
  )
}

/** So that one request can exchange an attribute for another at the limit. */
function deletionsFirst(changes: readonly AttributeChange[]): readonly AttributeChange[] {
  return [...changes.filter(deletes), ...changes.filter((change) => !deletes(change))]
}

function deletes(change: AttributeChange): boolean {
  return change.value === null || change.value === ''
}

/** The time to store a change under, or null when what is known of the key (`before`) is as new or newer. */
function timeToStore(updatedAt: number | null, before: number | undefined, now: number): number | null {
  if (updatedAt === null || updatedAt > now) {
    // Ours, not the sender's: among changes of one millisecond the one that arrives last is the newest.
    return before === undefined ? now : Math.max(now, before)
  }
  const at = Math.floor(updatedAt)
  return before === undefined || at > before ? at : null
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
