import type { FrozenEvent } from '../../src/domain/event.ts'
import { customerId, deliveryId, eventId, notificationId } from '../../src/domain/ids.ts'
import type { Environment, PurchaseKey } from '../../src/domain/purchase.ts'
import type {
  AttemptRow,
  CustomerRow,
  LedgerRow,
  NewDelivery,
  NewNotification,
  PurchaseRow,
} from '../../src/storage/rows.ts'
import type {
  ClaimChannel,
  DeliveryChange,
  Lot,
  SettledQueue,
  SettleInput,
  StepRows,
  Storage,
} from '../../src/storage/storage.ts'
import { sampleEvent } from '../fixtures/event.ts'

/** Noon of a day in 2026: the tests' present. */
export const NOW = Date.UTC(2026, 10, 20, 12)
export const SECOND = 1_000
export const LEASE = 30 * SECOND

export const EMPTY_SET = { projectId: 'acme', hash: 'empty', attributes: {} }

export function notification(sourceKey: string, changes: Partial<NewNotification> = {}): NewNotification {
  const projectId = changes.projectId ?? 'acme'
  const appId = changes.appId ?? 'ios'
  return {
    id: notificationId(projectId, appId, sourceKey),
    projectId,
    appId,
    store: 'app_store',
    environment: 'production',
    sourceKey,
    type: 'DID_RENEW',
    via: 'push',
    sentAt: NOW - SECOND,
    receivedAt: NOW,
    body: Buffer.from(`{"signedPayload":"${sourceKey}"}`),
    ...changes,
  }
}

export function purchaseKey(chain: string, projectId = 'acme'): PurchaseKey {
  return { projectId, store: 'app_store', environment: 'production', chain, line: '' }
}

export function purchase(chain: string, changes: Partial<PurchaseRow> = {}): PurchaseRow {
  return {
    key: purchaseKey(chain),
    appId: 'ios',
    customerId: customerId('acme', chain),
    version: 0,
    checkAt: null,
    body: '{"n":0}',
    ...changes,
  }
}

export function customer(appUserId: string, changes: Partial<CustomerRow> = {}): CustomerRow {
  const projectId = changes.projectId ?? 'acme'
  return {
    projectId,
    id: customerId(projectId, appUserId),
    version: 0,
    originalAppUserId: appUserId,
    lastSeenAppUserId: appUserId,
    deletedAttributes: {},
    onlyNamed: false,
    lastSeq: 0,
    firstSeenAt: NOW,
    lastSeenAt: NOW,
    aliases: [appUserId],
    attributes: {},
    ...changes,
  }
}

/** The nth event of a customer; `occurredAt` and `seq` grow with n. */
export function event(appUserId: string, n: number, changes: Partial<FrozenEvent> = {}): FrozenEvent {
  const projectId = changes.projectId ?? 'acme'
  const purchase = purchaseKey(appUserId, projectId)
  const { attributes: _, ...frozen } = sampleEvent({
    id: eventId(purchase, 'purchase', String(n), '1'),
    projectId,
    purchase,
    seq: NOW * 1000 + n,
    occurredAt: NOW + n,
    recordedAt: NOW + n,
    customerId: customerId(projectId, appUserId),
    appUserId,
  })
  return { ...frozen, ...changes }
}

export function delivery(of: FrozenEvent, integrationId: string, changes: Partial<NewDelivery> = {}): NewDelivery {
  return {
    id: deliveryId(integrationId, of.id),
    projectId: of.projectId,
    integrationId,
    environment: 'production',
    customerId: of.customerId,
    eventId: of.id,
    seq: of.seq,
    status: 'waiting',
    reason: null,
    mayGoAt: 0,
    createdAt: of.recordedAt,
    ...changes,
  }
}

export function ledgerEntry(key: PurchaseKey, entry: string, changes: Partial<LedgerRow> = {}): LedgerRow {
  return {
    key,
    entry,
    reason: 'charge',
    transactionId: entry,
    productId: 'com.acme.monthly',
    at: NOW,
    recordedAt: NOW,
    micros: 7_990_000,
    currency: 'EUR',
    commissionPpm: 300_000,
    taxPpm: 0,
    usdRate: '1018773466834',
    rateDate: '2026-10-31',
    countryCode: 'DE',
    commissionEstimated: true,
    taxEstimated: false,
    actualCommissionMicros: null,
    actualTaxMicros: 1_275_000,
    eventId: null,
    ...changes,
  }
}

export async function channels(storage: Storage, ...integrationIds: string[]): Promise<void> {
  await storage.ensureChannels(
    integrationIds.map((integrationId) => ({ projectId: 'acme', integrationId, environment: 'production' as const })),
    NOW,
  )
}

/** Saves rows without looking at anything. */
export function save(storage: Storage, rows: StepRows): Promise<null> {
  return storage.step({ purchases: [], appUserIds: [] }, () => ({ save: rows, result: null }))
}

/** What a step writes when a known or new customer gets events, each waiting in every integration. */
export async function announce(
  storage: Storage,
  appUserId: string,
  numbers: readonly number[],
  options: {
    readonly integrations?: readonly string[]
    readonly dueAt?: number
    readonly environment?: Environment
    readonly changes?: Partial<FrozenEvent>
    readonly mayGoAt?: number
  } = {},
): Promise<readonly FrozenEvent[]> {
  const events = numbers.map((n) => event(appUserId, n, options.changes))
  const integrations = options.integrations ?? ['segment']
  const environment = options.environment ?? 'production'
  const mayGoAt = options.mayGoAt ?? 0
  await storage.step({ purchases: [], appUserIds: [{ projectId: 'acme', appUserId }] }, (loaded) => {
    const known = loaded.customerOf.has(`acme\n${appUserId}`)
    return {
      save: {
        customers: known ? [] : [customer(appUserId)],
        attributeSets: [EMPTY_SET],
        events: events.map((one) => ({ event: one, notificationId: null })),
        deliveries: events.flatMap((one) =>
          integrations.map((integrationId) => delivery(one, integrationId, { environment, mayGoAt })),
        ),
        queues: integrations.map((integrationId) => ({
          projectId: 'acme',
          channelId: `${integrationId}:${environment}`,
          customerId: customerId('acme', appUserId),
          dueAt: options.dueAt ?? NOW,
          hasten: false,
        })),
      },
      result: null,
    }
  })
  return events
}

export function wish(integrationId: string, changes: Partial<ClaimChannel> = {}): ClaimChannel {
  return {
    projectId: 'acme',
    channelId: `${integrationId}:production`,
    version: 1,
    slots: 4,
    deliveries: 100,
    perQueue: 1,
    avoidCustomer: null,
    ...changes,
  }
}

/** Claims at most one lot of one channel. */
export async function claimOne(
  storage: Storage,
  changes: Partial<ClaimChannel> & {
    readonly owner?: string
    readonly now?: number
    readonly integration?: string
  } = {},
): Promise<Lot | null> {
  const { owner = 'one', now = NOW, integration = 'segment', ...channel } = changes
  const { lots, stale } = await storage.claimLots({
    owner,
    now,
    leaseUntil: now + LEASE,
    channels: [wish(integration, channel)],
  })
  if (stale.length > 0) throw new Error('the channel has another version')
  return lots[0] ?? null
}

export function appUserIdsOf(lot: Lot | null): readonly string[] {
  return (lot?.queues ?? []).map(({ customer: { originalAppUserId } }) => originalAppUserId)
}

export function changeOf(id: string, changes: Partial<DeliveryChange> = {}): DeliveryChange {
  return {
    id,
    status: 'delivered',
    reason: null,
    advice: null,
    attempts: 1,
    done: ['track'],
    mends: [],
    notes: [],
    identity: null,
    mayBeDoubled: false,
    settledAt: NOW + SECOND,
    attemptIds: [],
    ...changes,
  }
}

export function attempt(id: string): AttemptRow {
  return {
    id,
    projectId: 'acme',
    channelId: 'segment:production',
    at: NOW,
    durationMs: 12,
    status: 200,
    request: '{"method":"POST"}',
    response: '{"status":200}',
    outcomes: '[]',
  }
}

/** Every delivery of the lot gets the same change. */
export function settlement(
  lot: Lot,
  changes: Partial<DeliveryChange> = {},
  queue: Partial<Omit<SettledQueue, 'deliveries'>> = {},
): SettleInput {
  return {
    lot: lot.ref,
    now: NOW + SECOND,
    queues: lot.queues.map(({ queue: { customerId, fence }, deliveries }) => ({
      customerId,
      fence,
      deliveries: deliveries.map((one) => changeOf(one.delivery.id, changes)),
      dueAt: NOW + SECOND,
      step: 0,
      alone: false,
      lastStatus: null,
      ...queue,
    })),
    attempts: [],
    channel: null,
  }
}
