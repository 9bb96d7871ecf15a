/**
 * CleverTap's Upload API, as strict as its pages and recorded traffic tell, and stricter where they are silent; with a
 * ledger of every record. What is assumed is named in clevertap-verdict.ts. One instance plays one region.
 *
 * As a process of its own: `node src/stand-ins/clevertap.ts --account A --passcode P [--account A2 --passcode P2]
 * [--port N] [--region eu1] [--latency-ms N] [--keep bodies|entries|counts]`; a second account is a test account.
 * Prints `{"url": …}` when it listens. GET /_ledger?after=N&limit=N&verdict=V,
 * POST /_faults {script, always, answer_next, fail_records}, POST /_reset.
 */
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { errorAnswer, type Skipped, uploadAnswer } from './clevertap-answer.ts'
import {
  type ClevertapCounts,
  type ClevertapLedger,
  type ClevertapLedgerEntry,
  createClevertapLedger,
} from './clevertap-ledger.ts'
import { isObject, judge, type Rules, refusalText } from './clevertap-verdict.ts'
import { type Fault, type StandIn, type StandInReply, type StandInRequest, startStandIn } from './server.ts'

const FIVE_YEARS_MS = 5 * 365 * 86_400_000
/** https://developer.clevertap.com/docs/upload-events-api */
const MAX_RECORDS = 1000
/** https://developer.clevertap.com/docs/api-request-limit: for one account. */
const MAX_IN_FLIGHT = 15
const PAGE_LIMIT = 1_000

export interface ClevertapAccount {
  readonly id: string
  readonly passcode: string
  /** `eu1` unless given. */
  readonly region?: string
  /** Marks its records in the ledger. */
  readonly test?: boolean
}

export interface ClevertapStandInOptions {
  readonly port?: number
  /** Every account that exists, in any region. */
  readonly accounts: readonly ClevertapAccount[]
  /** The region that this server plays (eu1); an account of another gets 401. `any` takes them all. */
  readonly region?: string
  readonly latencyMs?: number
  /** Its clock (milliseconds); the real one unless given. */
  readonly now?: () => number
  /** Event names that the dashboard marks as discarded (528). */
  readonly discardedNames?: readonly string[]
  /** The accounts' limit of properties for one event (100). */
  readonly maxProperties?: number
  /** The ingestion window (527): 5 years back and nothing ahead refused unless given. */
  readonly window?: { readonly pastMs: number; readonly futureMs: number }
  /** false keeps memory small: entries without the records themselves. */
  readonly keepBodies?: boolean
  /** false keeps memory flat: counts and 16 to 32 bytes for each event id, no entries. */
  readonly keepEntries?: boolean
}

/** Which record a scripted answer is for: its event id, or what the function says of the record. */
export type RecordMatch = string | ((record: Readonly<Record<string, unknown>>) => boolean)

export interface RecordScript {
  readonly match: RecordMatch
  readonly code: number
  /** How many times; once unless given. */
  readonly times?: number
}

export interface ClevertapStandIn extends StandIn {
  /** Every record that was judged, in order of arrival. */
  readonly ledger: readonly ClevertapLedgerEntry[]
  accepted(): readonly ClevertapLedgerEntry[]
  refused(): readonly ClevertapLedgerEntry[]
  /** Accepted although accepted before, under the same event id and name. */
  duplicates(): readonly ClevertapLedgerEntry[]
  byEvent(eventId: string): readonly ClevertapLedgerEntry[]
  byCustomer(customerId: string): readonly ClevertapLedgerEntry[]
  counts(): ClevertapCounts
  /** The next record that matches is refused with this code. */
  answerNext(script: RecordScript): void
  /** The next `n` records are refused with this code, whatever they are. */
  failRecords(n: number, code: number): void
  /** Forgets the ledger and the scripted answers. */
  reset(): void
}

interface Service {
  readonly options: ClevertapStandInOptions
  readonly rules: Omit<Rules, 'nowMs'>
  readonly ledger: ClevertapLedger
  /** Scripted answers that are still to be given. */
  readonly scripts: { readonly match: RecordMatch; readonly code: number; left: number }[]
  /** Account → requests being answered. */
  readonly busy: Map<string, number>
}

export async function startClevertapStandIn(options: ClevertapStandInOptions): Promise<ClevertapStandIn> {
  const service = serviceOf(options)
  const { ledger, scripts } = service
  const only = (wanted: (entry: ClevertapLedgerEntry) => boolean) => ledger.entries.filter(wanted)
  const own = {
    ledger: ledger.entries,
    accepted: () => only(({ verdict }) => verdict === 'accepted'),
    refused: () => only(({ verdict }) => verdict !== 'accepted'),
    duplicates: () => only(({ warnings }) => warnings.includes('repeated_event')),
    byEvent: (eventId: string) => only((entry) => entry.eventId === eventId),
    byCustomer: (customerId: string) => only((entry) => entry.customerId === customerId),
    counts: ledger.counts,
    answerNext: ({ match, code, times = 1 }: RecordScript) => void scripts.push({ match, code, left: times }),
    failRecords: (n: number, code: number) => void scripts.push({ match: () => true, code, left: n }),
    reset: () => {
      ledger.reset()
      scripts.length = 0
    },
  }
  // `control` needs the server, which needs the handler.
  const started: { standIn?: ClevertapStandIn } = {}
  const standIn = await startStandIn({
    ...(options.port === undefined ? {} : { port: options.port }),
    handle: (request) =>
      request.path.startsWith('/_') ? control(request, started.standIn, ledger) : answer(request, service),
  })
  started.standIn = Object.assign(standIn, own)
  return started.standIn
}

function serviceOf(options: ClevertapStandInOptions): Service {
  const entries = options.keepEntries ?? true
  return {
    options,
    rules: {
      maxProperties: options.maxProperties ?? 100,
      pastMs: options.window?.pastMs ?? FIVE_YEARS_MS,
      futureMs: options.window?.futureMs ?? Number.POSITIVE_INFINITY,
      discarded: new Set(options.discardedNames ?? []),
    },
    ledger: createClevertapLedger({ entries, bodies: entries && (options.keepBodies ?? true) }),
    scripts: [],
    busy: new Map(),
  }
}

async function answer(request: StandInRequest, service: Service): Promise<StandInReply> {
  if (request.path !== '/1/upload') return said(404, 'Not found')
  if (request.method !== 'POST') return said(405, 'Method not allowed')
  const account = accountOf(request, service)
  if ('status' in account) return account
  const { busy, options } = service
  const others = busy.get(account.id) ?? 0
  if (others >= MAX_IN_FLIGHT) return said(429, 'Too many concurrent requests')
  busy.set(account.id, others + 1)
  try {
    const reply = upload(account, request, service)
    // Here and not in the frame, so that a request counts against the account for as long as it takes.
    if (options.latencyMs !== undefined && options.latencyMs > 0) await pause(options.latencyMs)
    return reply
  } finally {
    busy.set(account.id, (busy.get(account.id) ?? 1) - 1)
  }
}

/** Both sentences are recorded; that another region's account gets the first of them is assumed. */
function accountOf(request: StandInRequest, { options }: Service): ClevertapAccount | StandInReply {
  const region = options.region ?? 'eu1'
  const account = options.accounts.find(({ id }) => id === request.headers['x-clevertap-account-id'])
  if (account === undefined || (region !== 'any' && (account.region ?? 'eu1') !== region)) {
    return said(401, 'Account ID is not valid')
  }
  return account.passcode === request.headers['x-clevertap-passcode'] ? account : said(401, 'Invalid Credentials')
}

function upload(account: ClevertapAccount, request: StandInRequest, service: Service): StandInReply {
  const { ledger, rules, options } = service
  const records = recordsIn(request)
  if (records === null) return said(400, 'Malformed request')
  // The status is assumed.
  if (records.length > MAX_RECORDS) return said(400, `More than ${MAX_RECORDS} records in one request`)
  const dryRun = request.query.get('dryRun') === '1'
  const arrival = dryRun ? 0 : ledger.arrive()
  const judgedBy = { ...rules, nowMs: (options.now ?? Date.now)() }
  const skipped: Skipped[] = []
  records.forEach((record, index) => {
    const scripted = dryRun ? null : scriptedCode(record, service)
    const verdict = scripted === null ? judge(record, judgedBy) : { code: scripted, warnings: [] }
    const { code } = verdict
    if (code !== null) skipped.push({ code, error: refusalText(code, index + 1), record })
    if (!dryRun) ledger.enter({ arrival, index, account: account.id, test: account.test === true }, record, verdict)
  })
  return { status: 200, headers: JSON_UTF8, body: uploadAnswer(records.length - skipped.length, skipped) }
}

const JSON_UTF8 = { 'content-type': 'application/json;charset=utf-8' }

/** The records of a well-formed upload, else null. */
function recordsIn(request: StandInRequest): readonly unknown[] | null {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) return null
  const body = parsed(request.body)
  return isObject(body) && Array.isArray(body.d) && body.d.length > 0 ? body.d : null
}

function scriptedCode(record: unknown, { scripts }: Service): number | null {
  if (scripts.length === 0 || !isObject(record)) return null
  const eventId = isObject(record.evtData) ? record.evtData.event_id : undefined
  const at = scripts.findIndex(({ match }) => (typeof match === 'string' ? match === eventId : match(record)))
  const script = scripts[at]
  if (script === undefined) return null
  script.left -= 1
  if (script.left <= 0) scripts.splice(at, 1)
  return script.code
}

function control(
  request: StandInRequest,
  standIn: ClevertapStandIn | undefined,
  ledger: ClevertapLedger,
): StandInReply {
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
    if (!isObject(body)) return said(400, 'Malformed request')
    if (standIn !== undefined) takeFaults(standIn, body)
    return { status: 204, body: '' }
  }
  if (asked === 'POST /_reset') {
    standIn?.reset()
    return { status: 204, body: '' }
  }
  return said(404, 'Not found')
}

/** `answer_next` {event_id, code, times} and `fail_records` {n, code} are about records, the rest about requests. */
function takeFaults(standIn: ClevertapStandIn, body: Readonly<Record<string, unknown>>): void {
  if (Array.isArray(body.script)) standIn.script(body.script as readonly Fault[])
  if (body.always !== undefined) standIn.always(body.always as Fault | null)
  const { answer_next: one, fail_records: many } = body
  if (isObject(one)) {
    standIn.answerNext({ match: String(one.event_id), code: Number(one.code), times: Number(one.times ?? 1) })
  }
  if (isObject(many)) standIn.failRecords(Number(many.n), Number(many.code))
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown
  } catch {
    return undefined
  }
}

function said(status: number, error: string): StandInReply {
  return { status, headers: JSON_UTF8, body: errorAnswer(status, error) }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      region: { type: 'string', default: 'eu1' },
      account: { type: 'string', multiple: true, default: [] },
      passcode: { type: 'string', multiple: true, default: [] },
      'latency-ms': { type: 'string', default: '0' },
      keep: { type: 'string', default: 'bodies' },
    },
  })
  const { account: ids, passcode: passcodes, region } = values
  if (ids.length === 0 || ids.length !== passcodes.length) {
    process.stderr.write('Give as many --passcode as --account, at least one.\n')
    process.exitCode = 2
    return
  }
  const standIn = await startClevertapStandIn({
    port: Number(values.port),
    accounts: ids.map((id, at) => ({ id, passcode: passcodes[at] ?? '', region, test: at > 0 })),
    region,
    latencyMs: Number(values['latency-ms']),
    keepBodies: values.keep === 'bodies',
    keepEntries: values.keep !== 'counts',
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void standIn.close())
  process.stdout.write(`${JSON.stringify({ url: standIn.url })}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
