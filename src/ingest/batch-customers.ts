import { refuseAppUserId } from '../customers/app-user-id.ts'
import { applyAttributes } from '../customers/attributes.ts'
import { newCustomer } from '../customers/customer.ts'
import { idsOf, isHashedId } from '../customers/identity.ts'
import { type FrozenCustomer, nextSeq } from '../domain/freeze.ts'
import { anonymousOwner, attributeSetHash } from '../domain/ids.ts'
import type { Person } from '../domain/observation.ts'
import type { PurchaseKey } from '../domain/purchase.ts'
import type { AttributeSetRow, CustomerRow, NewEvent, PurchaseRow } from '../storage/rows.ts'
import type { Loaded } from '../storage/storage.ts'

/** The customer that we derive for a purchase of nobody, and nobody else has become one with it. */
export function isNobody({ aliases }: CustomerRow, key: PurchaseKey): boolean {
  return aliases.length === 1 && aliases[0] === anonymousOwner(key)
}

/** A customer as an event freezes it. */
export function frozenCustomer(row: CustomerRow): FrozenCustomer {
  return {
    id: row.id,
    originalAppUserId: row.originalAppUserId,
    aliases: row.aliases,
    lastSeenAppUserId: row.lastSeenAppUserId,
    attributeSet: attributeSetHash(row.attributes),
  }
}

/** The customers of a batch: several purchases may be one customer's, and each event takes the next `seq`. */
export class Customers {
  readonly #rows = new Map<string, CustomerRow>()
  readonly #touched = new Set<string>()
  readonly #idOf = new Map<string, string>()

  constructor(loaded: Loaded) {
    for (const [key, row] of loaded.customers) this.#rows.set(key, row)
    for (const [key, id] of loaded.customerOf) this.#idOf.set(key, id)
  }

  /** The customer of a purchase: who has it already, else whom its store's word for the account means, else a new one. */
  ownerOf(key: PurchaseKey, row: PurchaseRow | null, account: string | null, now: number): string {
    const { projectId } = key
    if (row !== null) return `${projectId}\n${row.customerId}`
    const names = account === null ? [] : idsOf(account)
    for (const name of names) {
      const known = this.#idOf.get(`${projectId}\n${name}`)
      if (known !== undefined) return `${projectId}\n${known}`
    }
    const [name] = names
    const appUserId = name === undefined || isHashedId(key.store, name) ? anonymousOwner(key) : name
    const known = this.#idOf.get(`${projectId}\n${appUserId}`)
    if (known !== undefined) return `${projectId}\n${known}`
    // Grants are the team's own word; what a store names has not been asked for by anybody yet.
    const customer = { ...newCustomer(projectId, appUserId, now), onlyNamed: key.store !== 'promotional' }
    const at = `${projectId}\n${customer.id}`
    this.#rows.set(at, customer)
    this.#idOf.set(`${projectId}\n${appUserId}`, customer.id)
    this.#touched.add(at)
    return at
  }

  /** What a teller knows of the customer: ids that nobody else has, attributes by the rules of the customers' room. */
  learn(at: string, person: Person | undefined, now: number): void {
    if (person === undefined) return
    const row = this.get(at)
    const ids = person.ids.filter(
      (id) => refuseAppUserId(id) === null && !row.aliases.includes(id) && !this.#idOf.has(`${row.projectId}\n${id}`),
    )
    const { attributes, deletedAttributes } = applyAttributes(row, person.attributes, now)
    const [lastSeen = row.lastSeenAppUserId] = person.ids.filter((id) => ids.includes(id) || row.aliases.includes(id))
    const aliases = ids.length === 0 ? row.aliases : [...row.aliases, ...ids]
    if (
      aliases === row.aliases &&
      attributes === row.attributes &&
      lastSeen === row.lastSeenAppUserId &&
      !row.onlyNamed
    )
      return
    for (const id of ids) this.#idOf.set(`${row.projectId}\n${id}`, row.id)
    const learned = { ...row, aliases, attributes, deletedAttributes, lastSeenAppUserId: lastSeen, onlyNamed: false }
    this.#rows.set(at, learned)
    this.#touched.add(at)
  }

  get(at: string): CustomerRow {
    const row = this.#rows.get(at)
    if (row === undefined) throw new Error('A purchase names a customer that storage does not have: this is a bug')
    return row
  }

  takeSeq(at: string, now: number): number {
    const row = this.get(at)
    const seq = nextSeq(row.lastSeq, now)
    this.#rows.set(at, { ...row, lastSeq: seq })
    this.#touched.add(at)
    return seq
  }

  frozen(at: string): FrozenCustomer {
    return frozenCustomer(this.get(at))
  }

  changed(): readonly CustomerRow[] {
    return [...this.#touched].sort().map((at) => this.get(at))
  }

  attributeSets(events: readonly NewEvent[]): readonly AttributeSetRow[] {
    const sets = new Map<string, AttributeSetRow>()
    for (const { event } of events) {
      const at = `${event.projectId}\n${event.attributeSet}`
      if (sets.has(at)) continue
      const { attributes } = this.get(`${event.projectId}\n${event.customerId}`)
      sets.set(at, { projectId: event.projectId, hash: event.attributeSet, attributes })
    }
    return [...sets.values()]
  }
}
