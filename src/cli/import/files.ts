import { createHash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { derivedId } from '../../domain/ids.ts'
import { CommandFailed } from '../failure.ts'
import { openCsv } from './csv.ts'
import type { Remarks } from './report.ts'

/** Several files that are one import. */
export interface Source {
  readonly paths: readonly string[]
  /** Of the contents: the same files, under whatever names, are the same import. */
  readonly id: string
  readonly bytes: number
  readonly names: string
}

export async function sourceOf(
  paths: readonly string[],
  kind: string,
  progress: (done: number) => void,
): Promise<Source> {
  const bytes = paths.reduce((sum, path) => sum + sizeOf(path), 0)
  const hashes: string[] = []
  let read = 0
  for (const path of paths) {
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(path, { highWaterMark: 1_048_576 })) {
      hash.update(chunk as Buffer)
      read += (chunk as Buffer).length
      progress(read / Math.max(bytes, 1))
    }
    hashes.push(hash.digest('hex'))
  }
  const names = paths.map((path) => basename(path)).join(', ')
  return { paths, id: derivedId('imp', [kind, ...hashes]), bytes, names: names.slice(0, 1_000) }
}

function sizeOf(path: string): number {
  try {
    const found = statSync(path)
    if (found.isFile()) return found.size
  } catch {
    // Said below.
  }
  throw new CommandFailed(`There is no file ${path}; check its name.`)
}

/** The text of a file, unpacked when it is gzip. @throws CommandFailed when the file is cut off or cannot be read. */
export async function* textOf(path: string): AsyncIterable<{ readonly text: string; readonly bytes: number }> {
  const file = createReadStream(path, { highWaterMark: 262_144 })
  const gunzip = (await isGzip(path)) ? createGunzip() : null
  const stream: Readable = gunzip === null ? file : file.pipe(gunzip)
  file.on('error', (error) => stream.destroy(error))
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  try {
    for await (const chunk of stream)
      yield { text: decoder.decode(chunk as Buffer, { stream: true }), bytes: file.bytesRead }
    yield { text: decoder.decode(), bytes: file.bytesRead }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CommandFailed(
      `${path} cannot be read to its end (${why}): get the file again; nothing that the hub has was changed.`,
    )
  } finally {
    file.destroy()
  }
}

async function isGzip(path: string): Promise<boolean> {
  for await (const chunk of createReadStream(path, { end: 1 })) {
    const [first, second] = chunk as Buffer
    return first === 0x1f && second === 0x8b
  }
  return false
}

/** A record by the names of its columns. */
export interface NamedRecord {
  readonly cell: (column: string) => string
  readonly columns: readonly string[]
  readonly line: number
}

/** Every record of a CSV file whose first line names its columns. Bad records are remarked, and never end it. */
export async function readCsv(
  path: string,
  options: {
    readonly required: readonly string[]
    readonly remarks: Remarks
    readonly file: number
    readonly bytes: (read: number) => void
    readonly record: (record: NamedRecord) => void
    /** Between the pieces of a file: what was read is worked off. */
    readonly drained?: () => Promise<void>
  },
): Promise<void> {
  let columns: ReadonlyMap<string, number> | null = null
  let names: readonly string[] = []
  const { remarks, file, required } = options
  const csv = openCsv({
    record(cells, line) {
      if (columns === null) {
        names = cells.map((name) => name.trim().toLowerCase())
        columns = new Map(names.map((name, index) => [name, index]))
        requireColumns(path, columns, required)
        return
      }
      if (cells.length !== columns.size)
        return remarks.skip('It has more or fewer cells than the first line.', [file, line])
      const places = columns
      options.record({ cell: (column) => cells[places.get(column) ?? -1] ?? '', columns: names, line })
    },
    fault: (line, reason) => remarks.skip(reason, [file, line]),
  })
  for await (const { text, bytes } of textOf(path)) {
    csv.write(text)
    options.bytes(bytes)
    await options.drained?.()
  }
  csv.end()
  if (columns === null) throw new CommandFailed(`${path} is empty; its first line must name its columns.`)
  await options.drained?.()
}

function requireColumns(path: string, columns: ReadonlyMap<string, number>, required: readonly string[]): void {
  const missing = required.filter((name) => !columns.has(name))
  if (missing.length > 0)
    throw new CommandFailed(`${path} has no column ${missing.join(', ')}; its first line must name the columns.`)
}
