/** Checks what a run left behind against what it should have: pure, so that it can itself be tested. */

export interface Money {
  readonly currency: string | null
  readonly micros: number | null
}

export interface ExpectedEvent {
  readonly id: string
  readonly type: string
  /** null: goes to no destination. */
  readonly name: string | null
  readonly product: string
  readonly money: Money
}

export interface StoredEvent extends ExpectedEvent {
  /** The customer within its environment: the unit of order. */
  readonly customer: string
  readonly seq: number
}

/** One event as it arrived at a destination, in order of arrival. */
export interface Receipt {
  readonly id: string
  readonly money: Money
  /** Everything that was sent of it. */
  readonly body: string
}

export interface DestinationRun {
  readonly name: string
  readonly receipts: readonly Receipt[]
  /** What the destination itself would not have kept (wrong key, refused record …), one sentence each. */
  readonly faults: readonly string[]
  /** Event → at how many kills it had arrived while its outcome was not on disk. */
  readonly mayDouble: ReadonlyMap<string, number>
  /** Deliveries at the end that are not delivered. */
  readonly unsettled: readonly { readonly event: string; readonly status: string }[]
}

export interface Run {
  /** Answered 2xx. */
  readonly accepted: readonly string[]
  /** In the database at the end, with what became of it. */
  readonly kept: ReadonlyMap<string, string>
  readonly expected: readonly ExpectedEvent[]
  readonly events: readonly StoredEvent[]
  readonly destinations: readonly DestinationRun[]
  /** The ledger's entries of the events that go to destinations: currency → micros. */
  readonly ledger: ReadonlyMap<string, number>
}

/** Everything that is wrong, one sentence each; nothing when all promises were kept. */
export function problemsOf(run: Run): readonly string[] {
  return [
    ...notificationProblems(run),
    ...eventProblems(run),
    ...run.destinations.flatMap((one) => atDestination(one, run)),
  ]
}

function notificationProblems({ accepted, kept }: Run): readonly string[] {
  return [
    ...accepted.filter((id) => !kept.has(id)).map((id) => `notification ${id} was answered 2xx and is not kept`),
    ...[...kept]
      .filter(([, status]) => status !== 'understood')
      .map(([id, status]) => `notification ${id} is ${status}`),
  ]
}

function eventProblems({ expected, events }: Run): readonly string[] {
  const byId = new Map(events.map((event) => [event.id, event]))
  const wanted = new Map(expected.map((event) => [event.id, event]))
  return [
    ...(byId.size === events.length ? [] : ['an event is stored twice']),
    ...expected.flatMap((event) => {
      const found = byId.get(event.id)
      if (found === undefined) return [`event ${event.id} (${event.type}) is missing`]
      const same = (['type', 'name', 'product'] as const).every((key) => found[key] === event[key])
      return same && sameMoney(found.money, event.money) ? [] : [`event ${event.id} reads otherwise than expected`]
    }),
    ...events.filter(({ id }) => !wanted.has(id)).map(({ id, type }) => `event ${id} (${type}) was not expected`),
  ]
}

function sameMoney(a: Money, b: Money): boolean {
  return a.currency === b.currency && a.micros === b.micros
}

function atDestination(run: DestinationRun, { expected, events, ledger }: Run): readonly string[] {
  const first = firstReceipts(run)
  const wanted = new Set(expected.filter(({ name }) => name !== null).map(({ id }) => id))
  const said = [
    ...run.faults,
    ...[...wanted].filter((id) => !first.has(id)).map((id) => `event ${id} never arrived`),
    ...[...first.keys()].filter((id) => !wanted.has(id)).map((id) => `event ${id} arrived and was not expected`),
    ...run.unsettled.map(({ event, status }) => `the delivery of ${event} is ${status}`),
    ...doubles(run),
    ...disorder([...first.keys()], events),
    ...moneyProblems([...first.values()], ledger),
  ]
  return said.map((problem) => `${run.name}: ${problem}`)
}

function firstReceipts({ receipts }: DestinationRun): ReadonlyMap<string, Receipt> {
  const first = new Map<string, Receipt>()
  for (const receipt of receipts) if (!first.has(receipt.id)) first.set(receipt.id, receipt)
  return first
}

function doubles({ receipts, mayDouble }: DestinationRun): readonly string[] {
  const copies = new Map<string, Receipt[]>()
  for (const receipt of receipts) copies.set(receipt.id, [...(copies.get(receipt.id) ?? []), receipt])
  return [...copies].flatMap(([id, all]) => [
    ...(all.length - 1 > (mayDouble.get(id) ?? 0) ? [`event ${id} arrived ${all.length} times without a reason`] : []),
    ...(all.every(({ body }) => body === all[0]?.body) ? [] : [`the copies of event ${id} differ`]),
  ])
}

/** A customer's events arrive for the first time in the order of `seq`. */
function disorder(arrived: readonly string[], events: readonly StoredEvent[]): readonly string[] {
  const byId = new Map(events.map((event) => [event.id, event]))
  const last = new Map<string, number>()
  return arrived.flatMap((id) => {
    const event = byId.get(id)
    if (event === undefined) return []
    const before = last.get(event.customer) ?? 0
    last.set(event.customer, Math.max(before, event.seq))
    return event.seq > before ? [] : [`event ${id} of ${event.customer} arrived after a later one`]
  })
}

function moneyProblems(receipts: readonly Receipt[], ledger: ReadonlyMap<string, number>): readonly string[] {
  const sums = new Map<string, number>()
  for (const { money } of receipts) {
    if (money.currency === null || money.micros === null) continue
    sums.set(money.currency, (sums.get(money.currency) ?? 0) + money.micros)
  }
  return [...new Set([...sums.keys(), ...ledger.keys()])].flatMap((currency) => {
    const [arrived, entered] = [sums.get(currency) ?? 0, ledger.get(currency) ?? 0]
    return arrived === entered ? [] : [`${currency} sums to ${arrived} micros, the ledger to ${entered}`]
  })
}
