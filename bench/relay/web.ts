/**
 * The relay's web process: Express 5, Apple's own library, and a queue on disk before the answer. It says {ready}.
 * RELAY_QUEUE: `redis` (BullMQ) or `postgres` (graphile-worker, with a row of state per event).
 */
import { Environment, SignedDataVerifier } from '@apple/app-store-server-library'
import { Queue } from 'bullmq'
import express from 'express'
import { makeWorkerUtils } from 'graphile-worker'
import { Redis } from 'ioredis'
import pg from 'pg'
import { APP_APPLE_ID, BUNDLE_ID } from '../load/app-store.ts'
import { type RelayEvent, relayEvent } from './lifecycle.ts'

const env = process.env
const verifier = new SignedDataVerifier(
  [Buffer.from((env.RELAY_ROOT ?? '').replace(/-----[A-Z ]+-----|\s/g, ''), 'base64')],
  false,
  Environment.PRODUCTION,
  BUNDLE_ID,
  APP_APPLE_ID,
)
const enqueue = env.RELAY_QUEUE === 'postgres' ? await onPostgres() : onRedis()

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.post('/notifications', express.json({ limit: '256kb' }), async (request, response) => {
  try {
    const payload = await verifier.verifyAndDecodeNotification(String(request.body.signedPayload))
    const transaction = await verifier.verifyAndDecodeTransaction(payload.data?.signedTransactionInfo ?? '')
    await verifier.verifyAndDecodeRenewalInfo(payload.data?.signedRenewalInfo ?? '')
    const event = relayEvent(payload, transaction)
    if (event !== null) await enqueue(event)
    response.status(200).end()
  } catch (error) {
    response.status(401).send(String(error))
  }
})
app.listen(Number(env.RELAY_PORT), '127.0.0.1', () => process.send?.({ ready: true }))
process.on('disconnect', () => process.exit(0))

/** Adds of one turn of the event loop go in one round trip: BullMQ's own bulk call. */
function onRedis(): (event: RelayEvent) => Promise<unknown> {
  const connection = new Redis({ path: env.RELAY_REDIS ?? '', maxRetriesPerRequest: null, enableAutoPipelining: true })
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
async function onPostgres(): Promise<(event: RelayEvent) => Promise<unknown>> {
  const pool = new pg.Pool({ connectionString: env.RELAY_DATABASE_URL ?? '', max: 10 })
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

function bulk(run: (events: RelayEvent[]) => Promise<unknown>): (event: RelayEvent) => Promise<unknown> {
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
