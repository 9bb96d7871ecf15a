import type { PeriodFact } from '../../domain/facts.ts'
import { divideRounded, PPM, type Ppm } from '../../domain/money.ts'
import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import { wholeOf } from '../json.ts'
import type { Fetched } from '../store.ts'
import type { StripeClient } from './client.ts'
import { takesActualFees } from './fields.ts'
import { idOf, partOf } from './json.ts'

export type Fees = NonNullable<PeriodFact['fees']>

/** What was paid, and how much of it was tax, in minor units. */
export interface Taxed {
  readonly paid: number
  readonly total: number
  readonly tax: number
}

interface Of {
  readonly app: App
  readonly environment: Environment
}

/** Whether a charge is told only with the fee that Stripe took for it. */
export function needsFees({ app, environment }: Of, client: StripeClient, paid: number): boolean {
  return paid > 0 && takesActualFees(app) && client.hasKey(app, environment)
}

/**
 * Stripe's fee for a payment as a share of it, from the balance transaction of its charge: both are in the currency of
 * the account, so that no exchange rate comes in. null where it is not known yet (a bank debit under way): then by rule.
 * https://docs.stripe.com/api/balance_transactions/object
 */
export async function feesOfPayment(
  intent: string | null,
  taxed: Taxed,
  of: Of,
  client: StripeClient,
): Promise<Fetched<Fees>> {
  const taxPpm = taxed.total > 0 ? fractionOf(taxed.tax, taxed.total) : null
  if (intent === null) return { kind: 'fetched', value: { commissionPpm: null, taxPpm } }
  const path = `/v1/payment_intents/${encodeURIComponent(intent)}`
  const query = { 'expand[]': 'latest_charge.balance_transaction' }
  const answer = await client.get({ ...of, path, query, continued: true })
  if (answer.kind === 'absent') return { kind: 'fetched', value: { commissionPpm: null, taxPpm } }
  if (answer.kind !== 'fetched') return answer
  const entry = partOf(partOf(answer.value.json, 'latest_charge'), 'balance_transaction')
  const [fee, amount] = [wholeOf(entry?.fee), wholeOf(entry?.amount)]
  const known = fee !== null && amount !== null && amount > 0 && fee >= 0
  return { kind: 'fetched', value: { commissionPpm: known ? fractionOf(fee, amount) : null, taxPpm } }
}

/** The payment intent that paid an invoice: since 2025-03-31 the invoice itself does not name it. */
export async function intentOfInvoice(
  invoice: { readonly id: string; readonly payments: readonly string[] },
  of: Of,
  client: StripeClient,
): Promise<Fetched<string | null>> {
  const named = invoice.payments.find((name) => name.startsWith('pi_'))
  if (named !== undefined) return { kind: 'fetched', value: named }
  const listed = await client.list({
    ...of,
    path: '/v1/invoice_payments',
    query: { invoice: invoice.id },
    continued: true,
  })
  if (listed.kind === 'absent') return { kind: 'fetched', value: null }
  if (listed.kind !== 'fetched') return listed
  const paid = listed.value.find(({ status }) => status === 'paid')
  return { kind: 'fetched', value: idOf(partOf(paid, 'payment')?.payment_intent) }
}

function fractionOf(part: number, whole: number): Ppm {
  return Math.min(PPM, Number(divideRounded(BigInt(part) * BigInt(PPM), BigInt(whole))))
}
