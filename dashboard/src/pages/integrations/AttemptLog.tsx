import { Accordion, Badge, Group, Stack, Text, Title } from '@mantine/core'
import type { Attempt } from '../../api/integrations.ts'
import { JsonView } from '../../parts/JsonView.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { durationText } from '../../parts/time.ts'
import { jsonOf } from './json.ts'

interface AttemptLogProps {
  /** Oldest first. */
  readonly attempts: readonly Attempt[]
  readonly title: string
}

/** Every request that carried it, the newest open: what was sent, what was answered, what became of each record. */
export function AttemptLog({ attempts, title }: AttemptLogProps) {
  const newest = attempts.at(-1)
  return (
    <section aria-label="Attempts">
      <Title order={3} mb={6}>
        {attempts.length === 1 ? '1 attempt' : `${attempts.length} attempts`}
      </Title>
      {newest === undefined ? (
        <Text size="sm" c="dimmed">
          No request has carried it, or those that did are older than what is kept.
        </Text>
      ) : (
        <Accordion variant="separated" defaultValue={newest.id}>
          {attempts.toReversed().map((attempt) => (
            <Accordion.Item key={attempt.id} value={attempt.id}>
              <Accordion.Control>
                <Group gap="sm">
                  <Badge
                    variant="light"
                    radius="sm"
                    tt="none"
                    color={isFine(attempt.status) ? 'teal' : 'red'}
                    autoContrast
                  >
                    {attempt.status === null ? 'no answer' : attempt.status}
                  </Badge>
                  <Text size="sm">
                    <TimeText at={attempt.at} as="exact" />
                  </Text>
                  <Text size="xs" c="dimmed">
                    {durationText(attempt.duration_ms)}
                  </Text>
                </Group>
              </Accordion.Control>
              <Accordion.Panel>
                <Stack gap="sm">
                  <JsonView label="Request" value={withBody(attempt.request)} open={4} maxHeight={360} />
                  <JsonView label={`Answer of ${title}`} value={withBody(attempt.response)} open={3} maxHeight={240} />
                  {attempt.outcomes.length > 0 && (
                    <JsonView label="What became of it" value={attempt.outcomes} open={3} maxHeight={240} />
                  )}
                </Stack>
              </Accordion.Panel>
            </Accordion.Item>
          ))}
        </Accordion>
      )}
    </section>
  )
}

function isFine(status: number | null): boolean {
  return status !== null && status < 300
}

/** Bodies are kept as text; as JSON they fold. */
function withBody(part: unknown): unknown {
  if (typeof part !== 'object' || part === null || !('body' in part)) return part
  return { ...part, body: jsonOf(part.body) }
}
