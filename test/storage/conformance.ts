import { afterEach, beforeEach, describe } from 'vitest'
import type { Storage } from '../../src/storage/storage.ts'
import { appCallsSuite } from './suite/app-calls.ts'
import { claimsSuite } from './suite/claims.ts'
import { clockSuite } from './suite/clock.ts'
import { erasureSuite } from './suite/erasure.ts'
import { eventsSuite } from './suite/events.ts'
import { feedSuite } from './suite/feed.ts'
import { figuresSuite } from './suite/figures.ts'
import { importsSuite } from './suite/imports.ts'
import { inboxSuite } from './suite/inbox.ts'
import { joinSuite } from './suite/join.ts'
import { listsSuite } from './suite/lists.ts'
import { membersSuite } from './suite/members.ts'
import { provisionalSuite } from './suite/provisional.ts'
import { searchSuite } from './suite/search.ts'
import { settingsSuite } from './suite/settings.ts'
import { settlingSuite } from './suite/settling.ts'
import { stepSuite } from './suite/step.ts'

/** A storage that a test has for itself. */
export interface Opened {
  readonly storage: Storage
  /** Closes it and opens the same data again, as a new process would. */
  reopen(): Promise<Storage>
  destroy(): Promise<void>
  /** Resolves when every committed event has its position; absent where the commit gives it. */
  numbered?(): Promise<void>
}

/** The storage of the running test. */
export type Here = () => Opened

/** The contract of src/storage/storage.ts, sentence by sentence. Each test opens real files or a real database. */
export function describeStorage(name: string, open: () => Promise<Opened>): void {
  describe(`storage: ${name}`, () => {
    let opened: Opened | undefined
    beforeEach(async () => {
      opened = await open()
    })
    afterEach(async () => {
      await opened?.destroy()
      opened = undefined
    })
    const here: Here = () => {
      if (opened === undefined) throw new Error('no storage is open')
      return opened
    }
    inboxSuite(here)
    appCallsSuite(here)
    stepSuite(here)
    clockSuite(here)
    eventsSuite(here)
    claimsSuite(here)
    settlingSuite(here)
    joinSuite(here)
    searchSuite(here)
    erasureSuite(here)
    provisionalSuite(here)
    listsSuite(here)
    feedSuite(here)
    settingsSuite(here)
    importsSuite(here)
    membersSuite(here)
    figuresSuite(here)
  })
}
