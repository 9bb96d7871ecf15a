import { z } from 'zod'
import { type CustomerInfoJson, customerInfo } from '../customers/customer-info.ts'
import { accessAt } from '../domain/access.ts'
import { SUBSCRIPTION_STATUSES } from '../domain/event.ts'
import { RATE_ONE } from '../domain/exchange.ts'
import { divideRounded } from '../domain/money.ts'
import type { Project } from '../domain/project.ts'
import { ENVIRONMENTS } from '../domain/purchase.ts'
import type { Purchase } from '../domain/purchase-state.ts'
import { statusAt } from '../domain/status.ts'
import { currentPeriod, willRenew } from '../domain/term.ts'
import type { CustomerRow, LedgerRow, PurchaseRow } from '../storage/rows.ts'
import { AttributesSchema, toApiAttributes } from './event-json.ts'
import { isoOf } from './json-text.ts'

const time = z.iso.datetime()

export const CustomerSummarySchema = z
  .object({
    original_app_user_id: z.string(),
    last_seen_app_user_id: z.string(),
    aliases: z.array(z.string()),
    first_seen_at: time,
    last_seen_at: time,
    attributes: AttributesSchema,
  })
  .meta({ id: 'CustomerSummary' })

export const TransactionSchema = z
  .object({
    entry: z.string().describe('Its name in the ledger of the purchase.'),
    reason: z.string().describe('charge, refund, reversal …'),
    transaction_id: z.string(),
    product_id: z.string(),
    at: time,
    recorded_at: time,
    micros: z.int().nullable().describe('Signed; null when the price is unknown.'),
    currency: z.string().nullable(),
    commission_ppm: z.int(),
    tax_ppm: z.int(),
    usd_rate: z.string().nullable().describe('US dollars for one unit of the currency, in 10⁻¹².'),
    rate_date: z.string().nullable(),
    event_id: z.string().nullable().describe('The event that announced it; null where none did.'),
  })
  .meta({ id: 'Transaction' })

export const PurchaseSchema = z
  .object({
    app_id: z.string(),
    store: z.string(),
    environment: z.enum(ENVIRONMENTS),
    chain: z.string().describe("The store's own lasting id of it."),
    line: z.string(),
    kind: z.enum(['subscription', 'one_time']),
    status: z.enum(SUBSCRIPTION_STATUSES),
    product_id: z.string().nullable(),
    period_type: z.string().nullable(),
    purchased_at: time.nullable(),
    expires_at: time.nullable(),
    will_renew: z.boolean().nullable(),
    unverified: z
      .string()
      .nullable()
      .describe('Why the store has not confirmed it, in one sentence; null where it has.'),
    transactions: z.array(TransactionSchema),
  })
  .meta({ id: 'Purchase' })

export const EntitlementSchema = z
  .object({
    id: z.string(),
    active: z.boolean(),
    product_id: z.string(),
    purchased_at: time,
    expires_at: time.nullable().describe('null: never.'),
    grace_period_expires_at: time.nullable(),
  })
  .meta({ id: 'Entitlement' })

export const SpentSchema = z
  .object({
    usd_micros: z.int().nullable().describe('null where some of it has no rate.'),
    by_currency: z.array(z.object({ currency: z.string(), micros: z.int() })),
    unpriced: z.int().describe('Charges whose price no store has told; they are in no sum.'),
  })
  .meta({ id: 'Spent' })

/** What a customer has paid in production: gross, less what went back. */
export function spentOf(ledgers: readonly (readonly LedgerRow[])[]): z.infer<typeof SpentSchema> {
  const sums = new Map<string, number>()
  let usd: bigint | null = 0n
  let unpriced = 0
  for (const row of ledgers.flat()) {
    if (row.key.environment !== 'production') continue
    if (row.micros === null || row.currency === null) {
      if (row.reason === 'charge' || row.reason === 'history') unpriced += 1
      continue
    }
    if (row.micros === 0) continue
    sums.set(row.currency, (sums.get(row.currency) ?? 0) + row.micros)
    const rate: string | null = row.currency === 'USD' ? String(RATE_ONE) : row.usdRate
    usd = usd === null || rate === null ? null : usd + BigInt(row.micros) * BigInt(rate)
  }
  const by_currency = [...sums].map(([currency, micros]) => ({ currency, micros })).sort((a, b) => b.micros - a.micros)
  // Rounded once, over the sum.
  return { usd_micros: usd === null ? null : Number(divideRounded(usd, RATE_ONE)), by_currency, unpriced }
}

export function toApiCustomer(customer: CustomerRow, personal: boolean): z.infer<typeof CustomerSummarySchema> {
  return {
    original_app_user_id: customer.originalAppUserId,
    last_seen_app_user_id: customer.lastSeenAppUserId,
    aliases: [...customer.aliases],
    first_seen_at: isoOf(customer.firstSeenAt),
    last_seen_at: isoOf(customer.lastSeenAt),
    attributes: toApiAttributes(customer.attributes, personal),
  }
}

export function toApiPurchase(
  row: PurchaseRow,
  ledger: readonly LedgerRow[],
  now: number,
): z.infer<typeof PurchaseSchema> {
  const { key, appId } = row
  const purchase = purchaseOf(row)
  const period = currentPeriod(purchase)
  const first = purchase.facts[0]
  return {
    app_id: appId,
    store: key.store,
    environment: key.environment,
    chain: key.chain,
    line: key.line,
    kind: purchase.kind,
    status: statusAt(purchase, now),
    product_id: period?.productId ?? ledger.at(-1)?.productId ?? null,
    period_type: period?.periodType ?? null,
    purchased_at: isoOf(period?.at ?? first?.at ?? null),
    expires_at: isoOf(period?.expiresAt ?? null),
    will_renew: willRenew(purchase),
    unverified: unverified(purchase, now),
    transactions: ledger.map(toApiTransaction),
  }
}

export function toApiTransaction(row: LedgerRow): z.infer<typeof TransactionSchema> {
  return {
    entry: row.entry,
    reason: row.reason,
    transaction_id: row.transactionId,
    product_id: row.productId,
    at: isoOf(row.at),
    recorded_at: isoOf(row.recordedAt),
    micros: row.micros,
    currency: row.currency,
    commission_ppm: row.commissionPpm,
    tax_ppm: row.taxPpm,
    usd_rate: row.usdRate,
    rate_date: row.rateDate,
    event_id: row.eventId,
  }
}

export function purchaseOf(row: PurchaseRow): Purchase {
  return JSON.parse(row.body) as Purchase
}

function unverified(purchase: Purchase, now: number): string | null {
  if (accessAt(purchase, now)?.standing === 'unverified') {
    return 'Its last period is over and the store cannot be asked whether it goes on; look at the credentials of the app.'
  }
  if (purchase.kind === 'subscription' && purchase.snapshot === null && purchase.key.store !== 'promotional') {
    return 'The store has not been read about it yet; it is when the store tells of it or its token is posted.'
  }
  return purchase.historyUnavailable
    ? 'The store could not give its history in time, so classes of older periods may be approximate.'
    : null
}

/** What the SDKs are told at this moment, as a list. */
export function entitlementsNow(
  customer: CustomerRow,
  purchases: readonly Purchase[],
  project: Project,
  now: number,
): readonly z.infer<typeof EntitlementSchema>[] {
  const info: CustomerInfoJson = customerInfo({ customer, purchases, project, now, withAttributes: true })
  return Object.entries(info.subscriber.entitlements).map(([id, one]) => {
    const ends = [one.expires_date, one.grace_period_expires_date].flatMap((date) =>
      date === null ? [] : Date.parse(date),
    )
    return {
      id,
      active: one.expires_date === null || ends.some((end) => end > now),
      product_id: one.product_identifier,
      purchased_at: isoOf(Date.parse(one.purchase_date)),
      expires_at: one.expires_date === null ? null : isoOf(Date.parse(one.expires_date)),
      grace_period_expires_at:
        one.grace_period_expires_date === null ? null : isoOf(Date.parse(one.grace_period_expires_date)),
    }
  })
}
