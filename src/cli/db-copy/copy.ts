import type { Value, Values } from '../../storage/columns.ts'
import { COPY_TABLES, type CopySource, type CopyTable, type CopyTarget } from '../../storage/copy.ts'
import { openDigest } from './digest.ts'

export interface CopiedTable {
  readonly name: string
  readonly rows: number
  readonly hash: string
}

/** What is copied, table by table, and where the two sides differ afterwards. */
export interface CopyResult {
  readonly tables: readonly CopiedTable[]
  readonly differences: readonly string[]
}

/** `moved`: rows written and rows read back until now, of so many. */
export type Moved = (what: string, rows: number, of: number) => void

/** Copies everything, then reads all of it back from the target and compares number and hash of each table. */
export async function copyAll(source: CopySource, target: CopyTarget, moved: Moved): Promise<CopyResult> {
  let all = 0
  for (const table of COPY_TABLES) all += 2 * (await source.count(table))
  let done = 0
  const tables: CopiedTable[] = []
  for (const table of COPY_TABLES) {
    const digest = openDigest(table)
    for await (const piece of source.read(table)) {
      const rows = piece.map(asBothKeepIt)
      await target.write(table, rows)
      digest.add(rows)
      done += rows.length
      moved(table.name, done, all)
    }
    tables.push({ name: table.name, rows: digest.rows, hash: digest.hex() })
  }
  const differences: string[] = []
  for (const [index, table] of COPY_TABLES.entries()) {
    const written = await readBack(target, table, (rows) => {
      done += rows
      moved(`checking ${table.name}`, done, all)
    })
    const wanted = tables[index]
    if (written.rows !== wanted?.rows) differences.push(`${table.name}: ${written.rows} of ${wanted?.rows} rows`)
    else if (written.hash !== wanted.hash) differences.push(`${table.name}: other contents`)
  }
  return { tables, differences }
}

async function readBack(
  target: CopySource,
  table: CopyTable,
  moved: (rows: number) => void,
): Promise<{ readonly rows: number; readonly hash: string }> {
  const digest = openDigest(table)
  for await (const piece of target.read(table)) {
    digest.add(piece)
    moved(piece.length)
  }
  return { rows: digest.rows, hash: digest.hex() }
}

/** PostgreSQL keeps no NUL in a text; SQLite may hold one in words for people. */
function asBothKeepIt(row: Values): Values {
  return row.some(hasNul)
    ? row.map((value) => (typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value))
    : row
}

function hasNul(value: Value): boolean {
  return typeof value === 'string' && value.includes('\0')
}
