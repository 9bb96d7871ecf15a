import { Accordion, Alert, Button, Group, List, Stack, Text } from '@mantine/core'
import { IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { DestinationConnector } from '../../api/connectors.ts'
import { type Integration, volumeQuery } from '../../api/integrations.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { FieldsForm } from '../../parts/form/FieldsForm.tsx'
import { errorsUnder } from '../../parts/form/values.ts'
import { Panel } from '../../parts/Panel.tsx'
import { useProject } from '../../project.ts'
import { ownFields, sectionsOf } from './draft.ts'
import { EventNames } from './EventNames.tsx'
import classes from './Integrations.module.css'
import { Leaving } from './Leaving.tsx'
import { CheckCredentials, TestEvent } from './Try.tsx'
import { type FormState, useIntegrationForm } from './use-integration-form.ts'

interface IntegrationFormProps {
  readonly destination: DestinationConnector
  /** null: a new one. */
  readonly integration: Integration | null
  /** An integration of the project, whose volumes are the project's; null: there is none yet. */
  readonly volumeOf: string | null
  readonly onSaved: (integration: Integration) => void
}

/** One form for a new integration and for one that is there, drawn from what its destination declares. */
export function IntegrationForm({ destination, integration, volumeOf, onSaved }: IntegrationFormProps) {
  const { may } = useProject()
  const byFile = integration?.managed === 'file'
  const readOnly = byFile || !may('integrate')
  const form = useIntegrationForm({ destination, integration, onSaved })
  const frame = useRef<HTMLFormElement>(null)
  const { problem } = form
  useEffect(() => {
    if (problem !== null) frame.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [problem])
  return (
    <form
      ref={frame}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (!readOnly) form.save()
      }}
    >
      <Leaving isDirty={form.isDirty} />
      <Stack gap="md">
        {readOnly && <ReadOnlyNote byFile={byFile} />}
        <FormSections
          destination={destination}
          form={form}
          readOnly={readOnly}
          volumeOf={volumeOf}
          fresh={integration === null}
        />
        {may('integrate') && (
          <>
            <TestEvent
              destination={destination}
              tried={form.tried}
              eventNames={form.eventNames}
              onFaults={form.setProblem}
              onSeen={form.confirm}
              seeing={form.confirming}
            />
            {form.seen && (
              <Alert variant="light" color="teal" p="sm">
                Noted: you saw it in {destination.title}. It is kept when you save.
              </Alert>
            )}
          </>
        )}
        {!readOnly && <SaveBar form={form} fresh={integration === null} destination={destination} />}
      </Stack>
    </form>
  )
}

function ReadOnlyNote({ byFile }: { readonly byFile: boolean }) {
  return (
    <Alert
      variant="light"
      color="gray"
      icon={<IconLock aria-hidden />}
      title={byFile ? 'Managed by the config file' : 'You may look at it, not change it'}
    >
      {byFile
        ? 'Change it in the file and apply the file again, or apply it with --adopt to hand it over to the dashboard.'
        : 'Owners, admins, developers and marketers of the project change integrations.'}
    </Alert>
  )
}

interface FormSectionsProps {
  readonly destination: DestinationConnector
  readonly form: FormState
  readonly readOnly: boolean
  readonly volumeOf: string | null
  readonly fresh: boolean
}

function FormSections({ destination, form, readOnly, volumeOf, fresh }: FormSectionsProps) {
  const { id: project, may } = useProject()
  const { draft, problem } = form
  const { connection, money, more } = sectionsOf(destination.fields)
  const faults = problem?.errors ?? []
  const settings = {
    values: draft.settings,
    onChange: form.setSettings,
    errors: errorsUnder(faults, 'settings'),
    readOnly,
    flat: true,
  }
  const own = { values: draft.own, onChange: form.setOwn, errors: errorsUnder(faults, ''), readOnly, flat: true }
  const volume = useQuery({ ...volumeQuery(project, volumeOf ?? ''), enabled: volumeOf !== null })
  const byName =
    volume.data === undefined ? null : new Map(volume.data.map(({ name, events }) => [name as string, events]))
  return (
    <>
      <Panel title="Connection" about={`How the hub signs in to ${destination.title}.`}>
        <Stack gap="md" maw={640}>
          {!fresh && <FieldsForm {...own} fields={ownFields(destination, ['enabled'])} />}
          <FieldsForm {...settings} fields={connection} />
          <FieldsForm {...own} fields={ownFields(destination, ['sandbox'])} />
        </Stack>
      </Panel>
      {destination.can_check && may('integrate') && (
        <CheckCredentials
          destination={destination}
          tried={form.tried}
          onSuggestion={form.suggest}
          onFaults={form.setProblem}
        />
      )}
      {money.length > 0 && (
        <Panel title="Revenue">
          <Stack gap="md" maw={640}>
            <FieldsForm {...settings} fields={money} />
          </Stack>
        </Panel>
      )}
      <Panel title="Event names" about="What each event is called there. Rename it, or switch it off.">
        <EventNames
          destination={destination}
          names={draft.names}
          onChange={form.setNames}
          errors={errorsUnder(faults, 'event_names')}
          readOnly={readOnly}
          volume={byName}
          allStores={draft.settings.all_events === true}
        />
      </Panel>
      <MoreOptions troubled={form.isTroubled([...more.map(({ key }) => `settings.${key}`), 'id', 'live_from'])}>
        <FieldsForm {...settings} fields={more} />
        <FieldsForm {...own} fields={ownFields(destination, fresh ? ['live_from', 'id'] : ['live_from'])} />
      </MoreOptions>
    </>
  )
}

function MoreOptions({ troubled, children }: { readonly troubled: boolean; readonly children: React.ReactNode }) {
  return (
    <Accordion variant="separated" key={String(troubled)} defaultValue={troubled ? 'more' : null}>
      <Accordion.Item value="more" className={classes.more}>
        <Accordion.Control>
          <Text fw={600}>More options</Text>
          <Text size="xs" c="dimmed">
            Customers without an id, attributes, times, what happens when an answer is lost
          </Text>
        </Accordion.Control>
        <Accordion.Panel>
          <Stack gap="md" maw={640}>
            {children}
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  )
}

interface SaveBarProps {
  readonly form: FormState
  readonly fresh: boolean
  readonly destination: DestinationConnector
}

function SaveBar({ form, fresh, destination }: SaveBarProps) {
  const { problem, elsewhere } = form
  const atFields = problem !== null && problem.errors.length > elsewhere.length
  return (
    <div className={classes.bar}>
      {problem !== null && (!atFields || elsewhere.length > 0) && (
        <Stack gap="xs" mb="sm">
          {elsewhere.length > 0 ? (
            <Alert role="alert" color="red" variant="light" p="sm" title="Nothing was saved">
              <List size="sm">
                {elsewhere.map(({ at, message }) => (
                  <List.Item key={at}>
                    {at}: {message}
                  </List.Item>
                ))}
              </List>
            </Alert>
          ) : (
            <ErrorState error={problem} />
          )}
        </Stack>
      )}
      <Group justify="space-between" gap="sm">
        <Text size="sm" c="dimmed" role="status">
          {atFields
            ? 'Some fields need another look; each says why.'
            : fresh
              ? 'Events are sent from the moment you save it.'
              : form.dirty
                ? 'There are changes that are not saved.'
                : 'All is saved.'}
        </Text>
        <Group gap="xs">
          {!fresh && form.dirty && (
            <Button variant="default" onClick={form.discard}>
              Discard changes
            </Button>
          )}
          <Button type="submit" loading={form.saving} disabled={!fresh && !form.dirty}>
            {fresh ? `Add ${destination.title}` : 'Save changes'}
          </Button>
        </Group>
      </Group>
    </div>
  )
}
