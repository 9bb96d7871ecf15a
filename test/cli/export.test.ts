import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLedgerSums } from '../../src/cli/export/ledger-sums.ts'
import { openEmbedded } from '../../src/storage/sqlite/open.ts'
import { SMALL } from '../settings/fixture.ts'
import { ledgerEntry, purchaseKey, save } from '../storage/samples.ts'
import { type Machine, machine } from './running.ts'

let here: Machine
beforeEach(() => {
  here = machine()
})
afterEach(() => here.dispose())

const NOVEMBER = Date.UTC(2026, 10, 15)

async function filled(): Promise<void> {
  writeFileSync(join(here.folder, 'tributary.yaml'), SMALL)
  const { code, stderr } = await here.run(['apply', '-f', 'tributary.yaml'])
  expect([code, stderr]).toEqual([0, ''])
  const storage = await openEmbedded({ folder: here.dataDir })
  const rates = { commissionPpm: 252_101, taxPpm: 159_664, taxEstimated: true, actualTaxMicros: null }
  const told = { ...rates, eventId: 'evt_1', micros: 9_990_000 }
  await save(storage, {
    ledger: [
      ledgerEntry(purchaseKey('a'), 'charge:1', { ...told, at: NOVEMBER }),
      ledgerEntry(purchaseKey('a'), 'refund:1:1', { ...told, at: NOVEMBER + 1, reason: 'refund', micros: -9_990_000 }),
      ledgerEntry(purchaseKey('b'), 'charge:1', {
        ...told,
        at: NOVEMBER,
        commissionEstimated: false,
        taxEstimated: false,
        actualCommissionMicros: 1_000_000,
        actualTaxMicros: 0,
      }),
      ledgerEntry(purchaseKey('c'), 'charge:1', { ...rates, at: NOVEMBER, reason: 'history', micros: 4_990_000 }),
      ledgerEntry(purchaseKey('d'), 'charge:1', { ...told, at: NOVEMBER, micros: null }),
      ledgerEntry(purchaseKey('e'), 'charge:1', { ...told, at: Date.UTC(2026, 10, 29), productId: '=HYPERLINK("x")' }),
      ledgerEntry(purchaseKey('f'), 'charge:1', { ...told, at: Date.UTC(2026, 11, 1) }),
    ],
  })
  await storage.close()
}

describe('export ledger', () => {
  it('adds up a month, with and without event, and Apple’s month of that name', async () => {
    await filled()
    const month = await here.run(['export', 'ledger', '--month', '2026-11'])
    expect(month.stderr).toBe('')
    expect(month.stdout.trimEnd().split('\n')).toEqual([
      'store,product,country,currency,event,entries,unpriced,gross,commission,tax,net,estimated_share',
      `app_store,"'=HYPERLINK(""x"")",DE,EUR,with,1,0,9.99,2.518489,1.595043,5.876468,1`,
      'app_store,com.acme.monthly,DE,EUR,without,1,0,4.99,1.257984,0.796723,2.935293,1',
      'app_store,com.acme.monthly,DE,EUR,with,4,1,9.99,1,0,8.99,0.666666',
    ])
    const fiscal = await here.run(['export', 'ledger', '--month', '2026-11', '--fiscal', 'apple', '--format', 'json'])
    expect(JSON.parse(fiscal.stdout)).toMatchObject({
      project: 'acme',
      month: '2026-11',
      calendar: 'apple',
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-11-29T00:00:00.000Z',
      lines: [
        { product: 'com.acme.monthly', event: 'without', gross: '4.99', entries: 1 },
        { product: 'com.acme.monthly', event: 'with', gross: '9.99', entries: 4, unpriced: 1 },
      ],
    })
    const sandbox = await here.run(['export', 'ledger', '--month', '2026-11', '--environment', 'sandbox'])
    expect(sandbox.stdout.trimEnd().split('\n')).toHaveLength(1)
  }, 60_000)

  it('reads beside a running hub, and says what is wrong with what it is asked', async () => {
    await filled()
    const hub = await here.serve()
    const beside = await here.run(['export', 'ledger', '--month', '2026-11', '--project', 'acme'])
    expect([beside.code, beside.stdout.split('\n').length]).toEqual([0, 5])
    const other = await here.run(['export', 'ledger', '--month', '2026-11', '--project', 'other'])
    expect([other.code, other.stderr]).toEqual([
      1,
      'There is no project other (there are acme); name one of these with --project.\n',
    ])
    await hub.stop()
    const bad = await here.run(['export', 'ledger', '--month', 'November'])
    expect([bad.code, bad.stderr]).toEqual([2, '"November" is no month; write --month 2026-11.\n'])
    const far = await here.run(['export', 'ledger', '--month', '2040-11', '--fiscal', 'apple'])
    expect([far.code, far.stderr]).toEqual([
      2,
      "Apple's fiscal calendar is known from 2019-10 to 2028-09; choose a month of these.\n",
    ])
  }, 60_000)
})

describe('the sums', () => {
  it('are exact beyond what a number holds, and hold a line, not the entries', () => {
    const sums = createLedgerSums()
    const row = ledgerEntry(purchaseKey('a'), 'charge:1', {
      micros: 9_000_000_000_000_001,
      actualTaxMicros: 0,
      eventId: 'e',
    })
    for (let n = 0; n < 5_000; n += 1) sums.add(row)
    expect(sums.lines()).toMatchObject([{ entries: 5_000, gross: 45_000_000_000_000_005_000n }])
  })
})
