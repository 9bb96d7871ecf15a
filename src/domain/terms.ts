import type { Rates } from './exchange.ts'
import type { ObserveContext } from './observe.ts'
import type { App } from './project.ts'
import type { Terms } from './purchase-state.ts'
import { fractionsOf } from './revenue.ts'

/**
 * Commission and tax by the app's rates, the exchange rate by the purchase's date: what a charge's ledger entry
 * freezes. Estimated, since a rule is not the store's actual figure.
 */
export function ruleTerms(app: Pick<App, 'commissionRatePpm' | 'taxRatePpm'>, rates: Rates): ObserveContext['terms'] {
  const fractions = fractionsOf(app.commissionRatePpm, app.taxRatePpm)
  return ({ at, currency }): Terms => {
    const rate = currency === null ? null : rates.rateOn(currency, at)
    return {
      ...fractions,
      usdRate: rate === null ? null : rate.rate.toString(),
      rateDate: rate?.date ?? null,
      rateEstimated: rate?.estimated ?? false,
      estimated: true,
    }
  }
}
