import { z } from 'zod'
import { EVENT_TYPES, type EventType } from '../domain/event.ts'
import { type Figure, figureName, percentile, type SettledStatus, type Window } from '../domain/figures.ts'
import type { SalesReporting } from '../domain/revenue.ts'
import { isoOf } from './json-text.ts'

const time = z.iso.datetime()
const counts = z.record(z.enum(EVENT_TYPES), z.int())
const micros = z.int().describe('Micros of US dollars; refunds are deducted.')
const AmountsSchema = z.object({
  gross_micros: micros,
  after_commission_micros: micros,
  after_commission_and_taxes_micros: micros,
})

const RevenueSchema = AmountsSchema.extend({
  currency: z.literal('USD'),
  unpriced: z.int().describe('Movements of money whose price or exchange rate is unknown; they are in no sum.'),
  previous: AmountsSchema.describe('As long a time before, as far into its last bucket.'),
  buckets: z.array(AmountsSchema.extend({ at: time })),
})

const IntegrationHealthSchema = z.object({
  id: z.string(),
  destination: z.string(),
  title: z.string(),
  enabled: z.boolean(),
  state: z.enum(['open', 'backing_off', 'paused']).describe('Of its channel in this environment.'),
  delivered: z.int(),
  failed: z.int(),
  skipped: z.int(),
  waiting: z.int().describe('Now.'),
  p50_ms: z.int().nullable().describe('From made to delivered; null where nothing was delivered.'),
  p95_ms: z.int().nullable(),
})

export const OverviewSchema = z
  .object({
    environment: z.enum(['production', 'sandbox']),
    from: time,
    to: time.describe('The end of the hour that runs.'),
    bucket_ms: z.int().describe('An hour, or a day (UTC) for more than a week.'),
    buckets: z.array(z.object({ at: time, counts })),
    totals: counts,
    revenue: RevenueSchema,
    active: z.object({
      subscriptions: z.int().describe('In force now, paid for and not in grace; cancelled ones until they end.'),
      trials: z.int(),
      grace: z.int(),
    }),
    integrations: z.array(IntegrationHealthSchema),
    apps: z.array(
      z.object({
        id: z.string(),
        store: z.string(),
        title: z.string(),
        last_notification_at: time.nullable(),
        parked: z.int(),
        refused: z.int(),
      }),
    ),
    first_steps: z.object({ app: z.boolean(), integration: z.boolean(), event: z.boolean() }),
  })
  .meta({ id: 'Overview' })

export type ApiOverview = z.infer<typeof OverviewSchema>

type Counts = Record<EventType, number>
type Amounts = Record<SalesReporting | 'unpriced', number>

function noCounts(): Counts {
  return Object.fromEntries(EVENT_TYPES.map((type) => [type, 0])) as Counts
}
function noAmounts(): Amounts {
  return { gross: 0, after_commission: 0, after_commission_and_taxes: 0, unpriced: 0 }
}

/** What happened to the deliveries of an integration, and how many were delivered within which time. */
interface Settled {
  readonly counts: Record<SettledStatus, number>
  readonly times: Map<string, number>
}

/** Events, money and deliveries of a window, from its figures; `before`: those of money before it. */
export function sumsOf(window: Window, figures: readonly Figure[], before: readonly Figure[]) {
  const buckets = Array.from({ length: window.buckets }, (_, index) => ({
    at: window.from + index * window.bucketMs,
    counts: noCounts(),
    money: noAmounts(),
  }))
  const totals = noCounts()
  const money = noAmounts()
  const integrations = new Map<string, Settled>()
  const settledOf = (id: string): Settled => {
    const known = integrations.get(id) ?? { counts: { delivered: 0, failed: 0, skipped: 0 }, times: new Map() }
    integrations.set(id, known)
    return known
  }
  for (const { at, figure, value } of figures) {
    const bucket = buckets[(at - window.from) / window.bucketMs]
    const name = figureName(figure)
    if (bucket === undefined) continue
    if (name.kind === 'event') {
      bucket.counts[name.type] += value
      totals[name.type] += value
    } else if (name.kind === 'money') {
      bucket.money[name.of] += value
      money[name.of] += value
    } else if (name.kind === 'delivery') settledOf(name.integrationId).counts[name.status] += value
    else {
      const { times } = settledOf(name.integrationId)
      times.set(name.bound, (times.get(name.bound) ?? 0) + value)
    }
  }
  const previous = noAmounts()
  for (const { figure, value } of before) {
    const name = figureName(figure)
    if (name.kind === 'money') previous[name.of] += value
  }
  return { buckets, totals, money, previous, integrations }
}

export function toApiFigures(
  window: Window,
  sums: ReturnType<typeof sumsOf>,
): Pick<ApiOverview, 'from' | 'to' | 'bucket_ms' | 'buckets' | 'totals' | 'revenue'> {
  return {
    from: isoOf(window.from),
    to: isoOf(window.to),
    bucket_ms: window.bucketMs,
    buckets: sums.buckets.map(({ at, counts }) => ({ at: isoOf(at), counts })),
    totals: sums.totals,
    revenue: {
      currency: 'USD',
      ...toApiAmounts(sums.money),
      unpriced: sums.money.unpriced,
      previous: toApiAmounts(sums.previous),
      buckets: sums.buckets.map(({ at, money }) => ({ at: isoOf(at), ...toApiAmounts(money) })),
    },
  }
}

function toApiAmounts(amounts: Amounts): z.infer<typeof AmountsSchema> {
  return {
    gross_micros: amounts.gross,
    after_commission_micros: amounts.after_commission,
    after_commission_and_taxes_micros: amounts.after_commission_and_taxes,
  }
}

export function toApiSettled(settled: Settled | undefined) {
  const { counts, times } = settled ?? { counts: { delivered: 0, failed: 0, skipped: 0 }, times: new Map() }
  return { ...counts, p50_ms: percentile(times, 0.5), p95_ms: percentile(times, 0.95) }
}
