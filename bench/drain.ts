import { cpSync, rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fillDatabase } from './fill.ts'
import { benchFolder, startBenchHub } from './hub.ts'
import { cpuMs, startProgram } from './process.ts'
import { type Receivers, startReceivers } from './receivers.ts'
import { judged, median, type Outcome, type Result, type Scenario } from './scenario.ts'
import { type Service, startPostgres, withChildren } from './services.ts'
import { appStoreApp } from './shop.ts'
import { until } from './until.ts'

const WAITING = 100_000
const ROUNDS = 3
const WARM_UP_MS = 2_000

const PEERS = [
  { kind: 'graphile-worker', name: 'graphile-worker, one POST a job', bar: 10 },
  { kind: 'pg-boss', name: 'pg-boss, one POST a job', bar: 10 },
  { kind: 'analytics-node', name: '@segment/analytics-node, in memory', bar: 2 },
] as const
type Peer = (typeof PEERS)[number]

/** 100,000 deliveries that wait, to stand-ins, settled and logged. */
export const drain: Scenario = {
  name: 'drain',
  about: `${WAITING} waiting deliveries to CleverTap (which answers for each record), settled and logged`,
  run: async () => {
    const postgres = await startPostgres()
    if (postgres === null)
      return { kind: 'not run', why: 'PostgreSQL is missing (Debian: apt-get install postgresql).' }
    const template = benchFolder('drain')
    try {
      await fillDatabase(template.path, WAITING, true)
      return await rounds(template.path, postgres)
    } finally {
      template.remove()
      await postgres.stop()
    }
  },
}

interface Lap {
  readonly perSecond: number
  readonly cpuUs: number
}

async function rounds(template: string, postgres: Service): Promise<Outcome> {
  const ours: Lap[] = []
  const theirs = new Map<Peer, Lap[]>(PEERS.map((peer) => [peer, []]))
  const load: string[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await drainHub(template))
    for (const [peer, laps] of theirs) laps.push(await drainPeer(peer, postgres))
    load.push((loadavg()[0] ?? 0).toFixed(1))
  }
  const note = (name: string, laps: readonly Lap[]): string =>
    `${name}: ${laps.map(({ perSecond }) => Math.round(perSecond)).join(', ')} deliveries/s, ${Math.round(median(laps.map(({ cpuUs }) => cpuUs)))} µs of CPU each (its database included)`
  const notes = [note('tributary', ours), ...[...theirs].map(([{ name }, laps]) => note(name, laps))]
  const rate = (laps: readonly Lap[]): number => median(laps.map(({ perSecond }) => perSecond))
  const results = [...theirs].map(
    ([{ kind, name, bar }, laps]): Result =>
      judged({
        scenario: `drain-${kind}`,
        unit: 'deliveries/s',
        ours: rate(ours),
        peer: rate(laps),
        peer_name: name,
        bar,
        bar_is: 'at least',
        notes: [...notes, `load during the rounds: ${load.join(', ')}`],
      }),
  )
  return { kind: 'measured', results }
}

async function drainHub(template: string): Promise<Lap> {
  const folder = benchFolder('drain-round')
  cpSync(join(template, 'data'), join(folder.path, 'data'), { recursive: true })
  const receivers = await startReceivers()
  const clevertap = async (): Promise<number> => (await receivers.counts()).clevertap
  // It begins to send as soon as it runs.
  const hub = await startBenchHub({ folder: folder.path, receivers, app: APP, only: ['clevertap'] })
  try {
    const lap = await clocked(() => [hub.pid], clevertap, WAITING)
    await until('All is settled', async () => ((await hub.settled()).delivered ?? 0) >= WAITING)
    await nothingBad(receivers, 'tributary')
    return lap
  } finally {
    await hub.stop()
    await receivers.stop()
    folder.remove()
    rmSync(folder.path, { recursive: true, force: true })
  }
}

/** No notification comes in a drain; any certificate will do. */
const APP = await (async () => {
  const { mintChain } = await import('../src/stand-ins/app-store/certificates.ts')
  return appStoreApp(mintChain().rootPem)
})()

async function drainPeer(peer: Peer, postgres: Service): Promise<Lap> {
  const receivers = await startReceivers()
  const program = startProgram('drain/peer.ts', {
    args: [peer.kind],
    env: {
      NODE_ENV: 'production',
      BENCH_DATABASE_URL: postgres.address,
      BENCH_CLEVERTAP_URL: receivers.clevertapUrl,
      BENCH_ACCOUNT: receivers.account,
      BENCH_PASSCODE: receivers.passcode,
      BENCH_SEGMENT_URL: receivers.segmentUrl,
      BENCH_WRITE_KEY: receivers.writeKey,
    },
  })
  try {
    await program.next()
    program.say({ fill: WAITING })
    await program.next()
    program.say({ go: true })
    await program.next()
    const counted = async (): Promise<number> => {
      const counts = await receivers.counts()
      return peer.kind === 'analytics-node' ? counts.segment : counts.clevertap
    }
    const pids = (): readonly number[] => [
      program.pid,
      ...(peer.kind === 'analytics-node' ? [] : withChildren(postgres.pid)),
    ]
    const lap = await clocked(pids, counted, WAITING)
    await nothingBad(receivers, peer.name)
    return lap
  } finally {
    await program.stop()
    await receivers.stop()
  }
}

/** The speed from two seconds after the first delivery to the last. */
async function clocked(pids: () => readonly number[], counted: () => Promise<number>, all: number): Promise<Lap> {
  await until('The first delivery', async () => (await counted()) > 0)
  await pause(WARM_UP_MS)
  const before = { count: await counted(), cpu: cpuMs(pids()), at: performance.now() }
  if (before.count >= all * 0.8) throw new Error(`Nearly all of ${all} was delivered in the warm-up: let more wait.`)
  let [last, since] = [0, performance.now()]
  for (let count = before.count; count < all; count = await counted()) {
    if (count !== last) [last, since] = [count, performance.now()]
    if (performance.now() - since > 60_000) throw new Error(`The drain has stood at ${count} of ${all} for a minute.`)
    await pause(10)
  }
  const count = all - before.count
  return {
    perSecond: (count * 1000) / (performance.now() - before.at),
    cpuUs: ((cpuMs(pids()) - before.cpu) * 1000) / count,
  }
}

async function nothingBad(receivers: Receivers, name: string): Promise<void> {
  const { bad } = await receivers.counts()
  if (bad > 0) throw new Error(`${name}: the stand-ins refused or saw twice ${bad} records`)
}
