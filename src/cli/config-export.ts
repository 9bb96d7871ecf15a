import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { openStorage } from '../hub/storage.ts'
import { keyMisfit, readKeys } from '../secrets/open-keys.ts'
import { type Exported, exportText } from '../settings/export.ts'
import { openRows } from '../settings/view.ts'
import { CATALOGUE } from './connectors.ts'
import { CommandFailed } from './failure.ts'
import { say } from './output.ts'

interface Flags {
  readonly project?: string
  readonly output?: string
}

export function configExportCommand(): Command {
  return new Command('export')
    .description(
      'write the settings as a config file, with variables in the place of secrets; works beside a running hub',
    )
    .option('--project <id>', 'this project alone; all of them where it is left out')
    .option('-o, --output <file>', 'the file to write; printed where it is left out')
    .action(async ({ project, output }: Flags) => {
      const { text, variables } = await exported(loadConfig(), project ?? null)
      if (output === undefined) return say(text.trimEnd())
      const path = resolve(output)
      writeFileSync(path, text, { mode: 0o600 })
      say(`Written: ${path}. ${variablesText(variables)}`)
    })
}

function variablesText(variables: readonly string[]): string {
  if (variables.length === 0) return 'It needs no variables.'
  return `Set these variables before you check or apply it: ${variables.join(', ')}.`
}

/** Reads what is stored and changes nothing; a hub may run on it. */
async function exported(config: Config, projectId: string | null): Promise<Exported> {
  const storage = await openStorage(config, { readOnly: true, migrate: false })
  try {
    const source = { given: config.secretKeys(), dataDir: config.dataDir }
    const misfit = await keyMisfit(source, storage)
    if (misfit !== null) throw new CommandFailed(misfit)
    const ring = readKeys(source)
    const stored = await storage.loadSettings()
    const rows = ring === null ? [] : openRows(stored, ring, CATALOGUE)
    const broken = rows.find(({ kind }) => kind === 'broken')
    if (broken?.kind === 'broken')
      throw new CommandFailed(
        `The ${broken.row.kind} ${broken.row.projectId}/${broken.row.id} cannot be written: ${broken.reason}.`,
      )
    if (!rows.some(({ row }) => projectId === null || row.projectId === projectId))
      throw new CommandFailed(
        projectId === null
          ? 'There is no project to write; check TRIBUTARY_DATA_DIR.'
          : `There is no project ${projectId}; check its id.`,
      )
    return exportText({ rows, keys: stored.keys }, projectId, CATALOGUE)
  } finally {
    await storage.close()
  }
}
