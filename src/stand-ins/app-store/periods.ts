import { addMonths } from '../../domain/calendar.ts'

const FORM = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/

/**
 * A time plus an ISO 8601 duration ("P1M", "P1W", "PT5M"), in UTC. A month that is too short ends on its last day, as
 * the App Store renews.
 */
export function addPeriod(from: number, period: string): number {
  const match = FORM.exec(period)
  if (!match) throw new Error(`A period is an ISO 8601 duration such as P1M or PT5M, not "${period}".`)
  const [years, months, weeks, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0))
  const moved = addMonths(from, (years ?? 0) * 12 + (months ?? 0))
  const dayMs = ((weeks ?? 0) * 7 + (days ?? 0)) * 86_400_000
  return moved + dayMs + (hours ?? 0) * 3_600_000 + (minutes ?? 0) * 60_000 + (seconds ?? 0) * 1_000
}
