import { HOUR_MS } from '../domain/figures.ts'
import { MOST_EXAMINED, MOST_OPENED } from './places.ts'
import type { EventQuery } from './reads.ts'

/** Where a page of events lies, decided once for both drivers. */

/**
 * Events lie in the order in which they were recorded, but for what several processes, whose clocks differ, record in the
 * same moments, and what was written again for its owner: none of it is farther off than this.
 */
const OUT_OF_ORDER_MS = HOUR_MS

/** An event of the project and when it was recorded; null: there is none at or behind the position asked for. */
export type Probe = { readonly position: number; readonly recordedAt: number } | null

/** The first place from which on events were recorded at `at` or later, by halving: wants the first event from a position on. */
function* seek(at: number, first: number, end: number): Generator<number, number, Probe> {
  let low = first
  let high = end
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2)
    const found: Probe = yield middle
    if (found === null || found.position >= high || found.recordedAt >= at) high = middle
    else low = found.position + 1
  }
  return low
}

/** Places that a page may come from: those behind `from`, as far as `last`, in the order in which it is read. */
export interface Range {
  readonly from: number
  readonly last: number
}

/** `newest`: the last position of the project. A million events are halved twenty times: some 5 ms. */
export function* rangeOf(asked: EventQuery, start: number, newest: number): Generator<number, Range, Probe> {
  const { from = null, to = null } = asked
  const first = from === null ? 0 : yield* seek(from - OUT_OF_ORDER_MS, 0, newest + 1)
  const end = to === null ? Number.MAX_SAFE_INTEGER : yield* seek(to + OUT_OF_ORDER_MS, first, newest + 1)
  if (asked.after !== null) return { from: Math.max(start, first - 1), last: end - 1 }
  return { from: Math.min(start, end), last: first }
}

/** Whether a filter asks for a time: then the range is looked for. */
export function isTimed({ from = null, to = null }: EventQuery): boolean {
  return from !== null || to !== null
}

/** How many rows a page looks at. What is in the event itself is read out of its text. */
export function reachOf({ store = null, product = null, limit }: EventQuery): number {
  const most = store === null && product === null ? MOST_EXAMINED : MOST_OPENED
  return Math.max(most, limit + 1) - 1
}

/** Whether a page that would look as far as `examined` comes to the end of its range. */
export function endsWithin(range: Range, examined: number | undefined, onwards: boolean): boolean {
  if (examined === undefined) return true
  return onwards ? examined > range.last : examined < range.last
}
