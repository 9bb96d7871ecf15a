import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ExportRow } from '../../ingest/import/row.ts'

/**
 * The rows of an export, laid apart by customer: each part is small enough to hold in memory and has all rows of its
 * customers, so that each customer and each purchase is worked out once, in whatever order the files have them.
 */
export interface Parts {
  readonly count: number
  add(row: ExportRow): void
  /** All that was added is in the files. */
  flush(): void
  /** The rows of one part, by customer. */
  read(part: number): readonly (readonly ExportRow[])[]
  remove(): void
}

/** Some 7,000 rows of 600 bytes: 20 MB while they are worked on. */
const PART_BYTES = 4_194_304
const MOST_PARTS = 4_096
/** What is held back of all parts before it is written. */
const BUFFER_CHARS = 4_194_304

const FIELDS = [
  'place',
  'originalAppUserId',
  'lastSeenAppUserId',
  'firstSeenAt',
  'store',
  'environment',
  'transactionId',
  'originalTransactionId',
  'productId',
  'isSubscription',
  'periodType',
  'startsAt',
  'endsAt',
  'graceEndsAt',
  'accessEndsAt',
  'unsubscribedAt',
  'billingFailedAt',
  'refundedAt',
  'resumesAt',
  'price',
  'keptMicros',
  'isFamilyShare',
  'countryCode',
  'offerCode',
  'entitlements',
  'renewalNumber',
  'isTrialConversion',
  'updatedAt',
  'reservedAttributes',
  'customAttributes',
] as const satisfies readonly (keyof ExportRow)[]

/** As many parts as the size of the files asks for: the same files are laid apart in the same way. */
export function partsFor(bytes: number): number {
  return Math.max(1, Math.min(MOST_PARTS, Math.ceil(bytes / PART_BYTES)))
}

/** The folder holds customers' data: nobody else reads it, and `remove` leaves nothing. */
export function openParts(folder: string, count: number): Parts {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const waiting: string[][] = Array.from({ length: count }, () => [])
  let chars = 0
  const file = (part: number): string => join(folder, `${part}.jsonl`)
  const flush = (): void => {
    waiting.forEach((lines, part) => {
      if (lines.length > 0) appendFileSync(file(part), `${lines.join('\n')}\n`, { mode: 0o600 })
      lines.length = 0
    })
    chars = 0
  }
  return {
    count,
    add(row) {
      const line = JSON.stringify(FIELDS.map((field) => row[field]))
      waiting[partOf(row.originalAppUserId, count)]?.push(line)
      chars += line.length
      if (chars >= BUFFER_CHARS) flush()
    },
    flush,
    read: (part) => [...Map.groupBy(rowsIn(file(part)), (row) => row.originalAppUserId).values()],
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function rowsIn(path: string): readonly ExportRow[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    // No row fell into it.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
  return text.split('\n').flatMap((line) => {
    if (line === '') return []
    const values = JSON.parse(line) as readonly unknown[]
    return [Object.fromEntries(FIELDS.map((field, index) => [field, values[index]])) as unknown as ExportRow]
  })
}

/** FNV-1a: spreads well enough, and is the same everywhere. */
function partOf(appUserId: string, count: number): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < appUserId.length; index += 1) {
    hash = Math.imul(hash ^ appUserId.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0) % count
}
