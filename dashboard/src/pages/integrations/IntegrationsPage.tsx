import { Button, Card, Group, Modal, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconPlugConnected, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { connectorsQuery } from '../../api/connectors.ts'
import { integrationsQuery } from '../../api/integrations.ts'
import { overviewQuery } from '../../api/overview.ts'
import { EmptyState } from '../../parts/EmptyState.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { useProject } from '../../project.ts'
import { DestinationMark } from './DestinationMark.tsx'
import { IntegrationCard } from './IntegrationCard.tsx'
import classes from './Integrations.module.css'

/** A day, as the overview counts it. */
export const HOURS = 24

export function IntegrationsPage() {
  const { id: project, environment, may } = useProject()
  const [choosing, { open, close }] = useDisclosure()
  const integrations = useQuery(integrationsQuery(project))
  const connectors = useQuery(connectorsQuery(project))
  const overview = useQuery(overviewQuery(project, environment, HOURS))
  const add = may('integrate') && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
      New
    </Button>
  )
  return (
    <>
      <PageHeader
        title="Integrations"
        about="Where the events of your customers go."
        actions={integrations.data?.length === 0 ? undefined : add}
      />
      {integrations.isPending ? (
        <SimpleGrid cols={{ base: 1, md: 2 }} role="status" aria-label="Integrations: loading">
          <Skeleton height={170} radius="md" />
          <Skeleton height={170} radius="md" />
        </SimpleGrid>
      ) : integrations.isError && integrations.data === undefined ? (
        <ErrorState error={integrations.error} onRetry={() => void integrations.refetch()} />
      ) : integrations.data.length === 0 ? (
        <EmptyState icon={IconPlugConnected} title="No destination is connected yet" action={add}>
          {may('integrate')
            ? 'Add the first one: choose where events should go, enter its credentials, check them and send a test event.'
            : 'Ask somebody who may change integrations to connect one.'}
        </EmptyState>
      ) : (
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          {integrations.data.map((integration) => (
            <IntegrationCard
              key={integration.id}
              integration={integration}
              destination={connectors.data?.destinations.find(({ id }) => id === integration.destination)}
              health={overview.data?.integrations.find(({ id }) => id === integration.id)}
            />
          ))}
        </SimpleGrid>
      )}
      <Modal opened={choosing} onClose={close} title="Where should events go?" size="lg">
        {connectors.isError && <ErrorState error={connectors.error} onRetry={() => void connectors.refetch()} />}
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          {connectors.data?.destinations.map(({ id, title, fields }) => (
            <Card key={id} component="article" className={classes.card} padding="md">
              <Group wrap="nowrap">
                <DestinationMark title={title} />
                <Stack gap={2}>
                  <Link
                    className={classes['card-link']}
                    to="/$project/integrations/new/$destination"
                    params={{ project, destination: id }}
                    onClick={close}
                  >
                    {title}
                  </Link>
                  <Text size="xs" c="dimmed">
                    You need: {needed(fields)}
                  </Text>
                </Stack>
              </Group>
            </Card>
          ))}
        </SimpleGrid>
      </Modal>
    </>
  )
}

function needed(fields: readonly { readonly label: string; readonly required?: boolean }[]): string {
  const labels = fields.filter(({ required }) => required === true).map(({ label }) => label)
  return labels.length === 0 ? 'nothing' : new Intl.ListFormat('en').format(labels)
}
