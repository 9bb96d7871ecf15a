import { setTimeout as pause } from 'node:timers/promises'

/**
 * Looks every `everyMs` until the condition holds. A benchmark may take long, but what stands still for `withinMs` has
 * failed.
 * @throws when time is up.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { everyMs = 10, withinMs = 600_000 } = {},
): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${withinMs / 1000} s.`)
    await pause(everyMs)
  }
}
