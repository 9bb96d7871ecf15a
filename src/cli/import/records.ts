import { CommandFailed } from '../failure.ts'
import { unescaped } from './csv.ts'
import { readCsv, textOf } from './files.ts'
import type { Remarks } from './report.ts'

/** A record of a CSV or a JSON lines file: values by name, and where it stands. */
export interface ImportedRecord {
  readonly values: Readonly<Record<string, unknown>>
  readonly line: number
}

/** Longer lines are no record that is meant. */
const MOST_CHARS = 4_194_304

export interface RecordOptions {
  readonly required: readonly string[]
  readonly remarks: Remarks
  readonly bytes: (read: number) => void
  /** A batch of what was read, in order; the file is read on when it is worked off. */
  readonly records: (batch: readonly ImportedRecord[]) => Promise<void>
}

const BATCH = 200

/** `.jsonl` and `.ndjson` (packed or not) hold one object a line; everything else is CSV. */
export async function readRecords(path: string, options: RecordOptions): Promise<void> {
  let waiting: ImportedRecord[] = []
  const add = (record: ImportedRecord): void => void waiting.push(record)
  const drain = async (least: number): Promise<void> => {
    while (waiting.length > 0 && waiting.length >= least) {
      const batch = waiting.slice(0, BATCH)
      waiting = waiting.slice(BATCH)
      await options.records(batch)
    }
  }
  if (/\.(jsonl|ndjson)(\.gz)?$/i.test(path)) await readLines(path, options, add, () => drain(BATCH))
  else {
    const { required, remarks, bytes } = options
    await readCsv(path, {
      required,
      remarks,
      file: 0,
      bytes,
      record: ({ cell, columns, line }) =>
        add({ values: Object.fromEntries(columns.map((name) => [name, unescaped(cell(name))])), line }),
      drained: () => drain(BATCH),
    })
  }
  await drain(1)
}

async function readLines(
  path: string,
  { remarks, bytes }: RecordOptions,
  add: (record: ImportedRecord) => void,
  drained: () => Promise<void>,
): Promise<void> {
  let [rest, line] = ['', 0]
  const take = (text: string): void => {
    line += 1
    const trimmed = text.trim()
    if (trimmed === '') return
    const values = objectIn(trimmed)
    if (values === null) remarks.skip('It is no JSON object.', [0, line])
    else add({ values, line })
  }
  for await (const { text, bytes: read } of textOf(path)) {
    const lines = (rest + (line === 0 && rest === '' ? text.replace(/^\uFEFF/, '') : text)).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MOST_CHARS)
      throw new CommandFailed(`${path} has a line that is longer than 4 MB; it is no JSON lines file.`)
    for (const one of lines) take(one)
    bytes(read)
    await drained()
  }
  if (rest !== '') take(rest)
}

function objectIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null
  } catch {
    return null
  }
}

/** A text or a number of a record as text; null where there is none. */
export function textIn(values: Readonly<Record<string, unknown>>, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = values[name]
    if (typeof value === 'string' && value.trim() !== '') return value.trim()
    if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  }
  return null
}
