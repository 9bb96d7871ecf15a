import { setTimeout as pause } from 'node:timers/promises'
import { startProgram } from './process.ts'

/** Segment and CleverTap as stand-ins, each in a process of its own, counting different ids. */
export interface Receivers {
  readonly pids: readonly number[]
  readonly segmentUrl: string
  readonly clevertapUrl: string
  readonly writeKey: string
  readonly account: string
  readonly passcode: string
  counts(): Promise<ReceiverCounts>
  /** Customer → when Segment had its first event (epoch milliseconds). Only with `keep: 'entries'`. */
  arrivals(): Promise<ReadonlyMap<string, number>>
  /** Waits until both have so many different events; rejects when the count stands still for a minute. */
  until(events: { readonly segment: number; readonly clevertap: number }): Promise<void>
  stop(): Promise<void>
}

/** Different events by their ids, and what should not be. */
export interface ReceiverCounts {
  readonly segment: number
  readonly clevertap: number
  /** Records refused or dropped, doubles included. */
  readonly bad: number
}

const STANDSTILL_MS = 60_000
const POLL_MS = 20

export async function startReceivers(
  options: { readonly latencyMs?: number; readonly keep?: 'entries' | 'counts' } = {},
): Promise<Receivers> {
  const common = ['--keep', options.keep ?? 'counts', '--latency-ms', String(options.latencyMs ?? 0)]
  const [writeKey, account, passcode] = ['bench-write-key', 'BENCH-ACCOUNT', 'bench-passcode']
  const segment = startProgram('../src/stand-ins/segment.ts', { args: [...common, '--write-key', writeKey] })
  const clevertap = startProgram('../src/stand-ins/clevertap.ts', {
    args: [...common, '--account', account, '--passcode', passcode],
  })
  const { url: segmentUrl } = await segment.next<{ readonly url: string }>()
  const { url: clevertapUrl } = await clevertap.next<{ readonly url: string }>()
  const counts = async (): Promise<ReceiverCounts> => {
    const [a, b] = await Promise.all([countsOf(segmentUrl), countsOf(clevertapUrl)])
    return {
      segment: a.types?.track ?? 0,
      clevertap: b.unique ?? 0,
      bad: (a.dropped ?? 0) + (b.refused ?? 0) + (b.duplicates ?? 0),
    }
  }
  return {
    pids: [segment.pid, clevertap.pid],
    segmentUrl,
    clevertapUrl,
    writeKey,
    account,
    passcode,
    counts,
    arrivals: () => arrivalsAt(segmentUrl),
    until: (wanted) => untilReached(wanted, counts),
    stop: async () => {
      await Promise.all([segment.stop(), clevertap.stop()])
    },
  }
}

interface Counts {
  readonly types?: { readonly track?: number }
  readonly dropped?: number
  readonly unique?: number
  readonly refused?: number
  readonly duplicates?: number
}

async function countsOf(url: string): Promise<Counts> {
  const answer = await fetch(`${url}/_ledger?limit=0`)
  return ((await answer.json()) as { readonly counts: Counts }).counts
}

async function arrivalsAt(url: string): Promise<ReadonlyMap<string, number>> {
  const arrived = new Map<string, number>()
  for (let after: number | null = 0; after !== null; ) {
    const answer = await fetch(`${url}/_ledger?limit=1000&after=${after}`)
    const page = (await answer.json()) as Page
    for (const { type, customerId, receivedAt } of page.entries)
      if (type === 'track' && !arrived.has(customerId)) arrived.set(customerId, receivedAt)
    after = page.next
  }
  return arrived
}

interface Page {
  readonly entries: readonly { readonly type: string; readonly customerId: string; readonly receivedAt: number }[]
  readonly next: number | null
}

async function untilReached(
  wanted: { readonly segment: number; readonly clevertap: number },
  counts: () => Promise<ReceiverCounts>,
): Promise<void> {
  let last = ''
  let since = performance.now()
  for (;;) {
    const now = await counts()
    if (now.segment >= wanted.segment && now.clevertap >= wanted.clevertap) return
    const seen = JSON.stringify(now)
    if (seen !== last) since = performance.now()
    last = seen
    if (performance.now() - since > STANDSTILL_MS)
      throw new Error(`The stand-ins wait for ${JSON.stringify(wanted)} and have stood at ${seen} for a minute.`)
    await pause(POLL_MS)
  }
}
