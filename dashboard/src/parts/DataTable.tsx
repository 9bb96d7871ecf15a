// biome-ignore-all lint/a11y/useSemanticElements: rows of a table element can neither be cards on a phone nor be left undrawn
// biome-ignore-all lint/a11y/useFocusableInteractive: the links in the rows take the focus, not the rows
import { Button, Center, Loader, Skeleton, Text } from '@mantine/core'
import { useIntersection } from '@mantine/hooks'
import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { type KeyboardEvent, type ReactNode, useEffect } from 'react'
import classes from './DataTable.module.css'
import { ErrorState } from './ErrorState.tsx'
import type { Listed } from './list.ts'

export interface Column<Row> {
  readonly key: string
  readonly header: string
  readonly cell: (row: Row) => ReactNode
  /** A track of a CSS grid: `160px`, `minmax(120px, 1fr)` (default `minmax(0, 1fr)`). */
  readonly width?: string
  readonly align?: 'right'
  /** On a phone the row is a card: the title without a label, a line with its label (default), or left out. */
  readonly phone?: 'title' | 'hidden'
}

interface DataTableProps<Row> {
  /** Names the table for those who do not see it. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly list: UseInfiniteQueryResult<Listed<Row>>
  readonly keyOf: (row: Row) => string
  /**
   * Wraps the first cell in the row's link: `(row, cell) => <Link …>{cell}</Link>`. The link is stretched over its row,
   * and arrow keys go from one to the next.
   */
  readonly link?: (row: Row, cell: ReactNode) => ReactNode
  readonly empty: ReactNode
  /** Rows that came while the reader looked: they slide in. */
  readonly isFresh?: (row: Row) => boolean
}

/** A list that is read page by page. Rows outside the window are not drawn, so that thousands stay smooth. */
export function DataTable<Row>({ label, columns, list, keyOf, link, empty, isFresh }: DataTableProps<Row>) {
  const tracks = columns.map(({ width }) => width ?? 'minmax(0, 1fr)').join(' ')
  if (list.isPending) return <Waiting label={label} />
  if (list.isError && list.data === undefined)
    return <ErrorState error={list.error} onRetry={() => void list.refetch()} />
  const rows = list.data?.items ?? []
  if (rows.length === 0) return <div className={classes.frame}>{empty}</div>
  return (
    <>
      <div className={classes.frame} role="table" aria-label={label} aria-busy={list.isFetching}>
        <div className={classes.head} role="row" style={{ gridTemplateColumns: tracks }}>
          {columns.map(({ key, header, align }) => (
            <div key={key} role="columnheader" data-align={align} className={classes.cell}>
              {header}
            </div>
          ))}
        </div>
        <div role="rowgroup" onKeyDown={walk}>
          {rows.map((row) => (
            <div
              key={keyOf(row)}
              className={classes.row}
              role="row"
              data-fresh={isFresh?.(row) === true || undefined}
              style={{ gridTemplateColumns: tracks }}
            >
              {columns.map(({ key, header, cell, align, phone }, index) => (
                <div key={key} role="cell" className={classes.cell} data-align={align} data-phone={phone}>
                  <span className={classes.label} aria-hidden>
                    {header}
                  </span>
                  <div className={classes.value} data-link={index === 0 && link !== undefined ? true : undefined}>
                    {index === 0 && link !== undefined ? link(row, cell(row)) : cell(row)}
                  </div>
                </div>
              ))}
            </div>
          ))}
        </div>
      </div>
      <More list={list} count={rows.length} />
    </>
  )
}

/** Arrow keys, j and k go through the links of the rows. */
function walk(press: KeyboardEvent<HTMLElement>): void {
  const step =
    press.key === 'ArrowDown' || press.key === 'j' ? 1 : press.key === 'ArrowUp' || press.key === 'k' ? -1 : 0
  if (step === 0 || press.target instanceof HTMLInputElement) return
  const links = [...press.currentTarget.querySelectorAll<HTMLElement>('[data-link] :is(a, button)')]
  const here = links.indexOf(document.activeElement as HTMLElement)
  const next = links[here + step]
  if (here < 0 || next === undefined) return
  press.preventDefault()
  next.focus()
}

function More<Row>({ list, count }: { readonly list: UseInfiniteQueryResult<Listed<Row>>; readonly count: number }) {
  const { ref, entry } = useIntersection({ rootMargin: '600px' })
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = list
  const near = entry?.isIntersecting === true
  useEffect(() => {
    if (near && hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage()
  }, [near, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage])
  if (isFetchNextPageError) return <ErrorState error={list.error} onRetry={() => void fetchNextPage()} />
  return (
    <Center ref={ref} py="md" mih={52}>
      {isFetchingNextPage ? (
        <Loader size="sm" aria-label="More is loading" />
      ) : hasNextPage ? (
        <Button variant="subtle" size="xs" onClick={() => void fetchNextPage()}>
          Load more
        </Button>
      ) : (
        <Text size="xs" c="dimmed">
          {count === 1 ? 'That is the only one.' : `That is all: ${count}.`}
        </Text>
      )}
    </Center>
  )
}

const SKELETONS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']

function Waiting({ label }: { readonly label: string }) {
  return (
    <div className={classes.frame} role="status" aria-label={`${label}: loading`}>
      {SKELETONS.map((key) => (
        <div key={key} className={classes.skeleton}>
          <Skeleton height={14} radius="sm" />
        </div>
      ))}
    </div>
  )
}
