import { setTimeout as pause } from 'node:timers/promises'
import type { Observation } from '../domain/observation.ts'
import type { NotificationChange } from '../storage/rows.ts'
import type { Fetched, HistoryRequest } from '../stores/store.ts'
import type { FetchGate } from './fetch-gate.ts'
import { changeOf, type Group, type GroupDeps, groupId, messageOf, saveGroups } from './groups.ts'
import { CREDENTIALS_PROBE_MS, HISTORY_PATIENCE_MS, retryAt } from './retry.ts'

/** Purchases of one account (an app in an environment) that are asked about at once. */
const AT_ONCE = 8
/** Purchases of one account that wait in memory for their turn: half a minute of Apple's budget of 20 a second. */
const MOST_WAITING = 512
/** What finds no room there comes back after this long. */
const COME_BACK_MS = 30_000
/** A wait that the store or our own budget names is waited for here, and costs no try, while it is this short … */
const SHORT_WAIT_MS = 5_000
/** … and has not come this often. */
const MOST_SHORT_WAITS = 40

export interface HistoryDeps extends GroupDeps {
  readonly gate: FetchGate
}

/**
 * Purchases whose history is asked for before anything of them is saved, beside the line of notifications: a store that
 * is slow or down holds up its own purchases and nothing else. One purchase is asked about once at a time; what comes for
 * it meanwhile joins.
 */
export interface Histories {
  take(groups: readonly Group[]): Promise<void>
  /** Purchases that wait for their history now. */
  readonly pending: number
  /** Begins nothing more and waits for what is under way. What had not begun stays on disk and is taken up again. */
  stop(): Promise<void>
}

interface Account {
  readonly waiting: { readonly group: Group; readonly request: HistoryRequest }[]
  running: number
}

export function createHistories(deps: HistoryDeps): Histories {
  const accounts = new Map<string, Account>()
  const pending = new Map<string, Group>()
  const flights = new Set<Promise<void>>()
  const stopping = new AbortController()

  const carry = async (group: Group, request: HistoryRequest): Promise<void> => {
    const fetched = await askPatiently(group, request, deps, stopping.signal)
    // From here on what comes for the purchase is a group of its own.
    pending.delete(groupId(group))
    await conclude(group, fetched, deps)
  }
  const begin = (account: Account): void => {
    while (!stopping.signal.aborted && account.running < AT_ONCE) {
      const next = account.waiting.shift()
      if (next === undefined) return
      const { group, request } = next
      account.running += 1
      const flight = carry(group, request)
        .catch((error: unknown) => {
          // Its notifications are claimed until their lease ends, and are taken up again then.
          pending.delete(groupId(group))
          deps.log('A purchase could not be saved after its history was asked; it is tried again', {
            purchase: group.key.chain,
            error: messageOf(error),
          })
        })
        .finally(() => {
          flights.delete(flight)
          account.running -= 1
          begin(account)
        })
      flights.add(flight)
    }
  }
  const accountOf = (group: Group): Account => {
    const key = [group.app.projectId, group.app.id, group.key.environment].join('\n')
    const account = accounts.get(key) ?? { waiting: [], running: 0 }
    accounts.set(key, account)
    return account
  }

  return {
    take: async (groups) => {
      const late: Group[] = []
      for (const group of groups) {
        const request = group.historyOf
        if (request === null)
          throw new Error('A purchase without anything to ask was handed over: this is a bug in ingest')
        const known = pending.get(groupId(group))
        const account = accountOf(group)
        if (known !== undefined) join(known, group)
        else if (account.waiting.length >= MOST_WAITING) late.push(group)
        else {
          pending.set(groupId(group), group)
          account.waiting.push({ group, request })
          begin(account)
        }
      }
      if (late.length > 0) await deps.storage.changeNotifications(late.flatMap((group) => comeBack(group, deps.now())))
    },
    get pending() {
      return pending.size
    },
    stop: async () => {
      stopping.abort()
      await Promise.all(flights)
    },
  }
}

/** A notification whose lease ran out while it waited comes a second time. */
function join(known: Group, group: Group): void {
  const there = new Set(known.notifications.map((row) => row.id))
  known.notifications.push(...group.notifications.filter((row) => !there.has(row.id)))
  known.observations.push(
    ...group.observations.filter(({ notificationId }) => notificationId === null || !there.has(notificationId)),
  )
}

function comeBack(group: Group, now: number): readonly NotificationChange[] {
  const note = 'Many purchases wait for their history; this one’s turn has not come yet.'
  return group.notifications.map((row) => ({ ...changeOf(row), dueAt: now + COME_BACK_MS, note }))
}

async function askPatiently(
  group: Group,
  request: HistoryRequest,
  deps: HistoryDeps,
  stopped: AbortSignal,
): Promise<Fetched<Observation>> {
  for (let waits = 0; ; waits += 1) {
    const fetched = await askHistory(group, request, deps)
    if (fetched.kind !== 'retry' || fetched.afterMs === null || fetched.afterMs > SHORT_WAIT_MS) return fetched
    if (waits === MOST_SHORT_WAITS) return fetched
    await pause(fetched.afterMs, undefined, { signal: stopped }).catch(() => undefined)
    if (stopped.aborted) return fetched
  }
}

/** Asks, when the account may be asked; its answer opens or closes the account. */
export async function askHistory(
  group: Group,
  request: HistoryRequest,
  deps: Pick<HistoryDeps, 'gate' | 'now'>,
): Promise<Fetched<Observation>> {
  const { environment } = group.key
  const closed = deps.gate.closedUntil(group.app, environment, deps.now())
  if (closed !== null) return { kind: 'retry', reason: closed.reason, afterMs: closed.at - deps.now() }
  const fetched = await group.store.history(request, group.app)
  deps.gate.heard(group.app, environment, fetched, deps.now())
  return fetched
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
async function retryLater(
  group: Group,
  since: number,
  fetched: Extract<Fetched<Observation>, { kind: 'retry' | 'credentials' }>,
  deps: HistoryDeps,
): Promise<void> {
  const now = deps.now()
  const afterMs = fetched.kind === 'retry' ? fetched.afterMs : CREDENTIALS_PROBE_MS
  const changes = group.notifications.map((row): NotificationChange => {
    const next = retryAt({ tries: row.tries, since: row.receivedAt, now, afterMs }) ?? now
    const dueAt = Math.min(next, since + HISTORY_PATIENCE_MS)
    return { ...changeOf(row), dueAt, tries: row.tries + 1, note: fetched.reason }
  })
  deps.meter.understood(group.app, 'retry', changes.length)
  await deps.storage.changeNotifications(changes)
}
