import { PageHeader } from '../../parts/PageHeader.tsx'

export function ProjectSettings() {
  return <PageHeader title="Project" />
}
