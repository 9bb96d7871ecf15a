import { loadavg } from 'node:os'
import { benchFolder, HubDidNotStart, startBenchHub } from './hub.ts'
import type { AppStoreFired } from './load/app-store.ts'
import { cpuMs, type Program, startProgram } from './process.ts'
import { type Receivers, startReceivers } from './receivers.ts'
import { startRelay } from './relay/relay.ts'
import { judged, median, type Outcome, type Scenario } from './scenario.ts'
import { type Service, startPostgres, startRedis, withChildren } from './services.ts'
import { until } from './until.ts'

const TURNS = 4
const ROUNDS = 3
const WARM_UP_MS = 2_500
/** About how long one measured round takes; the number of notifications follows from the speed of the warm-up. */
const ROUND_S = 6
/** Enough that no contender waits for the sender. */
const CONNECTIONS = 256

/** Signed notifications over HTTP → committed with fsync → events → Segment and CleverTap, all settled. */
export const wholeJobAppStore: Scenario = {
  name: 'whole-job-app-store',
  about: 'signed notifications over HTTP to Segment and CleverTap, all settled, embedded database',
  run: async () => {
    const redis = await startRedis()
    if (redis === null)
      return { kind: 'not run', why: 'redis-server is missing (Debian: apt-get install redis-server).' }
    try {
      const peerName = `Express 5, Apple's library, BullMQ on ${redis.version} (appendfsync always), analytics-node`
      return await race('whole-job-app-store', 15, {
        ours: (world) => startOurs(world, null),
        peer: (world) => startPeer(world, 'redis', redis, peerName),
      })
    } finally {
      await redis.stop()
    }
  },
}

export const wholeJobPostgres: Scenario = {
  name: 'whole-job-postgres',
  about: 'the same on PostgreSQL, where the relay keeps a row of state per event',
  run: async () => {
    const [mine, theirs] = [await startPostgres(), await startPostgres()]
    if (mine === null || theirs === null)
      return { kind: 'not run', why: 'PostgreSQL is missing (Debian: apt-get install postgresql).' }
    try {
      const peerName = `Express 5, Apple's library, graphile-worker on PostgreSQL, analytics-node`
      return await race('whole-job-postgres', 4, {
        ours: (world) => startOurs(world, mine),
        peer: (world) => startPeer(world, 'postgres', theirs, peerName),
      })
    } catch (error) {
      if (!(error instanceof HubDidNotStart)) throw error
      return { kind: 'not run', why: `The hub does not run on PostgreSQL here. ${error.message}` }
    } finally {
      await Promise.all([mine.stop(), theirs.stop()])
    }
  },
}

interface World {
  readonly receivers: Receivers
  readonly rootPem: string
}

interface Racer {
  readonly name: string
  readonly notificationUrl: string
  /** Processes whose CPU counts as the contender's: servers included. */
  pids(): readonly number[]
  /** Resolves when it has written down that so many events are delivered. */
  settled(events: number): Promise<void>
  stop(): Promise<void>
}

async function startOurs({ receivers, rootPem }: World, postgres: Service | null): Promise<Racer> {
  const folder = benchFolder('hub')
  const hub = await startBenchHub({
    folder: folder.path,
    receivers,
    rootPem,
    databaseUrl: postgres?.address ?? null,
  }).catch((error: unknown) => {
    folder.remove()
    throw error
  })
  return {
    name: 'tributary',
    notificationUrl: hub.notificationUrl,
    pids: () => [hub.pid, ...(postgres === null ? [] : withChildren(postgres.pid))],
    settled: async (events) => {
      await until('All is settled', async () => ((await hub.settled()).delivered ?? 0) >= 2 * events)
    },
    stop: async () => {
      await hub.stop()
      folder.remove()
    },
  }
}

async function startPeer(
  { receivers, rootPem }: World,
  queue: 'redis' | 'postgres',
  service: Service,
  name: string,
): Promise<Racer> {
  const relay = await startRelay({ queue, address: service.address, receivers, rootPem })
  return {
    name,
    notificationUrl: relay.notificationUrl,
    pids: () => [...relay.pids, ...withChildren(service.pid)],
    // Its jobs end right after the destinations' answers: that both have the events is enough for the peer.
    settled: () => Promise.resolve(),
    stop: relay.stop,
  }
}

interface Lap {
  readonly perSecond: number
  readonly cpuUs: number
  /** Sender and stand-ins. */
  readonly aroundUs: number
}

async function race(
  scenario: string,
  bar: number,
  start: { ours(world: World): Promise<Racer>; peer(world: World): Promise<Racer> },
): Promise<Outcome> {
  const apple = startProgram('load/app-store.ts')
  const { root: rootPem } = await apple.next<{ readonly root: string }>()
  const tracks: Track[] = []
  const stops: (() => Promise<void>)[] = [apple.stop]
  try {
    for (const begin of [start.ours, start.peer]) {
      const receivers = await startReceivers()
      stops.push(receivers.stop)
      const racer = await begin({ receivers, rootPem })
      stops.push(racer.stop)
      tracks.push({ racer, receivers, apple, laps: [], events: 0, seeds: tracks.length * 1_000, size: 0 })
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
  readonly apple: Program
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
  const { racer, receivers, apple } = track
  track.seeds += 1
  apple.say({ make: { seed: String(track.seeds), customers, turns: TURNS } })
  const { made } = await apple.next<{ readonly made: number }>()
  const around = [apple.pid, ...receivers.pids]
  const before = { own: cpuMs(racer.pids()), around: cpuMs(around) }
  const started = performance.now()
  apple.say({ fire: { url: racer.notificationUrl, from: 0, count: made, connections: CONNECTIONS, perSecond: null } })
  const { fired } = await apple.next<AppStoreFired>()
  if (fired.statuses[200] !== made)
    throw new Error(`${racer.name} answered ${JSON.stringify(fired.statuses)} to ${made} notifications`)
  track.events += made
  await receivers.until({ segment: track.events, clevertap: track.events })
  await racer.settled(track.events)
  const ms = performance.now() - started
  const counts = await receivers.counts()
  if (counts.bad > 0 || counts.segment !== track.events || counts.clevertap !== track.events)
    throw new Error(`${racer.name}: the stand-ins have ${JSON.stringify(counts)} of ${track.events} events`)
  return {
    perSecond: (made * 1000) / ms,
    cpuUs: ((cpuMs(racer.pids()) - before.own) * 1000) / made,
    aroundUs: ((cpuMs(around) - before.around) * 1000) / made,
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
