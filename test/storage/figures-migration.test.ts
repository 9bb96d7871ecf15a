import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FIGURE_KINDS, HOUR_MS } from '../../src/domain/figures.ts'
import { migrationsIn } from '../../src/storage/migrations.ts'
import { openPostgres } from '../../src/storage/postgres/open.ts'
import { databaseFile } from '../../src/storage/sqlite/database.ts'
import { addLedger } from '../../src/storage/sqlite/ledger-figures.ts'
import { openEmbedded } from '../../src/storage/sqlite/open.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { fill } from './filled.ts'
import { ledgerEntry, NOW, purchaseKey, save } from './samples.ts'

let cluster: Cluster
let folder: string
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster.stop())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-figures-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** What an older version left: neither figures nor standings. */
const BACK = `DROP TABLE figures; DROP INDEX purchases_standing; DROP INDEX purchases_unreckoned;
  ALTER TABLE purchases DROP COLUMN standing; ALTER TABLE purchases DROP COLUMN standing_until`

/** Later migrations stay as they are: this one alone runs again. */
function migrationOf(driver: 'sqlite' | 'postgres'): string {
  const found = migrationsIn(fileURLToPath(new URL(`../../src/storage/${driver}`, import.meta.url)))
  const migration = found.find(({ file }) => file.endsWith('-figures.sql'))
  if (migration === undefined) throw new Error('there is no migration of the figures')
  return migration.sql()
}

async function filled(storage: Storage): Promise<void> {
  await fill(storage)
  const key = purchaseKey('bob')
  const none = { micros: null, currency: null, usdRate: null }
  const correction = { reason: 'correction', micros: 3_330_001, firstPrice: true } as const
  await save(storage, {
    ledger: [
      ledgerEntry(key, 'charge:1', none),
      ledgerEntry(key, 'charge:1:c1+', correction),
      ledgerEntry(key, 'charge:2', none),
      ledgerEntry(key, 'charge:2:told', { ...none, reason: 'charge' }),
      ledgerEntry(key, 'charge:3', { micros: 9_999_999, currency: 'USD', usdRate: null, taxPpm: 166_667 }),
      ledgerEntry(key, 'refund:3:1', { micros: -1_234_567, reason: 'refund', at: NOW + HOUR_MS }),
    ],
  })
}

function figures(storage: Storage) {
  const range = { from: NOW - 1_000 * HOUR_MS, to: NOW + 1_000 * HOUR_MS, bucketMs: HOUR_MS, kinds: FIGURE_KINDS }
  return storage.listFigures({ projectId: 'acme', environment: 'production', ...range })
}

describe('figures of what an older version kept', () => {
  it('are those that are kept today: embedded', async () => {
    const storage = await openEmbedded({ folder })
    await filled(storage)
    const kept = await figures(storage)
    await storage.close()
    const db = new DatabaseSync(databaseFile(folder))
    db.exec(BACK)
    db.exec(migrationOf('sqlite'))
    addLedger(db)
    db.close()
    const again = await openEmbedded({ folder })
    expect(await figures(again)).toEqual(kept)
    expect(await again.countStandings('acme', 'production', NOW)).toEqual({ subscription: 0, trial: 0, grace: 0 })
    await again.close()
    expect(kept.find(({ figure }) => figure === 'money:unpriced')?.value).toBe(2)
    expect(kept.length).toBeGreaterThan(8)
  })

  it('are those that are kept today: PostgreSQL', async () => {
    const url = await cluster.createDatabase()
    const storage = await openPostgres({ url, migrate: true })
    await filled(storage)
    const kept = await figures(storage)
    await storage.close()
    cluster.sql(url, `SET search_path = tributary; ${BACK}; ${migrationOf('postgres')}`)
    const again = await openPostgres({ url, migrate: false })
    expect(await figures(again)).toEqual(kept)
    await again.close()
    expect(kept.find(({ figure }) => figure === 'money:unpriced')?.value).toBe(2)
    expect(kept.length).toBeGreaterThan(8)
  })
})
