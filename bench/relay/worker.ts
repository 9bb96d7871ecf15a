/** The relay's worker process: takes jobs, tells Segment through its own library and CleverTap by one POST. It says {ready}. */
import { Analytics } from '@segment/analytics-node'
import { Worker } from 'bullmq'
import { parseCronItems, run } from 'graphile-worker'
import { Redis } from 'ioredis'
import pg from 'pg'
import { Agent, request } from 'undici'
import type { RelayEvent } from './event.ts'

const env = process.env
/** Jobs in hand at once: enough for Segment's library to fill its batches. */
const CONCURRENCY = 100

/** CleverTap answers 429 beyond 15 requests in flight: https://developer.clevertap.com/docs/api-request-limit */
const clevertap = new Agent({ connections: 14 })

const analytics = new Analytics({
  writeKey: env.RELAY_WRITE_KEY ?? '',
  host: env.RELAY_SEGMENT_URL ?? '',
  // Tuned: the default is 15 calls or ten seconds.
  flushAt: 100,
  flushInterval: 20,
})

/**
 * Calls without their answer, by message id. Tuned: the library's callbacks come 300 ms after the call, however soon Segment
 * has answered (`getDelay` in its dispatch.ts), which would hold every job for as long; its emitter speaks at once.
 */
const unanswered = new Map<string, (failed: unknown) => void>()

function answerTo(messageId: string): Promise<void> {
  return new Promise((resolve, reject) => {
    unanswered.set(messageId, (failed) => (failed === null ? resolve() : reject(failed)))
  })
}

function answered(messageId: string | undefined, failed: unknown): void {
  const settle = unanswered.get(messageId ?? '')
  unanswered.delete(messageId ?? '')
  settle?.(failed)
}

analytics.on('identify', (context) => answered(context.event.messageId, null))
analytics.on('track', (context) => answered(context.event.messageId, null))
analytics.on('error', ({ reason, ctx }) => answered(ctx?.event.messageId, reason ?? new Error('Segment refused')))

async function deliver(event: RelayEvent): Promise<void> {
  await Promise.all([tellSegment(event), tellClevertap(event)])
}

async function tellSegment(event: RelayEvent): Promise<void> {
  const { id, userId, name, at, properties } = event
  const timestamp = new Date(at)
  const [identified, tracked] = [`${id}-identify`, `${id}-track`]
  const answers = Promise.all([answerTo(identified), answerTo(tracked)])
  analytics.identify({ userId, messageId: identified, timestamp, traits: { last_event: name } })
  analytics.track({ userId, event: name, messageId: tracked, timestamp, properties })
  await answers
}

async function tellClevertap({ userId, name, at, properties }: RelayEvent): Promise<void> {
  const evtData = Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null))
  const answer = await request(`${env.RELAY_CLEVERTAP_URL}/1/upload`, {
    dispatcher: clevertap,
    method: 'POST',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-clevertap-account-id': env.RELAY_ACCOUNT ?? '',
      'x-clevertap-passcode': env.RELAY_PASSCODE ?? '',
    },
    body: JSON.stringify({
      d: [{ identity: userId, ts: Math.floor(at / 1000), type: 'event', evtName: name, evtData }],
    }),
  })
  const said = (await answer.body.json()) as { readonly status?: string }
  if (answer.statusCode !== 200 || said.status !== 'success') throw new Error(`CleverTap said ${JSON.stringify(said)}`)
}

if (env.RELAY_QUEUE === 'postgres') {
  const pool = new pg.Pool({ connectionString: env.RELAY_DATABASE_URL ?? '', max: 60 })
  pool.on('error', (error) => console.error(error))
  pool.on('connect', (client) => void client.on('error', (error) => console.error(error)))
  await run({
    pgPool: pool,
    concurrency: 50,
    noHandleSignals: true,
    parsedCronItems: parseCronItems([]),
    preset: { worker: { localQueue: { size: 200 }, completeJobBatchDelay: 5, failJobBatchDelay: 5 } },
    taskList: {
      deliver: async (payload) => {
        const event = payload as RelayEvent
        await deliver(event)
        await pool.query(`UPDATE relay_events SET status = 'delivered', delivered_at = now() WHERE id = $1`, [event.id])
      },
    },
  })
} else {
  const connection = new Redis({ path: env.RELAY_REDIS ?? '', maxRetriesPerRequest: null, enableAutoPipelining: true })
  const worker = new Worker<RelayEvent>('events', ({ data }) => deliver(data), {
    connection,
    concurrency: CONCURRENCY,
    removeOnComplete: { count: 1000 },
  })
  await worker.waitUntilReady()
}
process.on('disconnect', () => process.exit(0))
process.send?.({ ready: true })
