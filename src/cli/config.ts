import { resolve } from 'node:path'
import { Command } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { checkDocument } from '../settings/declaration.ts'
import { changesOf } from '../settings/difference.ts'
import { entriesOf } from '../settings/plan.ts'
import { nameOf } from '../settings/plan-text.ts'
import { checkedFile } from './apply.ts'
import { configExportCommand } from './config-export.ts'
import { CATALOGUE } from './connectors.ts'
import { say } from './output.ts'

interface Flags {
  readonly file?: string
}

export function configCommand(): Command {
  const check = new Command('check')
    .description('check the environment and the config file, change nothing')
    .argument('[file]', 'the config file; TRIBUTARY_CONFIG where it is left out')
    .option('-f, --file <file>', 'the same')
    .action((file: string | undefined, flags: Flags) => {
      const config = loadConfig()
      const path = pathOf(config, file ?? flags.file)
      if (path === null) return say('The environment is fine. No config file is set (TRIBUTARY_CONFIG).')
      const document = checkedFile(path)
      const checked = checkDocument(document, CATALOGUE, Date.now())
      const projects = checked.kind === 'declaration' ? checked.declaration.projects : []
      const count = (key: 'apps' | 'integrations'): number =>
        projects.reduce((sum, project) => sum + project[key].length, 0)
      say(
        `The environment and ${document.name} are fine: ${projects.length} project(s), ${count('apps')} app(s), ${count('integrations')} integration(s).`,
      )
    })
  const print = new Command('print')
    .description('print all settings in force, secrets masked')
    .argument('[file]', 'the config file; TRIBUTARY_CONFIG where it is left out')
    .option('-f, --file <file>', 'the same')
    .action((file: string | undefined, flags: Flags) => {
      const config = loadConfig()
      const width = Math.max(...config.listed.map(({ name }) => name.length))
      for (const { name, value, from } of config.listed)
        say(`${name.padEnd(width)}  ${value}${from === 'default' ? '' : `  (from the ${from})`}`)
      const path = pathOf(config, file ?? flags.file)
      if (path !== null) printFile(path)
    })
  return new Command('config').addCommand(check).addCommand(print).addCommand(configExportCommand())
}

function pathOf(config: Config, given: string | undefined): string | null {
  return given === undefined ? config.configFile : resolve(given)
}

function printFile(path: string): void {
  const document = checkedFile(path)
  const checked = checkDocument(document, CATALOGUE, Date.now())
  if (checked.kind === 'problems') return
  for (const entry of checked.declaration.projects.flatMap(entriesOf)) {
    say(`\n${nameOf(entry)}`)
    for (const { path: key, to } of changesOf(null, entry, CATALOGUE)) say(`    ${key}: ${to ?? ''}`)
  }
  for (const { id, keys } of checked.declaration.projects)
    for (const key of keys) say(`\nsecret key ${id}/${key.name}: ••••${key.last4}`)
}
