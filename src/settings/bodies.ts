import type { RateRule } from '../domain/commission/rule.ts'
import type { EventName } from '../domain/event.ts'
import type { Settings } from '../domain/field.ts'
import type { App, Integration, Project, TransferBehavior } from '../domain/project.ts'
import type { Environment, SourceName } from '../domain/purchase.ts'
import { type OfferingsBody, offeringsOf } from './offerings.ts'
import { programsOf } from './rates.ts'

/**
 * The documents that storage keeps of projects, apps and integrations, in the clear. Times in milliseconds; null stands
 * for "when it was created" (or the beginning, for a pull app), so that leaving a time out stays leaving it out.
 */
export interface ProjectBody {
  readonly name: string
  readonly track_unknown_purchases: boolean
  readonly identity_hold_seconds: number
  /** Left out by versions that knew no customers. */
  readonly transfer_behavior?: TransferBehavior
  readonly resubscribe_as: 'initial_purchase' | 'renewal'
  readonly entitlements: Readonly<Record<string, readonly string[]>>
  /** Its own rates; left out: none. */
  readonly commission_rules?: readonly RateRule[]
  readonly tax_rules?: readonly RateRule[]
  /** `rate` in 10⁻¹² USD, as text. */
  readonly exchange_rates?: readonly { readonly currency: string; readonly date: string; readonly rate: string }[]
  /** Left out where there are none. */
  readonly offerings?: OfferingsBody
}

export interface AppBody {
  readonly store: SourceName
  readonly public_key: string | null
  readonly environments: readonly Environment[]
  readonly receive: 'push' | 'pull'
  readonly events_from: number | null
  /** null: by the tables. */
  readonly commission_ppm: number | null
  readonly tax_ppm: number | null
  readonly settings: Settings
}

export interface IntegrationBody {
  readonly destination: string
  readonly enabled: boolean
  readonly mode: 'live'
  readonly live_from: number | null
  readonly sandbox: boolean
  readonly event_names: Readonly<Partial<Record<EventName, string>>>
  readonly settings: Settings
  /** When a person saw a test event arrive, where no check can tell; no file declares it. Left out: not yet. */
  readonly confirmed_at?: number
}

export function projectOf(id: string, body: ProjectBody): Project {
  return {
    id,
    name: body.name,
    trackUnknownPurchases: body.track_unknown_purchases,
    identityHoldMs: body.identity_hold_seconds * 1000,
    transferBehavior: body.transfer_behavior ?? 'transfer',
    resubscribeAs: body.resubscribe_as,
    entitlements: body.entitlements,
    commissionRules: body.commission_rules ?? [],
    taxRules: body.tax_rules ?? [],
    exchangeRates: (body.exchange_rates ?? []).map((one) => ({ ...one, rate: BigInt(one.rate) })),
    offerings: offeringsOf(body.offerings),
  }
}

export function appOf(projectId: string, id: string, body: AppBody, createdAt: number): App {
  return {
    projectId,
    id,
    store: body.store,
    publicKey: body.public_key,
    environments: body.environments,
    receive: body.receive,
    eventsFrom: body.events_from ?? (body.receive === 'pull' ? 0 : createdAt),
    createdAt,
    commissionRatePpm: body.commission_ppm,
    taxRatePpm: body.tax_ppm,
    programs: programsOf(body.settings),
    settings: body.settings,
  }
}

export function integrationOf(projectId: string, id: string, body: IntegrationBody, createdAt: number): Integration {
  return {
    projectId,
    id,
    destination: body.destination,
    enabled: body.enabled,
    mode: body.mode,
    liveFrom: body.live_from ?? createdAt,
    sandbox: body.sandbox,
    allEvents: body.settings.all_events === true,
    settings: body.settings,
    eventNames: body.event_names,
    ...(body.confirmed_at === undefined ? {} : { confirmedAt: body.confirmed_at }),
    createdAt,
  }
}
