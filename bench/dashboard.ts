import { execFileSync } from 'node:child_process'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { buildDashboardIfChanged } from '../tools/dashboard.ts'
import { quantile } from './accept.ts'
import { multiply } from './dashboard/multiply.ts'
import { type Scrolled, scrollThrough } from './dashboard/scroll.ts'
import { fillDatabase } from './fill.ts'
import { BENCH_KEY, BENCH_PROJECT, type BenchHub, benchFolder, startBenchHub } from './hub.ts'
import type { FireAnswer } from './load/sender.ts'
import type { Program } from './process.ts'
import { startReceivers } from './receivers.ts'
import { judged, type Outcome, type Result, type Scenario } from './scenario.ts'
import { startPostgres } from './services.ts'
import { openAppStore } from './shop.ts'

const CUSTOMERS = 200_000
const EVENTS = 1_000_000
/** Made by the hub's own rules; the rest are copies of them. */
const SEEDED = 10_000
const PER_SECOND = 200
const SECONDS = 30
const BAR_MS = 300
/** Twenty questions a second: more than ten people who click all the time. */
const QUESTION_EVERY_MS = 50
const ROUNDS = 12
/** Twenty frames a second, where no graphics card draws them. */
const FRAME_BAR_MS = 50
/** Lists without an end, as pages show them. */
const LISTS = [
  ['events', '/events'],
  ['customers', '/customers'],
  ['deliveries', '/integrations/clevertap?tab=deliveries'],
] as const

const ASKED = `what the pages ask, with ${EVENTS} events and ${CUSTOMERS} customers, while ${PER_SECOND} notifications a second come`

/** Every question of every page, on a large database, while stores keep sending. */
export const dashboard: Scenario = {
  name: 'dashboard',
  about: `${ASKED}, embedded database`,
  run: () => measure('dashboard', null),
}

export const dashboardPostgres: Scenario = {
  name: 'dashboard-postgres',
  about: 'the same on PostgreSQL',
  run: async () => {
    const server = await startPostgres()
    if (server === null) return { kind: 'not run', why: 'PostgreSQL is missing (Debian: apt-get install postgresql).' }
    try {
      return await measure('dashboard-postgres', server.address)
    } finally {
      await server.stop()
    }
  },
}

async function measure(scenario: string, databaseUrl: string | null): Promise<Outcome> {
  buildDashboardIfChanged()
  const { sender, app } = await openAppStore()
  const receivers = await startReceivers()
  const folder = benchFolder('dashboard')
  try {
    const began = performance.now()
    await fillDatabase(folder.path, SEEDED, true, EVENTS / CUSTOMERS)
    const filled = multiply(folder.path, EVENTS / SEEDED)
    if (databaseUrl !== null) copyDatabase(folder.path, databaseUrl)
    const fillS = ((performance.now() - began) / 1000).toFixed(0)
    const hub = await startBenchHub({ folder: folder.path, receivers, app, databaseUrl })
    try {
      await produce(sender, hub, 'warm', 3)
      const alone = await produce(sender, hub, 'alone', SECONDS)
      const { answers, rounds, beside } = await askWhileSending(sender, hub)
      const paths = LISTS.map(([, path]) => path)
      const [lists] = await Promise.all([
        scrollThrough(hub, folder.path, paths),
        produce(sender, hub, 'scroll', SECONDS),
      ])
      const notes = [
        `${filled.events} events and ${filled.customers} customers, filled in ${fillS} s; ${rounds} rounds; load ${(loadavg()[0] ?? 0).toFixed(1)}`,
        `2xx to the store without readers: ${shown(alone)}; with them: ${shown(beside)}`,
      ]
      const results = [
        ...[...answers].map(([name, taken]) => result(scenario, name, taken, notes)),
        ...lists.map((scrolled, index) => smooth(scenario, LISTS[index]?.[0] ?? '', scrolled)),
      ]
      return { kind: 'measured', results }
    } finally {
      await hub.stop()
    }
  } finally {
    await Promise.all([sender.stop(), receivers.stop()])
    folder.remove()
  }
}

/** As an operator moves to PostgreSQL. */
function copyDatabase(folder: string, databaseUrl: string): void {
  const program = fileURLToPath(new URL('../src/cli/tributary.ts', import.meta.url))
  const args = ['db', 'copy', '--from', `embedded:${join(folder, 'data')}`, '--to', databaseUrl]
  execFileSync(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
}

interface Asked {
  readonly answers: ReadonlyMap<string, readonly number[]>
  readonly rounds: number
  readonly beside: FireAnswer['fired']
}

async function askWhileSending(sender: Program, hub: BenchHub): Promise<Asked> {
  const paths = await pathsOf(hub)
  const answers = new Map(paths.map(([name]) => [name, [] as number[]]))
  let done = false
  const sending = async (): Promise<FireAnswer['fired']> => {
    const fired = await produce(sender, hub, 'beside', SECONDS)
    done = true
    return fired
  }
  const asking = async (): Promise<number> => {
    let rounds = 0
    for (; rounds < ROUNDS || !done; rounds += 1) {
      for (const [name, path] of paths) {
        const taken = await timed(hub, path)
        answers.get(name)?.push(taken)
        await pause(Math.max(0, QUESTION_EVERY_MS - taken))
      }
    }
    return rounds
  }
  const [beside, rounds] = await Promise.all([sending(), asking()])
  return { answers, rounds, beside }
}

function result(scenario: string, name: string, taken: readonly number[], notes: readonly string[]): Result {
  const sorted = taken.toSorted((a, b) => a - b)
  const p50 = quantile(sorted, 0.5).toFixed(0)
  return judged({
    scenario: `${scenario} ${name}`,
    unit: `ms (p95; p50 ${p50})`,
    ours: quantile(sorted, 0.95),
    peer: null,
    peer_name: null,
    bar: BAR_MS,
    bar_is: 'at most',
    notes,
  })
}

function smooth(scenario: string, name: string, { rows, frames }: Scrolled): Result {
  const sorted = frames.toSorted((a, b) => a - b)
  return judged({
    scenario: `${scenario}, scrolling ${name}`,
    unit: `ms a frame (p95; p50 ${quantile(sorted, 0.5).toFixed(0)}, longest ${(sorted.at(-1) ?? 0).toFixed(0)})`,
    ours: quantile(sorted, 0.95),
    peer: null,
    peer_name: null,
    bar: FRAME_BAR_MS,
    bar_is: 'at most',
    notes: [`${rows} rows of ${name} in ${frames.length} frames`],
  })
}

function shown({ latencies }: FireAnswer['fired']): string {
  const sorted = latencies.toSorted()
  return `p50 ${quantile(sorted, 0.5).toFixed(1)} ms, p99 ${quantile(sorted, 0.99).toFixed(1)} ms`
}

async function produce(sender: Program, hub: BenchHub, seed: string, seconds: number): Promise<FireAnswer['fired']> {
  const count = PER_SECOND * seconds
  sender.say({ make: { seed, customers: Math.ceil(count / 4), turns: 4 } })
  await sender.next()
  sender.say({ fire: { url: hub.notificationUrl, from: 0, count, connections: 0, perSecond: PER_SECOND } })
  return (await sender.next<FireAnswer>()).fired
}

/** Each page's questions, with ids of what is there. */
async function pathsOf(hub: BenchHub): Promise<readonly (readonly [name: string, path: string])[]> {
  const items = async <T>(path: string): Promise<readonly T[]> =>
    ((await (await ask(hub, path)).json()) as { readonly items: readonly T[] }).items
  const [event] = await items<{ readonly id: string; readonly app_user_id: string }>('/events?limit=1')
  const [delivery] = await items<{ readonly id: string }>('/integrations/clevertap/deliveries?limit=1')
  const [notification] = await items<{ readonly id: string }>('/notifications?limit=1')
  if (event === undefined || delivery === undefined || notification === undefined) throw new Error('Nothing is there')
  const user = encodeURIComponent(event.app_user_id)
  const day = new Date(Date.now() - 20 * 86_400_000).toISOString()
  return [
    ['overview of a day', '/metrics/overview?hours=24'],
    ['overview of a week', '/metrics/overview?hours=168'],
    ['overview of a month', '/metrics/overview?hours=720'],
    ['events', '/events'],
    ['events of a type', '/events?type=CANCELLATION'],
    ['events of a store that has none', '/events?store=stripe'],
    ['events of a product', '/events?product=com.acme.monthly&environment=production'],
    ['events before a day', `/events?to=${day}`],
    ['events of a customer', `/events?customer=${user}`],
    ['event', `/events/${event.id}`],
    ['customers', '/customers'],
    ['customers by prefix', '/customers?query=x42'],
    ['customers by e-mail', '/customers?query=x42-77%40example.com'],
    ['customer', `/customers/${user}`],
    ['timeline', `/customers/${user}/timeline`],
    ['deliveries', '/integrations/clevertap/deliveries'],
    ['deliveries that failed', '/integrations/clevertap/deliveries?status=failed'],
    ['deliveries of a type', '/integrations/clevertap/deliveries?event_type=CANCELLATION'],
    ['deliveries of a reason', '/integrations/clevertap/deliveries?status=failed&reason=refused'],
    ['delivery', `/deliveries/${delivery.id}`],
    ['errors', '/integrations/clevertap/errors'],
    ['volume', '/integrations/clevertap/volume'],
    ['integrations', '/integrations'],
    ['why', `/why?customer=${user}&event=renewal`],
    ['apps', '/apps'],
    ['notifications', '/notifications'],
    ['notification', `/notifications/${notification.id}`],
    ['connectors', '/connectors'],
    ['audit log', '/audit'],
  ]
}

function ask(hub: BenchHub, path: string): Promise<Response> {
  return fetch(`${hub.url}/api/projects/${BENCH_PROJECT}${path}`, { headers: { authorization: `Bearer ${BENCH_KEY}` } })
}

async function timed(hub: BenchHub, path: string): Promise<number> {
  const started = performance.now()
  const answer = await ask(hub, path)
  await answer.arrayBuffer()
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`)
  return performance.now() - started
}
