import { PageHeader } from '../../parts/PageHeader.tsx'

export function OverviewPage() {
  return <PageHeader title="Overview" />
}
