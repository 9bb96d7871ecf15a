import { createDelivery, type Delivery } from '../../src/delivery/delivery.ts'
import { destinationOf } from '../../src/destinations/registry.ts'
import type { Integration } from '../../src/domain/project.ts'
import { type Loop, startLoop } from '../../src/ingest/loop.ts'
import { createHttpClient } from '../../src/net/http.ts'
import { openPostgres } from '../../src/storage/postgres/open.ts'
import type { Lot, Storage } from '../../src/storage/storage.ts'
import type { StandIns } from '../delivery/ground.ts'
import { afterwards } from './harness.ts'

/** Delivery on a connection of its own to PostgreSQL, as in a process of the role `worker`. */
export interface Room {
  readonly storage: Storage
  readonly delivery: Delivery
  /** What it said at the level of errors. */
  readonly errors: readonly string[]
  stop(): Promise<void>
}

export interface RoomOptions {
  readonly url: string
  readonly standIns: StandIns
  readonly integrations: readonly Integration[]
  readonly random: () => number
  /** Each claim: gives what to do with its lots, called before storage is asked. */
  readonly claiming?: () => (lots: readonly Lot[]) => void
}

export async function openRoom(options: RoomOptions): Promise<Room> {
  const { standIns, integrations, claiming } = options
  const storage = await openPostgres({ url: options.url, migrate: false })
  const http = createHttpClient({ connections: 64 })
  const errors: string[] = []
  let loop: Loop | null = null
  const delivery = createDelivery(
    {
      storage: {
        ...storage,
        claimLots: async (input) => {
          const claimed = claiming?.()
          const result = await storage.claimLots(input)
          claimed?.(result.lots)
          return result
        },
      },
      http,
      isKept: () => true,
      originOf: (remote) => (remote === 'segment' ? standIns.segment.url : standIns.clevertap.url),
      integrations: () => integrations,
      destination: (id) => destinationOf(id) ?? null,
      now: Date.now,
      random: options.random,
      owner: storage.owner,
      meter: { attempt: () => undefined, settled: () => undefined },
      log: (level, message, details) => {
        if (level === 'error') errors.push(`${message} ${JSON.stringify(details)}`)
      },
      news: () => undefined,
      redact: (_, text) => text,
    },
    () => loop?.wake(),
  )
  await delivery.configure()
  loop = startLoop({
    round: () => delivery.dispatch.round(),
    idleMs: 200,
    failed: (error) => void errors.push(String(error)),
  })
  const wake = (): void => loop?.wake()
  storage.onWork((what) => {
    if (what === 'queues') wake()
    if (what !== 'channels') return
    storage.loadChannels().then(
      (rows) => {
        for (const row of rows) delivery.channels.heard(row)
        wake()
      },
      (error: unknown) => void errors.push(String(error)),
    )
  })
  let stopped = false
  const stop = async (): Promise<void> => {
    if (stopped) return
    stopped = true
    await loop?.stop()
    await delivery.dispatch.drain()
    await http.close()
    await storage.close()
  }
  afterwards(stop)
  return { storage, delivery, errors, stop }
}
