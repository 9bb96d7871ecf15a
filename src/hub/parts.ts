import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { Destination } from '../destinations/destination.ts'
import type { LiveHub } from '../http/live.ts'
import type { Metrics } from '../http/metrics.ts'
import type { KeyRing } from '../secrets/key-ring.ts'
import type { SettingsService } from '../settings/service.ts'
import type { Storage } from '../storage/storage.ts'

/** What everything of a hub stands on. */
export interface Parts {
  readonly config: Config
  readonly log: Logger
  readonly now: () => number
  readonly random: () => number
  readonly storage: Storage
  readonly ring: KeyRing
  readonly settings: SettingsService
  readonly metrics: Metrics
  /** The kinds of receivers: the registry, and what a test adds. */
  readonly destinations: ReadonlyMap<string, Destination>
  readonly live: LiveHub
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
