import { COUNTRY_GROUPS } from '../domain/commission/regions.ts'
import { PRODUCT_CLASSES, PROGRAMS, type ProgramDates, type RateRule, TENURES } from '../domain/commission/rule.ts'
import { isCurrency } from '../domain/currency.ts'
import { crossRate, type RateOverride } from '../domain/exchange.ts'
import type { Field, Settings } from '../domain/field.ts'
import { microsOfDecimal } from '../domain/money.ts'
import { STORES } from '../domain/purchase.ts'
import { timeFrom } from './common.ts'
import { isObject } from './declared.ts'
import { type At, below, check, note, type Reading } from './reading.ts'

/** A project's own commission, tax and exchange rates, and the programmes of its apps: as text in files, dated inside. */

const DAY: Pick<Extract<Field, { type: 'text' }>, 'type' | 'pattern' | 'patternHelp'> = {
  type: 'text',
  pattern: '\\d{4}-\\d{2}-\\d{2}',
  patternHelp: 'must be a day, as 2026-11-01',
}

const RULE_FIELDS: readonly Field[] = [
  {
    key: 'rate',
    type: 'number',
    label: 'Rate',
    help: 'As 0.15. Of a commission: the share of the price without tax; of a tax: the rate that the price includes.',
    required: true,
    min: 0,
    max: 1,
  },
  {
    key: 'store',
    type: 'select',
    label: 'Store',
    help: 'Left out: every store.',
    options: STORES.map((value) => ({ value, label: value })),
  },
  { key: 'app', type: 'text', label: 'App', help: 'Id of an app of the project. Left out: every app.', maxLength: 63 },
  { key: 'product', type: 'text', label: 'Product', help: 'A product id, as events name it. Left out: every product.' },
  {
    key: 'countries',
    type: 'texts',
    label: 'Countries',
    help: `ISO codes of two letters, and ${[...COUNTRY_GROUPS.keys()].join(' or ')}. Left out: every country, unknown ones included.`,
  },
  { key: 'from', ...DAY, label: 'From', help: 'First day (UTC) of the purchases that it is about.' },
  { key: 'until', ...DAY, label: 'Until', help: 'First day (UTC) of the purchases that it is about no more.' },
]

export const TAX_RULE_FIELDS: readonly Field[] = RULE_FIELDS

export const COMMISSION_RULE_FIELDS: readonly Field[] = [
  ...RULE_FIELDS,
  {
    key: 'product_class',
    type: 'select',
    label: 'Product class',
    help: 'Left out: all of them.',
    options: PRODUCT_CLASSES.map((value) => ({ value, label: value })),
  },
  {
    key: 'tenure',
    type: 'select',
    label: 'Tenure',
    help: 'How long the subscription has been paid for. Left out: whatever it is.',
    options: TENURES.map((value) => ({ value, label: value })),
  },
  {
    key: 'programs',
    type: 'texts',
    label: 'Programs',
    help: 'All of these are in force for the app, by its own settings.',
    options: PROGRAMS,
  },
]

export const EXCHANGE_RATE_FIELDS: readonly Field[] = [
  {
    key: 'currency',
    type: 'text',
    label: 'Currency',
    help: 'ISO 4217 code.',
    required: true,
    pattern: '[A-Z]{3}',
    patternHelp: 'must be a code of three capital letters, as EUR',
  },
  {
    key: 'date',
    ...DAY,
    label: 'Day',
    help: 'From which day (UTC) on it counts, until the next known rate.',
    required: true,
  },
  {
    key: 'usd',
    type: 'text',
    label: 'US dollars',
    help: 'How many dollars one unit is worth, as a decimal.',
    required: true,
    pattern: '\\d{1,15}(\\.\\d{1,15})?',
    patternHelp: 'must be a decimal, as 1.0842',
  },
]

/** A rule of the file as it is worked with; null after noting what is wrong. */
export function ruleAt(reading: Reading, at: At, fields: readonly Field[]): RateRule | null {
  const values = check(reading, at, fields)
  if (values === null) return null
  const text = (key: string): string | null => (typeof values[key] === 'string' ? values[key] : null)
  const one = <T extends string>(key: string, options: readonly T[]): T | null =>
    options.find((option) => option === values[key]) ?? null
  const ratePpm = microsOfDecimal(Number(values.rate))
  if (ratePpm === null) note(reading, below(at, 'rate'), 'must have at most six decimals')
  const programs: readonly unknown[] = Array.isArray(values.programs) ? values.programs : []
  return {
    store: one('store', STORES),
    appId: text('app'),
    productId: text('product'),
    countries: countriesAt(reading, at, values.countries),
    productClass: one('product_class', PRODUCT_CLASSES),
    tenure: one('tenure', TENURES),
    programs: PROGRAMS.filter((program) => programs.includes(program)),
    ...datesAt(reading, at, values),
    ratePpm: ratePpm ?? 0,
    source: 'A rule of the project',
  }
}

function countriesAt(reading: Reading, at: At, given: unknown): readonly string[] | null {
  if (!Array.isArray(given) || given.length === 0) return null
  const codes: readonly unknown[] = given
  return codes.flatMap((code) => {
    const group = COUNTRY_GROUPS.get(String(code))
    if (group !== undefined) return group
    if (/^[A-Z]{2}$/.test(String(code))) return [String(code)]
    note(
      reading,
      below(at, 'countries'),
      `must be codes of two capital letters, or ${[...COUNTRY_GROUPS.keys()].join(', ')}`,
    )
    return []
  })
}

function datesAt(
  reading: Reading,
  at: At,
  values: Readonly<Record<string, unknown>>,
): Pick<RateRule, 'from' | 'until'> {
  const [from, until] = ['from', 'until'].map((key) => {
    const given = values[key]
    const time = typeof given === 'string' ? timeFrom(given) : null
    if (typeof given === 'string' && time === null) note(reading, below(at, key), 'is no day of the calendar')
    return time
  })
  if (from != null && until != null && until <= from)
    note(reading, below(at, 'until'), 'must lie after from; leave it out while it goes on')
  return { from: from ?? null, until: until ?? null }
}

export function exchangeRateAt(reading: Reading, at: At): RateOverride | null {
  const values = check(reading, at, EXCHANGE_RATE_FIELDS)
  if (values === null) return null
  const [currency, date] = [String(values.currency), String(values.date)]
  const rate = crossRate(String(values.usd), '1')
  if (currency === 'USD' || !isCurrency(currency))
    note(reading, below(at, 'currency'), 'must be an ISO 4217 code other than USD, as EUR')
  if (timeFrom(date) === null) note(reading, below(at, 'date'), 'is no day of the calendar')
  if (rate === null) note(reading, below(at, 'usd'), 'must be more than 0')
  return { currency, date, rate: rate ?? 1n }
}

// ── programmes ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** The dates of an app's programmes, from the settings of its store. */
export function programsOf(settings: Settings): readonly ProgramDates[] {
  return PROGRAMS.flatMap((program): readonly ProgramDates[] => {
    const value = settings[program]
    if (!isObject(value) || typeof value.from !== 'string') return []
    const from = timeFrom(value.from)
    const until = typeof value.until === 'string' ? timeFrom(value.until) : null
    return from === null ? [] : [{ program, from, until }]
  })
}

/** Notes days that no calendar has, and an exit before the entry. */
export function checkPrograms(reading: Reading, at: At, settings: Settings): void {
  for (const program of PROGRAMS) {
    const value = settings[program]
    if (isObject(value)) datesAt(reading, below(at, program), value)
  }
}
