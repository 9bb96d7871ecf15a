/**
 * Judges a finished run by what went in, what the destination has, and what the hub says became of it: nothing lost,
 * nothing from nowhere, doubles only where an outcome was unknown, each customer in order, the same bytes every time.
 */
export interface Run {
  /** Every event for every integration that wants it. */
  readonly wanted: readonly Wanted[]
  /** What the destinations took, in the order of its arrival at each. */
  readonly receipts: readonly Receipt[]
  readonly requests: readonly Request[]
}

export interface Wanted {
  readonly integration: string
  readonly event: string
  readonly customer: string
  readonly seq: number
  readonly status: string
  readonly reason: string | null
  readonly advice: string | null
  /** Its last settle: when, and how many records the destination had by then; null when it never had one. */
  readonly ended: { readonly tick: number; readonly received: number } | null
  /** Its bytes may change: the destination asked for a mend, or its first attempt left no trace of the identity. */
  readonly mayChange: boolean
  /** A person sent it again, so it may come behind later ones. */
  readonly retried: boolean
}

export interface Receipt {
  readonly integration: string
  /** Its place among the integration's receipts and refusals, from 0. */
  readonly index: number
  readonly event: string
  readonly record: string
  readonly body: string
}

export interface Request {
  readonly integration: string
  readonly tick: number
  /** Events that it carried. */
  readonly events: readonly string[]
  /** The answer said what became of it, and that is on disk. */
  readonly certain: boolean
  /** There was an answer about what it carried, as a whole or record by record. */
  readonly answered: boolean
}

/** The record that an event is about, as opposed to what goes along with it. */
const MAIN = new Set(['track', 'event'])

/** One sentence for each breach; none for a run that keeps every promise. */
export function check(run: Run): readonly string[] {
  const known = new Map(run.wanted.map((one) => [keyOf(one), one]))
  const receipts = grouped(run.receipts, keyOf)
  return [
    ...run.receipts.flatMap((one) =>
      known.has(keyOf(one)) ? [] : [`phantom: ${keyOf(one)} was received and never wanted`],
    ),
    ...run.wanted.flatMap((one) => ending(one, receipts.get(keyOf(one)) ?? [])),
    ...doubles(run, receipts),
    ...bytes(run, known),
    ...order(run, receipts),
    ...overtaking(run),
  ]
}

function ending(one: Wanted, receipts: readonly Receipt[]): readonly string[] {
  const key = keyOf(one)
  const main = receipts.filter(({ record }) => MAIN.has(record))
  switch (one.status) {
    case 'delivered': {
      if (main.length === 0) return [`lost: ${key} is delivered and was never received`]
      const first = Math.min(...main.map(({ index }) => index))
      return one.ended !== null && first >= one.ended.received
        ? [`early: ${key} was settled as delivered before it was received`]
        : []
    }
    case 'failed':
      return one.reason !== null && one.advice !== null ? [] : [`mute: ${key} failed without a reason or advice`]
    case 'skipped':
      return one.reason === null ? [`mute: ${key} was skipped without a reason`] : []
    default:
      return [`unfinished: ${key} is ${one.status} (${one.reason ?? 'no reason'})`]
  }
}

function doubles(run: Run, receipts: ReadonlyMap<string, readonly Receipt[]>): readonly string[] {
  const uncertain = new Map<string, number>()
  for (const { integration, events, certain } of run.requests) {
    if (certain) continue
    for (const event of new Set(events)) {
      const key = keyOf({ integration, event })
      uncertain.set(key, (uncertain.get(key) ?? 0) + 1)
    }
  }
  return [...receipts].flatMap(([key, all]) =>
    [...grouped(all, ({ record }) => record)].flatMap(([record, same]) => {
      const allowed = uncertain.get(key) ?? 0
      return same.length - 1 <= allowed
        ? []
        : [`double: ${key} ${record} was received ${same.length} times with ${allowed} unknown outcomes`]
    }),
  )
}

function bytes(run: Run, known: ReadonlyMap<string, Wanted>): readonly string[] {
  return [...grouped(run.receipts, (one) => `${keyOf(one)} ${one.record}`)].flatMap(([record, same]) => {
    const [first] = same
    if (first === undefined || known.get(keyOf(first))?.mayChange === true) return []
    return same.every(({ body }) => body === first.body) ? [] : [`bytes: ${record} was not the same every time`]
  })
}

/** Per customer and integration, first receipts follow `seq`. */
function order(run: Run, receipts: ReadonlyMap<string, readonly Receipt[]>): readonly string[] {
  const problems: string[] = []
  for (const [place, all] of grouped(run.wanted, ({ integration, customer }) => `${integration} ${customer}`)) {
    let last = -1
    for (const one of all.filter(({ retried }) => !retried).toSorted((a, b) => a.seq - b.seq)) {
      const main = (receipts.get(keyOf(one)) ?? []).filter(({ record }) => MAIN.has(record))
      if (main.length === 0) continue
      const first = Math.min(...main.map(({ index }) => index))
      if (first < last) problems.push(`order: ${place} received ${one.event} behind a later one`)
      last = Math.max(last, first)
    }
  }
  return problems
}

/** None is attempted before the one before it is settled, except inside one request or its halves. */
function overtaking(run: Run): readonly string[] {
  const problems: string[] = []
  for (const [place, all] of grouped(run.wanted, ({ integration, customer }) => `${integration} ${customer}`)) {
    const inOrder = all.filter(({ retried }) => !retried).toSorted((a, b) => a.seq - b.seq)
    inOrder.slice(1).forEach((one, n) => {
      const before = inOrder[n]
      const first = run.requests.find((sent) => sent.integration === one.integration && sent.events.includes(one.event))
      if (before === undefined || first === undefined || first.events.includes(before.event)) return
      const settled = before.ended !== null && before.ended.tick < first.tick
      const answered = run.requests.some(
        (sent) =>
          sent.integration === one.integration &&
          sent.tick < first.tick &&
          sent.answered &&
          sent.events.includes(before.event),
      )
      if (!settled && !answered)
        problems.push(`overtaking: ${place} attempted ${one.event} before ${before.event} was settled`)
    })
  }
  return problems
}

function keyOf(one: { readonly integration: string; readonly event: string }): string {
  return `${one.integration} ${one.event}`
}

function grouped<T>(all: readonly T[], by: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const one of all) {
    const group = groups.get(by(one))
    if (group === undefined) groups.set(by(one), [one])
    else group.push(one)
  }
  return groups
}
