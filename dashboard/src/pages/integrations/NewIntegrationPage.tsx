import { PageHeader } from '../../parts/PageHeader.tsx'

export function NewIntegrationPage() {
  return <PageHeader title="New integration" />
}
