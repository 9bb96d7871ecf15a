import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import type { Config } from '../../config.ts'
import type { StoreName } from '../../domain/purchase.ts'
import type { ImportApp, ImportsDoor } from '../../http/imports-door.ts'
import { type ExportRow, REQUIRED_COLUMNS, rowOf } from '../../ingest/import/row.ts'
import { onSignal } from '../backup.ts'
import { CommandFailed } from '../failure.ts'
import { openProgress } from '../progress.ts'
import { readCsv, type Source, sourceOf } from './files.ts'
import { openParts, type Parts, partsFor } from './parts.ts'
import { conclude, openRemarks, type Remarks } from './report.ts'
import { beginImport, count, type Running } from './run.ts'

export interface ExportFlags {
  readonly project: string
  readonly app: readonly string[]
  readonly deliver: boolean
  readonly again: boolean
  readonly report?: string
}

/** Rows that go into one transaction: 1,000 of them take 50 ms, during which a running hub goes on taking messages in. */
const BATCH_ROWS = 1_000

/**
 * An import lives of 40 MB and makes thousands of times that of garbage: V8 would let 250 MB of it lie before it cleans up.
 * Measured, the most that the process had in memory: 250,000 rows 548 MB without it and 465 with it, five million 607 MiB and
 * 491 MiB, in the same time.
 */
const HEAP_GROWTH = '--heap-growing-percent=10'

/** Reads the files once, lays their rows apart by customer, and takes over one part after the other. */
export async function importExport(
  config: Config,
  files: readonly string[],
  flags: ExportFlags,
  door: ImportsDoor,
): Promise<void> {
  setFlagsFromString(HEAP_GROWTH)
  const hashing = openProgress('Looking at the files')
  const source = await sourceOf(files, `revenuecat_export${flags.deliver ? ' announced' : ''}`, hashing.part)
  hashing.end()
  const start = { projectId: flags.project, id: source.id, kind: 'revenuecat_export', source: source.names } as const
  const running = await beginImport(door, start, flags.again)
  if (running === null) return
  const named = namedApps(flags.app, running.apps)
  const remarks = openRemarks()
  const parts = openParts(join(config.dataDir, source.id), partsFor(unpacked(source)))
  const stopped = onSignal(() => parts.remove())
  try {
    const { read, asOf } = await layApart(source, parts, remarks)
    const batch = { asOf, announce: flags.deliver, named }
    await takeParts(parts, batch, { door, running, remarks, projectId: flags.project })
    await running.finish(parts.count)
    const { rows = 0, customers = 0, purchases = 0, movements = 0, events = 0 } = running.counts
    conclude(
      `${read} rows read, ${rows} taken over: ${customers} customers and ${purchases} purchases written, ${movements} entries of the ledger, ${events} events announced; ${remarks.skipped} rows not taken.`,
      remarks,
      flags.report ?? `${source.id}.report.txt`,
      files,
    )
  } finally {
    parts.remove()
    stopped()
  }
}

/** Packed files hold about eight times their size. */
function unpacked({ paths, bytes }: Source): number {
  return paths.some((path) => path.endsWith('.gz')) ? bytes * 8 : bytes
}

/** `--app ios` names the app of its store; a store with one app needs no name. */
function namedApps(given: readonly string[], apps: readonly ImportApp[]): Partial<Record<StoreName, string>> {
  const named: Partial<Record<StoreName, string>> = {}
  for (const id of given) {
    const app = apps.find((one) => one.id === id)
    if (app === undefined || app.store === 'revenuecat')
      throw new CommandFailed(`The project has no app ${id} of a store; check --app.`, 2)
    named[app.store] = id
  }
  return named
}

async function layApart(
  source: Source,
  parts: Parts,
  remarks: Remarks,
): Promise<{ readonly read: number; readonly asOf: number }> {
  const progress = openProgress('Reading')
  let [read, asOf, before] = [0, 0, 0]
  for (const [file, path] of source.paths.entries()) {
    let size = 0
    await readCsv(path, {
      required: REQUIRED_COLUMNS,
      remarks,
      file,
      bytes(at) {
        size = at
        progress.part((before + at) / Math.max(source.bytes, 1))
      },
      record({ cell, line }) {
        read += 1
        const result = rowOf(cell, [file, line])
        if (result.kind === 'skipped') return remarks.skip(result.reason, [file, line])
        asOf = Math.max(asOf, result.row.updatedAt)
        parts.add(result.row)
      },
    })
    before += size
  }
  parts.flush()
  progress.end()
  return { read, asOf }
}

interface Taking {
  readonly door: ImportsDoor
  readonly running: Running
  readonly remarks: Remarks
  readonly projectId: string
}

type Batch = Omit<Parameters<ImportsDoor['takeExported']>[1], 'customers'>

async function takeParts(parts: Parts, batch: Batch, { door, running, remarks, projectId }: Taking): Promise<void> {
  const progress = openProgress('Taking over')
  for (let part = running.done; part < parts.count; part += 1) {
    for (const customers of batchesOf(parts.read(part))) {
      const taken = await door.takeExported(projectId, { ...batch, customers })
      const { remarks: said, ...sums } = taken
      count(running.counts, sums)
      for (const { reason, places, skips } of said) {
        if (skips) for (const place of places) remarks.skip(reason, place)
        else remarks.note(reason, places)
      }
    }
    await running.reached(part + 1, parts.count)
    progress.part((part + 1) / parts.count)
  }
  progress.end()
}

/** A customer with more rows than a batch holds comes in several: facts are merged, so nothing is lost by it. */
function* batchesOf(customers: readonly (readonly ExportRow[])[]): Iterable<(readonly ExportRow[])[]> {
  let batch: (readonly ExportRow[])[] = []
  let rows = 0
  for (const given of customers) {
    // The newest first: what is known of later periods tells that an older one is not the state any more.
    const all = given.length > BATCH_ROWS ? given.toSorted((a, b) => b.startsAt - a.startsAt) : given
    for (let from = 0; from < all.length; from += BATCH_ROWS) {
      const some = all.slice(from, from + BATCH_ROWS)
      if (rows + some.length > BATCH_ROWS && batch.length > 0) {
        yield batch
        batch = []
        rows = 0
      }
      batch.push(some)
      rows += some.length
    }
  }
  if (batch.length > 0) yield batch
}
