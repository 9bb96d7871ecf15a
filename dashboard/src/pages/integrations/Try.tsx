import { Alert, Button, Group, Input, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core'
import { IconPlugConnected, IconSend } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { DestinationConnector } from '../../api/connectors.ts'
import type { Field } from '../../api/field.ts'
import {
  type Checked,
  checkIntegration,
  type EventKey,
  sendTestEvent,
  type Tested,
  type Tried,
} from '../../api/integrations.ts'
import { ApiProblem } from '../../api/problem.ts'
import type { Environment } from '../../memory.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { JsonView } from '../../parts/JsonView.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { words } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import { jsonOf } from './json.ts'

interface TryProps {
  readonly destination: DestinationConnector
  /** What the form holds, as it would be tried. */
  readonly tried: Tried
  /** Faults of the fields, when what is tried does not hold; null: it holds. */
  readonly onFaults: (problem: ApiProblem | null) => void
}

interface CheckProps extends TryProps {
  /** Sets these settings, as a check suggests them, and gives what is tried then. */
  readonly onSuggestion: (settings: Readonly<Record<string, string>>) => Tried
}

/** "Check credentials": the plain reason for each environment, and what would make it work. */
export function CheckCredentials({ destination, tried, onSuggestion, onFaults }: CheckProps) {
  const { id: project } = useProject()
  const check = useMutation({
    mutationFn: (body: Tried) => checkIntegration(project, body),
    onSuccess: () => onFaults(null),
    onError: (error) => {
      if (error instanceof ApiProblem) onFaults(error)
    },
  })
  // An answer is about what was asked: as soon as the form says something else, it is gone.
  const current = JSON.stringify(check.variables) === JSON.stringify(tried)
  const results = current ? check.data?.results : undefined
  return (
    <Panel title="Check credentials" about={`Asks ${destination.title} whether it takes them; nothing is left there.`}>
      <Stack gap="sm" align="flex-start">
        <Button
          variant="default"
          leftSection={<IconPlugConnected size={16} aria-hidden />}
          loading={check.isPending}
          onClick={() => check.mutate(tried)}
        >
          Check credentials
        </Button>
        <Stack gap="sm" role="status" w="100%">
          {results?.length === 0 && (
            <Text size="sm">There is nothing to check: {destination.title} tells only by a test event.</Text>
          )}
          {results?.map((one) => (
            <CheckResult
              key={one.environment}
              result={one}
              fields={destination.fields}
              onUse={(settings) => check.mutate(onSuggestion(settings))}
            />
          ))}
        </Stack>
        {current && check.isError && !isFaults(check.error) && <ErrorState error={check.error} />}
      </Stack>
    </Panel>
  )
}

interface CheckResultProps {
  readonly result: Checked
  readonly fields: readonly Field[]
  readonly onUse: (settings: Readonly<Record<string, string>>) => void
}

function CheckResult({ result, fields, onUse }: CheckResultProps) {
  const { environment, message, suggestion } = result
  return (
    <Group gap="sm" align="center">
      <Text size="sm" fw={500} w={84}>
        {words(environment)}
      </Text>
      <Verdict ok={result.ok} right="accepted" wrong="refused" />
      <Text size="sm" flex="1 1 260px">
        {message}
      </Text>
      {suggestion !== null && (
        <Button size="xs" onClick={() => onUse(suggestion)}>
          Use {suggestionText(suggestion, fields)}
        </Button>
      )}
    </Group>
  )
}

/** As the select of the field words it. */
function suggestionText(suggestion: Readonly<Record<string, string>>, fields: readonly Field[]): string {
  return Object.entries(suggestion)
    .map(([key, value]) => {
      const field = fields.find((one) => one.key === key)
      const option = field?.type === 'select' ? field.options.find((one) => one.value === value) : undefined
      return option?.label ?? value
    })
    .join(', ')
}

interface VerdictProps {
  readonly ok: boolean | null
  readonly right: string
  readonly wrong: string
}

function Verdict({ ok, right, wrong }: VerdictProps) {
  if (ok === null) return <StatusBadge status="unconfirmed" text="not known" />
  return ok ? <StatusBadge status="ok" text={right} /> : <StatusBadge status="failed" text={wrong} />
}

interface TestEventProps extends TryProps {
  readonly eventNames: Readonly<Record<string, string>>
  /** A person saw it at the destination; null: the answer tells, or it is confirmed. */
  readonly onSeen: (() => void) | null
  readonly seeing: boolean
}

const ENVIRONMENTS = [
  { value: 'production', label: 'Production' },
  { value: 'sandbox', label: 'Sandbox' },
] as const

/** "Send test event": a made-up event goes to the destination; what was sent and answered is shown. */
export function TestEvent({ destination, tried, eventNames, onFaults, onSeen, seeing }: TestEventProps) {
  const { id: project, environment: here } = useProject()
  const [event, setEvent] = useState<string>(destination.event_names[0]?.key ?? '')
  const [environment, setEnvironment] = useState<Environment>(here)
  const [customer, setCustomer] = useState('')
  const wish = { environment, event: event as EventKey, ...(customer === '' ? {} : { app_user_id: customer }) }
  const body = { ...tried, event_names: eventNames, ...wish }
  const send = useMutation({
    mutationFn: () => sendTestEvent(project, body),
    onSuccess: () => onFaults(null),
    onError: (error) => {
      if (error instanceof ApiProblem) onFaults(error)
    },
  })
  const faults = send.error instanceof ApiProblem ? send.error.errors : []
  const faultOf = (at: string) => faults.find((one) => one.at === at)?.message
  const elsewhere = send.isError && !faults.some(({ at }) => ['event', 'environment', 'app_user_id'].includes(at))
  return (
    <Panel
      title="Send test event"
      about={`A made-up event, sent to ${destination.title} as a real one would be. It is in no feed and in no figure here.`}
    >
      <Stack gap="sm">
        <Group gap="sm" align="flex-start">
          <Select
            label="Event"
            data={destination.event_names.map(({ key, label }) => ({ value: key, label }))}
            value={event}
            onChange={(next) => setEvent(next ?? event)}
            allowDeselect={false}
            searchable
            error={faultOf('event')}
            flex="1 1 200px"
          />
          <TextInput
            label="App user id"
            placeholder="One of the hub's own"
            value={customer}
            onChange={(change) => setCustomer(change.currentTarget.value)}
            error={faultOf('app_user_id')}
            autoComplete="off"
            spellCheck={false}
            flex="1 1 200px"
          />
          <Input.Wrapper label="Environment" labelElement="div" error={faultOf('environment')} maw={280}>
            <SegmentedControl
              aria-label="Environment of the test event"
              display="flex"
              data={[...ENVIRONMENTS]}
              value={environment}
              onChange={(next) => setEnvironment(next === 'sandbox' ? 'sandbox' : 'production')}
            />
          </Input.Wrapper>
        </Group>
        <Button
          variant="default"
          leftSection={<IconSend size={16} aria-hidden />}
          loading={send.isPending}
          onClick={() => send.mutate()}
          style={{ alignSelf: 'flex-start' }}
        >
          Send test event
        </Button>
        <div role="status">
          {send.data !== undefined && (
            <TestResult tested={send.data} title={destination.title} onSeen={onSeen} seeing={seeing} />
          )}
        </div>
        {elsewhere && !isFaults(send.error) && <ErrorState error={send.error} />}
      </Stack>
    </Panel>
  )
}

interface TestResultProps {
  readonly tested: Tested
  readonly title: string
  readonly onSeen: (() => void) | null
  readonly seeing: boolean
}

function TestResult({ tested: { ok, message, request, response }, title, onSeen, seeing }: TestResultProps) {
  const taken = ok !== false && response !== null && response.status < 300
  return (
    <Stack gap="sm">
      <Alert variant="light" color={ok === false ? 'red' : ok === null ? 'yellow' : 'teal'} p="sm">
        <Group gap="sm" justify="space-between">
          <Group gap="sm" wrap="nowrap" align="flex-start" flex="1 1 280px">
            <Verdict ok={ok} right="arrived" wrong="refused" />
            <Text size="sm">{message}</Text>
          </Group>
          {onSeen !== null && taken && (
            <Button size="xs" onClick={onSeen} loading={seeing}>
              I saw it in {title}
            </Button>
          )}
        </Group>
      </Alert>
      <JsonView
        label={`Sent: ${request.method} ${request.url}`}
        value={jsonOf(request.body)}
        open={3}
        maxHeight={320}
      />
      {response !== null && (
        <JsonView label={`Answer: ${response.status}`} value={jsonOf(response.body)} open={3} maxHeight={240} />
      )}
    </Stack>
  )
}

/** Whether the form shows it at its fields. */
function isFaults(error: unknown): boolean {
  return error instanceof ApiProblem && error.errors.some(({ at }) => at.startsWith('settings.'))
}
