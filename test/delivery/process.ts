import { createDelivery, type Delivery } from '../../src/delivery/delivery.ts'
import type { DeliveryPort, SettledNews } from '../../src/delivery/port.ts'
import { destinationOf } from '../../src/destinations/registry.ts'
import type { Integration } from '../../src/domain/project.ts'
import type { HttpClient, HttpRequest, HttpResult } from '../../src/net/http.ts'
import { redactor } from '../../src/secrets/masking.ts'
import type { DeliveryStorage, SettleInput } from '../../src/storage/storage.ts'
import { type Disk, PASSCODE, SANDBOX_PASSCODE, SANDBOX_WRITE_KEY, SECOND, type StandIns, WRITE_KEY } from './ground.ts'
import { type Journal, type Meddling, noteSettle, type Sending } from './journal.ts'

export interface LogLine {
  readonly level: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

/** What a process stands on, and what outlives it. */
export interface Surroundings {
  readonly disk: Disk
  readonly standIns: StandIns
  readonly http: HttpClient
  readonly journal: Journal
  readonly meddling: Meddling
  readonly logs: LogLine[]
  readonly news: SettledNews[]
  /** Longest wait for an answer in real milliseconds; the virtual clock moves on by 20 s when it is over. */
  readonly timeoutMs: number | null
  integrations(): readonly Integration[]
  now(): number
  advance(ms: number): void
  random(): number
}

/** A process of the hub, as far as delivery goes. */
export interface Process {
  readonly owner: string
  readonly delivery: Delivery
  /** Resolves when something woke the loop since `sleep` was called last. */
  woken(): Promise<void>
  sleep(): void
  /** Dies where it stands. Resolves when nothing that it began is under way any more; it hears of none of it. */
  die(): Promise<void>
}

type Mortal = <A extends readonly unknown[], R>(act: (...args: A) => Promise<R>) => (...args: A) => Promise<R>

export async function startProcess(around: Surroundings, owner: string, freeDead: boolean): Promise<Process> {
  const { mortal, die } = mortality()
  if (freeDead) await around.disk.storage.freeDeadClaims(owner, around.now())
  let awake = false
  let rouse: () => void = () => undefined
  const delivery = createDelivery(portOf(around, owner, mortal), () => {
    awake = true
    rouse()
  })
  return {
    owner,
    delivery,
    sleep: () => {
      awake = false
    },
    woken: () =>
      new Promise((resolve) => {
        rouse = resolve
        if (awake) resolve()
      }),
    die,
  }
}

/** What a dead process began may still happen; that it never hears of it. */
function mortality(): { readonly mortal: Mortal; die(): Promise<void> } {
  const pending = new Set<Promise<unknown>>()
  const never = new Promise<never>(() => undefined)
  let dead = false
  return {
    mortal:
      (act) =>
      async (...args) => {
        if (dead) return never
        const acted = act(...args)
        const done = acted.then(
          () => undefined,
          () => undefined,
        )
        pending.add(done)
        await done
        pending.delete(done)
        return dead ? never : acted
      },
    die: async () => {
      dead = true
      while (pending.size > 0) await Promise.all(pending)
    },
  }
}

function portOf(around: Surroundings, owner: string, mortal: Mortal): DeliveryPort {
  const { standIns, logs, news } = around
  return {
    storage: storageOf(around, owner, mortal),
    http: { send: mortal((request: HttpRequest) => send(around, owner, request)), close: () => Promise.resolve() },
    isKept: (projectId, id) => around.integrations().some((one) => one.projectId === projectId && one.id === id),
    originOf: (remote) => (remote === 'segment' ? standIns.segment.url : standIns.clevertap.url),
    integrations: around.integrations,
    destination: (id) => destinationOf(id) ?? null,
    now: around.now,
    random: around.random,
    owner,
    meter: { attempt: () => undefined, settled: () => undefined },
    log: (level, message, details) => void logs.push({ level, message, details }),
    news: (told) => void news.push(told),
    redact: (_, text) => redactor([WRITE_KEY, SANDBOX_WRITE_KEY, PASSCODE, SANDBOX_PASSCODE])(text),
  }
}

function storageOf(around: Surroundings, owner: string, mortal: Mortal): DeliveryStorage {
  // Asked for anew with every call: a restart opens the database again.
  const { disk } = around
  return {
    ensureChannels: mortal((rows, at) => disk.storage.ensureChannels(rows, at)),
    loadChannels: mortal(() => disk.storage.loadChannels()),
    saveChannel: mortal((row) => disk.storage.saveChannel(row)),
    claimLots: mortal(async (input) => {
      const claimed = await disk.storage.claimLots(input)
      if (claimed.lots.length > 0) await around.meddling.afterClaim?.()
      return claimed
    }),
    settleLot: mortal((input) => settle(around, owner, input)),
    renewLot: mortal((input) => disk.storage.renewLot(input)),
    nextQueueDue: mortal((channels) => disk.storage.nextQueueDue(channels)),
    freeDeadClaims: mortal((who, at) => disk.storage.freeDeadClaims(who, at)),
    failExpired: mortal((input) => disk.storage.failExpired(input)),
    retryDeliveries: mortal((input) => disk.storage.retryDeliveries(input)),
    acceptDelivery: mortal((input) => disk.storage.acceptDelivery(input)),
  }
}

async function send(around: Surroundings, owner: string, request: HttpRequest): Promise<HttpResult> {
  const { journal, meddling, http, timeoutMs } = around
  const really = async (real: HttpRequest): Promise<HttpResult> => {
    if (timeoutMs === null) return http.send(real)
    const result = await http.send({ ...real, totalTimeoutMs: timeoutMs })
    if (result.kind === 'fault' && /in time/.test(result.reason)) around.advance(20 * SECOND)
    return result
  }
  const sending: Sending = { tick: journal.tick(), at: around.now(), owner, request, result: null, settled: null }
  journal.sendings.push(sending)
  const result = await (meddling.send === undefined ? really(request) : meddling.send(request, really))
  sending.result = result
  return result
}

async function settle(
  around: Surroundings,
  owner: string,
  input: SettleInput,
): ReturnType<DeliveryStorage['settleLot']> {
  const { disk, journal, meddling, standIns } = around
  await meddling.beforeSettle?.(input)
  const settled = await (meddling.settle ?? disk.storage.settleLot)(input)
  if (settled.kind !== 'settled') return settled
  const { ledger } = input.lot.channelId.startsWith('segment') ? standIns.segment : standIns.clevertap
  noteSettle(journal, owner, input, settled.fenced, ledger.length)
  return settled
}
