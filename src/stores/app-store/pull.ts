import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import { isJson, type Json, textOf } from '../json.ts'
import type { Accepted, Fetched, PulledPage, StoreList } from '../store.ts'
import { type AppStoreClient, errorCodeOf } from './client.ts'
import { apiKeyOf } from './fields.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 86_400_000

/** How far back Apple lists notifications (…/appstoreserverapi/get-notification-history). */
const DEPTH: Readonly<Record<Environment, number>> = { production: 180 * DAY, sandbox: 30 * DAY }
/** Off the edge: a first pass that takes longer than this begins again, since Apple then refuses its start. */
const EDGE_MS = 60 * MINUTE
/** Apple may list a notification later than it signed it: each pass begins this far before the end of the one before. */
const OVERLAP_MS = 10 * MINUTE

/** 4000012: the start lies too far back; Apple was seen to refuse 170 days (developer.apple.com/forums/thread/766328). */
const TOO_FAR_BACK = 4000012
const STEP_MS = 5 * DAY
/** 4000014 and 4000017: the page token is invalid or has expired. */
const DEAD_TOKENS: ReadonlySet<number> = new Set([4000014, 4000017])

/** One pass over a span of time, page by page. It is kept after every page, so that it goes on where it was cut off. */
interface Cursor {
  readonly v: 1
  readonly start: number
  readonly end: number
  /** The pass is over; the next request begins another. */
  readonly done: boolean
  /** Apple's token of the next page; null: the pass is at its first one. */
  readonly token: string | null
  /** The end of the last complete pass; null: none yet. */
  readonly upTo: number | null
  /** The end of the last pass that reached back a day. */
  readonly dayAt: number
  /** Notifications seen so far: 0 needs a word to people. */
  readonly seen: number
  /** This pass reads everything, also where only failures are read from then on. */
  readonly all?: boolean
}

interface PullDeps {
  readonly client: AppStoreClient
  readonly now: () => number
  readonly accept: (body: Buffer, app: App) => Promise<Accepted>
}

/** What of the history is read, and how often. */
interface Reading {
  readonly name: string
  readonly onlyFailures: boolean
  readonly againMs: number
  /** How far back the first pass reaches; null: to the beginning. */
  readonly firstMs: number | null
}

const ALL: Reading = { name: 'notifications', onlyFailures: false, againMs: MINUTE, firstMs: null }
/**
 * What Apple could not deliver to an app that is pushed to. It tries for six and a half days and may stop at the first
 * refusal, and in the sandbox it tries once (…/appstoreservernotifications/responding-to-app-store-server-notifications).
 */
const FAILURES: Reading = { name: 'failures', onlyFailures: true, againMs: HOUR, firstMs: 7 * DAY }

/** The notification history of an app that pulls; what failed, of one that is pushed to. */
export function listsOf(app: App, deps: PullDeps): readonly StoreList[] {
  if (apiKeyOf(app) === null) return []
  const reading = app.receive === 'pull' ? ALL : FAILURES
  return app.environments.map((environment) => ({
    name: reading.name,
    environment,
    pull: (cursor) => pullPage(reading, environment, cursor, app, deps),
    // What was answered and is lost since (a restore) is in no list of failures.
    from: (at) => textOfCursor({ ...passFrom(at, environment, deps.now()), all: true }),
  }))
}

export function lastMinute(now: number): { readonly startDate: number; readonly endDate: number } {
  return { startDate: now - MINUTE, endDate: now }
}

/** The next page of Apple's notification history. */
async function pullPage(
  reading: Reading,
  environment: Environment,
  cursor: string | null,
  app: App,
  deps: PullDeps,
): Promise<Fetched<PulledPage>> {
  const now = deps.now()
  const before = cursorOf(cursor)
  const first = (): Cursor => passFrom(reading.firstMs === null ? 0 : now - reading.firstMs, environment, now)
  const pass = before === null ? first() : before.done ? nextPass(before, environment, now) : before
  const answer = await deps.client.notificationHistory({
    environment,
    app,
    startDate: pass.start,
    endDate: pass.end,
    paginationToken: pass.token,
    onlyFailures: reading.onlyFailures && pass.all !== true,
  })
  if (answer.kind === 'fetched')
    return { kind: 'fetched', value: await pageOf(reading, pass, answer.value, (body) => deps.accept(body, app)) }
  const code = answer.kind === 'absent' ? errorCodeOf(answer.reason) : null
  if (code === TOO_FAR_BACK && pass.start + STEP_MS < pass.end)
    return mended({ ...pass, start: laterStart(pass.start, environment, now), token: null })
  if (code !== null && DEAD_TOKENS.has(code) && pass.token !== null) return mended({ ...pass, token: null })
  // Nothing in a request of ours can be "not found": a 400 or 404 of another kind is worth another try, never an end.
  return answer.kind === 'absent' ? { kind: 'retry', reason: answer.reason, afterMs: null } : answer
}

/** A pass over all that Apple lists, or of what it sent since `at`. */
function passFrom(at: number, environment: Environment, now: number): Cursor {
  return {
    v: 1,
    start: Math.min(Math.max(at, now - DEPTH[environment] + EDGE_MS), now - 1),
    end: now,
    token: null,
    done: false,
    upTo: null,
    dayAt: now,
    seen: 0,
  }
}

/** What is new since the last pass; once a day that reaches a day back, and never further than Apple lists. */
function nextPass(before: Cursor, environment: Environment, now: number): Cursor {
  const upTo = before.upTo ?? before.end
  const daily = now - before.dayAt >= DAY
  const start = Math.max(upTo - (daily ? DAY : OVERLAP_MS), now - DEPTH[environment] + EDGE_MS)
  return {
    ...before,
    all: false,
    start,
    end: Math.max(now, start + 1),
    token: null,
    done: false,
    dayAt: daily ? now : before.dayAt,
  }
}

/** The edge has moved on since the pass began; where it has not, Apple's lies elsewhere than it documents. */
function laterStart(start: number, environment: Environment, now: number): number {
  const edge = now - DEPTH[environment] + EDGE_MS
  return edge > start ? edge : start + STEP_MS
}

/** The same pass with another start or from its first page again: the copies that come twice are known by their ids. */
function mended(pass: Cursor): Fetched<PulledPage> {
  return {
    kind: 'fetched',
    value: {
      messages: [],
      cursor: textOfCursor(pass),
      caughtUp: false,
      againInMs: 0,
      progress: { from: pass.start, upTo: pass.start, note: null },
    },
  }
}

async function pageOf(
  reading: Reading,
  pass: Cursor,
  answer: Json,
  accept: (body: Buffer) => Promise<Accepted>,
): Promise<PulledPage> {
  const noteOf = (of: Cursor): string | null =>
    !reading.onlyFailures && of.seen === 0 && of.upTo !== null ? EMPTY : null
  const items = Array.isArray(answer.notificationHistory) ? answer.notificationHistory : []
  const bodies = items.flatMap((item: unknown) => {
    const signedPayload = isJson(item) ? textOf(item.signedPayload) : null
    return signedPayload === null ? [] : [Buffer.from(JSON.stringify({ signedPayload }))]
  })
  const messages = await Promise.all(bodies.map(accept))
  const seen = pass.seen + messages.length
  const token = answer.hasMore === true ? textOf(answer.paginationToken) : null
  if (token !== null) {
    const going = { ...pass, token, seen }
    return {
      messages,
      cursor: textOfCursor(going),
      caughtUp: false,
      againInMs: 0,
      progress: { from: pass.start, upTo: newestOf(messages, pass.start), note: noteOf(going) },
    }
  }
  const done: Cursor = { ...pass, done: true, token: null, upTo: pass.end, seen }
  return {
    messages,
    cursor: textOfCursor(done),
    caughtUp: true,
    againInMs: reading.againMs,
    progress: { from: pass.start, upTo: pass.end, note: noteOf(done) },
  }
}

function newestOf(messages: readonly Accepted[], least: number): number {
  return messages.reduce(
    (newest, one) => (one.kind === 'accepted' ? Math.max(newest, one.message.sentAt) : newest),
    least,
  )
}

const EMPTY =
  'The history is empty: Apple lists only version 2 notifications that it tried to send. Set a version 2 URL for App Store ' +
  'Server Notifications in App Store Connect (any address that answers will do); what happens from then on is listed.'

function textOfCursor(cursor: Cursor): string {
  return JSON.stringify(cursor)
}

/** A cursor of a later version, or none at all, begins again: what comes twice is known by its id. */
function cursorOf(text: string | null): Cursor | null {
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return isJson(value) && value.v === 1 && typeof value.start === 'number' && typeof value.end === 'number'
      ? (value as unknown as Cursor)
      : null
  } catch {
    return null
  }
}
