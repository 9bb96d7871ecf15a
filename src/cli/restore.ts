import { existsSync, readdirSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { appendErased, erasedFileOf, erasedFrom } from '../hub/erased-file.ts'
import { finishRestore, type Inspected, inspectBackup } from '../storage/sqlite/copy/backup-file.ts'
import { copyFile, publish } from '../storage/sqlite/copy/files.ts'
import { databaseFile } from '../storage/sqlite/database.ts'
import { lockFolder, prepareFolder } from '../storage/sqlite/lock.ts'
import { newestSchema } from '../storage/sqlite/migrate.ts'
import { type Keys, keepKeys, keysFor } from './backup/keys.ts'
import { type BackupNote, contentsOf, momentOf, readNote, sizeOf } from './backup/note.ts'
import { faultOf, onSignal, refusePostgres } from './backup.ts'
import { CommandFailed } from './failure.ts'
import { say } from './output.ts'

interface Flags {
  readonly from: string
  readonly key?: string
  readonly erased?: string
}

export function restoreCommand(): Command {
  return new Command('restore')
    .requiredOption('--from <file>', 'the backup')
    .option('--key <file>', 'the secret key as secret.key holds it, to be put into the data folder')
    .option('--erased <file>', 'erased.jsonl of the hub, whose people the next start erases again')
    .addHelpText(
      'after',
      `
The key is taken from --key, from the backup itself (TRIBUTARY_BACKUP_PASSPHRASE), from TRIBUTARY_SECRET_KEY or from
secret.key in the data folder. Events since the backup may be sent again, under the same ids: see docs/operate/backup.md.`,
    )
    .action(async (flags: Flags) => restore(loadConfig(), resolve(flags.from), flags))
}

async function restore(config: Config, file: string, { key: keyFile, erased }: Flags): Promise<void> {
  refusePostgres(config)
  const { note, inspected } = readBackup(file)
  prepareFolder(config.dataDir)
  const lock = lockFolder(config.dataDir)
  try {
    requireEmpty(config.dataDir)
    const keys = await keysFor(config, keyFile, note, inspected.getMeta)
    requireSpace(file, config.dataDir)
    if (erased !== undefined) bringList(resolve(erased), config.dataDir)
    const kept = putDatabase(file, config.dataDir, note, keys)
    tell(config.dataDir, note, kept)
  } finally {
    lock.release()
  }
}

function readBackup(file: string): { readonly note: BackupNote; readonly inspected: Inspected } {
  if (!existsSync(file)) throw new CommandFailed(`There is no file ${file}; name the backup to restore.`)
  const inspected = inspectBackup(file)
  if (inspected === null) {
    throw new CommandFailed(`${file} is no backup of Tributary, or is damaged; take another one.`)
  }
  if (inspected.schema > newestSchema()) {
    throw new CommandFailed(
      `${file} was made by a newer Tributary (schema ${inspected.schema}, this one knows ${newestSchema()}); restore it with that version.`,
    )
  }
  if (inspected.note === null) {
    throw new CommandFailed(
      `${file} is a database and no backup; a copy of a stopped hub's folder is used by setting TRIBUTARY_DATA_DIR to it.`,
    )
  }
  const note = readNote(inspected.note)
  if (note === null) throw new CommandFailed(`The backup ${file} is damaged; take another one.`)
  return { note, inspected }
}

/** Before the database has its name: a start must not find it without the list. */
function bringList(file: string, dataDir: string): void {
  const rows = existsSync(file) ? erasedFrom(readFileSync(file, 'utf8')) : null
  if (rows === null) throw new CommandFailed(`There is no file ${file}; name the erased.jsonl of the hub.`)
  appendErased(dataDir, rows)
  say(`${rows.length} erased ids are on the list that the next start applies.`)
}

const DRAFT = 'tributary.db.restoring'
/** What may lie in the folder: what an operator puts there first, what a lock and an earlier try leave behind. */
const MAY_BE_THERE =
  /^(secret\.key|erased\.jsonl|lock\.db(-journal)?|tributary\.db\.restoring(-journal|-wal|-shm)?|lost\+found)$/

function requireEmpty(dataDir: string): void {
  if (existsSync(databaseFile(dataDir))) {
    throw new CommandFailed(
      `The data folder ${dataDir} holds a database already; move it away, or restore into another folder with TRIBUTARY_DATA_DIR.`,
    )
  }
  const foreign = readdirSync(dataDir).find((name) => !MAY_BE_THERE.test(name))
  if (foreign !== undefined) {
    throw new CommandFailed(
      `The data folder ${dataDir} is not empty (${foreign}); restore into an empty one, set by TRIBUTARY_DATA_DIR.`,
    )
  }
}

function requireSpace(file: string, dataDir: string): void {
  const needed = statSync(file).size
  const { bavail, bsize } = statfsSync(dataDir)
  if (bavail * bsize < needed) {
    throw new CommandFailed(
      `There is no room for ${sizeOf(needed)} in ${dataDir} (${sizeOf(bavail * bsize)} free); free some space or choose another disk.`,
    )
  }
}

/** The database has its name only when all of it was looked through and is on disk, and its key lies beside it. */
function putDatabase(file: string, dataDir: string, note: BackupNote, keys: Keys | null): string | null {
  const draft = join(dataDir, DRAFT)
  const drop = (): void => {
    for (const end of ['', '-journal', '-wal', '-shm']) rmSync(draft + end, { force: true })
  }
  drop()
  const stopped = onSignal(drop)
  try {
    copyFile(file, draft)
    const verdict = finishRestore(draft, { counts: note.counts, takenAt: note.taken_at }, Date.now())
    if (verdict.kind === 'broken') {
      throw new CommandFailed(`The backup ${file} is damaged (${verdict.reason}); take another one.`)
    }
    const kept = keepKeys(dataDir, keys)
    publish(draft, databaseFile(dataDir))
    return kept
  } catch (error) {
    throw faultOf(error, dataDir) ?? error
  } finally {
    drop()
    stopped()
  }
}

function tell(dataDir: string, note: BackupNote, kept: string | null): void {
  const minutes = Math.ceil((Date.now() - note.taken_at) / 60_000)
  say(`${databaseFile(dataDir)}: restored and checked, ${contentsOf(note)}.`)
  if (kept !== null) say(kept)
  say(
    `It is as of ${momentOf(note.taken_at)}, ${minutes} minute(s) ago. What was delivered since then may be sent again, under the same ids.`,
  )
  say(
    'What a store told since then comes back only if the store sends it again or is asked: an App Store app with receive: pull reads up to 180 days back (docs/operate/backup.md).',
  )
  if (!existsSync(erasedFileOf(dataDir))) {
    say('If people were erased since then, put the erased.jsonl of the hub into the folder before it starts.')
  }
  say('Start the hub with: tributary serve')
}
