import { PageHeader } from '../../parts/PageHeader.tsx'

export function LinkPage() {
  return <PageHeader title="A link" />
}
