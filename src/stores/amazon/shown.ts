import type { App } from '../../domain/project.ts'
import { isOpaqueId } from '../opaque-id.ts'
import type { Fetched, ReceiptRead, ReceiptRequest } from '../store.ts'
import type { ReceiptService } from './client.ts'
import { withPosted } from './posted.ts'
import { linkOf, type Reading, readReceipt } from './reading.ts'
import { askedOf, reportedOf, waitFor } from './resolve.ts'

/** A receipt id of Amazon has some 50 characters, an id of its users likewise; Amazon documents no bound. */
const MOST_CHARS = 500

/**
 * What an app shows as a purchase: the id of a receipt, which is the id of its subscription too, or the name of one of its
 * periods. It is read as a notification of it would be, and tells what Amazon does not: what the device was asked to pay.
 */
export async function readShown(request: ReceiptRequest, app: App, service: ReceiptService): Promise<ReceiptRead> {
  const { shown, at } = request
  const text = shown.kind === 'token' ? shown.token : shown.id
  const receiptId = shown.kind === 'transaction' ? (text.split('#')[0] ?? '') : text
  if (!isOpaqueId(receiptId, MOST_CHARS))
    return notAuthentic('That is no receipt id of Amazon: send it as the Appstore SDK gave it.')
  const known = await request.linked(linkOf(receiptId))
  const appUserId = request.storeUserId ?? known?.snapshot?.askWith ?? null
  if (appUserId === null)
    return notAuthentic('Amazon tells of a receipt only with the id of its user: send store_user_id beside it.')
  if (!isOpaqueId(appUserId, MOST_CHARS))
    return notAuthentic('store_user_id is no id of a user of Amazon: send it as the Appstore SDK gave it.')
  const read = await readSafely(receiptId, appUserId, app, service)
  if (read.kind === 'absent') return { kind: 'absent', reason: unknown(read.reason) }
  if (read.kind !== 'fetched') return read
  if (read.value.kind === 'receipt' && !app.environments.includes(read.value.environment))
    return {
      kind: 'invalid',
      fault: 'wrong_environment',
      reason: `The receipt is of the ${read.value.environment}, which ${app.id} does not take: add it to the environments of the app.`,
    }
  try {
    return toldBy(read.value, { app, appUserId, at, known, rings: [] }, request)
  } catch {
    return UNREADABLE
  }
}

/** What was read cannot be told by a program that follows Amazon's pages: their sentence would name the receipt. */
const UNREADABLE: Extract<ReceiptRead, { readonly kind: 'retry' }> = {
  kind: 'retry',
  reason: 'Amazon’s receipt is not as its documentation says.',
  afterMs: null,
}

function toldBy(reading: Reading, context: Parameters<typeof askedOf>[1], request: ReceiptRequest): ReceiptRead {
  const asked = askedOf(reading, context)
  if (typeof asked === 'string') return { kind: 'fetched', value: { observations: [], links: [], note: asked } }
  const wait = waitFor(asked)
  if (wait !== null) return wait
  const links = [{ name: linkOf(asked.key.chain), key: asked.key }]
  return { kind: 'fetched', value: { observations: withPosted(reportedOf(asked), asked, request), links, note: null } }
}

async function readSafely(
  receiptId: string,
  appUserId: string,
  app: App,
  service: ReceiptService,
): Promise<Fetched<Reading>> {
  try {
    return await readReceipt({ receiptId, appUserId }, app, service)
  } catch {
    return UNREADABLE
  }
}

function unknown(reason: string): string {
  return `${reason} Send a receipt of this app with the user who bought it.`
}

function notAuthentic(reason: string): ReceiptRead {
  return { kind: 'invalid', fault: 'not_authentic', reason }
}

/**
 * What the Amazon SDK needs before it posts a receipt: the SKU of the term, which the device is not told. Of what is bought
 * once there is no term, and the SDK takes any text for it: its own SKU.
 */
export async function termFields(
  appUserId: string,
  receiptId: string,
  app: App,
  service: ReceiptService,
): Promise<Fetched<Readonly<Record<string, unknown>>>> {
  if (![appUserId, receiptId].every((one) => isOpaqueId(one, MOST_CHARS)))
    return {
      kind: 'absent',
      reason: 'That is no receipt id and user id of Amazon: send them as the Appstore SDK gave them.',
    }
  const read = await readSafely(receiptId, appUserId, app, service)
  if (read.kind !== 'fetched') return read
  if (read.value.kind === 'gone')
    return { kind: 'absent', reason: 'Amazon says that the receipt is not valid any more.' }
  const { receipt, json } = read.value
  const { productId, productType, term } = json
  return { kind: 'fetched', value: { receiptId, productId, productType, term, termSku: receipt.productId } }
}
