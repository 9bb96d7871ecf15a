import { Button, Stack } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type App, checkApp } from '../../api/apps.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { useProject } from '../../project.ts'
import { CheckResults } from './CheckResults.tsx'

export function CheckPanel({ app }: { readonly app: App }) {
  const { id: project } = useProject()
  const act = useMutation({ mutationFn: () => checkApp(project, app.id) })
  return (
    <Panel
      title="Credentials"
      about="Asks the store whether it takes what is stored."
      actions={
        <Button size="xs" variant="default" onClick={() => act.mutate()} loading={act.isPending}>
          Check credentials
        </Button>
      }
    >
      <Stack>
        {act.isSuccess && <CheckResults results={act.data.results} />}
        {act.isError && <ErrorState error={act.error} />}
      </Stack>
    </Panel>
  )
}
