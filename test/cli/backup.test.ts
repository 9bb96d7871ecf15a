import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CATALOGUE } from '../../src/cli/connectors.ts'
import { openKeys } from '../../src/secrets/open-keys.ts'
import { readConfigFile } from '../../src/settings/config-file.ts'
import { createSettingsService } from '../../src/settings/service.ts'
import { openEmbedded } from '../../src/storage/sqlite/open.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { changed, ENV, FULL, PRIVATE_KEY } from '../settings/fixture.ts'
import { fill, seen } from '../storage/filled.ts'
import { announce, notification } from '../storage/samples.ts'
import { type Ended, type Machine, machine } from './running.ts'

let here: Machine
let other: Machine
beforeEach(() => {
  here = machine()
  other = machine()
})
afterEach(() => Promise.all([here.dispose(), other.dispose()]))

const PASSPHRASE = 'correct horse battery staple'
const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64')
const inFolder = (name: string): string => join(here.folder, name)

function expectSentence(ended: Ended, words: RegExp, code = 1): void {
  expect(ended.stderr).toMatch(words)
  expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(ended.stderr).not.toMatch(/\bat .*:\d+:\d+|Error:/)
  expect([ended.code, ended.stdout]).toEqual([code, ''])
}

/** A data folder with credentials in it, sealed under the first of `keys`, and something of everything. */
async function filled(keys: readonly number[] | null = null): Promise<void> {
  writeFileSync(inFolder('AuthKey.p8'), PRIVATE_KEY)
  const storage = await openEmbedded({ folder: here.dataDir })
  await fill(storage)
  await apply(storage, FULL, keys)
  await storage.close()
}

/** As the command does it, in this process. */
async function apply(storage: Storage, text: string, keys: readonly number[] | null): Promise<void> {
  writeFileSync(inFolder('tributary.yaml'), text)
  const given = keys === null ? null : keys.map((fill) => Buffer.alloc(32, fill))
  const ring = await openKeys({ given, dataDir: here.dataDir }, storage)
  const service = await createSettingsService({ storage, ring, catalogue: CATALOGUE, now: Date.now })
  const read = readConfigFile(inFolder('tributary.yaml'), ENV)
  if (read.kind !== 'document') throw new Error(JSON.stringify(read))
  const outcome = await service.apply(read.document, { dryRun: false, prune: false, adopt: true })
  expect(outcome.kind).toBe('applied')
}

async function backedUp(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const file = inFolder('backup.db')
  const ended = await here.run(['backup', '--to', file, ...args], env)
  expect([ended.code, ended.stderr]).toEqual([0, ''])
  return file
}

async function contentsOf(folder: string): Promise<unknown> {
  const storage = await openEmbedded({ folder, readOnly: true })
  try {
    return await seen(storage)
  } finally {
    await storage.close()
  }
}

describe('backup and restore', () => {
  it('bring everything back, credentials included, and say what is to be known', async () => {
    await filled()
    const made = await here.run(['backup', '--to', 'backup.db'])
    expect([made.code, made.stderr]).toEqual([0, ''])
    const file = inFolder('backup.db')
    expect(made.stdout).toMatch(/backup\.db: [\d.]+ MiB, checked page by page\.\n/)
    expect(made.stdout).toMatch(/4 customers, 2 purchases, 14 events, 26 deliveries, 3 notifications/)
    expect(made.stdout).toContain(
      `The secret key is not in it: keep ${join(here.dataDir, 'secret.key')} in another place`,
    )
    expect(statSync(file).mode & 0o077).toBe(0)

    const back = await other.run(['restore', '--from', file, '--key', join(here.dataDir, 'secret.key')])
    expect([back.code, back.stderr]).toEqual([0, ''])
    expect(back.stdout).toMatch(/restored and checked, 4 customers/)
    expect(back.stdout).toMatch(/may be sent again, under the same ids/)
    expect(statSync(join(other.dataDir, 'secret.key')).mode & 0o077).toBe(0)
    expect(await contentsOf(other.dataDir)).toEqual(await contentsOf(here.dataDir))
    const drill = await other.run(['doctor', '--offline'])
    expect([drill.code, drill.stderr]).toEqual([0, ''])
    expect(drill.stdout).toMatch(/^ok {4}restored: at \S+Z from a backup of \S+Z; what came between/m)

    const hub = await other.serve()
    const answer = await fetch(`${hub.address}/api/projects/acme/integrations`, {
      headers: { authorization: 'Bearer sk_acme_1' },
    })
    expect(answer.status).toBe(200)
    expect(hub.log()).not.toContain('cannot be used')
    expect((await hub.stop()).code).toBe(0)
  })

  it('work beside a running hub and take what is committed', async () => {
    const hub = await here.serve()
    const beside = await here.run(['backup', '--to', 'backup.db'])
    expect([beside.code, beside.stderr]).toEqual([0, ''])
    expect((await hub.stop()).code).toBe(0)
  })

  it('hold one state of a database that is written to all the time', async () => {
    const storage = await openEmbedded({ folder: here.dataDir })
    let writing = true
    let written = 0
    const writer = (async () => {
      for (; writing; written += 20) {
        const rows = Array.from({ length: 20 }, (_, n) =>
          notification(String(written + n), { body: Buffer.alloc(8_000, 'x') }),
        )
        await storage.keepNotifications(rows)
      }
    })()
    await expect.poll(() => written, { timeout: 20_000 }).toBeGreaterThan(2_000)
    const before = written
    await backedUp()
    writing = false
    await writer
    await storage.close()
    expect(written).toBeGreaterThan(before)
    expect((await other.run(['restore', '--from', inFolder('backup.db')])).code).toBe(0)
    const db = new DatabaseSync(join(other.dataDir, 'tributary.db'), { readOnly: true })
    const [row] = db
      .prepare('SELECT count(*) AS rows, (SELECT waiting FROM app_inbox) AS waiting FROM notifications')
      .all()
    const [bodies] = db.prepare('SELECT count(*) AS rows FROM notification_bodies').all()
    db.close()
    expect(row?.rows).toBeGreaterThanOrEqual(before)
    expect([row?.waiting, bodies?.rows]).toEqual([row?.rows, row?.rows])
  })

  it('mark the restored database and number its events behind all that may have been given since', async () => {
    await filled()
    const file = await backedUp()
    await other.run(['restore', '--from', file, '--key', join(here.dataDir, 'secret.key')])
    const late = await openEmbedded({ folder: here.dataDir })
    const [lost] = await announce(late, 'late', [1])
    const given = (await late.getEvent('acme', lost?.id ?? ''))?.position ?? 0
    await late.close()
    const storage = await openEmbedded({ folder: other.dataDir })
    expect(Number(await storage.getMeta('restored_at'))).toBeGreaterThan(Number(await storage.getMeta('restored_from')))
    expect(await storage.getMeta('backup')).toBe(null)
    // The same event again, under the same id, where a follower that has seen the lost one still comes by.
    const [again] = await announce(storage, 'late', [1])
    expect(again?.id).toBe(lost?.id)
    expect((await storage.getEvent('acme', again?.id ?? ''))?.position).toBeGreaterThan(given)
    await storage.close()
  })

  it('keep the key under a passphrase when they are told to, and nothing readable of it', async () => {
    await filled()
    const file = await backedUp(['--with-key'], { TRIBUTARY_BACKUP_PASSPHRASE: PASSPHRASE })
    const secret = readFileSync(join(here.dataDir, 'secret.key'), 'utf8').trim()
    const bytes = readFileSync(file)
    for (const form of [
      secret,
      Buffer.from(secret, 'base64'),
      Buffer.from(secret, 'base64').toString('hex'),
      PASSPHRASE,
    ])
      expect(bytes.includes(form)).toBe(false)
    expectSentence(
      await other.run(['restore', '--from', file]),
      /^The secret key lies in the backup under a passphrase; set /,
    )
    expectSentence(
      await other.run(['restore', '--from', file], { TRIBUTARY_BACKUP_PASSPHRASE: 'another horse entirely' }),
      /^The passphrase in TRIBUTARY_BACKUP_PASSPHRASE is not the one of this backup; /,
    )
    writeFileSync(inFolder('phrase'), `${PASSPHRASE}\n`)
    const back = await other.run(['restore', '--from', file], { TRIBUTARY_BACKUP_PASSPHRASE_FILE: inFolder('phrase') })
    expect([back.code, back.stderr]).toEqual([0, ''])
    expect(readFileSync(join(other.dataDir, 'secret.key'), 'utf8').trim()).toBe(secret)
  })

  it('bring several keys back in a file for TRIBUTARY_SECRET_KEY_FILE', async () => {
    const keys = { TRIBUTARY_SECRET_KEY: `${key(2)},${key(1)}` }
    await filled([1])
    const file = await backedUp(['--with-key'], { ...keys, TRIBUTARY_BACKUP_PASSPHRASE: PASSPHRASE })
    const back = await other.run(['restore', '--from', file], { TRIBUTARY_BACKUP_PASSPHRASE: PASSPHRASE })
    expect(back.stdout).toContain('set TRIBUTARY_SECRET_KEY_FILE to it')
    const hub = await other.serve({ TRIBUTARY_SECRET_KEY_FILE: join(other.dataDir, 'restored.keys') })
    expect((await hub.stop()).code).toBe(0)
  })
})

describe('backup says in one sentence', () => {
  it('that there is nothing to back up', async () => {
    expectSentence(await here.run(['backup', '--to', 'b.db']), /^There is no database in .*: check TRIBUTARY_DATA_DIR/)
  })

  it('that the file exists, or its folder does not, and leaves what is there alone', async () => {
    await here.run(['migrate'])
    writeFileSync(inFolder('b.db'), 'precious')
    expectSentence(await here.run(['backup', '--to', 'b.db']), /b\.db exists already; name a file that does not\.$/m)
    expect(readFileSync(inFolder('b.db'), 'utf8')).toBe('precious')
    expectSentence(await here.run(['backup', '--to', 'no/b.db']), /^There is no folder .*no; make it first\.$/m)
  })

  it('that --with-key needs a passphrase, a long one, and a key', async () => {
    await here.run(['migrate'])
    expectSentence(await here.run(['backup', '--to', 'b.db', '--with-key']), /set TRIBUTARY_BACKUP_PASSPHRASE, or /)
    expectSentence(
      await here.run(['backup', '--to', 'b.db', '--with-key'], { TRIBUTARY_BACKUP_PASSPHRASE: 'short' }),
      /^The passphrase in TRIBUTARY_BACKUP_PASSPHRASE is too short; take at least 12/,
    )
    expectSentence(
      await here.run(['backup', '--to', 'b.db', '--with-key'], { TRIBUTARY_BACKUP_PASSPHRASE: PASSPHRASE }),
      /^There is no key in .* to keep; /,
    )
    expect(existsSync(inFolder('b.db'))).toBe(false)
  })

  it('that PostgreSQL has tools of its own', async () => {
    const env = { TRIBUTARY_DATABASE_URL: 'postgres://h/d', TRIBUTARY_SECRET_KEY: key(1) }
    const words = /^The database is PostgreSQL .*use pg_dump or base backups, as docs\/operate\/backup\.md says\.$/m
    expectSentence(await here.run(['backup', '--to', 'b.db'], env), words)
    expectSentence(await here.run(['restore', '--from', 'b.db'], env), words)
  })

  it('that the key does not fit', async () => {
    await filled()
    expectSentence(
      await here.run(['backup', '--to', 'b.db', '--with-key'], {
        TRIBUTARY_BACKUP_PASSPHRASE: PASSPHRASE,
        TRIBUTARY_SECRET_KEY: key(3),
      }),
      /^The key in TRIBUTARY_SECRET_KEY does not fit this database; /,
    )
  })

  it('that the database is damaged, and keeps no backup of it', async () => {
    await filled()
    damage(join(here.dataDir, 'tributary.db'))
    expectSentence(await here.run(['backup', '--to', 'b.db']), /is damaged.*so no backup was made: keep the last one/)
    expect(existsSync(inFolder('b.db'))).toBe(false)
  })

  it('what it needs, as wrong usage', async () => {
    expectSentence(
      await here.run(['backup']),
      /^Required option '--to <file>' not specified; see tributary --help\.$/m,
      2,
    )
    expectSentence(await here.run(['restore']), /^Required option '--from <file>' not specified/, 2)
  })
})

/** Overwrites a page of an index in the middle of a file. */
function damage(file: string): void {
  const db = new DatabaseSync(file)
  const [page] = db.prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'deliveries_id'`).all()
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
  const bytes = readFileSync(file)
  bytes.fill(0xaa, (Number(page?.rootpage) - 1) * 4096 + 8, Number(page?.rootpage) * 4096)
  writeFileSync(file, bytes)
}

describe('restore says in one sentence', () => {
  const secret = (): readonly string[] => ['--key', join(here.dataDir, 'secret.key')]

  it('that the folder holds a database, or something else, and leaves it alone', async () => {
    await filled()
    const file = await backedUp()
    expectSentence(await here.run(['restore', '--from', file, ...secret()]), /holds a database already; move it away/)
    mkdirSync(other.dataDir)
    writeFileSync(join(other.dataDir, 'photo.jpg'), '')
    expectSentence(
      await other.run(['restore', '--from', file, ...secret()]),
      /is not empty \(photo\.jpg\); restore into/,
    )
    expect(existsSync(join(other.dataDir, 'tributary.db'))).toBe(false)
  })

  it('that a hub runs on the folder', async () => {
    await filled()
    const file = await backedUp()
    const hub = await other.serve()
    expectSentence(
      await other.run(['restore', '--from', file, ...secret()]),
      /^Another Tributary is running on the data folder/,
    )
    await hub.stop()
  })

  it('that the key is missing, is none, or is another one', async () => {
    await filled()
    const file = await backedUp()
    expectSentence(
      await other.run(['restore', '--from', file]),
      /^The secret key of the backup is missing; give it with --key FILE/,
    )
    expectSentence(await other.run(['restore', '--from', file, '--key', 'none']), /^The key file none cannot be read/)
    writeFileSync(join(other.folder, 'k'), 'not a key')
    expectSentence(await other.run(['restore', '--from', file, '--key', 'k']), /^k does not hold a key; /)
    writeFileSync(join(other.folder, 'k'), key(7))
    expectSentence(
      await other.run(['restore', '--from', file, '--key', 'k']),
      /^The key in k does not fit the backup; /,
    )
    expectSentence(
      await other.run(['restore', '--from', file], { TRIBUTARY_SECRET_KEY: key(7) }),
      /^The key in TRIBUTARY_SECRET_KEY does not fit the backup; /,
    )
    expect(existsSync(join(other.dataDir, 'tributary.db'))).toBe(false)
    expect((await other.run(['restore', '--from', file, ...secret()])).code).toBe(0)
  })

  it('that one of several keys is missing', async () => {
    await filled([1])
    const storage = await openEmbedded({ folder: here.dataDir })
    await apply(storage, changed(['${PASSCODE}', 'changed-since']), [2, 1])
    await storage.close()
    const both = { TRIBUTARY_SECRET_KEY: `${key(2)},${key(1)}` }
    const file = await backedUp()
    expectSentence(
      await other.run(['restore', '--from', file], { TRIBUTARY_SECRET_KEY: key(1) }),
      /^To read the backup the key\(s\) [0-9a-f]{8} are needed too, which TRIBUTARY_SECRET_KEY does not hold; /,
    )
    expect((await other.run(['restore', '--from', file], both)).code).toBe(0)
  })

  it('that the file is missing, no backup, a plain database, of a newer version, cut or damaged', async () => {
    await filled()
    const file = await backedUp()
    const restore = (name: string) => other.run(['restore', '--from', inFolder(name), ...secret()])
    expectSentence(await restore('none.db'), /^There is no file .*none\.db; /)
    writeFileSync(inFolder('text.db'), 'no database, but long enough to be looked at '.repeat(200))
    expectSentence(await restore('text.db'), /text\.db is no backup of Tributary, or is damaged; /)
    copyFileSync(join(here.dataDir, 'tributary.db'), inFolder('plain.db'))
    expectSentence(await restore('plain.db'), /plain\.db is a database and no backup; /)
    copyFileSync(file, inFolder('newer.db'))
    const db = new DatabaseSync(inFolder('newer.db'))
    db.exec('PRAGMA user_version = 999')
    db.close()
    expectSentence(
      await restore('newer.db'),
      /newer\.db was made by a newer Tributary \(schema 999, this one knows \d+\); /,
    )
    copyFileSync(file, inFolder('damaged.db'))
    damage(inFolder('damaged.db'))
    expectSentence(await restore('damaged.db'), /^The backup .*damaged\.db is damaged \(.*\); take another one\.$/m)
    copyFileSync(file, inFolder('cut.db'))
    truncateSync(inFolder('cut.db'), statSync(file).size - 4096 * 3)
    expectSentence(await restore('cut.db'), /cut\.db is .*damaged.*; take another one\.$/m)
    copyFileSync(file, inFolder('fewer.db'))
    const fewer = new DatabaseSync(inFolder('fewer.db'))
    fewer.exec('DELETE FROM ledger')
    fewer.close()
    expectSentence(await restore('fewer.db'), /is damaged \(ledger has 0 rows where the backup had 2\); take another/)
    expect(existsSync(join(other.dataDir, 'tributary.db'))).toBe(false)
    expect(existsSync(join(other.dataDir, 'tributary.db.restoring'))).toBe(false)
    rmSync(inFolder('fewer.db'))
    expect(await restore('backup.db')).toMatchObject({ code: 0 })
  })
})
