import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventMoney } from '../../src/domain/event.ts'
import { createRates } from '../../src/domain/exchange.ts'
import { shareOf } from '../../src/domain/money.ts'
import {
  fractionsOf,
  type Reported,
  type ReportedCurrency,
  reportedAmount,
  SALES_REPORTING,
  type SalesReporting,
} from '../../src/domain/revenue.ts'
import { ruleTerms } from '../../src/domain/terms.ts'
import { seed } from '../seed.ts'
import { fold, observed, period, refunded } from './scenarios/by-hand.ts'
import { DAY, question, START } from './scenarios/play.ts'

const CURRENCIES: readonly ReportedCurrency[] = ['usd', 'purchased']

function money(over: Partial<EventMoney> = {}): EventMoney {
  return {
    currency: 'EUR',
    grossMicros: 100_000_000,
    commissionPpm: 250_000,
    taxPpm: 166_667,
    usdRate: '1100000000000',
    rateDate: '2026-10-01',
    rateEstimated: false,
    estimated: true,
    ...over,
  }
}

function amount(of: Reported): number {
  if (of.kind !== 'amount') throw new Error(`no amount: ${of.reason}`)
  return of.micros
}

describe('the fractions of a price', () => {
  it.each([
    [300_000, 0, 300_000, 0],
    [150_000, 0, 150_000, 0],
    [300_000, 200_000, 250_000, 166_667],
    [300_000, 190_000, 252_101, 159_664],
    [150_000, 250_000, 120_000, 200_000],
    [0, 0, 0, 0],
    [0, 200_000, 0, 166_667],
    [1_000_000, 0, 1_000_000, 0],
  ])('commission %d and tax %d ppm are %d and %d of the gross', (commission, tax, commissionPpm, taxPpm) => {
    expect(fractionsOf(commission, tax)).toEqual({ commissionPpm, taxPpm })
  })

  it('never take more than the price, and the tax first', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(1_000_000), (commission, tax) => {
        const { commissionPpm, taxPpm } = fractionsOf(commission, tax)
        expect(commissionPpm + taxPpm).toBeLessThanOrEqual(1_000_000)
        expect(Math.abs(taxPpm - (tax / (1e6 + tax)) * 1e6)).toBeLessThanOrEqual(0.5 + 1e-6)
        expect(Math.abs(commissionPpm - (commission * (1e6 - taxPpm)) / 1e6)).toBeLessThanOrEqual(0.5 + 1e-6)
      }),
      { seed, numRuns: 2_000 },
    )
  })
})

describe('what a destination reports', () => {
  it.each([
    ['gross', 'purchased', 100_000_000, 'EUR'],
    ['after_commission', 'purchased', 75_000_000, 'EUR'],
    ['after_commission_and_taxes', 'purchased', 58_333_300, 'EUR'],
    ['gross', 'usd', 110_000_000, 'USD'],
    ['after_commission', 'usd', 82_500_000, 'USD'],
    ['after_commission_and_taxes', 'usd', 64_166_630, 'USD'],
  ] as const)('100 EUR with 20 %% VAT and 30 %% commission, %s in %s: %d micros', (mode, currency, micros, code) => {
    expect(reportedAmount(money(), mode, currency)).toEqual({ kind: 'amount', micros, currency: code })
  })

  it.each([
    ['a yen, which has no part', { currency: 'JPY', grossMicros: 1_500_000_000, usdRate: '6700000000' }, 10_050_000],
    ['a dinar, which has a thousand', { currency: 'KWD', grossMicros: 1_234_000, usdRate: '3250000000000' }, 4_010_500],
    ['dollars, without any rate', { currency: 'USD', grossMicros: 4_990_000, usdRate: null }, 4_990_000],
  ])('%s', (_, over, usd) => {
    const plain = money({ ...over, commissionPpm: 0, taxPpm: 0 })
    expect(amount(reportedAmount(plain, 'gross', 'usd'))).toBe(usd)
    expect(amount(reportedAmount(plain, 'gross', 'purchased'))).toBe(over.grossMicros)
  })

  it('never puts a number for what is not known', () => {
    for (const mode of SALES_REPORTING) {
      const unavailable = (over: Partial<EventMoney>, currency: ReportedCurrency): unknown =>
        reportedAmount(money(over), mode, currency)
      for (const currency of CURRENCIES) {
        expect(unavailable({ grossMicros: null }, currency)).toEqual({ kind: 'unavailable', reason: 'price_unknown' })
        expect(unavailable({ currency: null }, currency)).toEqual({ kind: 'unavailable', reason: 'currency_unknown' })
      }
      expect(unavailable({ usdRate: null }, 'usd')).toEqual({ kind: 'unavailable', reason: 'rate_unknown' })
      expect(unavailable({ usdRate: null }, 'purchased')).toMatchObject({ kind: 'amount', currency: 'EUR' })
      expect(unavailable({ grossMicros: 0, currency: null }, 'purchased')).toMatchObject({ kind: 'unavailable' })
    }
  })

  it('is 0 where nothing moved, with or without a rate', () => {
    for (const mode of SALES_REPORTING) {
      const nothing = money({ grossMicros: 0, usdRate: null })
      expect(reportedAmount(nothing, mode, 'usd')).toEqual({ kind: 'amount', micros: 0, currency: 'USD' })
      expect(reportedAmount(nothing, mode, 'purchased')).toEqual({ kind: 'amount', micros: 0, currency: 'EUR' })
      expect(reportedAmount({ ...nothing, currency: null }, mode, 'usd')).toMatchObject({ micros: 0, currency: 'USD' })
    }
  })

  it('is price × rate × what is kept, divided once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -(10 ** 13), max: 10 ** 13 }),
        fc.bigInt({ min: 1n, max: 5n * 10n ** 13n }),
        fc.nat(500_000),
        fc.nat(500_000),
        fc.constantFrom(...SALES_REPORTING),
        (grossMicros, rate, commissionPpm, taxPpm, mode) => {
          const of = money({ grossMicros, usdRate: rate.toString(), commissionPpm, taxPpm })
          const kept =
            1_000_000 -
            { gross: 0, after_commission: commissionPpm, after_commission_and_taxes: commissionPpm + taxPpm }[mode]
          const numerator = BigInt(grossMicros) * rate * BigInt(kept)
          const denominator = 10n ** 18n
          const twice = 2n * (BigInt(amount(reportedAmount(of, mode, 'usd'))) * denominator - numerator)
          expect(twice <= denominator && twice >= -denominator).toBe(true)
        },
      ),
      { seed, numRuns: 2_000 },
    )
  })
})

const everyWay = (visit: (mode: SalesReporting, currency: ReportedCurrency) => void): number => {
  let seen = 0
  for (const mode of SALES_REPORTING) {
    for (const currency of CURRENCIES) {
      visit(mode, currency)
      seen += 1
    }
  }
  return seen
}

describe('a refund and its charge', () => {
  const rates = createRates({ currencies: 'EUR JPY', months: ['2026-10-01 1123456789012 6654321098'] })
  const charges = fc.record({
    micros: fc.integer({ min: 1, max: 10 ** 10 }),
    currency: fc.constantFrom('EUR', 'JPY', 'USD', 'KWD'),
    commissionRatePpm: fc.nat(400_000),
    taxRatePpm: fc.nat(300_000),
  })

  it('sum to nothing in every mode and currency, by the terms that the charge froze', () => {
    let told = 0
    fc.assert(
      fc.property(charges, ({ micros, currency, ...app }) => {
        const bought = period({ price: { micros, currency } })
        let asked = 0
        const terms = ruleTerms(app, rates)
        const changing = {
          eventsFrom: START,
          terms: (charge: Parameters<typeof terms>[0]) => {
            asked += 1
            return asked === 1 ? terms(charge) : { ...terms(charge), commissionPpm: 1, taxPpm: 2, usdRate: '3' }
          },
        }
        const { entries } = fold([observed([bought]), observed([bought, refunded({ at: START + DAY })])], {
          context: changing,
        })
        expect(entries.map((one) => one.reason)).toEqual(['charge', 'refund'])
        const of = entries.map((one): EventMoney => ({ ...one.terms, currency: one.currency, grossMicros: one.micros }))
        const seen = everyWay((mode, wanted) => {
          const [charge, refund] = of.map((one) => reportedAmount(one, mode, wanted)) as [Reported, Reported]
          expect(charge.kind).toBe(refund.kind)
          if (charge.kind === 'amount') {
            told += 1
            expect(amount(charge) + amount(refund)).toBe(0)
          } else expect([currency, wanted]).toEqual(['KWD', 'usd'])
        })
        expect(seen).toBe(6)
      }),
      { seed, numRuns: 500 },
    )
    expect(told).toBeGreaterThan(1_000)
  })

  it('in pieces of told amounts are exact in gross, and within a micro for each piece elsewhere', () => {
    fc.assert(
      fc.property(
        charges,
        fc.array(fc.nat(1_000), { minLength: 1, maxLength: 6 }),
        ({ micros, currency, ...app }, weights) => {
          const total = weights.reduce((sum, one) => sum + one, 1)
          const pieces = weights.map((weight) => Math.floor((micros * weight) / total))
          pieces.push(micros - pieces.reduce((sum, one) => sum + one, 0))
          const bought = period({ price: { micros, currency } })
          const refunds = pieces.map((piece, index) =>
            refunded({
              at: START + DAY + index,
              refundId: `re_${index}`,
              amount: { micros: piece, currency },
              keepsAccess: true,
            }),
          )
          const { entries } = fold([observed([bought, ...refunds])], {
            context: { eventsFrom: START, terms: ruleTerms(app, rates) },
          })
          expect(entries).toHaveLength(pieces.length + 1)
          expect(entries.reduce((sum, one) => sum + (one.micros ?? 0), 0)).toBe(0)
          const seen = everyWay((mode, wanted) => {
            const of = entries.map((one) =>
              reportedAmount({ ...one.terms, currency: one.currency, grossMicros: one.micros }, mode, wanted),
            )
            if (of.some((one) => one.kind !== 'amount')) return
            const sum = of.reduce((all, one) => all + amount(one), 0)
            expect(Math.abs(sum)).toBeLessThanOrEqual(mode === 'gross' && wanted === 'purchased' ? 0 : pieces.length)
          })
          expect(seen).toBe(6)
        },
      ),
      { seed, numRuns: 500 },
    )
  })

  it('of a share is the share of the price', () => {
    const { happenings } = fold([observed([period(), refunded({ at: START + DAY, share: 333_333 })])])
    expect(happenings.at(-1)?.grossMicros).toBe(-shareOf(9_990_000, 333_333))
  })
})

describe('the terms by rule', () => {
  it('take the rate of the purchase’s day, and say when there is none', () => {
    const rates = createRates({ currencies: 'EUR', months: ['2026-10-01 1100000000000'] })
    const terms = ruleTerms({ commissionRatePpm: 300_000, taxRatePpm: 200_000 }, rates)
    const common = { commissionPpm: 250_000, taxPpm: 166_667, estimated: true }
    expect(terms(question({ currency: 'EUR' }))).toEqual({
      ...common,
      usdRate: '1100000000000',
      rateDate: '2026-10-01',
      rateEstimated: false,
    })
    const none = { ...common, usdRate: null, rateDate: null, rateEstimated: false }
    expect(terms(question({ currency: 'KWD' }))).toEqual(none)
    expect(terms(question({ currency: null }))).toEqual(none)
  })
})
