import type { Storage } from '../storage/storage.ts'
import type { Loops } from './loops.ts'
import type { Machine } from './machine.ts'

/** Nothing that is due waits or is being worked on: asked of storage until it is so. */
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
    asking.every(({ pending }) => pending === 0) &&
    dispatch.inFlight === 0
  for (;;) {
    const { claimed } = dispatch
    const quiet = resting()
    const [inbox, due] = await Promise.all([storage.inboxDepths(), storage.nextNotificationDue()])
    const queues = await storage.queueDepths(now())
    const understood = inbox.waiting === 0 || (due !== null && due > now())
    const delivered = queues.every(({ waiting, oldestDueMs }) => waiting === 0 || oldestDueMs === null)
    // A queue that was in flight while its depth was read may be due again by now.
    if (understood && delivered && quiet && resting() && dispatch.claimed === claimed) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
