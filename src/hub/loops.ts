import type { Delivery } from '../delivery/delivery.ts'
import { type Loop, startLoop } from '../ingest/loop.ts'
import type { ReceiptMarks } from '../ingest/receipt-marks.ts'
import type { NotificationRow } from '../storage/rows.ts'
import { messageOf, type Parts } from './parts.ts'

const UNDERSTAND_BATCH = 128
/** Who stops without dying is taken over when it ends. */
const NOTIFICATION_LEASE_MS = 30_000
const MINUTE_MS = 60_000
const REAP_MS = 5_000
const DAY_MS = 86_400_000
const KEEP_NOTIFICATIONS_MS = 90 * DAY_MS
const KEEP_ATTEMPTS_MS = 30 * DAY_MS

export interface Loops {
  readonly understand: Loop
  readonly delivery: Loop
  readonly clock: Loop
  readonly housekeeping: Loop
  /** Frees what processes that are gone had claimed. */
  readonly reaper: Loop
}

export interface Rounds {
  understand(rows: readonly NotificationRow[]): Promise<void>
  /** Gives the milliseconds until the next round is due. */
  clock(): Promise<number>
}

export function startLoops(parts: Parts, delivery: Delivery, marks: ReceiptMarks, rounds: Rounds): Loops {
  const { log, now, storage } = parts
  const failed = (what: string) => (error: unknown) =>
    log.error({ error: messageOf(error) }, `${what} failed and is tried again`)
  return {
    understand: startLoop({
      round: understanding(parts, rounds.understand),
      idleMs: 1_000,
      failed: failed('Understanding notifications'),
    }),
    delivery: startLoop({
      round: () => delivery.dispatch.round(),
      idleMs: 1_000,
      failed: failed('Claiming deliveries'),
    }),
    clock: startLoop({
      round: () => rounds.clock(),
      idleMs: 1_000,
      failed: failed('Looking at what should have ended'),
    }),
    housekeeping: startLoop({
      round: async () => {
        // A word of another process may be lost: what it has set is read again all the same.
        if (storage.driver !== 'embedded') {
          await parts.settings.reload()
          await marks.refresh(parts.settings.current().apps)
        }
        await delivery.sweep()
        await storage.tidy({
          now: now(),
          notificationsBefore: now() - KEEP_NOTIFICATIONS_MS,
          attemptsBefore: now() - KEEP_ATTEMPTS_MS,
          limit: 1_000,
        })
        return MINUTE_MS
      },
      idleMs: MINUTE_MS,
      failed: failed('Housekeeping'),
    }),
    reaper: startLoop({
      round: async () => {
        const freed = await storage.freeDeadClaims(storage.owner, now())
        if (freed > 0) delivery.wake()
        // Embedded, nobody but us can die with a claim.
        return storage.driver === 'embedded' ? MINUTE_MS : REAP_MS
      },
      idleMs: MINUTE_MS,
      failed: failed('Freeing what dead processes held'),
    }),
  }
}

export async function stopLoops(loops: Loops): Promise<void> {
  await Promise.all(Object.values(loops).map((loop: Loop) => loop.stop()))
}

/** A round whose work could not be saved is done again before more is claimed, while its claim lasts: nobody else may. */
function understanding(parts: Parts, understand: Rounds['understand']): () => Promise<number> {
  let claimed: { readonly rows: readonly NotificationRow[]; readonly until: number } | null = null
  return async () => {
    const now = parts.now()
    if (claimed === null || claimed.until <= now) {
      const until = now + NOTIFICATION_LEASE_MS
      const { storage } = parts
      claimed = null
      const rows = await storage.claimNotifications({
        now,
        limit: UNDERSTAND_BATCH,
        owner: storage.owner,
        leaseUntil: until,
      })
      if (rows.length > 0) claimed = { rows, until }
    }
    if (claimed !== null) {
      await understand(claimed.rows)
      claimed = null
      return 0
    }
    const due = await parts.storage.nextNotificationDue()
    return due === null ? 1_000 : Math.max(due - parts.now(), 1)
  }
}
