import { ConfigError } from '../config.ts'
import { KeyRefused } from '../secrets/open-keys.ts'
import { ConfigFileRefused } from '../settings/config-file.ts'
import { StorageLocked, StorageRefused, StorageUnavailable } from '../storage/errors.ts'

/** What a command ends with: a sentence on stderr and an exit code (1: failed, 2: usage). */
export class CommandFailed extends Error {
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.name = 'CommandFailed'
    this.exitCode = exitCode
  }
}

const FOR_PEOPLE = [
  CommandFailed,
  ConfigError,
  ConfigFileRefused,
  KeyRefused,
  StorageLocked,
  StorageRefused,
  StorageUnavailable,
]

/** The words on stderr. An error that nobody foresaw keeps its stack: it is a bug, and the stack is what a report needs. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return `Something failed that nobody foresaw (${String(error)}); please report it.`
  if (FOR_PEOPLE.some((kind) => error instanceof kind) || isSentence(error)) return error.message
  return (
    systemWords(error) ??
    `Something failed that nobody foresaw; please report it with these lines.\n${error.stack ?? error.message}`
  )
}

/** Other rooms mark what they say to people by `sentence`. */
function isSentence(error: Error): boolean {
  return 'sentence' in error
}

/** Faults of the machine that no room put into words. */
function systemWords(error: Error): string | null {
  const code = 'code' in error ? String(error.code) : ''
  const path = 'path' in error ? String(error.path) : 'the file'
  const address = `${'address' in error ? String(error.address) : ''}:${'port' in error ? String(error.port) : ''}`
  switch (code) {
    case 'EADDRINUSE':
      return `The port ${address} is in use by another program; stop that one, or choose another with TRIBUTARY_PORT.`
    case 'EADDRNOTAVAIL':
      return `This machine has no address ${address}; set TRIBUTARY_HOST to one that it has.`
    case 'EACCES':
      return 'port' in error
        ? `The port ${address} needs more rights; choose one above 1023 with TRIBUTARY_PORT.`
        : `${path} is not accessible for this user; change its permissions.`
    case 'ENOSPC':
      return 'The disk is full; free some space and start again.'
    case 'EROFS':
      return `${path} lies on a read-only file system; choose another folder with TRIBUTARY_DATA_DIR.`
    default:
      return null
  }
}
