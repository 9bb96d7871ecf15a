import type { Fact } from '../../domain/facts.ts'
import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { Environment, PurchaseKey } from '../../domain/purchase.ts'
import type { Fetched, ReceiptRead, ReceiptRequest } from '../store.ts'
import { kindOf, oneTimeFact, periodFact, type SoundTransaction } from './charge.ts'
import type { AppStoreClient } from './client.ts'
import { apiKeyOf } from './fields.ts'
import { observationOfChain, subscriptionHistory, verifiedTransaction } from './history.ts'
import { standingFacts, standingOf } from './poll.ts'
import type { View } from './revocation.ts'
import { invalid, type ReceiptJudges, type Showing, type ShownPurchase, showingOf, showsOf } from './shown.ts'
import { shownFacts, snapshotOf } from './state.ts'

/**
 * Apple's server may learn of a purchase after the device, as developers report (developer.apple.com/forums, error 4040010):
 * for this long a receipt that shows more than it knows is worth another try.
 */
const LATE_MS = 86_400_000
const LATE_RETRY_MS = 30_000

/** One receipt asks about this many purchases, the newest first: as many as the budget of an app holds at once. */
const MOST_PURCHASES = 40

export interface ReceiptDeps extends ReceiptJudges {
  readonly client: AppStoreClient
}

/** What an SDK or a backend shows as a purchase, verified, and as Apple knows it now where Apple can be asked. */
export async function readReceipt(request: ReceiptRequest, app: App, deps: ReceiptDeps): Promise<ReceiptRead> {
  const canAsk = apiKeyOf(app) !== null
  const { shown } = request
  if (shown.kind !== 'token')
    return canAsk ? readById(shown.id, request, app, deps) : needsKey('Ids of transactions', app)
  const shows = await showsOf(shown.token, app, deps)
  if (shows.kind === 'invalid') return shows
  if (shows.shown.length === 0) return withoutPurchase(request)
  if (canAsk) return readAll(shows, request, app, deps)
  const alone = shows.shown.flatMap(({ transaction }) =>
    transaction === null ? [] : [attested(transaction, shows.environment, app, request.at)],
  )
  return alone.length === 0 ? needsKey('App receipts', app) : resolved(alone, null)
}

function resolved(observations: readonly Observation[], note: string | null): ReceiptRead {
  const value = { observations: observations.map((observation) => ({ observation, message: null })), links: [], note }
  return { kind: 'fetched', value }
}

function needsKey(what: string, app: App): ReceiptRead {
  return {
    kind: 'credentials',
    reason: `${what} are looked up at Apple, and ${app.id} has no api_key: set issuer_id, key_id and private_key of an In-App Purchase key.`,
  }
}

function withoutPurchase({ productIds }: ReceiptRequest): ReceiptRead {
  if (productIds.length === 0) return resolved([], 'The receipt has no purchase in it.')
  return invalid(
    'product_missing',
    'The receipt has no purchase in it: send the one that the device has after the purchase.',
  )
}

/** Which environment an id is of is not written on it: Apple's advice is to ask production first, then the sandbox. */
async function readById(id: string, request: ReceiptRequest, app: App, deps: ReceiptDeps): Promise<ReceiptRead> {
  if (id === '' || id.length > 100)
    return invalid('not_authentic', 'The id is none of the App Store: send a transactionId as Apple gave it.')
  const first = request.sandbox === true ? 'sandbox' : 'production'
  const environments = [...app.environments].sort((a, b) => Number(b === first) - Number(a === first))
  let continued = false
  for (const environment of environments) {
    const answer = await oneTransaction(id, { environment, app, continued }, deps)
    continued = true
    if (answer.kind === 'fetched') return readAll(showingOf(environment, answer.value), request, app, deps, true)
    if (answer.kind !== 'absent') return answer
  }
  return { kind: 'absent', reason: 'Apple knows no such transaction of this app: send the id that StoreKit gave.' }
}

interface Asking {
  readonly environment: Environment
  readonly app: App
  readonly continued: boolean
}

async function oneTransaction(
  transactionId: string,
  asking: Asking,
  { client, verifier }: ReceiptDeps,
): Promise<Fetched<SoundTransaction>> {
  const answer = await client.transaction({ ...asking, transactionId })
  if (answer.kind !== 'fetched') return answer
  const { app, environment } = asking
  const transaction = await verifiedTransaction(answer.value.signedTransactionInfo, environment, app, verifier)
  return typeof transaction === 'string'
    ? { kind: 'retry', reason: transaction, afterMs: null }
    : { kind: 'fetched', value: transaction }
}

/** What Apple knows now of each purchase that is shown. `fresh`: their transactions are Apple's answer already. */
async function readAll(
  showing: Showing,
  request: ReceiptRequest,
  app: App,
  deps: ReceiptDeps,
  fresh = false,
): Promise<ReceiptRead> {
  const { environment } = showing
  const newest = [...showing.shown].sort((a, b) => b.purchasedAt - a.purchasedAt).slice(0, MOST_PURCHASES)
  const asking = { environment, app, continued: fresh }
  const books = await openBooks(newest, asking, request.at, deps)
  if (books.kind !== 'fetched') return books
  const observations: Observation[] = []
  // The first request of a receipt waits for the budget, what follows belongs to it.
  let continued = fresh || newest.some(({ kind }) => kind === 'subscription')
  for (const one of newest) {
    const ask = one.kind === 'one_time' && !fresh
    const read = ask ? await oneTransaction(one.chain, { ...asking, continued }, deps) : null
    continued ||= ask
    if (read?.kind === 'retry' || read?.kind === 'credentials') return read
    const transaction = read?.kind === 'fetched' ? read.value : one.transaction
    if (isAwaited(one, books.value.standings.get(one.chain)?.transaction ?? transaction, request.at)) return AWAITED
    const standing = one.kind === 'subscription' ? subscriptionIn(books.value, one, environment, app) : null
    if (standing !== null) observations.push(standing)
    else if (transaction !== null) observations.push(attested(transaction, environment, app, request.at))
  }
  if (observations.length === 0) return { kind: 'absent', reason: 'Apple knows no purchase of this receipt.' }
  const left = showing.shown.length - newest.length
  return resolved(
    observations,
    left === 0
      ? null
      : `The receipt names ${showing.shown.length} purchases, of which the newest ${MOST_PURCHASES} were read.`,
  )
}

const AWAITED: ReceiptRead = {
  kind: 'retry',
  reason: 'Apple’s server does not know yet what the receipt shows as bought just now.',
  afterMs: LATE_RETRY_MS,
}

/** Only ids are shown, of something bought since what Apple tells: nothing else could stand in for its answer. */
function isAwaited(one: ShownPurchase, known: SoundTransaction | null, at: number): boolean {
  return one.transaction === null && one.purchasedAt > (known?.purchaseDate ?? 0) && at - one.purchasedAt < LATE_MS
}

/** Apple's answers about subscriptions, each asked for once: one customer's answer is about all of their chains. */
interface Books {
  readonly standings: ReadonlyMap<string, View>
  /** Whole chains only. */
  readonly chains: ReadonlyMap<string, readonly SoundTransaction[]>
  readonly at: number
}

async function openBooks(
  shown: readonly ShownPurchase[],
  asking: Asking,
  at: number,
  deps: ReceiptDeps,
): Promise<Fetched<Books>> {
  const wanted = shown.filter(({ kind }) => kind === 'subscription').map(({ chain }) => chain)
  const standings = new Map<string, View>()
  let { continued } = asking
  for (const chain of wanted) {
    if (standings.has(chain)) continue
    const answer = await deps.client.status({ ...asking, continued, transactionId: chain })
    continued = true
    if (answer.kind === 'absent') continue
    if (answer.kind !== 'fetched') return answer
    for (const other of wanted) {
      const standing = await standingOf(answer.value, { ...asking, chain: other, at }, deps.verifier)
      if (typeof standing === 'string') return { kind: 'retry', reason: standing, afterMs: null }
      if (standing !== null) standings.set(other, standing)
    }
  }
  const chains = await wholeChains(standings, asking, deps)
  return chains.kind === 'fetched' ? { kind: 'fetched', value: { standings, chains: chains.value, at } } : chains
}

/** A chain whose latest transaction is its first is whole as it stands; the others are read. */
async function wholeChains(
  standings: ReadonlyMap<string, View>,
  asking: Asking,
  { client, verifier }: ReceiptDeps,
): Promise<Fetched<ReadonlyMap<string, readonly SoundTransaction[]>>> {
  const chains = new Map<string, SoundTransaction[]>()
  for (const [chain, { transaction }] of standings) {
    if (transaction.transactionId === chain) chains.set(chain, [transaction])
    if (chains.has(chain)) continue
    const answer = await subscriptionHistory({ ...asking, continued: true, transactionId: chain }, client, verifier)
    if (answer.kind === 'absent') continue
    if (answer.kind !== 'fetched') return answer
    const read = Map.groupBy(answer.value, ({ originalTransactionId }) => originalTransactionId)
    for (const [other, transactions] of read) if (!chains.has(other)) chains.set(other, transactions)
  }
  return { kind: 'fetched', value: chains }
}

/** null when Apple does not know the chain: its server may learn of a purchase after the device. */
function subscriptionIn(books: Books, one: ShownPurchase, environment: Environment, app: App): Observation | null {
  const { chain, transaction } = one
  const view = books.standings.get(chain)
  if (view === undefined) return null
  const behind = transaction !== null && transaction.purchaseDate > view.transaction.purchaseDate
  const standing = behind ? [] : standingFacts(view)
  const key = keyOf(app, environment, chain)
  const whole = books.chains.get(chain)
  const base = {
    key,
    appId: app.id,
    kind: 'subscription',
    snapshot: behind ? null : snapshotOf(view),
    owner: transaction?.appAccountToken ?? view.transaction.appAccountToken ?? view.renewal?.appAccountToken ?? null,
  } as const
  if (whole === undefined) {
    const facts = transaction === null ? standing : [...chargeFacts(transaction, books.at), ...standing]
    return { ...base, facts, history: 'partial' }
  }
  const all = new Map(
    [...whole, view.transaction, ...(behind ? [transaction] : [])].map((of) => [of.transactionId, of]),
  )
  const told = observationOfChain({ key, transactionId: chain }, app, [...all.values()])
  return { ...base, facts: [...told.facts, ...standing], owner: told.owner ?? base.owner, history: 'complete' }
}

/** What a signed transaction tells alone. */
function attested(transaction: SoundTransaction, environment: Environment, app: App, at: number): Observation {
  return {
    key: keyOf(app, environment, transaction.originalTransactionId),
    appId: app.id,
    kind: kindOf(transaction),
    snapshot: null,
    facts: chargeFacts(transaction, at),
    owner: transaction.appAccountToken,
    history: 'partial',
  }
}

function chargeFacts(transaction: SoundTransaction, at: number): readonly Fact[] {
  const signedAt = transaction.signedDate ?? at
  const kind = kindOf(transaction)
  const view: View = { transaction, renewal: null, status: null, signedAt, kind }
  const marks = { signedAt, currency: null, own: false, byChange: false, startsCancelled: null }
  const charge = kind === 'one_time' ? oneTimeFact(transaction, marks) : periodFact(transaction, marks)
  return [charge, ...shownFacts('', view)]
}

function keyOf(app: App, environment: Environment, chain: string): PurchaseKey {
  return { projectId: app.projectId, store: 'app_store', environment, chain, line: '' }
}
