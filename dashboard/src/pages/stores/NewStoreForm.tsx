import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type SubmitEvent, useState } from 'react'
import { checkDraft, createApp } from '../../api/apps.ts'
import type { StoreConnector } from '../../api/connectors.ts'
import type { FieldError } from '../../api/problem.ts'
import { ApiProblem } from '../../api/problem.ts'
import { CopyField } from '../../parts/CopyButton.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { FieldsForm } from '../../parts/form/FieldsForm.tsx'
import { type FieldErrors, lookOver } from '../../parts/form/values.ts'
import { sayDone } from '../../parts/notify.ts'
import { Panel } from '../../parts/Panel.tsx'
import { useProject, useSession } from '../../project.ts'
import { queries } from '../../queries.ts'
import { AppForm } from './AppForm.tsx'
import { type AppValues, addressOf, fieldsOf, givenValues } from './app-form.ts'
import { CheckResults } from './CheckResults.tsx'
import { Steps } from './Steps.tsx'
import classes from './Stores.module.css'

interface NewStoreFormProps {
  readonly connector: StoreConnector
  readonly firstId: string
}

/** What to do at the store at one side, what to fill in here at the other. */
export function NewStoreForm({ connector, firstId }: NewStoreFormProps) {
  const { id: project } = useProject()
  const { base_url: baseUrl } = useSession()
  const [values, setValues] = useState<AppValues>({ own: { id: firstId }, settings: {} })
  const [local, setLocal] = useState<FieldErrors>({})
  const acts = useActs(connector, values)
  const errors = problemsOf(acts.save.error ?? acts.check.error)
  const url = addressOf(baseUrl, connector, project, values.own.id)
  const change = (next: AppValues): void => {
    setValues(next)
    setLocal({})
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const found = {
      ...lookOver(connector.app_fields, values.own),
      ...lookOver(connector.fields, values.settings, 'settings.'),
    }
    setLocal(found)
    if (Object.keys(found).length === 0) acts.save.mutate()
    else focusFirstError()
  }
  return (
    <div className={classes.guided}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Panel title="Name it">
            <Stack>
              <FieldsForm
                fields={fieldsOf(connector).id}
                values={values.own}
                onChange={(own) => change({ ...values, own })}
                errors={{ ...Object.fromEntries(errors.map(({ at, message }) => [at, message])), ...local }}
              />
              <CopyField
                label="Notification address"
                value={url ?? 'It shows as soon as the id is right.'}
                help={`What to enter at ${connector.title}, unless the hub asks the store itself.`}
              />
            </Stack>
          </Panel>
          <AppForm connector={connector} values={values} onChange={change} errors={errors} local={local} />
          <Acts connector={connector} acts={acts} troubled={Object.keys(local).length > 0} />
        </Stack>
      </form>
      <aside className={classes.steps} aria-label={`What to do at ${connector.title}`}>
        <Panel title={`At ${connector.title}`} about="Step by step; the form takes what you copy there.">
          <Steps steps={connector.steps} url={url} />
        </Panel>
      </aside>
    </div>
  )
}

function useActs(connector: StoreConnector, values: AppValues) {
  const { id: project } = useProject()
  const navigate = useNavigate()
  const draft = {
    ...givenValues(connector.app_fields, values.own),
    store: connector.id,
    settings: givenValues(connector.fields, values.settings),
  }
  const check = useMutation({ mutationFn: () => checkDraft(project, draft) })
  const save = useMutation({
    mutationFn: () => createApp(project, draft),
    onSuccess: async (app) => {
      await queries.invalidateQueries({ queryKey: ['apps', project] })
      sayDone(`${connector.title} is saved; now its first notification is waited for.`)
      await navigate({ to: '/$project/stores/$id', params: { project, id: app.id } })
    },
    onError: () => focusFirstError(),
  })
  return { check, save }
}

interface ActsProps {
  readonly connector: StoreConnector
  readonly acts: ReturnType<typeof useActs>
  readonly troubled: boolean
}

function Acts({ connector, acts, troubled }: ActsProps) {
  const { check, save } = acts
  const error = save.error ?? check.error
  return (
    <Stack>
      {check.data !== undefined && <CheckResults results={check.data.results} />}
      {error !== null && <ErrorState error={error} />}
      {troubled && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          Something is missing or not right yet; it is marked at its field.
        </Text>
      )}
      <Group justify="flex-end">
        {connector.can_check && (
          <Button
            variant="default"
            onClick={() => {
              save.reset()
              check.mutate()
            }}
            loading={check.isPending}
          >
            Check credentials
          </Button>
        )}
        <Button type="submit" loading={save.isPending}>
          Save
        </Button>
      </Group>
    </Stack>
  )
}

function problemsOf(error: unknown): readonly FieldError[] {
  return error instanceof ApiProblem ? error.errors : []
}

/** After the marks are drawn. */
function focusFirstError(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
}
