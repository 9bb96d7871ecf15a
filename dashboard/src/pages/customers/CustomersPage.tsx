import { PageHeader } from '../../parts/PageHeader.tsx'

export function CustomersPage() {
  return <PageHeader title="Customers" />
}
