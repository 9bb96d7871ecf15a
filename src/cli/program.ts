import { Command, CommanderError } from 'commander'
import { applyCommand } from './apply.ts'
import { backupCommand } from './backup.ts'
import { configCommand } from './config.ts'
import { dbCommand } from './db-copy.ts'
import { doctorCommand } from './doctor.ts'
import { eraseCommand } from './erase.ts'
import { exportCommand } from './export.ts'
import { CommandFailed, wordsOf } from './failure.ts'
import { healCommand } from './heal.ts'
import { importCommand } from './import.ts'
import { laterCommands } from './later.ts'
import { membersCommand } from './members.ts'
import { migrateCommand } from './migrate.ts'
import { complain } from './output.ts'
import { restoreCommand } from './restore.ts'
import { serveCommand } from './serve.ts'
import { simulateCommand } from './simulate.ts'
import { VERSION } from './version.ts'

export function tributary(): Command {
  const program = new Command('tributary')
    .description('Subscription events of the app stores, delivered to Segment and CleverTap')
    .version(VERSION)
    .addCommand(serveCommand())
    .addCommand(demoCommand())
    .addCommand(migrateCommand())
    .addCommand(configCommand())
    .addCommand(applyCommand())
    .addCommand(doctorCommand())
    .addCommand(backupCommand())
    .addCommand(restoreCommand())
    .addCommand(healCommand())
    .addCommand(membersCommand())
    .addCommand(eraseCommand())
    .addCommand(importCommand())
    .addCommand(exportCommand())
    .addCommand(simulateCommand())
    .addCommand(dbCommand())
  for (const command of laterCommands()) program.addCommand(command, { hidden: true })
  return withOurWords(program)
}

function withOurWords(program: Command): Command {
  for (const command of everyOf(program)) {
    command.exitOverride().configureOutput({ outputError: (text) => complain(usageWords(text)) })
  }
  return program
}

/** Loaded late, its help included: it brings the stand-ins. */
function demoCommand(): Command {
  return new Command('demo')
    .description('run everything against local stand-ins, without accounts')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (_flags: unknown, command: Command) => {
      const { demoCommand: demo } = await import('./demo.ts')
      await withOurWords(demo()).parseAsync(command.args, { from: 'user' })
    })
}

function everyOf(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyOf)]
}

/** "error: unknown option '--x'" as a sentence that says where to look. */
function usageWords(text: string): string {
  const words = text
    .trim()
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}; see tributary --help.`
}

/** 0: done, 1: failed, 2: usage. */
export async function run(argv: readonly string[]): Promise<number> {
  try {
    await tributary().parseAsync([...argv], { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said it; a bare "tributary" shows the help and is a mistake all the same.
      return error.exitCode === 0 ? 0 : 2
    }
    complain(wordsOf(error))
    return error instanceof CommandFailed ? error.exitCode : 1
  }
}
