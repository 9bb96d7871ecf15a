import { PageHeader } from '../../parts/PageHeader.tsx'

export function EventPage() {
  return <PageHeader title="Event" />
}
