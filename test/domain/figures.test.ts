import { describe, expect, it } from 'vitest'
import {
  figureName,
  HOUR_MS,
  hourOf,
  ofDelivery,
  ofEntry,
  ofEvent,
  percentile,
  windowOf,
} from '../../src/domain/figures.ts'
import { sampleEvent } from '../fixtures/event.ts'

const NOON = Date.UTC(2026, 10, 20, 12)
const KEY = { projectId: 'acme', environment: 'production' } as const
const ENTRY = {
  key: KEY,
  entry: 'charge:1',
  reason: 'charge',
  at: NOON,
  micros: 10_000_000,
  currency: 'EUR',
  commissionPpm: 300_000,
  taxPpm: 100_000,
  usdRate: '1100000000000',
} as const

describe('figures', () => {
  it('count an event in the hour in which it happened', () => {
    const at = NOON + HOUR_MS - 1
    const event = sampleEvent({ type: 'RENEWAL', name: 'renewal', occurredAt: at, recordedAt: at + 5 * HOUR_MS })
    expect(ofEvent(event)).toMatchObject({ hour: NOON, figure: 'event:RENEWAL:renewal', by: 1 })
    expect(hourOf(NOON)).toBe(NOON)
    expect(hourOf(-1)).toBe(-HOUR_MS)
  })

  it('reckon an entry in micros of US dollars, in the three modes', () => {
    const sums = (entry: Parameters<typeof ofEntry>[0]) => ofEntry(entry).map(({ figure, by }) => [figure, by])
    expect(sums(ENTRY)).toEqual([
      ['money:gross', 11_000_000],
      ['money:after_commission', 7_700_000],
      ['money:after_commission_and_taxes', 6_600_000],
    ])
    expect(sums({ ...ENTRY, micros: -10_000_000, reason: 'refund' }).map(([, by]) => by)).toEqual([
      -11_000_000, -7_700_000, -6_600_000,
    ])
    expect(sums({ ...ENTRY, micros: 0 })).toEqual([])
  })

  it('count a movement without a price or a rate once, until it has one', () => {
    const unpriced = (changes: Partial<Parameters<typeof ofEntry>[0]>) =>
      ofEntry({ ...ENTRY, ...changes }).filter(({ figure }) => figure === 'money:unpriced')
    const none = { micros: null, currency: null }
    expect(unpriced(none)).toMatchObject([{ by: 1 }])
    expect(unpriced({ usdRate: null })).toMatchObject([{ by: 1 }])
    expect(unpriced({ ...none, entry: 'charge:1:told' })).toEqual([])
    expect(unpriced({ usdRate: null, entry: 'charge:1:c1', reason: 'correction' })).toEqual([])
    expect(unpriced({ entry: 'charge:1:c1+', reason: 'correction', firstPrice: true })).toMatchObject([{ by: -1 }])
    expect(unpriced({})).toEqual([])
  })

  it('have names that are read back', () => {
    const [counted, took] = ofDelivery({ ...KEY, integrationId: 'clever:tap' }, 'delivered', NOON, 1, 120)
    expect(figureName(counted?.figure ?? '')).toEqual({
      kind: 'delivery',
      status: 'delivered',
      integrationId: 'clever:tap',
    })
    expect(figureName(took?.figure ?? '')).toEqual({ kind: 'took', bound: '200', integrationId: 'clever:tap' })
    expect(figureName('event:TRANSFER:')).toEqual({ kind: 'event', type: 'TRANSFER', name: null })
  })

  it('give times between two bounds, and the last bound for all beyond', () => {
    expect(percentile(new Map(), 0.5)).toBeNull()
    expect(percentile(new Map([['100', 10]]), 0.5)).toBe(75)
    expect(
      percentile(
        new Map([
          ['50', 95],
          ['1000', 5],
        ]),
        0.95,
      ),
    ).toBe(50)
    expect(percentile(new Map([['more', 1]]), 0.95)).toBe(86_400_000)
  })
})

describe('the window of an overview', () => {
  const now = NOON + 90_000
  it('is as many whole hours, the one that runs counted in, and the same before', () => {
    const { from, to, buckets, bucketMs, previous } = windowOf(now, 24)
    expect([to - from, buckets, bucketMs]).toEqual([24 * HOUR_MS, 24, HOUR_MS])
    expect(to).toBe(NOON + HOUR_MS)
    expect(previous).toEqual({ from: from - 24 * HOUR_MS, to: from })
    expect(windowOf(NOON, 168).from).toBe(NOON - 167 * HOUR_MS)
  })

  it('is days of UTC for a month, compared with as much of the days before', () => {
    const { from, to, buckets, previous } = windowOf(now, 720)
    expect(buckets).toBe(30)
    expect(from).toBe(Date.UTC(2026, 9, 22))
    expect(to).toBe(NOON + HOUR_MS)
    expect(previous.to - previous.from).toBe(to - from)
  })
})
