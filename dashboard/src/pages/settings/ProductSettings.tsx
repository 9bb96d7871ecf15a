import { PageHeader } from '../../parts/PageHeader.tsx'

export function ProductSettings() {
  return <PageHeader title="Product" />
}
