/**
 * A Segment that is stricter than Segment: it answers 200 to nearly everything, as the real one does, and keeps a
 * ledger of what it would have dropped without a word. Assumptions that no documentation settles are named in
 * segment-verdict.ts.
 *
 * As a process of its own: `node src/stand-ins/segment.ts --write-key K [--port N] [--region us|eu]
 * [--write-key K2:eu] [--latency-ms N] [--keep bodies|entries|counts]`; prints `{"url": …}` when it listens.
 * GET /_ledger?after=N&limit=N&verdict=V, POST /_faults {script, always}, POST /_reset.
 */
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import {
  createSegmentLedger,
  type SegmentCounts,
  type SegmentLedger,
  type SegmentLedgerEntry,
} from './segment-ledger.ts'
import { CALL_TYPES, type CallType, type DropReason, isObject, judge } from './segment-verdict.ts'
import { type Fault, type StandIn, type StandInReply, type StandInRequest, startStandIn } from './server.ts'

/** The larger reading of 32 KB and 500 KB: what is refused here is refused by every reading. */
const MAX_CALL_BYTES = 32_768
const MAX_BATCH_BYTES = 512_000
const MAX_BATCH_CALLS = 2_500
const PAGE_LIMIT = 1_000

export type SegmentRegion = 'us' | 'eu'

export interface SegmentStandInOptions {
  readonly port?: number
  /** Every source that exists, in either region; without a region it is in this one. */
  readonly writeKeys: readonly { readonly key: string; readonly region?: SegmentRegion }[]
  /** The region that this server plays (us). */
  readonly region?: SegmentRegion
  readonly latencyMs?: number
  /** Its clock (milliseconds); the real one unless given. */
  readonly now?: () => number
  /** false keeps memory small: entries without the calls themselves. */
  readonly keepBodies?: boolean
  /** false keeps memory flat: counts and about 40 bytes a call, no entries. */
  readonly keepEntries?: boolean
}

export interface SegmentStandIn extends StandIn {
  /** Every call that was answered 200, in order of arrival. */
  readonly ledger: readonly SegmentLedgerEntry[]
  accepted(): readonly SegmentLedgerEntry[]
  dropped(): readonly SegmentLedgerEntry[]
  /** Calls that came before: under the same messageId (dropped), or as the same event under another (kept twice). */
  duplicates(): readonly SegmentLedgerEntry[]
  byEvent(eventId: string): readonly SegmentLedgerEntry[]
  byCustomer(customerId: string): readonly SegmentLedgerEntry[]
  counts(): SegmentCounts
  /** Forgets the ledger and every messageId. */
  reset(): void
}

export async function startSegmentStandIn(options: SegmentStandInOptions): Promise<SegmentStandIn> {
  const region = options.region ?? 'us'
  const keys = new Map(options.writeKeys.map((source) => [source.key, source.region ?? region]))
  const entries = options.keepEntries ?? true
  const ledger = createSegmentLedger({ entries, bodies: entries && (options.keepBodies ?? true) })
  const service: Service = { region, keys, ledger, now: options.now ?? Date.now }

  // `control` needs the server, which needs the handler.
  const started: { standIn?: StandIn } = {}
  const standIn = await startStandIn({
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.latencyMs === undefined ? {} : { latencyMs: options.latencyMs }),
    handle: (request) =>
      request.path.startsWith('/_') ? control(request, ledger, started.standIn) : answer(request, service),
  })
  started.standIn = standIn

  const only = (wanted: (entry: SegmentLedgerEntry) => boolean) => ledger.entries.filter(wanted)
  return Object.assign(standIn, {
    ledger: ledger.entries,
    accepted: () => only(({ verdict }) => verdict === 'accepted'),
    dropped: () => only(({ verdict }) => verdict !== 'accepted'),
    duplicates: () =>
      only(({ verdict, warnings }) => verdict === 'dropped:duplicate' || warnings.includes('repeated_event')),
    byEvent: (eventId: string) => only((entry) => entry.eventId === eventId),
    byCustomer: (customerId: string) => only((entry) => entry.customerId === customerId),
    counts: ledger.counts,
    reset: ledger.reset,
  })
}

interface Service {
  readonly region: SegmentRegion
  readonly keys: ReadonlyMap<string, SegmentRegion>
  readonly ledger: SegmentLedger
  readonly now: () => number
}

function answer(request: StandInRequest, service: Service): StandInReply {
  const settings = /^\/v1\/projects\/([^/]+)\/settings$/.exec(request.path)
  if (settings !== null) return sourceSettings(decodeURIComponent(settings[1] ?? ''), request.method, service)
  const call = /^\/v1\/([a-z]+)$/.exec(request.path)?.[1]
  const type = CALL_TYPES.find((known) => known === call) ?? null
  if (type === null && call !== 'batch') return said(404, 'Not Found')
  if (request.method !== 'POST') return said(405, 'Method Not Allowed')
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    return said(400, 'Content-Type must be application/json')
  if (request.body.length > (type === null ? MAX_BATCH_BYTES : MAX_CALL_BYTES)) return said(400, 'Exceed payload limit')
  const body = parsed(request.body)
  if (!isObject(body)) return said(400, 'Malformed JSON')
  const calls = type === null ? body.batch : [body]
  if (!Array.isArray(calls)) return said(400, 'Malformed JSON')
  // A call inside a body that is small enough cannot be too large itself.
  if (request.body.length > MAX_CALL_BYTES && calls.some(isTooLarge)) return said(400, 'Exceed payload limit')
  enterAll(calls, type, body, keyOf(request, body), service)
  return { status: 200, body: '{"success":true}' }
}

function enterAll(
  calls: readonly unknown[],
  type: CallType | null,
  body: Readonly<Record<string, unknown>>,
  writeKey: string | null,
  { region, keys, ledger, now }: Service,
): void {
  const receivedAt = now()
  const arrival = ledger.arrive()
  const home = writeKey === null ? undefined : keys.get(writeKey)
  const drop: DropReason | null =
    home === undefined
      ? 'unknown_write_key'
      : home !== region
        ? 'wrong_region'
        : calls.length > MAX_BATCH_CALLS
          ? 'batch_over_2500'
          : null
  const around = { receivedAt, type, sentAt: body.sentAt, context: type === null ? body.context : undefined }
  calls.forEach((call, index) => {
    ledger.enter({ arrival, index, writeKey, receivedAt, body: call, drop, judged: judge(call, around) })
  })
}

/** The key of Basic authentication (the user name, with its colon), else the one in the body. */
function keyOf(request: StandInRequest, body: Readonly<Record<string, unknown>>): string | null {
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (basic !== undefined) return /^([^:]+):$/.exec(Buffer.from(basic, 'base64').toString())?.[1] ?? null
  return typeof body.writeKey === 'string' ? body.writeKey : null
}

function sourceSettings(key: string, method: string, { keys }: Service): StandInReply {
  if (method !== 'GET') return said(405, 'Method Not Allowed')
  const region = keys.get(key)
  if (region === undefined) return said(404, 'Not Found')
  const apiHost = region === 'eu' ? 'events.eu1.segmentapis.com/v1' : 'api.segment.io/v1'
  return { status: 200, body: JSON.stringify({ integrations: { 'Segment.io': { apiKey: key, apiHost } } }) }
}

function control(request: StandInRequest, ledger: SegmentLedger, standIn: StandIn | undefined): StandInReply {
  const asked = `${request.method} ${request.path}`
  if (asked === 'GET /_ledger') {
    const verdict = request.query.get('verdict')
    const after = Number(request.query.get('after') ?? 0)
    const limit = Math.min(Number(request.query.get('limit') ?? 100), PAGE_LIMIT)
    const chosen = verdict === null ? ledger.entries : ledger.entries.filter((entry) => entry.verdict === verdict)
    const entries = chosen.slice(after, after + limit)
    const next = after + entries.length < chosen.length ? after + entries.length : null
    return { status: 200, body: JSON.stringify({ counts: ledger.counts(), entries, next }) }
  }
  if (asked === 'POST /_faults') {
    const body = parsed(request.body)
    if (!isObject(body)) return said(400, 'Malformed JSON')
    if (Array.isArray(body.script)) standIn?.script(body.script as readonly Fault[])
    if (body.always !== undefined) standIn?.always(body.always as Fault | null)
    return { status: 204, body: '' }
  }
  if (asked === 'POST /_reset') {
    ledger.reset()
    return { status: 204, body: '' }
  }
  return said(404, 'Not Found')
}

function isTooLarge(call: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(call)) > MAX_CALL_BYTES
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown
  } catch {
    return undefined
  }
}

function said(status: number, message: string): StandInReply {
  return { status, body: JSON.stringify({ success: false, message }) }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      region: { type: 'string', default: 'us' },
      'write-key': { type: 'string', multiple: true, default: [] },
      'latency-ms': { type: 'string', default: '0' },
      keep: { type: 'string', default: 'bodies' },
    },
  })
  const standIn = await startSegmentStandIn({
    port: Number(values.port),
    region: values.region === 'eu' ? 'eu' : 'us',
    writeKeys: values['write-key'].map((text) => {
      const [key = '', region] = text.split(':')
      return region === 'us' || region === 'eu' ? { key, region } : { key }
    }),
    latencyMs: Number(values['latency-ms']),
    keepBodies: values.keep === 'bodies',
    keepEntries: values.keep !== 'counts',
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void standIn.close())
  process.stdout.write(`${JSON.stringify({ url: standIn.url })}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
