import type { LifecycleEvent } from '../domain/event.ts'
import type { App } from '../domain/project.ts'
import type { SourceName } from '../domain/purchase.ts'
import type { NotificationChange, NotificationRow } from '../storage/rows.ts'
import type { Loaded, StepRows } from '../storage/storage.ts'
import type { Decoded, Store } from '../stores/store.ts'
import { type Asking, askOnce } from './asking.ts'
import { announcerInPlaceOf, comparedNote } from './authority.ts'
import { type Folded, foldBatch, type PurchaseWork, withAttributes } from './fold.ts'
import {
  changeOf,
  type Group,
  groupId,
  isUnavailable,
  keysOf,
  messageOf,
  saveGroups,
  withBeside,
  workOf,
} from './groups.ts'
import { askHistory, type Histories, type HistoryDeps } from './histories.ts'
import { type Matter, matterId, type ResolutionDeps, resolve, told } from './resolutions.ts'

export interface UnderstandDeps extends HistoryDeps, ResolutionDeps {
  readonly stores: ReadonlyMap<SourceName, Store>
}

/**
 * Turns a batch of kept notifications into state and events. What belongs to one purchase is folded together; all
 * purchases are saved in one transaction. A message that throws is parked at once; what the store must be asked about is
 * handed over, so that the next batch need not wait for it.
 */
export async function understandBatch(
  rows: readonly NotificationRow[],
  deps: UnderstandDeps,
  asking: { readonly histories: Histories; readonly resolutions: Asking<Matter> },
): Promise<void> {
  const { groups, matters, changes } = sortOut(rows, deps)
  await asking.resolutions.take(matters)
  // Asked for together, they share a commit; each stands by itself, and what fails is tried again with all of the batch.
  const [needing] = await Promise.all([
    groups.length > 0 ? saveGroups(groups, deps) : [],
    changes.length > 0 ? deps.storage.changeNotifications(changes) : undefined,
  ])
  await asking.histories.take(needing)
}

interface Sorted {
  readonly groups: readonly Group[]
  readonly matters: readonly Matter[]
  readonly changes: readonly NotificationChange[]
}

/** Decodes, groups by purchase or subject, and says at once what becomes of messages that carry neither. */
function sortOut(rows: readonly NotificationRow[], deps: UnderstandDeps): Sorted {
  const directory = deps.directory()
  const groups = new Map<string, Group>()
  const matters = new Map<string, Matter>()
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
    } else if (decoded.kind === 'unresolved') {
      const of = { app, environment: row.environment, subject: decoded.subject }
      const matter = matters.get(matterId(of)) ?? { ...of, project, store, notifications: [] }
      matter.notifications.push(row)
      matters.set(matterId(of), matter)
    } else {
      const { observation, historyOf, links = [] } = decoded
      const announcer = announcerInPlaceOf(app, observation.key, directory.appsOf(row.projectId))
      if (announcer !== null) {
        changes.push(change(row, 'understood', comparedNote(announcer), deps))
        continue
      }
      const at = groupId({ app, key: observation.key })
      const group = groups.get(at) ?? {
        key: observation.key,
        app,
        project,
        store,
        notifications: [],
        observations: [],
        historyOf: null,
        links: [],
      }
      group.notifications.push(row)
      group.links?.push(...links)
      group.observations.push({ observation, notificationId: row.id })
      group.historyOf ??= historyOf
      groups.set(at, group)
    }
  }
  return { groups: [...groups.values()], matters: [...matters.values()], changes }
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

function change(
  row: NotificationRow,
  status: 'parked' | 'ignored' | 'understood',
  note: string,
  deps: UnderstandDeps,
): NotificationChange {
  const app = deps.directory().app(row.projectId, row.appId)
  if (app !== null) deps.meter.understood(app, status, 1)
  return { ...changeOf(row), status, dueAt: deps.now(), note }
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
  const { groups, matters, changes } = sortOut([row], deps)
  const [matter] = matters
  if (matter !== undefined) return reprocessMatter(row, matter, dryRun, deps)
  const [group] = groups
  if (group === undefined) {
    if (!dryRun) await deps.storage.changeNotifications(changes)
    return { events: [], note: changes[0]?.note ?? null }
  }
  const run = (work: PurchaseWork): Promise<Folded> => runAgain(row, [work], dryRun, deps)
  try {
    let folded = await run(workOf(group, deps.now()))
    let note: string | null = null
    if (folded.needHistory.length > 0) {
      note = await addHistory(group, deps)
      folded = await run({ ...workOf(group, deps.now()), mayAskHistory: false })
    }
    if (!dryRun) await saved(folded, deps)
    return { events: withAttributes(folded), note }
  } catch (error) {
    if (isUnavailable(error)) throw error
    // It is as it was, and the person who asked sees why.
    return { events: [], note: messageOf(error) }
  }
}

async function reprocessMatter(
  row: NotificationRow,
  matter: Matter,
  dryRun: boolean,
  deps: UnderstandDeps,
): Promise<Reprocessed> {
  try {
    const fetched = await askOnce(matter, () => resolve(matter, deps), deps)
    if (fetched.kind !== 'fetched') return { events: [], note: `Nothing was changed: ${fetched.reason}` }
    const { groups, links, untold } = told(matter, fetched.value, deps)
    const work = groups.map((group) => workOf(group, deps.now()))
    const folded = await runAgain(row, work, dryRun, deps, { links, notifications: untold })
    if (!dryRun) await saved(folded, deps)
    return { events: withAttributes(folded), note: untold[0]?.note ?? null }
  } catch (error) {
    if (isUnavailable(error)) throw error
    return { events: [], note: messageOf(error) }
  }
}

function runAgain(
  row: NotificationRow,
  work: readonly PurchaseWork[],
  dryRun: boolean,
  deps: UnderstandDeps,
  beside: Parameters<typeof withBeside>[1] = {},
): Promise<Folded> {
  return deps.storage.step(keysOf(work), (loaded: Loaded) => {
    const folded = foldBatch(work, loaded, deps)
    return { save: dryRun ? NOTHING : addingTo(row, withBeside(folded.save, beside)), result: folded }
  })
}

/** What follows a commit, as when the message is understood for the first time. */
async function saved(folded: Folded, deps: UnderstandDeps): Promise<void> {
  if (folded.events.length > 0) deps.announced(folded)
  if (folded.named.length > 0) await deps.named(folded.named)
}

const NOTHING: StepRows = {}

/** The events that it has caused already are still its own. */
function addingTo(row: NotificationRow, save: StepRows): StepRows {
  const notifications = save.notifications?.map((one) => ({ ...one, events: one.events + row.events }))
  return notifications === undefined ? save : { ...save, notifications }
}

async function addHistory(group: Group, deps: UnderstandDeps): Promise<string | null> {
  if (group.historyOf === null) return null
  const fetched = await askHistory(group, group.historyOf, deps)
  if (fetched.kind !== 'fetched') return `Without the history of the chain: ${fetched.reason}`
  group.observations.unshift({ observation: fetched.value, notificationId: null })
  return null
}
