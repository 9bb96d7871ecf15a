import { isCurrency } from './currency.ts'
import { EXCHANGE_RATES } from './exchange-rates.ts'
import { divideRounded } from './money.ts'

/** Rates as the bundled file holds them: text, so that a month is one line and a refresh a small diff. */
export interface RateTable {
  /** The columns: codes with a space between. USD needs none, it is 1. */
  readonly currencies: string
  /** Oldest first: the day of the rates, then one integer of 10⁻¹² USD per column, `-` where none was published. */
  readonly months: readonly string[]
}

/** A rate from elsewhere (an operator, a daily refresh). On a day that the table has, it stands instead. */
export interface RateOverride {
  readonly currency: string
  readonly date: string
  readonly rate: bigint
}

export interface Rate {
  /** USD for one unit of the currency, in 10⁻¹². */
  readonly rate: bigint
  /** The day whose rate this is, YYYY-MM-DD. */
  readonly date: string
  /** The purchase is older than every rate, or later than the month after the rate's. */
  readonly estimated: boolean
}

export interface Rates {
  /** The newest rate not after the purchase's day (UTC), else the first one; null for a currency without any. */
  rateOn(currency: string, atMs: number): Rate | null
  /** The codes that have a rate, sorted, USD among them. */
  readonly currencies: readonly string[]
  /** The newest day that any of them has a rate of: how old the rates are. */
  readonly newest: string
}

/** The rate of USD itself, and the scale of every other. */
export const RATE_ONE = 1_000_000_000_000n

const DAY_MS = 86_400_000
/** Ends the years that YYYY-MM-DD can write. */
const YEAR_10000_MS = 253_402_300_800_000

/** One currency, in parallel arrays by day, so that a look-up is a binary search that allocates only its answer. */
interface Series {
  readonly days: Int32Array
  /** Per rate: the first day on which it counts as an estimate. */
  readonly staleFrom: Int32Array
  readonly dates: readonly string[]
  readonly rates: readonly bigint[]
}

/** From its day on a rate is in force, from `staleFrom` on as an estimate. */
interface Span {
  readonly day: number
  readonly staleFrom: number
}

/** What `rateOn` answers from; pure, so that a refresh or a manual rate makes a new one and swaps it in. */
export function createRates(table: RateTable, overrides: readonly RateOverride[] = []): Rates {
  const byCurrency = readTable(table)
  for (const { currency, date, rate } of overrides) {
    const name = `exchange rate of ${currency} on ${date}`
    if (currency === 'USD') throw new RangeError(`${name}: USD is 1 by definition; remove this rate`)
    if (!isCurrency(currency)) throw new RangeError(`${name}: write the currency as its ISO 4217 code, such as EUR`)
    if (epochDay(date) === null) throw new RangeError(`${name}: write the day as YYYY-MM-DD`)
    if (rate <= 0n) throw new RangeError(`${name}: write how many USD one ${currency} is worth, more than 0`)
    const dated = byCurrency.get(currency) ?? new Map<string, bigint>()
    byCurrency.set(currency, dated.set(date, rate))
  }
  const series = new Map<string, Series>()
  const spans = new Map<string, Span>()
  let newest = ''
  for (const [currency, dated] of byCurrency) {
    if (dated.size === 0) continue
    const one = seriesOf(dated, spans)
    series.set(currency, one)
    const last = one.dates.at(-1) ?? ''
    if (last > newest) newest = last
  }
  return {
    currencies: ['USD', ...series.keys()].sort(),
    newest,
    rateOn: (currency, atMs) => {
      if (!(atMs >= 0 && atMs < YEAR_10000_MS)) return null
      if (currency === 'USD')
        return { rate: RATE_ONE, date: new Date(atMs).toISOString().slice(0, 10), estimated: false }
      const one = series.get(currency)
      return one === undefined ? null : rateOf(one, Math.floor(atMs / DAY_MS))
    },
  }
}

function rateOf(series: Series, day: number): Rate | null {
  const { days, staleFrom, dates, rates } = series
  let low = 0
  let high = days.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((days[middle] ?? 0) <= day) low = middle + 1
    else high = middle
  }
  const tooOld = low === 0
  const at = tooOld ? 0 : low - 1
  const rate = rates[at]
  const date = dates[at]
  if (rate === undefined || date === undefined) return null
  return { rate, date, estimated: tooOld || day >= (staleFrom[at] ?? 0) }
}

function readTable({ currencies, months }: RateTable): Map<string, Map<string, bigint>> {
  const columns = currencies.split(' ')
  const byCurrency = new Map(columns.map((currency) => [currency, new Map<string, bigint>()]))
  let before = ''
  for (const month of months) {
    const [date = '', ...cells] = month.split(' ')
    if (epochDay(date) === null || date <= before || cells.length !== columns.length) {
      throw new RangeError(
        `exchange rates, month "${date}": out of order or not of its form; make the table again with tools/rates`,
      )
    }
    before = date
    columns.forEach((currency, column) => {
      const cell = cells[column]
      if (cell !== undefined && cell !== '-') byCurrency.get(currency)?.set(date, BigInt(cell))
    })
  }
  return byCurrency
}

function seriesOf(dated: ReadonlyMap<string, bigint>, spans: Map<string, Span>): Series {
  const dates = [...dated.keys()].sort()
  const each = dates.map((date) => {
    const known = spans.get(date)
    if (known !== undefined) return known
    const span = spanOf(date)
    spans.set(date, span)
    return span
  })
  return {
    days: Int32Array.from(each, ({ day }) => day),
    staleFrom: Int32Array.from(each, ({ staleFrom }) => staleFrom),
    dates,
    rates: dates.map((date) => dated.get(date) ?? 0n),
  }
}

function spanOf(date: string): Span {
  const [year = 0, month = 0] = date.split('-').map(Number)
  // Months count from 0 here, so this is the first day of the second month after the rate's.
  return { day: epochDay(date) ?? 0, staleFrom: Date.UTC(year, month + 1, 1) / DAY_MS }
}

function epochDay(date: string): number | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return null
  const ms = Date.parse(`${date}T00:00:00Z`)
  // The 31st of a month with 30 days parses as the next month's first.
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date ? null : ms / DAY_MS
}

/**
 * The rate of a currency quoted against a base, as central banks publish it: `usdPerBase` dollars and `unitsPerBase`
 * units for one of the base. Divided once, half away from zero; null when either is no positive decimal, or when the
 * unit is worth less than 10⁻¹² USD.
 */
export function crossRate(usdPerBase: string, unitsPerBase: string): bigint | null {
  const usd = decimal(usdPerBase)
  const units = decimal(unitsPerBase)
  if (usd === null || units === null || units.digits === 0n) return null
  const rate = divideRounded(usd.digits * units.scale * RATE_ONE, units.digits * usd.scale)
  return rate === 0n ? null : rate
}

function decimal(text: string): { readonly digits: bigint; readonly scale: bigint } | null {
  const match = /^(\d{1,30})(?:\.(\d{1,150}))?$/.exec(text)
  if (!match) return null
  const [, whole = '', fraction = ''] = match
  return { digits: BigInt(whole + fraction), scale: 10n ** BigInt(fraction.length) }
}

/** The rates that Tributary ships. */
export const bundledRates: Rates = createRates(EXCHANGE_RATES)

/** USD for one unit of `currency` when the purchase was made, by the bundled rates. */
export const rateOn = bundledRates.rateOn
