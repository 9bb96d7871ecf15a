import { SegmentedControl, SimpleGrid, Skeleton, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type Hours, overviewQuery } from '../../api/overview.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { useProject } from '../../project.ts'
import { AppHealth } from './AppHealth.tsx'
import { EventsChart } from './EventsChart.tsx'
import { FirstSteps } from './FirstSteps.tsx'
import { IntegrationHealth } from './IntegrationHealth.tsx'
import { Revenue } from './Revenue.tsx'
import { Standing } from './Standing.tsx'

const route = getRouteApi('/in/$project/overview')

const SPANS: readonly { readonly value: string; readonly hours: Hours; readonly label: string }[] = [
  { value: '24', hours: 24, label: '24 hours' },
  { value: '168', hours: 168, label: '7 days' },
  { value: '720', hours: 720, label: '30 days' },
]

export function OverviewPage() {
  const { id, environment } = useProject()
  const { hours = 24 } = route.useSearch()
  const navigate = route.useNavigate()
  const overview = useQuery(overviewQuery(id, environment, hours))
  const change = (value: string): void => {
    const span = SPANS.find((one) => one.value === value)
    if (span !== undefined) void navigate({ search: (old) => ({ ...old, hours: span.hours }), replace: true })
  }
  const { data } = overview
  const span = (
    <SegmentedControl
      size="xs"
      aria-label="Time that is shown"
      value={String(hours)}
      onChange={change}
      data={SPANS.map(({ value, label }) => ({ value, label }))}
    />
  )
  return (
    <>
      <PageHeader title="Overview" actions={span} />
      {overview.isError && <ErrorState error={overview.error} onRetry={() => void overview.refetch()} />}
      {data === undefined && overview.isPending && <Waiting />}
      {data !== undefined && (
        <Stack gap="md" aria-busy={overview.isPlaceholderData}>
          <FirstSteps overview={data} />
          <Standing overview={data} hours={hours} />
          <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
            <EventsChart overview={data} />
            <Revenue overview={data} />
          </SimpleGrid>
          <IntegrationHealth overview={data} />
          <AppHealth overview={data} />
        </Stack>
      )}
    </>
  )
}

function Waiting() {
  return (
    <Stack gap="md" role="status" aria-label="The overview is loading">
      <Skeleton height={92} radius="md" />
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Skeleton height={300} radius="md" />
        <Skeleton height={300} radius="md" />
      </SimpleGrid>
      <Skeleton height={160} radius="md" />
    </Stack>
  )
}
