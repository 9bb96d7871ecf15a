import { endByClock, isOverdue } from '../domain/expiry.ts'
import { purchaseName } from '../domain/ids.ts'
import type { Observation } from '../domain/observation.ts'
import type { SourceName } from '../domain/purchase.ts'
import type { Purchase } from '../domain/purchase-state.ts'
import type { PurchaseRow } from '../storage/rows.ts'
import type { ClockStorage } from '../storage/storage.ts'
import type { Store } from '../stores/store.ts'
import { announcerInPlaceOf } from './authority.ts'
import type { Directory } from './directory.ts'
import type { FetchGate } from './fetch-gate.ts'
import { clockTerms, type Group, type GroupDeps, isUnavailable, messageOf, saveGroups } from './groups.ts'
import type { Histories } from './histories.ts'
import type { Unverified } from './unverified.ts'

export interface ClockDeps extends GroupDeps {
  readonly checks: ClockStorage
  readonly stores: ReadonlyMap<SourceName, Store>
  readonly directory: () => Directory
  readonly gate: FetchGate
  readonly histories: Histories
  readonly unverified: Unverified
  /** When this process began to take messages in (milliseconds). */
  readonly startedAt: number
}

/** Purchases that one round looks at; each question to a store is one request. */
const BATCH = 32
/** A purchase that could not be looked at comes back after this long. */
const COME_BACK_MS = 300_000
/** After a standstill of the hub, messages are on their way for this long. */
const CATCH_UP_MS = 3_600_000
const IDLE_MS = 1_000

/**
 * One round of the clock: purchases whose access should have ended are asked about, or ended by the rules of
 * domain/expiry.ts where the store cannot be asked. A question that fails changes nothing and is asked again. Gives the
 * milliseconds until the next round is due.
 */
export async function clockRound(deps: ClockDeps): Promise<number> {
  const now = deps.now()
  const rows = await deps.checks.claimDueChecks({ now, limit: BATCH, again: now + COME_BACK_MS })
  if (rows.length === 0) {
    const due = await deps.checks.nextCheckDue()
    return due === null ? IDLE_MS : Math.max(Math.min(due - now, IDLE_MS), 1)
  }
  const groups = (await Promise.all(rows.map((row) => look(row, deps)))).filter((group) => group !== null)
  // The state shows the newest period only: what lies between is asked of the history.
  if (groups.length > 0) await deps.histories.take(await saveGroups(groups, deps))
  return 0
}

/** What the clock learns of one purchase, as work for the next step; null: it comes back later. */
async function look(row: PurchaseRow, deps: ClockDeps): Promise<Group | null> {
  const directory = deps.directory()
  const project = directory.project(row.key.projectId)
  const teller = directory.app(row.key.projectId, row.appId)
  // Who announces a purchase is also who says when it ends, whoever told of it first.
  const app =
    teller === null ? null : (announcerInPlaceOf(teller, row.key, directory.appsOf(row.key.projectId)) ?? teller)
  const store = deps.stores.get(row.key.store)
  if (project === null || app === null || store === undefined) return null
  const purchase = JSON.parse(row.body) as Purchase
  const common = { key: row.key, app, project, store, notifications: [], historyOf: null }
  const terms = clockTerms(store, app)
  const answer = terms.canAsk ? await ask(store, purchase, app, deps) : NOT_ASKED
  // What is marked already stays as it is, and is asked about again.
  if (answer.kind === 'failed')
    return noteFailure(purchase, app, answer.reason, deps) ? { ...common, observations: [], answer: 'failed' } : null
  if (answer.kind === 'not_asked' && terms.neverByClock) {
    deps.meter.unverified(app)
    deps.unverified.unasked(app, row.key.environment, NO_CREDENTIALS, deps.now())
    return { ...common, observations: [] }
  }
  const historyOf = { key: row.key, transactionId: row.key.chain }
  if (answer.kind === 'told')
    return { ...common, historyOf, observations: [told(answer.observation)], asked: true, answer: 'given' }
  const heard = answer.kind === 'absent' ? ({ answer: 'given' } as const) : {}
  // A hub that stood still must not end what its store has renewed meanwhile.
  if (deps.now() < deps.startedAt + CATCH_UP_MS && (row.checkAt ?? 0) < deps.startedAt) return null
  const ended = endByClock(purchase, { ...terms, canAsk: false }, deps.now())
  const facts = ended === null ? [] : [ended]
  const { kind } = purchase
  return {
    ...common,
    ...heard,
    observations: [
      told({ key: row.key, appId: row.appId, kind, snapshot: null, facts, owner: null, history: 'partial' }),
    ],
  }
}

function told(observation: Observation): Group['observations'][number] {
  return { observation, notificationId: null }
}

/** Whether it is the first one about this end. A daily look at what is in force is no question about an end. */
function noteFailure(purchase: Purchase, app: Group['app'], reason: string, deps: ClockDeps): boolean {
  const now = deps.now()
  if (!isOverdue(purchase, now)) return false
  const { unverifiedSince } = purchase
  if (unverifiedSince === undefined) deps.meter.unverified(app)
  else deps.unverified.failed(app, purchase.key.environment, reason, unverifiedSince, now)
  return unverifiedSince === undefined
}

type Answer =
  | { readonly kind: 'told'; readonly observation: Observation }
  /** The store knows nothing of it (a sandbox that was reset), so the clock alone decides. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'not_asked' }

const NO_CREDENTIALS = 'The app has no credentials with which its store can be asked.'
const NOT_ASKED: Answer = { kind: 'not_asked' }

async function ask(store: Store, purchase: Purchase, app: Group['app'], deps: ClockDeps): Promise<Answer> {
  const { environment } = purchase.key
  const now = deps.now()
  const closed = deps.gate.closedUntil(app, environment, now)
  if (store.poll === undefined || closed !== null) return { kind: 'failed', reason: closed?.reason ?? NO_CREDENTIALS }
  try {
    const fetched = await store.poll({ purchase, at: now }, app)
    deps.gate.heard(app, environment, fetched, deps.now())
    if (fetched.kind === 'fetched') return { kind: 'told', observation: fetched.value }
    if (fetched.kind === 'absent') return fetched
    deps.log('The store could not be asked about a purchase whose access should have ended; it is asked again', {
      purchase: purchaseName(purchase.key),
      reason: fetched.reason,
    })
    return { kind: 'failed', reason: fetched.reason }
  } catch (error) {
    if (isUnavailable(error)) throw error
    deps.log('A store’s answer about a purchase could not be understood; it is asked again', {
      purchase: purchaseName(purchase.key),
      reason: messageOf(error),
    })
    return { kind: 'failed', reason: 'Its answer could not be understood.' }
  }
}
