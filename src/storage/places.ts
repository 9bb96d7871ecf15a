import { InvalidCursor } from './errors.ts'

/** Rows that one read may look at in search of those that a filter lets through: some 5 ms. */
export const MOST_EXAMINED = 5_000

/** A `next` that we gave, as the number that it is. */
export function placeOf(cursor: string): number {
  if (!/^\d{1,16}$/.test(cursor)) {
    throw new InvalidCursor(`"${cursor.slice(0, 40)}" is not a place in this list: pass the "next" of a page.`)
  }
  return Number(cursor)
}
