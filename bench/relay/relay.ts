import { freePort } from '../hub.ts'
import { startProgram } from '../process.ts'
import type { Receivers } from '../receivers.ts'
import type { Shop } from '../shop.ts'

export interface Relay {
  readonly notificationUrl: string
  readonly pids: readonly number[]
  stop(): Promise<void>
}

/** The hand-written relay: a web process and a worker process, as its team would run them on two cores. */
export async function startRelay(options: {
  readonly queue: 'redis' | 'postgres'
  /** Redis' socket or PostgreSQL's URL. */
  readonly address: string
  readonly receivers: Receivers
  readonly shop: Pick<Shop, 'relayEnv' | 'relayPath'>
}): Promise<Relay> {
  const { queue, address, receivers, shop } = options
  const port = await freePort()
  const env = {
    NODE_ENV: 'production',
    RELAY_QUEUE: queue,
    ...(queue === 'redis' ? { RELAY_REDIS: address } : { RELAY_DATABASE_URL: address }),
    ...shop.relayEnv,
    RELAY_PORT: String(port),
    RELAY_SEGMENT_URL: receivers.segmentUrl,
    RELAY_CLEVERTAP_URL: receivers.clevertapUrl,
    RELAY_WRITE_KEY: receivers.writeKey,
    RELAY_ACCOUNT: receivers.account,
    RELAY_PASSCODE: receivers.passcode,
  }
  const web = startProgram('relay/web.ts', { env })
  await web.next()
  const worker = startProgram('relay/worker.ts', { env })
  await worker.next()
  return {
    notificationUrl: `http://127.0.0.1:${port}${shop.relayPath}`,
    pids: [web.pid, worker.pid],
    stop: async () => {
      await Promise.all([web.stop(), worker.stop()])
    },
  }
}
