import { Button } from '@mantine/core'
import { IconArrowUp, IconBolt, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useCallback, useMemo, useState } from 'react'
import type { EventFilter, HubEvent } from '../../api/events.ts'
import { type Column, DataTable } from '../../parts/DataTable.tsx'
import { EmptyState } from '../../parts/EmptyState.tsx'
import { EventSign } from '../../parts/EventSign.tsx'
import { customerOf, EVENT_KINDS, eventTitle, PURCHASE_STORES } from '../../parts/event-words.ts'
import { type Filter, FilterBar, type Filters } from '../../parts/FilterBar.tsx'
import { LinkButton, LinkText } from '../../parts/links.tsx'
import type { LiveState } from '../../parts/live-stream.ts'
import { MoneyText } from '../../parts/MoneyText.tsx'
import { countText } from '../../parts/money.ts'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { storeName } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import classes from './Events.module.css'
import { useLiveEvents, useScrolled } from './live-events.ts'
import { type eventsSearch, startOfDay } from './search.ts'

const route = getRouteApi('/in/$project/events')

const FILTERS: readonly Filter[] = [
  { kind: 'select', key: 'type', label: 'Event', options: EVENT_KINDS },
  {
    kind: 'select',
    key: 'store',
    label: 'Store',
    options: PURCHASE_STORES.map((value) => ({ value, label: storeName(value) })),
  },
  { kind: 'text', key: 'product', label: 'Product', placeholder: 'Product id' },
  { kind: 'text', key: 'customer', label: 'Customer', placeholder: 'Customer, whole id' },
  { kind: 'day', key: 'from', label: 'From' },
  { kind: 'day', key: 'to', label: 'To' },
]

type Search = ReturnType<typeof eventsSearch>

/** Days of the reader's calendar as the moments that the hub compares with; the last day counts whole. */
function filterOf({ from, to, ...rest }: Search, environment: EventFilter['environment']): EventFilter {
  const [first, end] = [from === undefined ? null : startOfDay(from), to === undefined ? null : startOfDay(to, 1)]
  return {
    ...rest,
    environment,
    ...(first === null ? {} : { from: new Date(first).toISOString() }),
    ...(end === null ? {} : { to: new Date(end).toISOString() }),
  }
}

export function EventsPage() {
  const { id: project, environment } = useProject()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [held, setHeld] = useState(false)
  const scrolled = useScrolled()
  const filter = useMemo(() => filterOf(search, environment), [search, environment])
  const { list, state, missed, isFresh } = useLiveEvents(project, filter, held || scrolled)
  // The same from one drawing to the next: what comes in live must not draw every row anew.
  const columns = useMemo(() => columnsOf(project), [project])
  const link = useCallback(
    ({ id }: HubEvent, cell: ReactNode) => (
      <Link to="/$project/events/$id" params={{ project, id }}>
        {cell}
      </Link>
    ),
    [project],
  )
  // What is filtered to the past gets nothing new.
  const follows = filter.to === undefined || Date.parse(filter.to) > Date.now()
  const change = (to: Filters): void =>
    void navigate({ search: (old) => Object.fromEntries(set({ ...old, ...to })) as Search, replace: true })
  const showNew = (): void => {
    setHeld(false)
    globalThis.scrollTo({ top: 0 })
  }
  return (
    <>
      <PageHeader
        title="Events"
        about={`What happened to subscriptions and purchases in ${environment}, newest first.`}
        actions={follows && <LiveControl state={state} held={held} setHeld={setHeld} />}
      />
      <FilterBar filters={FILTERS} values={search as Filters} onChange={change} />
      <div className={classes.arrived} aria-live="polite">
        {follows && missed > 0 && (
          <Button size="xs" radius="xl" leftSection={<IconArrowUp size={14} aria-hidden />} onClick={showNew}>
            {`${countText(missed)} new`}
          </Button>
        )}
      </div>
      <DataTable
        label="Events"
        columns={columns}
        list={list}
        keyOf={({ id }) => id}
        isFresh={isFresh}
        link={link}
        empty={<NoEvents filtered={set(search as Filters).length > 0} clear={() => change(NOTHING)} />}
      />
    </>
  )
}

const NOTHING: Filters = Object.fromEntries(FILTERS.map(({ key }) => [key, undefined]))

function set(filters: Filters): [string, unknown][] {
  return Object.entries(filters).filter(([key, value]) => value !== undefined && key !== 'environment')
}

function columnsOf(project: string): readonly Column<HubEvent>[] {
  return [
    {
      key: 'event',
      header: 'Event',
      width: 'minmax(220px, 2.2fr)',
      phone: 'title',
      cell: (event) => (
        <span className={classes.what}>
          <EventSign event={event} />
          <span className={classes.text}>
            {eventTitle(event)} <span className={classes.product}>· {event.product_id}</span>
          </span>
        </span>
      ),
    },
    {
      key: 'customer',
      header: 'Customer',
      width: 'minmax(120px, 1.4fr)',
      cell: (event) => (
        <LinkText to="/$project/customers/$id" params={{ project, id: customerOf(event) }} size="sm">
          {customerOf(event)}
        </LinkText>
      ),
    },
    { key: 'store', header: 'Store', width: '110px', phone: 'hidden', cell: ({ store }) => storeName(store) },
    {
      key: 'money',
      header: 'Amount',
      width: '110px',
      align: 'right',
      cell: ({ money }) =>
        money.gross_micros === 0 ? '–' : <MoneyText micros={money.gross_micros} currency={money.currency ?? ''} />,
    },
    {
      key: 'at',
      header: 'Recorded',
      width: '130px',
      align: 'right',
      cell: ({ event_timestamp_ms: at }) => <TimeText at={at} />,
    },
  ]
}

const STATES: Readonly<Record<LiveState, string>> = {
  connecting: 'Connecting …',
  open: 'Live',
  paused: 'Paused',
  lost: 'No connection; trying again',
}

interface LiveControlProps {
  readonly state: LiveState
  readonly held: boolean
  readonly setHeld: (held: boolean) => void
}

function LiveControl({ state, held, setHeld }: LiveControlProps) {
  return (
    <>
      <span className={classes.live} role="status">
        <span className={classes.dot} data-state={state} aria-hidden />
        {STATES[state]}
      </span>
      <Button
        variant="default"
        size="xs"
        leftSection={held ? <IconPlayerPlay size={14} aria-hidden /> : <IconPlayerPause size={14} aria-hidden />}
        onClick={() => setHeld(!held)}
      >
        {held ? 'Go on' : 'Pause'}
      </Button>
    </>
  )
}

function NoEvents({ filtered, clear }: { readonly filtered: boolean; readonly clear: () => void }) {
  const { id: project, environment, may } = useProject()
  if (filtered)
    return (
      <EmptyState
        icon={IconBolt}
        title="No event matches"
        action={
          <Button variant="default" onClick={clear}>
            Clear the filters
          </Button>
        }
      >
        Take a filter away, or look in the other environment. A product and a customer are matched whole.
      </EmptyState>
    )
  return (
    <EmptyState
      icon={IconBolt}
      title={`No events in ${environment} yet`}
      action={
        may('configure') && (
          <LinkButton to="/$project/stores" params={{ project }}>
            Connect a store
          </LinkButton>
        )
      }
    >
      They appear here by themselves when a store tells of the first purchase.
    </EmptyState>
  )
}
