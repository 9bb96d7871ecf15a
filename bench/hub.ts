import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProgram } from './process.ts'
import type { Receivers } from './receivers.ts'
import type { BenchApp } from './shop.ts'
import { until } from './until.ts'

/** A hub as an operator runs it: `serve` in a process of its own, settings of the environment, nothing tuned. */
export interface BenchHub {
  readonly pid: number
  readonly url: string
  readonly notificationUrl: string
  /** From the start of the process to its first "ready" (milliseconds). */
  readonly readyMs: number
  /** Deliveries that ended, by status. */
  settled(): Promise<Readonly<Record<string, number>>>
  stop(): Promise<void>
}

export class HubDidNotStart extends Error {}

export const BENCH_PROJECT = 'acme'
/** For the API. */
export const BENCH_KEY = `sk_${'bench'.repeat(6)}`

export function benchFolder(name: string): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `tributary-bench-${name}-`))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** `databaseUrl` null: the embedded database in `folder`. `only`: the integrations that are on. */
export async function startBenchHub(options: {
  readonly folder: string
  readonly receivers: Receivers
  readonly app: BenchApp
  readonly databaseUrl?: string | null
  readonly only?: readonly ('segment' | 'clevertap')[]
  readonly execArgv?: readonly string[]
}): Promise<BenchHub> {
  const { folder, receivers, app } = options
  const [port, metricsPort] = [await freePort(), await freePort()]
  const configFile = join(folder, 'tributary.yaml')
  writeFileSync(configFile, configText(app, options.only ?? ['segment', 'clevertap'], receivers))
  const started = performance.now()
  const program = startProgram('../src/cli/tributary.ts', {
    args: ['serve'],
    ...(options.execArgv === undefined ? {} : { execArgv: options.execArgv }),
    stdout: openSync(join(folder, 'hub.log'), 'a'),
    env: {
      TRIBUTARY_DATA_DIR: join(folder, 'data'),
      TRIBUTARY_PORT: String(port),
      TRIBUTARY_METRICS_PORT: String(metricsPort),
      TRIBUTARY_CONFIG: configFile,
      ...app.env,
      TRIBUTARY_SEGMENT_URL: receivers.segmentUrl,
      TRIBUTARY_CLEVERTAP_URL: receivers.clevertapUrl,
      ...(options.databaseUrl == null
        ? {}
        : {
            TRIBUTARY_DATABASE_URL: options.databaseUrl,
            TRIBUTARY_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
          }),
    },
  })
  const url = `http://127.0.0.1:${port}`
  await untilReady(url, program.ended)
  return {
    pid: program.pid,
    url,
    notificationUrl: `${url}/notifications/${app.store.replace('_', '-')}/${BENCH_PROJECT}/${app.id}`,
    readyMs: performance.now() - started,
    settled: async () => settledIn(await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()),
    stop: program.stop,
  }
}

function configText(
  { id, store, settings }: BenchApp,
  only: readonly string[],
  { writeKey, account, passcode }: Receivers,
): string {
  const from = '2024-01-01T00:00:00Z'
  // JSON is YAML.
  const app = JSON.stringify({ id, store, ...settings, environments: ['production'], events_from: from })
  return `version: 1
projects:
  - id: ${BENCH_PROJECT}
    name: Bench
    entitlements: { premium: [com.acme.monthly, prod_monthly] }
    secret_keys: [{ name: bench, key: ${BENCH_KEY} }]
    apps:
      - ${app}
    integrations:
      - { id: segment, destination: segment, enabled: ${only.includes('segment')}, live_from: ${from}, settings: { write_key: ${writeKey} } }
      - { id: clevertap, destination: clevertap, enabled: ${only.includes('clevertap')}, live_from: ${from}, settings: { account_id: ${account}, passcode: ${passcode} } }
`
}

async function untilReady(url: string, ended: Promise<void>): Promise<void> {
  let gone = false
  void ended.then(() => {
    gone = true
  })
  const ready = (): Promise<boolean> =>
    fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    )
  const isReady = async (): Promise<boolean> => {
    if (await ready()) return true
    if (gone) throw new HubDidNotStart('The hub ended before it was ready; the reason is above.')
    return false
  }
  await until('The hub is ready', isReady, { everyMs: 5, withinMs: 60_000 })
}

function settledIn(metrics: string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const [, labels = '', value] of metrics.matchAll(/^tributary_deliveries_settled_total\{([^}]*)\} (\d+)/gm)) {
    const status = /status="(\w+)"/.exec(labels)?.[1] ?? ''
    counts[status] = (counts[status] ?? 0) + Number(value)
  }
  return counts
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return typeof address === 'object' && address !== null ? address.port : 0
}
