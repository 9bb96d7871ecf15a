import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isCurrency } from '../../src/domain/currency.ts'
import { bundledRates, createRates, crossRate, RATE_ONE, type RateTable, rateOn } from '../../src/domain/exchange.ts'
import { EXCHANGE_RATES } from '../../src/domain/exchange-rates.ts'
import { divideRounded } from '../../src/domain/money.ts'
import { changes, deriveTable } from '../../tools/rates/derive.ts'

const at = (text: string): number => Date.parse(text.length === 10 ? `${text}T12:00:00Z` : text)
const columns = EXCHANGE_RATES.currencies.split(' ')
const rows = EXCHANGE_RATES.months.map((month) => {
  const [date = '', ...cells] = month.split(' ')
  return { date, cells }
})
/** Currencies that the ECB quoted for a part of the time only: [first month, last month]. */
const PARTIAL: Readonly<Record<string, readonly [string, string]>> = {
  BGN: ['2011-01', '2025-12'], // Bulgaria: euro since 2026
  HRK: ['2011-01', '2022-12'], // Croatia: euro since 2023
  ISK: ['2018-02', '9999-12'], // not quoted from December 2008 to January 2018
  LTL: ['2011-01', '2014-12'], // Lithuania: euro since 2015
  LVL: ['2011-01', '2013-12'], // Latvia: euro since 2014
  RUB: ['2011-01', '2022-02'], // last quoted on 1 March 2022, so not at that month's end
}

describe('the bundled table', () => {
  it('has one line per month, none missing, dated on one of its last days', () => {
    expect(rows[0]?.date).toBe('2011-01-31')
    expect(rows.length).toBeGreaterThanOrEqual(186)
    rows.forEach(({ date }, index) => {
      const month = new Date(Date.UTC(2011, index, 1)).toISOString().slice(0, 7)
      expect(date.slice(0, 7)).toBe(month)
      // Three days without rates is the most that a month has ended on: Easter of 2024.
      expect(new Date(Date.UTC(2011, index + 1, 0)).getUTCDate() - Number(date.slice(8))).toBeLessThanOrEqual(3)
      expect([0, 6]).not.toContain(new Date(at(date)).getUTCDay())
    })
  })

  it('has at least 30 currencies of today, each of ISO 4217, in order', () => {
    expect(columns).toEqual([...new Set(columns)].sort())
    expect(columns.filter((code) => !isCurrency(code))).toEqual([])
    expect(rows.at(-1)?.cells.filter((cell) => cell !== '-').length).toBeGreaterThanOrEqual(29)
    expect(bundledRates.currencies).toEqual([...columns, 'USD'].sort())
    expect(bundledRates.currencies.length).toBeGreaterThanOrEqual(35)
    expect(bundledRates.newest).toBe(rows.at(-1)?.date)
  })

  it('has a positive rate in every month of every currency, but for the six that were quoted a part of the time', () => {
    let seen = 0
    for (const { date, cells } of rows) {
      expect(cells).toHaveLength(columns.length)
      columns.forEach((currency, column) => {
        const [first, last] = PARTIAL[currency] ?? ['2011-01', '9999-12']
        const quoted =
          date.slice(0, 7) >= first && (date.slice(0, 7) <= last || (currency === 'ISK' && date > '2026-06-30'))
        expect(cells[column], `${currency} ${date}`).toMatch(quoted ? /^[1-9]\d{6,13}$/ : /^-$/)
        if (quoted) seen++
      })
    }
    expect(seen).toBeGreaterThanOrEqual(5819)
  })

  it.each([
    ['2011-12-30', 'EUR', '1.2939', '1'],
    ['2014-12-31', 'EUR', '1.2141', '1'],
    ['2018-12-31', 'GBP', '1.1450', '0.89453'],
    ['2021-12-31', 'EUR', '1.1326', '1'],
    ['2021-12-31', 'TRY', '1.1326', '15.2335'],
    ['2022-12-30', 'EUR', '1.0666', '1'],
    ['2022-12-30', 'GBP', '1.0666', '0.88693'],
    ['2022-12-30', 'JPY', '1.0666', '140.66'],
    ['2022-12-30', 'HRK', '1.0666', '7.5365'],
    ['2023-12-29', 'EUR', '1.1050', '1'],
    ['2023-12-29', 'GBP', '1.1050', '0.86905'],
    ['2023-12-29', 'IDR', '1.1050', '17079.71'],
    ['2023-12-29', 'KRW', '1.1050', '1433.66'],
    ['2024-06-28', 'INR', '1.0705', '89.2495'],
    ['2024-06-28', 'CHF', '1.0705', '0.9634'],
  ])('on %s has %s as the ECB published it: EUR 1 was USD %s and %s of it', (date, currency, usd, units) => {
    const found = rateOn(currency, at(date))
    expect(found).toMatchObject({ date, estimated: false })
    // Only the quotes' decimals and JavaScript's own division: 15 digits that owe nothing to the table's maker.
    expect(Number(found?.rate) / 1e12).toBeCloseTo(Number(usd) / Number(units), 11)
  })

  it('gives back the published quote, at most 7 digits, from every rate: no digit was lost or turned', () => {
    let seen = 0
    const euro = columns.indexOf('EUR')
    for (const { date, cells } of rows) {
      const usd = (Number(cells[euro]) / 1e12).toFixed(4)
      columns.forEach((currency, column) => {
        const cell = cells[column]
        if (cell === undefined || cell === '-') return
        const quote = String(Number((Number(cells[euro]) / Number(cell)).toPrecision(7)))
        expect(crossRate(usd, quote), `${currency} ${date}: ${quote}`).toBe(BigInt(cell))
        seen++
      })
    }
    expect(seen).toBeGreaterThanOrEqual(5819)
  })

  it('moves by less than half from a month to the next, in every currency', () => {
    let seen = 0
    for (let index = 1; index < rows.length; index++) {
      columns.forEach((currency, column) => {
        const [before, now] = [rows[index - 1]?.cells[column], rows[index]?.cells[column]]
        if (before === undefined || now === undefined || before === '-' || now === '-') return
        expect(Math.abs(Number(now) / Number(before) - 1), `${currency} ${rows[index]?.date}`).toBeLessThan(0.5)
        seen++
      })
    }
    expect(seen).toBeGreaterThan(5500)
  })

  it('brings euros that became another currency back to within a micro', () => {
    const others = columns.filter((currency) => PARTIAL[currency] === undefined)
    fc.assert(
      fc.property(
        fc.constantFrom(...others),
        fc.integer({ min: at('2011-02-01'), max: at('2026-07-01') }),
        fc.integer({ min: 1, max: 1_000_000_000_000 }),
        (currency, ms, micros) => {
          const euro = rateOn('EUR', ms)?.rate ?? 0n
          const other = rateOn(currency, ms)?.rate ?? 0n
          // Nano-micros of the other currency, so that its own coarseness (one rupiah) is no part of the question.
          const there = divideRounded(BigInt(micros) * euro * 1_000_000_000n, other)
          const back = divideRounded(there * other, euro * 1_000_000_000n)
          expect(back).toBe(BigInt(micros))
        },
      ),
    )
  })
})

describe('which rate a purchase gets', () => {
  it('is the newest one not after its day', () => {
    const dates = ['2022-12-29', '2022-12-30', '2022-12-31', '2023-01-30', '2023-01-31', '2023-02-01', '2023-02-28']
    expect(dates.map((date) => rateOn('EUR', at(date))?.date)).toEqual([
      '2022-11-30',
      '2022-12-30',
      '2022-12-30',
      '2022-12-30',
      '2023-01-31',
      '2023-01-31',
      '2023-02-28',
    ])
  })

  it('changes at midnight UTC', () => {
    expect(rateOn('EUR', at('2023-01-30T23:59:59.999Z'))?.date).toBe('2022-12-30')
    expect(rateOn('EUR', at('2023-01-31T00:00:00.000Z'))?.date).toBe('2023-01-31')
  })

  it('is the first one, estimated, when the purchase is older than the table', () => {
    expect(rateOn('EUR', at('2008-07-11'))).toEqual({ rate: 1_369_200_000_000n, date: '2011-01-31', estimated: true })
    expect(rateOn('ISK', at('2016-05-05'))).toMatchObject({ date: '2018-02-28', estimated: true })
    expect(rateOn('EUR', at('2011-01-31'))).toMatchObject({ date: '2011-01-31', estimated: false })
  })

  it('is the last one, estimated from the second month after it', () => {
    const last = bundledRates.newest
    const [year = 0, month = 0] = last.split('-').map(Number)
    const stale = Date.UTC(year, month + 1, 1)
    expect(rateOn('EUR', at(last))).toMatchObject({ date: last, estimated: false })
    expect(rateOn('EUR', stale - 1)).toMatchObject({ date: last, estimated: false })
    expect(rateOn('EUR', stale)).toMatchObject({ date: last, estimated: true })
    expect(rateOn('EUR', Date.UTC(2099, 0, 1))).toMatchObject({ date: last, estimated: true })
  })

  it('is likewise the last one of a currency that is no longer quoted', () => {
    expect(rateOn('HRK', at('2023-01-31'))).toMatchObject({ date: '2022-12-30', estimated: false })
    expect(rateOn('HRK', at('2023-02-01'))).toMatchObject({ date: '2022-12-30', estimated: true })
    expect(rateOn('RUB', at('2024-06-30'))).toMatchObject({ date: '2022-02-28', estimated: true })
  })

  it('is exactly one for USD, on the purchase’s own day, at any time', () => {
    expect(rateOn('USD', at('2009-03-03'))).toEqual({ rate: RATE_ONE, date: '2009-03-03', estimated: false })
    expect(rateOn('USD', at('2031-01-01T23:59:59Z'))).toEqual({
      rate: 10n ** 12n,
      date: '2031-01-01',
      estimated: false,
    })
  })

  it('is none for a currency without a rate, pegged ones too, and for what is no currency', () => {
    const none = ['AED', 'SAR', 'TWD', 'VND', 'XOF', 'eur', '', '-', 'constructor', '__proto__']
    expect(none.map((currency) => rateOn(currency, at('2024-05-05')))).toEqual(none.map(() => null))
  })

  it('is none at what is no time', () => {
    for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, -1, 253_402_300_800_000, 9e15]) {
      expect([rateOn('USD', ms), rateOn('EUR', ms)]).toEqual([null, null])
    }
  })
})

describe('rates from elsewhere', () => {
  const table: RateTable = {
    currencies: 'EUR GBP',
    months: ['2024-01-31 1100000000000 -', '2024-02-29 1200000000000 1300000000000'],
  }

  it('stand beside the table, and instead of it on its own days', () => {
    const rates = createRates(table, [
      { currency: 'EUR', date: '2024-01-31', rate: 1_000_000_000_000n },
      { currency: 'EUR', date: '2024-02-14', rate: 1_150_000_000_000n },
      { currency: 'AED', date: '2024-03-04', rate: 272_294_078_965n },
    ])
    expect(rates.rateOn('EUR', at('2024-02-01'))?.rate).toBe(1_000_000_000_000n)
    expect(rates.rateOn('EUR', at('2024-02-20'))).toEqual({
      rate: 1_150_000_000_000n,
      date: '2024-02-14',
      estimated: false,
    })
    expect(rates.rateOn('EUR', at('2024-03-01'))?.rate).toBe(1_200_000_000_000n)
    expect(rates.rateOn('AED', at('2024-03-05'))).toEqual({
      rate: 272_294_078_965n,
      date: '2024-03-04',
      estimated: false,
    })
    expect(rates.currencies).toEqual(['AED', 'EUR', 'GBP', 'USD'])
    expect(rates.newest).toBe('2024-03-04')
  })

  it('leave the rates that were made before as they were', () => {
    const before = createRates(table)
    createRates(table, [{ currency: 'EUR', date: '2024-02-29', rate: 1n }])
    expect(before.rateOn('EUR', at('2024-03-01'))?.rate).toBe(1_200_000_000_000n)
    expect(before.newest).toBe('2024-02-29')
  })

  it('are estimates too where they lie too far apart', () => {
    const rates = createRates(table, [{ currency: 'EUR', date: '2024-09-02', rate: 1n }])
    expect(rates.rateOn('EUR', at('2024-04-01'))).toMatchObject({ date: '2024-02-29', estimated: true })
    expect(rates.rateOn('EUR', at('2024-09-02'))).toMatchObject({ date: '2024-09-02', estimated: false })
  })

  it.each([
    [{ currency: 'USD', date: '2024-01-31', rate: 1n }, /USD on 2024-01-31: USD is 1 by definition; remove this rate/],
    [{ currency: 'usd', date: '2024-01-31', rate: 1n }, /write the currency as its ISO 4217 code/],
    [{ currency: 'EUR', date: '2024-1-31', rate: 1n }, /write the day as YYYY-MM-DD/],
    [{ currency: 'EUR', date: '2024-02-30', rate: 1n }, /write the day as YYYY-MM-DD/],
    [{ currency: 'EUR', date: '2024-01-31', rate: 0n }, /write how many USD one EUR is worth, more than 0/],
  ])('are refused when they cannot be: %o', (override, said) => {
    expect(() => createRates(table, [override])).toThrow(said)
  })

  it.each([
    [['2024-02-29 1 1', '2024-01-31 1 1']],
    [['2024-01-31 1 1', '2024-01-31 1 1']],
    [['2024-01-31 1']],
    [['2024-13-31 1 1']],
    [['']],
  ])('a table out of form is refused: %j', (months) => {
    expect(() => createRates({ currencies: 'EUR GBP', months })).toThrow(/make the table again with tools\/rates/)
  })

  it('are found as a plain search through all of them finds them', () => {
    const day = fc.integer({ min: 0, max: 2000 })
    fc.assert(
      fc.property(
        fc.uniqueArray(day, { minLength: 1, maxLength: 40 }),
        fc.array(day, { minLength: 1, maxLength: 40 }),
        (days, asked) => {
          const iso = (n: number) => new Date(at('2019-01-01') + n * 86_400_000).toISOString().slice(0, 10)
          const rates = createRates(
            { currencies: 'EUR', months: [] },
            days.map((n) => ({ currency: 'EUR', date: iso(n), rate: BigInt(n + 1) })),
          )
          for (const n of asked) {
            const older = days.filter((other) => other <= n)
            const expected = older.length > 0 ? Math.max(...older) : Math.min(...days)
            expect(rates.rateOn('EUR', at(iso(n)))).toMatchObject({ rate: BigInt(expected + 1), date: iso(expected) })
          }
        },
      ),
    )
  })
})

describe('a cross rate', () => {
  it('is dollars over units, rounded once, half away from zero', () => {
    expect(crossRate('1.0666', '0.88693')).toBe(1_202_575_175_042n)
    expect(crossRate('1', '3')).toBe(333_333_333_333n)
    expect(crossRate('2', '3')).toBe(666_666_666_667n)
    expect(crossRate('0.000000000001', '2')).toBe(1n)
  })

  it('is none of what is no positive decimal, or too small to be written', () => {
    const pairs = [
      ['', '1'],
      ['1', ''],
      ['1', '0'],
      ['0', '1'],
      ['-1', '1'],
      ['1', 'N/A'],
      ['1e3', '1'],
      ['1.', '1'],
      ['0.000000000001', '3'],
    ] as const
    expect(pairs.map(([usd, units]) => crossRate(usd, units))).toEqual(pairs.map(() => null))
  })
})

describe('the table’s maker', () => {
  const csv = [
    'Date,USD,JPY,ISK,GBP,',
    '2018-04-03,1.2308,130.63,N/A,0.87523,',
    '2018-03-29,1.2321,131.15,121.4,0.8749,',
    '2018-03-28,1.2398,131.77,121.2,0.87595,',
    '2018-02-28,1.2214,130.72,N/A,0.88418,',
    '2010-12-31,1.3362,108.65,N/A,0.86075,',
  ].join('\r\n')

  it('takes the last day of each whole month, since 2011, and leaves the month that goes on', () => {
    expect(deriveTable(csv.replaceAll('N/A,0.87523', '122,0.87523'))).toEqual({
      currencies: 'EUR GBP ISK JPY',
      months: [
        '2018-02-28 1221400000000 1381392929042 - 9343635251',
        '2018-03-29 1232100000000 1408275231455 10149093904 9394586352',
      ],
    })
  })

  it('refuses another file, a missing month, a gap in a currency and a quote that is none', () => {
    expect(() => deriveTable('currency,rate\nUSD,1')).toThrow(/pass eurofxref-hist.csv as the ECB publishes it/)
    expect(() => deriveTable('Date,USD\n2018-02-28,1.2')).toThrow(/no whole month from 2011-01 on/)
    expect(() => deriveTable('Date,USD\n2018-02-28,1.2\n2018-04-30,1.2\n2018-05-31,1.2')).toThrow(/no rates in 2018-03/)
    expect(() => deriveTable('Date,USD,ISK\n2018-01-31,1,9\n2018-02-28,1,N/A\n2018-03-29,1,9\n2018-04-30,1,9')).toThrow(
      /ISK has months without a rate/,
    )
    expect(() => deriveTable('Date,USD,JPY\n2018-02-28,1.2,abc\n2018-03-28,1.2,130')).toThrow(
      /JPY on 2018-02-28: "abc" makes no rate/,
    )
  })

  it('says what a new table would change of the old one, and nothing for lines added', () => {
    const old: RateTable = { currencies: 'EUR GBP', months: ['2018-02-28 11 12', '2018-03-29 13 -'] }
    const more: RateTable = {
      currencies: 'AUD EUR GBP',
      months: ['2018-02-28 1 11 12', '2018-03-29 2 13 -', '2018-04-30 3 4 5'],
    }
    expect(changes(old, more)).toEqual([])
    expect(changes(more, old)).toContain('AUD 2018-02-28: 1 became nothing')
    expect(changes(old, { ...old, months: ['2018-02-28 11 14', '2018-03-29 13 -'] })).toEqual([
      'GBP 2018-02-28: 12 became 14',
    ])
  })
})
