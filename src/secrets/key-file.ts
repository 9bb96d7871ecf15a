import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { generateKey, KEY_BYTES } from './key-ring.ts'

export function keyFileOf(dataDir: string): string {
  return join(dataDir, 'secret.key')
}

export type KeyFile =
  | { readonly kind: 'key'; readonly key: Buffer; readonly readableByOthers: boolean }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unusable'; readonly reason: string }

/** Reads the key that an earlier start generated. Never throws. */
export function readKeyFile(dataDir: string): KeyFile {
  const path = keyFileOf(dataDir)
  try {
    const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64')
    if (key.length !== KEY_BYTES) {
      return { kind: 'unusable', reason: `${path} does not hold a key; put back the one from your backup.` }
    }
    const others = process.platform === 'win32' ? 0 : statSync(path).mode & 0o077
    return { kind: 'key', key, readableByOthers: others !== 0 }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { kind: 'absent' }
    return { kind: 'unusable', reason: `${path} cannot be read (${codeOf(error)}); make it readable for this user.` }
  }
}

/**
 * Writes a new key, readable by its owner alone, durable when it returns. A key that exists is kept and returned: it is
 * never overwritten.
 */
export function generateKeyFile(dataDir: string): KeyFile {
  const path = keyFileOf(dataDir)
  const draft = `${path}.${randomUUID()}`
  try {
    writeDurably(draft, `${generateKey().toString('base64')}\n`)
    try {
      linkSync(draft, path)
    } finally {
      unlinkSync(draft)
    }
    syncFolder(dataDir)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') {
      return {
        kind: 'unusable',
        reason: `${path} cannot be written (${codeOf(error)}); make the data folder writable for this user.`,
      }
    }
  }
  return readKeyFile(dataDir)
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** So that the file's name survives a power cut too; not possible and not needed on Windows. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
