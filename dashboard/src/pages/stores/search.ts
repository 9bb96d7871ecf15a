import { oneOf, present, textIn } from '../../parts/search.ts'

const TABS = ['notifications', 'settings'] as const

export function storesSearch(search: Record<string, unknown>) {
  return present({ tab: oneOf(search, 'tab', TABS), status: textIn(search, 'status') })
}
