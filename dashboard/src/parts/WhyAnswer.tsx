import { Group, Paper, Text } from '@mantine/core'
import type { Why } from '../api/why.ts'
import { useProject } from '../project.ts'
import { LinkText } from './links.tsx'
import { StatusBadge } from './StatusBadge.tsx'
import { TimeText } from './TimeText.tsx'

interface WhyAnswerProps {
  readonly why: Why
  /** Before a link in it is followed. */
  readonly onOpen?: () => void
}

/** Why somebody did or did not get an event at one integration. */
export function WhyAnswer({ why, onOpen = () => undefined }: WhyAnswerProps) {
  const { id } = useProject()
  return (
    <Paper p="sm">
      <Group gap="xs" mb={4}>
        <Text size="sm" fw={600}>
          {why.integration_id}
        </Text>
        <StatusBadge status={why.verdict} />
        {why.at !== null && (
          <Text size="xs" c="dimmed">
            <TimeText at={why.at} />
          </Text>
        )}
      </Group>
      <Text size="sm">{why.sentence}</Text>
      {why.event_id !== null && (
        <LinkText to="/$project/events/$id" params={{ project: id, id: why.event_id }} onClick={onOpen} size="sm">
          Open the event
        </LinkText>
      )}
    </Paper>
  )
}
