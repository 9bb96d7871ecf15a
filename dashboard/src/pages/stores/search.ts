import { oneOf, present, textIn } from '../../parts/search.ts'

export const STORE_TABS = ['overview', 'notifications', 'settings'] as const
export type StoreTab = (typeof STORE_TABS)[number]

/** `open`: the notification that is looked at. */
export function storesSearch(search: Record<string, unknown>) {
  return present({
    tab: oneOf(search, 'tab', STORE_TABS),
    status: textIn(search, 'status'),
    open: textIn(search, 'open'),
  })
}
