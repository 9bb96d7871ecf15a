import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CATALOGUE } from '../../../src/cli/connectors.ts'
import { importAttributes } from '../../../src/cli/import/attributes.ts'
import { importExport } from '../../../src/cli/import/export-file.ts'
import { claimOf, importPurchases } from '../../../src/cli/import/purchases.ts'
import { loadConfig } from '../../../src/config.ts'
import type { ImportsDoor } from '../../../src/http/imports-door.ts'
import { openOffline } from '../../../src/hub/offline.ts'
import type { LedgerRow } from '../../../src/storage/rows.ts'
import { openEmbedded } from '../../../src/storage/sqlite/open.ts'
import { type ExportRecord, exportCsv, exportRecord, exportTime } from '../../fixtures/export-rows.ts'
import { type Machine, machine } from '../running.ts'

const DAY = 86_400_000
const START = Date.UTC(2026, 3, 1, 8)
const CONFIG = `version: 1
projects:
  - id: acme
    name: Acme
    apps:
      - { id: ios, store: app_store, public_key: appl_acme, bundle_id: com.acme.app, app_apple_id: 123456789, environments: [production, sandbox] }
`

let folder: string
let here: Machine
beforeEach(async () => {
  here = machine()
  folder = mkdtempSync(join(tmpdir(), 'tributary-import-'))
  writeFileSync(join(here.folder, 'tributary.yaml'), CONFIG)
  const applied = await here.run(['apply', '-f', 'tributary.yaml'])
  expect(applied.code, applied.stderr).toBe(0)
})
afterEach(async () => {
  await here.dispose()
  rmSync(folder, { recursive: true, force: true })
})

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** So many customers with three months each, the newest in force; rows of a customer lie far apart. */
function crowd(customers: number): readonly ExportRecord[] {
  return [0, 1, 2].flatMap((place) =>
    Array.from({ length: customers }, (_, n) => {
      const start = START + place * 30 * DAY + n * 1_000
      return exportRecord({
        rc_original_app_user_id: `$RCAnonymousID:${n.toString(16).padStart(32, '0')}`,
        rc_last_seen_app_user_id_alias: `user-${n}`,
        start_time: exportTime(start),
        end_time: exportTime(start + 30 * DAY),
        effective_end_time: exportTime(start + 30 * DAY),
        store_transaction_id: String(2_000_000_000 + n * 10 + place),
        original_store_transaction_id: String(2_000_000_000 + n * 10),
        renewal_number: String(place + 1),
        updated_at: exportTime(START + 100 * DAY),
        reserved_subscriber_attributes: JSON.stringify({
          $email: { value: `u${n}@example.com`, updated_at_ms: START },
        }),
      })
    }),
  )
}

/** Everything that an import writes, in the order of its keys. */
async function contents(): Promise<{
  readonly customers: readonly unknown[]
  readonly purchases: readonly unknown[]
  readonly ledger: readonly LedgerRow[]
}> {
  const storage = await openEmbedded({ folder: here.dataDir, readOnly: true })
  try {
    const page = { projectId: 'acme', after: '', limit: 10_000 }
    const customers = (await storage.pageCustomers(page)).items
    const purchases = (await storage.pagePurchases(page)).items
    const ledger: LedgerRow[] = []
    for (const { purchase } of purchases) ledger.push(...(await storage.listLedger('acme', purchase.key)))
    return {
      customers: customers.map(({ version: _, ...row }) => row),
      purchases: purchases.map(({ purchase: { version: _, checkAt: __, ...row } }) => row),
      ledger: ledger.map((row) => ({ ...row, recordedAt: 0 })),
    }
  } finally {
    await storage.close()
  }
}

const config = () => loadConfig({ TRIBUTARY_DATA_DIR: here.dataDir })

async function offline<T>(run: (door: ImportsDoor) => Promise<T>): Promise<T> {
  const hub = await openOffline(config(), CATALOGUE, 'test')
  try {
    return await run(hub.doors.imports)
  } finally {
    await hub.close()
  }
}

const FLAGS = { project: 'acme', app: [], deliver: false, again: false }

describe('import revenuecat-export', () => {
  it('takes over customers, purchases, ledger and attributes; a second run adds nothing', async () => {
    const path = file('transactions.csv.gz', gzipSync(exportCsv(crowd(40))))
    const ended = await here.run(['import', 'revenuecat-export', path, '--project', 'acme'])
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout).toBe(
      '120 rows read, 120 taken over: 40 customers and 40 purchases written, 120 entries of the ledger, 0 events announced; 0 rows not taken.\n',
    )
    const before = await contents()
    expect([before.customers.length, before.purchases.length, before.ledger.length]).toEqual([40, 40, 120])
    expect(before.customers[0]).toMatchObject({ onlyNamed: false })
    expect(new Set(before.ledger.map(({ micros, currency }) => `${micros} ${currency}`))).toEqual(
      new Set(['9990000 EUR']),
    )
    const again = await here.run(['import', 'revenuecat-export', path, '--project', 'acme'])
    expect(again.stdout).toContain('was taken over already')
    const forced = await here.run(['import', 'revenuecat-export', path, '--project', 'acme', '--again'])
    expect(forced.stdout).toContain('0 customers')
    expect(forced.stdout).toContain('0 entries of the ledger')
    expect(await contents()).toEqual(before)
    expect(readdirSync(here.dataDir).filter((name) => name.startsWith('imp_'))).toEqual([])
  })

  it('announces what is dated from events_from on when it is asked to, and nothing otherwise', async () => {
    writeFileSync(
      join(here.folder, 'tributary.yaml'),
      CONFIG.replace('sandbox] }', 'sandbox], events_from: 2026-04-15 }'),
    )
    expect((await here.run(['apply', '-f', 'tributary.yaml'])).code).toBe(0)
    const path = file('transactions.csv', exportCsv(crowd(4)))
    const silent = await here.run(['import', 'revenuecat-export', path, '--project', 'acme'])
    expect(silent.stdout).toContain('0 events announced')
    expect((await contents()).ledger.filter(({ eventId }) => eventId !== null)).toEqual([])
    const asked = await here.run(['import', 'revenuecat-export', path, '--project', 'acme', '--deliver'])
    // Two renewals and the end of each; the first purchase lies before it.
    expect(asked.stdout).toContain('12 events announced')
    const events = await here.run(['export', 'events', '--project', 'acme'])
    const types = events.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly type: string }).type)
    expect(types.sort()).toEqual([...Array<string>(4).fill('EXPIRATION'), ...Array<string>(8).fill('RENEWAL')])
  })

  it('through a running hub it is the same', async () => {
    const path = file('transactions.csv', exportCsv(crowd(25)))
    const hub = await here.serve()
    const ended = await here.run(['import', 'revenuecat-export', path, '--project', 'acme'])
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout).toContain('25 customers and 25 purchases written, 75 entries of the ledger')
    await hub.stop()
    const { customers, purchases, ledger } = await contents()
    expect([customers.length, purchases.length, ledger.length]).toEqual([25, 25, 75])
  })

  it('ends in the middle and goes on where it was: the whole is as if it had never ended', async () => {
    // Five megabytes make two parts.
    const wide = {
      custom_subscriber_attributes: JSON.stringify({ note: { value: 'x'.repeat(400), updated_at_ms: START } }),
    }
    const path = file('big.csv', exportCsv(crowd(3_000).map((row) => ({ ...row, ...wide }))))
    let batches = 0
    const stopped = offline((door) =>
      importExport(config(), [path], FLAGS, {
        ...door,
        takeExported: (projectId, batch) => {
          batches += 1
          if (batches === 7) throw new Error('the process is gone')
          return door.takeExported(projectId, batch)
        },
      }),
    )
    await expect(stopped).rejects.toThrow('the process is gone')
    expect((await contents()).purchases.length).toBeLessThan(3_000)
    let rest = 0
    await offline((door) =>
      importExport(config(), [path], FLAGS, {
        ...door,
        takeExported: (projectId, batch) => {
          rest += 1
          return door.takeExported(projectId, batch)
        },
      }),
    )
    const { customers, purchases, ledger } = await contents()
    expect([customers.length, purchases.length, ledger.length]).toEqual([3_000, 3_000, 9_000])
    expect(batches).toBe(7)
    expect(rest).toBeGreaterThan(0)
  }, 60_000)

  it('bad rows never stop it, and the report names their lines by reason', async () => {
    const big = 'x'.repeat(1_048_576)
    const good = exportRecord({ store_transaction_id: '31', original_store_transaction_id: '31' })
    const text = `\uFEFF${exportCsv(
      [
        good,
        exportRecord({ start_time: 'yesterday' }),
        exportRecord({ store: 'roku' }),
        exportRecord({ purchase_price_in_purchased_currency: 'nine' }),
        exportRecord({ rc_original_app_user_id: 'guest', store_transaction_id: '77' }),
        exportRecord({ end_time: exportTime(START - 400 * DAY) }),
        exportRecord({ store: 'play_store', store_transaction_id: 'GPA.1', original_store_transaction_id: 'GPA.1' }),
        exportRecord({
          rc_original_app_user_id: 'bob',
          store_transaction_id: '41',
          original_store_transaction_id: '41',
          custom_subscriber_attributes: big,
        }),
        exportRecord({ store: 'stripe', store_transaction_id: 'ch_1', original_store_transaction_id: 'sub_1' }),
      ],
      '\r\n',
    )}one,cell,too,few\r\n`
    const path = file('hostile.csv', text)
    const report = join(folder, 'report.txt')
    const ended = await here.run(['import', 'revenuecat-export', path, '--project', 'acme', '--report', report])
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout).toContain('9 rows read, 2 taken over')
    expect(ended.stdout).toContain('8 rows not taken')
    const written = readFileSync(report, 'utf8')
    for (const [line, reason] of [
      [3, 'start_time is no time'],
      [4, 'does not follow'],
      [5, 'is no amount'],
      [6, 'stands for no customer'],
      [7, 'before its beginning'],
      [8, 'no app of play_store'],
      [10, 'Stripe subscription'],
      [11, 'more or fewer cells'],
    ] as const) {
      const block = written.split('\n\n').find((one) => one.includes(reason))
      expect(block, reason).toContain(`hostile.csv:${line}`)
    }
    expect(written).toContain('taken, with a remark: The attributes of its customer are no JSON.')
    expect((await contents()).purchases).toHaveLength(2)
  })

  it('a file that is cut off, or names no columns, is refused as a whole', async () => {
    const packed = gzipSync(exportCsv(crowd(500)))
    const cut = file('cut.csv.gz', packed.subarray(0, packed.length - 200))
    const ended = await here.run(['import', 'revenuecat-export', cut, '--project', 'acme'])
    expect([ended.code, ended.stdout]).toEqual([1, ''])
    expect(ended.stderr).toContain('cannot be read to its end')
    const lacking = file('lacking.csv', 'store,start_time\napp_store,2026-01-01 00:00:00\n')
    const refused = await here.run(['import', 'revenuecat-export', lacking, '--project', 'acme'])
    expect(refused.stderr).toContain('has no column rc_original_app_user_id')
    expect((await contents()).customers).toEqual([])
    const nobody = await here.run(['import', 'revenuecat-export', lacking, '--project', 'nobody'])
    expect(nobody.stderr).toContain('has no project nobody')
    expect(existsSync(join(here.dataDir, 'imports'))).toBe(false)
  })
})

describe('import attributes', () => {
  it('takes columns and JSON lines, checks keys as the API does, and goes on after its end', async () => {
    const csv = file(
      'people.csv',
      'app_user_id,$email,plan,bad key\nann,a@example.com,gold,x\nnull,b@example.com,,\nbob,,silver,\n',
    )
    const report = join(folder, 'attributes.txt')
    const ended = await here.run(['import', 'attributes', csv, '--project', 'acme', '--report', report])
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout).toContain('3 records read, attributes of 2 set; 1 not taken.')
    expect(readFileSync(report, 'utf8')).toContain('An attribute was refused: A key begins with a letter')
    const lines = file('people.jsonl', '{"app_user_id":"ann","attributes":{"plan":null,"seats":{"value":"3"}}}\n[1]\n')
    const second = await here.run(['import', 'attributes', lines, '--project', 'acme', '--report', report])
    expect(second.stdout).toContain('attributes of 1 set; 1 not taken.')
    const { customers } = await contents()
    const attributes = customers.map((row) =>
      Object.entries((row as { attributes: Record<string, { value: string }> }).attributes).map(
        ([key, { value }]) => `${key}=${value}`,
      ),
    )
    expect(attributes.flat().sort()).toEqual(['$email=a@example.com', 'plan=silver', 'seats=3'])
  })
})

describe('export and import purchases', () => {
  it('what was exported is what the stores are asked by, in both formats; what fails is asked again', async () => {
    const path = file('transactions.csv', exportCsv(crowd(7)))
    await here.run(['import', 'revenuecat-export', path, '--project', 'acme'])
    const claims: string[][] = []
    for (const format of ['jsonl', 'csv'] as const) {
      const to = join(folder, `purchases.${format}`)
      const ended = await here.run(['export', 'purchases', '--project', 'acme', '--format', format, '--to', to])
      expect(ended.code, ended.stderr).toBe(0)
      const asked: string[] = []
      let refusals = 2
      await offline((door) =>
        importPurchases(
          to,
          { project: 'acme', again: false },
          {
            ...door,
            claim: async (_, given) =>
              given.map((claim) => {
                if (refusals > 0) {
                  refusals -= 1
                  return { kind: 'later', reason: 'The store is busy.', afterMs: 1 } as const
                }
                asked.push(JSON.stringify(claim))
                return { kind: 'taken', purchases: 1 } as const
              }),
          },
        ),
      )
      claims.push(asked.sort())
    }
    expect(claims[0]).toHaveLength(7)
    expect(claims[1]).toEqual(claims[0])
    expect(claims[0]?.[0]).toContain('"shown":{"kind":"transaction","id":"2000000002"}')
    const customers = await here.run(['export', 'customers', '--project', 'acme'])
    expect(customers.stdout.trim().split('\n')).toHaveLength(7)
    expect(customers.stdout).toContain('"original_app_user_id":"$RCAnonymousID:')
    const events = await here.run(['export', 'events', '--project', 'acme'])
    expect([events.code, events.stdout]).toEqual([0, ''])
  })

  it('a record that is no claim says why', () => {
    expect(claimOf({ app_user_id: 'ann', store: 'play_store' })).toContain('neither token')
    expect(claimOf({ app_user_id: 'guest', store: 'play_store', token: 't' })).toContain('stands for no customer')
    expect(claimOf({ token: 't' })).toContain('names no customer')
    expect(claimOf({ app_user_id: 'ann', token: 't' })).toContain('neither app nor store')
  })

  it('attributes go on where a run ended, and are not set twice', async () => {
    const path = file(
      'many.csv',
      `app_user_id,plan\n${Array.from({ length: 450 }, (_, n) => `u${n},gold`).join('\n')}\n`,
    )
    let calls = 0
    const stopped = offline((door) =>
      importAttributes(
        path,
        { project: 'acme', again: false },
        {
          ...door,
          setAttributes: (projectId, sets) => {
            calls += 1
            if (calls === 2) throw new Error('the process is gone')
            return door.setAttributes(projectId, sets)
          },
        },
      ),
    )
    await expect(stopped).rejects.toThrow('the process is gone')
    let set = 0
    await offline((door) =>
      importAttributes(
        path,
        { project: 'acme', again: false },
        {
          ...door,
          setAttributes: (projectId, sets) => {
            set += sets.length
            return door.setAttributes(projectId, sets)
          },
        },
      ),
    )
    expect(set).toBe(250)
    expect((await contents()).customers).toHaveLength(450)
  })
})
