import { PageHeader } from '../../parts/PageHeader.tsx'

export function MoneySettings() {
  return <PageHeader title="Money" />
}
