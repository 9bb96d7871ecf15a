import { Command, Option } from 'commander'
import { loadConfig } from '../../config.ts'
import { APPLE_MONTHS, appleMonth, calendarMonth, type MonthSpan } from '../../domain/fiscal.ts'
import { openStorage } from '../../hub/storage.ts'
import type { ReadStorage } from '../../storage/reads.ts'
import { CommandFailed } from '../failure.ts'
import { csvLine } from '../import/csv.ts'
import { say } from '../output.ts'
import { createLedgerSums, type LedgerLine } from './ledger-sums.ts'

interface LedgerFlags {
  readonly month: string
  readonly fiscal?: string
  readonly project?: string
  readonly environment: 'production' | 'sandbox'
  readonly format: 'csv' | 'json'
}

/** Entries that are read at once: memory does not grow with how many there are. */
const PAGE = 2_000

export function ledgerCommand(): Command {
  return new Command('ledger')
    .description('a month of money by store, product, country and currency')
    .requiredOption('--month <month>', 'as 2026-11, in UTC')
    .addOption(
      new Option('--fiscal <calendar>', "the fiscal month of that name in a store's calendar").choices(['apple']),
    )
    .option('--project <id>', 'which project; not needed where there is one')
    .addOption(new Option('--environment <name>').choices(['production', 'sandbox']).default('production'))
    .addOption(new Option('--format <format>').choices(['csv', 'json']).default('csv'))
    .addHelpText(
      'after',
      `
Amounts are in the currency of the purchase. Lines without an event are what a history or a receipt told and no event
announced, and corrections; with them the sums are what the store says was moved. See docs/money.md.`,
    )
    .action(exportLedger)
}

async function exportLedger(flags: LedgerFlags): Promise<void> {
  const span = spanOf(flags)
  const storage = await openStorage(loadConfig(), { readOnly: true, migrate: false })
  try {
    const { rows } = await storage.loadSettings()
    const projects = rows.filter(({ kind }) => kind === 'project').map(({ id }) => id)
    const projectId = projectOf(flags.project, projects)
    const sums = createLedgerSums()
    for await (const row of entriesOf(storage, { projectId, environment: flags.environment, ...span })) sums.add(row)
    print({ ...flags, project: projectId }, span, sums.lines())
  } finally {
    await storage.close()
  }
}

function spanOf({ month, fiscal }: LedgerFlags): MonthSpan {
  const calendar = calendarMonth(month)
  if (calendar === null) throw new CommandFailed(`"${month}" is no month; write --month 2026-11.`, 2)
  if (fiscal === undefined) return calendar
  const span = appleMonth(month)
  if (span !== null) return span
  throw new CommandFailed(`Apple's fiscal calendar is known from ${APPLE_MONTHS}; choose a month of these.`, 2)
}

function projectOf(asked: string | undefined, projects: readonly string[]): string {
  const known = projects.length === 0 ? 'there is none yet' : `there are ${projects.join(', ')}`
  if (asked !== undefined) {
    if (projects.includes(asked)) return asked
    throw new CommandFailed(`There is no project ${asked} (${known}); name one of these with --project.`)
  }
  const [only, ...others] = projects
  if (only !== undefined && others.length === 0) return only
  throw new CommandFailed(`Which project is meant is not clear (${known}); name one with --project.`)
}

async function* entriesOf(
  reads: Pick<ReadStorage, 'pageLedger'>,
  of: Omit<Parameters<ReadStorage['pageLedger']>[0], 'after' | 'limit'>,
) {
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<ReadStorage['pageLedger']>> = await reads.pageLedger({ ...of, after, limit: PAGE })
    yield* page.items
    after = page.next
  } while (after !== null)
}

const COLUMNS = ['store', 'product', 'country', 'currency', 'event', 'entries', 'unpriced'] as const
const AMOUNTS = ['gross', 'commission', 'tax', 'net'] as const

function print(flags: LedgerFlags, { from, to }: MonthSpan, lines: readonly LedgerLine[]): void {
  const rows = lines.map(({ event, estimatedPpm, ...line }) => ({
    ...line,
    event: event ? 'with' : 'without',
    ...Object.fromEntries(AMOUNTS.map((name) => [name, decimalText(line[name])])),
    estimated_share: decimalText(BigInt(estimatedPpm)),
  }))
  if (flags.format === 'json') {
    const { project, month, environment, fiscal = 'calendar' } = flags
    const [begins, ends] = [from, to].map((at) => new Date(at).toISOString())
    say(JSON.stringify({ project, month, calendar: fiscal, from: begins, to: ends, environment, lines: rows }, null, 2))
    return
  }
  say(csvLine([...COLUMNS, ...AMOUNTS, 'estimated_share']).trimEnd())
  for (const row of lines) {
    const texts = [row.store, row.product, row.country, row.currency, row.event ? 'with' : 'without']
    const amounts = AMOUNTS.map((name) => decimalText(row[name]))
    // Amounts are numbers whatever they begin with: only words are made safe.
    say(
      [
        csvLine([...texts, row.entries, row.unpriced]).trimEnd(),
        ...amounts,
        decimalText(BigInt(row.estimatedPpm)),
      ].join(','),
    )
  }
}

/** Micros (or parts per million) of any size as an exact decimal. */
function decimalText(micros: bigint): string {
  const size = micros < 0n ? -micros : micros
  const fraction = String(size % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '')
  return `${micros < 0n ? '-' : ''}${size / 1_000_000n}${fraction === '' ? '' : `.${fraction}`}`
}
