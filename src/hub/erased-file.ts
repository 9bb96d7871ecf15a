import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { ErasedId } from '../storage/erasure.ts'

/** The list of erased people beside the embedded database: it lies in no backup, and outlives the database's return to one. */
const ERASED_FILE = 'erased.jsonl'

export function erasedFileOf(folder: string): string {
  return join(folder, ERASED_FILE)
}

/** On disk when it returns. */
export function appendErased(folder: string, rows: readonly ErasedId[]): void {
  if (rows.length === 0) return
  const file = openSync(erasedFileOf(folder), 'a', 0o600)
  try {
    // A line that a power cut left half-written must not swallow the next one.
    writeSync(file, `\n${erasedLines(rows)}`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

export function readErased(folder: string): readonly ErasedId[] {
  const path = erasedFileOf(folder)
  return existsSync(path) ? erasedFrom(readFileSync(path, 'utf8')) : []
}

export function erasedLines(rows: readonly ErasedId[]): string {
  return rows
    .map(({ projectId, hash, erasedAs, erasedAt }) =>
      JSON.stringify({ project: projectId, hash, erased_as: erasedAs, erased_at: new Date(erasedAt).toISOString() }),
    )
    .map((line) => `${line}\n`)
    .join('')
}

/** Lines that are none (the last may be half-written after a power cut: its erasure goes on from the database) are left out. */
export function erasedFrom(text: string): readonly ErasedId[] {
  return text.split('\n').flatMap((line) => {
    const row = parsed(line)
    if (row === null) return []
    const { project, hash, erased_as: erasedAs, erased_at: at } = row
    const erasedAt = typeof at === 'string' ? Date.parse(at) : Number.NaN
    if (typeof project !== 'string' || typeof hash !== 'string' || typeof erasedAs !== 'string') return []
    return Number.isFinite(erasedAt) ? [{ projectId: project, hash, erasedAs, erasedAt }] : []
  })
}

function parsed(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const row: unknown = JSON.parse(line)
    return typeof row === 'object' && row !== null ? (row as Readonly<Record<string, unknown>>) : null
  } catch {
    return null
  }
}
