import { type QueryKey, useInfiniteQuery } from '@tanstack/react-query'

export interface Page<Row> {
  readonly items: readonly Row[]
  /** Handed back as it came; null: that was the last page. */
  readonly next: string | null
}

export interface Listed<Row> {
  readonly items: readonly Row[]
}

interface ListOptions {
  readonly enabled?: boolean
  /** Asks again for all pages that are shown (milliseconds), while they are few. */
  readonly refetchInterval?: number
}

/** Who has read on for longer than this looks for something, and is not to be held up by what changes above. */
const MOST_PAGES_AGAIN = 4

/** A list of the API, read page by page. `read` gets the `next` of the page before, or null for the first one. */
export function useList<Row>(
  key: QueryKey,
  read: (next: string | null) => Promise<Page<Row>>,
  { refetchInterval, ...options }: ListOptions = {},
) {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    select: ({ pages }): Listed<Row> => ({ items: pages.flatMap(({ items }) => items) }),
    refetchInterval: ({ state }) =>
      refetchInterval !== undefined && (state.data?.pages.length ?? 0) <= MOST_PAGES_AGAIN && refetchInterval,
    ...options,
  })
}
