import type { AttributeChange, AttributeError } from '../customers/attributes.ts'
import type { Checked } from '../delivery/check.ts'
import type { ReplayAsked, Replayed } from '../delivery/replay.ts'
import type { TestEvent, TestWish } from '../delivery/test-event.ts'
import type { WhyAnswer, WhyAsked, WhyEventAsked } from '../delivery/why/question.ts'
import type { Destination } from '../destinations/destination.ts'
import type { EventName, LifecycleEvent } from '../domain/event.ts'
import type { Field } from '../domain/field.ts'
import type { Grant, Granted } from '../domain/grant.ts'
import type { App, Integration } from '../domain/project.ts'
import type { Environment, SourceName, StoreName } from '../domain/purchase.ts'
import type { Aliased, Opened } from '../ingest/identity/customers.ts'
import type { TermAnswer } from '../ingest/receipt-term.ts'
import type { PostedReceipt, ReceiptOutcome } from '../ingest/receipts.ts'
import type { Oidc } from '../members/oidc.ts'
import type { ApplyOutcome } from '../settings/apply-text.ts'
import type { SettingsChanges } from '../settings/changes.ts'
import type { ApplyOptions } from '../settings/service.ts'
import type { SettingsView } from '../settings/view.ts'
import type { AppCallCount, AppCallRow } from '../storage/app-calls.ts'
import type { ReadStorage } from '../storage/reads.ts'
import type { ChannelRow } from '../storage/rows.ts'
import type { Fetched, StoreDeclaration } from '../stores/store.ts'
import type { AuditDoor } from './audit.ts'
import type { ImportsDoor } from './imports-door.ts'
import type { Live } from './live.ts'
import type { MembersDoor } from './members-door.ts'

/**
 * All that HTTP asks of the rest of the hub: what a route needs and no more. The composition root fills it in, tests
 * fill it with maps.
 */
export interface HubDoors {
  /** Milliseconds UTC. */
  now(): number
  readonly settings: SettingsDoor
  readonly connectors: ConnectorsDoor
  readonly operator: {
    /** Whether this is the operator's token; compares in equal time. */
    verify(token: string): boolean
  }
  readonly ingest: IngestDoor
  readonly delivery: DeliveryDoor
  readonly customers: CustomersDoor
  readonly simulator: SimulatorDoor
  readonly erasures: ErasuresDoor
  readonly promotions: PromotionsDoor
  readonly receipts: ReceiptsDoor
  readonly imports: ImportsDoor
  readonly appCalls: AppCallsDoor
  readonly audit: AuditDoor
  readonly members: MembersDoor
  /** null: nobody signs in through an identity provider. */
  readonly oidc: Oidc | null
  readonly reads: ReadStorage
  readonly live: Live
  readonly health: {
    /** Resolves when storage takes a write; rejects with the sentence to show. */
    ping(): Promise<void>
  }
}

/** The settings in force. A change makes a new view. */
export type HubSettings = Pick<
  SettingsView,
  | 'project'
  | 'app'
  | 'integration'
  | 'appsOf'
  | 'integrationsOf'
  | 'keyByHash'
  | 'appByPublicKey'
  | 'keys'
  | 'projects'
  | 'managedBy'
>

export interface SettingsDoor {
  current(): HubSettings
  /** The text of a config file, or the document that the command `apply` made of one. */
  apply(text: string, options: ApplyOptions): Promise<ApplyOutcome>
  readonly changes: SettingsChanges
  /** Everything of a project as a config file, with placeholders in the place of secrets. */
  exported(projectId: string): Promise<string>
}

export interface ConnectorsDoor {
  /** `app_store` → `app-store`, as in the notification route; null for stores that send none. */
  slugOf(store: SourceName): string | null
  /** Whether the store of this slug calls its JSON text/plain. */
  sendsText(slug: string): boolean
  /** What people call it. */
  storeTitle(store: SourceName): string
  destinationTitle(destination: string): string
  storeFields(store: SourceName): readonly Field[]
  destinationFields(destination: string): readonly Field[]
  readonly stores: readonly ShownStore[]
  readonly destinations: readonly ShownDestination[]
  /** Asks the destination whether it takes the credentials of what is tried, once for each environment with a channel. */
  checkIntegration(integration: Integration): Promise<readonly Checked[]>
  /** Sends a made-up event as a delivery would go; it is kept nowhere. null: nobody knows the destination. */
  sendTestEvent(integration: Integration, wish: TestWish): Promise<TestEvent | null>
  /** Asks the store whether it takes the credentials, once for each environment of the app. */
  checkApp(app: App): Promise<readonly CheckedApp[]>
  /** Asks the store to send its own test notification; null: the store has none, or there is no such store. */
  testNotification(app: App, environment: Environment): Promise<Fetched<string> | null>
}

/** What a form needs of a store. */
export interface ShownStore extends Pick<StoreDeclaration, 'name' | 'title' | 'steps'> {
  readonly slug: string | null
  readonly fields: readonly Field[]
  /** What every app has, as this store words it. */
  readonly appFields: readonly Field[]
  readonly canCheck: boolean
  readonly canTestNotification: boolean
}

export interface ShownDestination extends Pick<Destination, 'id' | 'title' | 'fields' | 'confirm'> {
  readonly integrationFields: readonly Field[]
  readonly eventNames: readonly {
    readonly key: EventName
    readonly label: string
    readonly default: string
    readonly stores: readonly StoreName[]
  }[]
}

export interface CheckedApp {
  readonly environment: Environment
  readonly ok: boolean | null
  readonly message: string
}

export interface IncomingNotification {
  readonly projectId: string
  readonly appId: string
  readonly slug: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The bytes as they came. */
  readonly body: Buffer
}

export interface AcceptAnswer {
  readonly status: 200 | 204 | 400 | 401 | 403 | 404 | 413 | 503
  /** One sentence for whoever reads the sender's log; nothing for 2xx. */
  readonly body?: string
  readonly retryAfterS?: number
}

export interface IngestDoor {
  /** Resolves with 200 when the message is on disk, never before. */
  accept(notification: IncomingNotification): Promise<AcceptAnswer>
  /** null when there is no such notification. */
  reprocess(
    projectId: string,
    notificationId: string,
    options: { readonly dryRun: boolean },
  ): Promise<ReprocessOutcome | null>
}

export type ReprocessOutcome =
  | {
      readonly kind: 'diff'
      /** Events that it yields and that are not there yet. */
      readonly wouldAdd: readonly LifecycleEvent[]
      /** Ids of events that it yields otherwise than they are kept; they stay as they are. */
      readonly wouldChange: readonly string[]
      /** What is worth knowing besides, in one sentence. */
      readonly note: string | null
    }
  /** It cannot be processed now; the sentence says why and what to do. */
  | { readonly kind: 'refused'; readonly reason: string }

export interface DeliveryDoor {
  /** null when it waits again; else why it cannot, in one sentence. */
  retry(projectId: string, deliveryId: string): Promise<string | null>
  /** "It arrived": settles a delivery of unknown outcome. null when it did; else why it cannot. */
  acceptUnknown(projectId: string, deliveryId: string): Promise<string | null>
  /** Sends again what failed or was skipped, a part a call. */
  replay(asked: ReplayAsked): Promise<Replayed>
  /** What became of an event at each integration, or at the one that is asked for, in one sentence each. */
  why(asked: WhyAsked): Promise<readonly WhyAnswer[]>
  /** The same of one event; null: the project has none of this id. */
  whyEvent(asked: WhyEventAsked): Promise<readonly WhyAnswer[] | null>
  /** `by`: who asked, for the log. */
  pause(projectId: string, integrationId: string, by: string): Promise<void>
  resume(projectId: string, integrationId: string, by: string): Promise<void>
  channels(projectId: string, integrationId: string): Promise<readonly ChannelRow[]>
}

/** The stand-ins of stores, where the operator has pointed the hub at them. */
export interface SimulatorDoor {
  /** The lives that the stand-in of a store can play; null where none is set or none answers. */
  scenariosOf(store: SourceName): Promise<readonly { readonly name: string; readonly about: string }[] | null>
  /** Resolves when all of it was sent; a refusal is one sentence. */
  play(app: App, scenario: string): Promise<Played>
}

export type Played =
  | {
      readonly kind: 'played'
      /** `status`: what the hub answered to the message; null where the stand-in got no answer. */
      readonly sent: readonly { readonly name: string; readonly at: number; readonly status: number | null }[]
    }
  | { readonly kind: 'refused'; readonly reason: string }

export interface ErasuresDoor {
  /** Erases a person by any app user id; `in_flight`: the rest follows when requests under way have ended. */
  erase(projectId: string, appUserId: string): Promise<'erased' | 'in_flight' | 'absent'>
}

export interface PromotionsDoor {
  /** The same wish again gives what was granted the first time. */
  grant(grant: Grant): Promise<Granted>
  /** Gives how many grants of the entitlement were in force. */
  revoke(projectId: string, appUserId: string, entitlement: string): Promise<number>
}

export interface CustomersDoor {
  /** The customer of an app user id, made when nobody has it; it was seen now. */
  open(projectId: string, appUserId: string): Promise<Opened>
  /**
   * A log-in: who was `from` is `to` from now on, by the merge rules of the customers' room. `created`: nobody had `to`.
   * `from` may be unknown.
   */
  identify(projectId: string, from: string, to: string): Promise<Opened>
  /**
   * Two ids become one customer. `trusted`: a secret key asks; a public key may not make one of two customers who are both
   * identified. Refusals are one sentence.
   */
  alias(projectId: string, from: string, to: string, trusted: boolean): Promise<Aliased>
  /** Makes the customer when it is new. The keys that are not refused are stored. */
  setAttributes(
    projectId: string,
    appUserId: string,
    changes: readonly AttributeChange[],
  ): Promise<readonly AttributeError[]>
  /** Kept on the customer as it came, and not interpreted. */
  keepAttribution(projectId: string, appUserId: string, kind: AttributionKind, body: unknown): Promise<void>
}

export type AttributionKind = 'attribution' | 'adservices_attribution'

export type { Opened, PostedReceipt, ReceiptOutcome }

export interface ReceiptsDoor {
  /** Verified with its store, folded into its purchases, claimed for the customer: all on disk when it resolves. */
  post(receipt: PostedReceipt): Promise<ReceiptOutcome>
  /**
   * Whether the customer may have what a receipt shows, by the project's transfer behavior; a receipt that nobody knows
   * may be anybody's. Nothing is changed, and the receipt is not verified.
   */
  mayRestore(app: App, appUserId: string, token: string): Promise<boolean>
  /** What Amazon says of a receipt: the SDK needs the term of the subscription that it sold. */
  amazonReceipt(app: App, storeUserId: string, receiptId: string): Promise<TermAnswer>
}

export interface AppCallsDoor {
  count(rows: readonly AppCallCount[]): Promise<void>
  counted(projectId: string, appId: string): Promise<readonly AppCallRow[]>
}
