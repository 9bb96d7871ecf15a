import { Divider, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Channel, IntegrationDetail } from '../../api/integrations.ts'
import { overviewQuery } from '../../api/overview.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { sentence, words } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import { DueText } from './DueText.tsx'
import { Figures } from './IntegrationCard.tsx'
import { HOURS } from './IntegrationsPage.tsx'

export function IntegrationHealth({ integration }: { readonly integration: IntegrationDetail }) {
  const { id: project, environment } = useProject()
  const overview = useQuery(overviewQuery(project, environment, HOURS))
  const health = overview.data?.integrations.find(({ id }) => id === integration.id)
  return (
    <Panel
      title="Health"
      about={`Last 24 hours, ${environment}. Times run from the moment an event is known to its delivery.`}
    >
      <Stack gap="md">
        {overview.isError && overview.data === undefined ? (
          <ErrorState error={overview.error} onRetry={() => void overview.refetch()} />
        ) : (
          <Figures health={health} more />
        )}
        <Divider />
        {integration.channels.length === 0 ? (
          <Text size="sm" c="dimmed">
            {integration.enabled ? 'It sends from no environment yet.' : 'It is switched off and sends nothing.'}
          </Text>
        ) : (
          integration.channels.map((channel) => (
            <ChannelLine key={channel.environment} channel={channel} enabled={integration.enabled} />
          ))
        )}
      </Stack>
    </Panel>
  )
}

function ChannelLine({ channel, enabled }: { readonly channel: Channel; readonly enabled: boolean }) {
  const { environment, state, reason, advice, next_try_at } = channel
  return (
    <Group gap="sm" align="flex-start">
      <Text size="sm" fw={500} w={84}>
        {words(environment)}
      </Text>
      <StatusBadge status={enabled ? state : 'off'} {...(enabled && state === 'open' ? { text: 'sending' } : {})} />
      {enabled && state !== 'open' && (
        <Text size="sm" flex="1 1 260px">
          {[reason, advice].flatMap((text) => (text === null ? [] : sentence(text))).join(' ')}{' '}
          {next_try_at !== null && (
            <Text span c="dimmed">
              Next try <DueText at={next_try_at} />.
            </Text>
          )}
        </Text>
      )}
    </Group>
  )
}
