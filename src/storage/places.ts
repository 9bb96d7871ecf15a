import { InvalidCursor } from './errors.ts'

/** Rows that one read may look at in search of those that a filter lets through: some 5 ms. */
export const MOST_EXAMINED = 5_000

/** Rows whose text one read may look into for the same: some 15 ms. */
export const MOST_OPENED = 2_000

/** A `next` that we gave, as the number that it is. */
export function placeOf(cursor: string): number {
  if (!/^\d{1,16}$/.test(cursor)) {
    throw new InvalidCursor(`"${cursor.slice(0, 40)}" is not a place in this list: pass the "next" of a page.`)
  }
  return Number(cursor)
}

/**
 * What is sent again goes behind what waits of its customer, in `seq` order within itself: until it is settled and after,
 * its `seq` is greater by this. A `seq` is microseconds of the clock, below half of it until the year 2096.
 */
export const BEHIND_LIVE = 4_000_000_000_000_000

/** Characters of a reason that tell it from another, in groups and filters. */
export const REASON_LENGTH = 200

/** Rows of a status that a count looks at when nothing but its index is read, and groups of one status that are shown. */
export const MOST_COUNTED = 10_000
export const MOST_GROUPS = 50
