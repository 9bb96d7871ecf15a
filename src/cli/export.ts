import { Command } from 'commander'
import { everythingCommands } from './export/everything.ts'
import { ledgerCommand } from './export/ledger.ts'

export function exportCommand(): Command {
  const command = new Command('export')
  command.addCommand(ledgerCommand())
  for (const one of everythingCommands()) command.addCommand(one)
  return command
}
