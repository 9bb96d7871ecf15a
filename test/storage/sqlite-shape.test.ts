import { statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openForWriting } from '../../src/storage/sqlite/database.ts'
import { openEmbedded } from '../../src/storage/sqlite/open.ts'
import { readVerbs } from '../../src/storage/sqlite/read/verbs.ts'
import { openMemory } from '../../src/storage/sqlite/write/memory.ts'
import { writeVerbs } from '../../src/storage/sqlite/write/verbs.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-storage-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

describe('the schema', () => {
  it('is the one in schema.sql (after a migration: vitest run test/storage/sqlite-shape.test.ts --update=all)', async () => {
    const db = openForWriting(folder, null)
    const rows = db
      .prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY tbl_name, type DESC, name')
      .all()
    db.close()
    expect(rows.length).toBeGreaterThan(30)
    const dump = rows.map(({ sql }) => `${sql};\n`).join('\n')
    await expect(dump).toMatchFileSnapshot('../../src/storage/sqlite/schema.sql')
  })
})

describe('statements', () => {
  let db: DatabaseSync
  const statements = new Set<string>()
  beforeEach(() => {
    db = openForWriting(folder, null)
    const listening = {
      prepare(sql: string) {
        statements.add(sql)
        return db.prepare(sql)
      },
    }
    writeVerbs(listening, openMemory(listening))
    readVerbs(listening)
  })
  afterEach(() => db.close())

  /** Small by nature, walks in key order that end early, and partial indexes that hold only what is in flight or waits. */
  const MAY_SCAN = [
    /^SCAN (h|channels|settings|secret_keys|app_inbox|slots|erasures)\b/,
    /^SCAN json_each /,
    /^SCAN \(subquery-\d+\)$/,
    /^SCAN (b|attempts)$/,
    /^SCAN purchases USING INDEX purchases_unreckoned$/,
    /^SCAN (m|notifications) USING (COVERING )?INDEX notifications_waiting$/,
    /^SCAN (q|queues) USING INDEX queues_claimed$/,
  ]

  it('none reads a table that grows from end to end, or a whole project where it wants one row', () => {
    expect(statements.size).toBeGreaterThan(90)
    let steps = 0
    for (const sql of statements) {
      for (const { detail } of db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()) {
        const step = String(detail)
        steps += 1
        const allowed = !step.startsWith('SCAN') || MAY_SCAN.some((pattern) => pattern.test(step))
        expect(allowed, `${step}\n${sql}`).toBe(true)
        const wholeProject = /\(project_id=\?\)/.test(step) && !/USING PRIMARY KEY/.test(step)
        expect(wholeProject, `${step}\n${sql}`).toBe(false)
      }
    }
    expect(steps).toBeGreaterThan(90)
  })

  it('claims read due queues through their partial index', () => {
    const claims = [...statements].filter((sql) => /FROM queues WHERE .*owner IS NULL\s+AND alone/s.test(sql))
    expect(claims.length).toBeGreaterThanOrEqual(1)
    for (const sql of claims) {
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()
      expect(plan.map(({ detail }) => detail).join()).toMatch(/USING (COVERING )?INDEX queues_due \(project_id=\?/)
    }
  })

  it('none has a bare parameter as its LIMIT, which would be prepared anew at every run', () => {
    const limited = [...statements].filter((sql) => /LIMIT \?/.test(sql))
    expect(limited.length).toBeGreaterThan(5)
    for (const sql of limited) expect(sql).toMatch(/LIMIT \?\d* \+ 0/)
  })
})

describe('commits', () => {
  it('calls that arrive together are committed together', async () => {
    const storage = await openEmbedded({ folder })
    const size = () => statSync(join(folder, 'tributary.db-wal')).size
    await storage.setMeta('m0', '')
    const before = size()
    await Promise.all(Array.from({ length: 100 }, (_, n) => storage.setMeta(`m${n}`, 'x')))
    const together = size() - before
    for (let n = 0; n < 100; n += 1) await storage.setMeta(`m${n}`, 'y')
    const oneByOne = size() - before - together
    await storage.close()
    expect(together).toBeGreaterThan(0)
    expect(oneByOne).toBeGreaterThan(20 * together)
  })
})
