import { PageHeader } from '../../parts/PageHeader.tsx'

export function StorePage() {
  return <PageHeader title="Store" />
}
