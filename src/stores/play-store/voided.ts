import type { App } from '../../domain/project.ts'
import type { Fetched, PulledPage, StoreList } from '../store.ts'
import { acceptBody } from './accept.ts'
import type { PlayClient } from './client.ts'
import { packageOf } from './fields.ts'
import { jsonOf, partOf, partsOf, textOf, wholeOf } from './json.ts'

const MINUTE = 60_000
const DAY = 86_400_000

/** How far back Google lists (developers.google.com/android-publisher/voided-purchases), less an hour for a long pass. */
const DEPTH_MS = 30 * DAY - 60 * MINUTE
/** Each pass reaches back over the one before: what was voided may be listed later than it happened. */
const OVERLAP_MS = 2 * DAY

interface Cursor {
  readonly v: 1
  readonly start: number
  readonly end: number
  readonly token: string | null
  readonly isDone: boolean
}

/**
 * Once a day the purchases that were voided: a refund whose notification was lost, or never sent since the console was
 * not set to send them, is learned here. Each entry is the same refund as its notification.
 */
export function voidedList(app: App, client: PlayClient, now: () => number): StoreList {
  return {
    name: 'voided',
    environment: app.environments[0] ?? 'production',
    pull: (cursor) => pullPage(app, cursor, client, now()),
    from: (at) => JSON.stringify(passFrom(at, now())),
  }
}

async function pullPage(
  app: App,
  cursor: string | null,
  client: PlayClient,
  now: number,
): Promise<Fetched<PulledPage>> {
  const before = cursorOf(cursor)
  const pass = before === null ? passFrom(0, now) : before.isDone ? passFrom(before.end - OVERLAP_MS, now) : before
  const answer = await client.voidedPurchases(app, { startTime: pass.start, endTime: pass.end, pageToken: pass.token })
  // A page token that has gone stale, or a start that slipped over the edge: the pass begins again.
  if (answer.kind === 'absent' && pass.token !== null) return pageOf([], passFrom(pass.start, now), app, now)
  if (answer.kind === 'absent') return { kind: 'retry', reason: answer.reason, afterMs: null }
  if (answer.kind !== 'fetched') return answer
  const token = textOf(partOf(answer.value.tokenPagination)?.nextPageToken)
  const bodies = partsOf(answer.value.voidedPurchases).map((entry) =>
    Buffer.from(JSON.stringify({ packageName: packageOf(app), voidedPurchase: entry })),
  )
  return pageOf(bodies, { ...pass, token, isDone: token === null }, app, now)
}

function pageOf(bodies: readonly Buffer[], pass: Cursor, app: App, now: number): Fetched<PulledPage> {
  const messages = bodies.map((body) => acceptBody(body, app, now))
  return {
    kind: 'fetched',
    value: {
      messages,
      cursor: JSON.stringify(pass),
      caughtUp: pass.isDone,
      againInMs: DAY,
      progress: { from: pass.start, upTo: pass.isDone ? pass.end : pass.start, note: null },
    },
  }
}

function passFrom(at: number, now: number): Cursor {
  return { v: 1, start: Math.min(Math.max(at, now - DEPTH_MS), now - 1), end: now, token: null, isDone: false }
}

/** A cursor of a later version, or none at all, begins again: what comes twice is known by its id. */
function cursorOf(text: string | null): Cursor | null {
  const json = text === null ? null : jsonOf(text)
  const [start, end] = [wholeOf(json?.start), wholeOf(json?.end)]
  if (json?.v !== 1 || start === null || end === null) return null
  return { v: 1, start, end, token: textOf(json.token), isDone: json.isDone === true }
}
