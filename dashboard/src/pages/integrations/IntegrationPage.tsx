import { Alert, Skeleton, Stack, Tabs, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { connectorsQuery, type DestinationConnector } from '../../api/connectors.ts'
import { type IntegrationDetail, integrationQuery } from '../../api/integrations.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { LinkText } from '../../parts/links.tsx'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { useProject } from '../../project.ts'
import { DeliveriesTab } from './DeliveriesTab.tsx'
import { ErrorsTab } from './ErrorsTab.tsx'
import { IntegrationActs } from './IntegrationActs.tsx'
import { IntegrationHealth } from './IntegrationHealth.tsx'
import { SettingsTab } from './SettingsTab.tsx'
import { StateBadges } from './StateBadges.tsx'
import { TABS } from './search.ts'
import { isUnconfirmed } from './state.ts'

const route = getRouteApi('/in/$project/integrations/$id')

export interface TabProps {
  readonly integration: IntegrationDetail
  readonly destination: DestinationConnector | undefined
}

const PAGES: Readonly<Record<(typeof TABS)[number], ComponentType<TabProps>>> = {
  deliveries: DeliveriesTab,
  errors: ErrorsTab,
  settings: SettingsTab,
}
const TITLES = { deliveries: 'Deliveries', errors: 'Errors', settings: 'Settings' } as const

export function IntegrationPage() {
  const { id: project } = useProject()
  const { id } = route.useParams()
  const { tab = 'deliveries' } = route.useSearch()
  const navigate = route.useNavigate()
  const integration = useQuery(integrationQuery(project, id))
  const connectors = useQuery(connectorsQuery(project))
  const above = [
    <LinkText key="all" to="/$project/integrations" params={{ project }}>
      Integrations
    </LinkText>,
  ]
  const { data } = integration
  if (data === undefined)
    return (
      <>
        <PageHeader title={id} above={above} />
        {integration.isError ? (
          <ErrorState error={integration.error} onRetry={() => void integration.refetch()} />
        ) : (
          <Stack role="status" aria-label="The integration is loading">
            <Skeleton height={140} radius="md" />
            <Skeleton height={320} radius="md" />
          </Stack>
        )}
      </>
    )
  const destination = connectors.data?.destinations.find((one) => one.id === data.destination)
  return (
    <>
      <PageHeader
        title={data.id === data.destination ? data.title : `${data.title} · ${data.id}`}
        above={above}
        beside={<StateBadges integration={data} destination={destination} />}
        actions={<IntegrationActs integration={data} />}
      />
      <Stack gap="lg">
        {isUnconfirmed(data, destination) && tab !== 'settings' && (
          <Alert variant="light" color="yellow" title="Nobody has seen an event arrive yet">
            <Text size="sm">
              {data.title} does not tell whether it took an event. Send a test event from the settings, look for it
              there, and confirm it.
            </Text>
          </Alert>
        )}
        <IntegrationHealth integration={data} />
        <Tabs
          value={tab}
          onChange={(next) =>
            void navigate({
              search: ({ environment }) => ({ environment, tab: TABS.find((one) => one === next) }) as never,
            })
          }
          keepMounted={false}
        >
          <Tabs.List mb="md">
            {TABS.map((one) => (
              <Tabs.Tab key={one} value={one}>
                {TITLES[one]}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {TABS.map((one) => {
            const Page = PAGES[one]
            return (
              <Tabs.Panel key={one} value={one}>
                <Page integration={data} destination={destination} />
              </Tabs.Panel>
            )
          })}
        </Tabs>
      </Stack>
    </>
  )
}
