import type { StandInReply, StandInRequest } from '../server.ts'
import type { SimulatedNotification } from './notification.ts'
import type { Chain } from './simulator.ts'
import type { SimulatedAppStore } from './subscription.ts'
import { type Transaction, transactionInfo } from './transaction.ts'

/** developer.apple.com/documentation/appstoreserverapi: every list holds 20 at most. */
const PAGE = 20

/** What the API answers from. */
export interface ApiState {
  /** Of the bundle id that the token names. */
  readonly stores: readonly SimulatedAppStore[]
  readonly now: () => number
  /** The notifications that Apple tried to send, in the order in which the history lists them. */
  readonly listed: () => readonly SimulatedNotification[]
  /** Page tokens of an earlier one are expired. */
  readonly generation: () => number
}

export function errorReply(status: number, errorCode: number, errorMessage: string): StandInReply {
  return { status, body: JSON.stringify({ errorCode, errorMessage }) }
}

export function jsonReply(value: object): StandInReply {
  return { status: 200, body: JSON.stringify(value) }
}

interface Found {
  readonly store: SimulatedAppStore
  /** All chains of the customer who owns the transaction. */
  readonly chains: readonly Chain[]
}

function findCustomer(state: ApiState, id: string): Found | null {
  for (const store of state.stores) {
    const chains = [...store.chains.values()]
    const owner = chains.find(
      (chain) => chain.account.appTransactionId === id || chain.transactions.some((one) => one.id === id),
    )
    if (owner === undefined) continue
    return {
      store,
      chains: chains.filter((chain) => chain.account.appTransactionId === owner.account.appTransactionId),
    }
  }
  return null
}

function customerOf(state: ApiState, id: string): Found | StandInReply {
  if (!/^\d{1,20}$/.test(id)) return errorReply(400, 4000006, 'Invalid transaction id.')
  return findCustomer(state, id) ?? errorReply(404, 4040010, 'Transaction id not found.')
}

function head(store: SimulatedAppStore): Readonly<Record<string, unknown>> {
  const environment = store.environment === 'production' ? 'Production' : 'Sandbox'
  return { environment, bundleId: store.bundleId, appAppleId: store.appAppleId }
}

/** GET /inApps/v1/subscriptions/{transactionId} */
export function subscriptionStatuses(state: ApiState, id: string, request: StandInRequest): StandInReply {
  const asked = request.query.getAll('status')
  if (asked.some((status) => !/^[1-5]$/.test(status)))
    return errorReply(400, 4000031, 'Invalid request. The status parameter is invalid.')
  const found = customerOf(state, id)
  if ('status' in found) return found
  const groups = new Map<string, object[]>()
  for (const chain of found.chains) {
    const renewal = chain.renewal(state.now())
    const latest = chain.transactions.at(-1)
    if (renewal === null || latest === undefined) continue
    if (asked.length > 0 && !asked.includes(String(renewal.status))) continue
    const item = {
      originalTransactionId: latest.originalId,
      status: renewal.status,
      signedTransactionInfo: found.store.signer.jws(transactionInfo(latest, chain.account, state.now())),
      signedRenewalInfo: found.store.signer.jws(renewal.info),
    }
    groups.set(chain.account.group, [...(groups.get(chain.account.group) ?? []), item])
  }
  const data = [...groups].map(([subscriptionGroupIdentifier, lastTransactions]) => ({
    subscriptionGroupIdentifier,
    lastTransactions,
  }))
  return jsonReply({ ...head(found.store), data })
}

/** GET /inApps/v1/transactions/{transactionId}: of every kind of product. */
export function oneTransaction(state: ApiState, id: string): StandInReply {
  const found = customerOf(state, id)
  if ('status' in found) return found
  for (const { transactions, account } of found.chains) {
    const transaction = transactions.find((one) => one.id === id)
    if (transaction === undefined) continue
    return jsonReply({
      signedTransactionInfo: found.store.signer.jws(transactionInfo(transaction, account, state.now())),
    })
  }
  return errorReply(404, 4040010, 'Transaction id not found.')
}

const PRODUCT_TYPES: Readonly<Record<string, Transaction['type']>> = {
  AUTO_RENEWABLE: 'Auto-Renewable Subscription',
  NON_RENEWABLE: 'Non-Renewing Subscription',
  CONSUMABLE: 'Consumable',
  NON_CONSUMABLE: 'Non-Consumable',
}

/** GET /inApps/v2/history/{transactionId} */
export function transactionHistory(state: ApiState, id: string, request: StandInRequest): StandInReply {
  const types = request.query.getAll('productType')
  const sort = request.query.get('sort') ?? 'ASCENDING'
  const revision = request.query.get('revision')
  if (sort !== 'ASCENDING' && sort !== 'DESCENDING')
    return errorReply(400, 4000021, 'Invalid request. The sort parameter is invalid.')
  if (types.some((type) => PRODUCT_TYPES[type] === undefined))
    return errorReply(400, 4000022, 'Invalid request. The productType parameter is invalid.')
  const found = customerOf(state, id)
  if ('status' in found) return found
  const from = revision === null ? 0 : Number(/^rev_(\d+)$/.exec(revision)?.[1] ?? Number.NaN)
  if (!Number.isInteger(from)) return errorReply(400, 4000005, 'Invalid request revision.')
  const all = found.chains
    .flatMap((chain) => chain.transactions.map((transaction) => ({ transaction, account: chain.account })))
    .filter(({ transaction }) => types.length === 0 || types.some((type) => PRODUCT_TYPES[type] === transaction.type))
    .sort((a, b) => (sort === 'ASCENDING' ? 1 : -1) * (a.transaction.purchaseDate - b.transaction.purchaseDate))
  const page = all.slice(from, from + PAGE)
  return jsonReply({
    revision: `rev_${from + page.length}`,
    hasMore: from + page.length < all.length,
    ...head(found.store),
    signedTransactions: page.map(({ transaction, account }) =>
      found.store.signer.jws(transactionInfo(transaction, account, state.now())),
    ),
  })
}

const DAY = 86_400_000

/** POST /inApps/v1/notifications/history */
export function notificationHistory(state: ApiState, request: StandInRequest): StandInReply {
  if (!String(request.headers['content-type'] ?? '').startsWith('application/json'))
    return errorReply(400, 4000000, 'Bad request.')
  const body = bodyOf(request.body)
  if (body === null) return errorReply(400, 4000000, 'Bad request.')
  const { startDate, endDate, notificationType, notificationSubtype, transactionId, onlyFailures } = body
  if (!isTime(startDate))
    return errorReply(
      400,
      4000015,
      'Invalid request. The start date is not a timestamp value represented in milliseconds.',
    )
  if (!isTime(endDate))
    return errorReply(
      400,
      4000016,
      'Invalid request. The end date is not a timestamp value represented in milliseconds.',
    )
  if (startDate >= endDate)
    return errorReply(400, 4000013, 'Invalid request. The end date precedes the start date or the dates are the same.')
  const depth = state.stores.some((store) => store.environment === 'production') ? 180 * DAY : 30 * DAY
  if (startDate < state.now() - depth)
    return errorReply(400, 4000012, 'Invalid request. The start date is earlier than the allowed start date.')
  if (transactionId !== undefined && notificationType !== undefined)
    return errorReply(
      400,
      4000019,
      'Invalid request. Supply either a transaction id or a notification type, but not both.',
    )
  if (notificationSubtype !== undefined && notificationType === undefined)
    return errorReply(400, 4000018, 'Invalid request. The notification type or subtype is invalid.')
  const from = pageOf(request.query.get('paginationToken'), state.generation())
  if (typeof from !== 'number') return from
  const matching = state
    .listed()
    .filter((one) => one.at >= startDate && one.at <= endDate)
    .filter(
      (one) =>
        notificationType === undefined ||
        (one.type === notificationType && (notificationSubtype === undefined || one.subtype === notificationSubtype)),
    )
    .filter((one) => transactionId === undefined || one.transactionIds.includes(String(transactionId)))
    .filter(
      (one) => onlyFailures !== true || !attemptsOf(one).some((attempt) => attempt.sendAttemptResult === 'SUCCESS'),
    )
  const page = matching.slice(from, from + PAGE)
  const hasMore = from + page.length < matching.length
  return jsonReply({
    ...(hasMore ? { paginationToken: `page_${state.generation()}_${from + page.length}` } : {}),
    hasMore,
    notificationHistory: page.map((one) => ({
      signedPayload: one.signedPayload,
      sendAttempts: attemptsOf(one),
    })),
  })
}

/** Where this stand-in sent nothing, somebody else's server has answered. */
function attemptsOf(one: SimulatedNotification): SimulatedNotification['attempts'] {
  return one.attempts.length > 0 ? one.attempts : [{ attemptDate: one.at, sendAttemptResult: 'SUCCESS' }]
}

function pageOf(token: string | null, generation: number): number | StandInReply {
  if (token === null) return 0
  const match = /^page_(\d+)_(\d+)$/.exec(token)
  if (!match) return errorReply(400, 4000014, 'Invalid request. The pagination token is invalid.')
  return Number(match[1]) < generation
    ? errorReply(400, 4000017, 'Invalid request. The pagination token is expired.')
    : Number(match[2])
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function bodyOf(body: Buffer): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
