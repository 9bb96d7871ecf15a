import { StepConflict, StorageRefused, StorageUnavailable } from '../errors.ts'

/** What went wrong between us and PostgreSQL, and who must act. */

/** SQLSTATE, https://www.postgresql.org/docs/15/errcodes-appendix.html; null for faults that did not come from the server. */
function stateOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null
  return /^[0-9A-Z]{5}$/.test(error.code) && 'severity' in error ? error.code : null
}

/** Lost to another transaction: computing again is the answer. */
export function isConflict(error: unknown): boolean {
  const state = stateOf(error)
  return error instanceof StepConflict || state === '40001' || state === '40P01'
}

/** The connection is of no more use: it broke, or it leads to a server that is not (or no longer) the primary. */
export function endsConnection(error: unknown): boolean {
  const state = stateOf(error)
  if (state === null) return !isOurs(error)
  return state.startsWith('57P') || state.startsWith('08') || state === '25006' || state === '25P03'
}

function isOurs(error: unknown): boolean {
  return error instanceof StepConflict || error instanceof Unsaid || !(error instanceof Error) || !isNetwork(error)
}

/** Errors of the socket and of pg itself, which carry no class of their own. */
function isNetwork(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : ''
  return (
    /^(E[A-Z]+|ERR_TLS_.*|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_.*|CERT_.*|SELF_SIGNED_.*)$/.test(code) ||
    /^(Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout|timeout expired|The server does not support SSL)/.test(
      error.message,
    )
  )
}

/** Ends a transaction without an error: nothing of it is kept. */
export class Unsaid extends Error {
  readonly value: unknown
  constructor(value: unknown) {
    super('rolled back on purpose')
    this.value = value
  }
}

/** The sentence for a fault of the server, the network or the disk; null when the error is our own. `place`: host/database. */
export function storageFault(error: unknown, place: string): StorageUnavailable | null {
  if (error instanceof StorageUnavailable) return error
  const state = stateOf(error)
  if (state === null) {
    if (!(error instanceof Error) || isOurs(error)) return null
    return new StorageUnavailable(
      `PostgreSQL at ${place} does not answer (${reasonOf(error)}): start it, or check TRIBUTARY_DATABASE_URL; Tributary goes on by itself.`,
      5,
    )
  }
  const said = sentenceOf(state, error instanceof Error ? error.message : '', place)
  return said === null ? null : new StorageUnavailable(said.text, said.retryAfterS)
}

function reasonOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : ''
  return code === '' ? error.message : code
}

interface Said {
  readonly text: string
  readonly retryAfterS: number
  /** Waiting will not mend it: a person must. */
  readonly lasting?: true
}

function sentenceOf(state: string, message: string, place: string): Said | null {
  const goesOn = 'Tributary goes on by itself.'
  switch (state) {
    case '53100':
      return { text: `The disk of PostgreSQL at ${place} is full: free some space; ${goesOn}`, retryAfterS: 30 }
    case '53200':
      return { text: `PostgreSQL at ${place} is out of memory: give it more; ${goesOn}`, retryAfterS: 10 }
    case '53300':
      return {
        text: `PostgreSQL at ${place} has no connection left: raise max_connections or run fewer processes; ${goesOn}`,
        retryAfterS: 5,
      }
    case '25006':
      return {
        text: `PostgreSQL at ${place} takes no writes (a standby, or set to read-only): point TRIBUTARY_DATABASE_URL to the primary.`,
        retryAfterS: 5,
      }
    case '57014':
    case '55P03':
      return {
        text: `PostgreSQL at ${place} took longer than 5 s for one statement: look for locks and load there; it is tried again.`,
        retryAfterS: 5,
      }
    case '57P03':
      return { text: `PostgreSQL at ${place} is starting up or shutting down; ${goesOn}`, retryAfterS: 2 }
    case '3D000':
      return { text: `There is no such database at ${place}: create it with createdb.`, retryAfterS: 30, lasting: true }
    case '42501':
      return {
        text: `PostgreSQL at ${place} refuses this user (${message}): grant it CREATE on the database, or all on the schema tributary.`,
        retryAfterS: 30,
        lasting: true,
      }
  }
  switch (state.slice(0, 2)) {
    case '28':
      return {
        text: `PostgreSQL at ${place} refuses the user or password of TRIBUTARY_DATABASE_URL (${message}).`,
        retryAfterS: 30,
        lasting: true,
      }
    case '08':
    case '57':
      return { text: `PostgreSQL at ${place} ended the connection (${message}); ${goesOn}`, retryAfterS: 2 }
    case '53':
    case '58':
      return { text: `PostgreSQL at ${place} cannot go on (${message}): look into its log; ${goesOn}`, retryAfterS: 30 }
    case 'XX':
      return {
        text: `PostgreSQL at ${place} reports damage or a fault of its own (${message}): look into its log.`,
        retryAfterS: 60,
      }
    default:
      return null
  }
}

/** For the start: what no waiting mends is refused. */
export function openingFault(error: unknown, place: string): Error | null {
  const state = stateOf(error)
  const said = state === null ? null : sentenceOf(state, error instanceof Error ? error.message : '', place)
  if (said?.lasting === true) return new StorageRefused(said.text)
  return storageFault(error, place)
}
