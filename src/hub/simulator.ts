import { setTimeout as pause } from 'node:timers/promises'
import type { Config, RemoteName } from '../config.ts'
import type { SourceName } from '../domain/purchase.ts'
import type { Played, SimulatorDoor } from '../http/doors.ts'
import { isStandIn, play, type Sent, StandInFault } from '../stand-ins/playbooks/play.ts'
import { PLAYBOOKS } from '../stand-ins/playbooks/playbooks.ts'
import { STAND_IN_REMOTES } from '../stand-ins/playbooks/remotes.ts'
import { declarationOf } from '../stores/registry.ts'

/** How long a whole life may take: whoever asked waits for it. */
const PLAY_MS = 20_000
/** A stand-in is on this machine or beside it. */
const PROBE_MS = 1_500
/** How long it is believed to be there, or not to be. */
const BELIEVED_MS = 10_000

interface SimulatorOptions {
  readonly config: Pick<Config, 'remotes' | 'baseUrl' | 'listed'>
  readonly now: () => number
  /** Where this hub listens, once it does: a stand-in beside it posts there. */
  address(): string | null
}

/**
 * Has the stand-ins of stores play purchases to this hub. Nothing but the addresses that the operator moved the stores'
 * remotes to is ever called, and each is asked first whether it is a stand-in.
 */
export function createSimulator({ config, now, address }: SimulatorOptions): SimulatorDoor {
  const believed = new Map<string, { readonly until: number; readonly there: Promise<boolean> }>()
  const isThere = (url: string): Promise<boolean> => {
    const known = believed.get(url)
    if (known !== undefined && known.until > now()) return known.there
    const there = isStandIn(url, PROBE_MS)
    believed.set(url, { until: now() + BELIEVED_MS, there })
    return there
  }
  const standInOf = (store: SourceName): string | null => {
    const remotes: Readonly<Partial<Record<SourceName, RemoteName>>> = STAND_IN_REMOTES
    const remote = remotes[store]
    return remote === undefined ? null : (config.remotes[remote]?.replace(/\/+$/, '') ?? null)
  }
  const bookOf = (store: SourceName) => PLAYBOOKS.find((one) => one.store === store)
  return {
    async scenariosOf(store) {
      const url = standInOf(store)
      const book = bookOf(store)
      if (url === null || book === undefined || !(await isThere(url))) return null
      return book.scripts.map(({ name, about }) => ({ name, about }))
    },
    async play(app, scenario): Promise<Played> {
      const url = standInOf(app.store)
      const book = bookOf(app.store)
      if (url === null || book === undefined)
        return refused(
          'This hub is set up for the real store, where nothing can be simulated; use a test purchase of the store instead.',
        )
      const script = book.scripts.find(({ name }) => name === scenario)
      if (script === undefined)
        return refused(
          `There is no scenario "${scenario.slice(0, 60)}" of this store; choose one of ${book.scripts.map(({ name }) => name).join(', ')}.`,
        )
      if (!(await isThere(url)))
        return refused(`No stand-in of the store answers at ${url}; start it, or leave simulating alone.`)
      const notify = `${baseOf(config, address)}/notifications/${declarationOf(app.store)?.slug ?? ''}/${app.projectId}/${app.id}`
      return played(play(script, { standIn: url, notify, now: now(), wait: (ms) => pause(ms) }))
    },
  }
}

/** An address that the operator gave is how stand-ins elsewhere reach us; otherwise they are on this machine. */
function baseOf({ baseUrl, listed }: SimulatorOptions['config'], address: () => string | null): string {
  const given = listed.some(({ name, from }) => name === 'TRIBUTARY_BASE_URL' && from !== 'default')
  return (given ? baseUrl : (address() ?? baseUrl)).replace(/\/+$/, '')
}

/** Gathers what was sent, for as long as whoever asked may be kept waiting. */
async function played(messages: AsyncGenerator<Sent>): Promise<Played> {
  const sent: Sent[] = []
  const gather = async (): Promise<null> => {
    for await (const { name, at, status } of messages) sent.push({ name, at, status })
    return null
  }
  try {
    const late = pause(PLAY_MS, 'late' as const, { ref: false })
    if ((await Promise.race([gather(), late])) === 'late')
      return refused(
        'The stand-in takes longer than 20 seconds; what it has sent so far is taken, so look at the events.',
      )
  } catch (error) {
    if (error instanceof StandInFault) return refused(error.message)
    throw error
  }
  const wrong = sent.find(({ status }) => status === null || status < 200 || status > 299)
  return wrong === undefined ? { kind: 'played', sent } : refused(untaken(wrong.status))
}

function untaken(status: number | null): string {
  if (status === null)
    return 'The stand-in could not reach this hub; set TRIBUTARY_BASE_URL to an address that it can reach.'
  if (status === 401)
    return 'The hub refused what the stand-in signed (401): the app is set up for another one; compare its settings with what the stand-in printed.'
  return `The hub answered ${status} to a message of the stand-in; its log says why.`
}

function refused(reason: string): Played {
  return { kind: 'refused', reason }
}
