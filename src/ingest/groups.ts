import type { ClockTerms } from '../domain/expiry.ts'
import { purchaseName } from '../domain/ids.ts'
import type { Observation } from '../domain/observation.ts'
import type { App, Project } from '../domain/project.ts'
import { type PurchaseKey, purchaseId } from '../domain/purchase.ts'
import type { LinkRow, NotificationChange, NotificationRow } from '../storage/rows.ts'
import type { InboxStorage, StepKeys, StepRows, StepStorage } from '../storage/storage.ts'
import type { HistoryRequest, Store } from '../stores/store.ts'
import { type FoldDeps, type Folded, foldBatch, type Named, ownersOf, type PurchaseWork } from './fold.ts'
import type { IngestMeter } from './meter.ts'

/** One purchase's share of a batch of notifications. */
export interface Group {
  readonly key: PurchaseKey
  readonly app: App
  readonly project: Project
  readonly store: Store
  readonly notifications: NotificationRow[]
  readonly observations: { readonly observation: Observation; readonly notificationId: string | null }[]
  /** What to ask the history of, if it turns out to be needed; null when nothing can be asked (any more). */
  historyOf: HistoryRequest | null
  /** Names by which later messages find this purchase. */
  readonly links?: LinkRow[]
  /** The store was asked for its state just now (the clock). */
  readonly asked?: boolean
  /** Whether it had an answer. */
  readonly answer?: 'given' | 'failed'
}

export interface GroupDeps extends FoldDeps {
  readonly storage: InboxStorage & StepStorage
  readonly now: () => number
  readonly meter: IngestMeter
  /** Called after each commit with what it added. */
  readonly announced: (folded: Folded) => void
  /** Called after each commit with the purchases of nobody whose account is known by now. */
  readonly named: (named: readonly Named[]) => Promise<void>
  readonly log: (message: string, details: Readonly<Record<string, unknown>>) => void
}

/** Names a group: two apps may both speak of one purchase. */
export function groupId({ app, key }: Pick<Group, 'app' | 'key'>): string {
  return `${app.id}\n${purchaseId(key)}`
}

/**
 * Saves groups in one transaction; gives back those whose history must be asked first, of which nothing is saved. When
 * the batch fails as a whole its purchases run one by one, and then the messages of the one that fails: what fails alone
 * is parked with its error.
 */
export async function saveGroups(groups: readonly Group[], deps: GroupDeps): Promise<readonly Group[]> {
  try {
    return await saveTogether(groups, deps)
  } catch (error) {
    if (isUnavailable(error)) throw error
    const parts = partsOf(groups)
    if (parts.length > 1) {
      const needs: Group[] = []
      for (const part of parts) needs.push(...(await saveGroups([part], deps)))
      return needs
    }
    for (const group of groups) await park(group, messageOf(error), deps)
    return []
  }
}

/** The purchases of a batch, or the messages of the only one. */
function partsOf(groups: readonly Group[]): readonly Group[] {
  const [only] = groups
  if (only === undefined || groups.length > 1) return groups
  return only.notifications.map((row) => ({
    ...only,
    notifications: [row],
    observations: only.observations.filter(
      ({ notificationId }) => notificationId === null || notificationId === row.id,
    ),
  }))
}

/**
 * One transaction for all of it, `beside` included; gives back the groups whose history must be asked first.
 * @throws what a message that cannot be worked out throws; then nothing is saved.
 */
export async function saveTogether(
  groups: readonly Group[],
  deps: GroupDeps,
  beside: Pick<StepRows, 'links' | 'notifications'> = {},
): Promise<readonly Group[]> {
  const now = deps.now()
  const work = groups.map((group) => workOf(group, now))
  const folded = await deps.storage.step(keysOf(work), (loaded) => {
    const batch = foldBatch(work, loaded, deps)
    return { save: withBeside(batch.save, beside), result: batch }
  })
  const { needHistory, events } = folded
  const waiting = new Set(needHistory)
  const done = groups.filter((group) => !waiting.has(purchaseId(group.key)))
  for (const group of done) deps.meter.understood(group.app, 'understood', group.notifications.length)
  for (const { event } of events) deps.meter.event(event.projectId, event.type)
  if (done.length > 0) deps.announced(folded)
  if (folded.named.length > 0) await deps.named(folded.named)
  return groups.filter((group) => waiting.has(purchaseId(group.key)))
}

export function withBeside(
  save: StepRows,
  { links = [], notifications = [] }: Pick<StepRows, 'links' | 'notifications'>,
): StepRows {
  return {
    ...save,
    links: [...(save.links ?? []), ...links],
    notifications: [...(save.notifications ?? []), ...notifications],
  }
}

export function workOf(group: Group, now: number): PurchaseWork {
  const told = group.observations.some(({ observation }) => observation.history !== 'partial')
  return {
    key: group.key,
    app: group.app,
    project: group.project,
    observations: group.observations,
    now,
    mayAskHistory: !told && group.historyOf !== null && group.store.canAskHistory(group.app),
    clock: clockTerms(group.store, group.app),
    asked: group.asked ?? false,
    ...(group.answer === undefined ? {} : { answer: group.answer }),
    ...(group.links === undefined ? {} : { links: group.links }),
  }
}

/** Play is never believed by the clock alone: silent grace would end people who still pay. */
export function clockTerms(store: Store, app: App): ClockTerms {
  return { canAsk: store.canPoll?.(app) ?? false, neverByClock: store.name === 'play_store' }
}

export function keysOf(work: readonly PurchaseWork[]): StepKeys {
  const owners = work.flatMap((one) => ownersOf(one).map((appUserId) => ({ projectId: one.key.projectId, appUserId })))
  return { purchases: work.map((one) => one.key), appUserIds: owners }
}

async function park(group: Group, reason: string, deps: GroupDeps): Promise<void> {
  deps.log('A purchase could not be worked out; its notifications are parked', {
    purchase: purchaseName(group.key),
    reason,
  })
  deps.meter.understood(group.app, 'parked', group.notifications.length)
  await deps.storage.changeNotifications(
    group.notifications.map((row) => ({ ...changeOf(row), status: 'parked', note: reason, dueAt: deps.now() })),
  )
}

/** A notification as it is, for changes that are about one thing. */
export function changeOf(row: NotificationRow): NotificationChange {
  const { projectId, id, status, dueAt, tries, note, events } = row
  return { projectId, id, status, dueAt, tries, note, events }
}

/** Storage that is down is nobody's fault in the batch: everything stays claimed and is tried again. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof Error && error.name === 'StorageUnavailable'
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
