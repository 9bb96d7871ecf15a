import type { Attributes, FrozenEvent } from '../domain/event.ts'
import type { Environment, PurchaseKey, SourceName } from '../domain/purchase.ts'
import type { Stands } from '../domain/standing.ts'

/** What storage keeps. Times are integer milliseconds UTC, money integer micros. Documents travel as JSON text. */

/** A document of the settings: a project, an app, an integration. Secrets inside are already encrypted. */
export interface SettingsRow {
  readonly kind: 'project' | 'app' | 'integration'
  readonly projectId: string
  readonly id: string
  readonly body: string
  /** 'file' when a config file declares it. */
  readonly managed: 'file' | 'dashboard'
  readonly createdAt: number
  readonly updatedAt: number
}

export interface SecretKeyRow {
  readonly projectId: string
  readonly name: string
  /** SHA-256 of the key, hex: keys are found by hash. */
  readonly hash: string
  readonly last4: string
  readonly managed: 'file' | 'dashboard'
  readonly createdAt: number
}

export type NotificationStatus = 'waiting' | 'understood' | 'ignored' | 'parked'

export interface NewNotification {
  /** Derived from project, app and source key. */
  readonly id: string
  readonly projectId: string
  readonly appId: string
  readonly store: SourceName
  readonly environment: Environment
  readonly sourceKey: string
  readonly type: string
  readonly via: 'push' | 'pull'
  readonly sentAt: number
  readonly receivedAt: number
  readonly body: Buffer
}

export interface NotificationRow extends NewNotification {
  readonly status: NotificationStatus
  readonly dueAt: number
  /** Attempts to understand it that ended in "try again". */
  readonly tries: number
  /** Why it waits, is parked or was ignored: one sentence. */
  readonly note: string | null
  /** How many events it caused. */
  readonly events: number
}

/** What becomes of a notification in one step. */
export interface NotificationChange {
  readonly projectId: string
  readonly id: string
  readonly status: NotificationStatus
  readonly dueAt: number
  readonly tries: number
  readonly note: string | null
  readonly events: number
  /** Whose purchase it is about; left out: as it is. */
  readonly customerId?: string
  /** Its customer was erased: the message itself is not kept. */
  readonly forget?: true
}

/** A purchase: its document, and the columns that are asked for. */
export interface PurchaseRow {
  readonly key: PurchaseKey
  readonly appId: string
  readonly customerId: string
  /** 0 when it is new; grows by one with every save. */
  readonly version: number
  /** When the clock must look at it (milliseconds); null: nothing ends by itself. */
  readonly checkAt: number | null
  /** Facts, snapshot, announced happenings, summary: JSON of domain/purchase-state.ts. */
  readonly body: string
  /** As what it is counted, reckoned with the body; left out: by an older version, housekeeping reckons it. */
  readonly stands?: Stands
}

export interface CustomerRow {
  readonly projectId: string
  readonly id: string
  /** 0 when new; grows by one with every save. */
  readonly version: number
  readonly originalAppUserId: string
  readonly lastSeenAppUserId: string
  readonly lastSeq: number
  readonly firstSeenAt: number
  readonly lastSeenAt: number
  readonly aliases: readonly string[]
  readonly attributes: Attributes
  /** Key → when it was deleted: an older value that comes later stays away. */
  readonly deletedAttributes: Readonly<Record<string, number>>
  /** Only stores have named it so far. */
  readonly onlyNamed: boolean
}

/** A movement of money: append-only. Unique by (purchase, entry). */
export interface LedgerRow {
  readonly key: PurchaseKey
  /** `charge:<transaction>`, `refund:<transaction>:<n>`, `reversal:<transaction>:<n>`; what follows each has `:` and a word. */
  readonly entry: string
  readonly reason: 'charge' | 'refund' | 'reversal' | 'history' | 'correction'
  readonly transactionId: string
  readonly productId: string
  readonly at: number
  readonly recordedAt: number
  /** Signed; null when the price is unknown. */
  readonly micros: number | null
  readonly currency: string | null
  readonly commissionPpm: number
  readonly taxPpm: number
  readonly usdRate: string | null
  readonly rateDate: string | null
  readonly countryCode: string | null
  /** The fraction is a rule's, not the store's own figure. */
  readonly commissionEstimated: boolean
  readonly taxEstimated: boolean
  /** The store's own amounts, signed, in the currency of the entry; null where it tells none. */
  readonly actualCommissionMicros: number | null
  readonly actualTaxMicros: number | null
  /** The event that announced it, or null. */
  readonly eventId: string | null
  /** The first amount of a movement that was entered without one: for the figures, and not kept. */
  readonly firstPrice?: true
}

export interface NewEvent {
  readonly event: FrozenEvent
  /** The notification that caused it. */
  readonly notificationId: string | null
}

export const HISTORY_KINDS = ['attribute', 'attribution', 'alias', 'transfer'] as const

/** What became of a customer beside its events: append-only, newest last. */
export interface HistoryRow {
  readonly projectId: string
  readonly customerId: string
  readonly at: number
  readonly kind: (typeof HISTORY_KINDS)[number]
  /** JSON: attribute {key, value, updatedAt}; attribution {kind, body}; alias {ids}; transfer {purchase, from, to}. */
  readonly body: string
}

export interface AttributeSetRow {
  readonly projectId: string
  readonly hash: string
  readonly attributes: Attributes
}

export type DeliveryStatus = 'waiting' | 'delivered' | 'failed' | 'skipped'

export interface NewDelivery {
  /** Derived from integration and event. */
  readonly id: string
  readonly projectId: string
  readonly integrationId: string
  readonly environment: Environment
  readonly customerId: string
  readonly eventId: string
  readonly seq: number
  readonly status: 'waiting' | 'skipped'
  readonly reason: string | null
  /** Reading of the channel's running clock at which it may first go. */
  readonly mayGoAt: number
  readonly createdAt: number
}

export interface DeliveryRow extends Omit<NewDelivery, 'status'> {
  readonly status: DeliveryStatus
  /** One sentence with what to do, for failed and noted ones. */
  readonly advice: string | null
  readonly attempts: number
  /** Kinds of this delivery's records that are settled. */
  readonly done: readonly string[]
  readonly mends: readonly string[]
  readonly notes: readonly string[]
  /** Fixed at the first attempt (JSON), null before. */
  readonly identity: string | null
  /** An attempt's outcome is unknown: it may arrive twice. */
  readonly mayBeDoubled: boolean
  readonly resend: number
  readonly settledAt: number | null
  /** Oldest first; the newest hundred or so. */
  readonly attemptIds: readonly string[]
}

/** A queue: what one customer has waiting in one channel. One row while something waits. */
export interface QueueRow {
  readonly projectId: string
  readonly channelId: string
  readonly customerId: string
  readonly dueAt: number
  readonly owner: string | null
  readonly fence: number
  readonly leaseUntil: number | null
  /** Steps of the record-transient schedule already taken by its first delivery. */
  readonly step: number
  /** Its next request carries this customer's first delivery and nothing else. */
  readonly alone: boolean
  /** Requests of its own that died with their process. */
  readonly died: number
}

/** An integration in one environment. Its id is `<integration>:<environment>` within the project. */
export interface ChannelRow {
  readonly projectId: string
  readonly channelId: string
  readonly integrationId: string
  readonly environment: Environment
  /** Grows by one with every save: changes are made on the version that was read. */
  readonly version: number
  readonly state: 'open' | 'backing_off' | 'paused'
  /** Who paused it; a person's pause sends no probes. */
  readonly pausedBy: 'person' | 'credentials' | 'refusals' | null
  readonly reason: string | null
  readonly advice: string | null
  /** Failures in a row. */
  readonly failures: number
  /** Single culprits in a row with no success between. */
  readonly culprits: number
  /** When the next probe may go. */
  readonly nextAt: number
  /** Requests allowed in flight now (1, 2, 4 … up to the integration's width). */
  readonly width: number
  /** The customer whose probe had an unknown outcome: the next probe takes another's. */
  readonly avoidCustomer: string | null
  /** The running clock: reading at `clockAt`; runs while not paused. */
  readonly clockReading: number
  readonly clockAt: number
  readonly clockRuns: boolean
}

export interface AttemptRow {
  readonly id: string
  readonly projectId: string
  readonly channelId: string
  readonly at: number
  readonly durationMs: number
  /** null when no answer came. */
  readonly status: number | null
  /** Masked: method, URL without secrets, headers that matter, body. JSON. */
  readonly request: string
  /** Status, headers that matter, first 8 KiB. JSON. */
  readonly response: string
  /** Per delivery: id, record kind, outcome, reason. JSON. */
  readonly outcomes: string
}

/** How far a store's own history was read. */
export interface CursorRow {
  readonly projectId: string
  readonly appId: string
  readonly name: string
  readonly value: string
  readonly updatedAt: number
}

/** A name by which a store's messages speak of a purchase (a token, an invoice, a charge). The newest link stands. */
export interface LinkRow {
  readonly name: string
  readonly key: PurchaseKey
}
