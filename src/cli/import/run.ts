import type { ImportStart, ImportsDoor } from '../../http/imports-door.ts'
import type { ImportRow } from '../../storage/imports.ts'
import { CommandFailed } from '../failure.ts'
import { say } from '../output.ts'

/** Counts of an import, by name; they go on where an earlier run ended. */
export type Counts = Record<string, number>

export interface Running {
  readonly row: ImportRow
  readonly apps: NonNullable<Awaited<ReturnType<ImportsDoor['begin']>>>['apps']
  readonly counts: Counts
  /** How many pieces were done before this run. */
  readonly done: number
  /** Keeps how far it is. */
  reached(done: number, pieces: number | null): Promise<void>
  finish(done: number): Promise<void>
}

/** Begins an import, or goes on with it; null when it was finished before and is not wanted again. */
export async function beginImport(door: ImportsDoor, start: ImportStart, again: boolean): Promise<Running | null> {
  const begun = await door.begin(start)
  if (begun === null) throw new CommandFailed(`The hub has no project ${start.projectId}; check --project.`)
  const { row, apps } = begun
  if (row.finishedAt !== null && !again) {
    say(
      `${start.source} was taken over already, on ${new Date(row.finishedAt).toISOString()}: nothing to do (--again does it once more, and adds nothing twice).`,
    )
    return null
  }
  const fresh = row.finishedAt !== null || row.done === 0
  if (!fresh) say(`Goes on after ${row.done}${row.pieces === null ? '' : ` of ${row.pieces}`}.`)
  const counts: Counts = fresh ? {} : countsIn(row.counts)
  const save = (done: number, pieces: number | null, finishedAt: number | null): Promise<void> => {
    const at = Date.now()
    const startedAt = fresh ? Math.min(row.updatedAt, at) : row.startedAt
    return door.progress({ ...row, done, pieces, counts: JSON.stringify(counts), startedAt, updatedAt: at, finishedAt })
  }
  return {
    row,
    apps,
    counts,
    done: fresh ? 0 : row.done,
    reached: (done, pieces) => save(done, pieces, null),
    finish: (done) => save(done, done, Date.now()),
  }
}

function countsIn(text: string): Counts {
  const read = JSON.parse(text) as Record<string, unknown>
  return Object.fromEntries(
    Object.entries(read).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  )
}

export function count(counts: Counts, more: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + value
}
