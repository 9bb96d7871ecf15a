import { EVENT_NAMES, type EventName } from '../../domain/event.ts'
import { decimalOf } from '../../domain/money.ts'
import { defaultEventName } from '../../domain/project.ts'
import type { Scene } from './story.ts'
import type { World } from './world.ts'

/** One line of the summary: what was expected of each destination, and what its own ledger says. */
export interface Line {
  readonly what: string
  readonly expected: number
  readonly segment: number
  readonly clevertap: number | null
}

/** What the two destinations hold, line by line, against what the story says. */
export function verdict(scenes: readonly Scene[], world: World): readonly Line[] {
  const lines: Line[] = []
  for (const sandbox of [false, true]) {
    for (const name of EVENT_NAMES) {
      const line = nameLine(name, sandbox, scenes, world)
      if (line.expected + line.segment + (line.clevertap ?? 0) > 0) lines.push(line)
    }
  }
  return [...lines, revenueLine(scenes, world), ...faultLines(world)]
}

export function isRight(line: Line): boolean {
  return line.segment === line.expected && (line.clevertap === null || line.clevertap === line.expected)
}

function nameLine(name: EventName, sandbox: boolean, scenes: readonly Scene[], world: World): Line {
  const event = defaultEventName(name)
  const expected = scenes
    .filter((scene) => scene.sandbox === sandbox)
    .flatMap((scene) => scene.expect.filter((one) => one === name)).length
  const tracks = tracksOf(world).filter((track) => track.event === event && isSandboxTrack(track.body) === sandbox)
  const records = world.clevertap.accepted().filter((record) => record.event === event && record.test === sandbox)
  return { what: sandbox ? `${event} (sandbox)` : event, expected, segment: tracks.length, clevertap: records.length }
}

/** CleverTap gets the purchase's own currency and refunds as 0, so only Segment's sum is compared here. */
function revenueLine(scenes: readonly Scene[], world: World): Line {
  const expected = scenes.reduce((sum, scene) => sum + scene.revenueMicros, 0)
  const micros = tracksOf(world).reduce(
    (sum, track) => sum + Math.round(Number(propertiesOf(track.body).revenue ?? 0) * 1e6),
    0,
  )
  return { what: 'revenue, USD', expected: decimalOf(expected), segment: decimalOf(micros), clevertap: null }
}

function faultLines(world: World): readonly Line[] {
  const { segment, clevertap } = world
  return [
    {
      what: 'dropped or refused',
      expected: 0,
      segment: segment.dropped().length,
      clevertap: clevertap.refused().length,
    },
    { what: 'double', expected: 0, segment: segment.duplicates().length, clevertap: clevertap.duplicates().length },
    { what: 'out of order', expected: 0, segment: disorder(world, 'segment'), clevertap: disorder(world, 'clevertap') },
  ]
}

/** How often a customer's event arrived before an earlier one of hers, by the order of the hub's own numbers. */
function disorder(world: World, where: 'segment' | 'clevertap'): number {
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
function clevertapOrder(world: World): readonly { readonly customer: string | null; readonly seq: number }[] {
  const seqOf = new Map(tracksOf(world).map((track) => [track.eventId, Number(propertiesOf(track.body).seq)]))
  return world.clevertap
    .accepted()
    .map(({ customerId, eventId }) => ({ customer: customerId, seq: seqOf.get(eventId) ?? 0 }))
}

export function tracksOf({ segment }: World): ReturnType<World['segment']['accepted']> {
  return segment.accepted().filter(({ type }) => type === 'track')
}

function isSandboxTrack(body: unknown): boolean {
  return propertiesOf(body).environment === 'SANDBOX'
}

export function propertiesOf(body: unknown): Readonly<Record<string, unknown>> {
  const properties = typeof body === 'object' && body !== null && 'properties' in body ? body.properties : null
  return typeof properties === 'object' && properties !== null ? (properties as Readonly<Record<string, unknown>>) : {}
}
