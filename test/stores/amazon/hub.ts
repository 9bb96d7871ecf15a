import type { Happening } from '../../../src/domain/happening.ts'
import type { Observation } from '../../../src/domain/observation.ts'
import { type Entry, observe } from '../../../src/domain/observe.ts'
import type { App } from '../../../src/domain/project.ts'
import { purchaseId } from '../../../src/domain/purchase.ts'
import type { Purchase } from '../../../src/domain/purchase-state.ts'
import type { SimulatedNotification, World } from '../../../src/stand-ins/amazon/simulator.ts'
import type { Fetched, KeptMessage, ReceiptRead, ReceiptRequest, Resolved, Store } from '../../../src/stores/store.ts'
import { context } from '../../domain/scenarios/play.ts'
import { amazonStore, appOf, type Hosts, hosts } from './setting.ts'

/** What ingest does with a store that resolves, in memory: purchases folded, names linked, nothing else. */
export interface Hub {
  readonly store: Store
  readonly app: App
  readonly hosts: Hosts
  readonly purchases: Map<string, Purchase>
  readonly happenings: Happening[]
  readonly entries: Entry[]
  /** Resolves messages about one receipt, which Amazon shows as `world` at `at`. */
  hear(messages: readonly SimulatedNotification[], world: World, at: number): Promise<Fetched<Resolved>>
  /** What an app shows as a purchase, which Amazon shows as `world` at `at`. */
  receive(
    shown: Pick<ReceiptRequest, 'shown'> & Partial<ReceiptRequest>,
    world: World,
    at: number,
  ): Promise<ReceiptRead>
  /** Asks about every purchase. */
  poll(world: World, at: number): Promise<readonly Fetched<Observation>[]>
}

export function createHub(app: App = appOf()): Hub {
  const made = hosts()
  const store = amazonStore(made.http)
  const purchases = new Map<string, Purchase>()
  const links = new Map<string, string>()
  const happenings: Happening[] = []
  const entries: Entry[] = []
  const fold = (observation: Observation): void => {
    const id = purchaseId(observation.key)
    const observed = observe(purchases.get(id) ?? null, observation, { ...context, eventsFrom: app.eventsFrom })
    purchases.set(id, observed.purchase)
    happenings.push(...observed.happenings)
    entries.push(...observed.entries)
  }
  const linked = (name: string) => Promise.resolve(purchases.get(links.get(name) ?? '') ?? null)
  const take = ({ observations, links: named }: Resolved): void => {
    for (const { observation } of observations) fold(observation)
    for (const { name, key } of named) links.set(name, purchaseId(key))
  }
  const receive: Hub['receive'] = async (shown, world, at) => {
    if (store.receipt === undefined) throw new Error('The store reads no receipts.')
    made.show(world, at)
    const said = { productIds: [], storeUserId: null, sandbox: null, price: null, countryCode: null }
    const read = await store.receipt({ ...said, ...shown, at, linked }, app)
    if (read.kind === 'fetched') take(read.value)
    return read
  }
  const hear: Hub['hear'] = async (messages, world, at) => {
    made.show(world, at)
    const kept = messages.map((one) => keptOf(one, at))
    const [first] = kept
    if (first === undefined) throw new Error('Tell at least one message.')
    const decoded = store.decode(first, app)
    if (decoded.kind !== 'unresolved') throw new Error(`${first.type} was not left unresolved.`)
    const fetched = await resolveWith(store, {
      subject: decoded.subject,
      environment: first.environment,
      messages: kept,
      at,
      linked,
    })
    if (fetched.kind !== 'fetched') return fetched
    take(fetched.value)
    return fetched
  }
  const resolveWith = (
    of: Store,
    request: Parameters<NonNullable<Store['resolve']>>[0],
  ): Promise<Fetched<Resolved>> => {
    if (of.resolve === undefined) throw new Error('The store resolves nothing.')
    return of.resolve(request, app)
  }
  const poll: Hub['poll'] = async (world, at) => {
    made.show(world, at)
    const answers: Fetched<Observation>[] = []
    for (const purchase of [...purchases.values()]) {
      if (store.poll === undefined) throw new Error('The store cannot be polled.')
      const fetched = await store.poll({ purchase, at }, app)
      if (fetched.kind === 'fetched') fold(fetched.value)
      answers.push(fetched)
    }
    return answers
  }
  return { store, app, hosts: made, purchases, happenings, entries, hear, receive, poll }
}

function keptOf(notification: SimulatedNotification, at: number): KeptMessage {
  const { body, name } = notification
  return { body, environment: 'production', type: name, receivedAt: at }
}
