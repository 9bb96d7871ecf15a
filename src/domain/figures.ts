import type { EventName, EventType, FrozenEvent } from './event.ts'
import type { Environment } from './purchase.ts'
import { reportedAmount, SALES_REPORTING, type SalesReporting } from './revenue.ts'

/**
 * Figures: integers of one project, one environment and one hour (UTC), each under a name, that are only ever added to.
 * An event counts in the hour in which it happened and money in the hour of its ledger entry, so that what is learned late
 * lands where it belongs; a delivery counts in the hour in which it was settled.
 */
export interface Addition {
  readonly projectId: string
  readonly environment: Environment
  /** Beginning of the hour, milliseconds. */
  readonly hour: number
  readonly figure: string
  readonly by: number
}

export const HOUR_MS = 3_600_000

export function hourOf(at: number): number {
  return at - (((at % HOUR_MS) + HOUR_MS) % HOUR_MS)
}

/** Of the sum of several: what a name begins with tells what it counts. */
export const FIGURE_KINDS = ['event', 'money', 'delivery', 'took'] as const
export type FigureKind = (typeof FIGURE_KINDS)[number]

function eventFigure(event: Pick<FrozenEvent, 'type' | 'name'>): string {
  return `event:${event.type}:${event.name ?? ''}`
}

export const UNPRICED = 'money:unpriced'
const MONEY_FIGURES: Readonly<Record<SalesReporting | 'unpriced', string>> = {
  gross: 'money:gross',
  after_commission: 'money:after_commission',
  after_commission_and_taxes: 'money:after_commission_and_taxes',
  unpriced: UNPRICED,
}

export type SettledStatus = 'delivered' | 'failed' | 'skipped'

function deliveryFigure(status: SettledStatus, integrationId: string): string {
  return `delivery:${status}:${integrationId}`
}

/** What an event adds. */
export function ofEvent(
  event: Pick<FrozenEvent, 'projectId' | 'environment' | 'occurredAt' | 'type' | 'name'>,
): Addition {
  const { projectId, environment, occurredAt } = event
  return { projectId, environment, hour: hourOf(occurredAt), figure: eventFigure(event), by: 1 }
}

/** What is asked of a ledger's entry to reckon it in US dollars. */
export interface MoneyEntry {
  readonly key: { readonly projectId: string; readonly environment: Environment }
  readonly entry: string
  readonly reason: 'charge' | 'refund' | 'reversal' | 'history' | 'correction'
  readonly at: number
  readonly micros: number | null
  readonly currency: string | null
  readonly commissionPpm: number
  readonly taxPpm: number
  readonly usdRate: string | null
  /** The first amount of a movement that was entered without one. */
  readonly firstPrice?: true
}

/**
 * What an entry of the ledger adds: its three amounts in micros of US dollars, or one to what has no price there. The
 * ledger and not the events, since it holds what no event announced, and each movement once.
 */
export function ofEntry(row: MoneyEntry): readonly Addition[] {
  const { projectId, environment } = row.key
  const money = { ...row, grossMicros: row.micros }
  const add = (figure: string, by: number): readonly Addition[] =>
    by === 0 ? [] : [{ projectId, environment, hour: hourOf(row.at), figure, by }]
  const amounts = SALES_REPORTING.map((mode) => reportedAmount(money, mode, 'usd'))
  if (amounts.some(({ kind }) => kind === 'unavailable')) return add(MONEY_FIGURES.unpriced, isFirst(row) ? 1 : 0)
  return [
    ...SALES_REPORTING.flatMap((mode, at) => {
      const amount = amounts[at]
      return amount?.kind === 'amount' ? add(MONEY_FIGURES[mode], amount.micros) : []
    }),
    ...add(MONEY_FIGURES.unpriced, row.firstPrice === true ? -1 : 0),
  ]
}

/** Whether it enters a movement: corrections and what an event told later are about one that is there. */
function isFirst({ entry, reason }: MoneyEntry): boolean {
  return reason !== 'correction' && !/:(un)?told$/.test(entry)
}

/** `<integration>:<environment>`. */
export function partsOfChannel(channelId: string): {
  readonly integrationId: string
  readonly environment: Environment
} {
  const at = channelId.lastIndexOf(':')
  return { integrationId: channelId.slice(0, at), environment: channelId.slice(at + 1) as Environment }
}

/** What a settled delivery adds, or takes away again where a person has it sent anew. `tookMs`: from made to delivered. */
export function ofDelivery(
  channel: { readonly projectId: string; readonly integrationId: string; readonly environment: Environment },
  status: SettledStatus,
  at: number,
  by: number,
  tookMs: number | null,
): readonly Addition[] {
  const { projectId, integrationId, environment } = channel
  const hour = hourOf(at)
  const figure = deliveryFigure(status, integrationId)
  const counted: Addition = { projectId, environment, hour, figure, by }
  if (tookMs === null) return [counted]
  return [counted, { projectId, environment, hour, figure: tookFigure(tookMs, integrationId), by }]
}

// ── how long deliveries took ────────────────────────────────────────────────────────────────────────────────────────

/** Upper bounds in milliseconds; what took longer is one more. */
const TOOK_BOUNDS = [
  50, 100, 200, 350, 500, 750, 1_000, 1_500, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000,
  21_600_000, 86_400_000,
] as const

function tookFigure(tookMs: number, integrationId: string): string {
  return `took:${TOOK_BOUNDS.find((bound) => tookMs <= bound) ?? 'more'}:${integrationId}`
}

/** How many took how long: per upper bound. */
export type Times = ReadonlyMap<string, number>

/**
 * The time that the fraction `q` of them did not exceed, in milliseconds; between two bounds as if they were spread
 * evenly, beyond the last one that bound. null where there are none.
 */
export function percentile(times: Times, q: number): number | null {
  const total = [...times.values()].reduce((sum, count) => sum + count, 0)
  if (total <= 0) return null
  const wanted = total * q
  let below = 0
  let from = 0
  for (const bound of TOOK_BOUNDS) {
    const count = times.get(String(bound)) ?? 0
    if (count > 0 && below + count >= wanted) return Math.round(from + ((wanted - below) / count) * (bound - from))
    below += count
    from = bound
  }
  return from
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The sum of a figure over one bucket that begins `at`. */
export interface Figure {
  readonly at: number
  readonly figure: string
  readonly value: number
}

export type FigureName =
  | { readonly kind: 'event'; readonly type: EventType; readonly name: EventName | null }
  | { readonly kind: 'money'; readonly of: SalesReporting | 'unpriced' }
  | { readonly kind: 'delivery'; readonly status: SettledStatus; readonly integrationId: string }
  | { readonly kind: 'took'; readonly bound: string; readonly integrationId: string }

/** What a name counts. Names are ours alone, so they are what they say. */
export function figureName(figure: string): FigureName {
  const [kind = '', first = '', ...rest] = figure.split(':')
  const last = rest.join(':')
  switch (kind as FigureKind) {
    case 'event':
      return { kind: 'event', type: first as EventType, name: last === '' ? null : (last as EventName) }
    case 'money':
      return { kind: 'money', of: first as SalesReporting }
    case 'delivery':
      return { kind: 'delivery', status: first as SettledStatus, integrationId: last }
    case 'took':
      return { kind: 'took', bound: first, integrationId: last }
  }
}

export interface Window {
  /** Milliseconds; `to` is the end of the hour that runs. */
  readonly from: number
  readonly to: number
  readonly bucketMs: number
  readonly buckets: number
  readonly previous: { readonly from: number; readonly to: number }
}

/** Hours are shown one by one, more than a week of them by day (UTC). */
export function windowOf(now: number, hours: 24 | 168 | 720): Window {
  const bucketMs = hours > 168 ? 24 * HOUR_MS : HOUR_MS
  const last = now - (now % bucketMs)
  const from = last + bucketMs - hours * HOUR_MS
  const to = hourOf(now) + HOUR_MS
  // As long a time before, as far into its last bucket as this one is.
  const previous = { from: from - hours * HOUR_MS, to: to - hours * HOUR_MS }
  return { from, to, bucketMs, buckets: (hours * HOUR_MS) / bucketMs, previous }
}
