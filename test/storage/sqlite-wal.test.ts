import { statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { databaseFile } from '../../src/storage/sqlite/database.ts'
import { openEmbedded } from '../../src/storage/sqlite/open.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { NOW, notification } from './samples.ts'

let folder: string
let storage: Storage
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-wal-'))
  storage = await openEmbedded({ folder })
})
afterEach(async () => {
  await storage.close()
  await rm(folder, { recursive: true })
})

const MIB = 1024 ** 2
const walSize = (): number => statSync(`${databaseFile(folder)}-wal`).size

let n = 0
async function write(rows: number, bytes: number): Promise<void> {
  const body = Buffer.alloc(bytes, 'x')
  const numbers = Array.from({ length: rows }, (_, index) => n + index)
  n += rows
  await storage.keepNotifications(numbers.map((one) => notification(String(one), { receivedAt: NOW + one, body })))
}

describe('beside a read that goes on and on', () => {
  it('commits are not held up, the WAL grows, and is cut when the read is over', async () => {
    await write(10, 100)
    const reader = new DatabaseSync(databaseFile(folder), { readOnly: true })
    reader.exec('BEGIN')
    const count = reader.prepare('SELECT count(*) AS rows FROM notifications')
    expect(count.get()?.rows).toBe(10)
    let slowest = 0
    // Beyond the 128 MB at which the WAL is cut otherwise. Waiting for the reader would take two seconds each time.
    while (walSize() < 200 * MIB) {
      const begun = performance.now()
      await write(100, 30_000)
      slowest = Math.max(slowest, performance.now() - begun)
    }
    expect(count.get()?.rows).toBe(10)
    reader.exec('COMMIT')
    reader.close()
    await expect
      .poll(
        async () => {
          await write(100, 3_000)
          return walSize() / MIB
        },
        { timeout: 20_000 },
      )
      .toBeLessThan(64)
    expect(slowest).toBeLessThan(1_900)
  })
})
