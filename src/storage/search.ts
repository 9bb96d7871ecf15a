import { isErasedId } from '../domain/erased.ts'
import { InvalidCursor } from './errors.ts'
import type { Page } from './reads.ts'
import type { CustomerRow } from './rows.ts'

/** A search for customers, as both drivers do it: they read, this decides what is shown, once, and where it goes on. */
export interface CustomerQuery {
  readonly projectId: string
  /** Beginning of an app user id or of an e-mail address, or a whole transaction id, token or order; '': all of them. */
  readonly query: string
  readonly after: string | null
  readonly limit: number
}

/** A customer under the name by which the list goes on. */
export interface Found {
  readonly name: string
  readonly customer: CustomerRow
}

export interface Name {
  readonly name: string
  /** Of the customer; '' stands before all. */
  readonly id: string
}

/** What a driver reads: bounded, each in the order of its index. */
export interface CustomerIndex {
  /** Newest first, behind a place. */
  seen(before: { readonly at: number; readonly id: string }, limit: number): Promise<readonly CustomerRow[]>
  /** Aliases in the order of (alias, customer), behind `from` and below `to`. */
  aliases(from: Name, to: string, limit: number): Promise<readonly Found[]>
  /** Addresses likewise. */
  emails(from: Name, to: string, limit: number): Promise<readonly Found[]>
  /** Owners of the purchases that a transaction, a chain or a link of this name leads to. */
  byTransaction(name: string, limit: number): Promise<readonly CustomerRow[]>
}

/** Customers of one transaction: more than one only where two stores give the same id. */
const MOST_BY_TRANSACTION = 10

type Place =
  | { readonly in: 'seen'; readonly at: number; readonly id: string }
  | { readonly in: 'aliases' | 'emails'; readonly name: string; readonly id: string }

/** The e-mail address of a customer as it is looked for; null where there is none. */
export function foldedEmail(attributes: CustomerRow['attributes']): string | null {
  const value = attributes.$email?.value
  return value === undefined || value === '' ? null : folded(value)
}

function folded(text: string): string {
  return text.trim().toLowerCase()
}

/** Pages that one call reads until it has something to show. */
const MOST_READS = 5

/**
 * Whoever was erased is nobody, and is found only by whoever looks for `$erased:…` itself. A page may be short for it, and
 * after {@link MOST_READS} of them empty before the end.
 */
export async function searchCustomers(asked: CustomerQuery, index: CustomerIndex): Promise<Page<CustomerRow>> {
  if (isErasedId(asked.query.trim())) return found(asked, index)
  let after = asked.after
  for (let reads = 1; ; reads += 1) {
    const { items, next } = await found({ ...asked, after }, index)
    const known = items.filter(({ aliases }) => !aliases.every(isErasedId))
    if (known.length > 0 || next === null || reads === MOST_READS) return { items: known, next }
    after = next
  }
}

async function found(asked: CustomerQuery, index: CustomerIndex): Promise<Page<CustomerRow>> {
  const place = asked.after === null ? null : placeFrom(asked.after)
  const query = asked.query.trim()
  // No id and no address holds a NUL or half a character, and PostgreSQL takes neither.
  if (query.includes('\0') || !query.isWellFormed()) return { items: [], next: null }
  if (query === '') return newestFirst(place, asked.limit, index)
  const exact = await index.byTransaction(query, MOST_BY_TRANSACTION)
  const shown = new Set(exact.map(({ id }) => id))
  const items = place === null ? [...exact] : []
  if (place?.in !== 'emails') {
    const from = place?.in === 'aliases' ? place : null
    const found = await readOn(query, from, asked.limit, index.aliases)
    items.push(
      ...found.rows
        .filter(({ name, customer }) => !shown.has(customer.id) && name === firstMatch(customer.aliases, query))
        .map(({ customer }) => customer),
    )
    if (found.more !== null) return { items, next: cursorOf({ in: 'aliases', ...found.more }) }
    if (items.length >= asked.limit) return { items, next: cursorOf({ in: 'emails', name: '', id: '' }) }
  }
  const from = place?.in === 'emails' && place.name !== '' ? place : null
  const found = await readOn(folded(query), from, asked.limit, index.emails)
  items.push(
    ...found.rows
      .filter(({ customer }) => !shown.has(customer.id) && firstMatch(customer.aliases, query) === null)
      .map(({ customer }) => customer),
  )
  return { items, next: found.more === null ? null : cursorOf({ in: 'emails', ...found.more }) }
}

async function newestFirst(place: Place | null, limit: number, index: CustomerIndex): Promise<Page<CustomerRow>> {
  const before = place?.in === 'seen' ? place : { at: Number.MAX_SAFE_INTEGER, id: '' }
  const rows = await index.seen(before, limit + 1)
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  if (rows.length <= limit || last === undefined) return { items, next: null }
  return { items, next: cursorOf({ in: 'seen', at: last.lastSeenAt, id: last.id }) }
}

interface Read {
  readonly rows: readonly Found[]
  /** The last row, when there are more behind it. */
  readonly more: Name | null
}

async function readOn(prefix: string, from: Name | null, limit: number, read: CustomerIndex['aliases']): Promise<Read> {
  const found = await read(from ?? { name: prefix, id: '' }, `${prefix}\u{10ffff}`, limit + 1)
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  if (found.length <= limit || last === undefined) return { rows, more: null }
  return { rows, more: { name: last.name, id: last.customer.id } }
}

/** A customer with several ids that begin so is shown once, at the first of them. */
function firstMatch(aliases: readonly string[], prefix: string): string | null {
  const matching = aliases
    .filter((alias) => alias.startsWith(prefix))
    .sort((a, b) => Buffer.compare(bytes(a), bytes(b)))
  return matching[0] ?? null
}

/** Both databases compare by byte. */
function bytes(text: string): Buffer {
  return Buffer.from(text, 'utf8')
}

function cursorOf(place: Place): string {
  const parts =
    place.in === 'seen' ? ['s', place.at, place.id] : [place.in === 'aliases' ? 'a' : 'e', place.name, place.id]
  return Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url')
}

function placeFrom(cursor: string): Place {
  const parts: unknown = parsed(cursor)
  if (Array.isArray(parts) && parts.length === 3 && typeof parts[2] === 'string') {
    const [kind, name, id] = parts as unknown as readonly [unknown, unknown, string]
    if (kind === 's' && typeof name === 'number' && Number.isSafeInteger(name)) return { in: 'seen', at: name, id }
    if (typeof name === 'string' && !name.includes('\0') && !id.includes('\0') && name.isWellFormed()) {
      if (kind === 'a') return { in: 'aliases', name, id }
      if (kind === 'e') return { in: 'emails', name, id }
    }
  }
  throw new InvalidCursor(`"${cursor.slice(0, 40)}" is not a place in this list: pass the "next" of a page.`)
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return null
  }
}
