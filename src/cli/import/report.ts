import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Place } from '../../ingest/import/row.ts'
import { complain, say } from '../output.ts'

/** What was left out and why, by reason, with the lines: bounded, whatever the file holds. */
export interface Remarks {
  /** The row was not taken. */
  skip(reason: string, place: Place): void
  /** It was taken, and something about it is worth knowing. */
  note(reason: string, places: readonly Place[]): void
  readonly skipped: number
  /** Writes the report where there is something to say; gives whether it did. */
  write(path: string, files: readonly string[]): boolean
  tell(): void
}

const MOST_PLACES = 10_000
const MOST_REASONS = 1_000

interface Reason {
  count: number
  readonly places: Place[]
  readonly skips: boolean
}

export function openRemarks(): Remarks {
  const reasons = new Map<string, Reason>()
  let skipped = 0
  const add = (reason: string, place: Place, skips: boolean): void => {
    const name = reasons.has(reason) || reasons.size < MOST_REASONS ? reason : 'Other reasons.'
    const known = reasons.get(name) ?? { count: 0, places: [], skips }
    known.count += 1
    if (known.places.length < MOST_PLACES) known.places.push(place)
    reasons.set(name, known)
    if (skips) skipped += 1
  }
  const ordered = (): readonly (readonly [string, Reason])[] => [...reasons].sort(([, a], [, b]) => b.count - a.count)
  return {
    skip: (reason, place) => add(reason, place, true),
    note: (reason, places) => {
      for (const place of places) add(reason, place, false)
    },
    get skipped() {
      return skipped
    },
    write(path, files) {
      if (reasons.size === 0) return false
      const lines = ordered().flatMap(([reason, { count, places, skips }]) => [
        `${count} ${skips ? 'not taken' : 'taken, with a remark'}: ${reason}`,
        ...places.map(([file, line]) => `  ${basename(files[file] ?? '')}:${line}`),
        ...(count > places.length ? [`  … and ${count - places.length} more`] : []),
        '',
      ])
      writeFileSync(path, `${lines.join('\n')}`, { mode: 0o600 })
      return true
    },
    tell() {
      for (const [reason, { count, skips }] of ordered().slice(0, 20))
        complain(`${count} ${skips ? 'not taken' : 'taken, with a remark'}: ${reason}`)
    },
  }
}

/** How an import ended, and where the lines are that it left out. */
export function conclude(words: string, remarks: Remarks, report: string, files: readonly string[]): void {
  say(words)
  if (!remarks.write(report, files)) return
  remarks.tell()
  say(`The lines are in ${report}.`)
}
