import { Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type Project, projectQuery } from '../../api/settings.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { JsonView } from '../../parts/JsonView.tsx'
import { ManagedByFile } from '../../parts/ManagedByFile.tsx'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { useProject } from '../../project.ts'
import { Entitlements } from './Entitlements.tsx'

export function ProductSettings() {
  const { id } = useProject()
  const project = useQuery(projectQuery(id))
  return (
    <>
      <PageHeader
        title="Products and entitlements"
        about="An entitlement is what a customer may use; the products listed with it give it."
      />
      <Stack maw={820}>
        {project.isError && <ErrorState error={project.error} onRetry={() => void project.refetch()} />}
        {project.isPending && <Skeleton height={240} role="status" aria-label="The entitlements are loading" />}
        {project.data !== undefined && (
          <>
            {project.data.managed === 'file' && <ManagedByFile what="What products give" />}
            <Entitlements project={project.data} />
            <Offerings project={project.data} />
          </>
        )}
      </Stack>
    </>
  )
}

function Offerings({ project }: { readonly project: Project }) {
  const offerings = Object.entries(project.offerings)
  return (
    <Panel title="Offerings" about="What paywalls show. They are written in the config file, and read here.">
      {offerings.length === 0 ? (
        <Text size="sm" c="dimmed">
          There are none; apps that ask for offerings get an empty list. docs/entitlements.md shows how they are
          written.
        </Text>
      ) : (
        <Stack>
          {offerings.map(([name, offering]) => (
            <JsonView key={name} label={name} value={offering} open={1} />
          ))}
        </Stack>
      )}
    </Panel>
  )
}
