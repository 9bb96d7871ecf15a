import { PageHeader } from '../../parts/PageHeader.tsx'

export function KeySettings() {
  return <PageHeader title="Key" />
}
