import type { Happening } from '../../../src/domain/happening.ts'
import type { Observation } from '../../../src/domain/observation.ts'
import { type Entry, type ObserveContext, observe } from '../../../src/domain/observe.ts'
import type { App } from '../../../src/domain/project.ts'
import { purchaseId } from '../../../src/domain/purchase.ts'
import type { Purchase } from '../../../src/domain/purchase-state.ts'
import { statusAt } from '../../../src/domain/status.ts'
import { needsHistory } from '../../../src/domain/timeline/predecessor.ts'
import type { HttpClient, HttpRequest } from '../../../src/net/http.ts'
import type { Json, SimulatedEvent } from '../../../src/stand-ins/stripe/event.ts'
import { answerOfStripe } from '../../../src/stand-ins/stripe/server.ts'
import type { SimulatedStripe } from '../../../src/stand-ins/stripe/simulator.ts'
import type { Store } from '../../../src/stores/store.ts'
import { createStripe } from '../../../src/stores/stripe/index.ts'
import { appOf, KEY, kept, simulated } from './setting.ts'

/** One event, with the account as the API would have shown it at that moment. */
export interface Message {
  readonly event: SimulatedEvent
  readonly account: SimulatedStripe
}

/** Writes a scenario; after each act the account is kept as it stands. */
export function record(
  write: (stripe: SimulatedStripe, keep: (events: readonly SimulatedEvent[]) => void) => void,
  options: Parameters<typeof simulated>[0] = {},
): readonly Message[] {
  const stripe = simulated(options)
  const messages: Message[] = []
  write(stripe, (events) => {
    const account = frozen(stripe)
    messages.push(...events.map((event) => ({ event, account })))
  })
  return messages
}

/** The account as it is now, whatever happens to it later. */
function frozen(stripe: SimulatedStripe): SimulatedStripe {
  const { shelf } = stripe
  const still = (map: ReadonlyMap<string, () => Json>): Map<string, () => Json> =>
    new Map([...map].map(([id, render]) => [id, always(render())]))
  const lines = new Map([...shelf.invoices.keys()].map((id) => [id, structuredClone(stripe.linesOf(id))]))
  return {
    ...stripe,
    events: [...stripe.events],
    linesOf: (id) => lines.get(id) ?? [],
    shelf: {
      subscriptions: still(shelf.subscriptions),
      invoices: still(shelf.invoices),
      invoicePayments: [...shelf.invoicePayments],
      charges: still(shelf.charges),
      refunds: still(shelf.refunds),
      sessions: still(shelf.sessions),
      sessionLines: new Map(shelf.sessionLines),
      prices: new Map(shelf.prices),
    },
  }
}

function always(json: Json): () => Json {
  const copy = structuredClone(json)
  return () => copy
}

const context = (app: App): ObserveContext => ({
  eventsFrom: app.eventsFrom,
  terms: () => ({ commissionPpm: 0, taxPpm: 0, usdRate: null, rateDate: null, rateEstimated: false, estimated: true }),
})

export interface Played {
  readonly purchases: ReadonlyMap<string, Purchase>
  readonly happenings: readonly Happening[]
  readonly entries: readonly Entry[]
  /** What the hub asked Stripe, in order. */
  readonly asked: readonly string[]
  /** Messages that nobody could place. */
  readonly waiting: number
}

export interface PlayOptions {
  /** What the API shows: as of the newest message that has arrived, or everything. */
  readonly api?: 'arrived' | 'end'
  readonly app?: App
  /** The purchases are polled after everything, with the API as it is at the end. */
  readonly poll?: boolean
  /** Begins from what was known before. */
  readonly at?: number
  /** Before which of the messages, by its place in the order, the newest purchase is shown; the count: last of all. */
  readonly receipts?: readonly number[]
}

/** What ingest does, in memory: decode, ask the history where it decides, resolve by subject, fold. */
export async function play(
  messages: readonly Message[],
  order: readonly number[],
  options: PlayOptions = {},
): Promise<Played> {
  const { app = appOf(), api = 'arrived' } = options
  const world = createWorld(app)
  const last = messages.length - 1
  let newest = -1
  let pending: number[] = []
  const post = async (place: number): Promise<void> => {
    const shown = messages[api === 'end' ? last : newest === -1 ? (order[0] ?? last) : newest] as Message
    for (const one of options.receipts ?? []) if (one === place) await world.post(shown)
  }
  for (const [place, index] of order.entries()) {
    await post(place)
    newest = Math.max(newest, index)
    const shown = messages[api === 'end' ? last : newest] as Message
    pending = await world.take([...pending, index], messages, shown)
  }
  await post(order.length)
  const end = messages[last] as Message
  if (pending.length > 0) pending = await world.take(pending, messages, end)
  if (options.poll === true) await world.poll(end)
  return { ...world.seen(), waiting: pending.length }
}

interface World {
  /** Works on messages; gives back those that must wait. */
  take(indices: readonly number[], messages: readonly Message[], shown: Message): Promise<number[]>
  poll(shown: Message): Promise<void>
  /** The newest purchase of the account, shown as an app shows it. */
  post(shown: Message): Promise<void>
  seen(): Omit<Played, 'waiting'>
}

function createWorld(app: App): World {
  const purchases = new Map<string, Purchase>()
  const links = new Map<string, string>()
  const happenings: Happening[] = []
  const entries: Entry[] = []
  const asked: string[] = []
  const fold = (observation: Observation): void => {
    const id = purchaseId(observation.key)
    const observed = observe(purchases.get(id) ?? null, observation, context(app))
    purchases.set(id, observed.purchase)
    happenings.push(...observed.happenings)
    entries.push(...observed.entries)
  }
  const storeAt = (shown: Message): Store =>
    createStripe({ http: apiOf(shown, asked), now: () => shown.event.at + 2_000, apiUrl: null })

  const one = async (message: Message, shown: Message): Promise<boolean> => {
    const store = storeAt(shown)
    const decoded = store.decode(kept(message.event, message.event.at), app)
    if (decoded.kind === 'nothing') return true
    if (decoded.kind === 'observed') {
      const { observation, historyOf } = decoded
      const tried = observe(purchases.get(purchaseId(observation.key)) ?? null, observation, context(app))
      if (needsHistory(tried.purchase) && historyOf !== null && store.canAskHistory(app)) {
        const history = await store.history(historyOf, app)
        if (history.kind === 'fetched') fold(history.value)
      }
      fold(observation)
      for (const { name, key } of decoded.links ?? []) links.set(name, purchaseId(key))
      return true
    }
    const at = shown.event.at + 2_000
    const resolved = await store.resolve?.(
      {
        subject: decoded.subject,
        environment: message.event.json.livemode === true ? 'production' : 'sandbox',
        messages: [kept(message.event, at)],
        at,
        linked: (name) => Promise.resolve(purchases.get(links.get(name) ?? '') ?? null),
      },
      app,
    )
    if (resolved?.kind !== 'fetched') {
      if (resolved?.kind === 'retry') return false
      throw new Error(`${message.event.type} could not be resolved: ${JSON.stringify(resolved)}`)
    }
    for (const { observation } of resolved.value.observations) fold(observation)
    for (const { name, key } of resolved.value.links) links.set(name, purchaseId(key))
    return true
  }

  return {
    take: async (indices, messages, shown) => {
      const waiting: number[] = []
      for (const index of indices) {
        if (!(await one(messages[index] as Message, shown))) waiting.push(index)
      }
      return waiting
    },
    poll: async (shown) => {
      const store = storeAt(shown)
      for (const purchase of [...purchases.values()]) {
        if (purchase.kind === 'one_time') continue
        const polled = await store.poll?.({ purchase, at: shown.event.at + 2_000 }, app)
        if (polled?.kind !== 'fetched') throw new Error(`A poll failed: ${JSON.stringify(polled)}`)
        fold(polled.value)
      }
    },
    post: async (shown) => {
      const { subscriptions, sessions } = shown.account.shelf
      const token = [...sessions.keys(), ...subscriptions.keys()].at(-1) ?? ''
      const said = { productIds: [], storeUserId: null, sandbox: null, price: null, countryCode: null }
      const linked = (name: string) => Promise.resolve(purchases.get(links.get(name) ?? '') ?? null)
      const at = shown.event.at + 2_000
      const read = await storeAt(shown).receipt?.({ ...said, shown: { kind: 'token', token }, at, linked }, app)
      if (read?.kind !== 'fetched') throw new Error(`The receipt ${token} was not read: ${JSON.stringify(read)}`)
      for (const { observation } of read.value.observations) fold(observation)
      for (const { name, key } of read.value.links) links.set(name, purchaseId(key))
    },
    seen: () => ({ purchases, happenings, entries, asked }),
  }
}

/** The API in the same process: every answer is the stand-in's. */
function apiOf({ account, event }: Message, asked: string[] = []): HttpClient {
  return {
    send: (request: HttpRequest) => {
      const url = new URL(request.url)
      asked.push(`${url.pathname}${url.search}`)
      const reply = answerOfStripe(
        {
          method: request.method,
          path: url.pathname,
          query: url.searchParams,
          headers: { ...request.headers },
          body: Buffer.alloc(0),
        },
        { accounts: [{ account, key: KEY }] },
        event.at + 2_000,
      )
      const headers = { ...reply.headers }
      return Promise.resolve({
        kind: 'answer',
        status: reply.status,
        headers,
        body: reply.body,
        truncated: false,
        durationMs: 0,
      })
    },
    close: () => Promise.resolve(),
  }
}

/** What decisions compare: ids (numbers may change places), type, product, dates, reason, money; state and ledger. */
export function compared({ happenings, purchases, entries }: Played): unknown {
  const events = happenings.map((one) => {
    const { what, period, type, productId, newProductId, periodType, purchasedAt, isTrialConversion } = one
    const { cancelReason, expirationReason, grossMicros, currency } = one
    return JSON.stringify({
      what,
      period,
      type,
      productId,
      newProductId,
      periodType,
      purchasedAt,
      isTrialConversion,
      cancelReason,
      expirationReason,
      grossMicros,
      currency,
    })
  })
  const ids = happenings.map((one) => `${one.what}|${one.period}|${one.n}`)
  const states = [...purchases].map(([id, purchase]) => {
    const { version, ...state } = purchase.snapshot ?? { version: 0 }
    return JSON.stringify({ id, state, status: statusAt(purchase, Date.UTC(2030, 0, 1)), owner: purchase.owner })
  })
  const ledger = entries.map((entry) => JSON.stringify({ entry: entry.entry, micros: entry.micros, at: entry.at }))
  return { events: events.sort(), ids: ids.sort(), states: states.sort(), ledger: ledger.sort() }
}

/** In plain words, in the order in which they were told. */
export function told({ happenings }: Pick<Played, 'happenings'>): readonly string[] {
  return happenings.map((one) => {
    const trial = one.periodType === 'TRIAL'
    const kind =
      one.type === 'INITIAL_PURCHASE' && trial
        ? 'TRIAL'
        : one.type === 'RENEWAL' && one.isTrialConversion === true
          ? 'CONVERSION'
          : one.type === 'CANCELLATION' && trial
            ? 'TRIAL_CANCELLATION'
            : one.type
    const reason = one.cancelReason ?? one.expirationReason
    const product = one.newProductId === null ? '' : ` ${one.productId}→${one.newProductId}`
    const money =
      one.grossMicros === 0 ? '' : ` ${one.grossMicros === null ? '?' : one.grossMicros / 1e6} ${one.currency}`
    return `${kind}${reason === null ? '' : ` ${reason}`}${product}${money}`
  })
}
