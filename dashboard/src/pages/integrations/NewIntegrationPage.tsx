import { Skeleton, Stack } from '@mantine/core'
import { IconPlugConnectedX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { connectorsQuery } from '../../api/connectors.ts'
import { integrationsQuery } from '../../api/integrations.ts'
import { EmptyState } from '../../parts/EmptyState.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { LinkText } from '../../parts/links.tsx'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { useProject } from '../../project.ts'
import { DestinationMark } from './DestinationMark.tsx'
import { IntegrationForm } from './IntegrationForm.tsx'

const route = getRouteApi('/in/$project/integrations/new/$destination')

export function NewIntegrationPage() {
  const { id: project } = useProject()
  const { destination: wanted } = route.useParams()
  const navigate = route.useNavigate()
  const connectors = useQuery(connectorsQuery(project))
  const integrations = useQuery(integrationsQuery(project))
  const destination = connectors.data?.destinations.find(({ id }) => id === wanted)
  const above = [
    <LinkText key="all" to="/$project/integrations" params={{ project }}>
      Integrations
    </LinkText>,
  ]
  if (connectors.isError) return <ErrorState error={connectors.error} onRetry={() => void connectors.refetch()} />
  return (
    <>
      <PageHeader
        title={destination === undefined ? 'New integration' : `New integration with ${destination.title}`}
        above={above}
        about={
          destination === undefined
            ? undefined
            : 'Nothing is sent before you save it. You can check and try all of it first.'
        }
        beside={destination === undefined ? undefined : <DestinationMark title={destination.title} />}
      />
      {connectors.isPending || integrations.isPending ? (
        <Stack role="status" aria-label="The form is loading">
          <Skeleton height={220} />
          <Skeleton height={120} />
          <Skeleton height={320} />
        </Stack>
      ) : destination === undefined ? (
        <EmptyState icon={IconPlugConnectedX} title="There is no such destination">
          This hub does not know a destination of that name; go back to the integrations and choose one.
        </EmptyState>
      ) : (
        <IntegrationForm
          key={destination.id}
          destination={destination}
          integration={null}
          volumeOf={integrations.data?.[0]?.id ?? null}
          onSaved={({ id }) => void navigate({ to: '/$project/integrations/$id', params: { project, id } })}
        />
      )}
    </>
  )
}
