import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config.ts'
import { keyFileOf, readKeyFile } from '../../secrets/key-file.ts'
import { KEY_BYTES, keyRing } from '../../secrets/key-ring.ts'
import { keyMisfit } from '../../secrets/open-keys.ts'
import { unwrapKeys } from '../../secrets/passphrase.ts'
import { CommandFailed } from '../failure.ts'
import type { BackupNote } from './note.ts'

/** The keys with which a backup is restored, and where they came from. */
export interface Keys {
  readonly keys: readonly Buffer[]
  readonly from: 'file' | 'backup' | 'environment' | 'folder'
  readonly where: string
}

/** Finds the keys and holds them against the backup. Throws CommandFailed when none is given or they do not fit. */
export async function keysFor(
  config: Config,
  keyFile: string | undefined,
  note: BackupNote,
  getMeta: (name: string) => Promise<string | null>,
): Promise<Keys | null> {
  const found = find(config, keyFile, note)
  // A database that never saw a key needs none.
  if (note.key_ids.length === 0) return found
  if (found === null) {
    throw new CommandFailed(
      note.wrapped_keys === null
        ? 'The secret key of the backup is missing; give it with --key FILE, where FILE holds what secret.key held, or set TRIBUTARY_SECRET_KEY.'
        : 'The secret key lies in the backup under a passphrase; set TRIBUTARY_BACKUP_PASSPHRASE, or give the key with --key FILE.',
    )
  }
  await requireFit(found, note.key_ids, getMeta, 'the backup')
  return found
}

/** Throws CommandFailed unless these keys open all that lies under `ids` in the database that `what` names. */
export async function requireFit(
  { keys, where }: { readonly keys: readonly Buffer[]; readonly where: string },
  ids: readonly string[],
  getMeta: (name: string) => Promise<string | null>,
  what: string,
): Promise<void> {
  const misfit = await keyMisfit({ given: keys, dataDir: '' }, { getMeta })
  const has = keyRing(keys).all.map(({ id }) => id)
  const missing = ids.filter((id) => !has.includes(id))
  if (missing.length === 0 && misfit === null) return
  throw new CommandFailed(
    missing.length === 0 || missing.length === ids.length
      ? `The key in ${where} does not fit ${what}; give the one that the hub had.`
      : `To read ${what} the key(s) ${missing.join(', ')} are needed too, which ${where} does not hold; give all keys that the hub had, separated by commas.`,
  )
}

function find(config: Config, keyFile: string | undefined, note: BackupNote): Keys | null {
  if (keyFile !== undefined) return { keys: keysIn(keyFile), from: 'file', where: keyFile }
  const passphrase = config.backupPassphrase()
  if (note.wrapped_keys !== null && passphrase !== null) {
    const keys = unwrapKeys(note.wrapped_keys, passphrase)
    if (keys === null) {
      throw new CommandFailed(
        'The passphrase in TRIBUTARY_BACKUP_PASSPHRASE is not the one of this backup; give the right one, or the key itself with --key FILE.',
      )
    }
    return { keys, from: 'backup', where: 'the backup' }
  }
  const given = config.secretKeys()
  if (given !== null) return { keys: given, from: 'environment', where: 'TRIBUTARY_SECRET_KEY' }
  const file = readKeyFile(config.dataDir)
  if (file.kind === 'unusable') throw new CommandFailed(file.reason)
  return file.kind === 'key' ? { keys: [file.key], from: 'folder', where: keyFileOf(config.dataDir) } : null
}

/** One key, or several separated by commas. */
function keysIn(path: string): readonly Buffer[] {
  const keys = textOf(path)
    .trim()
    .split(',')
    .map((part) => Buffer.from(part.trim(), 'base64'))
  if (keys.some((key) => key.length !== KEY_BYTES)) {
    throw new CommandFailed(`${path} does not hold a key; give a file with what secret.key held (32 bytes in base64).`)
  }
  return keys
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new CommandFailed(`The key file ${path} cannot be read; check its path and permissions.`)
  }
}

/** Puts keys that came with the restore where the hub finds them; gives what to say of it. Never overwrites a key. */
export function keepKeys(dataDir: string, found: Keys | null): string | null {
  if (found === null || found.from === 'folder' || found.from === 'environment') return null
  const text = `${found.keys.map((key) => key.toString('base64')).join(',')}\n`
  const file = readKeyFile(dataDir)
  const [only] = found.keys
  if (found.keys.length === 1 && only !== undefined && file.kind === 'key' && file.key.equals(only)) return null
  if (found.keys.length === 1 && file.kind === 'absent') {
    writeFileSync(keyFileOf(dataDir), text, { flag: 'wx', mode: 0o600, flush: true })
    return `The secret key is in ${keyFileOf(dataDir)}.`
  }
  const path = join(dataDir, 'restored.keys')
  writeFileSync(path, text, { mode: 0o600, flush: true })
  return `The secret keys are in ${path}; set TRIBUTARY_SECRET_KEY_FILE to it before the hub starts.`
}
