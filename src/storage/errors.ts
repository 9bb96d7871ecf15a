/** What storage says when it cannot do its work. Each message is one sentence for the person who must act. */

/** Nothing of the call was written; the same call may be made again after `retryAfterS` seconds. */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable'
  readonly retryAfterS: number
  constructor(message: string, retryAfterS: number) {
    super(message)
    this.retryAfterS = retryAfterS
  }
}

/** Somebody else holds this data folder. */
export class StorageLocked extends Error {
  override readonly name = 'StorageLocked'
}

/** The storage as it stands cannot be opened: damaged, of a newer program, not writable, not a database. */
export class StorageRefused extends Error {
  override readonly name = 'StorageRefused'
}

/** A step that lost the race again and again, or one that writes rows which it did not load. */
export class StepConflict extends Error {
  override readonly name = 'StepConflict'
}

/** A text that is no `next` of this list: the caller's own input. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor'
}
