import { PageHeader } from '../../parts/PageHeader.tsx'

export function MemberSettings() {
  return <PageHeader title="Member" />
}
