import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type SubmitEvent, useState } from 'react'
import { type App, changeApp, checkDraft, removeApp } from '../../api/apps.ts'
import type { StoreConnector } from '../../api/connectors.ts'
import { ApiProblem } from '../../api/problem.ts'
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { countText } from '../../parts/money.ts'
import { sayDone } from '../../parts/notify.ts'
import { Panel } from '../../parts/Panel.tsx'
import { useProject } from '../../project.ts'
import { queries } from '../../queries.ts'
import { AppForm } from './AppForm.tsx'
import { type AppValues, changesOf, ownValues } from './app-form.ts'
import { CheckResults } from './CheckResults.tsx'

interface StoreSettingsProps {
  readonly app: App
  readonly connector: StoreConnector
}

export function StoreSettings({ app, connector }: StoreSettingsProps) {
  const { id: project, may } = useProject()
  const readOnly = app.managed === 'file' || !may('configure')
  const stored: AppValues = { own: ownValues(connector, app), settings: app.settings }
  // What it was when the form was opened: the page asks anew while somebody types.
  const [before, setBefore] = useState(stored)
  const [values, setValues] = useState(stored)
  const changes = changesOf(connector, before, values)
  const save = useMutation({
    mutationFn: () => changeApp(project, app.id, changes),
    onSuccess: async (changed) => {
      const now = { own: ownValues(connector, changed), settings: changed.settings }
      setBefore(now)
      setValues(now)
      check.reset()
      sayDone(`${connector.title} is changed.`)
      await queries.invalidateQueries({ queryKey: ['apps', project] })
    },
  })
  const check = useMutation({
    mutationFn: () => checkDraft(project, { ...changes, id: app.id, store: app.store, settings: changedIn(changes) }),
  })
  const error = save.error ?? check.error
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <Stack maw={760}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <AppForm
            connector={connector}
            values={values}
            onChange={setValues}
            errors={error instanceof ApiProblem ? error.errors : []}
            readOnly={readOnly}
          />
          {check.data !== undefined && <CheckResults results={check.data.results} />}
          {error !== null && <ErrorState error={error} />}
          {!readOnly && (
            <Group justify="flex-end">
              {connector.can_check && (
                <Button variant="default" onClick={() => check.mutate()} loading={check.isPending}>
                  Check credentials
                </Button>
              )}
              <Button type="submit" loading={save.isPending} disabled={Object.keys(changes).length === 0}>
                Save
              </Button>
            </Group>
          )}
        </Stack>
      </form>
      {!readOnly && <Remove app={app} connector={connector} />}
    </Stack>
  )
}

function changedIn(changes: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return (changes.settings as Readonly<Record<string, unknown>> | undefined) ?? {}
}

function Remove({ app, connector }: StoreSettingsProps) {
  const { id: project } = useProject()
  const navigate = useNavigate()
  const [asked, setAsked] = useState(false)
  const act = useMutation({
    mutationFn: () => removeApp(project, app.id),
    onSuccess: async () => {
      setAsked(false)
      sayDone(`${app.id} is removed.`)
      await navigate({ to: '/$project/stores', params: { project } })
      await queries.invalidateQueries({ queryKey: ['apps', project] })
    },
  })
  const { waiting } = app.notifications
  return (
    <Panel title="Remove">
      <Group justify="space-between">
        <Text size="sm" c="dimmed" maw={480}>
          The hub takes no more notifications of this app. Its purchases and events stay.
        </Text>
        <Button color="red" variant="light" onClick={() => setAsked(true)}>
          Remove this store
        </Button>
      </Group>
      <ConfirmDialog
        opened={asked}
        onClose={() => setAsked(false)}
        title={`Remove ${connector.title} · ${app.id}?`}
        act="Remove this store"
        onConfirm={() => act.mutate()}
        pending={act.isPending}
        error={act.error}
        typeName={app.id}
      >
        <Stack gap="xs">
          <Text size="sm">
            Its credentials are erased, and what {connector.title} sends to its address from now on is refused.
          </Text>
          <Text size="sm">
            {waiting === 0
              ? 'No notification of it waits.'
              : waiting === 1
                ? 'One notification of it waits and is not processed any more.'
                : `${countText(waiting)} notifications of it wait and are not processed any more.`}{' '}
            Purchases, customers and events stay.
          </Text>
        </Stack>
      </ConfirmDialog>
    </Panel>
  )
}
