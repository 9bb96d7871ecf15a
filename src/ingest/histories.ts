import { purchaseName } from '../domain/ids.ts'
import type { Observation } from '../domain/observation.ts'
import type { NotificationChange } from '../storage/rows.ts'
import type { Fetched, HistoryRequest } from '../stores/store.ts'
import { type Asking, askedAgain, askOnce, askPatiently, createAsking, type Failed, type Question } from './asking.ts'
import type { FetchGate } from './fetch-gate.ts'
import { changeOf, type Group, type GroupDeps, groupId, saveGroups } from './groups.ts'
import { HISTORY_PATIENCE_MS } from './retry.ts'

export interface HistoryDeps extends GroupDeps {
  readonly gate: FetchGate
}

/** Purchases whose history is asked for before anything of them is saved. */
export type Histories = Pick<Asking<never>, 'pending' | 'stop'> & {
  take(groups: readonly Group[]): Promise<void>
}

interface HistoryQuestion extends Question {
  readonly group: Group
  readonly request: HistoryRequest
}

export function createHistories(deps: HistoryDeps): Histories {
  const asking = createAsking<HistoryQuestion>({
    now: deps.now,
    log: deps.log,
    changeNotifications: (changes) => deps.storage.changeNotifications(changes),
    nameOf: ({ group }) => groupId(group),
    logNameOf: ({ group }) => purchaseName(group.key),
    join: (known, question) => join(known.group, question.group),
    carry: async ({ group, request }, stopped, answered) => {
      const ask = (): Promise<Fetched<Observation>> => group.store.history(request, group.app)
      const fetched = await askPatiently(accountOf(group), ask, deps, stopped)
      answered()
      await conclude(group, fetched, deps)
    },
  })
  return {
    take: (groups) => asking.take(groups.map(questionOf)),
    get pending() {
      return asking.pending
    },
    stop: asking.stop,
  }
}

function questionOf(group: Group): HistoryQuestion {
  const { historyOf: request, notifications } = group
  if (request === null) throw new Error('A purchase without anything to ask was handed over: this is a bug in ingest')
  return { ...accountOf(group), notifications, group, request }
}

function accountOf({ app, key }: Group): Pick<Question, 'app' | 'environment'> {
  return { app, environment: key.environment }
}

/** A notification whose lease ran out while it waited comes a second time. */
function join(known: Group, group: Group): void {
  const there = new Set(known.notifications.map((row) => row.id))
  known.notifications.push(...group.notifications.filter((row) => !there.has(row.id)))
  known.observations.push(
    ...group.observations.filter(({ notificationId }) => notificationId === null || !there.has(notificationId)),
  )
}

/** The history of a purchase, asked once on a person's request. */
export function askHistory(
  group: Group,
  request: HistoryRequest,
  deps: Pick<HistoryDeps, 'gate' | 'now'>,
): Promise<Fetched<Observation>> {
  return askOnce(accountOf(group), () => group.store.history(request, group.app), deps)
}

async function conclude(group: Group, fetched: Fetched<Observation>, deps: HistoryDeps): Promise<void> {
  switch (fetched.kind) {
    case 'fetched':
      group.observations.unshift({ observation: fetched.value, notificationId: null })
      await saveGroups([group], deps)
      return
    case 'absent':
      // The store has no such chain (a sandbox that was reset): nothing will come, so the messages speak alone.
      await saveGroups([withoutHistory(group)], deps)
      return
    case 'retry':
    case 'credentials': {
      const since = Math.min(...group.notifications.map((row) => row.receivedAt))
      if (deps.now() - since >= HISTORY_PATIENCE_MS) await saveGroups([withoutHistory(group)], deps)
      else await retryLater(group, since, fetched, deps)
    }
  }
}

/** Goes on without it, and the purchase says so. */
function withoutHistory(group: Group): Group {
  return {
    ...group,
    observations: group.observations.map((one) => ({
      ...one,
      observation: { ...one.observation, history: 'unavailable' },
    })),
    historyOf: null,
  }
}

/** Not beyond the time after which the purchase goes on without its history: then it is asked once more. */
async function retryLater(group: Group, since: number, fetched: Failed, deps: HistoryDeps): Promise<void> {
  const now = deps.now()
  const changes = group.notifications.map((row): NotificationChange => {
    const change = askedAgain(row, fetched, now) ?? { ...changeOf(row), dueAt: now }
    return { ...change, dueAt: Math.min(change.dueAt, since + HISTORY_PATIENCE_MS) }
  })
  deps.meter.understood(group.app, 'retry', changes.length)
  await deps.storage.changeNotifications(changes)
}
