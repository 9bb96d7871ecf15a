import { Button, Group, Select, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import { integrationsQuery } from '../../api/integrations.ts'
import { whyQuery } from '../../api/why.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { EVENT_KINDS } from '../../parts/event-words.ts'
import { Panel } from '../../parts/Panel.tsx'
import { WhyAnswer } from '../../parts/WhyAnswer.tsx'
import { useProject } from '../../project.ts'

interface Asked {
  readonly event: string
  readonly integration?: string
}

/** "Why did this customer not get …?", answered by the hub in a sentence for each integration. */
export function WhyNot({ id }: { readonly id: string }) {
  const { id: project } = useProject()
  const [event, setEvent] = useState<string | null>(null)
  const [integration, setIntegration] = useState<string | null>(null)
  const [asked, setAsked] = useState<Asked | null>(null)
  const integrations = useQuery(integrationsQuery(project))
  const answer = useQuery({
    ...whyQuery(project, id, asked?.event ?? '', asked?.integration),
    enabled: asked !== null,
  })
  const submit = (press: SubmitEvent): void => {
    press.preventDefault()
    if (event === null) return
    const next: Asked = { event, ...(integration === null ? {} : { integration }) }
    if (asked !== null && asked.event === next.event && asked.integration === next.integration) void answer.refetch()
    else setAsked(next)
  }
  return (
    <Panel title="Why did this customer not get …?">
      <form onSubmit={submit}>
        <Group align="flex-end" gap="xs">
          <Select
            label="Event"
            placeholder="Choose an event"
            data={EVENT_KINDS}
            value={event}
            onChange={setEvent}
            searchable
            flex="1 1 150px"
          />
          <Select
            label="Integration"
            placeholder="All of them"
            data={integrations.data?.map((one) => one.id) ?? []}
            value={integration}
            onChange={setIntegration}
            clearable
            clearButtonProps={{ 'aria-label': 'Clear the integration' }}
            flex="1 1 130px"
          />
          <Button type="submit" variant="default" disabled={event === null} loading={answer.isFetching}>
            Ask
          </Button>
        </Group>
      </form>
      <Stack gap="xs" mt={asked === null ? 0 : 'sm'} aria-live="polite">
        {answer.isError && <ErrorState error={answer.error} />}
        {answer.data?.items.map((why) => (
          <WhyAnswer key={why.integration_id} why={why} />
        ))}
        {answer.data?.items.length === 0 && (
          <Text size="sm">There is no integration that could have sent it; connect one under Integrations.</Text>
        )}
      </Stack>
    </Panel>
  )
}
