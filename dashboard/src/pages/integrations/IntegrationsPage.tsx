import { PageHeader } from '../../parts/PageHeader.tsx'

export function IntegrationsPage() {
  return <PageHeader title="Integrations" />
}
