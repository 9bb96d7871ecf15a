import type { Connection } from '../database.ts'
import { countAppCalls } from './app-calls.ts'
import { ensureChannels, saveChannel } from './channels.ts'
import { claimLots } from './claim-lots.ts'
import { claimDueChecks, findLinks, hastenChecks, nextCheckDue } from './clock.ts'
import { countingDeliveries } from './counts.ts'
import { beginErasure, eraseNext, loadErasure, rememberErased } from './erase.ts'
import { failExpired } from './expire.ts'
import { freeDeadClaims } from './free.ts'
import { saveImport } from './imports.ts'
import {
  changeNotifications,
  claimNotifications,
  countRefused,
  keepNotifications,
  nextNotificationDue,
  writeCursor,
} from './inbox.ts'
import { loadJoin, saveJoin } from './join.ts'
import { loadStep } from './load.ts'
import {
  changeAccount,
  changeMember,
  clearTries,
  endSession,
  endSessionsOf,
  enter,
  putLink,
  recordAct,
  removeInvitation,
  takeTry,
  touchSession,
} from './members.ts'
import type { Memory } from './memory.ts'
import { acceptDelivery, retryDeliveries } from './retry.ts'
import { saveStep } from './save.ts'
import { ping, saveExchangeRates, saveSettings, setMeta } from './settings.ts'
import { renewLot, settleLot } from './settle.ts'
import { packBodies, reckonStandings, removeOld } from './tidy.ts'

/** Everything that the writer can be asked to do; each verb has its statements prepared once. */
export function writeVerbs(db: Connection, memory: Memory) {
  const counting = countingDeliveries(db, memory)
  return {
    keepNotifications: keepNotifications(db),
    claimNotifications: claimNotifications(db, memory),
    changeNotifications: changeNotifications(db, memory),
    nextNotificationDue: nextNotificationDue(db, memory),
    countRefused: countRefused(db),
    countAppCalls: countAppCalls(db),
    claimDueChecks: claimDueChecks(db),
    nextCheckDue: nextCheckDue(db),
    hastenChecks: hastenChecks(db),
    findLinks: findLinks(db),
    loadStep: loadStep(db),
    loadJoin: loadJoin(db),
    saveJoin: saveJoin(db, memory),
    loadErasure: loadErasure(db),
    beginErasure: beginErasure(db, memory),
    eraseNext: counting(eraseNext(db)),
    rememberErased: rememberErased(db),
    saveStep: counting(saveStep(db, memory)),
    ensureChannels: ensureChannels(db),
    saveChannel: saveChannel(db),
    claimLots: claimLots(db, memory),
    settleLot: counting(settleLot(db)),
    renewLot: renewLot(db),
    freeDeadClaims: freeDeadClaims(db, memory),
    failExpired: counting(failExpired(db)),
    retryDeliveries: counting(retryDeliveries(db, memory)),
    acceptDelivery: counting(acceptDelivery(db)),
    saveSettings: saveSettings(db),
    setMeta: setMeta(db),
    saveExchangeRates: saveExchangeRates(db),
    saveCursor: writeCursor(db),
    saveImport: saveImport(db),
    changeAccount: changeAccount(db),
    enter: enter(db),
    touchSession: touchSession(db),
    endSession: endSession(db),
    endSessionsOf: endSessionsOf(db),
    putLink: putLink(db),
    removeInvitation: removeInvitation(db),
    changeMember: changeMember(db),
    takeTry: takeTry(db),
    clearTries: clearTries(db),
    recordAct: recordAct(db),
    removeOld: counting(removeOld(db)),
    packBodies: packBodies(db),
    reckonStandings: reckonStandings(db),
    ping: ping(db),
  }
}

export type WriteVerbs = ReturnType<typeof writeVerbs>
