import type { Word } from './instance.ts'

/** What the verbs need of the process they work in. */
export interface Work {
  /** Other processes may want to know, after the commit. */
  tell(what: Word): void
  /** Throws StorageUnavailable while this process could be taken for dead: a claim of it would not last. */
  requireInstance(): void
  /** Events were committed that have no position yet. */
  eventsCommitted(): void
}
