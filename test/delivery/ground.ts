import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClevertapStandIn, startClevertapStandIn } from '../../src/stand-ins/clevertap.ts'
import { type SegmentStandIn, startSegmentStandIn } from '../../src/stand-ins/segment.ts'
import { openEmbedded } from '../../src/storage/sqlite/open.ts'
import type { Storage } from '../../src/storage/storage.ts'

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

/** When every world begins. */
export const START = Date.UTC(2026, 10, 22, 10, 0, 0)

export const WRITE_KEY = 'wk_canary_production_a1b2'
export const SANDBOX_WRITE_KEY = 'wk_canary_sandbox_c3d4'
export const PASSCODE = 'CAN-ARY-PRODUCTION'
export const SANDBOX_PASSCODE = 'CAN-ARY-SANDBOX'

/** A database in a temporary folder, shared by the worlds of a test file: each has a project of its own. */
export interface Disk {
  readonly storage: Storage
  /** Closes the database and opens it again, as a restart does. */
  reopen(): Promise<void>
  remove(): Promise<void>
}

export async function openDisk(): Promise<Disk> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-delivery-'))
  let storage = await openEmbedded({ folder })
  return {
    get storage() {
      return storage
    },
    reopen: async () => {
      await storage.close()
      storage = await openEmbedded({ folder })
    },
    remove: async () => {
      await storage.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface StandIns {
  readonly segment: SegmentStandIn
  readonly clevertap: ClevertapStandIn
  /** Gives them the clock of the world that uses them, and empty ledgers. */
  use(clock: () => number): void
  close(): Promise<void>
}

export async function openStandIns(latencyMs = 0): Promise<StandIns> {
  let clock = (): number => START
  const now = (): number => clock()
  const segment = await startSegmentStandIn({
    writeKeys: [{ key: WRITE_KEY }, { key: SANDBOX_WRITE_KEY }],
    now,
    latencyMs,
  })
  const clevertap = await startClevertapStandIn({
    accounts: [
      { id: 'ACC-1', passcode: PASSCODE },
      { id: 'TEST-1', passcode: SANDBOX_PASSCODE, test: true },
    ],
    now,
    latencyMs,
  })
  return {
    segment,
    clevertap,
    use: (given) => {
      clock = given
      segment.reset()
      clevertap.reset()
    },
    close: async () => {
      await Promise.all([segment.close(), clevertap.close()])
    },
  }
}
