import type { Field } from '../domain/field.ts'
import type { Observation } from '../domain/observation.ts'
import type { App } from '../domain/project.ts'
import type { Environment, PurchaseKey, StoreName } from '../domain/purchase.ts'

/** What a store declares: known without any connection, so that settings, forms and docs are made from it. */
export interface StoreDeclaration {
  readonly name: StoreName
  /** As in the notification route: `/notifications/app-store/…`. */
  readonly slug: string
  readonly title: string
  readonly fields: readonly Field[]
  /** A setting that is well formed but cannot work, as one sentence with the fix; null when fine. */
  refuse(app: App): string | null
}

/** A store at work: verifies, decodes and fetches. Nothing here touches storage or decides what happened. */
export interface Store extends StoreDeclaration {
  /** Authenticity and form of one inbound message. Never throws for bad input. */
  accept(message: InboundMessage, app: App): Promise<Accepted>
  /** A kept message → what it tells. Throws for what cannot be understood: the message is then parked. */
  decode(kept: KeptMessage, app: App): Decoded
  /** Whether `history` can be asked for this app (credentials are set). */
  canAskHistory(app: App): boolean
  /** Every transaction of the chain that `transactionId` belongs to, as facts. */
  history(request: HistoryRequest, app: App): Promise<Fetched<Observation>>
  /** The next page of the store's own notification history; `cursor` is opaque and null at the beginning. */
  pull?(environment: Environment, cursor: string | null, app: App): Promise<Fetched<PulledPage>>
}

export interface InboundMessage {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Buffer
}

/** A verified message as it is kept. */
export interface AcceptedMessage {
  /** Unique per sender (notificationUUID, event id …): a second copy is the same notification. */
  readonly sourceKey: string
  readonly environment: Environment
  /** The store's own type, for people ("DID_RENEW/BILLING_RECOVERY"). */
  readonly type: string
  /** When the store signed or sent it. */
  readonly sentAt: number
  /** The bytes as they came. */
  readonly body: Buffer
}

export type Accepted =
  | { readonly kind: 'accepted'; readonly message: AcceptedMessage }
  /**
   * 401: not authentic, or of another app or environment. 400: no notification at all.
   * `claimed`: the bundle id that a refused message names, for the app's page.
   */
  | { readonly kind: 'refused'; readonly status: 400 | 401; readonly reason: string; readonly claimed: string | null }

export interface KeptMessage {
  readonly body: Buffer
  readonly environment: Environment
  readonly type: string
  readonly receivedAt: number
}

export type Decoded =
  | {
      readonly kind: 'observed'
      readonly observation: Observation
      /** What to ask the history of when this purchase is new to us; null when the message shows its beginning. */
      readonly historyOf: HistoryRequest | null
    }
  /** Nothing about a purchase: test messages, reminders, types that are not known yet. */
  | { readonly kind: 'nothing'; readonly why: string; readonly unknownType: boolean; readonly alert?: string }

export interface HistoryRequest {
  readonly key: PurchaseKey
  readonly transactionId: string
}

export type Fetched<T> =
  | { readonly kind: 'fetched'; readonly value: T }
  /** The store is down, throttles, or our own budget is used up. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: number | null }
  /** The store refused our credentials: this app's fetching pauses. */
  | { readonly kind: 'credentials'; readonly reason: string }
  /** The store knows nothing of it. */
  | { readonly kind: 'absent'; readonly reason: string }

export interface PulledPage {
  /** Verified messages and what was refused among them, in the store's order. */
  readonly messages: readonly Accepted[]
  readonly cursor: string
  /** false: ask again at once for the next page. true: caught up, ask again after `againInMs`. */
  readonly caughtUp: boolean
  readonly againInMs: number
  /** How far it got, for people and `doctor` (milliseconds), and what is odd ("history is empty: …"). */
  readonly progress: { readonly from: number; readonly upTo: number; readonly note: string | null }
}
