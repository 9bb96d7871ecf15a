import { Skeleton, Stack } from '@mantine/core'
import { IconBuildingStore } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { appsQuery } from '../../api/apps.ts'
import { connectorsQuery } from '../../api/connectors.ts'
import { EmptyState } from '../../parts/EmptyState.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { LinkText } from '../../parts/links.tsx'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { useProject } from '../../project.ts'
import { freeId } from './app-form.ts'
import { NewStoreForm } from './NewStoreForm.tsx'

const route = getRouteApi('/in/$project/stores/new/$store')

export function NewStorePage() {
  const { id: project, may } = useProject()
  const { store } = route.useParams()
  const connectors = useQuery(connectorsQuery(project))
  const apps = useQuery(appsQuery(project))
  const connector = connectors.data?.stores.find((one) => one.id === store && one.slug !== null)
  const error = connectors.error ?? apps.error
  return (
    <>
      <PageHeader
        title={connector === undefined ? 'New store' : `Connect ${connector.title}`}
        above={[
          <LinkText key="stores" to="/$project/stores" params={{ project }}>
            Stores
          </LinkText>,
        ]}
      />
      {error !== null ? (
        <ErrorState error={error} onRetry={() => void Promise.all([connectors.refetch(), apps.refetch()])} />
      ) : connectors.data === undefined || apps.data === undefined ? (
        <Waiting />
      ) : connector === undefined ? (
        <EmptyState icon={IconBuildingStore} title="There is no such store">
          Go back to Stores and choose one under New.
        </EmptyState>
      ) : !may('configure') ? (
        <EmptyState icon={IconBuildingStore} title="Not with your role">
          Owners, admins and developers of the project connect stores; ask one of them.
        </EmptyState>
      ) : (
        <NewStoreForm
          key={connector.id}
          connector={connector}
          firstId={freeId(
            connector,
            apps.data.map(({ id }) => id),
          )}
        />
      )}
    </>
  )
}

function Waiting() {
  return (
    <Stack role="status" aria-label="The form is loading">
      <Skeleton height={120} />
      <Skeleton height={280} />
    </Stack>
  )
}
