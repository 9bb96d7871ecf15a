import { resolve } from 'node:path'
import { StorageUnavailable } from '../errors.ts'
import type { Storage } from '../storage.ts'
import { appCallStorage } from './main/app-calls.ts'
import { clockStorage } from './main/clock.ts'
import { deliveryStorage } from './main/delivery.ts'
import { erasureStorage } from './main/erase.ts'
import { importStorage } from './main/imports.ts'
import { inboxStorage } from './main/inbox.ts'
import { joinStorage } from './main/join.ts'
import { memberStorage } from './main/members.ts'
import { readStorage } from './main/reads.ts'
import { settingsStorage } from './main/settings.ts'
import { stepStorage } from './main/step.ts'
import { tidyUp } from './main/tidy.ts'
import type { ThreadStart } from './protocol.ts'
import type { ReadVerbs } from './read/verbs.ts'
import { startThread, type Thread } from './thread.ts'
import type { WriteVerbs } from './write/verbs.ts'

export interface EmbeddedOptions {
  /** The data folder; made when it is missing. */
  readonly folder: string
  /** Reads only, beside a running hub if there is one: takes no lock, and every write is refused. */
  readonly readOnly?: boolean
  /** Most pages of the database file: how a test fills the disk. */
  readonly maxPages?: number
}

/**
 * Opens the embedded database and takes the folder's lock until `close` or the end of the process.
 * Throws StorageLocked when another process has it, StorageRefused when the folder or the database cannot be used.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Storage> {
  const readOnly = options.readOnly ?? false
  const start: ThreadStart = { folder: resolve(options.folder), readOnly, maxPages: options.maxPages ?? null }
  const writer = readOnly ? refusing() : await startThread<WriteVerbs>(new URL('./writer.ts', import.meta.url), start)
  try {
    const reader = await startThread<ReadVerbs>(new URL('./reader.ts', import.meta.url), start)
    return assemble(writer, reader)
  } catch (error) {
    await writer.close()
    throw error
  }
}

function assemble(writer: Thread<WriteVerbs>, reader: Thread<ReadVerbs>): Storage {
  return {
    driver: 'embedded',
    owner: crypto.randomUUID(),
    ...inboxStorage(writer),
    ...clockStorage(writer),
    ...appCallStorage(writer),
    ...stepStorage(writer),
    ...joinStorage(writer),
    ...erasureStorage(writer, reader),
    ...deliveryStorage(writer, reader),
    ...settingsStorage(writer, reader),
    ...importStorage(writer, reader),
    ...memberStorage(writer, reader),
    ...readStorage(reader),
    // There is no other process, and events get their positions in their commit.
    onWork: () => () => undefined,
    ping: () => writer.call('ping', null),
    tidy: (input) => tidyUp(writer, reader, input),
    async close() {
      // The reader first: what is left of the WAL is written back when nobody reads it any more.
      await reader.close()
      await writer.close()
    },
  }
}

function refusing(): Thread<WriteVerbs> {
  return {
    call: () => Promise.reject(new StorageUnavailable('The storage was opened for reading only.', 0)),
    close: () => Promise.resolve(),
  }
}
