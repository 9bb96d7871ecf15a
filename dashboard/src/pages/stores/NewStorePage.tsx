import { PageHeader } from '../../parts/PageHeader.tsx'

export function NewStorePage() {
  return <PageHeader title="New store" />
}
