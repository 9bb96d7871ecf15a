import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import { isJson, type Json, wholeOf } from '../json.ts'
import type { Fetched, PollRequest } from '../store.ts'
import { periodFact, soundOf } from './charge.ts'
import type { AppStoreClient } from './client.ts'
import { identityOf } from './fields.ts'
import type { JwsVerifier } from './jws.ts'
import { renewalInfoOf, transactionOf } from './notification.ts'
import type { View } from './revocation.ts'
import { shownFacts, snapshotOf } from './state.ts'

/**
 * The state of a subscription as Apple knows it now, with what that state shows.
 * https://developer.apple.com/documentation/appstoreserverapi/get-all-subscription-statuses
 */
export async function pollStatus(
  request: PollRequest,
  app: App,
  client: AppStoreClient,
  verifier: JwsVerifier,
): Promise<Fetched<Observation>> {
  const { key } = request.purchase
  const answer = await client.status({ environment: key.environment, app, transactionId: key.chain })
  if (answer.kind !== 'fetched') return answer
  const last = lastTransaction(answer.value, key.chain)
  if (last === null) return { kind: 'absent', reason: `Apple lists no subscription of the chain ${key.chain}.` }
  const transaction = await opened(last.signedTransactionInfo, request, app, verifier)
  const renewal = await opened(last.signedRenewalInfo, request, app, verifier)
  if (typeof transaction === 'string' || typeof renewal === 'string') {
    return { kind: 'retry', reason: typeof transaction === 'string' ? transaction : String(renewal), afterMs: null }
  }
  return { kind: 'fetched', value: observationOf(request, app, { transaction, renewal, status: wholeOf(last.status) }) }
}

function observationOf(
  request: PollRequest,
  app: App,
  state: { readonly transaction: Json; readonly renewal: Json; readonly status: number | null },
): Observation {
  const transaction = soundOf(transactionOf(state.transaction))
  const renewal = renewalInfoOf(state.renewal)
  const signedAt = transaction.signedDate ?? request.at
  const view: View = { transaction, renewal, status: state.status, signedAt, kind: 'subscription' }
  const marks = {
    signedAt,
    currency: renewal.currency,
    own: false,
    byChange: false,
    startsCancelled: null,
    serviceSince: renewal.recentSubscriptionStartDate,
  }
  return {
    key: request.purchase.key,
    appId: app.id,
    kind: 'subscription',
    snapshot: snapshotOf(view),
    facts: [periodFact(transaction, marks), ...shownFacts('', view)],
    owner: transaction.appAccountToken ?? renewal.appAccountToken,
    history: 'partial',
  }
}

function lastTransaction(answer: Json, chain: string): Json | null {
  const groups: readonly unknown[] = Array.isArray(answer.data) ? answer.data : []
  const all = groups.flatMap((group): readonly unknown[] =>
    isJson(group) && Array.isArray(group.lastTransactions) ? group.lastTransactions : [],
  )
  return all.filter(isJson).find((one) => one.originalTransactionId === chain) ?? null
}

async function opened(jws: unknown, request: PollRequest, app: App, verifier: JwsVerifier): Promise<Json | string> {
  if (typeof jws !== 'string') return 'Apple’s subscription status lacks its signed part.'
  const verified = await verifier.verify(jws)
  if (!verified.ok) return `A signed part of Apple’s subscription status was refused, since ${verified.reason}.`
  const word = request.purchase.key.environment === 'production' ? 'Production' : 'Sandbox'
  const { bundleId, environment } = verified.payload
  const other = (bundleId !== undefined && bundleId !== identityOf(app).bundleId) || environment !== word
  return other ? 'Apple’s subscription status names another app or environment than was asked for.' : verified.payload
}
