import { InvalidCursor, StepConflict, StorageLocked, StorageRefused, StorageUnavailable } from '../errors.ts'

/** What crosses between the main thread and a storage thread: verbs with plain data, several to a message. */

/** `weight`: about how many rows it writes; a group is closed when its weights reach the cap. */
export type Call = readonly [id: number, verb: string, weight: number, input: unknown]

export type Reply = readonly [id: number, failure: Failure | null, value: unknown]

export interface Failure {
  readonly kind: 'unavailable' | 'locked' | 'refused' | 'conflict' | 'cursor' | 'bug'
  readonly message: string
  readonly retryAfterS: number
}

export type ToThread = { readonly calls: readonly Call[] } | { readonly close: true }
export type FromThread =
  | { readonly ready: true }
  | { readonly refused: Failure }
  | { readonly replies: readonly Reply[] }

/** What a thread is started with. */
export interface ThreadStart {
  readonly folder: string
  readonly readOnly: boolean
  /** Most pages of the database file, or null: how a test fills the disk. */
  readonly maxPages: number | null
}

/** One set of verbs: input in, plain data out. */
export type Verbs = Readonly<Record<string, (input: never) => unknown>>

export function failureOf(error: unknown): Failure {
  if (error instanceof StorageUnavailable) {
    return { kind: 'unavailable', message: error.message, retryAfterS: error.retryAfterS }
  }
  const failure = (kind: Failure['kind'], message: string): Failure => ({ kind, message, retryAfterS: 0 })
  if (error instanceof StorageLocked) return failure('locked', error.message)
  if (error instanceof StorageRefused) return failure('refused', error.message)
  if (error instanceof StepConflict) return failure('conflict', error.message)
  if (error instanceof InvalidCursor) return failure('cursor', error.message)
  return failure('bug', error instanceof Error ? (error.stack ?? error.message) : String(error))
}

export function errorOf(failure: Failure): Error {
  switch (failure.kind) {
    case 'unavailable':
      return new StorageUnavailable(failure.message, failure.retryAfterS)
    case 'locked':
      return new StorageLocked(failure.message)
    case 'refused':
      return new StorageRefused(failure.message)
    case 'conflict':
      return new StepConflict(failure.message)
    case 'cursor':
      return new InvalidCursor(failure.message)
    case 'bug':
      return new Error(failure.message)
  }
}
