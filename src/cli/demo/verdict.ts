import { EVENT_NAMES, type EventName } from '../../domain/event.ts'
import { decimalOf } from '../../domain/money.ts'
import { defaultEventName } from '../../domain/project.ts'
import type { Scene } from './scene.ts'
import type { Ledgers } from './world.ts'

/** One line of the summary: what was expected, and what each destination's own ledger says. */
export interface Line {
  readonly what: string
  readonly expected: number
  readonly segment: number
  /** null: nothing was expected there, and nothing came. */
  readonly clevertap: number | null
  readonly right: boolean
}

/** What the two destinations hold, line by line, against what the story says. */
export function verdict(scenes: readonly Scene[], world: Ledgers): readonly Line[] {
  const lines: Line[] = []
  for (const sandbox of [false, true]) {
    for (const name of EVENT_NAMES) {
      const line = nameLine(name, sandbox, scenes, world)
      if (line.expected + line.segment + (line.clevertap ?? 0) > 0) lines.push(line)
    }
  }
  return [...lines, revenueLine(scenes, world), ...faultLines(world)]
}

function nameLine(name: EventName, sandbox: boolean, scenes: readonly Scene[], world: Ledgers): Line {
  const event = defaultEventName(name)
  const played = scenes.filter((scene) => scene.sandbox === sandbox)
  const expected = count(
    played.flatMap(({ expect }) => expect),
    name,
  )
  const absent = count(
    played.flatMap(({ notAtClevertap }) => notAtClevertap),
    name,
  )
  const tracks = tracksOf(world).filter((track) => track.event === event && isSandboxTrack(track.body) === sandbox)
  const records = world.clevertap.accepted().filter((record) => record.event === event && record.test === sandbox)
  const right = tracks.length === expected && records.length === expected - absent
  const none = absent > 0 && absent === expected && records.length === 0
  const what = sandbox ? `${event} (sandbox)` : event
  return { what, expected, segment: tracks.length, clevertap: none ? null : records.length, right }
}

function count(names: readonly EventName[], name: EventName): number {
  return names.filter((one) => one === name).length
}

/** CleverTap gets the purchase's own currency and refunds as 0, so only Segment's sum is compared here. */
function revenueLine(scenes: readonly Scene[], world: Ledgers): Line {
  const expected = scenes.reduce((sum, scene) => sum + scene.revenueMicros, 0)
  const micros = tracksOf(world).reduce(
    (sum, track) => sum + Math.round(Number(propertiesOf(track.body).revenue ?? 0) * 1e6),
    0,
  )
  return {
    what: 'revenue, USD',
    expected: decimalOf(expected),
    segment: decimalOf(micros),
    clevertap: null,
    right: micros === expected,
  }
}

function faultLines(world: Ledgers): readonly Line[] {
  const { segment, clevertap } = world
  return [
    faultLine('dropped or refused', segment.dropped().length, clevertap.refused().length),
    faultLine('double', segment.duplicates().length, clevertap.duplicates().length),
    faultLine('out of order', disorder(world, 'segment'), disorder(world, 'clevertap')),
  ]
}

function faultLine(what: string, segment: number, clevertap: number): Line {
  return { what, expected: 0, segment, clevertap, right: segment === 0 && clevertap === 0 }
}

/** How often a customer's event arrived before an earlier one of hers, by the order of the hub's own numbers. */
function disorder(world: Ledgers, where: 'segment' | 'clevertap'): number {
  const last = new Map<string, number>()
  let wrong = 0
  const arrived =
    where === 'segment'
      ? tracksOf(world).map((one) => ({ customer: one.customerId, seq: Number(propertiesOf(one.body).seq) }))
      : clevertapOrder(world)
  for (const { customer, seq } of arrived) {
    if (seq <= (last.get(customer ?? '') ?? 0)) wrong += 1
    last.set(customer ?? '', seq)
  }
  return wrong
}

/** CleverTap's records carry no number: they are placed by the number that Segment got for the same event. */
function clevertapOrder(world: Ledgers): readonly { readonly customer: string | null; readonly seq: number }[] {
  const seqOf = new Map(tracksOf(world).map((track) => [track.eventId, Number(propertiesOf(track.body).seq)]))
  return world.clevertap
    .accepted()
    .map(({ customerId, eventId }) => ({ customer: customerId, seq: seqOf.get(eventId) ?? 0 }))
}

export function tracksOf({ segment }: Ledgers): ReturnType<Ledgers['segment']['accepted']> {
  return segment.accepted().filter(({ type }) => type === 'track')
}

function isSandboxTrack(body: unknown): boolean {
  return propertiesOf(body).environment === 'SANDBOX'
}

export function propertiesOf(body: unknown): Readonly<Record<string, unknown>> {
  const properties = typeof body === 'object' && body !== null && 'properties' in body ? body.properties : null
  return typeof properties === 'object' && properties !== null ? (properties as Readonly<Record<string, unknown>>) : {}
}
