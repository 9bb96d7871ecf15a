import type { App } from '../../domain/project.ts'
import type { HttpClient } from '../../net/http.ts'
import type { Fetched, Resolved, ResolveRequest } from '../store.ts'
import type { ReceiptService } from './client.ts'
import { confirmSubscription } from './confirm.ts'
import { openedOf, type SoundNotification, soundOf } from './message.ts'
import { knownType } from './notification.ts'
import { oneTimeReported } from './one-time.ts'
import { keyOf, linkOf, type Reading, readReceipt } from './reading.ts'
import { REPLACED, type Receipt } from './receipt.ts'
import {
  type Asked,
  courseBy,
  goneReceipt,
  type Reported,
  type Ring,
  reportsEnd,
  subscriptionReported,
} from './subscription.ts'

export interface ResolveDeps {
  readonly http: HttpClient
  readonly service: ReceiptService
  readonly origin: string | null
}

const MINUTE = 60_000
/** A message may be ahead of the receipt by some moments: it is read again rather than misread. */
const AHEAD_MS = 5 * MINUTE
/** The reason of a cancellation may come later than the cancellation, which is told an hour after it at the latest. */
const REASON_MS = 60 * MINUTE

interface Rung extends Ring {
  readonly notification: SoundNotification
}

/** All waiting messages about one receipt, told by one reading of it. */
export async function resolveMessages(
  request: ResolveRequest,
  app: App,
  deps: ResolveDeps,
): Promise<Fetched<Resolved>> {
  const rungs: Rung[] = []
  for (const [index, { body }] of request.messages.entries()) {
    const opened = openedOf(body)
    if (opened.kind === 'confirmation') return confirmSubscription(newestToken(request), app, deps)
    if (opened.kind !== 'notification') continue
    const notification = soundOf(opened.notification)
    rungs.push({ index, type: notification.type, at: notification.at, notification })
  }
  const rings = rungs.toSorted((a, b) => a.at - b.at)
  const [first] = rings
  if (first === undefined) return nothing('These messages name no receipt.')
  return resolveReceipt(first.notification, rings, request, app, deps)
}

function newestToken({ messages }: ResolveRequest): string {
  const tokens = messages.flatMap(({ body }) => {
    const opened = openedOf(body)
    return opened.kind === 'confirmation' ? [opened.token] : []
  })
  return tokens.at(-1) ?? ''
}

async function resolveReceipt(
  { receiptId, appUserId }: SoundNotification,
  rings: readonly Rung[],
  request: ResolveRequest,
  app: App,
  deps: ResolveDeps,
): Promise<Fetched<Resolved>> {
  const newest = rings.at(-1)?.at ?? 0
  const read = await readReceipt({ receiptId, appUserId }, app, deps.service)
  if (read.kind === 'absent' && request.at - newest < AHEAD_MS)
    return { kind: 'retry', reason: read.reason, afterMs: MINUTE }
  if (read.kind !== 'fetched') return read
  const known = await request.linked(linkOf(receiptId))
  const asked = askedOf(read.value, { app, appUserId, at: request.at, known, rings })
  if (typeof asked === 'string') return nothing(asked)
  const wait = waitFor(asked)
  if (wait !== null) return wait
  const replaced = await replacedReceipts(rings, request, app, deps)
  if (replaced.kind !== 'fetched') return replaced
  const all = [...replaced.value, { asked, reported: reportedOf(asked) }]
  return {
    kind: 'fetched',
    value: {
      observations: all.flatMap(({ reported }) => reported),
      links: all.map((one) => ({ name: linkOf(one.asked.key.chain), key: one.asked.key })),
      note: noteOf(rings),
    },
  }
}

export function reportedOf(asked: Asked): readonly Reported[] {
  return asked.receipt.kind === 'subscription' ? subscriptionReported(asked) : oneTimeReported(asked)
}

/** What was read as something to be told, or why nothing can be told of it. */
export function askedOf(
  reading: Reading,
  context: Pick<Asked, 'app' | 'appUserId' | 'at' | 'known' | 'rings'>,
): Asked | string {
  const { app, at, known, rings } = context
  if (reading.kind === 'gone') {
    if (known === null) return 'Amazon says that the receipt is not valid any more, and nothing else is known of it.'
    const ended = rings.find((ring) => reportsEnd(ring) || ring.type.endsWith('_CANCELLED'))?.at ?? at
    const receipt = known.kind === 'subscription' ? goneReceipt(known, ended) : goneOnce(known, ended)
    if (receipt === null) return 'Amazon says that the receipt is not valid any more.'
    return { ...context, key: known.key, receipt }
  }
  const { receipt, environment } = reading
  if (!app.environments.includes(environment))
    return `The receipt is of the ${environment === 'sandbox' ? 'sandbox' : 'production environment'}, which ${app.id} does not take.`
  return { ...context, key: keyOf(app, environment, receipt.receiptId), receipt }
}

function goneOnce(known: NonNullable<Asked['known']>, at: number): Receipt | null {
  const charge = known.facts.find((fact) => fact.kind === 'one_time')
  if (charge === undefined) return null
  const { originalTransactionId: receiptId, productId, countryCode } = charge
  const none = { renewalDate: null, freeTrialEndDate: null, gracePeriodEndDate: null, deferredSku: null, term: null }
  const over = { cancelDate: at, cancelReason: null, autoRenewing: null, promoted: false, test: false }
  return {
    receiptId,
    kind: 'one_time',
    productId,
    parentId: productId,
    purchaseDate: charge.at,
    countryCode,
    ...none,
    ...over,
  }
}

/** A receipt that is not there yet: an end that a message reports, or the reason of one. */
export function waitFor(asked: Asked): (Fetched<never> & { readonly kind: 'retry' }) | null {
  const { receipt, at, rings } = asked
  if (receipt.kind !== 'subscription') return null
  const { standing } = courseBy(asked)
  const end = rings.findLast(reportsEnd)
  const goesOn = standing === 'active' || standing === 'grace'
  const missing = end !== undefined && goesOn && Math.abs(at - end.at) < AHEAD_MS
  if (missing)
    return { kind: 'retry', reason: 'Amazon’s receipt does not show yet what its message says.', afterMs: MINUTE }
  if (standing !== 'ended early' || receipt.cancelReason !== 0 || receipt.cancelDate === null) return null
  const left = receipt.cancelDate + REASON_MS - at
  return left > 0 ? { kind: 'retry', reason: 'Amazon does not say yet why it was cancelled.', afterMs: left } : null
}

interface Replaced {
  readonly asked: Asked
  readonly reported: readonly Reported[]
}

/** The receipts that immediate changes of plan have ended: superseded by the new one, so they do not expire. */
async function replacedReceipts(
  rings: readonly Rung[],
  request: ResolveRequest,
  app: App,
  deps: ResolveDeps,
): Promise<Fetched<readonly Replaced[]>> {
  const found: Replaced[] = []
  for (const { notification, index } of rings) {
    const { cancelledReceiptId: receiptId, appUserId, at } = notification
    if (receiptId === null || receiptId === notification.receiptId) continue
    const known = await request.linked(linkOf(receiptId))
    const read = await readReceipt({ receiptId, appUserId }, app, deps.service)
    if (read.kind === 'retry' || read.kind === 'credentials') return read
    const reading: Reading = read.kind === 'fetched' ? read.value : { kind: 'gone' }
    const asked = askedOf(reading, { app, appUserId, at: request.at, known, rings: [] })
    if (typeof asked === 'string') continue
    const receipt: Receipt = { ...asked.receipt, cancelDate: at, cancelReason: REPLACED }
    const replaced = { ...asked, receipt }
    found.push({ asked: replaced, reported: reportedOf(replaced).map((one) => ({ ...one, message: index })) })
  }
  return { kind: 'fetched', value: found }
}

function noteOf(rings: readonly Rung[]): string {
  const unknown = rings.find(({ type }) => knownType(type) === null)
  if (unknown !== undefined)
    return `"${unknown.type.slice(0, 100)}" is a type that this version does not know; the state of its receipt counts.`
  return 'Its receipt was read, and shows nothing besides what is told already.'
}

function nothing(note: string): Fetched<Resolved> {
  return { kind: 'fetched', value: { observations: [], links: [], note } }
}
