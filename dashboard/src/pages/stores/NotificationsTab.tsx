import { IconInbox } from '@tabler/icons-react'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type App, listNotifications, type Notification } from '../../api/apps.ts'
import { type Column, DataTable } from '../../parts/DataTable.tsx'
import { EmptyState } from '../../parts/EmptyState.tsx'
import { FilterBar } from '../../parts/FilterBar.tsx'
import { useList } from '../../parts/list.ts'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { useProject } from '../../project.ts'
import { NotificationDrawer } from './NotificationDrawer.tsx'

const route = getRouteApi('/in/$project/stores/$id')
const STATUSES = ['waiting', 'understood', 'ignored', 'parked'] as const
const OPTIONS = [
  { value: 'waiting', label: 'Waiting' },
  { value: 'understood', label: 'Understood' },
  { value: 'ignored', label: 'Ignored' },
  { value: 'parked', label: 'Parked' },
]

const COLUMNS: readonly Column<Notification>[] = [
  { key: 'type', header: 'Type', phone: 'title', width: 'minmax(160px, 1.4fr)', cell: ({ type }) => type },
  {
    key: 'status',
    header: 'Status',
    width: '140px',
    cell: ({ status }) => <StatusBadge status={status} />,
  },
  {
    key: 'note',
    header: 'Note',
    width: 'minmax(0, 2fr)',
    cell: ({ note }) => (note === null ? '–' : <span title={note}>{note}</span>),
  },
  {
    key: 'environment',
    header: 'Environment',
    width: '110px',
    phone: 'hidden',
    cell: ({ environment }) => environment,
  },
  {
    key: 'events',
    header: 'Events',
    width: '70px',
    align: 'right',
    cell: ({ events }) => <span className="figures">{events}</span>,
  },
  {
    key: 'received',
    header: 'Received',
    width: '140px',
    cell: ({ received_at: at }) => <TimeText at={at} />,
  },
]

/** What the store sent, message by message, with what became of it. */
export function NotificationsTab({ app }: { readonly app: App }) {
  const { id: project } = useProject()
  const { status: chosen, open } = route.useSearch()
  const navigate = route.useNavigate()
  const status = STATUSES.find((one) => one === chosen)
  const list = useList(['notifications', project, app.id, status ?? null], (before) =>
    listNotifications(project, { app: app.id, ...(status === undefined ? {} : { status }) }, before),
  )
  return (
    <>
      <FilterBar
        filters={[{ kind: 'select', key: 'status', label: 'Status', options: OPTIONS }]}
        values={{ status }}
        onChange={(change) => void navigate({ search: (old) => ({ ...old, ...change }) as never, replace: true })}
      />
      <DataTable
        label="Notifications"
        columns={COLUMNS}
        list={list}
        keyOf={({ id }) => id}
        link={({ id }, cell) => (
          <Link to="." search={(old) => ({ ...old, open: id }) as never} resetScroll={false}>
            {cell}
          </Link>
        )}
        empty={
          <EmptyState icon={IconInbox} title={status === undefined ? 'No notification yet' : 'None of this status'}>
            {status === undefined
              ? 'What the store sends is listed here; see under Overview what is left to do there.'
              : 'Clear the filter to see all of them.'}
          </EmptyState>
        }
      />
      {open !== undefined && (
        <NotificationDrawer
          id={open}
          onClose={() => void navigate({ search: (old) => ({ ...old, open: undefined }) as never, resetScroll: false })}
        />
      )}
    </>
  )
}
