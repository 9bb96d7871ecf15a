import { Text } from '@mantine/core'
import { IconInbox, IconSearchOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useCallback, useMemo } from 'react'
import type { DestinationConnector } from '../../api/connectors.ts'
import { type Delivery, errorsQuery, readDeliveries, STATUSES } from '../../api/integrations.ts'
import { type Column, DataTable } from '../../parts/DataTable.tsx'
import { EmptyState } from '../../parts/EmptyState.tsx'
import { type Filter, FilterBar } from '../../parts/FilterBar.tsx'
import { useList } from '../../parts/list.ts'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { reasonText, words } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import { DeliveryDrawer } from './DeliveryDrawer.tsx'
import { DueText } from './DueText.tsx'
import type { TabProps } from './IntegrationPage.tsx'

const route = getRouteApi('/in/$project/integrations/$id')
/** New deliveries and their outcomes come by themselves. */
const EVERY_MS = 5_000

export function DeliveriesTab({ integration, destination }: TabProps) {
  const { id: project, environment } = useProject()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { status, reason, event_type, customer, delivery } = search
  const errors = useQuery(errorsQuery(project, integration.id))
  const wanted = { status, reason, event_type, customer, environment: search.in === 'both' ? undefined : environment }
  const list = useList(
    ['deliveries', project, integration.id, wanted],
    (before) => readDeliveries(project, integration.id, wanted, before),
    { refetchInterval: EVERY_MS },
  )
  // The same from one drawing to the next: what is read again must not draw every row anew.
  const both = search.in === 'both'
  const columns = useMemo(() => columnsOf(destination, both), [destination, both])
  const link = useCallback(
    (row: Delivery, cell: ReactNode) => (
      <Link
        to="/$project/integrations/$id"
        params={{ project, id: integration.id }}
        search={(old) => ({ ...old, delivery: row.id }) as never}
      >
        {cell}
      </Link>
    ),
    [project, integration.id],
  )
  const reasons = [
    ...new Set([...(errors.data ?? []).map((one) => one.reason), ...(reason === undefined ? [] : [reason])]),
  ]
  const values = { status, reason, event_type, customer, in: search.in }
  const filtered = Object.values(values).some((value) => value !== undefined)
  return (
    <>
      <FilterBar
        filters={filtersOf(reasons, destination, environment)}
        values={values}
        onChange={(change) => void navigate({ search: (old) => ({ ...old, ...change }) as never, replace: true })}
      />
      <DataTable
        label={`Deliveries of ${integration.id}`}
        columns={columns}
        list={list}
        keyOf={({ id }) => id}
        link={link}
        empty={
          filtered ? (
            <EmptyState icon={IconSearchOff} title="Nothing matches these filters">
              Take a filter away, or look at both environments.
            </EmptyState>
          ) : (
            <EmptyState icon={IconInbox} title="Nothing was sent yet">
              {`The next ${environment} event that ${integration.title} gets shows here within a second; send a test event from the settings to see one arrive there now.`}
            </EmptyState>
          )
        }
      />
      <DeliveryDrawer
        id={delivery ?? null}
        destination={destination}
        integration={integration}
        onClose={() => void navigate({ search: ({ delivery: _, ...rest }) => rest as never })}
      />
    </>
  )
}

function filtersOf(
  reasons: readonly string[],
  destination: DestinationConnector | undefined,
  environment: string,
): readonly Filter[] {
  const other = environment === 'production' ? 'sandbox' : 'production'
  return [
    {
      kind: 'select',
      key: 'status',
      label: 'Status',
      options: STATUSES.map((value) => ({ value, label: words(value) })),
    },
    {
      kind: 'select',
      key: 'event_type',
      label: 'Event',
      options: (destination?.event_names ?? []).map(({ key, label }) => ({ value: key, label })),
    },
    {
      kind: 'select',
      key: 'reason',
      label: 'Reason',
      options: reasons.map((reason) => ({ value: reason, label: reasonText(reason) })),
    },
    {
      kind: 'select',
      key: 'in',
      label: `${words(environment)} only`,
      options: [{ value: 'both', label: `With ${other}` }],
    },
    { kind: 'text', key: 'customer', label: 'Customer', placeholder: 'App user id, all of it' },
  ]
}

function columnsOf(destination: DestinationConnector | undefined, both: boolean): readonly Column<Delivery>[] {
  return [
    {
      key: 'event',
      header: 'Event',
      phone: 'title',
      width: 'minmax(0, 1.1fr)',
      cell: ({ event, event_id }) => (event == null ? event_id : eventLabel(event, destination)),
    },
    {
      key: 'customer',
      header: 'Customer',
      width: 'minmax(0, 1.2fr)',
      cell: ({ event }) => event?.customer ?? '–',
    },
    { key: 'status', header: 'Status', width: '118px', cell: ({ status }) => <StatusBadge status={status} /> },
    {
      key: 'reason',
      header: 'Reason',
      width: 'minmax(0, 1.6fr)',
      cell: ({ reason }) => (
        <Text size="sm" c="dimmed" truncate title={reason ?? undefined}>
          {reason === null ? '–' : reasonText(reason)}
        </Text>
      ),
    },
    ...(both
      ? [
          {
            key: 'environment',
            header: 'Environment',
            width: '110px',
            cell: ({ environment }: Delivery) => words(environment),
          },
        ]
      : []),
    {
      key: 'attempts',
      header: 'Attempts',
      phone: 'hidden',
      width: '76px',
      align: 'right',
      cell: ({ attempts }) => attempts,
    },
    {
      key: 'when',
      header: 'When',
      width: '140px',
      align: 'right',
      cell: ({ settled_at, due_at, created_at }) =>
        settled_at !== null ? (
          <TimeText at={settled_at} />
        ) : due_at !== null ? (
          <DueText at={due_at} />
        ) : (
          <TimeText at={created_at} />
        ),
    },
  ]
}

export function eventLabel(
  { name, type }: { readonly name: string | null; readonly type: string },
  destination: DestinationConnector | undefined,
): string {
  return destination?.event_names.find(({ key }) => key === name)?.label ?? words(name ?? type)
}
