import type { App } from '../../domain/project.ts'
import type { Accepted, Fetched, PulledPage, StoreList } from '../store.ts'
import { acceptBody } from './accept.ts'
import type { PlayClient } from './client.ts'
import { pullSubscriptionOf } from './fields.ts'
import { partOf, partsOf, textOf } from './json.ts'

/** An empty pull waits at Google for a while by itself; this is our own pause after it. */
const AGAIN_MS = 1_000

interface Cursor {
  readonly v: 1
  /** Publish time of the newest message seen. */
  readonly upTo: number
}

/**
 * A Pub/Sub subscription that the hub reads itself. What was read is acknowledged after the commit, and comes again if
 * that fails; the subscription remembers the place, so that the cursor is for people.
 * docs.cloud.google.com/pubsub/docs/pull
 */
export function pubsubList(app: App, client: PlayClient, now: () => number): StoreList | null {
  const subscription = pullSubscriptionOf(app)
  if (subscription === null || app.receive !== 'pull') return null
  return {
    name: 'pubsub',
    environment: app.environments[0] ?? 'production',
    pull: (cursor) => pullPage(app, subscription, cursor, client, now()),
    from: (at) => textOfCursor({ v: 1, upTo: at }),
  }
}

async function pullPage(
  app: App,
  subscription: string,
  cursor: string | null,
  client: PlayClient,
  now: number,
): Promise<Fetched<PulledPage>> {
  const answer = await client.pull(app, subscription)
  if (answer.kind === 'absent') {
    const reason = `Pub/Sub knows no subscription ${subscription}: compare pull.subscription with Google Cloud → Pub/Sub.`
    return { kind: 'retry', reason, afterMs: null }
  }
  if (answer.kind !== 'fetched') return answer
  const received = partsOf(answer.value.receivedMessages)
  const messages = received.map((one) => acceptedOf(partOf(one.message), subscription, app, now))
  const ackIds = received.flatMap(({ ackId }) => textOf(ackId) ?? [])
  const before = upToOf(cursor)
  const upTo = messages.reduce(
    (newest, one) => (one.kind === 'accepted' ? Math.max(newest, one.message.sentAt) : newest),
    before ?? 0,
  )
  const caughtUp = received.length === 0
  return {
    kind: 'fetched',
    value: {
      messages,
      cursor: textOfCursor({ v: 1, upTo }),
      caughtUp,
      againInMs: AGAIN_MS,
      progress: { from: before ?? upTo, upTo: caughtUp ? now : upTo, note: null },
      acknowledge: () => acknowledge(app, subscription, ackIds, client),
    },
  }
}

/** The same envelope as a push has, so that a kept message reads alike whichever way it came. */
function acceptedOf(message: unknown, subscription: string, app: App, now: number): Accepted {
  return acceptBody(Buffer.from(JSON.stringify({ message, subscription })), app, now)
}

/** What cannot be acknowledged comes again and is known by its id, so a fault is no harm. */
async function acknowledge(
  app: App,
  subscription: string,
  ackIds: readonly string[],
  client: PlayClient,
): Promise<void> {
  if (ackIds.length > 0) await client.acknowledge(app, subscription, ackIds)
}

function textOfCursor(cursor: Cursor): string {
  return JSON.stringify(cursor)
}

function upToOf(text: string | null): number | null {
  const match = /^\{"v":1,"upTo":(\d{1,16})\}$/.exec(text ?? '')
  return match === null ? null : Number(match[1])
}
