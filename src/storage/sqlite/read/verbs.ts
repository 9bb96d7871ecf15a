import type { Connection } from '../database.ts'
import { appCalls } from './app-calls.ts'
import { getCustomer, getPurchase, listLedger, listPurchases, pageLedger } from './customers.ts'
import {
  countDeliveries,
  deliveriesOfEvent,
  getAttempts,
  getDeliveries,
  nextQueueDue,
  queueDepths,
} from './deliveries.ts'
import { deliveryReasons, listDeliveries, matchDeliveries } from './delivery-lists.ts'
import { listErased, unfinishedErasures } from './erased.ts'
import { getEvents, listEvents } from './events.ts'
import { countStandings, listFigures, unreckonedPurchases, waitingByChannel } from './figures.ts'
import {
  anyAccount,
  findAccount,
  findLink,
  hubOwners,
  invitationsOf,
  listActs,
  listInvitations,
  listMembers,
  loadSession,
  pageAccounts,
} from './members.ts'
import { appStatus, getNotification, inboxDepths, listNotifications, packableBodies } from './notifications.ts'
import { loadImport, pageCustomers, pagePurchases } from './pages.ts'
import {
  customerHistory,
  customersByAlias,
  customersByEmail,
  customersByTransaction,
  customersSeen,
  notificationsOf,
} from './search.ts'
import { getMeta, loadChannels, loadCursor, loadExchangeRates, loadSettings } from './settings.ts'

/** Everything that the reader can be asked. */
export function readVerbs(db: Connection) {
  return {
    listEvents: listEvents(db),
    getEvents: getEvents(db),
    deliveriesOfEvent: deliveriesOfEvent(db),
    listDeliveries: listDeliveries(db),
    matchDeliveries: matchDeliveries(db),
    deliveryReasons: deliveryReasons(db),
    getDeliveries: getDeliveries(db),
    countDeliveries: countDeliveries(db),
    listFigures: listFigures(db),
    countStandings: countStandings(db),
    waitingByChannel: waitingByChannel(db),
    unreckonedPurchases: unreckonedPurchases(db),
    getAttempts: getAttempts(db),
    queueDepths: queueDepths(db),
    nextQueueDue: nextQueueDue(db),
    listNotifications: listNotifications(db),
    getNotification: getNotification(db),
    appStatus: appStatus(db),
    appCalls: appCalls(db),
    inboxDepths: inboxDepths(db),
    packableBodies: packableBodies(db),
    getCustomer: getCustomer(db),
    listLedger: listLedger(db),
    pageLedger: pageLedger(db),
    getPurchase: getPurchase(db),
    listPurchases: listPurchases(db),
    customersSeen: customersSeen(db),
    customersByAlias: customersByAlias(db),
    customersByEmail: customersByEmail(db),
    customersByTransaction: customersByTransaction(db),
    customerHistory: customerHistory(db),
    notificationsOf: notificationsOf(db),
    unfinishedErasures: unfinishedErasures(db),
    listErased: listErased(db),
    loadSettings: loadSettings(db),
    getMeta: getMeta(db),
    loadCursor: loadCursor(db),
    loadExchangeRates: loadExchangeRates(db),
    loadChannels: loadChannels(db),
    loadImport: loadImport(db),
    pageCustomers: pageCustomers(db),
    pagePurchases: pagePurchases(db),
    anyAccount: anyAccount(db),
    findAccount: findAccount(db),
    pageAccounts: pageAccounts(db),
    hubOwners: hubOwners(db),
    loadSession: loadSession(db),
    findLink: findLink(db),
    listInvitations: listInvitations(db),
    invitationsOf: invitationsOf(db),
    listMembers: listMembers(db),
    listActs: listActs(db),
  }
}

export type ReadVerbs = ReturnType<typeof readVerbs>
