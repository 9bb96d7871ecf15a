import { type Json, moneyJson } from './world.ts'

/** Prices hold 20 % of tax, and Google keeps 15 % of what it leaves. */
const TAX = 1 / 6
const REVENUE = (1 - TAX) * 0.85

/** The money of an order, or of one line of it: with tax, and how much of it is. */
export function paidJson(total: number, currency: string): Json {
  return { total: moneyJson(total, currency), tax: moneyJson(total * TAX, currency) }
}

/** What the developer gets of an order, `refunded` having gone back. */
export function revenueJson(total: number, currency: string, refunded = 0): Json {
  return { developerRevenueInBuyerCurrency: moneyJson(Math.max(total - refunded, 0) * REVENUE, currency) }
}

/** google.type.Money as a decimal. */
export function decimalOf(money: unknown): number {
  const { units = '0', nanos = 0 } = money as { readonly units?: string; readonly nanos?: number }
  return Number(units) + nanos / 1e9
}
