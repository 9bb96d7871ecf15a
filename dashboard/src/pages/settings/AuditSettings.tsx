import { PageHeader } from '../../parts/PageHeader.tsx'

export function AuditSettings() {
  return <PageHeader title="Audit" />
}
