import { channelIdOf } from '../delivery/channel.ts'
import type { Delivery } from '../delivery/delivery.ts'
import { refuseRetry, replay } from '../delivery/replay.ts'
import { lastChange } from '../delivery/why/last-change.ts'
import { type WhyDeps, why, whyEvent } from '../delivery/why/question.ts'
import { ERASED } from '../domain/erased.ts'
import type { Project } from '../domain/project.ts'
import type { Accept } from '../ingest/accept.ts'
import {
  alias,
  type CustomerDeps,
  identify,
  keepAttribution,
  openCustomer,
  setAttributes,
} from '../ingest/identity/customers.ts'
import { mayRestore } from '../ingest/identity/restorable.ts'
import { grant, revokeGrants } from '../ingest/promotions.ts'
import { receiptTerm } from '../ingest/receipt-term.ts'
import { postReceipt, type ReceiptDeps } from '../ingest/receipts.ts'
import { reprocess, type UnderstandDeps } from '../ingest/understand.ts'
import type { Oidc } from '../members/oidc.ts'
import { createPasswords } from '../members/passwords.ts'
import type { KeyRing } from '../secrets/key-ring.ts'
import { verifyOperatorToken } from '../secrets/operator.ts'
import { applyText } from '../settings/apply-text.ts'
import type { SettingsService } from '../settings/service.ts'
import type { Storage } from '../storage/storage.ts'
import type { AuditDoor } from './audit.ts'
import { type ConnectorRooms, connectorsDoor } from './connectors-door.ts'
import type {
  AcceptAnswer,
  CustomersDoor,
  DeliveryDoor,
  ErasuresDoor,
  HubDoors,
  IncomingNotification,
  IngestDoor,
  PromotionsDoor,
  SettingsDoor,
  SimulatorDoor,
} from './doors.ts'
import { importsDoor } from './imports-door.ts'
import type { LiveHub } from './live.ts'
import { membersDoor } from './members-door.ts'

/** What the doors open to. */
export interface HubRooms extends ConnectorRooms {
  readonly storage: Storage
  readonly settings: SettingsService
  /** Left out: nobody signs in through an identity provider. */
  readonly oidc?: Oidc | null
  readonly ring: KeyRing
  readonly live: LiveHub
  readonly delivery: Delivery
  readonly understand: UnderstandDeps
  readonly receipts: ReceiptDeps
  readonly accept: Accept
  readonly erase: ErasuresDoor['erase']
  readonly simulator: SimulatorDoor
}

/** Everything that HTTP asks, answered by the rooms. */
export function createHubDoors(rooms: HubRooms): HubDoors {
  const doors = openDoors(rooms)
  const { storage, receipts: take, now } = rooms
  return { ...doors, imports: importsDoor({ ...doors, now, storage, take }) }
}

function openDoors(rooms: HubRooms): Omit<HubDoors, 'imports'> {
  return {
    now: rooms.now,
    settings: settingsDoor(rooms),
    connectors: connectorsDoor(rooms),
    operator: { verify: (token) => verifyOperatorToken(token, rooms.ring, rooms.now()) },
    ingest: ingestDoor(rooms),
    delivery: deliveryDoor(rooms),
    customers: customersDoor(rooms),
    simulator: rooms.simulator,
    erasures: { erase: rooms.erase },
    promotions: promotionsDoor(rooms),
    receipts: {
      post: (receipt) => postReceipt(receipt, rooms.receipts),
      mayRestore: (app, appUserId, token) => mayRestore({ app, appUserId, token }, rooms.receipts),
      amazonReceipt: (app, storeUserId, receiptId) => receiptTerm({ app, storeUserId, receiptId }, rooms.receipts),
    },
    appCalls: {
      count: (rows) => rooms.storage.countAppCalls(rows),
      counted: (projectId, appId) => rooms.storage.appCalls(projectId, appId),
    },
    audit: auditDoor(rooms),
    members: membersDoor({ storage: rooms.storage, now: rooms.now, passwords: createPasswords() }),
    oidc: rooms.oidc ?? null,
    reads: rooms.storage,
    live: rooms.live,
    health: { ping: () => rooms.storage.ping() },
  }
}

function settingsDoor({ settings }: HubRooms): SettingsDoor {
  return {
    current: () => settings.current(),
    apply: (text, options) => applyText(settings, text, options),
    changes: settings.changes,
    exported: async (projectId) => (await settings.exported(projectId)).text,
  }
}

function ingestDoor(rooms: HubRooms): IngestDoor {
  return {
    accept: (notification) => acceptOne(notification, rooms),
    reprocess: async (projectId, notificationId, { dryRun }) => {
      const row = await rooms.storage.getNotification(projectId, notificationId)
      if (row === null) return null
      if (row.body.length === 0) {
        return {
          kind: 'refused',
          reason: 'The message itself is no longer kept (retention); ask the store for its history instead.',
        }
      }
      const { events, note } = await reprocess(row, dryRun, rooms.understand)
      return { kind: 'diff', wouldAdd: events, wouldChange: [], note }
    },
  }
}

async function acceptOne(notification: IncomingNotification, rooms: HubRooms): Promise<AcceptAnswer> {
  const app = rooms.settings.current().app(notification.projectId, notification.appId)
  const store = app === undefined ? undefined : rooms.stores.get(app.store)
  if (app === undefined || store?.slug !== notification.slug) {
    return { status: 404, body: 'There is no such app; check the address against the one on the app’s page.' }
  }
  const answer = await rooms.accept(store, app, { headers: notification.headers, body: notification.body })
  // A stranger learns the status and no more; the reason is counted on the app's page.
  return { status: answer.status, ...(answer.retryAfterS === null ? {} : { retryAfterS: answer.retryAfterS }) }
}

const NEITHER = 'Only a delivery that failed or was skipped can be sent again; this one is neither.'
const GONE =
  'The customer of this delivery was erased, and nothing about them is sent any more; nothing can be done here.'
const KNOWN = 'Only a delivery whose outcome is unknown can be said to have arrived; the outcome of this one is known.'

function deliveryDoor({ delivery, storage, destinations, now }: HubRooms): DeliveryDoor {
  const answering: WhyDeps = {
    reads: storage,
    now,
    destination: (id) => destinations.get(id) ?? null,
    channel: delivery.channels.get,
    changedBy: (projectId, integrationId, path) => lastChange({ projectId, integrationId, path }, storage),
  }
  return {
    retry: async (projectId, deliveryId) => {
      const found = await storage.getDelivery(projectId, deliveryId)
      if (found === null) return NEITHER
      if (found.delivery.reason === ERASED) return GONE
      const { integrationId, environment } = found.delivery
      const channelId = channelIdOf(integrationId, environment)
      const refusal = refuseRetry(delivery.channels, projectId, integrationId, environment)
      if (refusal !== null) return refusal
      return (await delivery.retry(projectId, deliveryId, channelId)) ? null : NEITHER
    },
    acceptUnknown: async (projectId, deliveryId) => ((await delivery.arrived(projectId, deliveryId)) ? null : KNOWN),
    replay: async (asked) => {
      const replayed = await replay(asked, { reads: storage, storage, channels: delivery.channels, now })
      if (replayed.kind === 'replayed' && replayed.retried > 0) delivery.wake()
      return replayed
    },
    why: (asked) => why(asked, answering),
    whyEvent: (asked) => whyEvent(asked, answering),
    pause: async (projectId, integrationId, by) => void (await delivery.pause(projectId, integrationId, by)),
    resume: async (projectId, integrationId) => void (await delivery.resume(projectId, integrationId)),
    channels: async (projectId, integrationId) => delivery.channelsOf(projectId, integrationId),
  }
}

function auditDoor({ storage, now }: HubRooms): AuditDoor {
  return {
    record: ({ projectId, actor, act, kind, id, changes }) =>
      storage.recordAct({
        projectId,
        at: now(),
        actorKind: actor.kind === 'app' ? 'key' : actor.kind,
        actorName: actor.name,
        act,
        kind,
        subject: id,
        changes: JSON.stringify(changes),
      }),
    list: (query) => storage.listActs(query),
  }
}

function promotionsDoor({ storage, settings, understand }: HubRooms): PromotionsDoor {
  const projectOf = (id: string): Project => {
    const project = settings.current().project(id)
    if (project === undefined) throw new Error('The project of a key is gone; ask again with a key of another project.')
    return project
  }
  return {
    grant: (wish) => grant(projectOf(wish.projectId), wish, { ...understand, purchases: storage }),
    revoke: async (projectId, appUserId, entitlement) => {
      const customer = await storage.getCustomer(projectId, appUserId)
      if (customer === null) return 0
      const purchases = await storage.listPurchases(projectId, customer.id)
      return revokeGrants(projectOf(projectId), purchases, entitlement, understand)
    },
  }
}

function customersDoor({ receipts: deps }: { readonly receipts: CustomerDeps }): CustomersDoor {
  return {
    open: (projectId, appUserId) => openCustomer(projectId, appUserId, deps),
    identify: (projectId, from, to) => identify(projectId, from, to, deps),
    alias: (projectId, from, to, trusted) => alias(projectId, from, to, trusted, deps),
    setAttributes: (projectId, appUserId, changes) => setAttributes(projectId, appUserId, changes, deps),
    keepAttribution: (projectId, appUserId, kind, body) => keepAttribution(projectId, appUserId, kind, body, deps),
  }
}
