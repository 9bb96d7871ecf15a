import { PageHeader } from '../../parts/PageHeader.tsx'

export function AccountSettings() {
  return <PageHeader title="Account" />
}
