import type { Fact } from '../../domain/facts.ts'
import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import { textOf } from '../json.ts'
import type { Fetched, HistoryRequest } from '../store.ts'
import { expiryOf, periodFact, type SoundTransaction, wholeOfKind } from './charge.ts'
import type { AppStoreClient, CallOf } from './client.ts'
import { identityOf } from './fields.ts'
import type { JwsVerifier } from './jws.ts'
import { transactionOf } from './notification.ts'
import { isFamilyRevocation, refundFacts } from './revocation.ts'

/** 20 transactions a page: 4,000 of one customer are more than daily renewals of ten years. */
const MOST_PAGES = 200

const TOLD = { own: false, inferred: false } as const

/** Every transaction of the chain, each verified, as one observation that reaches back to its first purchase. */
export async function chainHistory(
  request: HistoryRequest,
  app: App,
  client: AppStoreClient,
  verifier: JwsVerifier,
): Promise<Fetched<Observation>> {
  const { environment, chain } = request.key
  const { transactionId } = request
  const answer = await subscriptionHistory({ environment, app, transactionId }, client, verifier)
  if (answer.kind !== 'fetched') return answer
  const found = answer.value.filter((transaction) => transaction.originalTransactionId === chain)
  return found.length === 0
    ? { kind: 'absent', reason: `Apple lists no transaction of the chain ${chain}.` }
    : { kind: 'fetched', value: observationOfChain(request, app, found) }
}

/** All transactions of the customer's subscriptions, of whatever chain: any transaction of the customer names them. */
export async function subscriptionHistory(
  asked: CallOf,
  client: AppStoreClient,
  verifier: JwsVerifier,
): Promise<Fetched<readonly SoundTransaction[]>> {
  const found: SoundTransaction[] = []
  let revision: string | null = null
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const continued = page > 0 || asked.continued === true
    const answer: Awaited<ReturnType<AppStoreClient['transactionHistory']>> = await client.transactionHistory({
      ...asked,
      revision,
      continued,
    })
    if (answer.kind !== 'fetched') return answer
    const signed = Array.isArray(answer.value.signedTransactions) ? answer.value.signedTransactions : []
    const transactions = await Promise.all(
      signed.map((jws: unknown) => verifiedTransaction(jws, asked.environment, asked.app, verifier)),
    )
    for (const transaction of transactions) {
      if (typeof transaction === 'string') return { kind: 'retry', reason: transaction, afterMs: null }
      found.push(transaction)
    }
    revision = textOf(answer.value.revision)
    if (answer.value.hasMore !== true || revision === null) return { kind: 'fetched', value: found }
  }
  return {
    kind: 'absent',
    reason: `The history of transaction ${asked.transactionId} is longer than ${MOST_PAGES} pages.`,
  }
}

/** A transaction of Apple's answers, or why it is not believed. */
export async function verifiedTransaction(
  jws: unknown,
  environment: Environment,
  app: App,
  verifier: JwsVerifier,
): Promise<SoundTransaction | string> {
  if (typeof jws !== 'string') return 'Apple’s answer holds something that is no transaction.'
  const verified = await verifier.verify(jws)
  if (!verified.ok) return `A transaction in Apple’s answer was refused, since ${verified.reason}.`
  const word = environment === 'production' ? 'Production' : 'Sandbox'
  if (verified.payload.bundleId !== identityOf(app).bundleId || verified.payload.environment !== word) {
    return 'A transaction in Apple’s answer names another app or environment than was asked for.'
  }
  try {
    return wholeOfKind(transactionOf(verified.payload))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** A whole chain as one observation. Pure. */
export function observationOfChain(request: HistoryRequest, app: App, found: readonly SoundTransaction[]): Observation {
  const ordered = [...found].sort((a, b) => a.purchaseDate - b.purchaseDate)
  const owner = ordered.findLast((transaction) => transaction.appAccountToken !== null)?.appAccountToken ?? null
  return {
    key: request.key,
    appId: app.id,
    kind: 'subscription',
    snapshot: null,
    facts: ordered.flatMap((transaction, index) => factsOf(transaction, ordered[index - 1], ordered[index + 1])),
    owner,
    history: 'complete',
  }
}

/** A period that follows an upgraded one began by the change, as its own message would have said. */
function factsOf(
  transaction: SoundTransaction,
  before: SoundTransaction | undefined,
  after: SoundTransaction | undefined,
): readonly Fact[] {
  const signedAt = transaction.signedDate ?? transaction.purchaseDate
  const byChange = before?.isUpgraded === true
  const period = periodFact(transaction, { signedAt, currency: null, own: false, byChange, startsCancelled: null })
  return transaction.revocationDate === null
    ? [period]
    : [period, ...revocationFacts(transaction, transaction.revocationDate, signedAt, after)]
}

/**
 * The history shows what went back and when, but not whether a part of the price ended the access: only a full refund of
 * the period that was the latest then is an end.
 */
function revocationFacts(
  transaction: SoundTransaction,
  at: number,
  signedAt: number,
  after: SoundTransaction | undefined,
): readonly Fact[] {
  const facts = refundFacts({ transaction, renewal: null, status: null, signedAt, kind: 'subscription' }, TOLD)
  if (isFamilyRevocation(transaction)) return facts
  const ofLatest = !transaction.isUpgraded && (after === undefined || after.purchaseDate > at)
  const whole = facts.some((fact) => fact.kind === 'refund' && fact.share === 1_000_000)
  const ends = ofLatest && whole && at < expiryOf(transaction)
  return facts.flatMap((fact): readonly Fact[] => {
    if (fact.kind === 'refund') return [{ ...fact, ofLatest }]
    return fact.kind === 'ended' && !ends ? [] : [fact]
  })
}
