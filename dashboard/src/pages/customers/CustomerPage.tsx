import { PageHeader } from '../../parts/PageHeader.tsx'

export function CustomerPage() {
  return <PageHeader title="Customer" />
}
