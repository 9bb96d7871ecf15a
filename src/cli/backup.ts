import { existsSync, rmSync, statfsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Command } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { keyFileOf, readKeyFile } from '../secrets/key-file.ts'
import { keyMisfit } from '../secrets/open-keys.ts'
import { SHORTEST_PASSPHRASE, wrapKeys } from '../secrets/passphrase.ts'
import { keyIdsIn } from '../secrets/seal.ts'
import { BrokenCopy, finishBackup } from '../storage/sqlite/copy/backup-file.ts'
import { publish } from '../storage/sqlite/copy/files.ts'
import { openBeside, snapshot } from '../storage/sqlite/copy/snapshot.ts'
import { databaseFile, storageFault } from '../storage/sqlite/database.ts'
import { type BackupNote, contentsOf, momentOf, sizeOf } from './backup/note.ts'
import { CommandFailed } from './failure.ts'
import { say } from './output.ts'
import { openProgress } from './progress.ts'
import { VERSION } from './version.ts'

interface Flags {
  readonly to: string
  readonly withKey: boolean
}

export function backupCommand(): Command {
  return new Command('backup')
    .requiredOption('--to <file>', 'the file to write; one that exists is never overwritten')
    .option('--with-key', 'also keep the secret key in it, under TRIBUTARY_BACKUP_PASSPHRASE', false)
    .addHelpText(
      'after',
      `
Without --with-key the secret key is not in the backup: keep it elsewhere, since nothing can be restored without it.
Customers' data are in the file as they are in the database: keep it where you would keep the data folder.
PostgreSQL is backed up by its own tools, see docs/operate/backup.md.`,
    )
    .action(async (flags: Flags) => backUp(loadConfig(), resolve(flags.to), flags.withKey))
}

async function backUp(config: Config, file: string, withKey: boolean): Promise<void> {
  refusePostgres(config)
  if (existsSync(file)) throw new CommandFailed(`${file} exists already; name a file that does not.`)
  if (!existsSync(dirname(file))) throw new CommandFailed(`There is no folder ${dirname(file)}; make it first.`)
  const keys = withKey ? await keysToWrap(config) : null
  requireSpace(config.dataDir, dirname(file))
  const draft = `${file}.partial-${process.pid}`
  const drop = (): void => {
    for (const path of [draft, `${draft}-journal`, `${draft}-wal`, `${draft}-shm`]) rmSync(path, { force: true })
  }
  const stopped = onSignal(drop)
  try {
    const note = await writeDraft(config, draft, keys)
    publishNew(draft, file)
    tell(config, file, note)
  } finally {
    drop()
    stopped()
  }
}

export function refusePostgres({ databaseUrl }: Pick<Config, 'databaseUrl'>): void {
  if (databaseUrl() === null) return
  throw new CommandFailed(
    'The database is PostgreSQL (TRIBUTARY_DATABASE_URL), which is backed up and restored by its own tools: use pg_dump or base backups, as docs/operate/backup.md says.',
  )
}

async function writeDraft(config: Config, draft: string, keys: readonly Buffer[] | null): Promise<BackupNote> {
  const progress = openProgress('Copying')
  const takenAt = Date.now()
  try {
    const db = openBeside(config.dataDir)
    try {
      await snapshot(db, draft, progress.part)
    } finally {
      db.close()
    }
    progress.end()
    const wrapped = keys === null ? null : wrapKeys(keys, passphraseOf(config))
    let note: BackupNote | null = null
    finishBackup(draft, ({ schema, counts, documents }) => {
      const key_ids = [...new Set(documents.flatMap(keyIdsIn))].sort()
      note = { version: 1, taken_at: takenAt, program: VERSION, schema, key_ids, wrapped_keys: wrapped, counts }
      return JSON.stringify(note)
    })
    if (note === null) throw new Error('the backup has no note')
    return note
  } catch (error) {
    if (error instanceof BrokenCopy) {
      throw new CommandFailed(
        `The database ${databaseFile(config.dataDir)} is damaged (${error.message}), so no backup was made: keep the last one and run tributary doctor.`,
      )
    }
    throw faultOf(error, dirname(draft)) ?? error
  }
}

/** A disk that is full and the like, of the place that is written to. */
export function faultOf(error: unknown, folder: string): CommandFailed | null {
  const fault = storageFault(error, folder)
  return fault === null ? null : new CommandFailed(fault.message.replace(', and Tributary goes on by itself.', '.'))
}

function publishNew(draft: string, file: string): void {
  try {
    publish(draft, file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new CommandFailed(`${file} exists already; name a file that does not.`)
    throw error
  }
}

// ── the key ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export function passphraseOf({ backupPassphrase }: Config): string {
  const passphrase = backupPassphrase()
  if (passphrase === null) {
    throw new CommandFailed(
      'The key is kept under a passphrase: set TRIBUTARY_BACKUP_PASSPHRASE, or TRIBUTARY_BACKUP_PASSPHRASE_FILE to a file that holds it.',
    )
  }
  return passphrase
}

/** Looked at first: a long copy that ends in a missing passphrase helps nobody. */
async function keysToWrap(config: Config): Promise<readonly Buffer[]> {
  if (passphraseOf(config).length < SHORTEST_PASSPHRASE) {
    throw new CommandFailed(
      `The passphrase in TRIBUTARY_BACKUP_PASSPHRASE is too short; take at least ${SHORTEST_PASSPHRASE} characters.`,
    )
  }
  const { dataDir } = config
  const given = config.secretKeys()
  const file = given === null ? readKeyFile(dataDir) : null
  if (file?.kind === 'unusable') throw new CommandFailed(file.reason)
  const keys = given ?? (file?.kind === 'key' ? [file.key] : [])
  if (keys.length === 0) {
    throw new CommandFailed(
      `There is no key in ${dataDir} to keep; set TRIBUTARY_SECRET_KEY as the hub has it, or leave out --with-key.`,
    )
  }
  const db = openBeside(dataDir)
  try {
    const check = db.prepare('SELECT value FROM meta WHERE name = ?')
    const getMeta = async (name: string): Promise<string | null> => {
      const row = check.get(name)
      return row === undefined ? null : String(row.value)
    }
    const misfit = await keyMisfit({ given: keys, dataDir }, { getMeta })
    if (misfit !== null) throw new CommandFailed(misfit)
    return keys
  } finally {
    db.close()
  }
}

// ── room, end, words ────────────────────────────────────────────────────────────────────────────────────────────────

function requireSpace(dataDir: string, folder: string): void {
  const database = databaseFile(dataDir)
  if (!existsSync(database)) return
  const needed = statSync(database).size
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < needed) {
    throw new CommandFailed(
      `There is no room for a backup of ${sizeOf(needed)} in ${folder} (${sizeOf(bavail * bsize)} free); free some space or choose another disk.`,
    )
  }
}

/** An unfinished file is of no use to anybody, and has its size. */
export function onSignal(drop: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const
  const end = (): void => {
    drop()
    process.exit(1)
  }
  for (const signal of signals) process.once(signal, end)
  return () => {
    for (const signal of signals) process.off(signal, end)
  }
}

function tell(config: Config, file: string, note: BackupNote): void {
  say(`${file}: ${sizeOf(statSync(file).size)}, checked page by page.`)
  say(`It holds the database as of ${momentOf(note.taken_at)}: ${contentsOf(note)}.`)
  const where = config.secretKeys() === null ? keyFileOf(config.dataDir) : 'the value of TRIBUTARY_SECRET_KEY'
  if (note.key_ids.length === 0) say('No credential is in it yet, so it can be restored without a key.')
  else
    say(
      note.wrapped_keys === null
        ? `The secret key is not in it: keep ${where} in another place, since no credential can be read without it.`
        : 'The secret key is in it, under the passphrase: keep the passphrase in another place.',
    )
  say(`To restore it into an empty data folder: tributary restore --from ${file}`)
}
