import { Writable } from 'node:stream'
import { afterEach } from 'vitest'
import { createLog } from '../../src/http/log.ts'
import { createMetrics, type Metrics } from '../../src/http/metrics.ts'
import { NO_RATES } from '../../src/http/rate-limits.ts'
import { createServers, type HttpConfig, type Servers } from '../../src/http/servers.ts'
import { type MemoryHub, memoryHub, NOW } from './in-memory-doors.ts'

export interface Started extends Servers {
  readonly hub: MemoryHub
  readonly meters: Metrics
  /** Log lines so far, parsed. */
  readonly lines: Record<string, unknown>[]
}

const open: Servers[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((servers) => servers.close()))
})

const CONFIG: HttpConfig = {
  public: { host: '127.0.0.1', port: 0, setting: 'TRIBUTARY_PORT' },
  admin: null,
  metrics: { host: '127.0.0.1', port: 0, setting: 'TRIBUTARY_METRICS_PORT' },
  baseUrl: 'https://hub.example',
  trustProxy: [],
  version: '0.0.0-test',
  rates: NO_RATES,
  dashboard: null,
}

/** Servers over a hub in memory; closed after the test. */
export async function started(
  options: { readonly hub?: MemoryHub; readonly config?: Partial<HttpConfig>; readonly level?: string } = {},
): Promise<Started> {
  const hub = options.hub ?? memoryHub()
  const lines: Record<string, unknown>[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split('\n'))
        if (line !== '') lines.push(JSON.parse(line) as Record<string, unknown>)
      done()
    },
  })
  const meters = createMetrics({ reads: hub.doors.reads, now: () => NOW, version: '0.0.0-test' })
  const log = createLog({ level: options.level ?? 'info' }, sink)
  const servers = await createServers(hub.doors, { ...CONFIG, ...options.config }, { log, metrics: meters })
  open.push(servers)
  return { ...servers, hub, meters, lines }
}
