import { attemptFrom, customerFrom, deliveryFrom, notificationFrom, purchaseFrom, type Values } from '../../columns.ts'
import { listedEventFrom } from '../../event-columns.ts'
import { deliveryEventFrom, reasonGroupFrom, sortedReasons } from '../../feed-columns.ts'
import { historyPage } from '../../history.ts'
import { ledgerFrom, ledgerPage } from '../../ledger-columns.ts'
import type { ListedDelivery, Page, ReadStorage } from '../../reads.ts'
import type { CustomerRow } from '../../rows.ts'
import { type CustomerQuery, type Found, searchCustomers } from '../../search.ts'
import { appCallFrom, appStatusFrom, depthsFrom } from '../../setting-columns.ts'
import { LISTED_DUE, LISTED_EVENT, LISTED_SENDING } from '../read/deliveries.ts'
import type { ReadVerbs } from '../read/verbs.ts'
import type { Thread } from '../thread.ts'
import { figureReads } from './figures.ts'
import { withBody } from './inbox.ts'

export function readStorage(reader: Thread<ReadVerbs>): ReadStorage {
  return {
    ...events(reader),
    ...figureReads(reader),
    ...deliveries(reader),
    ...notifications(reader),
    ...customers(reader),
  }
}

function events(reader: Thread<ReadVerbs>): Pick<ReadStorage, 'listEvents' | 'getEvent' | 'getEvents'> {
  const getEvents = async (projectId: string, ids: readonly string[]) =>
    (await reader.call('getEvents', { projectId, ids })).map(listedEventFrom)
  return {
    async listEvents(asked) {
      const { rows, next } = await reader.call('listEvents', asked)
      return { items: rows.map(listedEventFrom), next }
    },
    getEvents,
    getEvent: async (projectId, id) => (await getEvents(projectId, [id]))[0] ?? null,
  }
}

function listedDelivery(row: Values): ListedDelivery {
  return {
    delivery: deliveryFrom(row),
    event: deliveryEventFrom(row[LISTED_EVENT], row[LISTED_EVENT + 1]),
    sending: row[LISTED_SENDING] === 1,
    dueAt: (row[LISTED_DUE] ?? null) as number | null,
  }
}

function deliveries(
  reader: Thread<ReadVerbs>,
): Pick<
  ReadStorage,
  | 'deliveriesOfEvent'
  | 'listDeliveries'
  | 'matchDeliveries'
  | 'deliveryReasons'
  | 'getDelivery'
  | 'getDeliveries'
  | 'getAttempts'
  | 'countDeliveries'
  | 'queueDepths'
> {
  const getDeliveries = async (projectId: string, ids: readonly string[]) =>
    (await reader.call('getDeliveries', { projectId, ids })).map(listedDelivery)
  return {
    async deliveriesOfEvent(projectId, eventId) {
      return (await reader.call('deliveriesOfEvent', { projectId, eventId })).map(listedDelivery)
    },
    async listDeliveries(asked) {
      const { rows, next } = await reader.call('listDeliveries', asked)
      return { items: rows.map(listedDelivery), next }
    },
    matchDeliveries: (asked) => reader.call('matchDeliveries', asked),
    async deliveryReasons(asked) {
      return sortedReasons((await reader.call('deliveryReasons', asked)).map(reasonGroupFrom))
    },
    getDeliveries,
    getDelivery: async (projectId, id) => (await getDeliveries(projectId, [id]))[0] ?? null,
    async getAttempts(projectId, ids) {
      return (await reader.call('getAttempts', { projectId, ids })).map((row) => attemptFrom(row))
    },
    async countDeliveries(projectId, integrationId) {
      const rows = await reader.call('countDeliveries', { projectId, integrationId })
      const counts = new Map(rows.map(([status, count]) => [status, Number(count)]))
      const of = (status: string): number => counts.get(status) ?? 0
      return { waiting: of('waiting'), delivered: of('delivered'), failed: of('failed'), skipped: of('skipped') }
    },
    async queueDepths(now) {
      return (await reader.call('queueDepths', null)).map((row) => {
        const [projectId, channelId, waiting, dueAt] = row as readonly [string, string, number, number | null]
        return { projectId, channelId, waiting, oldestDueMs: dueAt === null || dueAt > now ? null : now - dueAt }
      })
    },
  }
}

function notifications(
  reader: Thread<ReadVerbs>,
): Pick<ReadStorage, 'listNotifications' | 'getNotification' | 'appStatus' | 'appCalls' | 'inboxDepths'> {
  return {
    async listNotifications(asked) {
      const { rows, next } = await reader.call('listNotifications', asked)
      return { items: rows.map((row) => notificationFrom(row)), next }
    },
    async getNotification(projectId, id) {
      const row = await reader.call('getNotification', { projectId, id })
      return row === null ? null : withBody(row, row.at(-1) as Uint8Array | null)
    },
    async appStatus(projectId, appId) {
      const { inbox, cursors } = await reader.call('appStatus', { projectId, appId })
      return appStatusFrom(inbox, cursors)
    },
    async appCalls(projectId, appId) {
      return (await reader.call('appCalls', { projectId, appId })).map(appCallFrom)
    },
    async inboxDepths() {
      return depthsFrom(await reader.call('inboxDepths', null))
    },
  }
}

function customers(
  reader: Thread<ReadVerbs>,
): Pick<
  ReadStorage,
  | 'getCustomer'
  | 'listLedger'
  | 'pageLedger'
  | 'getPurchase'
  | 'listPurchases'
  | 'searchCustomers'
  | 'notificationsOf'
  | 'customerHistory'
> {
  return {
    searchCustomers: (asked) => search(reader, asked),
    customerHistory: async (asked) => historyPage(await reader.call('customerHistory', asked), asked.limit),
    async notificationsOf(projectId, customerId, after, limit) {
      const { rows, next } = await reader.call('notificationsOf', { projectId, customerId, after, limit })
      return { items: rows.map((row) => withBody(row, row.at(-1) as Uint8Array | null)), next }
    },
    async getCustomer(projectId, appUserId) {
      const row = await reader.call('getCustomer', { projectId, appUserId })
      return row === null ? null : customerFrom(row)
    },
    async listLedger(projectId, key) {
      return (await reader.call('listLedger', { ...key, projectId })).map((row) => ledgerFrom(row))
    },
    async pageLedger(asked) {
      const rows = await reader.call('pageLedger', asked)
      return ledgerPage(
        rows.map((row) => ledgerFrom(row)),
        asked.limit,
      )
    },
    async getPurchase(key) {
      const row = await reader.call('getPurchase', key)
      return row === null ? null : purchaseFrom(row)
    },
    async listPurchases(projectId, customerId) {
      return (await reader.call('listPurchases', { projectId, customerId })).map((row) => purchaseFrom(row))
    },
  }
}

function search(reader: Thread<ReadVerbs>, asked: CustomerQuery): Promise<Page<CustomerRow>> {
  const { projectId } = asked
  const found = (row: Values): Found => ({ name: String(row.at(-1)), customer: customerFrom(row) })
  return searchCustomers(asked, {
    seen: async ({ at, id }, limit) =>
      (await reader.call('customersSeen', { projectId, at, id, limit })).map((row) => customerFrom(row)),
    aliases: async (from, to, limit) =>
      (await reader.call('customersByAlias', { projectId, ...from, to, limit })).map(found),
    emails: async (from, to, limit) =>
      (await reader.call('customersByEmail', { projectId, ...from, to, limit })).map(found),
    byTransaction: async (name, limit) =>
      (await reader.call('customersByTransaction', { projectId, name, limit })).map((row) => customerFrom(row)),
  })
}
