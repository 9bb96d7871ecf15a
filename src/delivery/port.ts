import type { Destination } from '../destinations/destination.ts'
import type { Integration } from '../domain/project.ts'
import type { Environment } from '../domain/purchase.ts'
import type { HttpClient } from '../net/http.ts'
import type { ChannelRow, DeliveryStatus } from '../storage/rows.ts'
import type { DeliveryStorage } from '../storage/storage.ts'

/** What delivery counts. No label holds anything of a customer. */
export interface DeliveryMeter {
  attempt(channel: ChannelRow, outcome: string, durationMs: number, deliveries: number): void
  settled(channel: ChannelRow, status: 'delivered' | 'failed' | 'skipped', count: number): void
}

/** What became of a delivery, for the live stream. */
export interface SettledNews {
  readonly projectId: string
  readonly deliveries: readonly {
    readonly id: string
    readonly eventId: string
    readonly integrationId: string
    readonly environment: Environment
    readonly status: DeliveryStatus
    readonly reason: string | null
    readonly attempts: number
  }[]
}

export interface DeliveryPort {
  readonly storage: DeliveryStorage
  readonly http: HttpClient
  /** Where the operator points a remote to, instead of its own origin. */
  originOf(remote: string): string | null
  integrations(): readonly Integration[]
  /** Whether there is such an integration, be it one that cannot be used now. */
  isKept(projectId: string, integrationId: string): boolean
  destination(id: string): Destination | null
  readonly now: () => number
  /** 0 ≤ x < 1, for jitter and attempt ids. */
  readonly random: () => number
  /** This process in the database's claims. */
  readonly owner: string
  readonly meter: DeliveryMeter
  readonly log: (level: 'info' | 'warn' | 'error', message: string, details: Readonly<Record<string, unknown>>) => void
  readonly news: (news: SettledNews) => void
  /** Removes known secrets by value. */
  redact(projectId: string, text: string): string
}
