import { generateKeyFile, keyFileOf, readKeyFile } from './key-file.ts'
import { type KeyRing, keyRing } from './key-ring.ts'
import { open, type Place, seal } from './seal.ts'

/** The key cannot be used with this database; the message is the sentence for the operator. */
export class KeyRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'KeyRefused'
  }
}

/** The part of storage that remembers what the keys are checked against. */
export interface KeyMemory {
  getMeta(name: string): Promise<string | null>
  setMeta(name: string, value: string): Promise<void>
}

export interface KeySource {
  /** From TRIBUTARY_SECRET_KEY; null: the key file of the data folder. */
  readonly given: readonly Buffer[] | null
  readonly dataDir: string
}

const CHECK = 'secret_check'
const CHECK_PLACE: Place = ['meta', '', CHECK, '']
const CHECK_TEXT = 'tributary'

/**
 * The keys of a database: checked against it, generated for a new one. Throws KeyRefused before anything is written
 * under a key that does not fit.
 */
export async function openKeys(source: KeySource, memory: KeyMemory): Promise<KeyRing> {
  const check = await memory.getMeta(CHECK)
  const ring = readKeys(source) ?? generated(source, check !== null)
  if (check === null) {
    await memory.setMeta(CHECK, seal(ring, CHECK_PLACE, CHECK_TEXT))
    return ring
  }
  const misfit = misfitOf(ring, check, source)
  if (misfit !== null) throw new KeyRefused(misfit)
  return ring
}

/** The keys as they are given, unchecked; null when none is given and none was generated yet. Throws KeyRefused. */
export function readKeys(source: KeySource): KeyRing | null {
  if (source.given !== null) return keyRing(source.given)
  const file = readKeyFile(source.dataDir)
  switch (file.kind) {
    case 'key':
      return keyRing([file.key])
    case 'absent':
      return null
    case 'unusable':
      throw new KeyRefused(file.reason)
  }
}

/** Whether the keys fit, for `doctor`: null when they do or when the database has seen no key yet. */
export async function keyMisfit(source: KeySource, memory: Pick<KeyMemory, 'getMeta'>): Promise<string | null> {
  const check = await memory.getMeta(CHECK)
  if (check === null) return null
  const ring = readKeys(source)
  return ring === null ? missing(source.dataDir) : misfitOf(ring, check, source)
}

function generated({ dataDir }: KeySource, seenBefore: boolean): KeyRing {
  if (seenBefore) throw new KeyRefused(missing(dataDir))
  const file = generateKeyFile(dataDir)
  if (file.kind === 'key') return keyRing([file.key])
  throw new KeyRefused(file.kind === 'unusable' ? file.reason : missing(dataDir))
}

function missing(dataDir: string): string {
  return `The key of this database is missing: put ${keyFileOf(dataDir)} back from your backup, or set TRIBUTARY_SECRET_KEY to the key that was used before.`
}

function misfitOf(ring: KeyRing, check: string, { given, dataDir }: KeySource): string | null {
  if (open(ring, CHECK_PLACE, check).kind === 'opened') return null
  const where = given === null ? keyFileOf(dataDir) : 'TRIBUTARY_SECRET_KEY'
  return `The key in ${where} does not fit this database; give the key that was used before (with several keys it may stand behind the new one, separated by a comma).`
}
