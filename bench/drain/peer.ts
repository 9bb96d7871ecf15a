/**
 * A queue of the trade that drains to the stand-ins, in a process of its own. argv: graphile-worker | pg-boss |
 * analytics-node. Messages in: {fill: count} → {filled}; {go} → {going}. Its environment says where.
 */
import { Analytics } from '@segment/analytics-node'
import { makeWorkerUtils, run } from 'graphile-worker'
import pg from 'pg'
import { PgBoss } from 'pg-boss'
import { Agent, request } from 'undici'

const env = process.env
/** CleverTap allows 15 requests in flight for an account: https://developer.clevertap.com/docs/api-request-limit */
const agent = new Agent({ connections: 14, pipelining: 1 })

interface Job {
  readonly id: string
  readonly user: string
}

/** One POST for one event, as these libraries are used; a failure is thrown, so that the queue tries again. */
async function post({ id, user }: Job): Promise<void> {
  const answer = await request(`${env.BENCH_CLEVERTAP_URL}/1/upload`, {
    dispatcher: agent,
    method: 'POST',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-clevertap-account-id': env.BENCH_ACCOUNT ?? '',
      'x-clevertap-passcode': env.BENCH_PASSCODE ?? '',
    },
    body: JSON.stringify({ d: [record(id, user)] }),
  })
  const said = (await answer.body.json()) as { readonly status?: string }
  if (answer.statusCode !== 200 || said.status !== 'success') throw new Error(JSON.stringify(said))
}

/** As much as the hub's own record of a renewal holds. */
function record(id: string, user: string) {
  return {
    identity: user,
    ts: Math.floor(Date.now() / 1000) - 86_400,
    type: 'event',
    evtName: 'rc_renewal_event',
    evtData: properties(id, user),
  }
}

function properties(id: string, user: string) {
  return {
    event_id: id,
    amount: 9.99,
    currency: 'USD',
    product_id: 'com.acme.monthly',
    app_id: 'ios',
    store: 'APP_STORE',
    environment: 'PRODUCTION',
    period_type: 'NORMAL',
    country_code: 'US',
    renewal_number: 3,
    transaction_id: `2000000${user.slice(-9)}`,
    is_refund: false,
  }
}

function jobsOf(count: number): Job[] {
  const seed = `${process.pid.toString(36)}${Date.now().toString(36)}`
  return Array.from({ length: count }, (_, at) => ({
    id: `evt_${seed}_${at}`,
    user: `user-${String(at).padStart(9, '0')}`,
  }))
}

interface Peer {
  fill(jobs: readonly Job[]): Promise<void>
  go(): Promise<void>
}

async function graphileWorker(): Promise<Peer> {
  const pool = new pg.Pool({ connectionString: env.BENCH_DATABASE_URL ?? '', max: 32 })
  pool.on('error', (error) => console.error(error))
  pool.on('connect', (client) => void client.on('error', (error) => console.error(error)))
  const utils = await makeWorkerUtils({ pgPool: pool })
  await utils.migrate()
  return {
    fill: async (jobs) => {
      for (let at = 0; at < jobs.length; at += 2_000)
        await utils.addJobs(jobs.slice(at, at + 2_000).map((job) => ({ identifier: 'deliver', payload: job })))
    },
    go: async () => {
      await run({
        pgPool: pool,
        concurrency: 24,
        noHandleSignals: true,
        // Its documentation's own advice for speed: https://worker.graphile.org/docs/performance
        preset: { worker: { localQueue: { size: 500 }, completeJobBatchDelay: 10, failJobBatchDelay: 10 } },
        taskList: { deliver: (job) => post(job as Job) },
      })
    },
  }
}

async function pgBoss(): Promise<Peer> {
  const boss = new PgBoss({ connectionString: env.BENCH_DATABASE_URL ?? '', max: 10 })
  boss.on('error', (error) => console.error(error))
  await boss.start()
  await boss.createQueue('deliver')
  return {
    fill: async (jobs) => {
      for (let at = 0; at < jobs.length; at += 2_000)
        await boss.insert(
          'deliver',
          jobs.slice(at, at + 2_000).map((data) => ({ data })),
        )
    },
    go: async () => {
      // Batches fetched by several workers at once, each job with its own POST and its own end: a refused record must not
      // send the rest of its batch again.
      const options = {
        batchSize: 200,
        localConcurrency: 4,
        pollingIntervalSeconds: 0.5,
        burstWhenBatchFull: true,
        perJobResults: true,
      } as const
      await boss.work<Job, undefined, typeof options>('deliver', options, (jobs) =>
        Promise.all(
          jobs.map(({ id, data }) =>
            post(data).then(
              () => ({ id, status: 'completed' as const }),
              () => ({ id, status: 'failed' as const }),
            ),
          ),
        ),
      )
    },
  }
}

/** No disk at all: what is queued is gone with the process. */
function analyticsNode(): Peer {
  const analytics = new Analytics({
    writeKey: env.BENCH_WRITE_KEY ?? '',
    host: env.BENCH_SEGMENT_URL ?? '',
    flushAt: 100,
    flushInterval: 50,
  })
  let waiting: readonly Job[] = []
  return {
    fill: async (jobs) => {
      waiting = jobs
    },
    go: async () => {
      const timestamp = new Date(Date.now() - 86_400_000)
      void (async () => {
        for (const [at, { id, user }] of waiting.entries()) {
          analytics.track({
            userId: user,
            event: 'rc_renewal_event',
            messageId: id,
            timestamp,
            properties: properties(id, user),
          })
          // Room for its requests: a loop that never ends would send nothing.
          if (at % 500 === 499) await new Promise((resolve) => setImmediate(resolve))
        }
      })()
    },
  }
}

const kinds = { 'graphile-worker': graphileWorker, 'pg-boss': pgBoss, 'analytics-node': analyticsNode }
const kind = kinds[process.argv[2] as keyof typeof kinds]
const peer = await kind()
process.on('message', async (message: { readonly fill: number } | { readonly go: true }) => {
  if ('fill' in message) {
    await peer.fill(jobsOf(message.fill))
    process.send?.({ filled: message.fill })
  } else {
    await peer.go()
    process.send?.({ going: true })
  }
})
process.on('disconnect', () => process.exit(0))
process.send?.({ ready: true })
