import { Button, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconCircleCheck, IconRefresh } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type ErrorGroup, errorsQuery, type ReplayAsked } from '../../api/integrations.ts'
import { EmptyState } from '../../parts/EmptyState.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { LinkText } from '../../parts/links.tsx'
import { countText } from '../../parts/money.ts'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { reasonText } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import type { TabProps } from './IntegrationPage.tsx'
import { ReplayDialog } from './ReplayDialog.tsx'

export function ErrorsTab({ integration, destination }: TabProps) {
  const { id: project } = useProject()
  const [asked, setAsked] = useState<ReplayAsked | null>(null)
  const errors = useQuery(errorsQuery(project, integration.id))
  if (errors.isPending)
    return (
      <Stack role="status" aria-label="Errors: loading">
        <Skeleton height={120} radius="md" />
        <Skeleton height={120} radius="md" />
      </Stack>
    )
  if (errors.data === undefined) return <ErrorState error={errors.error} onRetry={() => void errors.refetch()} />
  return (
    <>
      <Groups groups={errors.data} integration={integration} onRetry={setAsked} />
      {/* Beside the groups: it tells how the retry went when the last of them is gone, too. */}
      <ReplayDialog integration={integration} destination={destination} asked={asked} onClose={() => setAsked(null)} />
    </>
  )
}

interface GroupsProps {
  readonly groups: readonly ErrorGroup[]
  readonly integration: TabProps['integration']
  readonly onRetry: (asked: ReplayAsked) => void
}

function Groups({ groups, integration, onRetry }: GroupsProps) {
  const { may } = useProject()
  if (groups.length === 0)
    return (
      <EmptyState icon={IconCircleCheck} title="Nothing failed in the last 30 days">
        What fails, is skipped or waits for a reason shows here by its reason, with what to do about it.
      </EmptyState>
    )
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          The last 30 days, both environments.
        </Text>
        {groups.some(({ status }) => status === 'failed') && may('integrate') && (
          <Button leftSection={<IconRefresh size={16} aria-hidden />} onClick={() => onRetry({ status: 'failed' })}>
            Retry all that failed
          </Button>
        )}
      </Group>
      {groups.map((group) => (
        <OneGroup key={`${group.status} ${group.reason}`} group={group} integration={integration} onRetry={onRetry} />
      ))}
    </Stack>
  )
}

interface GroupProps {
  readonly group: ErrorGroup
  readonly integration: TabProps['integration']
  readonly onRetry: (asked: ReplayAsked) => void
}

function OneGroup({ group, integration, onRetry }: GroupProps) {
  const { id: project, may } = useProject()
  const { status, reason, advice, count, more, last_at, example_id } = group
  const to = { to: '/$project/integrations/$id', params: { project, id: integration.id } } as const
  const number = `${countText(count)}${more ? '+' : ''}`
  return (
    <Paper component="article" p="md" bg="var(--raised)" aria-label={`${reasonText(reason)}: ${number}`}>
      <Group justify="space-between" align="flex-start" gap="md">
        <Stack gap={4} flex="1 1 320px">
          <Group gap="xs">
            <StatusBadge status={status} />
            <Title order={2} fz="md" style={{ overflowWrap: 'anywhere' }}>
              {reasonText(reason)}
            </Title>
          </Group>
          {advice !== null && <Text size="sm">{advice}</Text>}
          <Group gap="xs" fz="sm" c="dimmed">
            <span>
              {status === 'waiting' ? 'Newest' : 'Last'} <TimeText at={last_at} />
            </span>
            <span aria-hidden>·</span>
            <LinkText
              inherit
              {...to}
              search={((old: object) => ({ ...old, tab: 'deliveries', status, reason, in: 'both' })) as never}
            >
              Show {count === 1 && !more ? 'it' : 'them'}
            </LinkText>
            <span aria-hidden>·</span>
            <LinkText
              inherit
              {...to}
              search={
                ((old: object) => ({
                  ...old,
                  tab: 'deliveries',
                  status,
                  reason,
                  in: 'both',
                  delivery: example_id,
                })) as never
              }
            >
              Newest example
            </LinkText>
          </Group>
        </Stack>
        <Group gap="md">
          <Text fz={24} fw={600} className="figures" title={more ? 'At least as many' : undefined}>
            {number}
          </Text>
          {status !== 'waiting' && may('integrate') && (
            <Button variant="default" size="sm" onClick={() => onRetry({ status, reason })}>
              Retry these
            </Button>
          )}
        </Group>
      </Group>
    </Paper>
  )
}
