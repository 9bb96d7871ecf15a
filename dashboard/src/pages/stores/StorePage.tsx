import { Skeleton, Stack, Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type App, appQuery } from '../../api/apps.ts'
import { connectorsQuery, type StoreConnector } from '../../api/connectors.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { LinkText } from '../../parts/links.tsx'
import { ManagedByFile } from '../../parts/ManagedByFile.tsx'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { useProject } from '../../project.ts'
import { NotificationsTab } from './NotificationsTab.tsx'
import { StoreOverview } from './StoreOverview.tsx'
import { StoreSettings } from './StoreSettings.tsx'
import { StoreState } from './StoreState.tsx'
import { STORE_TABS, type StoreTab } from './search.ts'

const route = getRouteApi('/in/$project/stores/$id')

const TITLES: Readonly<Record<StoreTab, string>> = {
  overview: 'Overview',
  notifications: 'Notifications',
  settings: 'Credentials and settings',
}

export function StorePage() {
  const { id: project } = useProject()
  const { id } = route.useParams()
  const app = useQuery(appQuery(project, id))
  const connectors = useQuery(connectorsQuery(project))
  const connector = connectors.data?.stores.find((one) => one.id === app.data?.store)
  const error = app.data === undefined ? app.error : connectors.error
  return (
    <>
      <PageHeader
        title={app.data === undefined ? id : `${app.data.title} · ${id}`}
        above={[
          <LinkText key="stores" to="/$project/stores" params={{ project }}>
            Stores
          </LinkText>,
        ]}
        beside={app.data !== undefined && <StoreState app={app.data} />}
      />
      {error !== null ? (
        <ErrorState error={error} onRetry={() => void Promise.all([app.refetch(), connectors.refetch()])} />
      ) : app.data === undefined || connector === undefined ? (
        <Stack role="status" aria-label="The store is loading">
          <Skeleton height={36} />
          <Skeleton height={220} />
        </Stack>
      ) : (
        <Stack>
          {app.data.managed === 'file' && <ManagedByFile what="This store" />}
          <Parts app={app.data} connector={connector} />
        </Stack>
      )}
    </>
  )
}

function Parts({ app, connector }: { readonly app: App; readonly connector: StoreConnector }) {
  const { tab = 'overview' } = route.useSearch()
  const navigate = route.useNavigate()
  const go = (next: string | null): void => {
    const found = STORE_TABS.find((one) => one === next)
    void navigate({ search: { tab: found === 'overview' ? undefined : found } as never })
  }
  return (
    <Tabs value={tab} onChange={go} keepMounted={false} activateTabWithKeyboard={false}>
      <Tabs.List
        mb="md"
        aria-label="Parts of the store"
        style={{ flexWrap: 'nowrap', overflowX: 'auto', overflowY: 'hidden' }}
      >
        {STORE_TABS.map((one) => (
          <Tabs.Tab key={one} value={one}>
            {TITLES[one]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="overview">
        <StoreOverview app={app} connector={connector} />
      </Tabs.Panel>
      <Tabs.Panel value="notifications">
        <NotificationsTab app={app} />
      </Tabs.Panel>
      <Tabs.Panel value="settings">
        <StoreSettings key={app.id} app={app} connector={connector} />
      </Tabs.Panel>
    </Tabs>
  )
}
