import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { connectorsQuery } from '../../api/connectors.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { useProject } from '../../project.ts'
import { IntegrationForm } from './IntegrationForm.tsx'
import type { TabProps } from './IntegrationPage.tsx'

export function SettingsTab({ integration, destination }: TabProps) {
  const { id: project } = useProject()
  const connectors = useQuery(connectorsQuery(project))
  if (destination !== undefined)
    return (
      <IntegrationForm
        key={integration.id}
        destination={destination}
        integration={integration}
        volumeOf={integration.id}
        onSaved={() => undefined}
      />
    )
  if (connectors.isError) return <ErrorState error={connectors.error} onRetry={() => void connectors.refetch()} />
  return <Skeleton height={320} radius="md" />
}
