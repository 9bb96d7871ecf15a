import { type AttributeChange, type AttributeError, applyAttributes } from '../../customers/attributes.ts'
import { newCustomer, seen } from '../../customers/customer.ts'
import { logIn } from '../../customers/identity.ts'
import { isAnonymousId } from '../../domain/event.ts'
import type { ReadStorage } from '../../storage/reads.ts'
import type { CustomerRow, HistoryRow } from '../../storage/rows.ts'
import type { Loaded, StepRows, StepStorage } from '../../storage/storage.ts'
import { type JoinDeps, joinInto } from './join.ts'

export interface CustomerDeps extends JoinDeps {
  readonly storage: StepStorage & Pick<ReadStorage, 'getCustomer'> & JoinDeps['storage']
  readonly now: () => number
}

/** A customer that was asked for; `created`: nobody had the id before. */
export interface Opened {
  readonly customer: CustomerRow
  readonly created: boolean
}

/** A device asks often: how long the last time it was seen may lag behind (milliseconds). */
const SEEN_EVERY_MS = 60_000

/**
 * The customer of an app user id, made when nobody has it. Devices ask all the time: whoever was seen just now is read, and
 * takes no place in the line of those that write.
 */
export async function openCustomer(projectId: string, appUserId: string, deps: CustomerDeps): Promise<Opened> {
  const known = await deps.storage.getCustomer(projectId, appUserId)
  if (known !== null && !isNews(known, appUserId, deps.now())) return { customer: known, created: false }
  return change(projectId, appUserId, [], deps, (customer) => ({ customer, save: {} }))
}

/** Stores the keys that are not refused, and brings forward the queues that waited for one of them. */
export async function setAttributes(
  projectId: string,
  appUserId: string,
  changes: readonly AttributeChange[],
  deps: CustomerDeps,
): Promise<readonly AttributeError[]> {
  let errors: readonly AttributeError[] = []
  await change(projectId, appUserId, [], deps, (before, now) => {
    const { made, errors: refused, ...state } = applyAttributes(before, changes, now)
    errors = refused
    const customer = { ...before, ...state }
    const history = made.map((one) => historyRow(before, now, 'attribute', one))
    const queues = deps.hasten({ customers: [before], provisional: false }, customer, now)
    return { customer, save: { history, queues } }
  })
  deps.wake()
  return errors
}

/** What an attribution network's SDK sent: kept on the customer as it came. */
export async function keepAttribution(
  projectId: string,
  appUserId: string,
  kind: string,
  body: unknown,
  deps: CustomerDeps,
): Promise<void> {
  await change(projectId, appUserId, [], deps, (customer, now) => ({
    customer,
    save: { history: [historyRow(customer, now, 'attribution', { kind, body })] },
  }))
}

/** Who was `from` is `to` from now on, by the rules of customers/identity.ts. */
export function identify(projectId: string, from: string, to: string, deps: CustomerDeps): Promise<Opened> {
  return persistently(async () => {
    const [device, target] = await find(projectId, [from, to], deps)
    switch (logIn(from, device, target)) {
      case 'same':
      case 'switch':
        return { opened: await openCustomer(projectId, to, deps), done: true }
      case 'merge':
        // An id that no device has shown yet is another name of the customer from its first log-in on.
        if (device === null) return openAs(projectId, to, isAnonymousId(from) ? [from] : [], deps)
        return becomeOne(projectId, device, to, deps)
    }
  })
}

/** What became of one try; not `done`: another step came between what was read and what was to be done about it. */
interface Tried {
  readonly opened: Opened
  readonly done: boolean
}

/** A device sends its first requests all at once, so one that makes a customer may come in the midst of a log-in. */
const MOST_TRIES = 5

async function persistently(attempt: () => Promise<Tried>): Promise<Opened> {
  let created = false
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const { opened, done } = await attempt()
    created = created || opened.created
    if (done) return { ...opened, created }
  }
  throw new Error('A log-in lost the race for its customers again and again; send it again.')
}

export type Aliased =
  | { readonly kind: 'aliased'; readonly opened: Opened }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * Two ids become one customer. A public key, which everybody can read in the app, may not make one of two customers that
 * are both identified: it would hand the purchases of the one to the other.
 */
export async function alias(
  projectId: string,
  from: string,
  to: string,
  trusted: boolean,
  deps: CustomerDeps,
): Promise<Aliased> {
  if (!trusted && (await areTwoPeople(projectId, [from, to], deps))) {
    return {
      kind: 'refused',
      reason: 'Both ids belong to identified customers, which a public key may not make one; use a secret key.',
    }
  }
  const opened = await persistently(async () => {
    const [device] = await find(projectId, [from, to], deps)
    return device === null ? openAs(projectId, to, [from], deps) : becomeOne(projectId, device, to, deps)
  })
  return { kind: 'aliased', opened }
}

async function areTwoPeople(projectId: string, ids: readonly [string, string], deps: CustomerDeps): Promise<boolean> {
  const [first, second] = await find(projectId, ids, deps)
  const known = (row: CustomerRow | null): boolean => row?.aliases.some((id) => !isAnonymousId(id)) ?? false
  return first?.id !== second?.id && known(first) && known(second)
}

/** `from` goes into the customer of `to`. */
async function becomeOne(projectId: string, from: CustomerRow, to: string, deps: CustomerDeps): Promise<Tried> {
  const opened = await openCustomer(projectId, to, deps)
  if (opened.customer.id === from.id) return { opened, done: true }
  const customer = await joinInto(opened.customer, from, deps)
  return { opened: { customer: customer ?? opened.customer, created: opened.created }, done: customer !== null }
}

/** Opens a customer that has these names too; not done while somebody else has one of them. */
async function openAs(
  projectId: string,
  appUserId: string,
  names: readonly string[],
  deps: CustomerDeps,
): Promise<Tried> {
  const opened = await change(projectId, appUserId, names, deps, (customer, now, loaded) => {
    const free = names.filter(
      (name) => loaded.customerOf.get(`${projectId}\n${name}`) === undefined && !customer.aliases.includes(name),
    )
    if (free.length === 0) return { customer, save: {} }
    const named = { ...customer, aliases: [...customer.aliases, ...free] }
    return { customer: named, save: { history: [historyRow(customer, now, 'alias', { ids: free })] } }
  })
  return { opened, done: names.every((name) => opened.customer.aliases.includes(name)) }
}

export function historyRow(
  { projectId, id }: Pick<CustomerRow, 'projectId' | 'id'>,
  at: number,
  kind: HistoryRow['kind'],
  body: unknown,
): HistoryRow {
  return { projectId, customerId: id, at, kind, body: JSON.stringify(body) }
}

type Compute = (
  customer: CustomerRow,
  now: number,
  loaded: Loaded,
) => { readonly customer: CustomerRow; readonly save: StepRows }

/** One step on the customer of an id, made when it is new and seen under this id. */
async function change(
  projectId: string,
  appUserId: string,
  beside: readonly string[],
  deps: CustomerDeps,
  compute: Compute,
): Promise<Opened> {
  const now = deps.now()
  // A store's account token is the lower-case form of an id that may not be.
  const lower = appUserId.toLowerCase()
  const ids = [...new Set([appUserId, lower, ...beside])].map((id) => ({ projectId, appUserId: id }))
  return deps.storage.step({ purchases: [], appUserIds: ids }, (loaded) => {
    const known = customerNamed(projectId, appUserId, loaded)
    const token = known === null && lower !== appUserId ? customerNamed(projectId, lower, loaded) : null
    const own = token?.onlyNamed === true ? { ...token, aliases: [...token.aliases, appUserId] } : known
    const before = own ?? newCustomer(projectId, appUserId, now)
    const computed = compute(before, now, loaded)
    const customer = seen(computed.customer, appUserId, now)
    const unchanged = computed.customer === known && !isNews(known, appUserId, now)
    return {
      save: unchanged ? computed.save : { ...computed.save, customers: [customer] },
      result: { customer: unchanged ? known : { ...customer, version: customer.version + 1 }, created: own === null },
    }
  })
}

function isNews(known: CustomerRow, appUserId: string, now: number): boolean {
  return known.onlyNamed || known.lastSeenAppUserId !== appUserId || now - known.lastSeenAt >= SEEN_EVERY_MS
}

export function customerNamed(projectId: string, appUserId: string, loaded: Loaded): CustomerRow | null {
  const id = loaded.customerOf.get(`${projectId}\n${appUserId}`)
  return id === undefined ? null : (loaded.customers.get(`${projectId}\n${id}`) ?? null)
}

/** The customers of two ids as they are. */
function find(
  projectId: string,
  [a, b]: readonly [string, string],
  deps: CustomerDeps,
): Promise<readonly [CustomerRow | null, CustomerRow | null]> {
  const appUserIds = [a, b].map((appUserId) => ({ projectId, appUserId }))
  return deps.storage.step({ purchases: [], appUserIds }, (loaded) => ({
    save: {},
    result: [customerNamed(projectId, a, loaded), customerNamed(projectId, b, loaded)] as const,
  }))
}
