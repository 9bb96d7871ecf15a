import type { PeriodFact } from '../../domain/facts.ts'
import { divideRounded, type Money, PPM, type Ppm } from '../../domain/money.ts'

export type Fees = NonNullable<PeriodFact['fees']>

/** The money of an order beside its lines. null: Google does not tell. */
export interface OrderMoney {
  /** What the customer paid, with tax. */
  readonly total: Money | null
  readonly tax: Money | null
  /**
   * What the developer gets, in the buyer's currency: after tax, fees and what went back. Google tells none while a
   * payment is being processed.
   */
  readonly revenue: Money | null
}

export interface LineMoney {
  readonly total: Money | null
  readonly tax: Money | null
}

interface Shares {
  readonly total: bigint
  readonly tax: bigint
}

/**
 * The actual fractions of each line of an order: its own tax over its total, and of Google's part of the order (what
 * neither the tax takes nor the developer gets) the share of what tax leaves of the line. null, for one or both, where
 * Google tells too little or the amounts fit no fraction: then by rule.
 * developers.google.com/android-publisher/api-ref/rest/v3/orders
 */
export function feesOfLines(order: OrderMoney, lines: readonly LineMoney[]): readonly (Fees | null)[] {
  const { total, revenue } = order
  if (total === null || total.micros <= 0) return lines.map(() => null)
  const isTold = (money: Money | null): money is Money => money !== null && money.currency === total.currency
  const orderTax = taxOf(order, lines, isTold)
  const rest = restOf(total, orderTax, lines, isTold)
  const kept =
    orderTax === null || !isTold(revenue) || revenue.micros < 0 ? null : total.micros - orderTax - revenue.micros
  return lines.map((line) => {
    if (!isTold(line.total) || line.total.micros <= 0) return null
    const { micros } = line.total
    const tax = isTold(line.tax) ? { total: BigInt(micros), tax: BigInt(line.tax.micros) } : untold(micros, rest)
    if (tax === null || tax.tax < 0n || tax.tax > tax.total) return null
    const taxPpm = ppmOf(tax.tax, tax.total)
    const commissionPpm =
      kept === null || orderTax === null || kept < 0
        ? null
        : commissionOf(BigInt(kept), tax, BigInt(total.micros - orderTax), taxPpm)
    return { commissionPpm, taxPpm, ...amountsOf(line, lines.length === 1 ? { total, orderTax, kept } : null) }
  })
}

/** The amounts themselves, where Google tells them for this line and no other: a share of an amount is no actual one. */
function amountsOf(
  line: LineMoney,
  alone: { readonly total: Money; readonly orderTax: number | null; readonly kept: number | null } | null,
): Pick<Fees, 'commissionMicros' | 'taxMicros'> {
  const { total } = line
  if (total === null) return {}
  const whole = alone !== null && alone.total.micros === total.micros ? alone : null
  const taxMicros = line.tax?.currency === total.currency ? line.tax.micros : (whole?.orderTax ?? null)
  const commissionMicros = whole !== null && whole.kept !== null && whole.kept >= 0 ? whole.kept : null
  return {
    ...(commissionMicros === null ? {} : { commissionMicros }),
    ...(taxMicros === null ? {} : { taxMicros }),
  }
}

/** The tax of the whole order: as told, else the sum of the lines' where each line tells its own. */
function taxOf({ tax }: OrderMoney, lines: readonly LineMoney[], isTold: (money: Money | null) => boolean) {
  if (tax !== null) return isTold(tax) ? tax.micros : null
  if (lines.length === 0 || !lines.every((line) => isTold(line.tax))) return null
  return lines.reduce((sum, line) => sum + (line.tax?.micros ?? 0), 0)
}

/** What the lines that tell a tax of their own leave of the order and its tax, for those that do not. */
function restOf(
  total: Money,
  orderTax: number | null,
  lines: readonly LineMoney[],
  isTold: (money: Money | null) => boolean,
): Shares | null {
  if (orderTax === null) return null
  const told = lines.filter((line) => isTold(line.tax) && isTold(line.total))
  const sum = (of: 'total' | 'tax'): number => told.reduce((all, line) => all + (line[of]?.micros ?? 0), 0)
  const rest = { total: BigInt(total.micros - sum('total')), tax: BigInt(orderTax - sum('tax')) }
  return rest.total > 0n && rest.tax >= 0n && rest.tax <= rest.total ? rest : null
}

/** In proportion to its price. */
function untold(micros: number, rest: Shares | null): Shares | null {
  return rest === null ? null : { total: BigInt(micros) * rest.total, tax: BigInt(micros) * rest.tax }
}

/** kept × (share of the line in what tax leaves) ÷ total of the line, divided once. */
function commissionOf(kept: bigint, { total, tax }: Shares, net: bigint, taxPpm: Ppm): Ppm | null {
  if (net <= 0n) return null
  const commissionPpm = ppmOf(kept * (total - tax), net * total)
  // Two roundings up of fractions that leave nothing would leave less than nothing.
  return Math.min(commissionPpm, PPM - taxPpm)
}

function ppmOf(part: bigint, whole: bigint): Ppm {
  return Number(divideRounded(part * BigInt(PPM), whole))
}
