/** What is sold for a time. */
export interface Plan {
  readonly price: string
  readonly product: string
  /** For one piece, in Stripe's minor units. */
  readonly amount: number
  /** In lower case, as Stripe writes it (default: usd). */
  readonly currency?: string
  /** An ISO 8601 duration: P1M, P1Y, P1W. */
  readonly period: string
}

const FORM = /^P(\d+)([YMWD])$/

/** A time plus a period, in UTC. A month that is too short ends on its last day, and the anchor's day comes back after. */
export function addPeriods(anchor: number, period: string, count: number): number {
  const match = FORM.exec(period)
  if (match === null) throw new Error(`A period is an ISO 8601 duration such as P1M or P1Y, not "${period}".`)
  const times = Number(match[1]) * count
  if (match[2] === 'W' || match[2] === 'D') return anchor + times * (match[2] === 'W' ? 7 : 1) * 86_400_000
  const date = new Date(anchor)
  const months = date.getUTCMonth() + times * (match[2] === 'Y' ? 12 : 1)
  const first = new Date(anchor)
  first.setUTCDate(1)
  first.setUTCMonth(months)
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  first.setUTCDate(Math.min(date.getUTCDate(), last))
  return first.getTime()
}
