import { setTimeout as pause } from 'node:timers/promises'
import type { App } from '../domain/project.ts'
import type { Environment } from '../domain/purchase.ts'
import type { NotificationChange, NotificationRow } from '../storage/rows.ts'
import type { Fetched } from '../stores/store.ts'
import type { FetchGate } from './fetch-gate.ts'
import { changeOf, messageOf } from './groups.ts'
import { CREDENTIALS_PROBE_MS, retryAt } from './retry.ts'

/** What is asked about at once for one account (an app in an environment). */
const AT_ONCE = 8
/** What waits in memory for its turn, per account: half a minute of Apple's budget of 20 a second. */
const MOST_WAITING = 512
/** What finds no room there comes back after this long. */
const COME_BACK_MS = 30_000
/** A wait that the store or our own budget names is waited for here, and costs no try, while it is this short … */
const SHORT_WAIT_MS = 5_000
/** … and has not come this often. */
const MOST_SHORT_WAITS = 40

/** Something that a store is asked about before its messages can be understood. */
export interface Question {
  readonly app: App
  readonly environment: Environment
  /** The messages that wait for the answer. */
  readonly notifications: readonly NotificationRow[]
}

/**
 * Questions to the stores, beside the line of notifications: a store that is slow or down holds up what is asked of it
 * and nothing else. One thing is asked about once at a time; what comes for it meanwhile joins.
 */
export interface Asking<Q extends Question> {
  take(questions: readonly Q[]): Promise<void>
  /** Questions that wait for their answer now. */
  readonly pending: number
  /** Begins nothing more and waits for what is under way. What had not begun stays on disk and is taken up again. */
  stop(): Promise<void>
}

export interface AskingDeps<Q extends Question> {
  readonly now: () => number
  changeNotifications(changes: readonly NotificationChange[]): Promise<void>
  readonly log: (message: string, details: Readonly<Record<string, unknown>>) => void
  /** Names what is asked about. It may hold a token of the store: it is not for logs. */
  nameOf(question: Q): string
  /** Names it to people. */
  logNameOf(question: Q): string
  /** What came meanwhile, into the question that waits. */
  join(known: Q, question: Q): void
  /** Asks and saves. `answered` closes the question: what comes from then on is a question of its own. */
  carry(question: Q, stopped: AbortSignal, answered: () => void): Promise<void>
}

interface Account<Q> {
  readonly waiting: Q[]
  running: number
}

export function createAsking<Q extends Question>(deps: AskingDeps<Q>): Asking<Q> {
  const accounts = new Map<string, Account<Q>>()
  const pending = new Map<string, Q>()
  const flights = new Set<Promise<void>>()
  const stopping = new AbortController()

  const begin = (account: Account<Q>): void => {
    while (!stopping.signal.aborted && account.running < AT_ONCE) {
      const next = account.waiting.shift()
      if (next === undefined) return
      const name = deps.nameOf(next)
      const answered = (): void => void pending.delete(name)
      account.running += 1
      const flight = deps
        .carry(next, stopping.signal, answered)
        .catch((error: unknown) => {
          // Its notifications are claimed until their lease ends, and are taken up again then.
          answered()
          deps.log('What a store answered could not be saved; it is tried again', {
            app: next.app.id,
            about: deps.logNameOf(next),
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
  const accountOf = ({ app, environment }: Q): Account<Q> => {
    const key = [app.projectId, app.id, environment].join('\n')
    const account = accounts.get(key) ?? { waiting: [], running: 0 }
    accounts.set(key, account)
    return account
  }

  return {
    take: async (questions) => {
      const late: Q[] = []
      for (const question of questions) {
        const name = deps.nameOf(question)
        const known = pending.get(name)
        const account = accountOf(question)
        if (known !== undefined) deps.join(known, question)
        else if (account.waiting.length >= MOST_WAITING) late.push(question)
        else {
          pending.set(name, question)
          account.waiting.push(question)
          begin(account)
        }
      }
      if (late.length > 0) await deps.changeNotifications(late.flatMap((question) => comeBack(question, deps.now())))
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

function comeBack({ notifications }: Question, now: number): readonly NotificationChange[] {
  const note = 'Much waits for an answer of the store; the turn of this has not come yet.'
  return notifications.map((row) => ({ ...changeOf(row), dueAt: now + COME_BACK_MS, note }))
}

/** An answer after which the same is asked again. */
export type Failed = Extract<Fetched<unknown>, { kind: 'retry' | 'credentials' }>

/** A notification that waits for the next try; null when it has waited for as long as anything may. */
export function askedAgain(row: NotificationRow, failed: Failed, now: number): NotificationChange | null {
  const afterMs = failed.kind === 'retry' ? failed.afterMs : CREDENTIALS_PROBE_MS
  const dueAt = retryAt({ tries: row.tries, since: row.receivedAt, now, afterMs })
  return dueAt === null ? null : { ...changeOf(row), dueAt, tries: row.tries + 1, note: failed.reason }
}

/** Asks, when the account may be asked; its answer opens or closes the account. */
export async function askOnce<T>(
  { app, environment }: Pick<Question, 'app' | 'environment'>,
  ask: () => Promise<Fetched<T>>,
  deps: { readonly gate: FetchGate; readonly now: () => number },
): Promise<Fetched<T>> {
  const closed = deps.gate.closedUntil(app, environment, deps.now())
  if (closed !== null) return { kind: 'retry', reason: closed.reason, afterMs: closed.at - deps.now() }
  const fetched = await ask()
  deps.gate.heard(app, environment, fetched, deps.now())
  return fetched
}

/** Asks again after the short waits that the store or our own budget names. */
export async function askPatiently<T>(
  question: Pick<Question, 'app' | 'environment'>,
  ask: () => Promise<Fetched<T>>,
  deps: { readonly gate: FetchGate; readonly now: () => number },
  stopped: AbortSignal,
): Promise<Fetched<T>> {
  for (let waits = 0; ; waits += 1) {
    const fetched = await askOnce(question, ask, deps)
    if (fetched.kind !== 'retry' || fetched.afterMs === null || fetched.afterMs > SHORT_WAIT_MS) return fetched
    if (waits === MOST_SHORT_WAITS) return fetched
    await pause(fetched.afterMs, undefined, { signal: stopped }).catch(() => undefined)
    if (stopped.aborted) return fetched
  }
}
