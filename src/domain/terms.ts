import { createRateBook, type ProgramDates, type RateQuestion, type RateRule } from './commission/rule.ts'
import { COMMISSION_TABLE } from './commission/table.ts'
import type { Rates } from './exchange.ts'
import type { ObserveContext } from './observe.ts'
import type { App, Project } from './project.ts'
import type { Terms } from './purchase-state.ts'
import { fractionsOf } from './revenue.ts'
import { TAX_TABLE } from './tax/table.ts'

/** What a charge is asked about before its terms are frozen. */
export interface ChargeQuestion extends Omit<RateQuestion, 'appId'> {
  readonly currency: string | null
}

/** Whose rates they are. */
type TermsApp = Pick<App, 'commissionRatePpm' | 'taxRatePpm'> & Partial<Pick<App, 'id' | 'programs'>>

const NO_PROGRAMS: readonly ProgramDates[] = []
const COMMISSIONS = createRateBook(COMMISSION_TABLE)
const TAXES = createRateBook(TAX_TABLE)

/**
 * Commission and tax by rule, the exchange rate by the purchase's date: what a charge's ledger entry freezes. A rule of
 * the project comes first, then the app's own rate, then the tables; where nothing speaks of it, nothing is deducted.
 * Estimated, since a rule is not the store's actual figure. Made once an app: a charge costs two look-ups.
 */
export function ruleTerms(
  app: TermsApp,
  rates: Rates,
  { commissionRules = [], taxRules = [] }: Pick<Project, 'commissionRules' | 'taxRules'> = {},
): ObserveContext['terms'] {
  const commissionOf = rateOf(commissionRules, app.commissionRatePpm, COMMISSIONS, app)
  const taxOf = rateOf(taxRules, app.taxRatePpm, TAXES, app)
  const fractions = new Map<string, ReturnType<typeof fractionsOf>>()
  return (charge): Terms => {
    const [commission, tax] = [commissionOf(charge), taxOf(charge)]
    const kind = `${commission}|${tax}`
    const known = fractions.get(kind) ?? fractionsOf(commission, tax)
    fractions.set(kind, known)
    const rate = charge.currency === null ? null : rates.rateOn(charge.currency, charge.at)
    return {
      ...known,
      usdRate: rate === null ? null : rate.rate.toString(),
      rateDate: rate?.date ?? null,
      rateEstimated: rate?.estimated ?? false,
      estimated: true,
    }
  }
}

function rateOf(
  own: readonly RateRule[],
  flat: number | null,
  table: ReturnType<typeof createRateBook>,
  app: TermsApp,
): (charge: ChargeQuestion) => number {
  const book = own.length === 0 ? null : createRateBook(own)
  const programs = app.programs ?? NO_PROGRAMS
  return (charge) => {
    const question = { ...charge, appId: app.id ?? '' }
    return book?.find(question, programs)?.ratePpm ?? flat ?? table.find(question, programs)?.ratePpm ?? 0
  }
}
