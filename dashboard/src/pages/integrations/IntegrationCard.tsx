import { Card, Group, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { DestinationConnector } from '../../api/connectors.ts'
import type { Integration } from '../../api/integrations.ts'
import type { Overview } from '../../api/overview.ts'
import { countText } from '../../parts/money.ts'
import { durationText } from '../../parts/time.ts'
import { sentence } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import { DestinationMark } from './DestinationMark.tsx'
import { DueText } from './DueText.tsx'
import classes from './Integrations.module.css'
import { StateBadges } from './StateBadges.tsx'
import { troubleOf } from './state.ts'

interface IntegrationCardProps {
  readonly integration: Integration
  readonly destination: DestinationConnector | undefined
  /** Of the last day; undefined: not known yet. */
  readonly health: Overview['integrations'][number] | undefined
}

export function IntegrationCard({ integration, destination, health }: IntegrationCardProps) {
  const { id: project, environment } = useProject()
  const { id, title } = integration
  const trouble = integration.enabled ? troubleOf(integration) : undefined
  return (
    <Card className={classes.card} component="article" aria-label={`${title} ${id}`} padding="lg">
      <Stack gap="md" h="100%">
        <Group justify="space-between" align="flex-start" gap="sm">
          <Group gap="sm" wrap="nowrap">
            <DestinationMark title={title} />
            <div>
              <Link className={classes['card-link']} to="/$project/integrations/$id" params={{ project, id }}>
                {title}
              </Link>
              <Text size="xs" c="dimmed" ff="monospace">
                {id}
              </Text>
            </div>
          </Group>
          <Group gap={6}>
            <StateBadges integration={integration} destination={destination} />
          </Group>
        </Group>
        {trouble !== undefined && (
          <Text size="sm">
            {sentence(trouble.reason ?? '')}{' '}
            {trouble.next_try_at !== null && (
              <Text span c="dimmed">
                Next try <DueText at={trouble.next_try_at} />.
              </Text>
            )}
          </Text>
        )}
        <div style={{ marginTop: 'auto' }}>
          <Text size="xs" c="dimmed" mb={6}>
            Last 24 hours, {environment}
          </Text>
          <Figures health={health} />
        </div>
      </Stack>
    </Card>
  )
}

export function Figures({
  health,
  more = false,
}: {
  readonly health: IntegrationCardProps['health']
  readonly more?: boolean
}) {
  const count = (value: number | undefined): string => (value === undefined ? '…' : countText(value))
  const time = (value: number | null | undefined): string =>
    value === undefined ? '…' : value === null ? '–' : durationText(value)
  const figures = [
    ['Delivered', count(health?.delivered)],
    ['Waiting', count(health?.waiting)],
    ['Failed', count(health?.failed)],
    ...(more
      ? [
          ['Skipped', count(health?.skipped)],
          ['Median', time(health?.p50_ms)],
        ]
      : []),
    ['95 of 100 within', time(health?.p95_ms)],
  ] as const
  return (
    <dl className={classes.figures}>
      {figures.map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  )
}
