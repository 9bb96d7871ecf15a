import type { Fact } from '../../domain/facts.ts'
import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import { textOf } from '../json.ts'
import type { Fetched, HistoryRequest } from '../store.ts'
import { expiryOf, periodFact, type SoundTransaction, soundOf } from './charge.ts'
import type { AppStoreClient } from './client.ts'
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
  const found: SoundTransaction[] = []
  let revision: string | null = null
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer: Awaited<ReturnType<AppStoreClient['transactionHistory']>> = await client.transactionHistory({
      environment,
      app,
      transactionId: request.transactionId,
      revision,
      continued: page > 0,
    })
    if (answer.kind !== 'fetched') return answer
    const signed = Array.isArray(answer.value.signedTransactions) ? answer.value.signedTransactions : []
    const transactions = await Promise.all(
      signed.map((jws: unknown) => verifiedTransaction(jws, environment, app, verifier)),
    )
    for (const transaction of transactions) {
      if (typeof transaction === 'string') return { kind: 'retry', reason: transaction, afterMs: null }
      if (transaction.originalTransactionId === chain) found.push(transaction)
    }
    revision = textOf(answer.value.revision)
    if (answer.value.hasMore !== true || revision === null) return observed(request, app, found)
  }
  return {
    kind: 'absent',
    reason: `The history of transaction ${request.transactionId} is longer than ${MOST_PAGES} pages.`,
  }
}

async function verifiedTransaction(
  jws: unknown,
  environment: Environment,
  app: App,
  verifier: JwsVerifier,
): Promise<SoundTransaction | string> {
  if (typeof jws !== 'string') return 'Apple’s transaction history holds something that is no transaction.'
  const verified = await verifier.verify(jws)
  if (!verified.ok) return `A transaction in Apple’s answer was refused, since ${verified.reason}.`
  const word = environment === 'production' ? 'Production' : 'Sandbox'
  if (verified.payload.bundleId !== identityOf(app).bundleId || verified.payload.environment !== word) {
    return 'Apple’s transaction history names another app or environment than was asked for.'
  }
  try {
    return soundOf(transactionOf(verified.payload))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function observed(request: HistoryRequest, app: App, found: readonly SoundTransaction[]): Fetched<Observation> {
  if (found.length === 0)
    return { kind: 'absent', reason: `Apple lists no transaction of the chain ${request.key.chain}.` }
  return { kind: 'fetched', value: observationOfChain(request, app, found) }
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
