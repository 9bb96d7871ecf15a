import { benchFolder, HubDidNotStart, startBenchHub } from './hub.ts'
import { type Racer, race, type World } from './race.ts'
import { startRelay } from './relay/relay.ts'
import type { Outcome, Scenario } from './scenario.ts'
import { type Service, startPostgres, startRedis, withChildren } from './services.ts'
import { openAppStore, openStripe, type Shop } from './shop.ts'
import { until } from './until.ts'

/** Signed notifications over HTTP → committed with fsync → events → Segment and CleverTap, all settled. */
export const wholeJobAppStore: Scenario = {
  name: 'whole-job-app-store',
  about: 'signed notifications over HTTP to Segment and CleverTap, all settled, embedded database',
  run: () => besideRedis('whole-job-app-store', 15, openAppStore, "Apple's library"),
}

export const wholeJobStripe: Scenario = {
  name: 'whole-job-stripe',
  about: 'the same with invoices of Stripe',
  run: () => besideRedis('whole-job-stripe', 5, openStripe, "Stripe's library"),
}

export const wholeJobPostgres: Scenario = {
  name: 'whole-job-postgres',
  about: 'the same as with the App Store on PostgreSQL, where the relay keeps a row of state per event',
  run: async () => {
    const [mine, theirs] = [await startPostgres(), await startPostgres()]
    if (mine === null || theirs === null)
      return { kind: 'not run', why: 'PostgreSQL is missing (Debian: apt-get install postgresql).' }
    try {
      const peerName = `Express 5, Apple's library, graphile-worker on PostgreSQL, analytics-node`
      return await race('whole-job-postgres', 4, {
        open: openAppStore,
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

/** The hub with its embedded database, the relay with BullMQ. */
async function besideRedis(
  scenario: string,
  bar: number,
  open: () => Promise<Shop>,
  library: string,
): Promise<Outcome> {
  const redis = await startRedis()
  if (redis === null) return { kind: 'not run', why: 'redis-server is missing (Debian: apt-get install redis-server).' }
  try {
    const peerName = `Express 5, ${library}, BullMQ on ${redis.version} (appendfsync always), analytics-node`
    return await race(scenario, bar, {
      open,
      ours: (world) => startOurs(world, null),
      peer: (world) => startPeer(world, 'redis', redis, peerName),
    })
  } finally {
    await redis.stop()
  }
}

async function startOurs({ receivers, shop }: World, postgres: Service | null): Promise<Racer> {
  const folder = benchFolder('hub')
  const hub = await startBenchHub({
    folder: folder.path,
    receivers,
    app: shop.app,
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
  { receivers, shop }: World,
  queue: 'redis' | 'postgres',
  service: Service,
  name: string,
): Promise<Racer> {
  const relay = await startRelay({ queue, address: service.address, receivers, shop })
  return {
    name,
    notificationUrl: relay.notificationUrl,
    pids: () => [...relay.pids, ...withChildren(service.pid)],
    // Its jobs end right after the destinations' answers: that both have the events is enough for the peer.
    settled: () => Promise.resolve(),
    stop: relay.stop,
  }
}
