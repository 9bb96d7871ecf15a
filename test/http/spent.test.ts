import { describe, expect, it } from 'vitest'
import { spentOf } from '../../src/http/customer-json.ts'
import type { LedgerRow } from '../../src/storage/rows.ts'
import { ledgerEntry, purchaseKey } from '../storage/samples.ts'

const KEY = purchaseKey('chain')
const entry = (n: number, changes: Partial<LedgerRow>): LedgerRow =>
  ledgerEntry({ ...KEY, environment: 'production' }, `charge:${n}`, changes)
const usd = { currency: 'USD', usdRate: null } as const

describe('what a customer has spent', () => {
  it('is gross less what went back, by currency, and in dollars rounded once over the sum', () => {
    const euro = { currency: 'EUR', usdRate: '1100000000000' } as const
    const spent = spentOf([
      [entry(1, { ...usd, micros: 5_000_000 }), entry(2, { ...euro, micros: 9_990_001 })],
      [entry(3, { ...euro, micros: 9_990_001 }), entry(4, { ...euro, micros: -9_990_001, reason: 'refund' })],
    ])
    expect(spent).toEqual({
      usd_micros: 15_989_001,
      by_currency: [
        { currency: 'EUR', micros: 9_990_001 },
        { currency: 'USD', micros: 5_000_000 },
      ],
      unpriced: 0,
    })
    const cents = Array.from({ length: 10 }, (_, n) => entry(n, { currency: 'EUR', usdRate: '40000000000', micros: 1 }))
    expect(spentOf([cents]).usd_micros).toBe(0)
    expect(spentOf([[...cents, ...cents]]).usd_micros).toBe(1)
  })

  it('counts a charge without a price beside the sum, never as nothing, and no refund of one', () => {
    const unknown = { micros: null, currency: null, usdRate: null } as const
    const rows = [entry(1, unknown), entry(2, { ...unknown, reason: 'refund' }), entry(3, { ...usd, micros: 1 })]
    expect(spentOf([rows])).toMatchObject({ usd_micros: 1, unpriced: 1 })
  })

  it('has no sum in dollars where a rate is missing, and leaves out what is free and what is of the sandbox', () => {
    const lira = entry(1, { currency: 'TRY', usdRate: null, micros: 7 })
    expect(spentOf([[lira]])).toEqual({ usd_micros: null, by_currency: [{ currency: 'TRY', micros: 7 }], unpriced: 0 })
    const free = entry(2, { currency: 'TRY', usdRate: null, micros: 0 })
    const sandbox = ledgerEntry({ ...KEY, environment: 'sandbox' }, 'charge:3')
    expect(spentOf([[free, sandbox], []])).toEqual({ usd_micros: 0, by_currency: [], unpriced: 0 })
  })
})
