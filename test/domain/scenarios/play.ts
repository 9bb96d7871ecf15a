import type { Happening } from '../../../src/domain/happening.ts'
import type { Observation } from '../../../src/domain/observation.ts'
import { type Entry, type ObserveContext, observe } from '../../../src/domain/observe.ts'
import type { App } from '../../../src/domain/project.ts'
import type { Purchase } from '../../../src/domain/purchase-state.ts'
import { statusAt } from '../../../src/domain/status.ts'
import type { ChargeQuestion } from '../../../src/domain/terms.ts'
import { needsHistory } from '../../../src/domain/timeline/predecessor.ts'
import type { SimulatedNotification } from '../../../src/stand-ins/app-store/notification.ts'
import type { Signer } from '../../../src/stand-ins/app-store/sign.ts'
import { createSimulatedAppStore, type SimulatedAppStore } from '../../../src/stand-ins/app-store/subscription.ts'
import { type Transaction, transactionInfo } from '../../../src/stand-ins/app-store/transaction.ts'
import { soundOf } from '../../../src/stores/app-store/charge.ts'
import { decodedOf } from '../../../src/stores/app-store/decode.ts'
import { observationOfChain } from '../../../src/stores/app-store/history.ts'
import { transactionOf } from '../../../src/stores/app-store/notification.ts'

export const START = Date.UTC(2026, 9, 1, 9, 0, 0)
export const DAY = 86_400_000
export const HOUR = 3_600_000

export const app: App = {
  projectId: 'acme',
  id: 'ios',
  store: 'app_store',
  publicKey: null,
  environments: ['production', 'sandbox'],
  receive: 'push',
  eventsFrom: START - DAY,
  createdAt: START - DAY,
  commissionRatePpm: 300_000,
  taxRatePpm: 0,
  settings: { bundle_id: 'com.acme.app', app_apple_id: 123_456_789 },
}

export const context: ObserveContext = {
  eventsFrom: app.eventsFrom,
  terms: () => ({
    commissionPpm: 300_000,
    taxPpm: 0,
    usdRate: null,
    rateDate: null,
    rateEstimated: false,
    estimated: true,
  }),
}

/** What terms are asked with: a renewal of a dollar price, unless told otherwise. */
export function question(over: Partial<ChargeQuestion> = {}): ChargeQuestion {
  const common = { store: 'app_store', productId: 'com.acme.monthly', countryCode: null } as const
  return { ...common, productClass: 'auto_renewing', tenure: '<1y', at: START, currency: 'USD', ...over }
}

/** One message with the chain as Apple's history would have told it at that moment. */
export interface Message {
  readonly name: string
  readonly observation: Observation
  readonly history: Observation | null
}

/**
 * Writes a scenario against the simulated App Store. After each act the history of the chain is kept as it stands, so
 * that a message that arrives first can be asked about with the history of its own time. `signer`: where something of it
 * is to be verified, since minting one takes longer than a scenario.
 */
export function record(
  write: (store: SimulatedAppStore, keep: (notification: SimulatedNotification) => void) => void,
  signer?: Signer,
): readonly Message[] {
  const store = createSimulatedAppStore({
    bundleId: 'com.acme.app',
    appAppleId: 123_456_789,
    environment: 'production',
    ...(signer === undefined ? {} : { signer }),
  })
  const messages: Message[] = []
  write(store, (notification) => {
    const decoded = decodedOf(notification.decoded, app)
    if (decoded.kind !== 'observed')
      throw new Error(`${notification.name} was not observed: ${JSON.stringify(decoded)}`)
    const { observation } = decoded
    messages.push({ name: notification.name, observation, history: historyOf(store, observation, notification.at) })
  })
  return messages
}

function historyOf(store: SimulatedAppStore, observation: Observation, at: number): Observation | null {
  const chain = store.chains.get(observation.key.chain)
  if (chain === undefined || observation.kind === 'one_time') return null
  const found = chain.transactions.map((transaction: Transaction) =>
    soundOf(transactionOf(transactionInfo(transaction, chain.account, at))),
  )
  return observationOfChain({ key: observation.key, transactionId: observation.key.chain }, app, found)
}

export interface Played {
  readonly purchases: ReadonlyMap<string, Purchase>
  readonly happenings: readonly Happening[]
  readonly entries: readonly Entry[]
}

/**
 * Folds messages in the order given, asking the history where ingest would. `historyOf` picks which state of the chain
 * the history shows: by default the newest of the messages that have arrived.
 */
export function play(
  messages: readonly Message[],
  order: readonly number[],
  options: { readonly historyAt?: 'arrived' | 'end'; readonly apiKey?: boolean } = {},
): Played {
  const purchases = new Map<string, Purchase>()
  const happenings: Happening[] = []
  const entries: Entry[] = []
  let newest = 0
  const fold = (observation: Observation): void => {
    const { chain } = observation.key
    const observed = observe(purchases.get(chain) ?? null, observation, context)
    purchases.set(chain, observed.purchase)
    happenings.push(...observed.happenings)
    entries.push(...observed.entries)
  }
  for (const index of order) {
    const message = messages[index] as Message
    newest = Math.max(newest, index)
    const { chain } = message.observation.key
    const tried = observe(purchases.get(chain) ?? null, message.observation, context)
    if ((options.apiKey ?? true) && needsHistory(tried.purchase)) {
      const upTo = options.historyAt === 'end' ? messages.length - 1 : newest
      const history = messages
        .slice(0, upTo + 1)
        .findLast((one) => one.history !== null && one.observation.key.chain === chain)?.history
      if (history != null) fold(history)
    }
    fold(message.observation)
  }
  return { purchases, happenings, entries }
}

/** What decisions.md compares: ids (numbers may change places), type, product, period and its dates, reason, money. */
export function compared(played: Played): {
  readonly events: readonly string[]
  readonly states: readonly unknown[]
  readonly ledger: readonly string[]
} {
  const events = played.happenings.map((one) => {
    const {
      what,
      period,
      type,
      productId,
      newProductId,
      periodType,
      purchasedAt,
      expiresAt,
      isTrialConversion,
      cancelReason,
      expirationReason,
      grossMicros,
      currency,
    } = one
    return JSON.stringify({
      what,
      period,
      type,
      productId,
      newProductId,
      periodType,
      purchasedAt,
      expiresAt,
      isTrialConversion,
      cancelReason,
      expirationReason,
      grossMicros,
      currency,
    })
  })
  const ids = played.happenings.map((one) => `${one.what}|${one.period}|${one.n}`)
  const states = [...played.purchases].map(([chain, purchase]) => ({
    chain,
    snapshot: purchase.snapshot,
    status: statusAt(purchase, START + 400 * DAY),
  }))
  const ledger = played.entries.map((entry) =>
    JSON.stringify({ entry: entry.entry.replace(/:\d+$/, ''), micros: entry.micros, currency: entry.currency }),
  )
  return {
    events: [...events.sort(), ...ids.sort()],
    states: states.sort((a, b) => (a.chain < b.chain ? -1 : 1)),
    ledger: ledger.sort(),
  }
}

/** In plain words, in the order in which they were told: "TRIAL_STARTED com.acme.monthly 0 USD". */
export function told(played: Played): readonly string[] {
  return played.happenings.map((one) => {
    const kind =
      one.type === 'INITIAL_PURCHASE' && one.periodType === 'TRIAL'
        ? 'TRIAL'
        : one.type === 'RENEWAL' && one.isTrialConversion
          ? 'CONVERSION'
          : one.type
    const reason = one.cancelReason ?? one.expirationReason
    const product = one.newProductId === null ? '' : ` ${one.productId}→${one.newProductId}`
    const money = one.grossMicros === 0 || one.grossMicros === null ? '' : ` ${one.grossMicros / 1e6} ${one.currency}`
    const trial = one.type === 'CANCELLATION' && one.periodType === 'TRIAL' ? 'TRIAL_' : ''
    return `${trial}${kind}${reason === null ? '' : ` ${reason}`}${product}${money}`
  })
}

export function* permutations(length: number): Generator<readonly number[]> {
  const items = Array.from({ length }, (_, index) => index)
  function* go(at: number): Generator<readonly number[]> {
    if (at === length) {
      yield [...items]
      return
    }
    for (let swap = at; swap < length; swap += 1) {
      const a = items[at] as number
      items[at] = items[swap] as number
      items[swap] = a
      yield* go(at + 1)
      items[swap] = items[at] as number
      items[at] = a
    }
  }
  yield* go(0)
}
