import { chainName } from '../domain/ids.ts'
import type { App, Project } from '../domain/project.ts'
import { type PurchaseKey, purchaseId } from '../domain/purchase.ts'
import type { Purchase } from '../domain/purchase-state.ts'
import type { NotificationChange, NotificationRow } from '../storage/rows.ts'
import type { ClockStorage } from '../storage/storage.ts'
import type { Fetched, Resolved, ResolveRequest, Store } from '../stores/store.ts'
import { type Asking, askedAgain, askOnce, askPatiently, createAsking, type Question } from './asking.ts'
import { announcerInPlaceOf, comparedNote } from './authority.ts'
import type { Directory } from './directory.ts'
import type { FetchGate } from './fetch-gate.ts'
import { changeOf, type Group, type GroupDeps, isUnavailable, messageOf, saveTogether } from './groups.ts'

export interface ResolutionDeps extends GroupDeps {
  readonly gate: FetchGate
  readonly links: Pick<ClockStorage, 'findLinks'>
  readonly directory: () => Directory
}

/** Messages of one subject: what they are about, only the store or what is known can tell. */
export interface Matter extends Question {
  readonly project: Project
  readonly store: Store
  readonly subject: string
  readonly notifications: NotificationRow[]
}

/** Names a matter: two apps may both speak of one subject. */
export function matterId({ app, environment, subject }: Omit<Matter, 'notifications' | 'project' | 'store'>): string {
  return [app.projectId, app.id, environment, subject].join('\n')
}

/** Matters that wait for the store: all messages of a subject are resolved by one fetch, and saved in one transaction. */
export function createResolutions(deps: ResolutionDeps): Asking<Matter> {
  return createAsking<Matter>({
    now: deps.now,
    log: deps.log,
    changeNotifications: (changes) => deps.storage.changeNotifications(changes),
    nameOf: matterId,
    logNameOf: ({ app, subject }) => chainName(app.store, subject),
    join: (known, { notifications }) => {
      const there = new Set(known.notifications.map(({ id }) => id))
      known.notifications.push(...notifications.filter(({ id }) => !there.has(id)))
    },
    carry: async (matter, stopped, answered) => {
      let asked: Matter = matter
      const ask = (): Promise<Fetched<Resolved>> => {
        // What joins from now on is not in this fetch; after the answer it is a matter of its own.
        asked = { ...matter, notifications: oldestFirst(matter.notifications) }
        return resolve(asked, deps)
      }
      try {
        const fetched = await askPatiently(matter, ask, deps, stopped)
        answered()
        await conclude(asked, fetched, deps)
      } catch (error) {
        answered()
        if (isUnavailable(error)) throw error
        await apart(asked, error, deps)
      }
      const joined = matter.notifications.filter((row) => !asked.notifications.includes(row))
      if (joined.length > 0) await deps.storage.changeNotifications(joined.map(changeOf))
    },
  })
}

/** What throws is a message that nobody has thought of: each is tried alone, and the one that fails is parked. */
async function apart(matter: Matter, error: unknown, deps: ResolutionDeps): Promise<void> {
  const { notifications } = matter
  if (notifications.length < 2) {
    await parkAll(matter, messageOf(error), deps)
    return
  }
  for (const row of notifications) {
    const alone = { ...matter, notifications: [row] }
    try {
      await conclude(alone, await askOnce(alone, () => resolve(alone, deps), deps), deps)
    } catch (own) {
      if (isUnavailable(own)) throw own
      await parkAll(alone, messageOf(own), deps)
    }
  }
}

async function parkAll(matter: Matter, reason: string, deps: ResolutionDeps): Promise<void> {
  deps.log('What a store was asked about could not be worked out; its notifications are parked', {
    app: matter.app.id,
    reason,
  })
  deps.meter.understood(matter.app, 'parked', matter.notifications.length)
  await deps.storage.changeNotifications(matter.notifications.map((row) => changed(row, 'parked', reason, deps.now())))
}

function oldestFirst(rows: readonly NotificationRow[]): NotificationRow[] {
  return rows.toSorted((a, b) => a.sentAt - b.sentAt)
}

/** Asks the store what the messages of a matter, oldest first, are about. */
export function resolve(matter: Matter, deps: Pick<ResolutionDeps, 'links' | 'now'>): Promise<Fetched<Resolved>> {
  const { app, environment, subject, notifications, store } = matter
  if (store.resolve === undefined)
    throw new Error(`${store.title} has left a message unresolved and resolves nothing: this is a bug in its connector`)
  const request: ResolveRequest = {
    subject,
    environment,
    messages: notifications,
    at: deps.now(),
    linked: linkedIn(app, store, deps),
  }
  return store.resolve(request, app)
}

/** The purchase that a name is linked to, in any environment: which one it is may be known only once the store has answered. */
export function linkedIn(app: App, store: Store, deps: Pick<ResolutionDeps, 'links'>): ResolveRequest['linked'] {
  return async (name) => {
    for (const environment of app.environments) {
      const { projectId } = app
      const found = await deps.links.findLinks({ projectId, store: store.name, environment, names: [name] })
      const row = found.get(name)
      if (row !== undefined) return JSON.parse(row.body) as Purchase
    }
    return null
  }
}

async function conclude(matter: Matter, fetched: Fetched<Resolved>, deps: ResolutionDeps): Promise<void> {
  const { notifications, app } = matter
  const now = deps.now()
  switch (fetched.kind) {
    case 'fetched': {
      const { groups, links, untold } = told(matter, fetched.value, deps)
      await saveTogether(groups, deps, { links, notifications: untold })
      for (const { status } of untold) deps.meter.understood(app, status, 1)
      return
    }
    case 'absent':
      deps.meter.understood(app, 'ignored', notifications.length)
      await deps.storage.changeNotifications(notifications.map((row) => changed(row, 'ignored', fetched.reason, now)))
      return
    case 'retry':
    case 'credentials': {
      deps.meter.understood(app, 'retry', notifications.length)
      await deps.storage.changeNotifications(
        notifications.map((row) => askedAgain(row, fetched, now) ?? changed(row, 'parked', fetched.reason, now)),
      )
    }
  }
}

/**
 * The purchases that an answer speaks of, the names that lead to them, and the messages that tell nothing of any: those
 * of purchases that another app announces are compared only.
 */
export function told(
  matter: Matter,
  resolved: Resolved,
  deps: Pick<ResolutionDeps, 'directory' | 'now'>,
): {
  readonly groups: readonly Group[]
  readonly links: Resolved['links']
  readonly untold: readonly Untold[]
} {
  const { app, project, store, notifications } = matter
  const apps = deps.directory().appsOf(project.id)
  const groups = new Map<string, Group>()
  const speaking = new Set<NotificationRow>()
  const compared = new Map<NotificationRow, App>()
  for (const { observation, message } of resolved.observations) {
    const row = message === null ? null : notifications[message]
    if (row === undefined)
      throw new Error(`${store.title} names a message that was not asked about: this is a bug in it`)
    const announcer = announcerInPlaceOf(app, observation.key, apps)
    if (announcer !== null) {
      if (row !== null) compared.set(row, announcer)
      continue
    }
    const group = groups.get(purchaseId(observation.key)) ?? groupOf(observation.key, { app, project, store })
    groups.set(purchaseId(observation.key), group)
    if (row !== null && !group.notifications.includes(row)) group.notifications.push(row)
    if (row !== null) speaking.add(row)
    group.observations.push({ observation, notificationId: row?.id ?? null })
  }
  const note = resolved.note ?? 'The store says nothing new about a purchase'
  const untold = notifications
    .filter((row) => !speaking.has(row))
    .map((row): Untold => {
      const announcer = compared.get(row)
      return announcer === undefined
        ? changed(row, 'ignored', note, deps.now())
        : changed(row, 'understood', comparedNote(announcer), deps.now())
    })
  const links = resolved.links.filter(({ key }) => announcerInPlaceOf(app, key, apps) === null)
  return { groups: [...groups.values()], links, untold }
}

type Untold = NotificationChange & { readonly status: 'parked' | 'ignored' | 'understood' }

function groupOf(key: PurchaseKey, of: Pick<Group, 'app' | 'project' | 'store'>): Group {
  return { ...of, key, notifications: [], observations: [], historyOf: null }
}

function changed(row: NotificationRow, status: Untold['status'], note: string, now: number): Untold {
  return { ...changeOf(row), status, dueAt: now, note }
}
