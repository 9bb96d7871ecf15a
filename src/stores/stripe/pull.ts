import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import { type Json, parsedJson, textOf } from '../json.ts'
import type { Accepted, Fetched, PulledPage, StoreList } from '../store.ts'
import type { StripeClient } from './client.ts'
import { acceptEvent } from './event.ts'
import { isKeyOfMode } from './fields.ts'
import { listOf, timeOf } from './json.ts'

const MINUTE = 60_000
const DAY = 86_400_000

/** How far back Stripe lists events: https://docs.stripe.com/api/events. An hour less, so that a slow pass stays inside. */
const DEPTH_MS = 30 * DAY - 60 * MINUTE
const AGAIN_MS = MINUTE
/** Stripe may list an event later than it is dated: each pass begins this far before the end of the one before. */
const OVERLAP_MS = 10 * MINUTE

/** One pass over a span of time, newest first as Stripe lists. It is kept after every page and goes on where it was cut off. */
interface Cursor {
  readonly v: 1
  readonly start: number
  readonly end: number
  readonly done: boolean
  /** The last event of the page before; null: the pass is at its first one. */
  readonly after: string | null
  /** The end of the last pass that reached back a day. */
  readonly dayAt: number
}

interface PullDeps {
  readonly client: StripeClient
  readonly now: () => number
}

/** The events of an app that pulls. */
export function listsOf(app: App, deps: PullDeps): readonly StoreList[] {
  if (app.receive !== 'pull') return []
  return app.environments
    .filter((environment) => deps.client.hasKey(app, environment) && isKeyOfMode(app, environment))
    .map((environment) => ({
      name: 'events',
      environment,
      pull: (cursor) => pullPage(environment, cursor, app, deps),
      from: (at) => JSON.stringify(passFrom(at, deps.now())),
    }))
}

async function pullPage(
  environment: Environment,
  cursor: string | null,
  app: App,
  { client, now: clock }: PullDeps,
): Promise<Fetched<PulledPage>> {
  const now = clock()
  const before = cursorOf(cursor)
  const pass = before === null ? passFrom(0, now) : before.done ? nextPass(before, now) : before
  const query = {
    limit: '100',
    'created[gte]': String(Math.floor(pass.start / 1000)),
    'created[lte]': String(Math.ceil(pass.end / 1000)),
    ...(pass.after === null ? {} : { starting_after: pass.after }),
  }
  const answer = await client.get({ app, environment, path: '/v1/events', query })
  if (answer.kind === 'fetched') return { kind: 'fetched', value: pageOf(pass, answer.value.json, environment, app) }
  if (answer.kind !== 'absent') return answer
  // The event that the page came after has left the list: the pass begins again, and what comes twice is known by its id.
  if (pass.after !== null) return { kind: 'fetched', value: restarted(pass, now) }
  return { kind: 'retry', reason: answer.reason, afterMs: null }
}

function passFrom(at: number, now: number): Cursor {
  return {
    v: 1,
    start: Math.min(Math.max(at, now - DEPTH_MS), now - 1),
    end: now,
    done: false,
    after: null,
    dayAt: now,
  }
}

/** What is new since the last pass; once a day that reaches a day back, and never further than Stripe lists. */
function nextPass(before: Cursor, now: number): Cursor {
  const daily = now - before.dayAt >= DAY
  const start = Math.max(before.end - (daily ? DAY : OVERLAP_MS), now - DEPTH_MS)
  return {
    ...before,
    start,
    end: Math.max(now, start + 1),
    done: false,
    after: null,
    dayAt: daily ? now : before.dayAt,
  }
}

function pageOf(pass: Cursor, answer: Json, environment: Environment, app: App): PulledPage {
  const { items, hasMore } = listOf(answer)
  const messages = items.map((event) => acceptedOf(event, environment, app))
  const last = textOf(items.at(-1)?.id)
  if (hasMore && last !== null) {
    const upTo = timeOf(items.at(-1)?.created) ?? pass.end
    return page({ ...pass, after: last }, messages, false, { from: upTo, upTo: pass.end, note: null })
  }
  return page({ ...pass, done: true, after: null }, messages, true, { from: pass.start, upTo: pass.end, note: null })
}

/** The bytes of an event that was asked for are its JSON: it is the message of the same id, pushed or pulled. */
function acceptedOf(event: Json, environment: Environment, app: App): Accepted {
  const accepted = acceptEvent(Buffer.from(JSON.stringify(event)), app)
  if (accepted.kind !== 'accepted' || accepted.message.environment === environment) return accepted
  const reason = `Stripe listed an event of another mode than ${environment}: check which key is secret_key and which is sandbox_secret_key.`
  return { kind: 'refused', status: 401, reason, claimed: null }
}

function restarted(pass: Cursor, now: number): PulledPage {
  const again = { ...pass, after: null, start: Math.max(pass.start, now - DEPTH_MS) }
  return page(again, [], false, { from: again.start, upTo: again.end, note: null })
}

function page(
  cursor: Cursor,
  messages: readonly Accepted[],
  caughtUp: boolean,
  progress: PulledPage['progress'],
): PulledPage {
  return { messages, cursor: JSON.stringify(cursor), caughtUp, againInMs: caughtUp ? AGAIN_MS : 0, progress }
}

/** A cursor of a later version, or none at all, begins again. */
function cursorOf(text: string | null): Cursor | null {
  const value = text === null ? null : parsedJson(text)
  if (value?.v !== 1 || typeof value.start !== 'number' || typeof value.end !== 'number') return null
  const after = textOf(value.after)
  const dayAt = typeof value.dayAt === 'number' ? value.dayAt : value.end
  return { v: 1, start: value.start, end: value.end, done: value.done === true, after, dayAt }
}
