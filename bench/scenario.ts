/** One comparison of ours with a peer, measured in the same run; or, without a peer, one figure of ours. */
export interface Result {
  readonly scenario: string
  readonly unit: string
  readonly ours: number
  readonly peer: number | null
  readonly peer_name: string | null
  /** ours ÷ peer. */
  readonly ratio: number | null
  /** What the ratio must reach, or ours itself where there is no peer. */
  readonly bar: number
  /** Whether larger figures are better (a rate) or smaller ones (a time). */
  readonly bar_is: 'at least' | 'at most'
  readonly ok: boolean
  /** What a reader needs to judge the figures: sizes, microseconds of CPU an event, versions. */
  readonly notes: readonly string[]
}

export type Outcome =
  | { readonly kind: 'measured'; readonly results: readonly Result[] }
  /** A peer's server or package is missing: counts as not run, never as passed. */
  | { readonly kind: 'not run'; readonly why: string }

export interface Scenario {
  readonly name: string
  /** One line for the list. */
  readonly about: string
  run(): Promise<Outcome>
}

/** Does its work once over a fixed set of distinct inputs; gives how many it handled. */
export interface Contender {
  readonly name: string
  work(): Promise<number>
}

export interface Measured {
  readonly name: string
  /** Events for one second of CPU, all threads of the process counted: what one core does. Median of the rounds. */
  readonly perCpuSecond: number
  /** Microseconds of CPU for one event. */
  readonly cpuUs: number
  /** Events a second by the clock on the wall, with whatever else the machine was doing. */
  readonly perSecond: number
}

/**
 * Measures contenders in turns, so that a neighbour's load falls on all of them alike: at least two seconds of warm-up
 * each, then `rounds` rounds, of which the median counts.
 */
export async function inTurns(contenders: readonly Contender[], rounds = 5): Promise<readonly Measured[]> {
  for (const contender of contenders) {
    const until = performance.now() + 2_000
    while (performance.now() < until) await contender.work()
  }
  const taken = contenders.map((): { cpuUs: number; wallUs: number }[] => [])
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) taken[index]?.push(await once(contender))
  }
  return contenders.map(({ name }, index) => {
    const cpuUs = median((taken[index] ?? []).map((one) => one.cpuUs))
    const wallUs = median((taken[index] ?? []).map((one) => one.wallUs))
    return { name, cpuUs, perCpuSecond: 1e6 / cpuUs, perSecond: 1e6 / wallUs }
  })
}

async function once(contender: Contender): Promise<{ readonly cpuUs: number; readonly wallUs: number }> {
  const cpu = process.cpuUsage()
  const started = performance.now()
  const count = await contender.work()
  const wallUs = (performance.now() - started) * 1000
  const { user, system } = process.cpuUsage(cpu)
  return { cpuUs: (user + system) / count, wallUs: wallUs / count }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export function compared(
  scenario: string,
  unit: string,
  ours: number,
  peer: Measured,
  bar: number,
  notes: readonly string[],
): Result {
  return judged({ scenario, unit, ours, peer: peer.perCpuSecond, peer_name: peer.name, bar, bar_is: 'at least', notes })
}

/** Puts the ratio and the verdict on two figures. */
export function judged(figures: Omit<Result, 'ratio' | 'ok'>): Result {
  const { ours, peer, bar, bar_is } = figures
  const ratio = peer === null ? null : ours / peer
  const value = ratio ?? ours
  return {
    ...figures,
    ours: rounded(ours),
    peer: peer === null ? null : rounded(peer),
    ratio: ratio === null ? null : rounded(ratio),
    ok: bar_is === 'at least' ? value >= bar : value <= bar,
  }
}

function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100
}
