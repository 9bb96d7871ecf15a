import { PageHeader } from '../../parts/PageHeader.tsx'

export function IntegrationPage() {
  return <PageHeader title="Integration" />
}
