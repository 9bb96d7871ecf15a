import { oneOf, present, textIn } from '../../parts/search.ts'

const TABS = ['deliveries', 'errors', 'settings'] as const

export function integrationSearch(search: Record<string, unknown>) {
  return present({
    tab: oneOf(search, 'tab', TABS),
    status: textIn(search, 'status'),
    reason: textIn(search, 'reason'),
    event_type: textIn(search, 'event_type'),
    customer: textIn(search, 'customer'),
    delivery: textIn(search, 'delivery'),
  })
}
