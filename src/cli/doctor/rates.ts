import { bundledRates } from '../../domain/exchange.ts'
import { type Finding, ok, warn } from './check.ts'

const DAY_MS = 86_400_000
/** A rate counts to the end of the month after its own; later it is an estimate. */
const OLD_MS = 45 * DAY_MS

/** `told`: the newest day of TRIBUTARY_FX_URL (YYYY-MM-DD), if there is one. */
export function ratesFinding(told: string | null, now: number): Finding {
  const newest = told !== null && told > bundledRates.newest ? told : bundledRates.newest
  const days = Math.max(0, Math.floor((now - Date.parse(newest)) / DAY_MS))
  if (days * DAY_MS <= OLD_MS) return ok('exchange rates', `the newest is of ${newest}`)
  return warn(
    'exchange rates',
    `The newest is of ${newest}, ${days} days ago: amounts in US dollars of newer purchases are estimates.`,
    'Set TRIBUTARY_FX_URL to a source of daily rates, or exchange_rates in the config file.',
  )
}
