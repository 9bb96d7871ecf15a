import { idsOf, isHashedId } from '../customers/identity.ts'
import { isErasedId } from '../domain/erased.ts'
import type { FrozenEvent, LifecycleEvent } from '../domain/event.ts'
import type { ClockTerms } from '../domain/expiry.ts'
import { freeze } from '../domain/freeze.ts'
import type { Happening } from '../domain/happening.ts'
import { anonymousOwner } from '../domain/ids.ts'
import { questionOf } from '../domain/ledger.ts'
import type { Observation } from '../domain/observation.ts'
import { type Entry, type ObserveContext, observe } from '../domain/observe.ts'
import type { App, Project } from '../domain/project.ts'
import { type PurchaseKey, purchaseId } from '../domain/purchase.ts'
import type { Purchase } from '../domain/purchase-state.ts'
import { standingAt } from '../domain/standing.ts'
import { needsHistory } from '../domain/timeline/predecessor.ts'
import type {
  CustomerRow,
  LedgerRow,
  LinkRow,
  NewDelivery,
  NewEvent,
  NotificationChange,
  PurchaseRow,
} from '../storage/rows.ts'
import type { Loaded, QueueWake, StepRows } from '../storage/storage.ts'
import { Customers, isNobody } from './batch-customers.ts'
import { ledgerRow } from './ledger-row.ts'
import { checkOf, markedBy } from './unverified.ts'

/** Observations of one purchase, each with the notification that told it (null: a history). */
export interface PurchaseWork {
  readonly key: PurchaseKey
  readonly app: App
  readonly project: Project
  readonly observations: readonly { readonly observation: Observation; readonly notificationId: string | null }[]
  /** When the messages were received: never later than now, so that nothing occurs after it was learned. */
  readonly now: number
  /** What to ask a history of, or null when none can be asked or the time for it is over. */
  readonly mayAskHistory: boolean
  readonly clock: ClockTerms
  /** The store was asked for the state of this purchase just now. */
  readonly asked: boolean
  /** Whether the store had an answer to the clock's question; left out: there was none. */
  readonly answer?: 'given' | 'failed'
  /** Names by which later messages find this purchase. */
  readonly links?: readonly LinkRow[]
}

/** Which deliveries an event makes: delivery's own rule, handed in. */
export type FanOut = (
  event: FrozenEvent,
  customer: CustomerRow,
  now: number,
) => { readonly deliveries: readonly NewDelivery[]; readonly queues: readonly QueueWake[] }

export interface Folded {
  readonly save: StepRows
  /** Purchases whose class of a period cannot be told yet: their history is asked first, nothing of them is saved. */
  readonly needHistory: readonly string[]
  /** What each purchase yielded. */
  readonly events: readonly NewEvent[]
  /** Purchases of nobody whose message names an account after all. */
  readonly named: readonly Named[]
}

/** A purchase that belongs to the anonymous customer derived from it, and the account that its store names. */
export interface Named {
  readonly key: PurchaseKey
  readonly account: string
}

export interface FoldDeps {
  terms(app: App): ObserveContext['terms']
  readonly fanOut: FanOut
  /** Whether an SDK or a backend shows receipts of this app: then the owner of a purchase may still turn up. */
  readonly getsReceipts: (app: App) => boolean
}

/**
 * Folds a batch of work into what one transaction saves: purchases, ledger, customers, events, deliveries, queues.
 * Pure, and may run several times on newly loaded rows.
 */
export function foldBatch(work: readonly PurchaseWork[], loaded: Loaded, deps: FoldDeps): Folded {
  const customers = new Customers(loaded)
  const purchases: PurchaseRow[] = []
  const ledger: LedgerRow[] = []
  const events: NewEvent[] = []
  const deliveries: NewDelivery[] = []
  const queues: QueueWake[] = []
  const notifications: NotificationChange[] = []
  const needHistory: string[] = []
  const links: LinkRow[] = []
  const named: Named[] = []
  for (const one of work) {
    const row = loaded.purchases.get(purchaseId(one.key)) ?? null
    const folded = foldPurchase(one, row === null ? null : (JSON.parse(row.body) as Purchase), deps)
    if (folded.needsHistory) {
      needHistory.push(purchaseId(one.key))
      continue
    }
    const owner = folded.purchase.owner
    if (owner === null && row === null && !one.project.trackUnknownPurchases) {
      notifications.push(...ignored(one))
      continue
    }
    const customer = customers.ownerOf(one.key, row, owner, one.now)
    if (owner !== null && isNobody(customers.get(customer), one.key) && !isHashedId(one.key.store, owner))
      named.push({ key: one.key, account: owner })
    for (const { observation } of one.observations) customers.learn(customer, observation.person, one.now)
    const frozen = freezeAll(one, folded, customer, customers, deps)
    events.push(...frozen)
    for (const { event } of frozen) {
      const fanned = deps.fanOut(event, customers.get(customer), one.now)
      deliveries.push(...fanned.deliveries)
      queues.push(...fanned.queues)
    }
    const checkAt = checkOf(one, folded.purchase, row)
    if (folded.changed || row === null || row.checkAt !== checkAt) {
      purchases.push({
        key: one.key,
        appId: folded.purchase.appId,
        customerId: customers.get(customer).id,
        version: row?.version ?? 0,
        checkAt,
        body: JSON.stringify(folded.purchase),
        stands: standingAt(folded.purchase, one.now),
      })
    }
    links.push(...(one.links ?? []))
    ledger.push(...folded.entries.map((entry) => ledgerRow(one.key, entry, one.now)))
    notifications.push(...understood(one, frozen, customers.get(customer)))
  }
  return {
    save: {
      notifications: oncePerMessage(notifications),
      purchases,
      customers: customers.changed(),
      attributeSets: customers.attributeSets(events),
      ledger,
      events,
      deliveries,
      queues,
      links,
    },
    needHistory,
    events,
    named,
  }
}

/** The events of a batch as they are told to whoever listens. */
export function withAttributes({ events, save }: Folded): readonly LifecycleEvent[] {
  const sets = new Map(save.attributeSets?.map((set) => [set.hash, set.attributes]))
  return events.map(({ event }) => ({ ...event, attributes: sets.get(event.attributeSet) ?? {} }))
}

/** The ids that may own a purchase of this work: those that messages name, and the one we derive. */
export function ownersOf(work: PurchaseWork): readonly string[] {
  const named = work.observations.flatMap(({ observation: { owner, person } }) => [
    ...(owner === null ? [] : idsOf(owner)),
    ...(person?.ids ?? []),
  ])
  return [...new Set([...named, anonymousOwner(work.key)])]
}

/** A happening with the message that told it, and that message's own id of it where it has one. */
interface Told {
  readonly happening: Happening
  readonly notificationId: string | null
  readonly externalId: string | null
}

interface FoldedPurchase {
  readonly purchase: Purchase
  readonly happenings: readonly Told[]
  readonly entries: readonly Entry[]
  readonly changed: boolean
  readonly needsHistory: boolean
}

/**
 * What the store signed first is folded first: then a batch that was kept newest first tells in business order, and asks
 * for no history that it holds itself. A class that cannot be told is no less uncertain because a later message of the
 * same batch clears it up: what was announced meanwhile stays announced.
 */
function foldPurchase(work: PurchaseWork, before: Purchase | null, deps: FoldDeps): FoldedPurchase {
  const context: ObserveContext = { eventsFrom: work.app.eventsFrom, terms: deps.terms(work.app) }
  const happenings: Told[] = []
  const entries: Entry[] = []
  let purchase = before
  let changed = false
  let lacking = false
  for (const { observation, notificationId } of inOrder(work.observations)) {
    const observed = observe(purchase, observation, context)
    purchase = observed.purchase
    lacking ||= work.mayAskHistory && needsHistory(purchase)
    changed ||= observed.changed
    const { external } = observation
    for (const happening of observed.happenings) {
      // A billing issue tells a cancellation too, which has an event and an id of its own over there.
      const externalId = external?.type === happening.type ? external.id : null
      happenings.push({ happening, notificationId, externalId })
    }
    entries.push(...observed.entries)
  }
  if (purchase === null) throw new Error('A purchase was folded without an observation: this is a bug in ingest')
  const marked = markedBy(purchase, work)
  return { purchase: marked, happenings, entries, changed: changed || marked !== purchase, needsHistory: lacking }
}

/** A history tells what lies before all messages, so it comes first. What has no version is as old as its facts. */
function inOrder(observations: PurchaseWork['observations']): PurchaseWork['observations'] {
  const signedAt = ({ observation }: PurchaseWork['observations'][number]): number => {
    if (observation.history === 'complete') return 0
    const { external, snapshot, facts } = observation
    return external?.at ?? snapshot?.version ?? Math.max(0, ...facts.map(({ at }) => at))
  }
  return observations.length < 2 ? observations : observations.toSorted((a, b) => signedAt(a) - signedAt(b))
}

function freezeAll(
  work: PurchaseWork,
  folded: FoldedPurchase,
  customer: string,
  customers: Customers,
  deps: FoldDeps,
): NewEvent[] {
  return folded.happenings.map(({ happening, notificationId, externalId }) => {
    const seq = customers.takeSeq(customer, work.now)
    const event = freeze(happening, folded.purchase, {
      project: work.project,
      app: work.app,
      customer: customers.frozen(customer),
      seq,
      now: work.now,
      provisionalUntil: heldUntil(work, customers.get(customer), deps),
      externalId,
      fallbackTerms: () => deps.terms(work.app)(questionOf(happening, null, folded.purchase)),
    })
    return { event, notificationId }
  })
}

/** Until when events of a purchase of nobody wait for its owner: one hold from its first message on. */
function heldUntil({ app, project, key, now }: PurchaseWork, customer: CustomerRow, deps: FoldDeps): number | null {
  if (!isNobody(customer, key) || !deps.getsReceipts(app)) return null
  const until = customer.firstSeenAt + project.identityHoldMs
  return until > now ? until : null
}

function understood(work: PurchaseWork, events: readonly NewEvent[], customer: CustomerRow): NotificationChange[] {
  return notificationsOf(work).map((id) => ({
    projectId: work.key.projectId,
    id,
    status: 'understood',
    dueAt: 0,
    tries: 0,
    note: null,
    events: events.filter((one) => one.notificationId === id).length,
    customerId: customer.id,
    // What a message says of a person who was erased is not kept.
    ...(isErasedId(customer.originalAppUserId) ? { forget: true as const } : {}),
  }))
}

function ignored(work: PurchaseWork): NotificationChange[] {
  return notificationsOf(work).map((id) => ({
    projectId: work.key.projectId,
    id,
    status: 'ignored',
    dueAt: 0,
    tries: 0,
    note: 'Nobody has claimed this purchase and the project does not track unknown purchases (track_unknown_purchases)',
    events: 0,
  }))
}

/** One message may speak of several purchases: it is understood when one of them is, and caused what all of them give. */
function oncePerMessage(changes: readonly NotificationChange[]): readonly NotificationChange[] {
  const byId = new Map<string, NotificationChange>()
  for (const change of changes) {
    const known = byId.get(change.id)
    if (known === undefined) byId.set(change.id, change)
    else {
      const kept = known.status === 'understood' ? known : change
      const forget = known.forget === true || change.forget === true ? { forget: true as const } : {}
      byId.set(change.id, { ...kept, ...forget, events: known.events + change.events })
    }
  }
  return [...byId.values()]
}

function notificationsOf(work: PurchaseWork): string[] {
  const ids = work.observations.flatMap(({ notificationId }) => (notificationId === null ? [] : [notificationId]))
  return [...new Set(ids)]
}
