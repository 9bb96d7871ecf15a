import type { Values } from './columns.ts'
import type { HistoryRow, Page } from './reads.ts'

/** Rows of (at, kind, body, n), one more than the page has where there are more. */
export function historyPage(found: readonly Values[], limit: number): Page<HistoryRow> {
  const items = found
    .slice(0, limit)
    .map(
      ([at, kind, body, n]): HistoryRow => ({
        at: Number(at),
        kind: String(kind),
        body: String(body),
        place: String(n),
      }),
    )
  return { items, next: found.length > limit ? (items.at(-1)?.place ?? null) : null }
}
