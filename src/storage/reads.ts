import type { FrozenEvent, LifecycleEvent } from '../domain/event.ts'
import type { Figure, FigureKind } from '../domain/figures.ts'
import type { Environment, PurchaseKey, StoreName } from '../domain/purchase.ts'
import type { Standing } from '../domain/standing.ts'
import type { AppCallRow } from './app-calls.ts'
import type {
  AttemptRow,
  CursorRow,
  CustomerRow,
  DeliveryRow,
  DeliveryStatus,
  LedgerRow,
  NotificationRow,
  NotificationStatus,
  PurchaseRow,
} from './rows.ts'
import type { CustomerQuery } from './search.ts'

/** Reads for the API, on a connection of their own: short, paged by key, of what was committed before they were asked. */
export interface ReadStorage {
  listEvents(query: EventQuery): Promise<Page<ListedEvent>>
  getEvent(projectId: string, eventId: string): Promise<ListedEvent | null>
  /** Those of them that exist, in the order of the ids. */
  getEvents(projectId: string, ids: readonly string[]): Promise<readonly ListedEvent[]>
  /** Of one event, every integration. */
  deliveriesOfEvent(projectId: string, eventId: string): Promise<readonly ListedDelivery[]>
  listDeliveries(query: DeliveryQuery): Promise<Page<ListedDelivery>>
  /** How many a filter lets through; `more`: it is a lower bound, since a read looks at a bounded number of rows. */
  matchDeliveries(query: MatchQuery): Promise<Matched>
  /** What failed, was skipped or waits for a reason, made since then, by the beginning of the reason. */
  deliveryReasons(asked: {
    readonly projectId: string
    readonly integrationId: string
    readonly since: number
  }): Promise<readonly ReasonGroup[]>
  getDelivery(projectId: string, deliveryId: string): Promise<ListedDelivery | null>
  /** Those of them that exist, in the order of the ids. */
  getDeliveries(projectId: string, ids: readonly string[]): Promise<readonly ListedDelivery[]>
  getAttempts(projectId: string, ids: readonly string[]): Promise<readonly AttemptRow[]>
  listNotifications(query: NotificationQuery): Promise<Page<Omit<NotificationRow, 'body'>>>
  getNotification(projectId: string, id: string): Promise<NotificationRow | null>
  /** Last notification kept, counts by status, refused messages. */
  appStatus(projectId: string, appId: string): Promise<AppStatus>
  /** What an app was heard to call, and as what: the ones heard most often first, 200 at most. */
  appCalls(projectId: string, appId: string): Promise<readonly AppCallRow[]>
  /** Deliveries by status, of one integration. */
  countDeliveries(projectId: string, integrationId: string): Promise<Readonly<Record<DeliveryStatus, number>>>
  /** Deliveries that wait, by channel; a channel in which none ever was may be absent. */
  waitingByChannel(projectId: string): Promise<ReadonlyMap<string, number>>
  /** Figures of a project, summed by bucket; what is 0 may be absent. */
  listFigures(query: FigureQuery): Promise<readonly Figure[]>
  /** Subscriptions that are in force at `now`. */
  countStandings(projectId: string, environment: Environment, now: number): Promise<Readonly<Record<Standing, number>>>
  getCustomer(projectId: string, appUserId: string): Promise<CustomerRow | null>
  /** Newest seen first where nothing is looked for. The customer of a whole transaction id stands before those of a prefix. */
  searchCustomers(query: CustomerQuery): Promise<Page<CustomerRow>>
  /** Changes of a customer, newest first. */
  customerHistory(asked: {
    readonly projectId: string
    readonly customerId: string
    readonly before: string | null
    readonly limit: number
  }): Promise<Page<ListedChange>>
  /** Messages about a customer's purchases, bodies included, oldest first. */
  notificationsOf(
    projectId: string,
    customerId: string,
    after: string | null,
    limit: number,
  ): Promise<Page<NotificationRow>>
  listLedger(projectId: string, key: PurchaseKey): Promise<readonly LedgerRow[]>
  /** Entries of a project by the day on which the money moved, then by purchase: page by page, however many there are. */
  pageLedger(query: LedgerQuery): Promise<Page<LedgerRow>>
  getPurchase(key: PurchaseKey): Promise<PurchaseRow | null>
  listPurchases(projectId: string, customerId: string): Promise<readonly PurchaseRow[]>
  /** For /metrics: waiting deliveries and the age of the oldest due queue, per channel. */
  queueDepths(now: number): Promise<
    readonly {
      readonly projectId: string
      readonly channelId: string
      readonly waiting: number
      readonly oldestDueMs: number | null
    }[]
  >
  /** Notifications by status. */
  inboxDepths(): Promise<Readonly<Record<NotificationStatus, number>>>
}

/** A change of a customer: an attribute, an attribution, an alias, a transfer. `body`: JSON. */
export interface ListedChange {
  readonly at: number
  readonly kind: string
  readonly body: string
  /** Its place in the list. */
  readonly place: string
}

export interface Page<T> {
  /** May be fewer than the limit, even none, before the end: a read looks at a bounded number of rows. */
  readonly items: readonly T[]
  /** Pass as `after` (or `before`) for the next page; null at the end. For `listEvents` in cursor order never null. */
  readonly next: string | null
}

export interface EventQuery {
  readonly projectId: string
  /** Cursor order (oldest first) from a `next`, '' for the beginning; null: newest first, paged by `before`. */
  readonly after: string | null
  readonly before: string | null
  /** Canonical types or names. */
  readonly types: readonly string[]
  /** Any app user id. */
  readonly customer: string | null
  readonly environment: 'production' | 'sandbox' | null
  readonly store?: StoreName | null
  /** A product, as its store names it. */
  readonly product?: string | null
  /** When they were recorded, by which the list is in order (milliseconds); `to` is not among them. */
  readonly from?: number | null
  readonly to?: number | null
  readonly limit: number
}

/** `from` and `to` in milliseconds, `to` not among them; buckets begin at `from`. */
export interface FigureQuery {
  readonly projectId: string
  readonly environment: Environment
  readonly from: number
  readonly to: number
  readonly bucketMs: number
  readonly kinds: readonly FigureKind[]
}

export interface ListedEvent {
  readonly event: LifecycleEvent
  readonly position: number | null
  readonly notificationId: string | null
}

export interface DeliveryQuery {
  readonly projectId: string
  readonly integrationId: string
  /** `waiting`: what is not in flight; `sending`: what is. */
  readonly status: DeliveryStatus | 'sending' | null
  /** Left out: all of them. */
  readonly filter?: DeliveryFilter
  /** Left out: newest first. */
  readonly order?: 'oldest'
  /** Where the list goes on: a `next`. */
  readonly before: string | null
  readonly limit: number
}

/** All of it must hold; null and an empty list let everything through. */
export interface DeliveryFilter {
  readonly environment: Environment | null
  /** Its first 200 characters count, as in the groups. */
  readonly reason: string | null
  /** Canonical types or names of the event. */
  readonly types: readonly string[]
  /** Any app user id. */
  readonly customer: string | null
  /** When it was made (milliseconds); `madeTo` is not among them. */
  readonly madeFrom: number | null
  readonly madeTo: number | null
  /** Leaves out what can never be sent again: the customer was erased. */
  readonly retryable: boolean
}

export const EVERY_DELIVERY: DeliveryFilter = {
  environment: null,
  reason: null,
  types: [],
  customer: null,
  madeFrom: null,
  madeTo: null,
  retryable: false,
}

export interface MatchQuery {
  readonly projectId: string
  readonly integrationId: string
  readonly status: 'failed' | 'skipped'
  readonly filter: DeliveryFilter
}

export interface Matched {
  readonly count: number
  readonly more: boolean
}

/** Deliveries with one status and one reason. */
export interface ReasonGroup {
  readonly status: 'failed' | 'skipped' | 'waiting'
  /** Of the newest. */
  readonly reason: string
  readonly advice: string | null
  readonly count: number
  /** The count is a lower bound. */
  readonly more: boolean
  /** When the newest ended, or was made where it waits. */
  readonly lastAt: number
  readonly exampleId: string
}

/** What a list shows of a delivery's event. */
export type DeliveryEvent = Pick<
  FrozenEvent,
  'name' | 'type' | 'appUserId' | 'productId' | 'occurredAt' | 'store' | 'provisionalUntil'
>

export interface ListedDelivery {
  readonly delivery: DeliveryRow
  readonly event: DeliveryEvent | null
  /** In a claimed lot right now. */
  readonly sending: boolean
  /** Its queue's due time; null while another stands before it or it does not wait. */
  readonly dueAt: number | null
}

export interface NotificationQuery {
  readonly projectId: string
  readonly appId: string | null
  readonly status: NotificationStatus | null
  readonly before: string | null
  readonly limit: number
}

export interface LedgerQuery {
  readonly projectId: string
  readonly environment: Environment
  /** `at` of the entries, milliseconds; `to` is not among them. */
  readonly from: number
  readonly to: number
  /** From a `next`; null: the beginning. */
  readonly after: string | null
  readonly limit: number
}

export interface AppStatus {
  readonly lastNotificationAt: number | null
  readonly lastNotificationType: string | null
  readonly counts: Readonly<Record<NotificationStatus, number>>
  readonly refused: {
    readonly count: number
    readonly lastAt: number | null
    readonly lastReason: string | null
    readonly lastClaimed: string | null
  }
  readonly cursors: readonly CursorRow[]
}
