import type { Fact } from '../../domain/facts.ts'
import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import { isJson, type Json, wholeOf } from '../json.ts'
import type { Fetched, PollRequest } from '../store.ts'
import { periodFact, wholeOfKind } from './charge.ts'
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
  const view = await standingOf(answer.value, { ...key, at: request.at, app }, verifier)
  if (typeof view === 'string') return { kind: 'retry', reason: view, afterMs: null }
  if (view === null) return { kind: 'absent', reason: `Apple lists no subscription of the chain ${key.chain}.` }
  return { kind: 'fetched', value: observationOf(request, app, view) }
}

function observationOf(request: PollRequest, app: App, view: View): Observation {
  const { transaction, renewal } = view
  return {
    key: request.purchase.key,
    appId: app.id,
    kind: 'subscription',
    snapshot: snapshotOf(view),
    facts: standingFacts(view),
    owner: transaction.appAccountToken ?? renewal?.appAccountToken ?? null,
    history: 'partial',
  }
}

/** The latest period of a chain, and what its state shows. */
export function standingFacts(view: View): readonly Fact[] {
  const { transaction, renewal, signedAt } = view
  const currency = renewal?.currency ?? null
  const serviceSince = renewal?.recentSubscriptionStartDate ?? null
  const marks = { signedAt, currency, own: false, byChange: false, startsCancelled: null, serviceSince }
  return [periodFact(transaction, marks), ...shownFacts('', view)]
}

interface Asked {
  readonly chain: string
  readonly environment: Environment
  readonly app: App
  readonly at: number
}

/** How a chain stands, as an answer of Apple's tells it; null where it is not in the answer, text where it is not believed. */
export async function standingOf(answer: Json, asked: Asked, verifier: JwsVerifier): Promise<View | string | null> {
  const last = lastTransaction(answer, asked.chain)
  if (last === null) return null
  const info = await opened(last.signedTransactionInfo, asked, verifier)
  if (typeof info === 'string') return info
  const renewal = await opened(last.signedRenewalInfo, asked, verifier)
  if (typeof renewal === 'string') return renewal
  try {
    const transaction = wholeOfKind(transactionOf(info))
    const signedAt = transaction.signedDate ?? asked.at
    const status = wholeOf(last.status)
    return { transaction, renewal: renewalInfoOf(renewal), status, signedAt, kind: 'subscription' }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function lastTransaction(answer: Json, chain: string): Json | null {
  const groups: readonly unknown[] = Array.isArray(answer.data) ? answer.data : []
  const all = groups.flatMap((group): readonly unknown[] =>
    isJson(group) && Array.isArray(group.lastTransactions) ? group.lastTransactions : [],
  )
  return all.filter(isJson).find((one) => one.originalTransactionId === chain) ?? null
}

async function opened(jws: unknown, { app, environment }: Asked, verifier: JwsVerifier): Promise<Json | string> {
  if (typeof jws !== 'string') return 'Apple’s subscription status lacks its signed part.'
  const verified = await verifier.verify(jws)
  if (!verified.ok) return `A signed part of Apple’s subscription status was refused, since ${verified.reason}.`
  const word = environment === 'production' ? 'Production' : 'Sandbox'
  const told = verified.payload
  const other = (told.bundleId !== undefined && told.bundleId !== identityOf(app).bundleId) || told.environment !== word
  return other ? 'Apple’s subscription status names another app or environment than was asked for.' : told
}
