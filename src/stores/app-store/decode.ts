import type { Fact } from '../../domain/facts.ts'
import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { Environment, PurchaseKey } from '../../domain/purchase.ts'
import { isJson, textOf } from '../json.ts'
import type { Decoded } from '../store.ts'
import { kindOf, oneTimeFact, periodFact, soundOf } from './charge.ts'
import { isKnownType, type Notification, notificationOf, type Opened } from './notification.ts'
import { isImmediateChange, ownsPeriod, reportedFacts } from './reported.ts'
import type { View } from './revocation.ts'
import { shownFacts, snapshotOf } from './state.ts'

/**
 * A notification in the clear → what it tells. Pure; what was signed has been verified before.
 * @throws one sentence when a field is missing that the notification's own rule needs.
 */
export function decodedOf(opened: Opened, app: App): Decoded {
  const notification = notificationOf(opened)
  const { type, transaction, signedAt } = notification
  if (transaction === null) return withoutTransaction(notification)
  if (signedAt === null)
    throw new Error(`This ${type || 'notification'} carries no signedDate, so its place in time is unknown.`)
  const view: View = {
    transaction: soundOf(transaction),
    renewal: notification.renewal,
    status: notification.data?.status ?? null,
    signedAt,
    kind: kindOf(transaction),
  }
  const key = keyOf(app, environmentOf(opened), view.transaction.originalTransactionId)
  const later = view.transaction.transactionId !== view.transaction.originalTransactionId
  return {
    kind: 'observed',
    observation: observationOf(notification, view, key, app),
    historyOf: later ? { key, transactionId: view.transaction.transactionId } : null,
  }
}

function observationOf(notification: Notification, view: View, key: PurchaseKey, app: App): Observation {
  const { type, subtype } = notification
  const reported = reportedFacts(type, subtype, view)
  return {
    key,
    appId: app.id,
    kind: view.kind,
    snapshot: snapshotOf(view),
    facts: [chargeFact(type, subtype, view), ...reported, ...withoutTwins(shownFacts(type, view), reported)],
    owner: ownerOf(view),
    history: 'partial',
  }
}

function chargeFact(type: string, subtype: string, view: View): Fact {
  const own = ownsPeriod(type, subtype, view)
  const marks = {
    signedAt: view.signedAt,
    currency: view.renewal?.currency ?? null,
    own,
    byChange: isImmediateChange(type, subtype),
    // Only the purchase's own message shows how it began: in a later one the same 0 is a cancellation since.
    startsCancelled: own && view.renewal?.autoRenewStatus != null ? view.renewal.autoRenewStatus === 0 : null,
    serviceSince: view.renewal?.recentSubscriptionStartDate ?? null,
  }
  return view.kind === 'one_time' ? oneTimeFact(view.transaction, marks) : periodFact(view.transaction, marks)
}

/** What the message reports itself is not told a second time as a conclusion. */
function withoutTwins(shown: readonly Fact[], reported: readonly Fact[]): readonly Fact[] {
  return shown.filter((fact) => !reported.some((own) => own.kind === fact.kind && own.period === fact.period))
}

/**
 * The app user id: the token that the app gave at the purchase, as Apple signs it. Its letters are kept as they are,
 * since an app user id is compared letter by letter everywhere else.
 */
function ownerOf(view: View): string | null {
  return view.transaction.appAccountToken ?? view.renewal?.appAccountToken ?? null
}

function keyOf(app: App, environment: Environment, chain: string): PurchaseKey {
  return { projectId: app.projectId, store: 'app_store', environment, chain, line: '' }
}

function environmentOf(opened: Opened): Environment {
  const data = isJson(opened.payload) && isJson(opened.payload.data) ? opened.payload.data : {}
  return data.environment === 'Sandbox' ? 'sandbox' : 'production'
}

/** Their rule is about a transaction: without one they cannot be understood. */
const NEEDS_TRANSACTION: ReadonlySet<string> = new Set([
  'DID_CHANGE_RENEWAL_PREF',
  'DID_CHANGE_RENEWAL_STATUS',
  'DID_FAIL_TO_RENEW',
  'DID_RENEW',
  'EXPIRED',
  'GRACE_PERIOD_EXPIRED',
  'OFFER_REDEEMED',
  'ONE_TIME_CHARGE',
  'REFUND',
  'REFUND_REVERSED',
  'RENEWAL_EXTENDED',
  'REVOKE',
  'SUBSCRIBED',
])

function withoutTransaction(notification: Notification): Decoded {
  const { type, subtype } = notification
  if (NEEDS_TRANSACTION.has(type))
    throw new Error(`This ${type} carries no signedTransactionInfo, so its purchase is unknown.`)
  const nothing = (why: string) => ({ kind: 'nothing', why, unknownType: false }) as const
  switch (type) {
    case 'TEST':
      return nothing('A test notification: the address works.')
    case 'RENEWAL_EXTENSION':
      return nothing(
        'The summary of an extension for many subscribers: each of them is told in a notification of its own.',
      )
    case 'EXTERNAL_PURCHASE_TOKEN':
      return {
        ...nothing('A token of a purchase outside of the App Store: no purchase of ours.'),
        alert: tokenAlert(subtype),
      }
    case 'RESCIND_CONSENT':
      return {
        ...nothing('A guardian has withdrawn the consent to use the app: no purchase changed.'),
        alert:
          'A guardian has withdrawn consent for a child to use this app: end that account’s use of it, as Apple’s terms ask.',
      }
    default:
      return isKnownType(type)
        ? nothing(`This ${type} carries no transaction.`)
        : {
            kind: 'nothing',
            why: `"${textOf(type) ?? '(no type)'}" is a type that this version does not know.`,
            unknownType: true,
          }
  }
}

function tokenAlert(subtype: string): string {
  switch (subtype) {
    case 'UNREPORTED':
      return 'Apple misses the report for an external purchase token: send it through the External Purchase Server API.'
    case 'ACTIVE_TOKEN_REMINDER':
      return 'Apple reminds of an external purchase token that is still active: report its transactions through the External Purchase Server API.'
    default:
      return 'Apple has made an external purchase token: report its transactions through the External Purchase Server API.'
  }
}
