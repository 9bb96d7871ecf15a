import type { LifecycleEvent } from '../domain/event.ts'
import type { Observation } from '../domain/observation.ts'
import type { App, Project } from '../domain/project.ts'
import { type PurchaseKey, purchaseId, type StoreName } from '../domain/purchase.ts'
import type { NewEvent, NotificationChange, NotificationRow } from '../storage/rows.ts'
import type { InboxStorage, Loaded, StepKeys, StepRows, StepStorage } from '../storage/storage.ts'
import type { Decoded, Fetched, HistoryRequest, Store } from '../stores/store.ts'
import type { FetchGate } from './fetch-gate.ts'
import { type FoldDeps, foldBatch, ownersOf, type PurchaseWork } from './fold.ts'
import type { IngestMeter } from './meter.ts'
import { HISTORY_PATIENCE_MS, retryAt } from './retry.ts'

/** Projects and apps as they are now. */
export interface Directory {
  project(projectId: string): Project | null
  app(projectId: string, appId: string): App | null
}

export interface UnderstandDeps extends FoldDeps {
  readonly storage: InboxStorage & StepStorage
  readonly stores: ReadonlyMap<StoreName, Store>
  readonly directory: () => Directory
  readonly gate: FetchGate
  readonly now: () => number
  readonly meter: IngestMeter
  /** Called after each commit with what it added. */
  readonly announced: (events: readonly NewEvent[]) => void
  readonly log: (message: string, details: Readonly<Record<string, unknown>>) => void
}

/** One purchase's share of a batch of notifications. */
interface Group {
  readonly key: PurchaseKey
  readonly app: App
  readonly project: Project
  readonly store: Store
  readonly notifications: NotificationRow[]
  readonly observations: { readonly observation: Observation; readonly notificationId: string | null }[]
  historyOf: HistoryRequest | null
}

/**
 * Turns a batch of kept notifications into state and events. What belongs to one purchase is folded together; all
 * purchases are saved in one transaction. A message that throws is parked at once; a fetch that fails changes nothing and
 * is tried again; when the batch fails as a whole, its purchases run one by one.
 */
export async function understandBatch(rows: readonly NotificationRow[], deps: UnderstandDeps): Promise<void> {
  const { groups, changes } = sortOut(rows, deps)
  if (changes.length > 0) await deps.storage.changeNotifications(changes)
  if (groups.length === 0) return
  const needHistory = await saveGroups(groups, deps)
  await Promise.all(needHistory.map((group) => withHistory(group, deps)))
}

/** Decodes, groups by purchase, and says at once what becomes of messages that carry no purchase. */
function sortOut(
  rows: readonly NotificationRow[],
  deps: UnderstandDeps,
): { readonly groups: readonly Group[]; readonly changes: readonly NotificationChange[] } {
  const directory = deps.directory()
  const groups = new Map<string, Group>()
  const changes: NotificationChange[] = []
  for (const row of rows) {
    const project = directory.project(row.projectId)
    const app = directory.app(row.projectId, row.appId)
    const store = deps.stores.get(row.store)
    if (project === null || app === null || store === undefined) {
      changes.push(change(row, 'parked', 'Its app is not configured any more; add the app again and reprocess', deps))
      continue
    }
    const decoded = decode(store, row, app)
    if (decoded.kind === 'error') {
      changes.push(change(row, 'parked', decoded.reason, deps))
      deps.log('A notification could not be understood and is parked', {
        notification: row.id,
        type: row.type,
        reason: decoded.reason,
      })
    } else if (decoded.kind === 'nothing') {
      changes.push(change(row, 'ignored', decoded.why, deps))
      if (decoded.alert !== undefined) deps.log(decoded.alert, { notification: row.id, type: row.type })
    } else {
      const { observation, historyOf } = decoded
      const at = `${row.appId}\n${purchaseId(observation.key)}`
      const group = groups.get(at) ?? {
        key: observation.key,
        app,
        project,
        store,
        notifications: [],
        observations: [],
        historyOf: null,
      }
      group.notifications.push(row)
      group.observations.push({ observation, notificationId: row.id })
      group.historyOf ??= historyOf
      groups.set(at, group)
    }
  }
  return { groups: [...groups.values()], changes }
}

function decode(
  store: Store,
  row: NotificationRow,
  app: App,
): Decoded | { readonly kind: 'error'; readonly reason: string } {
  try {
    return store.decode(
      { body: row.body, environment: row.environment, type: row.type, receivedAt: row.receivedAt },
      app,
    )
  } catch (error) {
    return { kind: 'error', reason: messageOf(error) }
  }
}

/** Saves the groups in one step; gives back those whose history must be asked first. */
async function saveGroups(groups: readonly Group[], deps: UnderstandDeps): Promise<readonly Group[]> {
  try {
    return await stepOver(groups, deps)
  } catch (error) {
    if (isUnavailable(error)) throw error
    if (groups.length > 1) {
      const needs: Group[] = []
      for (const group of groups) needs.push(...(await saveGroups([group], deps)))
      return needs
    }
    await park(groups, messageOf(error), deps)
    return []
  }
}

async function stepOver(groups: readonly Group[], deps: UnderstandDeps): Promise<readonly Group[]> {
  const now = deps.now()
  const work = groups.map((group) => workOf(group, now, deps))
  const { needHistory, events } = await deps.storage.step(keysOf(work), (loaded) => {
    const folded = foldBatch(work, loaded, deps)
    return { save: folded.save, result: folded }
  })
  const waiting = new Set(needHistory)
  const done = groups.filter((group) => !waiting.has(purchaseId(group.key)))
  for (const group of done) deps.meter.understood(group.app, 'understood', group.notifications.length)
  for (const { event } of events) deps.meter.event(event.projectId, event.type)
  if (done.length > 0) deps.announced(events)
  return groups.filter((group) => waiting.has(purchaseId(group.key)))
}

function workOf(group: Group, now: number, deps: UnderstandDeps): PurchaseWork {
  const asked = group.historyOf !== null && group.store.canAskHistory(group.app)
  const since = Math.min(...group.notifications.map((row) => row.receivedAt))
  const patient = now - since <= HISTORY_PATIENCE_MS
  const known = group.observations.some(({ observation }) => observation.history === 'complete')
  return {
    key: group.key,
    app: group.app,
    project: group.project,
    observations: asked && !patient && !known ? group.observations.map(withoutHistory) : group.observations,
    now: deps.now(),
    mayAskHistory: asked && patient && !known,
  }
}

/** The history did not come within its time: go on without it, and the purchase says so. */
function withoutHistory(one: Group['observations'][number]): Group['observations'][number] {
  return { ...one, observation: { ...one.observation, history: 'unavailable' } }
}

async function withHistory(group: Group, deps: UnderstandDeps): Promise<void> {
  const request = group.historyOf
  if (request === null) return
  const fetched = await askHistory(group, request, deps)
  if (fetched.kind === 'fetched') {
    group.observations.unshift({ observation: fetched.value, notificationId: null })
    await saveGroups([group], deps)
    return
  }
  if (fetched.kind === 'absent') {
    // The store has no such chain (a sandbox that was reset): nothing will come, so the message speaks alone.
    const alone = group.observations.map(withoutHistory)
    await saveGroups([{ ...group, observations: alone, historyOf: null }], deps)
    return
  }
  await retryLater(group, fetched.reason, fetched.kind === 'retry' ? fetched.afterMs : null, deps)
}

async function askHistory(group: Group, request: HistoryRequest, deps: UnderstandDeps): Promise<Fetched<Observation>> {
  const { environment } = group.key
  const closed = deps.gate.closedUntil(group.app, environment, deps.now())
  if (closed !== null) return { kind: 'retry', reason: closed.reason, afterMs: closed.at - deps.now() }
  const fetched = await group.store.history(request, group.app)
  deps.gate.heard(group.app, environment, fetched, deps.now())
  return fetched
}

async function retryLater(group: Group, reason: string, afterMs: number | null, deps: UnderstandDeps): Promise<void> {
  const now = deps.now()
  const changes = group.notifications.map((row): NotificationChange => {
    const dueAt = retryAt({ tries: row.tries, since: row.receivedAt, now, afterMs })
    return dueAt === null
      ? {
          projectId: row.projectId,
          id: row.id,
          status: 'parked',
          dueAt: now,
          tries: row.tries + 1,
          note: reason,
          events: 0,
        }
      : {
          projectId: row.projectId,
          id: row.id,
          status: 'waiting',
          dueAt,
          tries: row.tries + 1,
          note: reason,
          events: 0,
        }
  })
  deps.meter.understood(group.app, 'retry', changes.length)
  await deps.storage.changeNotifications(changes)
}

async function park(groups: readonly Group[], reason: string, deps: UnderstandDeps): Promise<void> {
  for (const group of groups) {
    deps.log('A purchase could not be worked out; its notifications are parked', {
      purchase: purchaseId(group.key),
      reason,
    })
    await deps.storage.changeNotifications(group.notifications.map((row) => change(row, 'parked', reason, deps)))
  }
}

function change(
  row: NotificationRow,
  status: 'parked' | 'ignored',
  note: string,
  deps: UnderstandDeps,
): NotificationChange {
  const app = deps.directory().app(row.projectId, row.appId)
  if (app !== null) deps.meter.understood(app, status, 1)
  return { projectId: row.projectId, id: row.id, status, dueAt: deps.now(), tries: row.tries, note, events: 0 }
}

export function keysOf(work: readonly PurchaseWork[]): StepKeys {
  const owners = work.flatMap((one) => ownersOf(one).map((appUserId) => ({ projectId: one.key.projectId, appUserId })))
  return { purchases: work.map((one) => one.key), appUserIds: owners }
}

/** What reprocessing a notification would do, or did. */
export interface Reprocessed {
  readonly events: readonly LifecycleEvent[]
  /** Why it gives nothing, or what is worth knowing besides. */
  readonly note: string | null
}

/**
 * Runs one notification again, whatever became of it. A dry run computes all of it and saves nothing. Events that exist
 * already are not made again: what was announced keeps its id.
 */
export async function reprocess(row: NotificationRow, dryRun: boolean, deps: UnderstandDeps): Promise<Reprocessed> {
  const { groups, changes } = sortOut([row], deps)
  const group = groups[0]
  if (group === undefined) {
    if (!dryRun) await deps.storage.changeNotifications(changes)
    return { events: [], note: changes[0]?.note ?? null }
  }
  const note = await addHistory(group, deps)
  const work = [{ ...workOf(group, deps.now(), deps), mayAskHistory: false }]
  const { events, save } = await deps.storage.step(keysOf(work), (loaded: Loaded) => {
    const folded = foldBatch(work, loaded, deps)
    return { save: dryRun ? NOTHING : folded.save, result: folded }
  })
  if (!dryRun && events.length > 0) deps.announced(events)
  const sets = new Map(save.attributeSets?.map((set) => [set.hash, set.attributes]))
  return { events: events.map(({ event }) => ({ ...event, attributes: sets.get(event.attributeSet) ?? {} })), note }
}

const NOTHING: StepRows = {}

async function addHistory(group: Group, deps: UnderstandDeps): Promise<string | null> {
  if (group.historyOf === null || !group.store.canAskHistory(group.app)) return null
  const fetched = await askHistory(group, group.historyOf, deps)
  if (fetched.kind !== 'fetched') return `Without the history of the chain: ${fetched.reason}`
  group.observations.unshift({ observation: fetched.value, notificationId: null })
  return null
}

/** Storage that is down is nobody's fault in the batch: everything stays claimed and is tried again. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof Error && error.name === 'StorageUnavailable'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
