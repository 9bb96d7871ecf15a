import { Group, Text } from '@mantine/core'
import { IconBuildingStore } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { type App, listApps } from '../../api/apps.ts'
import { type Column, DataTable } from '../../parts/DataTable.tsx'
import { EmptyState } from '../../parts/EmptyState.tsx'
import { useList } from '../../parts/list.ts'
import { countText } from '../../parts/money.ts'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { storeName } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import { NewStoreMenu } from './NewStoreMenu.tsx'
import { StoreState } from './StoreState.tsx'

const EVERY_MS = 15_000

const COLUMNS: readonly Column<App>[] = [
  {
    key: 'app',
    header: 'Store',
    phone: 'title',
    width: 'minmax(150px, 1.2fr)',
    cell: ({ id, store }) => (
      <>
        {storeName(store)}{' '}
        <Text span inherit c="dimmed" fw={400}>
          · {id}
        </Text>
      </>
    ),
  },
  {
    key: 'last',
    header: 'Last notification',
    width: 'minmax(180px, 1.5fr)',
    cell: ({ last_notification: last }) =>
      last === null ? (
        <Text span inherit c="dimmed">
          None yet
        </Text>
      ) : (
        <>
          <TimeText at={last.at} />
          {last.type !== null && (
            <Text span inherit c="dimmed">
              {' '}
              · {last.type}
            </Text>
          )}
        </>
      ),
  },
  {
    key: 'unprocessed',
    header: 'Not processed',
    width: '130px',
    align: 'right',
    cell: ({ notifications: { waiting, parked } }) => <span className="figures">{countText(waiting + parked)}</span>,
  },
  { key: 'state', header: 'State', width: 'minmax(200px, 1.4fr)', cell: (app) => <StoreState app={app} /> },
]

export function StoresPage() {
  const { id, may } = useProject()
  const list = useList(['apps', id, 'list'], () => listApps(id), { refetchInterval: EVERY_MS })
  const menu = may('configure') ? <NewStoreMenu /> : undefined
  const none = list.data?.items.length === 0
  return (
    <>
      <PageHeader
        title="Stores"
        about="Where your apps sell. Their notifications become events."
        actions={none ? undefined : menu}
      />
      <DataTable
        label="Stores"
        columns={COLUMNS}
        list={list}
        keyOf={(app) => app.id}
        link={(app, cell) => (
          <Link to="/$project/stores/$id" params={{ project: id, id: app.id }}>
            {cell}
          </Link>
        )}
        empty={
          <EmptyState icon={IconBuildingStore} title="No store yet" action={<Group mt="xs">{menu}</Group>}>
            {menu === undefined
              ? 'Ask an owner, admin or developer of this project to connect one.'
              : 'Connect the store in which your app sells; the form says step by step what to do there.'}
          </EmptyState>
        }
      />
    </>
  )
}
