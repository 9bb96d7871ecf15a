import { Command, CommanderError } from 'commander'
import { CommandFailed, wordsOf } from './failure.ts'
import { laterCommands } from './later.ts'
import { complain } from './output.ts'
import { VERSION } from './version.ts'

interface Listed {
  readonly name: string
  readonly about: string
  readonly load: () => Promise<Command>
}

/** In the order of the help. */
const COMMANDS: readonly Listed[] = [
  {
    name: 'serve',
    about: 'run the hub',
    load: async () => (await import('./serve.ts')).serveCommand(),
  },
  {
    name: 'demo',
    about: 'run everything against local stand-ins, without accounts',
    load: async () => (await import('./demo.ts')).demoCommand(),
  },
  {
    name: 'migrate',
    about: 'bring the database to the schema of this version; serve does it by itself',
    load: async () => (await import('./migrate.ts')).migrateCommand(),
  },
  {
    name: 'config',
    about: 'check, print or write out the settings',
    load: async () => (await import('./config.ts')).configCommand(),
  },
  {
    name: 'apply',
    about: 'make the settings what a config file says; prints a plan, removes nothing unless told to',
    load: async () => (await import('./apply.ts')).applyCommand(),
  },
  {
    name: 'doctor',
    about: 'look for what is wrong and say how to put it right; works beside a running hub',
    load: async () => (await import('./doctor.ts')).doctorCommand(),
  },
  {
    name: 'backup',
    about: 'copy the embedded database into one file, beside a running hub',
    load: async () => (await import('./backup.ts')).backupCommand(),
  },
  {
    name: 'restore',
    about: 'make a database of a backup, in an empty data folder (TRIBUTARY_DATA_DIR)',
    load: async () => (await import('./restore.ts')).restoreCommand(),
  },
  {
    name: 'heal',
    about: 'after a restore or a long outage: read again what the stores can still give',
    load: async () => (await import('./heal.ts')).healCommand(),
  },
  {
    name: 'members',
    about: 'who has an account, and one-time links for whoever is locked out',
    load: async () => (await import('./members.ts')).membersCommand(),
  },
  {
    name: 'erase',
    about: 'the list of people who were erased: write it to a file, or apply it to a restored database',
    load: async () => (await import('./erase.ts')).eraseCommand(),
  },
  {
    name: 'import',
    about: 'take over what another system, or another hub, knows',
    load: async () => (await import('./import.ts')).importCommand(),
  },
  {
    name: 'export',
    about: 'write what the hub knows, so that nothing keeps it here',
    load: async () => (await import('./export.ts')).exportCommand(),
  },
  {
    name: 'simulate',
    about: 'have a stand-in of a store live a purchase, with really signed messages to a hub that trusts it',
    load: async () => (await import('./simulate.ts')).simulateCommand(),
  },
  {
    name: 'db',
    about: 'work on the database as a whole',
    load: async () => (await import('./db-copy.ts')).dbCommand(),
  },
]

/**
 * The program with one of its commands whole and the others by name: each is loaded when it is meant, so that a small
 * one does without what the large ones bring. Measured from source: --help in 0.2 s instead of 0.7 s.
 */
export async function tributary(meant: string | null): Promise<Command> {
  const program = new Command('tributary')
    .description('Subscription events of the app stores, delivered to Segment and CleverTap')
    .version(VERSION)
    // Whether a command has options its own help says.
    .configureHelp({ subcommandTerm: (command) => command.name() })
  for (const { name, about, load } of COMMANDS) {
    const command = name === meant ? await load() : new Command(name)
    program.addCommand(command.description(about))
  }
  for (const command of laterCommands()) program.addCommand(command, { hidden: true })
  for (const command of everyOf(program)) {
    command.exitOverride().configureOutput({ outputError: (text) => complain(usageWords(text)) })
  }
  return program
}

/** The command that somebody means with `backup --to x` or `help backup`; null: none. */
function meantBy([first, second]: readonly string[]): string | null {
  return (first === 'help' ? second : first) ?? null
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
    const program = await tributary(meantBy(argv))
    await program.parseAsync([...argv], { from: 'user' })
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
