import { Button, Group, Skeleton, Stack } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import type { FieldValues } from '../../api/field.ts'
import { ApiProblem } from '../../api/problem.ts'
import { changeProject, type Project, projectQuery } from '../../api/settings.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { FieldsForm } from '../../parts/form/FieldsForm.tsx'
import { changedSettings, errorsUnder } from '../../parts/form/values.ts'
import { ManagedByFile } from '../../parts/ManagedByFile.tsx'
import { sayDone } from '../../parts/notify.ts'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { useProject } from '../../project.ts'
import { queries } from '../../queries.ts'
import { ConfigExport } from './ConfigExport.tsx'
import { HandOver } from './HandOver.tsx'

export function ProjectSettings() {
  const { id, may } = useProject()
  const project = useQuery(projectQuery(id))
  return (
    <>
      <PageHeader
        title="Project"
        about="What the hub does with purchases of this project, and everything of it as a file."
      />
      <Stack maw={720}>
        {project.isError && <ErrorState error={project.error} onRetry={() => void project.refetch()} />}
        {project.isPending && <Skeleton height={360} role="status" aria-label="The project is loading" />}
        {project.data !== undefined && <ProjectForm project={project.data} />}
        {may('configure') && <ConfigExport />}
      </Stack>
    </>
  )
}

function ProjectForm({ project }: { readonly project: Project }) {
  const { may } = useProject()
  const fields = project.fields.filter(({ key }) => key !== 'id')
  const [before, setBefore] = useState<FieldValues>(() => ownOf(project))
  const [values, setValues] = useState(before)
  const changes = changedSettings(fields, before, values)
  const readOnly = project.managed === 'file' || !may('configure')
  const save = useMutation({
    mutationFn: () => changeProject(project.id, changes),
    onSuccess: async (changed) => {
      setBefore(ownOf(changed))
      setValues(ownOf(changed))
      queries.setQueryData(projectQuery(project.id).queryKey, changed)
      sayDone('The project is changed.')
      await queries.invalidateQueries({ queryKey: ['session'] })
    },
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    save.mutate()
  }
  const errors = save.error instanceof ApiProblem ? errorsUnder(save.error.errors, '') : {}
  return (
    <Stack>
      {project.managed === 'file' && (
        <ManagedByFile what="The project">{may('configure') && <HandOver id={project.id} />}</ManagedByFile>
      )}
      <Panel title="What it does">
        <form onSubmit={submit} noValidate>
          <Stack>
            {fields.map((field) => (
              <FieldsForm
                key={field.key}
                fields={[field]}
                values={values}
                onChange={setValues}
                errors={errors}
                readOnly={readOnly}
              />
            ))}
            {save.isError && <ErrorState error={save.error} />}
            {!readOnly && (
              <Group justify="flex-end">
                <Button type="submit" loading={save.isPending} disabled={Object.keys(changes).length === 0}>
                  Save
                </Button>
              </Group>
            )}
          </Stack>
        </form>
      </Panel>
    </Stack>
  )
}

function ownOf(project: Project): FieldValues {
  const values = project as unknown as FieldValues
  return Object.fromEntries(project.fields.map(({ key }) => [key, values[key]]))
}
