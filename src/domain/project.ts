import type { ProgramDates, RateRule } from './commission/rule.ts'
import type { EventName } from './event.ts'
import type { RateOverride } from './exchange.ts'
import type { Settings } from './field.ts'
import type { Ppm } from './money.ts'
import type { Offering } from './offering.ts'
import type { Environment, SourceName } from './purchase.ts'

export const TRANSFER_BEHAVIORS = ['transfer', 'transfer_if_inactive', 'keep', 'share'] as const
/** https://www.revenuecat.com/docs/projects/restore-behavior */
export type TransferBehavior = (typeof TRANSFER_BEHAVIORS)[number]

/** What one team owns. */
export interface Project {
  readonly id: string
  readonly name: string
  /** What becomes of a purchase of an identified customer that another one shows a receipt of. */
  readonly transferBehavior: TransferBehavior
  /** Make a customer for a purchase that nobody has claimed yet. */
  readonly trackUnknownPurchases: boolean
  readonly identityHoldMs: number
  /** What a resubscription without the store's own link is called. */
  readonly resubscribeAs: 'initial_purchase' | 'renewal'
  /** Entitlement → the product ids that give it. */
  readonly entitlements: Readonly<Record<string, readonly string[]>>
  /** Its own rates, before every other; left out: none. */
  readonly commissionRules?: readonly RateRule[]
  readonly taxRules?: readonly RateRule[]
  readonly exchangeRates?: readonly RateOverride[]
  /** What apps show for sale, in the team's order; left out: nothing. */
  readonly offerings?: readonly Offering[]
}

/** One store account of a project, or one feed that tells of purchases of its stores. */
export interface App {
  readonly projectId: string
  readonly id: string
  readonly store: SourceName
  readonly publicKey: string | null
  readonly environments: readonly Environment[]
  readonly receive: 'push' | 'pull'
  /** Facts dated from here on are announced, whatever path they came by (milliseconds). */
  readonly eventsFrom: number
  readonly createdAt: number
  /** The commission rate and the tax rate that prices include, where the app sets its own; null: by the tables. */
  readonly commissionRatePpm: Ppm | null
  readonly taxRatePpm: Ppm | null
  /** Which programmes of its store it was in, and when. Left out: none. */
  readonly programs?: readonly ProgramDates[]
  /** Values of the store's declared fields. */
  readonly settings: Settings
}

/** One configured destination of a project. */
export interface Integration {
  readonly projectId: string
  readonly id: string
  readonly destination: string
  readonly enabled: boolean
  readonly mode: 'live' | 'shadow'
  /** Events that occurred before it are sent on request only (milliseconds). */
  readonly liveFrom: number
  /** The sandbox toggle. */
  readonly sandbox: boolean
  readonly allEvents: boolean
  readonly settings: Settings
  /** Own names; '' means "do not send"; absent means the default name. */
  readonly eventNames: Readonly<Partial<Record<EventName, string>>>
  readonly createdAt: number
  /** When a person saw a test event arrive (milliseconds), where no check can tell; left out: not yet. */
  readonly confirmedAt?: number
}

/** The default name of an event at every destination. */
export function defaultEventName(name: EventName): string {
  return `rc_${name}_event`
}
