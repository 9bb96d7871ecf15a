import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StorageLocked, StorageRefused, StorageUnavailable } from '../../src/storage/errors.ts'
import { type EmbeddedOptions, openEmbedded } from '../../src/storage/sqlite/open.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { NOW, notification } from './samples.ts'

let folder: string
const open: Storage[] = []
const children: ChildProcess[] = []

async function openHere(options: Partial<EmbeddedOptions> = {}): Promise<Storage> {
  const storage = await openEmbedded({ folder, ...options })
  open.push(storage)
  return storage
}

/** A process that keeps notifications; `until` resolves when it has confirmed so many. */
function keepForever(from: number) {
  const program = fileURLToPath(new URL('./keep-forever.ts', import.meta.url))
  const child = spawn(process.execPath, [program, folder, String(from)], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const confirmed: string[] = []
  let wanted = Number.POSITIVE_INFINITY
  let reached = (): void => undefined
  const lines = createInterface(child.stdout)
  lines.on('line', (line) => {
    confirmed.push(line)
    if (confirmed.length >= wanted) reached()
  })
  return {
    confirmed,
    until(count: number): Promise<void> {
      wanted = count
      return new Promise((resolve, reject) => {
        reached = resolve
        child.once('exit', (code, signal) => reject(new Error(`the process ended by itself: ${code} ${signal}`)))
        if (confirmed.length >= count) resolve()
      })
    },
    async kill(): Promise<void> {
      const closed = once(lines, 'close')
      child.kill('SIGKILL')
      await closed
    },
  }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-storage-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const storage of open.splice(0)) await storage.close()
  await rm(folder, { recursive: true })
})

describe('kill -9', () => {
  it('in the middle of commits loses nothing that was confirmed, and frees the folder at once', async () => {
    let kept = 0
    for (let round = 0; round < 3; round += 1) {
      const keeper = keepForever(round * 1_000_000)
      await keeper.until(150)
      await keeper.kill()
      const confirmed = keeper.confirmed.slice(1)
      expect(confirmed.length).toBeGreaterThanOrEqual(149)
      const storage = await openEmbedded({ folder })
      const again = await storage.keepNotifications(confirmed.map((key) => notification(key)))
      expect(again.filter(({ duplicate }) => !duplicate)).toEqual([])
      const [last] = confirmed.slice(-1)
      const read = await storage.getNotification('acme', notification(last ?? '').id)
      expect(read?.body.equals(Buffer.alloc(3_000, last))).toBe(true)
      kept += confirmed.length
      // At most what the ten callers were waiting for was kept without a confirmation.
      const { waiting } = await storage.inboxDepths()
      expect(waiting).toBeGreaterThanOrEqual(kept)
      expect(waiting).toBeLessThanOrEqual(kept + 10 * (round + 1))
      await storage.close()
    }
  })
})

describe("the folder's lock", () => {
  it('is held by one process: another gets one sentence', async () => {
    const keeper = keepForever(0)
    await keeper.until(1)
    const second = openEmbedded({ folder })
    await expect(second).rejects.toThrow(StorageLocked)
    await expect(second).rejects.toThrow(/^Another Tributary is running on the data folder \S+: stop it, or choose/)
    await keeper.kill()
    expect(await (await openHere()).getMeta('x')).toBeNull()
  })

  it('is held within one process as well, and free after close', async () => {
    const first = await openHere()
    await expect(openEmbedded({ folder })).rejects.toThrow(StorageLocked)
    await first.close()
    expect(await (await openHere()).getMeta('x')).toBeNull()
  })

  it('reading only goes beside a running hub, sees what it commits, and cannot write', async () => {
    const hub = await openHere()
    const reader = await openHere({ readOnly: true })
    await hub.setMeta('a', '1')
    expect(await reader.getMeta('a')).toBe('1')
    await expect(reader.setMeta('a', '2')).rejects.toThrow(StorageUnavailable)
    await expect(reader.step({ purchases: [], appUserIds: [] }, () => ({ save: {}, result: 1 }))).rejects.toThrow(
      /reading only/,
    )
  })
})

describe('what cannot be opened is refused with one sentence', () => {
  const refused = async (options: Partial<EmbeddedOptions>, sentence: RegExp) => {
    const opening = openEmbedded({ folder, ...options })
    await expect(opening).rejects.toThrow(StorageRefused)
    await expect(opening).rejects.toThrow(sentence)
  }
  const database = () => join(folder, 'tributary.db')
  const sql = (text: string) => {
    const db = new DatabaseSync(database())
    db.exec(text)
    db.close()
  }

  it('a file where the folder should be, and below a file', async () => {
    await writeFile(join(folder, 'file'), '')
    await refused({ folder: join(folder, 'file') }, /is not a folder|cannot be made/)
    await refused({ folder: join(folder, 'file', 'data') }, /cannot be made \(ENOTDIR\): choose another/)
  })

  it('a folder in which nothing can be written', async () => {
    await refused({ folder: '/proc/self' }, /\/proc\/self.*: (make it so|check the folder's permissions)/)
  })

  it('a reader where there is no database', async () => {
    await refused({ readOnly: true }, /There is no database in/)
  })

  it('a file that is no database', async () => {
    await writeFile(database(), Buffer.alloc(50_000, 'not a database '))
    await refused({}, /is damaged or no database: stop Tributary and restore/)
  })

  it('a copy that broke off', async () => {
    await (await openEmbedded({ folder })).close()
    await truncate(database(), 20_480)
    await refused({}, /is damaged/)
    await refused({ readOnly: true }, /is damaged/)
  })

  it("another program's database", async () => {
    sql('CREATE TABLE recipes (name TEXT)')
    await refused({}, /belongs to another program/)
  })

  it('the schema of a newer program, untouched', async () => {
    await (await openEmbedded({ folder })).close()
    sql('PRAGMA user_version = 999; PRAGMA wal_checkpoint(TRUNCATE)')
    await copyFile(database(), join(folder, 'before'))
    await refused({}, /written by a newer Tributary \(schema 999/)
    expect((await readFile(database())).equals(await readFile(join(folder, 'before')))).toBe(true)
  })

  it('a new database is readable by its owner alone', async () => {
    await (await openHere()).ping()
    for (const file of ['tributary.db', 'tributary.db-wal'])
      expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
  })

  it('an empty file is a new database', async () => {
    await writeFile(database(), '')
    expect(await (await openHere()).inboxDepths()).toMatchObject({ waiting: 0 })
  })
})

describe('a full disk', () => {
  it('refuses what it cannot store, keeps what it confirmed, and goes on when there is room', async () => {
    const small = await openEmbedded({ folder, maxPages: 300 })
    const body = Buffer.alloc(4_000, 'x')
    const old = Array.from({ length: 40 }, (_, n) => notification(`old${n}`, { body }))
    await small.keepNotifications(old)
    const change = { projectId: 'acme', dueAt: NOW, tries: 0, note: null, events: 0, status: 'understood' as const }
    await small.changeNotifications(old.map(({ id }) => ({ ...change, id })))

    const rows = Array.from({ length: 400 }, (_, n) => notification(`n${n}`, { body }))
    const results = await Promise.allSettled(rows.map((row) => small.keepNotifications([row])))
    const stored = rows.filter((_, index) => results[index]?.status === 'fulfilled')
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    expect(stored.length).toBeGreaterThan(50)
    expect(errors.length).toBeGreaterThan(50)
    for (const error of errors) {
      expect(error).toBeInstanceOf(StorageUnavailable)
      expect(error).toMatchObject({ retryAfterS: 30 })
      expect(String(error)).toMatch(/The disk that holds \S+ is full: free some space/)
    }
    expect((await small.inboxDepths()).waiting).toBe(stored.length)

    // Retention makes room, and the same process goes on.
    await small.tidy({ now: NOW, notificationsBefore: NOW + 1, attemptsBefore: 0, limit: 100 })
    expect(await small.keepNotifications([notification('room', { body })])).toMatchObject([{ duplicate: false }])
    await small.close()
    const large = await openHere()
    const again = await large.keepNotifications(rows)
    expect(again.filter(({ duplicate }) => duplicate)).toHaveLength(stored.length)
    expect((await large.inboxDepths()).waiting).toBe(rows.length + 1)
  })
})
