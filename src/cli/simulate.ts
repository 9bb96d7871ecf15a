import { setTimeout as pause } from 'node:timers/promises'
import { Command } from 'commander'
import { type Config, environment, loadConfig } from '../config.ts'
import type { StoreName } from '../domain/purchase.ts'
import { readConfigFile } from '../settings/config-file.ts'
import { play, StandInFault } from '../stand-ins/playbooks/play.ts'
import { PLAYBOOKS } from '../stand-ins/playbooks/playbooks.ts'
import { STAND_IN_REMOTES } from '../stand-ins/playbooks/remotes.ts'
import type { Playbook, Script } from '../stand-ins/playbooks/script.ts'
import { declarationOf } from '../stores/registry.ts'
import { CommandFailed } from './failure.ts'
import { say } from './output.ts'

/** The setting by which a hub finds the stand-in of a store. */
const STAND_IN_SETTINGS: Readonly<Partial<Record<StoreName, keyof Config['remotes']>>> = STAND_IN_REMOTES

const KNOWN = PLAYBOOKS.map(({ store }) => store).join(', ')

interface Flags {
  readonly store?: string
  readonly app?: string
  readonly project?: string
  readonly hub?: string
  readonly standIn?: string
  readonly pace: string
  readonly list: boolean
}

export function simulateCommand(): Command {
  return new Command('simulate')
    .argument('[scenario]', 'one of --list')
    .option('--store <store>', `the store, as in the config file: ${KNOWN}`)
    .option('--app <app>', 'the app that hears of it: its id, or project/app')
    .option('--project <project>', 'the project of the app')
    .option('--hub <url>', 'where the hub is (default: TRIBUTARY_BASE_URL)')
    .option('--stand-in <url>', 'where the stand-in is (default: the address that the hub’s settings name)')
    .option('--pace <ms>', 'milliseconds between two messages', '300')
    .option('--list', 'say which scenarios there are', false)
    .addHelpText(
      'after',
      `
The hub must trust the stand-in: start the stand-in and the hub as docs/quickstart.md says under "Practise without an
account". A hub that is set up for the real store refuses what a stand-in signs. Most of a life lies in the past: an
integration sends what happened after its live_from, so set that back to have all of it sent.`,
    )
    .action(async (scenario: string | undefined, flags: Flags) => {
      if (flags.list) return list(flags.store)
      await simulate(scenario, flags, loadConfig())
    })
}

function list(store: string | undefined): void {
  for (const book of store === undefined ? PLAYBOOKS : [bookOf(store)]) {
    say(book.store)
    for (const { name, about } of book.scripts) say(`  ${name.padEnd(24)}${about}`)
  }
}

async function simulate(scenario: string | undefined, flags: Flags, config: Config): Promise<void> {
  const book = bookOf(flags.store)
  const script = scriptOf(book, scenario)
  const standIn = standInOf(book.store, flags, config)
  const notify = addressOf(book.store, flags, config)
  say(`${script.name}: ${script.about}`)
  const paceMs = paceOf(flags.pace)
  // People watch: events that follow each other at once would look like one.
  const wait = (ms: number): Promise<void> => pause(Math.max(ms, paceMs))
  try {
    for await (const { name, at, status } of play(script, { standIn, notify, now: Date.now(), wait })) {
      say(`  ${new Date(at).toISOString()}  ${name.padEnd(48)} ${status ?? 'no answer'}`)
      if (status === null || status < 200 || status > 299) throw new CommandFailed(refusedWords(status, notify))
    }
  } catch (error) {
    throw error instanceof StandInFault ? new CommandFailed(error.message) : error
  }
}

function bookOf(store: string | undefined): Playbook {
  const book = PLAYBOOKS.find((one) => one.store === store)
  if (book !== undefined) return book
  const whose =
    store === undefined
      ? 'Name the store with --store'
      : `There are no scenarios of "${store}"; name the store with --store`
  throw new CommandFailed(`${whose}: ${KNOWN}.`)
}

function scriptOf(book: Playbook, scenario: string | undefined): Script {
  const see = `see tributary simulate --list --store ${book.store}.`
  if (scenario === undefined) throw new CommandFailed(`Name a scenario; ${see}`)
  const script = book.scripts.find(({ name }) => name === scenario)
  if (script === undefined) throw new CommandFailed(`There is no scenario "${scenario}" of ${book.store}; ${see}`)
  return script
}

function standInOf(store: StoreName, flags: Flags, config: Config): string {
  const remote = STAND_IN_SETTINGS[store]
  const url = flags.standIn ?? (remote === undefined ? null : config.remotes[remote])
  if (url == null)
    throw new CommandFailed(
      `No stand-in of ${store} is known: give its address with --stand-in, or the setting by which the hub finds it (docs/quickstart.md).`,
    )
  return url.replace(/\/+$/, '')
}

function addressOf(store: StoreName, flags: Flags, config: Config): string {
  const [first = '', second] = (flags.app ?? '').split('/')
  const project = flags.project ?? (second === undefined ? onlyProject(config) : first)
  const app = second ?? first
  if (app === '') throw new CommandFailed('Name the app with --app, such as --app acme/ios.')
  if (project === null)
    throw new CommandFailed(
      `Name the project too, such as --app my-project/${app}: the config file names none, or several.`,
    )
  const hub = (flags.hub ?? config.baseUrl).replace(/\/+$/, '')
  return `${hub}/notifications/${declarationOf(store)?.slug ?? store}/${project}/${app}`
}

function onlyProject({ configFile }: Config): string | null {
  if (configFile === null) return null
  const read = readConfigFile(configFile, environment())
  if (read.kind !== 'document') return null
  const { projects } = read.document.value as { readonly projects?: readonly { readonly id?: unknown }[] }
  const ids = (projects ?? []).map(({ id }) => id)
  return ids.length === 1 && typeof ids[0] === 'string' ? ids[0] : null
}

function paceOf(text: string): number {
  const ms = Number(text)
  if (!Number.isInteger(ms) || ms < 0 || ms > 60_000)
    throw new CommandFailed(`--pace is a number of milliseconds up to 60000, not "${text}".`)
  return ms
}

function refusedWords(status: number | null, notify: string): string {
  if (status === null) return `Nobody answered at ${notify}; start the hub, or give its address with --hub.`
  if (status === 404) return `The hub has no such app: ${notify}; correct --app, or apply its config file.`
  if (status === 401)
    return `The hub refused the message (401): it does not trust this stand-in, or the app is set up for another one; the app's page says which.`
  return `The hub answered ${status} to a message; its log says why.`
}
