import type { LifecycleEvent } from '../domain/event.ts'
import type { Environment, PurchaseKey, SourceName } from '../domain/purchase.ts'
import type { AppCallStorage } from './app-calls.ts'
import type { CursorStorage } from './cursors.ts'
import type { ErasureStorage } from './erasure.ts'
import type { ImportStorage } from './imports.ts'
import type { JoinStorage } from './join.ts'
import type { MemberStorage } from './members.ts'
import type { RateStorage } from './rates.ts'
import type { ReadStorage } from './reads.ts'
import type {
  AttemptRow,
  AttributeSetRow,
  ChannelRow,
  CursorRow,
  CustomerRow,
  DeliveryRow,
  DeliveryStatus,
  HistoryRow,
  LedgerRow,
  LinkRow,
  NewDelivery,
  NewEvent,
  NewNotification,
  NotificationChange,
  NotificationRow,
  PurchaseRow,
  QueueRow,
  SecretKeyRow,
  SettingsRow,
} from './rows.ts'
import type { TidyInput, TidyResult } from './tidy.ts'

/**
 * The contract of storage: narrow, asynchronous and batched, one interface per caller. Every method is one transaction
 * that is durable when its promise resolves; calls that arrive together are committed together. When a group fails, its
 * members run one by one, and each keeps its own error.
 */
export interface Storage
  extends InboxStorage,
    ClockStorage,
    StepStorage,
    JoinStorage,
    ErasureStorage,
    DeliveryStorage,
    SettingsStorage,
    CursorStorage,
    ImportStorage,
    RateStorage,
    AppCallStorage,
    MemberStorage,
    ReadStorage {
  /** 'embedded' or 'postgres', for health and logs. */
  readonly driver: string
  /** This process in the claims of the database: what it claims under this name is freed when the process is gone. */
  readonly owner: string
  /** Resolves when a write has gone through (for /readyz); rejects with the sentence to show. */
  ping(): Promise<void>
  /** Housekeeping that callers need not know of: checkpoints, retention. Called about once a minute. */
  tidy(input: TidyInput): Promise<TidyResult>
  /**
   * Tells what other processes have done that this one may want to know at once, and when events have got positions;
   * gives the way to end it. A word may be lost or come twice: polling remains. What this process writes it knows itself.
   */
  onWork(listener: (what: WorkKind) => void): () => void
  close(): Promise<void>
}

/**
 * inbox: notifications wait. queues: something may be due. channels: a channel has changed (`loadChannels`). settings:
 * load them again. positions: followers of events find more.
 */
export type WorkKind = 'inbox' | 'queues' | 'channels' | 'settings' | 'positions'

// ── inbox: keeping notifications and taking them up ─────────────────────────────────────────────────────────────────

export interface InboxStorage {
  /**
   * Keeps notifications, each at most once by its id, which is derived from project, app and source key; the first copy
   * stays as it is. They are due from `receivedAt` on. `cursor` is saved in the same transaction, so that a page that was
   * kept is never asked again.
   */
  keepNotifications(
    rows: readonly NewNotification[],
    cursor?: CursorRow,
  ): Promise<readonly { readonly id: string; readonly duplicate: boolean }[]>
  /**
   * Waiting notifications that are due, oldest first within a project and with a share for each project (one that floods
   * the inbox does not stand before the others), claimed for `owner` until `leaseUntil`: no other claim returns
   * them before. A saved change, the lease's end or the death of the owner's process frees them.
   */
  claimNotifications(input: {
    readonly now: number
    readonly limit: number
    readonly owner: string
    readonly leaseUntil: number
  }): Promise<readonly NotificationRow[]>
  /** Changes without a purchase behind them (retry, parked, ignored). Frees their claims. */
  changeNotifications(changes: readonly NotificationChange[]): Promise<void>
  /** The earliest dueAt among waiting, unclaimed notifications, or null. */
  nextNotificationDue(): Promise<number | null>
  /** Refused messages: counted, with the newest claim kept, and nothing of the message. */
  countRefused(rows: readonly RefusedCount[]): Promise<void>
}

export interface RefusedCount {
  readonly projectId: string
  readonly appId: string
  readonly count: number
  readonly at: number
  readonly reason: string
  /** The bundle id it named, if any. */
  readonly claimed: string | null
}

// ── the clock ───────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ClockStorage {
  /**
   * Purchases whose `checkAt` is due, oldest first. Each is pushed out to `again` in the same transaction (its version
   * stays), so that no other process takes it before; the step that follows writes its next `checkAt`.
   */
  claimDueChecks(input: {
    readonly now: number
    readonly limit: number
    readonly again: number
  }): Promise<readonly PurchaseRow[]>
  /** The earliest `checkAt`, or null. */
  nextCheckDue(): Promise<number | null>
  /** Makes purchases that are to be looked at later due at `now`, at most `limit` of them; gives how many. */
  hastenChecks(input: { readonly now: number; readonly limit: number }): Promise<number>
  /** The purchases that these names of one store in one environment are linked to; absent when there is no link. */
  findLinks(input: {
    readonly projectId: string
    readonly store: SourceName
    readonly environment: Environment
    readonly names: readonly string[]
  }): Promise<ReadonlyMap<string, PurchaseRow>>
}

// ── the step: load → compute → save ─────────────────────────────────────────────────────────────────────────────────

export interface StepStorage {
  /**
   * One step of understanding or of a customer's change. Loads what the keys name, calls `compute` on the caller's
   * thread, and saves what it gives in one transaction. PostgreSQL holds the rows' locks from load to save; the embedded
   * driver checks the loaded versions at save and, when another step was faster, loads and computes again (so `compute`
   * may run several times and must be pure). Customers are locked in ascending id.
   * Saving follows the rules: events, ledger entries and deliveries that exist already (by id, by entry) are left as
   * they are, and the deliveries of an event that existed are left out; each new event gets the next cursor position; a
   * queue that exists keeps its due time unless the new one is earlier and `hasten` is set. A delivery that waits must
   * have a queue: one that exists, or one that the same step wakes.
   * A `compute` that throws saves nothing, and the error reaches the caller.
   */
  step<R>(keys: StepKeys, compute: (loaded: Loaded) => { readonly save: StepRows; readonly result: R }): Promise<R>
}

export interface StepKeys {
  readonly purchases: readonly PurchaseKey[]
  /** Customers are loaded by the purchases' owners and by these ids (any alias of theirs). */
  readonly appUserIds: readonly { readonly projectId: string; readonly appUserId: string }[]
}

export interface Loaded {
  /** By `purchaseId(key)`; absent when new. */
  readonly purchases: ReadonlyMap<string, PurchaseRow>
  /** By `projectId + '\n' + customerId`. */
  readonly customers: ReadonlyMap<string, CustomerRow>
  /**
   * By `projectId + '\n' + appUserId` → customer id, for the ids asked for that exist. What is no id, but the SHA-256 of
   * one (hex), finds its customer too.
   */
  readonly customerOf: ReadonlyMap<string, string>
}

export interface StepRows {
  readonly notifications?: readonly NotificationChange[]
  /** `version` is the one that was loaded (0: new). */
  readonly purchases?: readonly PurchaseRow[]
  /** `version` is the one that was loaded (0: new). All of `aliases` is written. */
  readonly customers?: readonly CustomerRow[]
  readonly attributeSets?: readonly AttributeSetRow[]
  /** Written over what the name was linked to before. */
  readonly links?: readonly LinkRow[]
  readonly ledger?: readonly LedgerRow[]
  readonly events?: readonly NewEvent[]
  readonly deliveries?: readonly NewDelivery[]
  readonly queues?: readonly QueueWake[]
  readonly history?: readonly HistoryRow[]
}

/** Makes sure that a queue exists for something that waits. */
export interface QueueWake {
  readonly projectId: string
  readonly channelId: string
  readonly customerId: string
  readonly dueAt: number
  /**
   * Bring an existing queue's due time forward to `dueAt`: one that is not claimed and whose first delivery has not been
   * put off by its destination. Never creates one.
   */
  readonly hasten: boolean
  /** With `hasten`: its waiting deliveries may go from this reading of the channel's clock on, if they might not before. */
  readonly mayGoAt?: number
}

// ── delivery ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface DeliveryStorage {
  /** Every channel of these integrations, made if new (state open, clock running from `now`). */
  ensureChannels(
    rows: readonly {
      readonly projectId: string
      readonly integrationId: string
      readonly environment: 'production' | 'sandbox'
    }[],
    now: number,
  ): Promise<readonly ChannelRow[]>
  loadChannels(): Promise<readonly ChannelRow[]>
  /** Saves a channel when its stored version is `row.version`; the stored row otherwise. */
  saveChannel(
    row: ChannelRow,
  ): Promise<{ readonly saved: true; readonly row: ChannelRow } | { readonly saved: false; readonly row: ChannelRow }>
  /**
   * Takes up to one lot per entry: a slot of the channel, and due queues, oldest due first, each with its first waiting
   * deliveries in seq order. Slot and queues are claimed by owner, lease and one fence, greater than any given before.
   * Nothing is taken when no slot is free, nothing is due, or the channel's version is not `version` (then `stale` gives
   * the row). A queue that is `alone` makes a lot of its own with its first delivery only. A queue without a waiting
   * delivery is deleted on the way. Queues whose lease is over are freed first, as `freeDeadClaims` does.
   */
  claimLots(input: ClaimInput): Promise<ClaimResult>
  /**
   * Settles one lot under its fences, in one transaction with its attempts and the channel's new row, and frees its
   * slot. Every queue of the lot is named (one that is left out stays claimed until its lease is over). A queue whose
   * fence or owner has moved on is left alone and named in `fenced`; the attempts are kept all the same. A settled queue
   * has no deaths any more. When the channel's version is not the expected one, nothing is written and the stored row
   * comes back.
   */
  settleLot(
    input: SettleInput,
  ): Promise<
    | { readonly kind: 'settled'; readonly fenced: readonly string[] }
    | { readonly kind: 'channel_moved'; readonly row: ChannelRow }
  >
  /** Pushes the lease of a lot's slot and queues out; false when any of it is no longer owned. */
  renewLot(input: { readonly lot: LotRef; readonly leaseUntil: number }): Promise<boolean>
  /** Earliest dueAt over unclaimed queues per channel, for the sleep between claims. */
  nextQueueDue(channels: readonly ChannelRef[]): Promise<number | null>
  /**
   * Frees everything claimed by other owners whose process is known to be dead (embedded: all other owners). Queues that
   * were in flight become due now and go alone from here on; those that were alone already count one more death; their
   * claimed deliveries may be doubled. Gives the number of queues.
   */
  freeDeadClaims(owner: string, now: number): Promise<number>
  /**
   * Fails waiting deliveries whose `mayGoAt + maxAge` is past on their channel's clock reading, oldest first, at most
   * `limit`; not those of a claimed queue, which fail in their turn. Gives how many.
   */
  failExpired(input: {
    readonly channel: ChannelRef
    readonly clockReading: number
    readonly maxAgeMs: number
    readonly reason: string
    readonly advice: string
    readonly now: number
    readonly limit: number
  }): Promise<number>
  /**
   * A person's retry, of one or of many, in one transaction: those that failed or were skipped wait again, behind all
   * that waits of their customer and in `seq` order among themselves, with what they have done already. A queue that is
   * not there is made, due at the earliest `dueAt`; one that is there keeps its time. Erased ones and any others stay as
   * they are. Gives how many wait again.
   */
  retryDeliveries(input: {
    readonly projectId: string
    readonly deliveries: readonly { readonly id: string; readonly mayGoAt: number; readonly dueAt: number }[]
  }): Promise<number>
  /** `outcome_unknown` settled by a person: "it arrived". */
  acceptDelivery(input: {
    readonly projectId: string
    readonly deliveryId: string
    readonly now: number
  }): Promise<boolean>
}

export interface ChannelRef {
  readonly projectId: string
  readonly channelId: string
}

export interface ClaimInput {
  readonly owner: string
  readonly now: number
  readonly leaseUntil: number
  readonly channels: readonly ClaimChannel[]
}

export interface ClaimChannel extends ChannelRef {
  readonly version: number
  /** Most lots of this channel in flight over all processes. */
  readonly slots: number
  /** Most deliveries in the lot, and per queue. */
  readonly deliveries: number
  readonly perQueue: number
  /** Not this customer's queue (probes after an unknown outcome), unless it is the only one. */
  readonly avoidCustomer: string | null
}

export interface LotRef extends ChannelRef {
  readonly slot: number
  readonly owner: string
  /** Fence of the slot. */
  readonly fence: number
  readonly queues: readonly { readonly customerId: string; readonly fence: number }[]
}

export interface ClaimedQueue {
  readonly queue: QueueRow
  /** The customer as of now: identity at the first attempt is taken from it. */
  readonly customer: CustomerRow
  readonly deliveries: readonly { readonly delivery: DeliveryRow; readonly event: LifecycleEvent }[]
  /** `rc_subscription_status` of the last event delivered from this queue's channel for this customer, or null. */
  readonly lastStatus: string | null
}

export interface Lot {
  readonly ref: LotRef
  readonly queues: readonly ClaimedQueue[]
}

export interface ClaimResult {
  readonly lots: readonly Lot[]
  readonly stale: readonly ChannelRow[]
}

export interface SettleInput {
  readonly lot: LotRef
  readonly now: number
  readonly queues: readonly SettledQueue[]
  /** The requests it took (several when one was halved), oldest first. */
  readonly attempts: readonly AttemptRow[]
  /** The channel's new row, made from `version`; null when nothing of it changes. */
  readonly channel: ChannelRow | null
}

export interface SettledQueue {
  readonly customerId: string
  readonly fence: number
  readonly deliveries: readonly DeliveryChange[]
  /** When the queue is due next if something still waits (it is deleted otherwise). */
  readonly dueAt: number
  readonly step: number
  readonly alone: boolean
  /** Remembered for `identify: on_change`; null leaves it. */
  readonly lastStatus: string | null
}

/** A delivery after a request. All of it is written. */
export interface DeliveryChange {
  readonly id: string
  readonly status: DeliveryStatus
  readonly reason: string | null
  readonly advice: string | null
  readonly attempts: number
  readonly done: readonly string[]
  readonly mends: readonly string[]
  readonly notes: readonly string[]
  readonly identity: string | null
  readonly mayBeDoubled: boolean
  readonly settledAt: number | null
  /** Appended to the delivery's attempts (several when a request was halved). */
  readonly attemptIds: readonly string[]
}

// ── settings, cursors, housekeeping ─────────────────────────────────────────────────────────────────────────────────

export interface SettingsStorage {
  loadSettings(): Promise<{ readonly rows: readonly SettingsRow[]; readonly keys: readonly SecretKeyRow[] }>
  /** Writes and removes documents and keys together. */
  saveSettings(change: SettingsChange): Promise<void>
  /** Meta values of the database itself: the check value of the secret key, the schema's name. */
  getMeta(name: string): Promise<string | null>
  setMeta(name: string, value: string): Promise<void>
}

export interface SettingsChange {
  readonly put: readonly SettingsRow[]
  readonly remove: readonly Pick<SettingsRow, 'kind' | 'projectId' | 'id'>[]
  readonly putKeys: readonly SecretKeyRow[]
  /** By hash. */
  readonly removeKeys: readonly string[]
}
