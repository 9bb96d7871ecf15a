import type { Happening } from '../../../src/domain/happening.ts'
import type { Observation } from '../../../src/domain/observation.ts'
import { type Entry, type ObserveContext, observe } from '../../../src/domain/observe.ts'
import type { App } from '../../../src/domain/project.ts'
import { purchaseId } from '../../../src/domain/purchase.ts'
import type { Purchase } from '../../../src/domain/purchase-state.ts'
import { statusAt } from '../../../src/domain/status.ts'
import { pushBody, type SimulatedNotification, type View } from '../../../src/stand-ins/play-store/world.ts'
import type { Fetched, KeptMessage, ReceiptRead, ReceiptRequest, Resolved, Store } from '../../../src/stores/store.ts'
import * as domain from '../../domain/scenarios/play.ts'
import { appOf, DAY, googleOf, PUSH, playStore, running, START } from './setting.ts'

const context: ObserveContext = { ...domain.context, eventsFrom: START - DAY }

/** The ingest side in memory: what was linked, what is known, what was told. */
export interface Hub {
  readonly purchases: Map<string, Purchase>
  readonly links: Map<string, string>
  readonly happenings: Happening[]
  readonly entries: Entry[]
  readonly notes: string[]
  resolve(subject: string, messages: readonly KeptMessage[], at: number): Promise<Fetched<Resolved>>
  take(resolved: Resolved): void
  /** What an app shows as a purchase, read from Google. */
  receive(shown: Pick<ReceiptRequest, 'shown'> & Partial<ReceiptRequest>, at: number): Promise<ReceiptRead>
  fold(observation: Observation): void
  /** Asks about every purchase, as the clock does when access should have ended. */
  poll(at: number): Promise<void>
  /** Reads the list of voided purchases. */
  sweep(at: number): Promise<void>
  readonly store: Store
}

export function createHub(view: () => View, app: App = appOf()): Hub {
  const clock = running(START)
  const store = playStore(googleOf(view, clock.now), clock.now)
  const purchases = new Map<string, Purchase>()
  const links = new Map<string, string>()
  const happenings: Happening[] = []
  const entries: Entry[] = []
  const notes: string[] = []
  const fold = (observation: Observation): void => {
    const id = purchaseId(observation.key)
    const told = observe(purchases.get(id) ?? null, observation, context)
    purchases.set(id, told.purchase)
    happenings.push(...told.happenings)
    entries.push(...told.entries)
  }
  const linked = (name: string) => Promise.resolve(purchases.get(links.get(name) ?? '') ?? null)
  const resolve: Hub['resolve'] = async (subject, messages, at) => {
    if (store.resolve === undefined) throw new Error('The store resolves nothing.')
    return store.resolve({ subject, environment: 'production', messages, at, linked }, app)
  }
  const receive: Hub['receive'] = async (shown, at) => {
    if (store.receipt === undefined) throw new Error('The store reads no receipts.')
    const said = { productIds: [], storeUserId: null, sandbox: null, price: null, countryCode: null }
    const read = await store.receipt({ ...said, ...shown, at, linked }, app)
    if (read.kind === 'fetched') take(read.value)
    return read
  }
  const take = (resolved: Resolved): void => {
    for (const { observation } of resolved.observations) fold(observation)
    for (const { name, key } of resolved.links) links.set(name, purchaseId(key))
    if (resolved.note !== null) notes.push(resolved.note)
  }
  return {
    store,
    purchases,
    links,
    happenings,
    entries,
    notes,
    fold,
    resolve,
    take,
    receive,
    poll: async (at) => {
      for (const purchase of [...purchases.values()]) {
        if (purchase.kind === 'one_time') continue
        const polled = await store.poll?.({ purchase, at }, app)
        if (polled?.kind === 'fetched') fold(polled.value)
      }
    },
    sweep: async (at) => {
      clock.at = at
      const page = await store
        .lists?.(app)
        .find(({ name }) => name === 'voided')
        ?.pull(null)
      if (page?.kind !== 'fetched') throw new Error(`The list could not be read: ${JSON.stringify(page)}`)
      for (const one of page.value.messages) {
        if (one.kind !== 'accepted') throw new Error(`An entry was refused: ${JSON.stringify(one)}`)
        const kept: KeptMessage = { ...one.message, receivedAt: at }
        const decoded = store.decode(kept, app)
        if (decoded.kind !== 'unresolved') throw new Error(`An entry is ${decoded.kind}.`)
        const resolved = await resolve(decoded.subject, [kept], at)
        if (resolved.kind === 'fetched') take(resolved.value)
      }
    },
  }
}

export function keptOf(notification: SimulatedNotification): KeptMessage {
  return {
    body: pushBody(notification, PUSH.subscription),
    environment: 'production',
    type: notification.name,
    receivedAt: notification.at + 1_000,
  }
}

export interface PlayOptions {
  /** Which state of the books a fetch shows: that of the newest message that has arrived, or the last of all. */
  readonly shows?: 'arrived' | 'end'
  /** Messages of one token that wait together are resolved in one go. */
  readonly together?: boolean
  /** Asks about everything at the end, the clock being this. */
  readonly pollAt?: number
  /** Before which of the messages, by its place in the order, a receipt of the newest token comes; the count: last of all. */
  readonly receipts?: readonly number[]
}

/** Takes messages in the order given; each makes the hub ask Google as it stands then. */
export async function play(
  messages: readonly SimulatedNotification[],
  order: readonly number[],
  options: PlayOptions = {},
): Promise<Hub> {
  const last = messages.at(-1) as SimulatedNotification
  let newest = options.shows === 'end' ? last : (messages[order[0] ?? 0] as SimulatedNotification)
  const hub = createHub(() => newest.view)
  let step = 0
  const take = async (waiting: readonly SimulatedNotification[]): Promise<void> => {
    const first = waiting[0] as SimulatedNotification
    for (const one of waiting) if (messages.indexOf(one) > messages.indexOf(newest)) newest = one
    step += 1
    const resolved = await hub.resolve(first.token, waiting.map(keptOf), newest.at + 60_000 + step)
    if (resolved.kind !== 'fetched') throw new Error(`${first.name}: ${JSON.stringify(resolved)}`)
    hub.take(resolved.value)
  }
  const post = async (place: number): Promise<void> => {
    for (const one of options.receipts ?? []) {
      if (one !== place) continue
      step += 1
      const read = await hub.receive({ shown: { kind: 'token', token: newest.token } }, newest.at + 60_000 + step)
      if (read.kind !== 'fetched') throw new Error(`The receipt: ${JSON.stringify(read)}`)
    }
  }
  const arrived = order.map((index) => messages[index] as SimulatedNotification)
  if (options.together === true) {
    newest = last
    for (const waiting of Map.groupBy(arrived, (one) => one.token).values()) await take(waiting)
  } else {
    for (const [place, one] of arrived.entries()) {
      await post(place)
      await take([one])
    }
    await post(arrived.length)
  }
  if (options.pollAt !== undefined) {
    newest = last
    await hub.poll(options.pollAt)
    await hub.sweep(options.pollAt)
  }
  return hub
}

/**
 * What no order may change; a fetched state has the time of its fetch as its version, which no two orders share. `at`
 * lies behind the last message: what was in force before (a grace that is over) Google does not show to who asks later.
 */
export function compared(hub: Hub, at = START + 400 * DAY): ReturnType<typeof domain.compared> {
  const { events, ledger } = domain.compared(hub)
  const states = [...hub.purchases].sort().map(([id, purchase]) => ({
    id,
    snapshot: { ...purchase.snapshot, version: 0 },
    status: statusAt(purchase, at),
  }))
  return { events, states, ledger }
}

export const told = domain.told
export const permutations = domain.permutations
