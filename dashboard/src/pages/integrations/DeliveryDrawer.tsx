import { Drawer, Skeleton, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { DestinationConnector } from '../../api/connectors.ts'
import { deliveryQuery, type Integration } from '../../api/integrations.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { useProject } from '../../project.ts'
import { DeliveryView } from './DeliveryView.tsx'

interface DeliveryDrawerProps {
  /** null: closed. */
  readonly id: string | null
  readonly destination: DestinationConnector | undefined
  readonly integration: Integration
  readonly onClose: () => void
}

/** One delivery with all that is known of it, beside the list that it was opened from. */
export function DeliveryDrawer({ id, destination, integration, onClose }: DeliveryDrawerProps) {
  const { id: project } = useProject()
  const delivery = useQuery({ ...deliveryQuery(project, id ?? ''), enabled: id !== null })
  return (
    <Drawer opened={id !== null} onClose={onClose} position="right" size="xl" title="Delivery" keepMounted={false}>
      {delivery.data !== undefined ? (
        <DeliveryView delivery={delivery.data} destination={destination} title={integration.title} />
      ) : delivery.isError ? (
        <ErrorState error={delivery.error} onRetry={() => void delivery.refetch()} />
      ) : (
        <Stack role="status" aria-label="The delivery is loading">
          <Skeleton height={60} />
          <Skeleton height={200} />
        </Stack>
      )}
    </Drawer>
  )
}
