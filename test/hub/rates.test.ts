import { describe, expect, it } from 'vitest'
import { bundledRates } from '../../src/domain/exchange.ts'
import type { Project } from '../../src/domain/project.ts'
import { fxAnswerOf } from '../../src/hub/fx-answer.ts'
import { createRateBook } from '../../src/hub/rates.ts'
import type { HttpClient } from '../../src/net/http.ts'
import { createHttpClient } from '../../src/net/http.ts'
import { startStandIn } from '../../src/stand-ins/server.ts'
import type { ExchangeRatesRow } from '../../src/storage/rates.ts'

const NOW = Date.UTC(2026, 10, 26, 8)
const DAY = 86_400_000

function answer(rates: string, date = '2026-11-25', base = 'USD'): string {
  return `{"date":"${date}","base":"${base}","rates":${rates}}`
}

describe('what a source of rates answers', () => {
  it('is read digit by digit, as number or as text', () => {
    expect(
      fxAnswerOf(answer('{"EUR":0.8,"JPY":"156.25","KWD":0.30769230769230769,"IDR":1.6e4,"BHD":3.77e-1}'), NOW),
    ).toEqual({
      kind: 'rates',
      day: '2026-11-25',
      rates: {
        EUR: '1250000000000',
        JPY: '6400000000',
        KWD: '3250000000000',
        IDR: '62500000',
        BHD: '2652519893899',
      },
    })
  })

  it('leaves out what is no rate, and takes the rest', () => {
    const told = fxAnswerOf(
      answer('{"EUR":0.8,"XXQ":1,"GBP":0,"CHF":-1,"SEK":null,"NOK":"much","USD":1,"ILS":1e99}'),
      NOW,
    )
    expect(told).toMatchObject({ kind: 'rates', rates: { EUR: '1250000000000' } })
    expect(told.kind === 'rates' && Object.keys(told.rates)).toEqual(['EUR'])
  })

  it.each([
    ['no JSON', 'not json'],
    ['another base', answer('{"EUR":0.8}', '2026-11-25', 'EUR')],
    ['another year', answer('{"EUR":0.8}', '2025-11-25')],
    ['the day after tomorrow', answer('{"EUR":0.8}', '2026-11-28')],
    ['no day', answer('{"EUR":0.8}', 'today')],
    ['no rates', answer('[]')],
    ['none that can be used', answer('{"USD":1}')],
    [
      'a list without an end',
      answer(JSON.stringify(Object.fromEntries(Array.from({ length: 501 }, (_, n) => [`C${n}`, 1])))),
    ],
  ])('is refused: %s', (_, body) => {
    expect(fxAnswerOf(body, NOW).kind).toBe('unusable')
  })
})

function memory(): {
  readonly rows: Map<string, ExchangeRatesRow>
  readonly storage: Parameters<typeof createRateBook>[0]['storage']
} {
  const rows = new Map<string, ExchangeRatesRow>()
  return {
    rows,
    storage: {
      loadExchangeRates: async () => [...rows.values()].sort((a, b) => (a.day < b.day ? -1 : 1)),
      saveExchangeRates: async (row) => {
        rows.set(row.day, { ...row, rates: rows.get(row.day)?.rates ?? row.rates })
      },
    },
  }
}

describe('the daily refresh', () => {
  it('asks after a start and once a day, keeps what it is told, and another process reads it', async () => {
    const asked: string[] = []
    const source = await startStandIn({
      handle: ({ path, query }) => {
        asked.push(`${path}?${query}`)
        return { status: 200, body: answer('{"EUR":0.8,"KWD":0.25}') }
      },
    })
    const http = createHttpClient()
    let now = NOW
    const { storage } = memory()
    const deps = { storage, http, now: () => now, warn: () => undefined }
    const book = createRateBook({ ...deps, url: `${source.url}/fx?key=1` })
    const other = createRateBook({ ...deps, url: null })
    const project = {
      exchangeRates: [{ currency: 'BHD', date: '2026-11-01', rate: 2_650_000_000_000n }],
    } as unknown as Project
    try {
      const before = book.of(undefined).rateOn('EUR', NOW)
      expect(before).toMatchObject({ date: bundledRates.newest, estimated: true })
      await book.round()
      await other.round()
      for (const one of [book, other]) {
        expect(one.of(undefined).rateOn('EUR', NOW)).toEqual({
          rate: 1_250_000_000_000n,
          date: '2026-11-25',
          estimated: false,
        })
        expect(one.of(undefined).rateOn('KWD', NOW)?.rate).toBe(4_000_000_000_000n)
        expect(one.of(undefined).rateOn('BHD', NOW)).toBeNull()
        expect(one.of(project).rateOn('BHD', NOW)?.rate).toBe(2_650_000_000_000n)
        expect(one.of(project)).toBe(one.of(project))
        expect(one.ageMs()).toBe(NOW - Date.UTC(2026, 10, 25))
      }
      now += DAY / 2
      await book.round()
      expect(asked).toEqual(['/fx?key=1&date=2026-11-26&base=USD'])
      now += DAY / 2
      await book.round()
      expect(asked).toHaveLength(2)
    } finally {
      await http.close()
      await source.close()
    }
  })

  it('goes on with the last rates when the source fails, says so, and asks again in an hour', async () => {
    const warned: string[] = []
    const failing: HttpClient = {
      send: async () => ({ kind: 'fault', sent: false, reason: 'refused', durationMs: 1 }),
      close: async () => undefined,
    }
    const { storage, rows } = memory()
    rows.set('2026-11-20', { day: '2026-11-20', rates: '{"EUR":"1100000000000"}', fetchedAt: NOW - 6 * DAY })
    const warn = (details: Readonly<Record<string, unknown>>): void => void warned.push(String(details.why))
    const book = createRateBook({ storage, http: failing, url: 'http://127.0.0.1:1/', now: () => NOW, warn })
    expect(await book.round()).toBe(3_600_000)
    await book.round()
    expect(warned).toEqual(['it does not answer (refused)', 'it does not answer (refused)'])
    expect(book.of(undefined).rateOn('EUR', NOW)).toMatchObject({ rate: 1_100_000_000_000n, date: '2026-11-20' })
  })
})
