import { setTimeout as pause } from 'node:timers/promises'
import type { Storage } from '../storage/storage.ts'
import type { Loops } from './loops.ts'
import type { Machine } from './machine.ts'

/** A hub that does not come to rest for this long hangs. */
const PATIENCE_MS = 300_000

/**
 * Nothing that is due waits or is being worked on: asked of storage until it is so.
 * @throws what is still open when it has not come to rest in five minutes.
 */
export async function untilIdle(
  storage: Storage,
  { delivery, asking }: Machine,
  loops: Loops | null,
  now: () => number,
): Promise<void> {
  const { dispatch } = delivery
  // What a loop has claimed in storage may not have reached this thread yet.
  const resting = (): boolean =>
    loops?.understand.working !== true &&
    loops?.delivery.working !== true &&
    loops?.clock.working !== true &&
    asking.every(({ pending }) => pending === 0) &&
    dispatch.inFlight === 0
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    const { claimed } = dispatch
    const quiet = resting()
    const [inbox, due] = await Promise.all([storage.inboxDepths(), storage.nextNotificationDue()])
    const queues = await storage.queueDepths(now())
    const understood = inbox.waiting === 0 || (due !== null && due > now())
    const delivered = queues.every(({ waiting, oldestDueMs }) => waiting === 0 || oldestDueMs === null)
    // A queue that was in flight while its depth was read may be due again by now.
    if (understood && delivered && quiet && resting() && dispatch.claimed === claimed) return
    if (performance.now() > end)
      throw new Error(`The hub does not come to rest: ${JSON.stringify({ inbox, due, queues, quiet })}`)
    await pause(20)
  }
}
