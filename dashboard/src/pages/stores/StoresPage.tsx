import { PageHeader } from '../../parts/PageHeader.tsx'

export function StoresPage() {
  return <PageHeader title="Stores" />
}
