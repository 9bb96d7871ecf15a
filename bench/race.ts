import { loadavg } from 'node:os'
import type { FireAnswer, MadeAnswer } from './load/sender.ts'
import { cpuMs } from './process.ts'
import { type Receivers, startReceivers } from './receivers.ts'
import { judged, median, type Outcome } from './scenario.ts'
import type { Shop } from './shop.ts'

/** Events of one customer. */
const TURNS = 4
const ROUNDS = 3
const WARM_UP_MS = 2_500
/** About how long one measured round takes; the number of messages follows from the speed of the warm-up. */
const ROUND_S = 6
/** Enough that no contender waits for the sender. */
const CONNECTIONS = 256

export interface World {
  readonly receivers: Receivers
  readonly shop: Shop
}

export interface Racer {
  readonly name: string
  readonly notificationUrl: string
  /** Processes whose CPU counts as the contender's: servers included. */
  pids(): readonly number[]
  /** Resolves when it has written down that so many events are delivered. */
  settled(events: number): Promise<void>
  stop(): Promise<void>
}

interface Lap {
  readonly perSecond: number
  readonly cpuUs: number
  /** Sender and stand-ins. */
  readonly aroundUs: number
}

/** Two contenders in turns: each is sent messages of its own, until its own receivers have every event. */
export async function race(
  scenario: string,
  bar: number,
  start: { open(): Promise<Shop>; ours(world: World): Promise<Racer>; peer(world: World): Promise<Racer> },
): Promise<Outcome> {
  const shop = await start.open()
  const tracks: Track[] = []
  const stops: (() => Promise<void>)[] = [shop.sender.stop]
  try {
    for (const begin of [start.ours, start.peer]) {
      const receivers = await startReceivers()
      stops.push(receivers.stop)
      const racer = await begin({ receivers, shop })
      stops.push(racer.stop)
      tracks.push({ racer, receivers, shop, laps: [], events: 0, seeds: tracks.length * 1_000, size: 0 })
    }
    for (const track of tracks) await warmUp(track)
    const load: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const track of tracks) track.laps.push(await lap(track, track.size))
      load.push(loadavg()[0] ?? 0)
    }
    return outcomeOf(scenario, bar, tracks, load)
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

interface Track {
  readonly racer: Racer
  readonly receivers: Receivers
  readonly shop: Shop
  readonly laps: Lap[]
  events: number
  seeds: number
  /** Customers of one lap. */
  size: number
}

async function warmUp(track: Track): Promise<void> {
  const from = performance.now()
  let last = await lap(track, 25)
  while (performance.now() - from < WARM_UP_MS || track.events < 800)
    last = await lap(track, last.perSecond > 500 ? 500 : 50)
  track.size = Math.ceil((last.perSecond * ROUND_S) / TURNS)
}

/** Signs beforehand, posts, and stops the clock when everything is delivered and settled. */
async function lap(track: Track, customers: number): Promise<Lap> {
  const { racer, receivers } = track
  const { sender } = track.shop
  track.seeds += 1
  sender.say({ make: { seed: String(track.seeds), customers, turns: TURNS } })
  const { made, events } = await sender.next<MadeAnswer>()
  const around = [sender.pid, ...receivers.pids]
  const before = { own: cpuMs(racer.pids()), around: cpuMs(around) }
  const started = performance.now()
  sender.say({ fire: { url: racer.notificationUrl, from: 0, count: made, connections: CONNECTIONS, perSecond: null } })
  const { fired } = await sender.next<FireAnswer>()
  if (fired.statuses[200] !== made)
    throw new Error(`${racer.name} answered ${JSON.stringify(fired.statuses)} to ${made} messages`)
  track.events += events
  await receivers.until({ segment: track.events, clevertap: track.events })
  await racer.settled(track.events)
  const ms = performance.now() - started
  const counts = await receivers.counts()
  if (counts.bad > 0 || counts.segment !== track.events || counts.clevertap !== track.events)
    throw new Error(`${racer.name}: the stand-ins have ${JSON.stringify(counts)} of ${track.events} events`)
  return {
    perSecond: (events * 1000) / ms,
    cpuUs: ((cpuMs(racer.pids()) - before.own) * 1000) / events,
    aroundUs: ((cpuMs(around) - before.around) * 1000) / events,
  }
}

function outcomeOf(scenario: string, bar: number, tracks: readonly Track[], load: readonly number[]): Outcome {
  const notes = tracks.map(({ racer, laps, size }) => {
    const of = (pick: (lap: Lap) => number): number => Math.round(median(laps.map(pick)))
    const each = laps.map(({ perSecond }) => Math.round(perSecond)).join(', ')
    return `${racer.name}: ${each} events/s in ${ROUNDS} rounds of ${size * TURNS}; ${of((l) => l.cpuUs)} µs of CPU an event, sender and stand-ins ${of((l) => l.aroundUs)} µs`
  })
  const [ours = 0, peer = 0] = tracks.map(({ laps }) => median(laps.map(({ perSecond }) => perSecond)))
  const peerName = tracks[1]?.racer.name ?? ''
  return {
    kind: 'measured',
    results: [
      judged({
        scenario,
        unit: 'delivered events/s',
        ours,
        peer,
        peer_name: peerName,
        bar,
        bar_is: 'at least',
        notes: [...notes, `load during the rounds: ${load.map((one) => one.toFixed(1)).join(', ')}`],
      }),
    ],
  }
}
