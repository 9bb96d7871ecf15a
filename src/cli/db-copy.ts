import { Command } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { keyFileOf, readKeyFile } from '../secrets/key-file.ts'
import { keyIdsIn } from '../secrets/seal.ts'
import { COPY_TABLES, type CopySource, columnNames } from '../storage/copy.ts'
import { requireFit } from './backup/keys.ts'
import { copyAll } from './db-copy/copy.ts'
import { openSource, openTarget, type Place, placeOf } from './db-copy/place.ts'
import { CommandFailed } from './failure.ts'
import { say } from './output.ts'
import { openProgress } from './progress.ts'

interface Flags {
  readonly from: string
  readonly to: string
}

export function dbCommand(): Command {
  const copy = new Command('copy')
    .description('copy the whole database from the embedded one to PostgreSQL or back, and check what arrived')
    .requiredOption('--from <database>', 'embedded:FOLDER or postgres://user@host/database; no hub may run on it')
    .requiredOption('--to <database>', 'the same, empty; nothing appears there unless all of it does')
    .addHelpText(
      'after',
      `
Credentials stay encrypted, so TRIBUTARY_SECRET_KEY (or FOLDER/secret.key) must be the key of the source.
A password is better given by PGPASSWORD or a .pgpass file than in the address, which other users of the machine can see.`,
    )
    .action(async (flags: Flags) => {
      const from = placeOf(flags.from, '--from')
      const to = placeOf(flags.to, '--to')
      requireDifferent(from, to)
      await copyDatabase(loadConfig(), from, to)
    })
  return new Command('db').addCommand(copy)
}

function requireDifferent(from: Place, to: Place): void {
  if (from.kind !== to.kind) return
  throw new CommandFailed(
    from.kind === 'embedded'
      ? 'Both databases are embedded; use tributary backup and tributary restore.'
      : 'Both databases are PostgreSQL; use pg_dump and pg_restore.',
    2,
  )
}

async function copyDatabase(config: Config, from: Place, to: Place): Promise<void> {
  const source = await openSource(from)
  try {
    const key = await requireKey(config, source, from, to)
    const target = await openTarget(to)
    try {
      const begun = Date.now()
      const progress = openProgress('Copying')
      const { tables, differences } = await copyAll(source, target, (what, rows, of) => {
        const perSecond = Math.round((rows * 1000) / Math.max(Date.now() - begun, 1))
        const percent = Math.floor((rows * 100) / Math.max(of, 1))
        progress.words(`${percent} %, ${perSecond.toLocaleString('en')} rows/s, ${what}`)
      })
      progress.end()
      if (differences.length > 0) {
        throw new CommandFailed(
          `What arrived at ${target.place} is not what was sent (${differences.join('; ')}), so nothing was kept there: please report it.`,
        )
      }
      await target.finish()
      report(tables, Date.now() - begun, source, target.place)
      sayWhatIsNext(from, to, key)
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

/** The source's key in our hands: what is copied cannot be read without it. Gives where it is; null when none is needed. */
async function requireKey(config: Config, source: CopySource, from: Place, to: Place): Promise<string | null> {
  const ids = new Set<string>()
  for (const name of ['meta', 'settings']) {
    const table = COPY_TABLES.find((one) => one.name === name)
    if (table === undefined) throw new Error(`there is no table ${name}`)
    const at = columnNames(table).indexOf(name === 'meta' ? 'value' : 'body')
    for await (const rows of source.read(table)) {
      for (const id of rows.flatMap((row) => keyIdsIn(String(row[at])))) ids.add(id)
    }
  }
  if (ids.size === 0) return null
  const folder = from.kind === 'embedded' ? from.folder : to.kind === 'embedded' ? to.folder : null
  const given = config.secretKeys()
  const file = given === null && folder !== null ? readKeyFile(folder) : null
  if (file?.kind === 'unusable') throw new CommandFailed(file.reason)
  const keys = given ?? (file?.kind === 'key' ? [file.key] : null)
  if (keys === null) {
    throw new CommandFailed(
      `The secret key of ${source.place} is missing; set TRIBUTARY_SECRET_KEY to the one that its hub uses.`,
    )
  }
  const where = given === null && folder !== null ? keyFileOf(folder) : 'TRIBUTARY_SECRET_KEY'
  await requireFit({ keys, where }, [...ids], (name) => source.getMeta(name), source.place)
  return where
}

function report(
  tables: readonly { readonly name: string; readonly rows: number; readonly hash: string }[],
  ms: number,
  source: CopySource,
  place: string,
): void {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  for (const table of tables)
    say(`  ${table.name.padEnd(20)} ${table.rows.toLocaleString('en').padStart(13)}  ${table.hash.slice(0, 16)}`)
  say(
    `Copied ${rows.toLocaleString('en')} rows from ${source.place} to ${place} in ${(ms / 1000).toFixed(1)} s; read back, number and hash of every table agree.`,
  )
}

function sayWhatIsNext(from: Place, to: Place, key: string | null): void {
  if (to.kind === 'postgres') {
    const keyWords =
      key === null
        ? ''
        : ` and TRIBUTARY_SECRET_KEY${key === 'TRIBUTARY_SECRET_KEY' ? ' as now' : ` to what ${key} holds`}`
    say(`Set TRIBUTARY_DATABASE_URL to the new database${keyWords}, then start the hub.`)
  } else {
    const keyWords = key === 'TRIBUTARY_SECRET_KEY' ? ' with the same TRIBUTARY_SECRET_KEY' : ''
    say(`Set TRIBUTARY_DATA_DIR to ${to.folder} and unset TRIBUTARY_DATABASE_URL, then start the hub${keyWords}.`)
  }
  const old = from.kind === 'embedded' ? from.folder : 'the old database'
  say(`Do not start a hub on ${old} again: what waits there would be sent a second time.`)
}
