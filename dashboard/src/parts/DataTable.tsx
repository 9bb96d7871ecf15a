// biome-ignore-all lint/a11y/useSemanticElements: rows of a table element cannot be cards on a phone
// biome-ignore-all lint/a11y/useFocusableInteractive: the links in the rows take the focus, not the rows
import { Button, Center, Loader, Skeleton, Text } from '@mantine/core'
import { useIntersection } from '@mantine/hooks'
import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, memo, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'
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

/** A list that is read page by page. Rows far from the window are not there, so that thousands stay smooth. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, list, empty } = props
  const tracks = columns.map(({ width }) => width ?? 'minmax(0, 1fr)').join(' ')
  if (list.isPending) return <Waiting label={label} />
  if (list.isError && list.data === undefined)
    return <ErrorState error={list.error} onRetry={() => void list.refetch()} />
  const rows = list.data?.items ?? []
  if (rows.length === 0) return <div className={classes.frame}>{empty}</div>
  return (
    <>
      <div
        className={classes.frame}
        role="table"
        aria-label={label}
        aria-busy={list.isFetching}
        aria-rowcount={list.hasNextPage ? -1 : rows.length + 1}
      >
        <div className={classes.head} role="row" aria-rowindex={1} style={{ gridTemplateColumns: tracks }}>
          {columns.map(({ key, header, align }) => (
            <div key={key} role="columnheader" data-align={align} className={classes.cell}>
              {header}
            </div>
          ))}
        </div>
        <Rows {...props} rows={rows} tracks={tracks} />
      </div>
      <More list={list} count={rows.length} />
    </>
  )
}

interface RowsProps<Row> extends DataTableProps<Row> {
  readonly rows: readonly Row[]
  readonly tracks: string
}

/** Rows beyond each edge of the window: what the arrow keys and a turn of the wheel reach before the next frame. */
const OVERSCAN = 30
/** A line of a wide window; cards of a phone are measured. */
const ROW_PX = 48

function Rows<Row>({ rows, tracks, columns, keyOf, link, isFresh }: RowsProps<Row>) {
  const group = useRef<HTMLDivElement>(null)
  const [above, setAbove] = useState(0)
  // What stands above the list comes and goes.
  useLayoutEffect(() => {
    const top = (group.current?.getBoundingClientRect().top ?? 0) + globalThis.scrollY
    setAbove((before) => (Math.abs(before - top) < 1 ? before : top))
  })
  const window = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollMargin: above,
    getItemKey: (index) => keyOf(rows[index] as Row),
  })
  // The rows stand in the flow of the page, where the browser itself keeps in its place what is read.
  window.shouldAdjustScrollPositionOnItemSizeChange = () => false
  const shown = window.getVirtualItems()
  const before = (shown[0]?.start ?? above) - above
  const after = window.getTotalSize() - ((shown.at(-1)?.end ?? above) - above)
  return (
    <div ref={group} role="rowgroup" onKeyDown={walk} style={{ paddingTop: before, paddingBottom: after }}>
      {shown.map(({ index, key }) => {
        const row = rows[index] as Row
        const fresh = isFresh?.(row) === true
        return (
          <Line
            key={key}
            {...{ row, index, columns, link, tracks, fresh }}
            // One function for all rows and all times.
            measure={window.measureElement}
          />
        )
      })}
    </div>
  )
}

interface LineProps<Row> extends Pick<RowsProps<Row>, 'columns' | 'tracks'> {
  readonly link: DataTableProps<Row>['link'] | undefined
  readonly row: Row
  readonly index: number
  readonly fresh: boolean
  readonly measure: (element: HTMLElement | null) => void
}

/** Drawn once, not again with each turn of the wheel: measured, 17 ms a frame instead of 50. */
const Line = memo(function Line<Row>({ row, index, columns, link, tracks, fresh, measure }: LineProps<Row>) {
  return (
    <div
      ref={measure}
      data-index={index}
      className={classes.row}
      role="row"
      aria-rowindex={index + 2}
      data-fresh={fresh || undefined}
      style={{ gridTemplateColumns: tracks }}
    >
      {columns.map(({ key, header, cell, align, phone }, place) => (
        <div key={key} role="cell" className={classes.cell} data-align={align} data-phone={phone}>
          <span className={classes.label} aria-hidden>
            {header}
          </span>
          <div className={classes.value} data-link={place === 0 && link !== undefined ? true : undefined}>
            {place === 0 && link !== undefined ? link(row, cell(row)) : cell(row)}
          </div>
        </div>
      ))}
    </div>
  )
}) as <Row>(props: LineProps<Row>) => ReactNode

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
