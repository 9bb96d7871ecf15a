import type { Values } from './columns.ts'
import { InvalidCursor } from './errors.ts'
import type { ListedChange, Page } from './reads.ts'

/** Rows of (at, kind, body, n), one more than the page has where there are more. */
export function historyPage(found: readonly Values[], limit: number): Page<ListedChange> {
  const items = found.slice(0, limit).map(
    ([at, kind, body, n]): ListedChange => ({
      at: Number(at),
      kind: String(kind),
      body: String(body),
      place: `${at}-${n}`,
    }),
  )
  return { items, next: found.length > limit ? (items.at(-1)?.place ?? null) : null }
}

/** A place that a page gave; the newest change stands behind none. */
export function historyPlace(before: string | null): readonly [at: number, n: number] {
  if (before === null) return [Number.MAX_SAFE_INTEGER, 0]
  const match = /^(\d{1,16})-(\d{1,16})$/.exec(before)
  if (match === null) {
    throw new InvalidCursor(`"${before.slice(0, 40)}" is not a place in this list: pass the "next" of a page.`)
  }
  return [Number(match[1]), Number(match[2])]
}
