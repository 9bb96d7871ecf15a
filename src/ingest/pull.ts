import type { App } from '../domain/project.ts'
import { ENVIRONMENTS, type Environment } from '../domain/purchase.ts'
import type { CursorStorage } from '../storage/cursors.ts'
import type { CursorRow } from '../storage/rows.ts'
import type { InboxStorage } from '../storage/storage.ts'
import type { Fetched, PulledPage, StoreList } from '../stores/store.ts'
import { createRefusals, newNotification } from './accept.ts'
import type { FetchGate } from './fetch-gate.ts'
import type { IngestMeter } from './meter.ts'
import { retryAt } from './retry.ts'

export interface PullDeps {
  /** This process among several; null where it is the only one. */
  readonly holder: string | null
  readonly storage: InboxStorage & CursorStorage
  readonly gate: FetchGate
  readonly now: () => number
  readonly meter: IngestMeter
  readonly kept: () => void
  readonly log: (message: string, details: Readonly<Record<string, unknown>>) => void
}

/** What the last round of a pull found, for the app's page and `doctor`. Kept beside the cursor. */
export interface PullProgress {
  readonly cursor: string | null
  readonly from: number
  readonly upTo: number
  readonly note: string | null
  /** Which process pulls, until when the others leave it to that one; absent where there is one process. */
  readonly holder?: string
  readonly heldUntil?: number
}

/** What a cursor of a pull says; null for a cursor of another kind. */
export function pullProgressOf(
  row: CursorRow,
): (PullProgress & { readonly list: string; readonly environment: Environment }) | null {
  const [kind, name, list = NOTIFICATIONS] = row.name.split(':')
  const environment = ENVIRONMENTS.find((one) => one === name)
  if (kind !== 'pull' || environment === undefined) return null
  return { ...(JSON.parse(row.value) as PullProgress), list, environment }
}

/** The list whose cursor has no name of its own. */
const NOTIFICATIONS = 'notifications'

/** A process that has pulled a page keeps the pull for this long beyond its next one. */
const HOLD_MS = 30_000

/** The cursor of one list of an app, as storage names it. */
export function pullCursorName({ name, environment }: Pick<StoreList, 'name' | 'environment'>): string {
  return name === NOTIFICATIONS ? `pull:${environment}` : `pull:${environment}:${name}`
}

/**
 * One page of a store's list: kept together with its cursor in one transaction, so that an
 * interruption anywhere asks at most that page again. One sender's id is one notification, pulled or pushed.
 * Gives the milliseconds until the next page is due (0: at once).
 */
export function createPull(list: StoreList, app: App, deps: PullDeps): () => Promise<number> {
  const { environment } = list
  const name = pullCursorName(list)
  const countRefused = createRefusals(deps.storage)
  let tries = 0
  let since = 0

  const keepPage = async (page: PulledPage): Promise<void> => {
    const now = deps.now()
    const rows = []
    for (const one of page.messages) {
      if (one.kind === 'accepted') rows.push(newNotification(app, one.message, 'pull', now))
      else if (one.kind === 'refused') countRefused(app, now, one.reason, one.claimed)
    }
    const wait = page.caughtUp ? page.againInMs : 0
    const held = deps.holder === null ? {} : { holder: deps.holder, heldUntil: now + wait + HOLD_MS }
    const progress: PullProgress = { cursor: page.cursor, ...page.progress, ...held }
    const kept = await deps.storage.keepNotifications(rows, {
      projectId: app.projectId,
      appId: app.id,
      name,
      value: JSON.stringify(progress),
      updatedAt: now,
    })
    for (const { duplicate } of kept) deps.meter.accepted(app, duplicate)
    if (kept.some(({ duplicate }) => !duplicate)) deps.kept()
    await page.acknowledge?.()
  }

  return async () => {
    const now = deps.now()
    const closed = deps.gate.closedUntil(app, environment, now)
    if (closed !== null) return Math.max(closed.at - now, 1)
    const row = await deps.storage.loadCursor(app.projectId, app.id, name)
    const progress = row === null ? null : pullProgressOf(row)
    if (deps.holder !== null && progress?.holder !== undefined && progress.holder !== deps.holder) {
      const left = (progress.heldUntil ?? 0) - now
      if (left > 0) return left
    }
    const cursor = progress?.cursor ?? null
    const fetched = judgedWhole(await list.pull(cursor))
    deps.gate.heard(app, environment, fetched, deps.now())
    if (fetched.kind === 'fetched') {
      tries = 0
      await keepPage(fetched.value)
      return fetched.value.caughtUp ? fetched.value.againInMs : 0
    }
    if (tries === 0) since = now
    deps.log('A list of the store could not be read', {
      app: app.id,
      environment,
      list: list.name,
      reason: fetched.reason,
      tries,
    })
    const at = retryAt({ tries, since, now, afterMs: fetched.kind === 'retry' ? fetched.afterMs : null })
    tries += 1
    return Math.max((at ?? now + 3_600_000) - now, 1)
  }
}

/** A page with a message that could not be judged yet is asked for again, whole. */
function judgedWhole(fetched: Fetched<PulledPage>): Fetched<PulledPage> {
  if (fetched.kind !== 'fetched') return fetched
  const waits = fetched.value.messages.find((one) => one.kind === 'unavailable')
  return waits === undefined ? fetched : { kind: 'retry', reason: waits.reason, afterMs: null }
}
