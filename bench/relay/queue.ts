/** The relay's queue, on disk before the store is answered: BullMQ on Redis, or graphile-worker with a row of state per event. */
import { Queue } from 'bullmq'
import { makeWorkerUtils } from 'graphile-worker'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { RelayEvent } from './event.ts'

export type Enqueue = (event: RelayEvent) => Promise<unknown>

/** Adds of one turn of the event loop go in one round trip: BullMQ's own bulk call. */
export function onRedis(path: string): Enqueue {
  const connection = new Redis({ path, maxRetriesPerRequest: null, enableAutoPipelining: true })
  const queue = new Queue('events', { connection })
  return bulk((events) =>
    queue.addBulk(
      events.map((event) => ({
        name: 'event',
        data: event,
        opts: { jobId: event.id, attempts: 10, backoff: { type: 'exponential', delay: 1000 }, removeOnComplete: 1000 },
      })),
    ),
  )
}

/** A row of state per event and its job, in one transaction. */
export async function onPostgres(connectionString: string): Promise<Enqueue> {
  const pool = new pg.Pool({ connectionString, max: 10 })
  pool.on('error', (error) => console.error(error))
  pool.on('connect', (client) => void client.on('error', (error) => console.error(error)))
  const utils = await makeWorkerUtils({ pgPool: pool })
  await utils.migrate()
  await pool.query(
    `CREATE TABLE IF NOT EXISTS relay_events (id text PRIMARY KEY, name text NOT NULL, body jsonb NOT NULL,
       status text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), delivered_at timestamptz)`,
  )
  return bulk(async (events) => {
    const bodies = events.map((event) => JSON.stringify(event))
    await pool.query(
      `WITH kept AS (
         INSERT INTO relay_events (id, name, body, status)
         SELECT e->>'id', e->>'name', e, 'waiting' FROM unnest($1::jsonb[]) e ON CONFLICT DO NOTHING RETURNING id, body
       )
       SELECT count(*) FROM graphile_worker.add_jobs(
         (SELECT array_agg(json_populate_record(null::graphile_worker.job_spec,
            json_build_object('identifier', 'deliver', 'payload', body, 'job_key', id))) FROM kept))`,
      [bodies],
    )
  })
}

function bulk(run: (events: RelayEvent[]) => Promise<unknown>): Enqueue {
  let waiting: RelayEvent[] = []
  let flight: Promise<unknown> | null = null
  return (event) => {
    waiting.push(event)
    flight ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      const events = waiting
      waiting = []
      flight = null
      return run(events)
    })
    return flight
  }
}
