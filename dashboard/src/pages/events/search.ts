import { present, textIn } from '../../parts/search.ts'

export function eventsSearch(search: Record<string, unknown>) {
  return present({
    type: textIn(search, 'type'),
    store: textIn(search, 'store'),
    product: textIn(search, 'product'),
    customer: textIn(search, 'customer'),
    from: dayIn(search, 'from'),
    to: dayIn(search, 'to'),
  })
}

/** `YYYY-MM-DD` of the reader's calendar. */
function dayIn(search: Record<string, unknown>, key: string): string | undefined {
  const text = textIn(search, key)
  return text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && startOfDay(text) !== null ? text : undefined
}

/** Milliseconds of its first moment in the reader's zone, or of the day that many days later. */
export function startOfDay(day: string, later = 0): number | null {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number)
  const at = new Date(year, month - 1, date + later).getTime()
  return Number.isNaN(at) ? null : at
}
