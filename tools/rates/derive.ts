import { crossRate, type RateTable } from '../../src/domain/exchange.ts'

/** Stores sell subscriptions since February 2011; an older purchase takes the table's first rate as an estimate. */
const FIRST_MONTH = '2011-01'

interface Day {
  readonly date: string
  /** Units of each currency for one euro, as published. */
  readonly perEuro: ReadonlyMap<string, string>
}

/**
 * The monthly table out of the text of the ECB's eurofxref-hist.csv: of each whole month from FIRST_MONTH on, the last
 * day that has rates. The newest month is left out until a later one has begun, so that a refresh only ever adds lines.
 */
export function deriveTable(csv: string): RateTable {
  const days = readDays(csv)
  const newest = days.at(-1)?.date.slice(0, 7) ?? ''
  const lastOfMonth = new Map(days.map((day) => [day.date.slice(0, 7), day]))
  const chosen = [...lastOfMonth].filter(([month]) => month >= FIRST_MONTH && month < newest).map(([, day]) => day)
  const currencies = [...new Set(chosen.flatMap(({ perEuro }) => [...perEuro.keys()]))]
    .filter((code) => code !== 'USD')
    .sort()
  const months = chosen.map((day) => [day.date, ...currencies.map((currency) => cell(day, currency))].join(' '))
  const problems = [...missingMonths(chosen), ...gaps(currencies, months)]
  if (months.length === 0) problems.push(`no whole month from ${FIRST_MONTH} on; pass eurofxref-hist.csv`)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return { currencies: currencies.join(' '), months }
}

/** What of `old` the new table would say otherwise or not at all: events and ledgers were computed with it. */
export function changes(old: RateTable, now: RateTable): readonly string[] {
  const next = cellsOf(now)
  return [...cellsOf(old)]
    .filter(([key, rate]) => next.get(key) !== rate)
    .map(([key, rate]) => `${key}: ${rate} became ${next.get(key) ?? 'nothing'}`)
}

function cellsOf({ currencies, months }: RateTable): ReadonlyMap<string, string> {
  const columns = currencies.split(' ')
  const cells = new Map<string, string>()
  for (const month of months) {
    const [date, ...rates] = month.split(' ')
    rates.forEach((rate, column) => {
      if (rate !== '-') cells.set(`${columns[column]} ${date}`, rate)
    })
  }
  return cells
}

function readDays(csv: string): readonly Day[] {
  const [header = '', ...lines] = csv.trim().split(/\r?\n/)
  const columns = header.split(',').map((name) => name.trim())
  if (columns[0] !== 'Date' || !columns.includes('USD')) {
    throw new Error(
      'the first line does not begin with Date or has no USD; pass eurofxref-hist.csv as the ECB publishes it',
    )
  }
  const days = lines.map((line): Day => {
    const cells = line.split(',').map((text) => text.trim())
    const date = cells[0] ?? ''
    if (!/^\d{4}-\d\d-\d\d$/.test(date))
      throw new Error(`line "${line.slice(0, 40)}" begins with no day; fetch the file again`)
    const perEuro = new Map([['EUR', '1']])
    columns.forEach((currency, column) => {
      const text = cells[column] ?? ''
      if (column > 0 && currency !== '' && text !== '' && text !== 'N/A') perEuro.set(currency, text)
    })
    return { date, perEuro }
  })
  return days.sort((a, b) => (a.date < b.date ? -1 : 1))
}

function cell({ date, perEuro }: Day, currency: string): string {
  const units = perEuro.get(currency)
  if (units === undefined) return '-'
  const rate = crossRate(perEuro.get('USD') ?? '', units)
  if (rate === null) throw new Error(`${currency} on ${date}: "${units}" makes no rate; fetch the file again`)
  return String(rate)
}

function missingMonths(chosen: readonly Day[]): string[] {
  return chosen.slice(1).flatMap(({ date }, index) => {
    const before = chosen[index]?.date ?? ''
    const expected = new Date(Date.UTC(Number(before.slice(0, 4)), Number(before.slice(5, 7)), 1))
      .toISOString()
      .slice(0, 7)
    return date.startsWith(expected) ? [] : [`no rates in ${expected}; fetch the file again`]
  })
}

function gaps(currencies: readonly string[], months: readonly string[]): string[] {
  return currencies
    .filter((_, column) =>
      /\d-+\d/.test(months.map((month) => (month.split(' ')[column + 1] === '-' ? '-' : '1')).join('')),
    )
    .map((currency) => `${currency} has months without a rate between months with one; fetch the file again`)
}
