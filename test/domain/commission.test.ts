import { describe, expect, it } from 'vitest'
import {
  createRateBook,
  PRODUCT_CLASSES,
  PROGRAMS,
  type ProgramDates,
  type RateQuestion,
  type RateRule,
  TENURES,
} from '../../src/domain/commission/rule.ts'
import { COMMISSION_TABLE } from '../../src/domain/commission/table.ts'
import { tenureAt } from '../../src/domain/commission/tenure.ts'
import { createRates } from '../../src/domain/exchange.ts'
import { STORES } from '../../src/domain/purchase.ts'
import { TAX_TABLE } from '../../src/domain/tax/table.ts'
import { ruleTerms } from '../../src/domain/terms.ts'
import { period } from './scenarios/by-hand.ts'
import { DAY, question, START } from './scenarios/play.ts'

const commissions = createRateBook(COMMISSION_TABLE)
const taxes = createRateBook(TAX_TABLE)

function asked(over: Partial<RateQuestion> = {}): RateQuestion {
  return { ...question(), appId: 'ios', at: Date.UTC(2026, 6, 1), ...over }
}

function joined(...programs: readonly ProgramDates['program'][]): readonly ProgramDates[] {
  return programs.map((program) => ({ program, from: 0, until: null }))
}

describe('the table of commissions', () => {
  it('speaks of every kind of charge, and of none with two tongues', () => {
    const dates = [2015, 2021.6, 2022, 2026.2, 2026.45, 2026.6, 2026.9, 2027.9].map(
      (year) => (year - 1970) * 365.2425 * DAY,
    )
    let seen = 0
    for (const store of STORES)
      for (const countryCode of [null, 'US', 'DE', 'CN', 'JP', 'AU', 'BR'])
        for (const productClass of PRODUCT_CLASSES)
          for (const tenure of TENURES)
            for (const at of dates) {
              for (const programs of [[], ...PROGRAMS.map((one) => joined(one)), joined(...PROGRAMS)]) {
                const one = asked({ store, countryCode, productClass, tenure, at })
                const found = commissions.find(one, programs)
                const turned = createRateBook(COMMISSION_TABLE.toReversed().filter((rule) => rule.store === store))
                if (seen % 37 === 0) expect(turned.find(one, programs)?.ratePpm).toBe(found?.ratePpm)
                expect(found, JSON.stringify(one)).not.toBeNull()
                seen += 1
              }
            }
    expect(seen).toBe(5 * 7 * 3 * 2 * 8 * 10)
  })

  it('names a source for each rate', () => {
    const without = [...COMMISSION_TABLE, ...TAX_TABLE].filter(({ source }) => source === '')
    expect(without).toEqual([])
    expect(COMMISSION_TABLE.length).toBeGreaterThan(40)
  })

  it('goes by the programme that is in force on the day of the purchase', () => {
    const from = Date.UTC(2026, 0, 1)
    const sbp: readonly ProgramDates[] = [{ program: 'small_business_program', from, until: from + 10 * DAY }]
    const rates = [from - 1, from, from + 10 * DAY - 1, from + 10 * DAY].map(
      (at) => commissions.find(asked({ at }), sbp)?.ratePpm,
    )
    expect(rates).toEqual([300_000, 150_000, 150_000, 300_000])
  })
})

describe('the table of taxes', () => {
  it('has sixty countries and more, each with a rate that a country may have', () => {
    const app = TAX_TABLE.filter(({ store }) => store === 'app_store')
    expect(new Set(app.flatMap(({ countries }) => countries ?? [])).size).toBeGreaterThanOrEqual(60)
    for (const { ratePpm, from } of app) {
      expect(ratePpm).toBeGreaterThanOrEqual(0)
      expect(ratePpm).toBeLessThanOrEqual(270_000)
      if (from !== null) expect(new Date(from).toISOString()).toMatch(/T00:00:00.000Z$/)
    }
  })

  it.each([
    ['DE', '2020-06-30', 190_000],
    ['DE', '2020-07-01', 160_000],
    ['DE', '2021-01-01', 190_000],
    ['FI', '2024-08-31', 240_000],
    ['FI', '2024-09-01', 255_000],
    ['JP', '2025-03-31', undefined],
    ['JP', '2025-04-01', 100_000],
    ['US', '2026-07-01', 0],
    ['CA', '2026-07-01', 0],
    ['XX', '2026-07-01', undefined],
  ])('%s on %s: %s', (countryCode, day, rate) => {
    for (const store of ['app_store', 'play_store', 'amazon'] as const)
      expect(taxes.find(asked({ store, countryCode, at: Date.parse(day) }), [])?.ratePpm).toBe(rate)
    expect(taxes.find(asked({ store: 'stripe', countryCode, at: Date.parse(day) }), [])).toBeNull()
  })
})

describe('which rate decides', () => {
  const rates = createRates({ currencies: 'EUR', months: ['2026-10-01 1100000000000'] })
  const rule: RateRule = {
    store: null,
    appId: null,
    productId: null,
    countries: null,
    productClass: null,
    tenure: null,
    programs: [],
    from: null,
    until: null,
    ratePpm: 110_000,
    source: 'test',
  }
  const app = { id: 'ios', commissionRatePpm: null, taxRatePpm: null }
  const commissionOf = (over: Parameters<typeof ruleTerms>[0], rules: readonly RateRule[] = []): number =>
    ruleTerms(over, rates, { commissionRules: rules })(question()).commissionPpm

  it('is a rule of the project, then the app’s own, then the table’s', () => {
    expect(commissionOf(app)).toBe(300_000)
    expect(commissionOf({ ...app, commissionRatePpm: 200_000 })).toBe(200_000)
    expect(commissionOf({ ...app, commissionRatePpm: 200_000 }, [rule])).toBe(110_000)
    expect(commissionOf({ ...app, commissionRatePpm: 200_000 }, [{ ...rule, appId: 'web' }])).toBe(200_000)
  })

  it('is the one that names most, a country before a group, the later of equals', () => {
    const of = (rules: readonly RateRule[]): number =>
      ruleTerms(app, rates, { commissionRules: rules })(question({ countryCode: 'DE' })).commissionPpm
    const group = { ...rule, countries: ['DE', 'FR'], ratePpm: 120_000 }
    const country = { ...rule, countries: ['DE'], ratePpm: 130_000 }
    const product = { ...country, productId: 'com.acme.monthly', ratePpm: 140_000 }
    const later = { ...group, from: START - DAY, ratePpm: 150_000 }
    // The tax of Germany comes off first: 19 % of it, 15.9664 % of the price.
    const kept = (ratePpm: number): number => Math.round((ratePpm * (1_000_000 - 159_664)) / 1_000_000)
    expect([of([rule, group]), of([country, group]), of([country, product, rule]), of([group, later])]).toEqual(
      [120_000, 130_000, 140_000, 150_000].map(kept),
    )
  })
})

describe('a year of paid service', () => {
  const months = (count: number, gap = 0) =>
    Array.from({ length: count }, (_, index) =>
      period({ period: `p${index + 1}`, at: START + index * 30 * DAY + (index > 5 ? gap : 0) }),
    )
  const next = (at: number, over: Parameters<typeof period>[0] = {}) => period({ period: 'next', at, ...over })

  it('is what the store says, trials left out, and a day early is early enough', () => {
    const at = START + 400 * DAY
    const since = (days: number) => next(at, { serviceSince: at - days * DAY })
    expect(tenureAt(since(364), [], null)).toBe('>=1y')
    expect(tenureAt(since(363), [], null)).toBe('<1y')
    const trial = period({ at: at - 380 * DAY, expiresAt: at - 350 * DAY, periodType: 'TRIAL' })
    expect(tenureAt(since(380), [trial], null)).toBe('<1y')
    expect(tenureAt(since(395), [{ ...trial, at: at - 395 * DAY, expiresAt: at - 365 * DAY }], null)).toBe('>=1y')
  })

  it('is what the known periods add up to, over a lapse of sixty days and not over one of sixty-one', () => {
    expect(tenureAt(next(START + 390 * DAY), months(12), null)).toBe('<1y')
    expect(tenureAt(next(START + 390 * DAY), months(13), null)).toBe('>=1y')
    expect(tenureAt(next(START + 450 * DAY), months(13, 60 * DAY), null)).toBe('>=1y')
    expect(tenureAt(next(START + 451 * DAY), months(13, 61 * DAY), null)).toBe('<1y')
    expect(tenureAt(next(START + 30 * DAY), months(1), { ms: 335 * DAY, until: START })).toBe('>=1y')
  })
})
