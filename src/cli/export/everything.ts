import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { Command, Option } from 'commander'
import { loadConfig } from '../../config.ts'
import type { ExportQuery, ImportsDoor } from '../../http/imports-door.ts'
import { CommandFailed } from '../failure.ts'
import { csvLine } from '../import/csv.ts'
import { withImports } from '../import/hub.ts'
import { complain } from '../output.ts'
import { openProgress } from '../progress.ts'

interface Flags {
  readonly project: string
  readonly format: 'jsonl' | 'csv'
  readonly after?: string
  readonly to?: string
}

/** Rows of one short read. */
const PAGE = 500

const WHAT = {
  events: 'every event, oldest first, as the API gives it',
  customers: 'every customer with ids and attributes',
  purchases: 'every purchase with what its store is asked by, tokens included',
} as const satisfies Record<ExportQuery['kind'], string>

export function everythingCommands(): readonly Command[] {
  return (['events', 'customers', 'purchases'] as const).map((kind) =>
    new Command(kind)
      .description(WHAT[kind])
      .requiredOption('--project <id>', 'the project')
      .addOption(
        new Option('--format <format>', 'one JSON object a line, or a table')
          .choices(['jsonl', 'csv'])
          .default('jsonl'),
      )
      .option('--after <place>', 'begin behind this place, which the last run has named')
      .option('--to <file>', 'a new file; standard output when it is left out')
      .addHelpText(
        'after',
        `
In CSV an apostrophe stands before what a spreadsheet would take for a formula; tributary import takes it away again.
Tokens and attributes are in it as they are in the database: keep the file where you would keep that.`,
      )
      .action(async (flags: Flags) => withImports(loadConfig(), (door) => writeAll(kind, flags, door))),
  )
}

interface Sink {
  write(text: string): Promise<void>
  end(): Promise<void>
}

/** Waits where the reader is slower than the database: memory stays flat. */
function openSink(to: string | undefined): Sink {
  const stream = to === undefined ? process.stdout : createWriteStream(to, { flags: 'wx', mode: 0o600 })
  let failure: Error | null = null
  stream.on('error', (error) => {
    failure = error
  })
  const check = (): void => {
    if (failure !== null) throw sinkFailed(to, failure)
  }
  return {
    async write(text) {
      check()
      await new Promise<void>((resolve) => stream.write(text, () => resolve()))
      check()
    },
    async end() {
      if (to === undefined) return
      stream.end()
      await finished(stream).catch((error: Error) => Promise.reject(sinkFailed(to, error)))
    },
  }
}

function sinkFailed(to: string | undefined, error: Error): Error {
  const code = 'code' in error ? error.code : ''
  if (code === 'EEXIST') return new CommandFailed(`${to} exists already; name a file that does not.`)
  if (code === 'EPIPE') return new CommandFailed('Who read the export has ended; run it again.')
  return new CommandFailed(`The export cannot be written (${error.message}); name another file.`)
}

async function writeAll(
  kind: ExportQuery['kind'],
  { project, format, after = '', to }: Flags,
  door: ImportsDoor,
): Promise<void> {
  const sink = openSink(to)
  const progress = openProgress('Writing')
  let [rows, place]: [number, string] = [0, after]
  let columns: readonly string[] | null = null
  for (let next: string | null = after; next !== null; ) {
    const page = await door.page({ kind, projectId: project, after: next, limit: PAGE })
    const lines: string[] = []
    for (const item of page.items) {
      if (format === 'csv') {
        columns ??= columnsOf(kind, item)
        if (rows === 0) lines.push(csvLine(columns))
        lines.push(csvLine(columns.map((column) => cellOf(item[column]))))
      } else lines.push(`${JSON.stringify(item)}\n`)
      rows += 1
    }
    if (lines.length > 0) await sink.write(lines.join(''))
    progress.words(`${rows} ${kind}`)
    place = page.next ?? place
    next = page.next
  }
  await sink.end()
  progress.end()
  complain(`${rows} ${kind}${place === '' ? '' : `; what is new later: --after ${place}`}`)
}

/** Keys that belong to some types of events alone stand in a table for all. */
const SOMETIMES: readonly string[] = [
  'new_product_id',
  'grace_period_expiration_at_ms',
  'auto_resume_at_ms',
  'is_trial_conversion',
  'cancel_reason',
  'expiration_reason',
  'offer_code',
  'transferred_from',
  'transferred_to',
]

function columnsOf(kind: ExportQuery['kind'], item: Readonly<Record<string, unknown>>): readonly string[] {
  const own = Object.keys(item)
  return kind === 'events' ? [...new Set(['app_id', 'app_user_id', ...own, ...SOMETIMES])] : own
}

function cellOf(value: unknown): string | number | boolean | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return JSON.stringify(value)
}
