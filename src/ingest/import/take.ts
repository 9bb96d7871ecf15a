import { anonymousOwner } from '../../domain/ids.ts'
import { isCharge } from '../../domain/merge.ts'
import type { App, Project } from '../../domain/project.ts'
import { type PurchaseKey, purchaseId, type SourceName } from '../../domain/purchase.ts'
import type { Purchase } from '../../domain/purchase-state.ts'
import type { CustomerRow, HistoryRow, LinkRow, PurchaseRow } from '../../storage/rows.ts'
import type { ClockStorage, Loaded, QueueWake, StepRows, StepStorage } from '../../storage/storage.ts'
import type { Store } from '../../stores/store.ts'
import { type FoldDeps, type Folded, foldBatch, type PurchaseWork } from '../fold.ts'
import { clockTerms } from '../groups.ts'
import type { JoinDeps } from '../identity/join.ts'
import { type ExportedCustomer, exportedCustomer, type Remark, takenOver } from './customers.ts'
import { observationOf } from './facts.ts'
import { type ExportedRows, isGrant, purchasesOf, type Shelf } from './purchases.ts'
import type { ExportRow } from './row.ts'

export interface ExportBatch extends Shelf {
  readonly project: Project
  /** What the export is known to be as of (milliseconds). */
  readonly asOf: number
  /** Announce what is dated at or after the `events_from` of its app. */
  readonly announce: boolean
  /** Each with all its rows, as far as they fit into one batch. */
  readonly customers: readonly (readonly ExportRow[])[]
}

export interface Taken {
  readonly rows: number
  readonly customers: number
  readonly purchases: number
  readonly movements: number
  readonly events: number
  readonly remarks: readonly Remark[]
}

export interface TakeDeps extends FoldDeps {
  readonly storage: StepStorage
  readonly links: Pick<ClockStorage, 'findLinks'>
  readonly stores: ReadonlyMap<SourceName, Store>
  readonly now: () => number
  readonly announced: (folded: Folded) => void
  readonly hasten: JoinDeps['hasten']
  readonly wake: () => void
  /** Makes two ids one customer; null when they are one now, else why not, in one sentence. */
  readonly join: (projectId: string, from: string, into: string) => Promise<string | null>
}

interface Unit {
  readonly customer: ExportedCustomer
  readonly purchases: readonly ExportedRows[]
}

/** Ids that the hub knows as two customers and the export as one. */
interface Join {
  readonly unit: Unit
  readonly from: string
  readonly into: string
}

interface Step extends Omit<Taken, 'rows'> {
  readonly joins: readonly Join[]
  readonly hastened: boolean
  readonly folded: Folded
}

/** A join changes who owns what, so its customer is worked out again; one that needs more than this goes in circles. */
const MOST_ROUNDS = 4

/** Takes over a batch of an export in one transaction; taken twice it adds nothing. */
export async function takeExported(batch: ExportBatch, deps: TakeDeps): Promise<Taken> {
  const remarks: Remark[] = []
  const sums = { rows: 0, customers: 0, purchases: 0, movements: 0, events: 0 }
  let units = await unitsOf(batch, remarks, deps)
  for (let round = 1; units.length > 0; round += 1) {
    const step = await takeUnits(units, batch, deps)
    const again = new Set(step.joins.map(({ unit }) => unit))
    for (const unit of units)
      if (!again.has(unit)) sums.rows += unit.purchases.reduce((sum, { taken }) => sum + taken, 0)
    for (const name of ['customers', 'purchases', 'movements', 'events'] as const) sums[name] += step[name]
    remarks.push(...step.remarks)
    if (step.events > 0) deps.announced(step.folded)
    if (step.hastened) deps.wake()
    units = await joined(step.joins, round, batch, remarks, deps)
  }
  return { ...sums, remarks }
}

async function unitsOf(batch: ExportBatch, remarks: Remark[], deps: TakeDeps): Promise<readonly Unit[]> {
  const units: Unit[] = []
  for (const rows of batch.customers) {
    const customer = exportedCustomer(rows)
    if ('reason' in customer) {
      remarks.push(customer)
      continue
    }
    const found = purchasesOf(batch.project.id, rows, batch)
    remarks.push(...found.remarks)
    units.push({ customer, purchases: found.purchases })
  }
  return knownByLinks(units, batch.project.id, deps)
}

/** A purchase of Google's may be known by its token already: its first order leads to it. */
async function knownByLinks(units: readonly Unit[], projectId: string, { links }: TakeDeps): Promise<readonly Unit[]> {
  const known = new Map<string, PurchaseKey>()
  for (const environment of ['production', 'sandbox'] as const) {
    const names = units.flatMap(({ purchases }) =>
      purchases.flatMap(({ key }) => (isPlay(key) && key.environment === environment ? [key.chain] : [])),
    )
    if (names.length === 0) continue
    const found = await links.findLinks({ projectId, store: 'play_store', environment, names: [...new Set(names)] })
    for (const [name, row] of found) known.set(`${environment}\n${name}`, row.key)
  }
  if (known.size === 0) return units
  const resolved = (one: ExportedRows): ExportedRows => {
    const key = isPlay(one.key) ? known.get(`${one.key.environment}\n${one.key.chain}`) : undefined
    return key === undefined ? one : { ...one, key }
  }
  return units.map((unit) => ({ ...unit, purchases: unit.purchases.map(resolved) }))
}

function isPlay(key: PurchaseKey): boolean {
  return key.store === 'play_store'
}

async function joined(
  joins: readonly Join[],
  round: number,
  { project }: ExportBatch,
  remarks: Remark[],
  deps: TakeDeps,
): Promise<readonly Unit[]> {
  const again: Unit[] = []
  for (const { unit, from, into } of joins) {
    const refusal =
      round < MOST_ROUNDS
        ? await deps.join(project.id, from, into)
        : 'Its ids are several customers of the hub, which could not be joined.'
    if (refusal === null) again.push(unit)
    else remarks.push({ reason: refusal, places: rowsOf(unit).map(({ place }) => place), skips: true })
  }
  return again
}

function rowsOf({ purchases }: Unit): readonly ExportRow[] {
  return purchases.flatMap(({ rows }) => rows)
}

// ── one step ────────────────────────────────────────────────────────────────────────────────────────────────────────

function takeUnits(units: readonly Unit[], batch: ExportBatch, deps: TakeDeps): Promise<Step> {
  const projectId = batch.project.id
  const keys = units.flatMap(({ purchases }) => purchases.map(({ key }) => key))
  const ids = new Set([...units.flatMap(({ customer }) => customer.ids), ...keys.map(anonymousOwner)])
  const appUserIds = [...ids].map((appUserId) => ({ projectId, appUserId }))
  return deps.storage.step({ purchases: keys, appUserIds }, (loaded) => {
    const { save, ...step } = stepOf(units, loaded, batch, deps)
    return { save, result: step }
  })
}

function stepOf(
  units: readonly Unit[],
  loaded: Loaded,
  batch: ExportBatch,
  deps: TakeDeps,
): Step & { readonly save: StepRows } {
  const now = deps.now()
  const projectId = batch.project.id
  const customers = new Map(loaded.customers)
  const customerOf = new Map(loaded.customerOf)
  const changed = new Map<string, CustomerRow>()
  const work: PurchaseWork[] = []
  const joins: Join[] = []
  const remarks: Remark[] = []
  const history: HistoryRow[] = []
  const queues: QueueWake[] = []
  for (const unit of units) {
    const join = joinOf(unit, projectId, { customers, customerOf, purchases: loaded.purchases })
    if (join !== null) {
      joins.push(join)
      continue
    }
    const id = unit.customer.ids.map((one) => customerOf.get(`${projectId}\n${one}`)).find((one) => one !== undefined)
    const known = id === undefined ? null : (customers.get(`${projectId}\n${id}`) ?? null)
    const after = takenOver(known, unit.customer, projectId, now)
    const at = `${projectId}\n${after.customer.id}`
    customers.set(at, after.customer)
    for (const alias of after.customer.aliases) customerOf.set(`${projectId}\n${alias}`, after.customer.id)
    if (after.changed) changed.set(at, after.customer)
    history.push(...after.history)
    if (known !== null && after.changed)
      queues.push(...deps.hasten({ customers: [known], provisional: false }, after.customer, now))
    remarks.push(...after.remarks)
    const owner = unit.customer.newest.originalAppUserId
    for (const one of unit.purchases) {
      const row = loaded.purchases.get(purchaseId(one.key)) ?? null
      if (row !== null && row.customerId !== after.customer.id) remarks.push(ownedByAnother(one))
      work.push(workOf(one, owner, row, now, batch, deps))
    }
  }
  const folded = foldBatch(work, { ...loaded, customers, customerOf }, deps)
  for (const row of folded.save.customers ?? []) changed.set(`${row.projectId}\n${row.id}`, row)
  const purchases = (folded.save.purchases ?? []).map((row) => (batch.announce ? row : withGrantTold(row)))
  return {
    joins,
    folded,
    remarks,
    customers: changed.size,
    purchases: purchases.length,
    movements: folded.save.ledger?.length ?? 0,
    events: folded.events.length,
    hastened: queues.length > 0,
    save: {
      ...folded.save,
      customers: [...changed.values()],
      purchases,
      history,
      queues: [...(folded.save.queues ?? []), ...queues],
    },
  }
}

/** Two customers of the hub whom the export knows as one, or an owner that the hub made up until somebody knows better. */
function joinOf(unit: Unit, projectId: string, { customers, customerOf, purchases }: Loaded): Join | null {
  const { ids, newest } = unit.customer
  const found = ids.filter((one) => customerOf.has(`${projectId}\n${one}`))
  const of = (one: string): string | undefined => customerOf.get(`${projectId}\n${one}`)
  const other = found.find((one) => of(one) !== of(found[0] ?? one))
  if (other !== undefined && found[0] !== undefined) return { unit, from: found[0], into: other }
  for (const { key } of unit.purchases) {
    const row = purchases.get(purchaseId(key))
    const owner = row === undefined ? undefined : customers.get(`${projectId}\n${row.customerId}`)
    // Only its store has named this customer; the export knows who it is.
    if (owner?.onlyNamed === true && owner.id !== of(found[0] ?? ''))
      return { unit, from: owner.originalAppUserId, into: newest.originalAppUserId }
  }
  return null
}

function ownedByAnother({ rows }: ExportedRows): Remark {
  return {
    reason: 'Its purchase belongs to another customer of the hub, who keeps it.',
    places: rows.map(({ place }) => place),
    skips: false,
  }
}

function workOf(
  { key, app, rows }: ExportedRows,
  owner: string,
  row: PurchaseRow | null,
  now: number,
  batch: ExportBatch,
  deps: TakeDeps,
): PurchaseWork {
  const store = deps.stores.get(app.store)
  if (store === undefined) throw new Error(`There is no connector of ${app.store}: this is a bug in the registry`)
  const { asOf } = batch
  const observation = observationOf({
    key,
    appId: app.id,
    owner,
    rows,
    asOf: Math.min(asOf, now),
    knownUpTo: newestOf(row),
  })
  return {
    key,
    app: batch.announce ? app : silent(app),
    // An export names the owner of each purchase: none of them is unknown.
    project: batch.project.trackUnknownPurchases ? batch.project : { ...batch.project, trackUnknownPurchases: true },
    observations: [{ observation, notificationId: null }],
    now,
    mayAskHistory: false,
    clock: clockTerms(store, app),
    asked: false,
    links: isPlay(key) ? linksOf(key, rows) : [],
  }
}

function newestOf(row: PurchaseRow | null): number | null {
  if (row === null) return null
  const charges = (JSON.parse(row.body) as Purchase).facts.filter(isCharge)
  return charges.length === 0 ? null : Math.max(...charges.map(({ at }) => at))
}

/** The order that began the chain: the token that comes later shows it, and finds the purchase by it. */
function linksOf(key: PurchaseKey, rows: readonly ExportRow[]): readonly LinkRow[] {
  return [...new Set(rows.map(({ originalTransactionId }) => originalTransactionId))].map((name) => ({ name, key }))
}

const SILENT = new WeakMap<App, App>()

/** Nothing is dated after the end of time: state and ledger are taken over, and nothing is announced. */
function silent(app: App): App {
  const known = SILENT.get(app) ?? { ...app, eventsFrom: Number.MAX_SAFE_INTEGER }
  SILENT.set(app, known)
  return known
}

/**
 * Grants have no `events_from`: whatever is found of one is announced. One that is taken over was announced by whoever
 * gave it; its end is still to come.
 */
function withGrantTold(row: PurchaseRow): PurchaseRow {
  if (!isGrant(row)) return row
  const purchase = JSON.parse(row.body) as Purchase
  const told = purchase.facts.flatMap((fact) => {
    if (fact.kind !== 'one_time' && fact.kind !== 'ended') return []
    const what = fact.kind === 'ended' ? ('expire' as const) : ('purchase' as const)
    const key = fact.kind === 'ended' ? `ended|${fact.period}|${fact.at}|${fact.reason}` : `one_time|${fact.period}`
    return purchase.announced.some((one) => one.what === what && one.period === fact.period)
      ? []
      : [{ what, period: fact.period, n: '1', fact: key }]
  })
  return { ...row, body: JSON.stringify({ ...purchase, announced: [...purchase.announced, ...told] }) }
}
