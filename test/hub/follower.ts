import { setTimeout as pause } from 'node:timers/promises'
import { api, type EventJson } from './harness.ts'

/** What a reader of `/events?after=` saw: ids in order, until it was told that there is no more to come. */
export interface Follower {
  readonly seen: readonly string[]
  /** Reads until an empty page after this, and ends. */
  finish(): Promise<void>
}

/** Follows from the beginning, asking the addresses in turn; one that does not answer is asked again later. */
export function startFollower(addresses: readonly string[], limit: number): Follower {
  const seen: string[] = []
  let turn = 0
  let after = ''
  let finishing = false
  const run = async (): Promise<void> => {
    for (;;) {
      const last = finishing
      const address = addresses[turn++ % addresses.length] ?? ''
      const path = `/api/projects/acme/events?limit=${limit}&after=${encodeURIComponent(after)}`
      const page = await api<{ items: readonly EventJson[]; next: string }>(address, path).catch(() => null)
      if (page !== null) {
        seen.push(...page.items.map(({ id }) => id))
        after = page.next
        if (last && page.items.length === 0) return
      }
      // As a follower polls: a hub that is away or has nothing new is asked again. The test's own limit ends it.
      if (page === null || page.items.length === 0) await pause(20)
    }
  }
  const ended = run()
  return {
    seen,
    finish: () => {
      finishing = true
      return ended
    },
  }
}
