/** Checks a run in which customers became one: pure. Ticks order what one process saw to end, and claims by their begin. */
export type Happened =
  | {
      readonly kind: 'written'
      readonly tick: number
      readonly id: string
      readonly customerId: string
      readonly seq: number
    }
  | { readonly kind: 'joined'; readonly tick: number; readonly into: string; readonly from: string }
  /** A queue of a claim that began at this tick. */
  | { readonly kind: 'claimed'; readonly tick: number; readonly channel: string; readonly events: readonly string[] }

/**
 * What arrived: per channel, events in order. A claim that began after a join had committed must not carry an event before
 * one that was written by then, comes earlier in the joined customer's `seq`, and had not arrived.
 */
export function joinProblems(
  happened: readonly Happened[],
  arrived: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  const problems: string[] = []
  const places = new Map<string, Map<string, number>>()
  for (const [channel, ids] of Object.entries(arrived)) {
    const first = new Map<string, number>()
    ids.forEach((id, index) => {
      if (first.has(id)) problems.push(`${channel}: event ${id} arrived twice`)
      else first.set(id, index)
    })
    places.set(channel, first)
  }
  const written = happened.filter((one) => one.kind === 'written')
  for (const [channel, first] of places) {
    for (const { id } of written) if (!first.has(id)) problems.push(`${channel}: event ${id} never arrived`)
    if (first.size !== written.length) problems.push(`${channel}: ${first.size} events arrived of ${written.length}`)
  }
  return [...problems, ...orderProblems(happened, places)]
}

interface Written {
  readonly id: string
  readonly seq: number
}

function orderProblems(
  happened: readonly Happened[],
  places: ReadonlyMap<string, ReadonlyMap<string, number>>,
): readonly string[] {
  const problems: string[] = []
  const into = new Map<string, string>()
  const present = (id: string): string => {
    const next = into.get(id)
    return next === undefined ? id : present(next)
  }
  const eventsOf = new Map<string, Written[]>()
  const customerOf = new Map<string, { readonly customer: string; readonly seq: number }>()
  for (const one of happened)
    if (one.kind === 'written') customerOf.set(one.id, { customer: one.customerId, seq: one.seq })
  for (const one of happened.toSorted((a, b) => a.tick - b.tick)) {
    if (one.kind === 'joined') {
      const [stays, goes] = [present(one.into), present(one.from)]
      into.set(goes, stays)
      eventsOf.set(stays, [...(eventsOf.get(stays) ?? []), ...(eventsOf.get(goes) ?? [])])
      eventsOf.delete(goes)
      continue
    }
    if (one.kind === 'written') {
      const customer = present(one.customerId)
      eventsOf.set(customer, [...(eventsOf.get(customer) ?? []), one])
      continue
    }
    const at = places.get(one.channel)
    const place = (id: string): number => at?.get(id) ?? Number.POSITIVE_INFINITY
    for (const id of one.events) {
      const event = customerOf.get(id)
      if (event === undefined) continue
      const earlier = (eventsOf.get(present(event.customer)) ?? []).filter(({ seq }) => seq < event.seq)
      for (const before of earlier) {
        if (place(before.id) < place(id)) continue
        problems.push(
          `${one.channel}: event ${id} of ${event.customer} went before ${before.id}, claimed at ${one.tick}`,
        )
      }
    }
  }
  return problems
}
