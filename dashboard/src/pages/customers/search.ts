import { present, textIn } from '../../parts/search.ts'

export function customersSearch(search: Record<string, unknown>) {
  return present({ query: textIn(search, 'query') })
}
