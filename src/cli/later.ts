import { Command } from 'commander'
import { CommandFailed } from './failure.ts'

/** Commands that are promised and not built yet. They are not listed; whoever tries one is told. */
const LATER: readonly (readonly [command: string, what: string])[] = [
  ['replay', 'sending events again'],
  ['parity', 'the comparison with another system'],
  ['rekey', 'encrypting everything under a new key'],
]

export function laterCommands(): readonly Command[] {
  return LATER.map(([name, what]) => laterCommand(name, what))
}

function laterCommand(name: string, what: string): Command {
  return new Command(name)
    .description(`not yet: ${what}`)
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .action(() => {
      throw new CommandFailed(`Not yet: ${name} (${what}) comes with a later version.`)
    })
}
