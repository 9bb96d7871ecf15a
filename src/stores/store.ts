import type { Field } from '../domain/field.ts'
import type { Money } from '../domain/money.ts'
import type { Observation } from '../domain/observation.ts'
import type { App } from '../domain/project.ts'
import type { Environment, PurchaseKey, SourceName } from '../domain/purchase.ts'
import type { Purchase } from '../domain/purchase-state.ts'

/** What a store declares: known without any connection, so that settings, forms and docs are made from it. */
export interface StoreDeclaration {
  readonly name: SourceName
  /** As in the notification route: `/notifications/app-store/…`. */
  readonly slug: string
  readonly title: string
  readonly fields: readonly Field[]
  /**
   * What a person does at the store, in order, one or two plain sentences each, for the form. `{url}` stands for the
   * notification address of the app.
   */
  readonly steps: readonly string[]
  /** It calls its JSON text/plain. */
  readonly sendsText?: true
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
  /**
   * What the waiting messages of one subject are about. Asks the store where it must; a fetch that fails changes nothing
   * and is tried again. A snapshot that was fetched has `at` as its version, at least the known version + 1.
   */
  resolve?(request: ResolveRequest, app: App): Promise<Fetched<Resolved>>
  /** The state of one purchase as the store knows it now: asked by the clock when access should have ended. */
  poll?(request: PollRequest, app: App): Promise<Fetched<Observation>>
  /** Whether `poll` can be asked for this app; else the clock alone decides by the table of domain/expiry.ts. */
  canPoll?(app: App): boolean
  /**
   * What an SDK or a backend shows as a purchase, verified with the store: of any number of purchases. Facts of it are
   * never `own`. Nothing of it says whose it is but what the store itself says (`owner`).
   */
  receipt?(request: ReceiptRequest, app: App): Promise<ReceiptRead>
  /**
   * What the store's SDK must know of a receipt before it posts it, as its own service writes it: Amazon's `termSku`. It is
   * asked of the store each time and kept nowhere.
   */
  term?(userId: string, receiptId: string, app: App): Promise<Fetched<Readonly<Record<string, unknown>>>>
  /** One request that succeeds only with working credentials, for `doctor` and forms. */
  check?(environment: Environment, app: App): Promise<Fetched<unknown>>
  /** Asks the store to send its test notification; gives a sentence that says what to wait for. */
  testNotification?(environment: Environment, app: App): Promise<Fetched<string>>
  /** What this app's store is read for page by page, beside what it pushes; nothing where its settings ask for nothing. */
  lists?(app: App): readonly StoreList[]
}

/** A list that a store keeps and that is read page by page: its notification history, what it failed to deliver … */
export interface StoreList {
  /** Names its place beside the others of the app and environment; it is kept, so it never changes. */
  readonly name: string
  readonly environment: Environment
  /** The next page; `cursor` is opaque and null at the beginning. */
  pull(cursor: string | null): Promise<Fetched<PulledPage>>
  /** The cursor that reads the list again from `at` on (milliseconds), or from as far back as the store has it. */
  from(at: number): string
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
   * 401: not authentic, or of another app or environment. 403: authentic, of a sender that the app does not know (an
   * SNS topic). 400: no notification at all. `claimed`: the bundle id or topic that a refused message names, for the
   * app's page.
   */
  | {
      readonly kind: 'refused'
      readonly status: 400 | 401 | 403
      readonly reason: string
      readonly claimed: string | null
    }
  /** What is needed to judge it could not be had (a certificate, a key): not the sender's fault, who shall come again. */
  | { readonly kind: 'unavailable'; readonly reason: string }

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
      /** Names by which later messages find this purchase, as in `Resolved`; absent where the chain is name enough. */
      readonly links?: Resolved['links']
    }
  /**
   * What it is about can only be told by looking up what is known or by asking the store (Play, Amazon, Stripe). All
   * waiting messages of one subject are resolved together, one at a time.
   */
  | { readonly kind: 'unresolved'; readonly subject: string }
  /** Nothing about a purchase: test messages, reminders, types that are not known yet. */
  | { readonly kind: 'nothing'; readonly why: string; readonly unknownType: boolean; readonly alert?: string }

export interface ResolveRequest {
  readonly subject: string
  readonly environment: Environment
  /** All that wait for this subject, oldest first. */
  readonly messages: readonly KeptMessage[]
  /** The clock, read before anything is asked (milliseconds). */
  readonly at: number
  /** The purchase that a name was linked to by an earlier message (a token, a charge, an invoice), or null. */
  linked(name: string): Promise<Purchase | null>
}

export interface Resolved {
  /** `message`: the index of the message that told it; null when only the store did. Of any number of purchases. */
  readonly observations: readonly { readonly observation: Observation; readonly message: number | null }[]
  /** Names by which later messages find these purchases. */
  readonly links: readonly { readonly name: string; readonly key: PurchaseKey }[]
  /** Why messages without an observation tell nothing; shown on them. */
  readonly note: string | null
}

/** What the caller holds of a purchase. */
export type Shown =
  /** `fetch_token` of the SDKs, in each form that the store's SDK has. */
  | { readonly kind: 'token'; readonly token: string }
  /** The store's id of one transaction or order. */
  | { readonly kind: 'transaction'; readonly id: string }
  /** The store's id of the subscription. */
  | { readonly kind: 'subscription'; readonly id: string }

export interface ReceiptRequest {
  readonly shown: Shown
  /** As the store calls them, where the caller says what was bought; may be empty. */
  readonly productIds: readonly string[]
  /** Amazon's id of its user. */
  readonly storeUserId: string | null
  /** Which environment the device says it is in; the store's answer decides. */
  readonly sandbox: boolean | null
  /** What the device was shown, where the store itself tells no price. */
  readonly price: Money | null
  /** ISO 3166-1 alpha-2 of the device's storefront, where the store itself tells none. */
  readonly countryCode: string | null
  /** The clock, read before anything is asked (milliseconds). */
  readonly at: number
  /** As in `ResolveRequest`. */
  linked(name: string): Promise<Purchase | null>
}

/** `message` of its observations is null. `note`: why there are none, where that is no fault of the receipt. */
export type ReceiptRead =
  | Fetched<Resolved>
  /** It can never be valid. One sentence that says what to do. */
  | {
      readonly kind: 'invalid'
      readonly fault: 'not_authentic' | 'product_missing' | 'wrong_environment'
      readonly reason: string
    }

export interface PollRequest {
  readonly purchase: Purchase
  /** The clock, read before the store is asked (milliseconds). */
  readonly at: number
}

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
  /** Called after the page is on disk, where the sender waits for that (Pub/Sub). What fails comes again. */
  acknowledge?(): Promise<void>
}
