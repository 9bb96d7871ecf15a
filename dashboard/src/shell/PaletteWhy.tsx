import { Autocomplete, Button, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type SubmitEvent, useEffect, useRef, useState } from 'react'
import { connectorsQuery } from '../api/connectors.ts'
import { integrationsQuery } from '../api/integrations.ts'
import { whyQuery } from '../api/why.ts'
import { ErrorState } from '../parts/ErrorState.tsx'
import { WhyAnswer } from '../parts/WhyAnswer.tsx'
import { useProject } from '../project.ts'

interface Asked {
  readonly customer: string
  readonly event: string
}

type Question = Asked & { readonly integration?: string }

/** `trial cancelled`, as people say it, is `trial_cancelled` in the API. */
function keyOf(event: string): string {
  return event.trim().replaceAll(' ', '_')
}

interface PaletteWhyProps {
  readonly first: Asked
  readonly onBack: () => void
  readonly onClose: () => void
}

/** "Why did X not get Y?": one sentence for each integration, or for the one that is chosen. */
export function PaletteWhy({ first, onBack, onClose }: PaletteWhyProps) {
  const { id } = useProject()
  const [customer, setCustomer] = useState(first.customer)
  const [event, setEvent] = useState(first.event)
  const [integration, setIntegration] = useState<string | null>(null)
  // A question that was typed whole is asked at once.
  const [asked, setAsked] = useState<Question | null>(
    first.customer === '' || first.event === '' ? null : { customer: first.customer, event: keyOf(first.event) },
  )
  const fields = useRef<HTMLFormElement>(null)
  // The dialog gives the focus when it opens, not when what is in it changes.
  useEffect(() => fields.current?.querySelectorAll('input')[first.customer === '' ? 0 : 1]?.focus(), [first.customer])
  const connectors = useQuery(connectorsQuery(id))
  const integrations = useQuery(integrationsQuery(id))
  const answer = useQuery({
    ...whyQuery(id, asked?.customer ?? '', asked?.event ?? '', asked?.integration),
    enabled: asked !== null,
  })
  const submit = (press: SubmitEvent): void => {
    press.preventDefault()
    const all = { customer: customer.trim(), event: keyOf(event) }
    setAsked(integration === null ? all : { ...all, integration })
  }
  const names = [
    ...new Set(connectors.data?.destinations.flatMap((one) => one.event_names.map(({ key }) => key)) ?? []),
  ]
  return (
    <Stack>
      <form onSubmit={submit} ref={fields}>
        <Stack gap="sm">
          <TextInput
            label="Customer"
            description="Any of their app user ids."
            required
            withAsterisk={false}
            value={customer}
            onChange={(change) => setCustomer(change.currentTarget.value)}
            spellCheck={false}
            autoComplete="off"
          />
          <Autocomplete
            label="Event"
            required
            withAsterisk={false}
            data={names}
            value={event}
            onChange={setEvent}
            placeholder="trial_cancelled"
          />
          <Select
            label="Integration"
            data={integrations.data?.map((one) => one.id) ?? []}
            value={integration}
            onChange={setIntegration}
            placeholder="All of them"
            clearable
            clearButtonProps={{ 'aria-label': 'Clear the integration' }}
          />
          <Group justify="space-between">
            <Button variant="subtle" onClick={onBack}>
              Back to search
            </Button>
            <Button type="submit" loading={answer.isFetching} disabled={customer.trim() === '' || event.trim() === ''}>
              Ask
            </Button>
          </Group>
        </Stack>
      </form>
      <div aria-live="polite">
        {answer.isError && <ErrorState error={answer.error} />}
        {answer.data !== undefined && asked !== null && (
          <Stack gap="xs">
            {answer.data.items.map((why) => (
              <WhyAnswer key={why.integration_id} why={why} onOpen={onClose} />
            ))}
            {answer.data.items.length === 0 && <Text size="sm">There is no integration that could have sent it.</Text>}
          </Stack>
        )}
      </div>
    </Stack>
  )
}
