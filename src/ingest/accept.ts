import { notificationId } from '../domain/ids.ts'
import type { App } from '../domain/project.ts'
import type { NewNotification } from '../storage/rows.ts'
import type { InboxStorage } from '../storage/storage.ts'
import type { AcceptedMessage, InboundMessage, Store } from '../stores/store.ts'
import { createBatches } from './batches.ts'
import type { IngestMeter } from './meter.ts'

/** The answer to a store. `reason` is for our own log and counters; a stranger gets the status and one word. */
export interface AcceptAnswer {
  readonly status: 200 | 400 | 401 | 403 | 503
  readonly reason: string | null
  readonly duplicate: boolean
  readonly retryAfterS: number | null
}

export type Accept = (store: Store, app: App, message: InboundMessage) => Promise<AcceptAnswer>

/** When we cannot judge or store, the sender comes again after this long. */
const RETRY_AFTER_S = 5

/** Most refusals that are counted in memory before they are written (one row per app). */
const REFUSALS_FLUSH_MS = 1_000

/**
 * Verify, keep, answer after the commit: a 2xx means that the message is on disk. What arrives during a commit goes into
 * the next one. When we cannot store, the store is told to come again; a message that is not authentic leaves a count.
 */
export function createAccept(deps: {
  readonly inbox: InboxStorage
  readonly now: () => number
  readonly meter: IngestMeter
  /** Called after a commit that kept something new. */
  readonly kept: () => void
}): Accept {
  const keep = createBatches<NewNotification, { readonly id: string; readonly duplicate: boolean }>({
    most: 256,
    run: (rows) => deps.inbox.keepNotifications(rows),
  })
  const countRefused = createRefusals(deps.inbox)

  return async (store, app, message) => {
    const verdict = await store.accept(message, app)
    if (verdict.kind === 'refused') {
      deps.meter.refused(app, verdict.status)
      countRefused(app, deps.now(), verdict.reason, verdict.claimed)
      return { status: verdict.status, reason: verdict.reason, duplicate: false, retryAfterS: null }
    }
    if (verdict.kind === 'unavailable') {
      deps.meter.unavailable(app)
      return { status: 503, reason: verdict.reason, duplicate: false, retryAfterS: RETRY_AFTER_S }
    }
    try {
      const { duplicate } = await keep(newNotification(app, verdict.message, 'push', deps.now()))
      deps.meter.accepted(app, duplicate)
      if (!duplicate) deps.kept()
      return { status: 200, reason: null, duplicate, retryAfterS: null }
    } catch (error) {
      deps.meter.unavailable(app)
      return {
        status: 503,
        reason: error instanceof Error ? error.message : String(error),
        duplicate: false,
        retryAfterS: RETRY_AFTER_S,
      }
    }
  }
}

export function newNotification(
  app: App,
  message: AcceptedMessage,
  via: 'push' | 'pull',
  now: number,
): NewNotification {
  return {
    id: notificationId(app.projectId, app.id, message.sourceKey),
    projectId: app.projectId,
    appId: app.id,
    store: app.store,
    environment: message.environment,
    sourceKey: message.sourceKey,
    type: message.type,
    via,
    sentAt: message.sentAt,
    receivedAt: now,
    body: message.body,
  }
}

/** Counts refusals in memory and writes them once a second at most: a flood of forgeries costs no commits. */
export function createRefusals(
  inbox: InboxStorage,
): (app: App, at: number, reason: string, claimed: string | null) => void {
  const counts = new Map<string, { app: App; count: number; at: number; reason: string; claimed: string | null }>()
  let timer: NodeJS.Timeout | null = null
  const flush = (): void => {
    timer = null
    const rows = [...counts.values()].map(({ app, ...rest }) => ({ projectId: app.projectId, appId: app.id, ...rest }))
    counts.clear()
    // A count that cannot be written is the least of the troubles of a storage that is down.
    inbox.countRefused(rows).catch(() => {})
  }
  return (app, at, reason, claimed) => {
    const key = `${app.projectId}\n${app.id}`
    const known = counts.get(key)
    counts.set(key, { app, count: (known?.count ?? 0) + 1, at, reason, claimed: claimed ?? known?.claimed ?? null })
    if (timer === null) timer = setTimeout(flush, REFUSALS_FLUSH_MS).unref()
  }
}
