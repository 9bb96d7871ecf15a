import { present, textIn } from '../../parts/search.ts'

export function eventsSearch(search: Record<string, unknown>) {
  return present({
    type: textIn(search, 'type'),
    store: textIn(search, 'store'),
    product: textIn(search, 'product'),
    customer: textIn(search, 'customer'),
    from: textIn(search, 'from'),
    to: textIn(search, 'to'),
  })
}
